/* What a client may send over a WebSocket, whole and in pieces: both ways bring the same events,
 * and nothing grows past its limit. The first byte is the length of the pieces. */
#include "http/websocket_frame.h"

#include <assert.h>

#include "base/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

typedef struct {
    size_t events;
    uint64_t trace; /* of all that happened, in order */
} Story;

static void note(Story *story, const WebSocketEvent *event) {
    static const uint8_t key[SIPHASH_KEY_BYTES] = {1};
    story->events++;
    story->trace =
        story->trace * 31 + (uint64_t)event->kind * 7 + event->code + siphash(event->payload, key);
    if (event->kind == WEBSOCKET_EVENT_FAULT)
        assert(event->code == WEBSOCKET_CODE_PROTOCOL || event->code == WEBSOCKET_CODE_BAD_TEXT ||
               event->code == WEBSOCKET_CODE_TOO_LARGE);
    assert(event->payload.len <= WEBSOCKET_MESSAGE_BYTES_MAX);
    if (event->kind == WEBSOCKET_EVENT_PING)
        assert(event->payload.len <= WEBSOCKET_CONTROL_BYTES_MAX);
}

static Story read_in_pieces(Str wire, size_t piece) {
    WebSocketReader reader = {0};
    Story story = {0};
    bool ended = false;
    for (; wire.len && !ended; wire = str_skip(wire, piece)) {
        Str input = str_part(wire, 0, piece);
        while (!ended) {
            WebSocketEvent event = websocket_reader_next(&reader, &input);
            if (event.kind == WEBSOCKET_EVENT_NONE) break;
            note(&story, &event);
            ended = event.kind == WEBSOCKET_EVENT_FAULT || event.kind == WEBSOCKET_EVENT_CLOSE;
        }
        if (!ended) assert(input.len == 0);
        if (!ended && websocket_reader_rest(&reader)) assert(websocket_reader_bytes(&reader) == 0);
        assert(websocket_reader_bytes(&reader) <= 2 * WEBSOCKET_MESSAGE_BYTES_MAX);
    }
    websocket_reader_close(&reader);
    return story;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (len < 2) return 0;
    Str wire = str_from_bytes(bytes + 1, len - 1);
    Story whole = read_in_pieces(wire, wire.len), pieces = read_in_pieces(wire, bytes[0] + 1u);
    assert(whole.events == pieces.events && whole.trace == pieces.trace);
    return 0;
}
