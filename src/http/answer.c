#include "http/answer.h"

#include <assert.h>

#include "base/digest.h"
#include "base/encode.h"
#include "http/engine.h"

/* For everything a browser may show. Scripts and styles are files of our own, nothing is inline. */
static const char security_text[] =
    "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n";

Str answer_reason(int status) {
    static const struct {
        int status;
        Str words;
    } reasons[] = {
        {101, STR("Switching Protocols")},
        {200, STR("OK")},
        {201, STR("Created")},
        {202, STR("Accepted")},
        {204, STR("No Content")},
        {301, STR("Moved Permanently")},
        {302, STR("Found")},
        {303, STR("See Other")},
        {304, STR("Not Modified")},
        {307, STR("Temporary Redirect")},
        {308, STR("Permanent Redirect")},
        {400, STR("Bad Request")},
        {401, STR("Unauthorized")},
        {403, STR("Forbidden")},
        {404, STR("Not Found")},
        {405, STR("Method Not Allowed")},
        {408, STR("Request Timeout")},
        {409, STR("Conflict")},
        {410, STR("Gone")},
        {413, STR("Content Too Large")},
        {414, STR("URI Too Long")},
        {415, STR("Unsupported Media Type")},
        {417, STR("Expectation Failed")},
        {421, STR("Misdirected Request")},
        {422, STR("Unprocessable Content")},
        {426, STR("Upgrade Required")},
        {429, STR("Too Many Requests")},
        {431, STR("Request Header Fields Too Large")},
        {451, STR("Unavailable For Legal Reasons")},
        {500, STR("Internal Server Error")},
        {503, STR("Service Unavailable")},
        {505, STR("HTTP Version Not Supported")},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status) return reasons[i].words;
    return STR("Status");
}

static Str header_of(const Response *response, Str name) {
    for (size_t i = 0; i < response->header_count; i++)
        if (str_equal_nocase(response->headers[i].name, name)) return response->headers[i].value;
    return (Str){0};
}

static void add_etag(Exchange *exchange) {
    enum { ETAG_BYTES = 12 };
    Response *response = &exchange->response;
    uint8_t digest[SHA1_BYTES];
    sha1(response->body, digest);
    Str text = base64url_write(&exchange->arena, digest, ETAG_BYTES);
    response_header(response, STR("ETag"),
                    arena_print(&exchange->arena, "\"%.*s\"", STR_PRINTF(text)));
}

static void add_vary(Exchange *exchange, bool compressible) {
    const Route *route = exchange->request.route;
    bool by_language = route && !str_starts(str_from_c(route->address), STR("/{language}"));
    Str vary = by_language    ? STR("Accept-Encoding, Cookie, Accept-Language")
               : compressible ? STR("Accept-Encoding, Cookie")
                              : STR("Cookie");
    response_header(&exchange->response, STR("Vary"), vary);
}

void answer_finish(Exchange *exchange) {
    Response *response = &exchange->response;
    Str compressed;
    if (exchange->request.route && exchange->request.route->bare) return;
    bool good = response->status == 200 && response->body.len > 0;
    /* Faults found by a loop are answered there, and compressing would hold the others up. */
    bool compressible = !failed(exchange->fault) && compress_is_text(response->content_type) &&
                        header_of(response, STR("content-encoding")).len == 0;
    if (response->no_store && header_of(response, STR("cache-control")).len == 0)
        response_header(response, STR("Cache-Control"), STR("no-store"));
    if (header_of(response, STR("cache-control")).len == 0)
        response_header(response, STR("Cache-Control"),
                        good ? STR("private, no-cache") : STR("no-store"));
    if (compressible &&
        compress_write(exchange->encoding, response->body, &exchange->arena, &compressed)) {
        response->body = compressed;
        response_header(response, STR("Content-Encoding"), compress_name(exchange->encoding));
    }
    if (header_of(response, STR("vary")).len == 0) add_vary(exchange, compressible);
    if (good && !response->no_store && header_of(response, STR("etag")).len == 0)
        add_etag(exchange);
}

static bool etag_listed(Str list, Str etag) {
    if (str_equal(str_trim(list), STR("*"))) return true;
    while (list.len) {
        Str item = str_trim(str_cut(&list, ','));
        if (str_starts(item, STR("W/"))) item = str_skip(item, 2);
        if (str_equal(item, etag)) return true;
    }
    return false;
}

