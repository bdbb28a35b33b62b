/* websocket_frame.h — the grammar of WebSocket frames (RFC 6455, 5 to 8), around wslay: bytes in,
 * messages and control frames out; and the head of a frame we send. Whatever breaks the RFC ends
 * the reading with the code the close frame is to carry: unmasked frames, reserved bits and
 * opcodes, fragments out of order, text that is not UTF-8, messages over the limit.
 * Holds memory only from the first byte of a message to its last. Pure: no sockets, no clock. */
#pragma once
#include "base/limits.h"
#include "base/str.h"

typedef enum {
    WEBSOCKET_CODE_NORMAL = 1000,
    WEBSOCKET_CODE_GOING_AWAY = 1001,
    WEBSOCKET_CODE_PROTOCOL = 1002,
    WEBSOCKET_CODE_NONE = 1005, /* never sent: the close frame had no code */
    WEBSOCKET_CODE_BAD_TEXT = 1007,
    WEBSOCKET_CODE_POLICY = 1008,
    WEBSOCKET_CODE_TOO_LARGE = 1009,
    WEBSOCKET_CODE_TRY_LATER = 1013,
} WebSocketCode;

typedef enum {
    WEBSOCKET_FRAME_TEXT = 1,
    WEBSOCKET_FRAME_BINARY = 2,
    WEBSOCKET_FRAME_CLOSE = 8,
    WEBSOCKET_FRAME_PING = 9,
    WEBSOCKET_FRAME_PONG = 10,
} WebSocketOpcode;

enum { WEBSOCKET_HEAD_BYTES_MAX = 10, WEBSOCKET_CONTROL_BYTES_MAX = 125 };

typedef struct {
    struct WebSocketPart *part; /* what has begun; NULL between messages */
} WebSocketReader;

typedef enum {
    WEBSOCKET_EVENT_NONE,  /* all bytes are taken, more are wanted */
    WEBSOCKET_EVENT_FRAME, /* a fragment, not the last */
    WEBSOCKET_EVENT_MESSAGE,
    WEBSOCKET_EVENT_PING,
    WEBSOCKET_EVENT_PONG,
    WEBSOCKET_EVENT_CLOSE, /* code: theirs */
    WEBSOCKET_EVENT_FAULT, /* code: ours; there is nothing to be read any more */
} WebSocketEventKind;

typedef struct {
    WebSocketEventKind kind;
    Str payload; /* of a message or ping; valid until the next call */
    unsigned code;
} WebSocketEvent;

/* Takes bytes off *input; one event a call. */
WebSocketEvent websocket_reader_next(WebSocketReader *reader, Str *input);
/* Gives back what is not needed until the next byte arrives. True between messages. */
bool websocket_reader_rest(WebSocketReader *reader);
size_t websocket_reader_bytes(const WebSocketReader *reader); /* held now */
void websocket_reader_close(WebSocketReader *reader);

/* The head of an unfragmented frame of the server's; returns its length. */
size_t websocket_head_write(WebSocketOpcode opcode, size_t payload_len,
                            uint8_t ret_head[WEBSOCKET_HEAD_BYTES_MAX]);
