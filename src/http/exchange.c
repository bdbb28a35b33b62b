#include "http/exchange.h"

#include <assert.h>

#include "base/encode.h"
#include "base/log.h"
#include "http/answer.h"
#include "http/engine.h"
#include "http/form_read.h"
#include "http/multipart.h"
#include "http/proxy.h"
#include "http/websocket_loop.h"

Exchange *exchange_create(HttpServer *server) {
    Exchange *exchange = calloc(1, sizeof *exchange);
    assert(exchange);
    exchange->server = server;
    exchange->arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    return exchange;
}

void exchange_clear(Exchange *exchange) {
    HttpServer *server = exchange->server;
    multipart_free(exchange->multipart);
    gather_free(&exchange->body);
    if (exchange->cached) cache_release(server->cache, exchange->cached);
    if (exchange->body_reserved) atomic_fetch_sub(&server->body_bytes, exchange->body_reserved);
    arena_reset(&exchange->arena);
    exchange->arena.cap = REQUEST_ARENA_BYTES_MAX;
    exchange->arena.overflow = NULL;
    exchange->next = NULL;
    exchange->connection = NULL;
    exchange->multipart = NULL;
    exchange->cached = NULL;
    exchange->overflows = 0;
    exchange->body_reserved = exchange->body_seen = 0;
    exchange->body_fault = exchange->fault = OK;
    exchange->head_only = exchange->closes = exchange->is_asset = exchange->fills_cache = false;
    exchange->head = (Str){0};
    exchange->sent = 0;
}

void exchange_free(Exchange *exchange) {
    if (!exchange) return;
    exchange_clear(exchange);
    arena_free(&exchange->arena);
    free(exchange);
}

/* Unpredictable enough not to be mistaken for another's, and cheap: a counter, well mixed. */
static Str next_id(HttpServer *server, Arena *arena) {
    uint64_t x = atomic_fetch_add_explicit(&server->next_id, 1, memory_order_relaxed);
    x = (x + server->id_seed) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    return hex_write(arena, &x, sizeof x);
}

static void start_request(Exchange *exchange) {
    HttpServer *server = exchange->server;
    exchange->started_us = clock_monotonic_us();
    exchange->parser.header_count = 0;
    exchange->request = (Request){
        .arena = &exchange->arena,
        .now = clock_now(),
        .headers = exchange->headers,
        .language = engine_policy(server)->language,
        .client = exchange->connection->peer,
        .secure = engine_policy(server)->secure,
        .site = server->settings.site,
        .id = next_id(server, &exchange->arena),
    };
    exchange->response = (Response){.arena = &exchange->arena, .status = 200};
}

void exchange_refuse(Exchange *exchange, Error e) {
    if (!exchange->request.arena) start_request(exchange);
    if (!failed(exchange->fault)) exchange->fault = e;
}

/* "http://host/path" (RFC 9112 3.2.2) counts as "/path" on that host; "*" is for OPTIONS. */
static Error split_target(Request *request) {
    static const Error bad = {.kind = ERROR_BAD_REQUEST,
                              .code = "bad_target",
                              .words = "The address is not well-formed."};
    Str target = request->target;
    size_t scheme = str_starts_nocase(target, STR("http://"))    ? 7
                    : str_starts_nocase(target, STR("https://")) ? 8
                                                                 : 0;
    if (scheme) {
        Str rest = str_skip(target, scheme);
        size_t end = str_find_byte(rest, '/');
        request->host = str_part(rest, 0, end);
        target = end == STR_NONE ? STR("/") : str_skip(rest, end);
    }
    if (str_equal(target, STR("*")) && request->method == HTTP_OPTIONS) target = STR("/");
    if (!str_starts(target, STR("/")) || str_find_byte(target, '#') != STR_NONE) return bad;
    request->target = target;
    request->path = str_cut(&target, '?');
    request->query = target;
    return OK;
}

static void choose_language(Exchange *exchange, const DispatchMatch *match) {
    Request *request = &exchange->request;
    if (match->has_language) {
        request->language = match->language;
        return;
    }
    /* An address that does not exist has a language all the same. */
    Str rest = str_skip(request->path, 1);
    if (language_parse(str_cut(&rest, '/'), &request->language)) return;
    Str cookie = request_cookie(request, STR("language"));
    if (language_parse(cookie, &request->language)) return;
    Str accepted = request_header(request, STR("accept-language"));
    if (accepted.len) request->language = language_accepted(accepted, request->language);
}

