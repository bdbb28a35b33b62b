#include "http/exchange_express.h"

#include <assert.h>

#include "base/log.h"
#include "http/engine.h"

enum {
    HEAD_BYTES_MAX = 256,
    /* Not a power of two: the rooms would meet in the same lines of the cache. */
    ROOM_BYTES = HEAD_BYTES_MAX + HTTP_EXPRESS_BODY_BYTES_MAX + 64,
};

/* RFC 9110 5.6.2. */
static bool is_token_byte(unsigned char c) {
    static const bool marks[128] = {
        ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1,
        ['-'] = 1, ['.'] = 1, ['^'] = 1, ['_'] = 1, ['`'] = 1, ['|'] = 1,  ['~'] = 1};
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') return true;
    return (c >= '0' && c <= '9') || (c < 128 && marks[c]);
}

/* Without a branch in the loop, so that it goes by vectors. */
static bool is_line_text(Str line) {
    unsigned bad = 0;
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.at[i];
        bad |= (unsigned)(c < ' ') & (unsigned)(c != '\t');
        bad |= (unsigned)(c == 0x7f);
    }
    return !bad;
}

static bool is_target_text(Str target) {
    unsigned bad = 0;
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.at[i];
        bad |= (unsigned)(c <= ' ') | (unsigned)(c >= 0x7f) | (unsigned)(c == '#');
    }
    return !bad;
}

static bool take_line(Str *rest, Str *ret_line) {
    const char *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;
    if (!end || end == rest->at || end[-1] != '\r') return false;
    *ret_line = (Str){rest->at, (size_t)(end - 1 - rest->at)};
    *rest = str_skip(*rest, (size_t)(end + 1 - rest->at));
    return true;
}

static bool read_request_line(Str line, ExpressHead *head) {
    static const Str method = {"GET ", 4}, version = {" HTTP/1.1", 9};
    if (!str_starts(line, STR("GET /")) || !str_ends(line, version)) return false;
    Str target = str_part(line, method.len, line.len - version.len);
    if (target.len > HTTP_TARGET_BYTES_MAX || !is_target_text(target)) return false;
    head->path = str_cut(&target, '?');
    head->query = target;
    return str_find_byte(head->path, '%') == STR_NONE;
}

typedef struct {
    bool host, connection;
} HeadersSeen;

/* False for what asks for more than an answer. */
static bool note_header(const HttpHeader *header, HeadersSeen *seen, ExpressHead *head) {
    Str name = header->name, value = header->value;
    switch (name.len) {
        case 4:
            if (!str_equal_nocase(name, STR("host"))) return true;
            if (seen->host || value.len == 0) return false;
            return seen->host = true;
        case 6: return !str_equal_nocase(name, STR("expect"));
        case 7: return !str_equal_nocase(name, STR("upgrade"));
        case 10:
            if (!str_equal_nocase(name, STR("connection"))) return true;
            if (seen->connection) return false;
            seen->connection = true;
            head->closes = str_equal_nocase(value, STR("close"));
            return head->closes || str_equal_nocase(value, STR("keep-alive"));
        case 14: return !str_equal_nocase(name, STR("content-length"));
        case 16: return !str_equal_nocase(name, STR("proxy-connection"));
        case 17: return !str_equal_nocase(name, STR("transfer-encoding"));
        default: return true;
    }
}

static bool read_header(Str line, HttpHeader *ret_header) {
    size_t i = 0;
    while (i < line.len && is_token_byte((unsigned char)line.at[i])) i++;
    if (i == 0 || i == line.len || line.at[i] != ':' || !is_line_text(line)) return false;
    *ret_header = (HttpHeader){str_part(line, 0, i), str_trim(str_skip(line, i + 1))};
    return true;
}

bool exchange_express_read(Str bytes, ExpressHead *ret_head) {
    Str rest = str_part(bytes, 0, HTTP_HEAD_BYTES_MAX), line;
    HeadersSeen seen = {.host = false};
    size_t given = rest.len;
    ret_head->closes = false;
    ret_head->header_count = 0;
    if (!take_line(&rest, &line) || !read_request_line(line, ret_head)) return false;
    while (take_line(&rest, &line)) {
        if (line.len == 0) {
            ret_head->len = given - rest.len;
            return seen.host;
        }
        HttpHeader *header = &ret_head->headers[ret_head->header_count];
        if (ret_head->header_count == HTTP_HEADERS_MAX || !read_header(line, header)) return false;
        if (!note_header(header, &seen, ret_head)) return false;
        ret_head->header_count++;
    }
    return false;
}

/* "/announce" and "/announce/{key}": a plain address, or one whose last part is a place. */
void exchange_express_open(HttpServer *server) {
    for (const Route *route = server->settings.routes; route && route->address; route++) {
        if (!route->express) continue;
        Str address = str_from_c(route->address);
        size_t place = str_find_byte(address, '{');
        assert(server->express_count < EXPRESS_ROUTES_MAX && route->inline_answer && route->bare);
        assert(route->method == HTTP_GET && (place == STR_NONE || str_ends(address, STR("}"))));
        server->express[server->express_count++] =
            (ExpressRoute){route, str_part(address, 0, place), place != STR_NONE};
    }
}

