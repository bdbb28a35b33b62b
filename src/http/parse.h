/* parse.h — the HTTP/1.1 grammar (RFC 9112), around llhttp, stricter than it where smuggling lives.
 * A head is first scanned as it arrives (every line ends in CRLF, no control byte, no folded line),
 * then handed to llhttp whole; bodies are framed by llhttp in strict mode. Pure: no sockets. */
#pragma once

/* llhttp's names of methods would take ours. */
#define HTTP_GET LLHTTP_GET
#define HTTP_HEAD LLHTTP_HEAD
#define HTTP_POST LLHTTP_POST
#define HTTP_PUT LLHTTP_PUT
#define HTTP_DELETE LLHTTP_DELETE
#define HTTP_OPTIONS LLHTTP_OPTIONS
#include <llhttp/llhttp.h>
#undef HTTP_GET
#undef HTTP_HEAD
#undef HTTP_POST
#undef HTTP_PUT
#undef HTTP_DELETE
#undef HTTP_OPTIONS

#include "base/limits.h"
#include "http/request.h"

/* Where in the head the scan stands; zero at the start of each request. */
typedef struct {
    uint16_t seen; /* bytes found to be in order */
    bool has_line; /* the request line is complete */
} HeadScan;

/* Looks at `bytes`, all that arrived of the head so far. *ret_len is the length of the head with
 * its empty line, or 0 while more is to come. */
MUST_USE Error head_scan(HeadScan *scan, Str bytes, size_t *ret_len);

typedef struct {
    llhttp_t llhttp;
    HttpHeader *headers; /* HTTP_HEADERS_MAX of them, the caller's */
    size_t header_count;
    Str target;
    Error fault;
    bool head_done, done;
    bool chunked, has_length, has_host, expects_continue;
    bool keep_alive;
    bool is_http_1_0;
    uint64_t content_length;
    HttpMethod method; /* HTTP_METHOD_COUNT for methods we do not answer */
    /* Where the bytes of the body go; returns a fault to end the request. */
    Error (*take_body)(void *taker, Str bytes);
    void *taker;
} Parser;

/* The whole head, as head_scan measured it; it must outlive what the parser points to. */
MUST_USE Error parser_read_head(Parser *parser, Str head);
/* Bytes behind the head. Sets parser->done at the end of the body; *ret_used counts what was ours.
 */
MUST_USE Error parser_read_body(Parser *parser, Str bytes, size_t *ret_used);
