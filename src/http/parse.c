#include "http/parse.h"

#include <assert.h>

static const Error not_http = {.kind = ERROR_BAD_REQUEST,
                               .code = "bad_head",
                               .words = "This is not a well-formed HTTP request."};
static const Error bad_framing = {.kind = ERROR_BAD_REQUEST,
                                  .code = "bad_framing",
                                  .words = "The length of the request's body is not clear."};
static const Error bad_host = {.kind = ERROR_BAD_REQUEST,
                               .code = "bad_host_header",
                               .words = "The request must name one host."};
static const Error head_too_large = {.kind = ERROR_HEAD_TOO_LARGE,
                                     .words = "The headers of the request are too large."};
static const Error target_too_long = {.kind = ERROR_TARGET_TOO_LONG,
                                      .words = "The address is too long."};

/* A head that cannot become a good one is refused at its first bad byte, not at its deadline. */
Error head_scan(HeadScan *scan, Str bytes, size_t *ret_len) {
    enum { LINE_EXTRA = 32 }; /* method and version around the target */
    size_t i = scan->seen;
    *ret_len = 0;
    for (; i < bytes.len && i < HTTP_HEAD_BYTES_MAX; i++) {
        unsigned char c = (unsigned char)bytes.at[i];
        if (c == '\n') {
            if (i == 0 || bytes.at[i - 1] != '\r') return not_http;
            scan->has_line = true;
            if (i >= 3 && bytes.at[i - 2] == '\n') {
                *ret_len = i + 1;
                return OK;
            }
            continue;
        }
        if (i > 0 && bytes.at[i - 1] == '\r') return not_http; /* a lone CR */
        if (c == '\r') continue;
        bool starts_line = i > 0 && bytes.at[i - 1] == '\n';
        if (starts_line && (c == ' ' || c == '\t')) return not_http; /* obs-fold, RFC 9112 5.2 */
        if ((c < ' ' && c != '\t') || c == 0x7f) return not_http;
        if (!scan->has_line && (c >= 0x80 || c == '\t')) return not_http;
        if (!scan->has_line && i > HTTP_TARGET_BYTES_MAX + LINE_EXTRA) return target_too_long;
    }
    if (i >= HTTP_HEAD_BYTES_MAX) return head_too_large;
    scan->seen = (uint16_t)i;
    return OK;
}

static Parser *parser_of(llhttp_t *llhttp) { return llhttp->data; }

static int refuse(Parser *parser, Error e) {
    if (!failed(parser->fault)) parser->fault = e;
    return HPE_USER;
}

static int take_target(llhttp_t *llhttp, const char *at, size_t len) {
    Parser *parser = parser_of(llhttp);
    if (parser->target.len && parser->target.at + parser->target.len != at)
        return refuse(parser, not_http);
    parser->target = (Str){parser->target.len ? parser->target.at : at, parser->target.len + len};
    return 0;
}

static int take_name(llhttp_t *llhttp, const char *at, size_t len) {
    Parser *parser = parser_of(llhttp);
    if (parser->head_done) return refuse(parser, bad_framing); /* trailers: nobody needs them */
    if (parser->header_count == HTTP_HEADERS_MAX) return refuse(parser, head_too_large);
    parser->headers[parser->header_count++] = (HttpHeader){.name = {at, len}};
    return 0;
}

static int take_value(llhttp_t *llhttp, const char *at, size_t len) {
    Parser *parser = parser_of(llhttp);
    if (parser->head_done || parser->header_count == 0) return refuse(parser, bad_framing);
    HttpHeader *header = &parser->headers[parser->header_count - 1];
    if (header->value.len && header->value.at + header->value.len != at)
        return refuse(parser, not_http);
    header->value = (Str){header->value.len ? header->value.at : at, header->value.len + len};
    return 0;
}

static int take_head_end(llhttp_t *llhttp) {
    parser_of(llhttp)->head_done = true;
    llhttp->upgrade = 0; /* we speak no other protocol here, and CONNECT is a method like others */
    return 0;
}

static int take_body(llhttp_t *llhttp, const char *at, size_t len) {
    Parser *parser = parser_of(llhttp);
    Error e = parser->take_body ? parser->take_body(parser->taker, (Str){at, len}) : OK;
    return failed(e) ? refuse(parser, e) : 0;
}

static int take_chunk_extension(llhttp_t *llhttp, const char *at, size_t len) {
    (void)at, (void)len;
    return refuse(parser_of(llhttp), bad_framing);
}