static const Route *find_route(const HttpServer *server, Str path, Str *ret_place) {
    for (size_t i = 0; i < server->express_count; i++) {
        const ExpressRoute *express = &server->express[i];
        if (!express->has_place) {
            if (str_equal(path, express->address)) return express->route;
            continue;
        }
        *ret_place = str_skip(path, express->address.len);
        if (str_starts(path, express->address) && ret_place->len &&
            str_find_byte(*ret_place, '/') == STR_NONE)
            return express->route;
    }
    return NULL;
}

/* Where the path ends, before more is looked at: most requests are for pages. */
static Str path_of(Str bytes) {
    size_t i = 4;
    while (i < bytes.len && bytes.at[i] != '?' && bytes.at[i] != ' ') i++;
    return str_part(bytes, 4, i);
}

ExpressBatch *exchange_express_create(void) {
    ExpressBatch *batch = calloc(1, sizeof *batch);
    assert(batch);
    batch->rooms = malloc((size_t)EXPRESS_BATCH_MAX * ROOM_BYTES);
    assert(batch->rooms);
    for (size_t i = 0; i < EXPRESS_BATCH_MAX; i++)
        batch->asks[i].room = batch->rooms + i * ROOM_BYTES + HEAD_BYTES_MAX;
    return batch;
}

void exchange_express_free(ExpressBatch *batch) {
    if (!batch) return;
    free(batch->rooms);
    free(batch);
}

size_t exchange_express_take(Connection *connection, Str bytes) {
    Loop *loop = connection->loop;
    HttpServer *server = loop->server;
    ExpressBatch *batch = loop->batch;
    ExpressHead head;
    Str place = {0};
    Seconds wait_s;
    if (!str_starts(bytes, STR("GET /"))) return 0;
    const Route *route = find_route(server, path_of(bytes), &place);
    if (!route || log_shows(LOG_DEBUG) || !exchange_express_read(bytes, &head)) return 0;
    if (batch->count && batch->express != route->express) return 0;
    const HttpPolicy *policy = engine_policy(server);
    IpAddress client = proxy_client(policy->trust[connection->listener], connection->peer,
                                    head.headers, head.header_count);
    if (policy->limits_enabled &&
        !rate_take(server->rate, client, route->limit, loop->now, &wait_s))
        return 0;
    assert(batch->count < EXPRESS_BATCH_MAX);
    ExpressAsk *ask = &batch->asks[batch->count];
    *ask = (ExpressAsk){head.query, place, client, loop->now, ask->room, 0};
    connection->closes = head.closes || loop->draining;
    batch->entries[batch->count++] = (ExpressEntry){connection, connection->closes, {0}};
    batch->express = route->express;
    loop_count_request(loop);
    return head.len;
}

/* All up to the number of bytes, anew each second. */
static Str head_start(Loop *loop) {
    ExpressBatch *batch = loop->batch;
    if (batch->started != loop->now || !batch->start_len) {
        Str date = loop_date(loop);
        int len = snprintf(batch->start, sizeof batch->start,
                           "HTTP/1.1 200 OK\r\nDate: %.*s\r\nContent-Type: text/plain; "
                           "charset=utf-8\r\nContent-Length: ",
                           STR_PRINTF(date));
        assert(len > 0 && (size_t)len < sizeof batch->start);
        batch->start_len = (size_t)len;
        batch->started = loop->now;
    }
    return (Str){batch->start, batch->start_len};
}

static char *put_before(char *at, Str s) {
    at -= s.len;
    memcpy(at, s.at, s.len);
    return at;
}

/* The head is written backwards from where the body begins. */
static Str put_head(Str start, const ExpressAsk *ask, bool closes) {
    char *at = ask->room;
    at = put_before(at, closes ? STR("\r\nX-Content-Type-Options: nosniff\r\n"
                                     "Connection: close\r\n\r\n")
                               : STR("\r\nX-Content-Type-Options: nosniff\r\n\r\n"));
    size_t left = ask->len;
    do *--at = (char)('0' + left % 10);
    while (left /= 10);
    at = put_before(at, start);
    return (Str){at, (size_t)(ask->room + ask->len - at)};
}

void exchange_express_run(Loop *loop) {
    ExpressBatch *batch = loop->batch;
    Str start = head_start(loop);
    batch->express(loop->server->settings.site, batch->asks, batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        const ExpressAsk *ask = &batch->asks[i];
        assert(ask->len > 0 && ask->len <= HTTP_EXPRESS_BODY_BYTES_MAX);
        batch->entries[i].answer = put_head(start, ask, batch->entries[i].closes);
    }
}
