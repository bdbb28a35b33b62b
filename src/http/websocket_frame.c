#include "http/websocket_frame.h"

#include <assert.h>
#include <wslay/wslay.h>

#include "base/bytes.h"
#include "base/heap.h"

enum {
    CLIENT_HEAD_BYTES = 6, /* two bytes and the mask; longer lengths add 2 or 8 */
    CONTEXT_BYTES = 4400,  /* what wslay takes for one */
};

typedef struct WebSocketPart {
    wslay_frame_context_ptr frames;
    Str *input;           /* during a call */
    uint64_t fed, framed; /* bytes wslay took, and those that were whole frames */
    uint64_t frame_left;  /* payload still to come of the frame under way */
    bool in_frame;
    uint8_t opcode; /* of the message under way; 0: none */
    char *message;
    size_t len, room;
    uint8_t control[WEBSOCKET_CONTROL_BYTES_MAX];
    size_t control_len;
} WebSocketPart;

static ssize_t feed(uint8_t *room, size_t room_len, int flags, void *argument) {
    WebSocketPart *part = argument;
    (void)flags;
    Str bytes = str_part(*part->input, 0, room_len);
    if (bytes.len == 0) return -1;
    memcpy(room, bytes.at, bytes.len);
    *part->input = str_skip(*part->input, bytes.len);
    part->fed += bytes.len;
    return (ssize_t)bytes.len;
}

static void open_part(WebSocketReader *reader) {
    static const struct wslay_frame_callbacks callbacks = {.recv_callback = feed};
    WebSocketPart *part = heap_new(1, sizeof *part);
    int failure = wslay_frame_context_init(&part->frames, &callbacks, part);
    assert(failure == 0); /* fails for want of memory only */
    reader->part = part;
}

void websocket_reader_close(WebSocketReader *reader) {
    WebSocketPart *part = reader->part;
    if (!part) return;
    wslay_frame_context_free(part->frames);
    heap_free(part->message);
    heap_free(part);
    reader->part = NULL;
}

bool websocket_reader_rest(WebSocketReader *reader) {
    const WebSocketPart *part = reader->part;
    if (part && (part->fed != part->framed || part->opcode)) return false;
    websocket_reader_close(reader);
    return true;
}

size_t websocket_reader_bytes(const WebSocketReader *reader) {
    return reader->part ? sizeof *reader->part + CONTEXT_BYTES + reader->part->room : 0;
}

static WebSocketEvent fault(WebSocketReader *reader, unsigned code) {
    websocket_reader_close(reader);
    return (WebSocketEvent){.kind = WEBSOCKET_EVENT_FAULT, .code = code};
}

/* The first look at a frame; 0, or the code of what is wrong with it. */
static unsigned judge_frame(WebSocketPart *part, const struct wslay_frame_iocb *frame) {
    bool begins = frame->opcode == WSLAY_TEXT_FRAME || frame->opcode == WSLAY_BINARY_FRAME;
    bool control = frame->opcode >= WSLAY_CONNECTION_CLOSE && frame->opcode <= WSLAY_PONG;
    if (!frame->mask || frame->rsv) return WEBSOCKET_CODE_PROTOCOL;
    if (control) {
        bool fits = frame->fin && frame->payload_length <= WEBSOCKET_CONTROL_BYTES_MAX;
        return fits ? 0 : WEBSOCKET_CODE_PROTOCOL;
    }
    if (!begins && frame->opcode != WSLAY_CONTINUATION_FRAME) return WEBSOCKET_CODE_PROTOCOL;
    if (begins == (part->opcode != 0)) return WEBSOCKET_CODE_PROTOCOL;
    if (frame->payload_length > WEBSOCKET_MESSAGE_BYTES_MAX - part->len)
        return WEBSOCKET_CODE_TOO_LARGE;
    if (begins) part->opcode = frame->opcode;
    return 0;
}

static void take_payload(WebSocketPart *part, const struct wslay_frame_iocb *frame) {
    if (frame->data_length == 0) return;
    if (wslay_is_ctrl_frame(frame->opcode)) {
        assert(part->control_len + frame->data_length <= sizeof part->control);
        memcpy(part->control + part->control_len, frame->data, frame->data_length);
        part->control_len += frame->data_length;
        return;
    }
    part->message = heap_grow(part->message, &part->room, part->len + frame->data_length, 1);
    memcpy(part->message + part->len, frame->data, frame->data_length);
    part->len += frame->data_length;
}

