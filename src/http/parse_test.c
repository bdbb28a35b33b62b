#include "http/parse.h"

#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the three above first */
#include <cmocka.h>

typedef struct {
    char bytes[256];
    size_t len;
} Taken;

static Error take(void *taker, Str bytes) {
    Taken *taken = taker;
    if (bytes.len > sizeof taken->bytes - taken->len) return error(TOO_LARGE, NULL, "Too much.");
    memcpy(taken->bytes + taken->len, bytes.at, bytes.len);
    taken->len += bytes.len;
    return OK;
}

static void heads_end_where_they_end_in_whatever_pieces(void **state) {
    (void)state;
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET";
    for (size_t piece = 1; piece < sizeof text; piece++) {
        HeadScan scan = {0};
        size_t len = 0, have = 0;
        while (!len && have < sizeof text - 1) {
            have = have + piece < sizeof text - 1 ? have + piece : sizeof text - 1;
            assert_false(failed(head_scan(&scan, (Str){text, have}, &len)));
        }
        assert_int_equal(len, 27);
    }
}

static ErrorKind scan_kind(const char *text) {
    HeadScan scan = {0};
    size_t len;
    return head_scan(&scan, str_from_c(text), &len).kind;
}

static void the_first_bad_byte_is_enough(void **state) {
    (void)state;
    assert_int_equal(scan_kind("G\x01"), ERROR_BAD_REQUEST);
    assert_int_equal(scan_kind("\n"), ERROR_BAD_REQUEST);
    assert_int_equal(scan_kind("GET / HTTP/1.1\n"), ERROR_BAD_REQUEST);
    assert_int_equal(scan_kind("GET / HTTP/1.1\rX"), ERROR_BAD_REQUEST);
    assert_int_equal(scan_kind("GET / HTTP/1.1\r\n "), ERROR_BAD_REQUEST);
    assert_int_equal(scan_kind("GET / HTTP/1.1\r\nA: \x7f"), ERROR_BAD_REQUEST);
    assert_int_equal(scan_kind("GET / HTTP/1.1\r\nA: \xe9"), ERROR_NONE);
    assert_int_equal(scan_kind("GET / HTTP/1.1\r"), ERROR_NONE);
}

static Error read_head(Parser *parser, HttpHeader *headers, const char *text) {
    *parser = (Parser){.headers = headers, .take_body = take};
    return parser_read_head(parser, str_from_c(text));
}

static void a_head_is_read(void **state) {
    (void)state;
    Parser parser;
    HttpHeader headers[HTTP_HEADERS_MAX];
    assert_false(failed(read_head(&parser, headers,
                                  "POST /a?b HTTP/1.1\r\nHost: h\r\nX-Empty:\r\nX-Wide: \t v \t\r\n"
                                  "Content-Length: 12\r\n\r\n")));
    assert_int_equal(parser.method, HTTP_POST);
    assert_true(str_equal(parser.target, STR("/a?b")));
    assert_int_equal(parser.header_count, 4);
    assert_true(str_equal(headers[1].value, STR("")));
    assert_true(str_equal(headers[2].value, STR("v")));
    assert_int_equal(parser.content_length, 12);
    assert_false(parser.done);
    assert_true(parser.keep_alive);
}

static void methods_we_do_not_answer_are_told_apart(void **state) {
    (void)state;
    Parser parser;
    HttpHeader headers[HTTP_HEADERS_MAX];
    assert_false(failed(read_head(&parser, headers, "PATCH / HTTP/1.1\r\nHost: h\r\n\r\n")));
    assert_int_equal(parser.method, HTTP_METHOD_COUNT);
    assert_false(failed(read_head(&parser, headers, "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n")));
    assert_int_equal(parser.method, HTTP_METHOD_COUNT);
    assert_true(parser.done);
}

static void bodies_end_where_they_end(void **state) {
    (void)state;
    static const char *const heads[] = {
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"};
    static const char *const bodies[] = {"hello worldGET",
                                         "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET"};
    for (size_t i = 0; i < 2; i++) {
        for (size_t piece = 1; piece < 40; piece++) {
            Parser parser;
            HttpHeader headers[HTTP_HEADERS_MAX];
            Taken taken = {.len = 0};
            Str rest = str_from_c(bodies[i]);
            assert_false(failed(read_head(&parser, headers, heads[i])));
            parser.taker = &taken;
            while (!parser.done) {
                size_t used;
                assert_true(rest.len > 0);
                assert_false(failed(parser_read_body(&parser, str_part(rest, 0, piece), &used)));
                rest = str_skip(rest, used);
            }
            assert_true(str_equal(rest, STR("GET")));
            assert_true(str_equal(str_from_bytes(taken.bytes, taken.len), STR("hello world")));
        }
    }
}

static void a_taker_may_refuse(void **state) {
    (void)state;
    Parser parser;
    HttpHeader headers[HTTP_HEADERS_MAX];
    Taken taken = {.len = 250};
    size_t used;
    assert_false(failed(
        read_head(&parser, headers, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n")));
    parser.taker = &taken;
    assert_int_equal(parser_read_body(&parser, STR("hello world"), &used).kind, ERROR_TOO_LARGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_end_where_they_end_in_whatever_pieces),
        cmocka_unit_test(the_first_bad_byte_is_enough),
        cmocka_unit_test(a_head_is_read),
        cmocka_unit_test(methods_we_do_not_answer_are_told_apart),
        cmocka_unit_test(bodies_end_where_they_end),
        cmocka_unit_test(a_taker_may_refuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
