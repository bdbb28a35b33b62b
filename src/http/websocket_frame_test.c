#include "http/websocket_frame.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the three above first */
#include <cmocka.h>

#include "base/heap.h"

typedef struct {
    char bytes[80 * KIB];
    size_t len;
} Wire;

typedef enum { MASKED, UNMASKED } Mask;

static void put_frame(Wire *wire, unsigned first, Str payload, Mask mask) {
    static const uint8_t key[4] = {1, 2, 0xf3, 4};
    uint8_t head[WEBSOCKET_HEAD_BYTES_MAX];
    size_t head_len = websocket_head_write(WEBSOCKET_FRAME_TEXT, payload.len, head);
    head[0] = (uint8_t)first;
    if (mask == MASKED) head[1] |= 0x80;
    memcpy(wire->bytes + wire->len, head, head_len);
    wire->len += head_len;
    if (mask == MASKED) memcpy(wire->bytes + wire->len, key, sizeof key);
    if (mask == MASKED) wire->len += sizeof key;
    for (size_t i = 0; i < payload.len; i++)
        wire->bytes[wire->len++] = (char)(payload.at[i] ^ (mask == MASKED ? key[i % 4] : 0));
}

/* The first event behind the bytes; the payload is copied to `ret_text`. */
static WebSocketEvent read_one(const Wire *wire, char ret_text[256]) {
    WebSocketReader reader = {0};
    Str input = {wire->bytes, wire->len};
    WebSocketEvent event = websocket_reader_next(&reader, &input);
    while (event.kind == WEBSOCKET_EVENT_FRAME) event = websocket_reader_next(&reader, &input);
    size_t len = event.payload.len < 255 ? event.payload.len : 255;
    if (len) memcpy(ret_text, event.payload.at, len);
    ret_text[len] = '\0';
    websocket_reader_close(&reader);
    return event;
}

static void a_message_is_whole_in_whatever_pieces_it_comes(void **state) {
    (void)state;
    static Wire wire;
    wire.len = 0;
    put_frame(&wire, 0x01, STR("one "), MASKED);
    put_frame(&wire, 0x89, STR("ping"), MASKED);
    put_frame(&wire, 0x80, STR("message"), MASKED);
    put_frame(&wire, 0x82, STR(""), MASKED);
    for (size_t piece = 1; piece <= wire.len; piece++) {
        WebSocketReader reader = {0};
        WebSocketEventKind kinds[8];
        size_t count = 0;
        for (size_t at = 0; at < wire.len; at += piece) {
            Str input = str_part((Str){wire.bytes, wire.len}, at, at + piece);
            for (;;) {
                WebSocketEvent event = websocket_reader_next(&reader, &input);
                if (event.kind == WEBSOCKET_EVENT_NONE) break;
                if (count == 1) assert_true(str_equal(event.payload, STR("ping")));
                if (count == 2) assert_true(str_equal(event.payload, STR("one message")));
                kinds[count++] = event.kind;
            }
            assert_int_equal(input.len, 0);
        }
        assert_int_equal(count, 4);
        assert_int_equal(kinds[0], WEBSOCKET_EVENT_FRAME);
        assert_int_equal(kinds[1], WEBSOCKET_EVENT_PING);
        assert_int_equal(kinds[2], WEBSOCKET_EVENT_MESSAGE);
        assert_int_equal(kinds[3], WEBSOCKET_EVENT_MESSAGE);
        assert_true(websocket_reader_rest(&reader));
        assert_null(reader.part);
    }
}

static void nothing_is_held_between_messages_and_all_of_one_within(void **state) {
    (void)state;
    static Wire wire;
    wire.len = 0;
    char long_text[3000];
    memset(long_text, 'a', sizeof long_text);
    put_frame(&wire, 0x81, (Str){long_text, sizeof long_text}, MASKED);
    WebSocketReader reader = {0};
    Str input = {wire.bytes, wire.len - 1};
    assert_int_equal(websocket_reader_bytes(&reader), 0);
    assert_int_equal(websocket_reader_next(&reader, &input).kind, WEBSOCKET_EVENT_NONE);
    assert_false(websocket_reader_rest(&reader));
    assert_true(websocket_reader_bytes(&reader) > sizeof long_text);
    input = (Str){wire.bytes + wire.len - 1, 1};
    assert_int_equal(websocket_reader_next(&reader, &input).payload.len, sizeof long_text);
    assert_true(websocket_reader_rest(&reader));
    assert_int_equal(websocket_reader_bytes(&reader), 0);
}