static size_t client_head_bytes(uint64_t payload_len) {
    return CLIENT_HEAD_BYTES + (payload_len > UINT16_MAX ? 8 : payload_len > 125 ? 2 : 0);
}

/* RFC 6455, 7.4: what an endpoint may send. 1012 to 1014 came later (IANA). */
static bool is_code(unsigned code) {
    if (code >= 1000 && code <= 1014) return code != 1004 && code != 1005 && code != 1006;
    return code >= 3000 && code <= 4999;
}

static WebSocketEvent end_close(WebSocketReader *reader) {
    const WebSocketPart *part = reader->part;
    ByteReader bytes = byte_reader(part->control, part->control_len);
    WebSocketEvent event = {.kind = WEBSOCKET_EVENT_CLOSE, .code = WEBSOCKET_CODE_NONE};
    if (part->control_len == 0) return event;
    event.code = byte_read_u16(&bytes);
    if (bytes.failed || !is_code(event.code)) return fault(reader, WEBSOCKET_CODE_PROTOCOL);
    if (!str_is_utf8(str_from_bytes(bytes.at, bytes.left)))
        return fault(reader, WEBSOCKET_CODE_BAD_TEXT);
    return event;
}

static WebSocketEvent end_frame(WebSocketReader *reader, const struct wslay_frame_iocb *frame) {
    WebSocketPart *part = reader->part;
    Str control = str_from_bytes(part->control, part->control_len);
    part->framed += client_head_bytes(frame->payload_length) + frame->payload_length;
    part->in_frame = false;
    switch (frame->opcode) {
        case WSLAY_PING: return (WebSocketEvent){WEBSOCKET_EVENT_PING, control, 0};
        case WSLAY_PONG: return (WebSocketEvent){WEBSOCKET_EVENT_PONG, control, 0};
        case WSLAY_CONNECTION_CLOSE: return end_close(reader);
        default: break;
    }
    if (!frame->fin) return (WebSocketEvent){.kind = WEBSOCKET_EVENT_FRAME};
    Str message = {part->message, part->len};
    bool is_text = part->opcode == WSLAY_TEXT_FRAME;
    part->opcode = 0;
    part->len = 0;
    if (is_text && !str_is_utf8(message)) return fault(reader, WEBSOCKET_CODE_BAD_TEXT);
    return (WebSocketEvent){WEBSOCKET_EVENT_MESSAGE, message, 0};
}

WebSocketEvent websocket_reader_next(WebSocketReader *reader, Str *input) {
    struct wslay_frame_iocb frame;
    if (!reader->part && input->len == 0) return (WebSocketEvent){.kind = WEBSOCKET_EVENT_NONE};
    if (!reader->part) open_part(reader);
    WebSocketPart *part = reader->part;
    part->input = input;
    for (;;) {
        memset(&frame, 0, sizeof frame);
        ssize_t got = wslay_frame_recv(part->frames, &frame);
        if (got == WSLAY_ERR_WANT_READ) return (WebSocketEvent){.kind = WEBSOCKET_EVENT_NONE};
        if (got < 0) return fault(reader, WEBSOCKET_CODE_PROTOCOL);
        if (!part->in_frame) {
            unsigned code = judge_frame(part, &frame);
            if (code) return fault(reader, code);
            part->in_frame = true;
            part->frame_left = frame.payload_length;
            if (wslay_is_ctrl_frame(frame.opcode)) part->control_len = 0;
        }
        take_payload(part, &frame);
        part->frame_left -= frame.data_length;
        if (part->frame_left == 0) return end_frame(reader, &frame);
    }
}

size_t websocket_head_write(WebSocketOpcode opcode, size_t payload_len,
                            uint8_t ret_head[WEBSOCKET_HEAD_BYTES_MAX]) {
    enum { FIN = 0x80, TWO_MORE = 126, EIGHT_MORE = 127 };
    ByteWriter writer = byte_writer(ret_head, WEBSOCKET_HEAD_BYTES_MAX);
    byte_write_u8(&writer, (uint8_t)(FIN | opcode));
    if (payload_len < TWO_MORE) {
        byte_write_u8(&writer, (uint8_t)payload_len);
    } else if (payload_len <= UINT16_MAX) {
        byte_write_u8(&writer, TWO_MORE);
        byte_write_u16(&writer, (uint16_t)payload_len);
    } else {
        byte_write_u8(&writer, EIGHT_MORE);
        byte_write_u64(&writer, payload_len);
    }
    return byte_written(&writer);
}