static bool parse_http_date(Str text, time_t *ret_at) {
    char c_text[40];
    struct tm parts = {0};
    if (text.len >= sizeof c_text) return false;
    memcpy(c_text, text.at, text.len);
    c_text[text.len] = '\0';
    const char *end = strptime(c_text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (!end || *end) return false;
    *ret_at = timegm(&parts);
    return true;
}

void answer_condition(Exchange *exchange) {
    Response *response = &exchange->response;
    const Request *request = &exchange->request;
    if (response->status != 200 || request->method > HTTP_HEAD) return;
    Str etag = header_of(response, STR("etag"));
    Str modified = header_of(response, STR("last-modified"));
    Str none_match = request_header(request, STR("if-none-match"));
    Str modified_since = request_header(request, STR("if-modified-since"));
    time_t changed_at, known_at;
    bool same = false;
    if (none_match.len)
        same = etag.len &&
               etag_listed(none_match, str_starts(etag, STR("W/")) ? str_skip(etag, 2) : etag);
    else if (modified_since.len && modified.len)
        same = parse_http_date(modified, &changed_at) &&
               parse_http_date(modified_since, &known_at) && changed_at <= known_at;
    if (!same) return;
    response->status = 304;
    response->body = (Str){0};
}

bool answer_asset(Exchange *exchange) {
    const Request *request = &exchange->request;
    Response *response = &exchange->response;
    const AssetRow *row = engine_find_asset(exchange->server, request->path);
    if (!row || request->method > HTTP_HEAD) return false;
    const HttpAsset *asset = row->asset;
    const Str variants[ENCODING_COUNT] = {asset->plain, asset->gzip, asset->brotli, asset->zstd};
    Encoding encoding = exchange->encoding;
    if (variants[encoding].len == 0) encoding = ENCODING_PLAIN;
    exchange->is_asset = true;
    exchange->request.route = NULL;
    response_body(response, str_from_c(asset->content_type), variants[encoding]);
    if (encoding != ENCODING_PLAIN)
        response_header(response, STR("Content-Encoding"), compress_name(encoding));
    if (asset->gzip.len || asset->brotli.len || asset->zstd.len)
        response_header(response, STR("Vary"), STR("Accept-Encoding"));
    bool hashed = str_starts(request->path, STR("/assets/"));
    response_header(
        response, STR("Cache-Control"),
        hashed ? STR("public, max-age=31536000, immutable") : STR("public, max-age=3600"));
    response_header(response, STR("ETag"),
                    arena_print(&exchange->arena, "\"%s%u\"", row->etag, (unsigned)encoding));
    answer_condition(exchange);
    return true;
}

void answer_options(Response *response, unsigned methods) {
    response->status = 204;
    response_header(response, STR("Allow"), dispatch_allow(methods, response->arena));
}

/* "/en" and "/en/" are one place to people; only one of them is the address. */
void answer_other_slash(Response *response, const Request *request) {
    Str path = str_part(request->target, 0, str_find_byte(request->target, '?'));
    bool has = str_ends(path, STR("/"));
    Str mark = request->query.len ? STR("?") : (Str){0};
    Str start = has ? str_part(path, 0, path.len - 1) : path;
    /* "//elsewhere" would lead away from here. */
    while (str_starts(start, STR("//"))) start = str_skip(start, 1);
    response_redirect_permanent(
        response, arena_print(response->arena, "%.*s%s%.*s%.*s", STR_PRINTF(start), has ? "" : "/",
                              STR_PRINTF(mark), STR_PRINTF(request->query)));
}

void answer_plainly(Response *response, int status) {
    response->status = status;
    response->header_count = 0;
    response->content_type = STR("text/plain; charset=utf-8");
    response->body = answer_reason(status);
}

static bool has_body(int status) { return status != 204 && status != 304 && status >= 200; }

void exchange_write_head(Exchange *exchange, Str date) {
    enum { HEAD_BYTES_MAX = 32 * KIB };
    const Response *response = &exchange->response;
    const Request *request = &exchange->request;
    bool bare = request->route && request->route->bare;
    Text text = text_create(&exchange->arena, HEAD_BYTES_MAX);
    text_extend(&text, 1024);
    text.len = 0;
    text_add(&text, STR("HTTP/1.1 "));
    text_add_u64(&text, (uint64_t)response->status);
    text_add_byte(&text, ' ');
    text_add(&text, answer_reason(response->status));
    text_add(&text, STR("\r\nDate: "));
    text_add(&text, date);
    text_add(&text, STR("\r\n"));
    if (has_body(response->status)) {
        if (response->content_type.len) {
            text_add(&text, STR("Content-Type: "));
            text_add(&text, response->content_type);
            text_add(&text, STR("\r\n"));
        }
        text_add(&text, STR("Content-Length: "));
        text_add_u64(&text, response->body.len);
        text_add(&text, STR("\r\n"));
    }
    for (size_t i = 0; i < response->header_count; i++) {
        text_add(&text, response->headers[i].name);
        text_add(&text, STR(": "));
        text_add(&text, response->headers[i].value);
        text_add(&text, STR("\r\n"));
    }
    text_add(&text, bare ? STR("X-Content-Type-Options: nosniff\r\n") : STR(security_text));
    if (!bare) {
        text_add(&text, STR("X-Request-Id: "));
        text_add(&text, request->id);
        text_add(&text, STR("\r\n"));
        if (request->secure)
            text_add(&text, STR("Strict-Transport-Security: max-age=31536000\r\n"));
    }
    if (exchange->closes)
        text_add(&text, STR("Connection: close\r\n"));
    else if (exchange->parser.is_http_1_0)
        text_add(&text, STR("Connection: keep-alive\r\n"));
    text_add(&text, STR("\r\n"));
    assert(!text.full);
    exchange->head = text_str(&text);
}