static int take_end(llhttp_t *llhttp) {
    parser_of(llhttp)->done = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t callbacks = {
    .on_url = take_target,
    .on_header_field = take_name,
    .on_header_value = take_value,
    .on_headers_complete = take_head_end,
    .on_body = take_body,
    .on_chunk_extension_name = take_chunk_extension,
    .on_chunk_extension_value = take_chunk_extension,
    .on_message_complete = take_end,
};

static bool is_token(Str name) {
    static const char also[] = "!#$%&'*+-.^_`|~"; /* RFC 9110 5.6.2 */
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alnum && (c == '\0' || !strchr(also, c))) return false;
    }
    return name.len > 0;
}

static Error check_header(Parser *parser, const HttpHeader *header, bool *transfer_encoding) {
    if (!is_token(header->name)) return not_http;
    switch (header->name.len) { /* spares most headers the comparisons */
        case 4:
            if (!str_equal_nocase(header->name, STR("host"))) break;
            if (parser->has_host || header->value.len == 0) return bad_host;
            parser->has_host = true;
            break;
        case 6:
            if (!str_equal_nocase(header->name, STR("expect"))) break;
            if (!str_equal_nocase(header->value, STR("100-continue")))
                return error(BAD_EXPECTATION, NULL, "This expectation cannot be met.");
            parser->expects_continue = true;
            break;
        case 14:
            if (!str_equal_nocase(header->name, STR("content-length"))) break;
            if (parser->has_length || !str_to_u64(header->value, &parser->content_length))
                return bad_framing;
            parser->has_length = true;
            break;
        case 17:
            if (!str_equal_nocase(header->name, STR("transfer-encoding"))) break;
            if (*transfer_encoding || !str_equal_nocase(header->value, STR("chunked")))
                return bad_framing;
            *transfer_encoding = parser->chunked = true;
            break;
        default: break;
    }
    return OK;
}

static Error check_head(Parser *parser) {
    const llhttp_t *llhttp = &parser->llhttp;
    bool transfer_encoding = false;
    if (llhttp->http_major != 1 || llhttp->http_minor > 1)
        return error(BAD_VERSION, NULL, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    parser->is_http_1_0 = llhttp->http_minor == 0;
    for (size_t i = 0; i < parser->header_count; i++) {
        parser->headers[i].value = str_trim(parser->headers[i].value);
        TRY(check_header(parser, &parser->headers[i], &transfer_encoding));
    }
    /* Both lengths at once, or chunks in a version without them: the stuff of smuggling. */
    if (parser->chunked && (parser->has_length || parser->is_http_1_0)) return bad_framing;
    if (!parser->has_host && !parser->is_http_1_0) return bad_host;
    if (parser->is_http_1_0) parser->expects_continue = false;
    if (parser->target.len > HTTP_TARGET_BYTES_MAX) return target_too_long;
    return OK;
}

static HttpMethod method_of(const llhttp_t *llhttp) {
    switch (llhttp->method) {
        case LLHTTP_GET: return HTTP_GET;
        case LLHTTP_HEAD: return HTTP_HEAD;
        case LLHTTP_POST: return HTTP_POST;
        case LLHTTP_PUT: return HTTP_PUT;
        case LLHTTP_DELETE: return HTTP_DELETE;
        case LLHTTP_OPTIONS: return HTTP_OPTIONS;
        default: return HTTP_METHOD_COUNT;
    }
}

static Error parser_fault(Parser *parser) {
    if (failed(parser->fault)) return parser->fault;
    switch (llhttp_get_errno(&parser->llhttp)) {
        case HPE_UNEXPECTED_CONTENT_LENGTH:
        case HPE_INVALID_CONTENT_LENGTH:
        case HPE_INVALID_TRANSFER_ENCODING:
        case HPE_INVALID_CHUNK_SIZE:
        case HPE_STRICT: return bad_framing;
        case HPE_INVALID_VERSION:
            return error(BAD_VERSION, NULL, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
        default: return not_http;
    }
}

Error parser_read_head(Parser *parser, Str head) {
    llhttp_init(&parser->llhttp, HTTP_REQUEST, &callbacks);
    parser->llhttp.data = parser;
    llhttp_errno_t result = llhttp_execute(&parser->llhttp, head.at, head.len);
    if (result != HPE_OK && result != HPE_PAUSED) return parser_fault(parser);
    if (!parser->head_done) return not_http;
    parser->method = method_of(&parser->llhttp);
    parser->keep_alive = llhttp_should_keep_alive(&parser->llhttp);
    return check_head(parser);
}

Error parser_read_body(Parser *parser, Str bytes, size_t *ret_used) {
    assert(!parser->done);
    llhttp_errno_t result = llhttp_execute(&parser->llhttp, bytes.at, bytes.len);
    if (result == HPE_OK) {
        *ret_used = bytes.len;
        return OK;
    }
    if (result != HPE_PAUSED) return parser_fault(parser);
    *ret_used = (size_t)(llhttp_get_error_pos(&parser->llhttp) - bytes.at);
    return OK;
}