static void check_fault(unsigned first, Str payload, Mask mask, unsigned code) {
    static Wire wire;
    char text[256];
    wire.len = 0;
    put_frame(&wire, first, payload, mask);
    WebSocketEvent event = read_one(&wire, text);
    assert_int_equal(event.kind, WEBSOCKET_EVENT_FAULT);
    assert_int_equal(event.code, code);
}

static void what_breaks_the_grammar_says_which_code(void **state) {
    (void)state;
    static char longer[WEBSOCKET_MESSAGE_BYTES_MAX + 1], control[126];
    memset(longer, ' ', sizeof longer);
    check_fault(0x81, STR("a"), UNMASKED, WEBSOCKET_CODE_PROTOCOL);
    check_fault(0xc1, STR("a"), MASKED, WEBSOCKET_CODE_PROTOCOL);
    check_fault(0x80, STR("a"), MASKED, WEBSOCKET_CODE_PROTOCOL);
    check_fault(0x83, STR("a"), MASKED, WEBSOCKET_CODE_PROTOCOL);
    check_fault(0x8b, STR("a"), MASKED, WEBSOCKET_CODE_PROTOCOL);
    check_fault(0x09, STR("a"), MASKED, WEBSOCKET_CODE_PROTOCOL);
    check_fault(0x89, (Str){control, sizeof control}, MASKED, WEBSOCKET_CODE_PROTOCOL);
    check_fault(0x81, STR("\xff"), MASKED, WEBSOCKET_CODE_BAD_TEXT);
    check_fault(0x82, (Str){longer, sizeof longer}, MASKED, WEBSOCKET_CODE_TOO_LARGE);
    check_fault(0x88, STR("\x03"), MASKED, WEBSOCKET_CODE_PROTOCOL);
    check_fault(0x88, STR("\x03\xed"), MASKED, WEBSOCKET_CODE_PROTOCOL); /* 1005 */
    check_fault(0x88, STR("\x03\xe8\xff"), MASKED, WEBSOCKET_CODE_BAD_TEXT);
}

static void a_message_as_long_as_the_limit_is_taken(void **state) {
    (void)state;
    static Wire wire;
    static char longest[WEBSOCKET_MESSAGE_BYTES_MAX];
    memset(longest, 'x', sizeof longest);
    char text[256];
    wire.len = 0;
    put_frame(&wire, 0x81, (Str){longest, sizeof longest}, MASKED);
    WebSocketEvent event = read_one(&wire, text);
    assert_int_equal(event.kind, WEBSOCKET_EVENT_MESSAGE);
    assert_int_equal(event.payload.len, sizeof longest);
}

static void a_close_has_a_code_or_none(void **state) {
    (void)state;
    static Wire wire;
    char text[256];
    wire.len = 0;
    put_frame(&wire, 0x88, STR("\x0f\xa0gone"), MASKED);
    WebSocketEvent event = read_one(&wire, text);
    assert_int_equal(event.kind, WEBSOCKET_EVENT_CLOSE);
    assert_int_equal(event.code, 4000);
    wire.len = 0;
    put_frame(&wire, 0x88, STR(""), MASKED);
    assert_int_equal(read_one(&wire, text).code, WEBSOCKET_CODE_NONE);
}

static void lengths_are_written_as_short_as_they_go(void **state) {
    (void)state;
    uint8_t head[WEBSOCKET_HEAD_BYTES_MAX];
    assert_int_equal(websocket_head_write(WEBSOCKET_FRAME_TEXT, 125, head), 2);
    assert_int_equal(head[0], 0x81);
    assert_int_equal(head[1], 125);
    assert_int_equal(websocket_head_write(WEBSOCKET_FRAME_PONG, 126, head), 4);
    assert_int_equal(head[0], 0x8a);
    assert_int_equal(head[1], 126);
    assert_int_equal(head[3], 126);
    assert_int_equal(websocket_head_write(WEBSOCKET_FRAME_TEXT, 65535, head), 4);
    assert_int_equal(websocket_head_write(WEBSOCKET_FRAME_TEXT, 65536, head), 10);
    assert_int_equal(head[1], 127);
    assert_int_equal(head[7], 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_whole_in_whatever_pieces_it_comes),
        cmocka_unit_test(nothing_is_held_between_messages_and_all_of_one_within),
        cmocka_unit_test(what_breaks_the_grammar_says_which_code),
        cmocka_unit_test(a_message_as_long_as_the_limit_is_taken),
        cmocka_unit_test(a_close_has_a_code_or_none),
        cmocka_unit_test(lengths_are_written_as_short_as_they_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