/* What the router found in words of HTTP: a fault, a redirect, or nothing to say. */
static Error judge_match(Exchange *exchange, const DispatchMatch *match) {
    Request *request = &exchange->request;
    if (match->route) return OK;
    if (match->methods && request->method == HTTP_OPTIONS) {
        answer_options(&exchange->response, match->methods);
        return OK;
    }
    if (match->methods) {
        response_header(&exchange->response, STR("Allow"),
                        dispatch_allow(match->methods, &exchange->arena));
        return error(BAD_METHOD, NULL, "This address does not take that method.");
    }
    /* Browsers read "/\\" as "//": such a path is never sent back. */
    if (match->wants_slash && !str_starts(request->target, STR("/\\")) &&
        (request->method == HTTP_GET || request->method == HTTP_HEAD)) {
        answer_other_slash(&exchange->response, request);
        return OK;
    }
    return error(NOT_FOUND, NULL, "There is nothing at this address.");
}

static Error take_rate(Exchange *exchange) {
    HttpServer *server = exchange->server;
    Seconds wait_s = 0;
    const Route *route = exchange->request.route;
    RouteLimit limit = route ? route->limit : LIMIT_PAGES; /* searching for holes costs too */
    Milliseconds now = exchange->connection->loop->now;
    if (!engine_policy(server)->limits_enabled ||
        rate_take(server->rate, exchange->request.client, limit, now, &wait_s))
        return OK;
    atomic_fetch_add_explicit(&server->totals.rate_limited, 1, memory_order_relaxed);
    response_header(&exchange->response, STR("Retry-After"),
                    arena_print(&exchange->arena, "%lld", (long long)wait_s));
    return error(TOO_MANY, NULL, "Too many requests from your address. Please wait a little.");
}

static Error open_request(Exchange *exchange) {
    HttpServer *server = exchange->server;
    Request *request = &exchange->request;
    ProxyTrust trust = engine_policy(server)->trust[exchange->connection->listener];
    DispatchMatch match = {0};
    request->client =
        proxy_client(trust, exchange->connection->peer, request->headers, request->header_count);
    if (exchange->connection->secure ||
        proxy_is_secure(trust, exchange->connection->peer, request->headers, request->header_count))
        request->secure = true;
    request->host = request_header(request, STR("host"));
    TRY(split_target(request));
    exchange->encoding = compress_negotiate(request_header(request, STR("accept-encoding")));

    Str raw_path = request->path;
    bool decoded = percent_parse(raw_path, false, &exchange->arena, &request->path);
    bool matched =
        decoded && str_find_byte(request->path, '\0') == STR_NONE &&
        dispatch_match(server->dispatch, request->method, raw_path, &exchange->arena, &match);
    choose_language(exchange, &match);
    if (!matched) return error(BAD_REQUEST, "bad_target", "The address is not well-formed.");
    request->route = match.route;
    memcpy(request->values, match.values, sizeof request->values);
    /* Health checks and announces come by address as well as by name. */
    if (!(match.route && match.route->inline_answer) &&
        !host_list_has(&server->hosts, request->host))
        return error(BAD_HOST, NULL, "This server does not answer for that host.");
    if (answer_asset(exchange)) return OK;
    TRY(take_rate(exchange));
    return judge_match(exchange, &match);
}

void exchange_open(Exchange *exchange, Str head) {
    Request *request = &exchange->request;
    Parser *parser = &exchange->parser;
    start_request(exchange);
    *parser = (Parser){.headers = exchange->headers};
    Error e = parser_read_head(parser, arena_copy(&exchange->arena, head));
    request->header_count = parser->header_count;
    request->method = parser->method;
    request->target = parser->target;
    exchange->head_only = parser->method == HTTP_HEAD;
    exchange->closes = failed(e) || !parser->keep_alive;
    if (!failed(e)) e = open_request(exchange);
    if (failed(e)) exchange_refuse(exchange, e);
}

static size_t body_max(const Request *request) {
    const Route *route = request->route;
    if (!route || request->method == HTTP_GET || request->method == HTTP_HEAD) return 0;
    if (route->body_max) return route->body_max;
    return route->form || route->csrf == CSRF_TOKEN ? HTTP_FORM_BODY_BYTES_MAX : 0;
}

static Error take_body(void *taker, Str bytes) {
    Exchange *exchange = taker;
    exchange->body_seen += bytes.len;
    if (exchange->body_seen > exchange->body.max)
        return error(TOO_LARGE, NULL, "What was sent is larger than this address takes.");
    if (failed(exchange->body_fault)) return OK; /* read to the end, so that the answer is heard */
    if (exchange->multipart)
        exchange->body_fault = multipart_add(exchange->multipart, bytes);
    else if (!gather_add(&exchange->body, bytes, &exchange->arena))
        return error(UNAVAILABLE, NULL, "The server has too much to do. Please try again soon.");
    return OK;
}

static Error prepare_body(Exchange *exchange) {
    Parser *parser = &exchange->parser;
    HttpServer *server = exchange->server;
    size_t max = body_max(&exchange->request);
    if (parser->content_length > max || (parser->chunked && max == 0))
        return error(TOO_LARGE, NULL, "What was sent is larger than this address takes.");
    size_t wanted = parser->chunked ? max : (size_t)parser->content_length;
    exchange->body_reserved = wanted;
    if (atomic_fetch_add(&server->body_bytes, wanted) + wanted > HTTP_BODIES_BYTES_MAX)
        return error(UNAVAILABLE, NULL, "The server has too much to do. Please try again soon.");
    exchange->body = gather_create(wanted);
    parser->take_body = take_body;
    parser->taker = exchange;
    return form_read_begin(&exchange->request, &exchange->multipart);
}

void exchange_expect_body(Exchange *exchange) {
    if (failed(exchange->fault) || exchange->parser.done) return;
    Error e = exchange->request.route
                  ? prepare_body(exchange)
                  : error(TOO_LARGE, NULL, "What was sent is larger than this address takes.");
    if (failed(e)) exchange_refuse(exchange, e);
}

static bool is_anonymous(const Request *request) {
    return request_header(request, STR("authorization")).len == 0 &&
           request_cookie(request, STR("session")).len == 0;
}

static ExchangeFate to_worker(Exchange *exchange) {
    if (worker_pool_submit(exchange->server->workers, exchange)) return EXCHANGE_ELSEWHERE;
    worker_shed(exchange);
    return EXCHANGE_ANSWERED;
}

ExchangeFate exchange_settle(Exchange *exchange) {
    Request *request = &exchange->request;
    const Route *route = request->route;
    request->body = gather_str(&exchange->body);
    if (!failed(exchange->fault) && (!route || exchange->is_asset)) return EXCHANGE_ANSWERED;
    if (failed(exchange->fault) || route->inline_answer) {
        request->may_upgrade =
            request->method == HTTP_GET && !exchange->closes && !exchange->parser.is_http_1_0;
        worker_answer(exchange, NULL);
        if (exchange->response.websocket) websocket_admit(exchange);
        return EXCHANGE_ANSWERED;
    }
    bool reads = request->method == HTTP_GET || request->method == HTTP_HEAD;
    if (!route->cache_s || !reads || !is_anonymous(request)) return to_worker(exchange);
    switch (cache_find(exchange->server->cache, exchange)) {
        case CACHE_HIT:
            cache_answer(exchange->cached, &exchange->response);
            answer_condition(exchange);
            return EXCHANGE_ANSWERED;
        case CACHE_WAIT: return EXCHANGE_ELSEWHERE;
        case CACHE_FILL: break;
    }
    return to_worker(exchange);
}

void exchange_log(const Exchange *exchange) {
    const Request *request = &exchange->request;
    int64_t us = clock_monotonic_us() - exchange->started_us;
    RouteLimit limit = request->route ? request->route->limit : LIMIT_NONE;
    histogram_note(&exchange->server->durations[limit], us);
    bool quiet = exchange->is_asset || (request->route && request->route->limit == LIMIT_NONE) ||
                 (request->route && request->route->limit == LIMIT_TRACKER);
    LogLevel level = quiet ? LOG_DEBUG : LOG_INFO;
    char status[16], ms[32], bytes[24], address[INET6_ADDRSTRLEN + 8] = "";
    if (!log_shows(level)) return;
    snprintf(status, sizeof status, "%d", exchange->response.status);
    snprintf(ms, sizeof ms, "%lld.%03lld", (long long)(us / 1000), (long long)(us % 1000));
    snprintf(bytes, sizeof bytes, "%zu", exchange->head_only ? 0 : exchange->response.body.len);
    Str route = str_from_c(request->route ? request->route->address : "-");
    if (!engine_policy(exchange->server)->log_addresses) {
        log_event(level, "request", {"id", request->id}, {"route", route},
                  {"status", str_from_c(status)}, {"ms", str_from_c(ms)},
                  {"bytes", str_from_c(bytes)});
        return;
    }
    Arena arena = arena_create(256);
    Str ip = ip_write(&arena, request->client);
    snprintf(address, sizeof address, "%.*s", STR_PRINTF(ip));
    arena_free(&arena);
    log_event(level, "request", {"id", request->id}, {"route", route},
              {"status", str_from_c(status)}, {"ms", str_from_c(ms)}, {"bytes", str_from_c(bytes)},
              {"address", str_from_c(address)});
}
