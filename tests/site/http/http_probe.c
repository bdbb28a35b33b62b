/* http_probe.c — a small program around http/, for tests over real sockets: a few routes that show
 * what the server made of a request, deadlines as short as a test wants them.
 * Usage: http_probe [key=value]...   prints "listening PORT" and serves until SIGTERM. */
#include <assert.h>
#include <signal.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/random.h"
#include "http/server.h"

typedef struct {
    _Atomic unsigned renders;
    _Atomic unsigned waiting;
} Probe;

static Error plain(Response *response, Str body) {
    response_body(response, STR("text/plain; charset=utf-8"), body);
    return OK;
}

static Error hello(Request *request, Response *response) {
    (void)request;
    return plain(response, STR("Hello, world!\n"));
}

static Error who(Request *request, Response *response) {
    Arena *arena = request->arena;
    response->no_store = true;
    return plain(
        response,
        arena_print(arena,
                    "client=%.*s secure=%d host=%.*s language=%s theme=%.*s id=%.*s here=%d\n",
                    STR_PRINTF(ip_write(arena, request->client)), request->secure,
                    STR_PRINTF(request->host), language_code(request->language),
                    STR_PRINTF(request_cookie(request, STR("theme"))), STR_PRINTF(request->id),
                    request_comes_from_here(request)));
}

static void add_value(Text *text, const char *name, const FormValue *value) {
    uint8_t digest[SHA1_BYTES];
    sha1(value->value, digest);
    text_print(text, "%s: given=%d number=%lld bytes=%zu file=%.*s sha1=%.*s\n", name, value->given,
               (long long)value->number, value->value.len, STR_PRINTF(value->file_name),
               STR_PRINTF(hex_write(text->arena, digest, sizeof digest)));
}

static Error show_form(Request *request, Response *response) {
    const Form *form = request->form;
    Text text = text_create(request->arena, MIB);
    for (size_t i = 0; form->kind->fields[i].name; i++)
        add_value(&text, form->kind->fields[i].name, &form->values[i]);
    text_print(&text, "csrf=%.*s\n", STR_PRINTF(form->csrf));
    for (size_t i = 0; i < form->errors.count; i++)
        text_print(&text, "error %s %s\n", form->errors.at[i].field, form->errors.at[i].code);
    return plain(response, text_str(&text));
}

static Error show_body(Request *request, Response *response) {
    uint8_t digest[SHA1_BYTES];
    sha1(request->body, digest);
    return plain(response, arena_print(request->arena, "bytes=%zu sha1=%.*s\n", request->body.len,
                                       STR_PRINTF(hex_write(request->arena, digest, SHA1_BYTES))));
}

static Error big(Request *request, Response *response) {
    int64_t size = form_number(request->form, "size", 1000);
    char *bytes = arena_alloc(request->arena, (size_t)size, 1);
    for (int64_t i = 0; i < size; i++) bytes[i] = (char)('a' + i % 23);
    return plain(response, (Str){bytes, (size_t)size});
}

static Error slow(Request *request, Response *response) {
    Probe *probe = request->site;
    probe->waiting++;
    usleep((useconds_t)form_number(request->form, "ms", 100) * 1000);
    probe->waiting--;
    return plain(response, STR("at last\n"));
}

static Error counted(Request *request, Response *response) {
    Probe *probe = request->site;
    unsigned renders = ++probe->renders;
    usleep(100 * 1000);
    Text text = text_create(request->arena, MIB);
    text_print(&text, "render %u language %s\n", renders, language_code(request->language));
    for (unsigned i = 0; i < 200; i++) text_add(&text, STR("The same words, again and again. "));
    return plain(response, text_str(&text));
}

static Error counted_failing(Request *request, Response *response) {
    (void)response;
    Probe *probe = request->site;
    probe->renders++;
    usleep(100 * 1000);
    return error(CONFLICT, NULL, "Never kept.");
}

static Error dated(Request *request, Response *response) {
    response_header(response, STR("Last-Modified"), STR("Mon, 23 Nov 2026 13:00:00 GMT"));
    return hello(request, response);
}

static Error greedy(Request *request, Response *response) {
    for (size_t i = 0; i < REQUEST_ARENA_BYTES_MAX / MIB + 1; i++)
        arena_alloc(request->arena, MIB, 1);
    return hello(request, response);
}

static Error sets_cookie(Request *request, Response *response) {
    Cookie cookie = {STR("session"), STR("abc"), 60};
    response_cookie(response, request, &cookie);
    response_redirect(response, STR("/en/page"));
    return OK;
}

static Error place(Request *request, Response *response) {
    return plain(response, arena_print(request->arena, "id=%.*s slug=%.*s\n",
                                       STR_PRINTF(request_value(request, "id")),
                                       STR_PRINTF(request_value(request, "slug"))));
}

static void render_error(const Request *request, Error e, Response *response) {
    Str words = error_text(e, response->arena);
    response_body(
        response, STR("text/plain; charset=utf-8"),
        arena_print(response->arena, "%d %s %s: %.*s [%s]\n", response->status, error_code(e),
                    e.field ? e.field : "-", STR_PRINTF(words), language_code(request->language)));
}

/* "/short?300": so many bytes, by the short way and by the long. */
static size_t write_short(Str query, char *room) {
    uint64_t size = 0;
    str_to_u64(query, &size);
    if (size == 0 || size > HTTP_EXPRESS_BODY_BYTES_MAX) size = 5;
    for (uint64_t i = 0; i < size; i++) room[i] = (char)('a' + i % 23);
    return size;
}

static Error short_way(Request *request, Response *response) {
    char *room = arena_alloc(request->arena, HTTP_EXPRESS_BODY_BYTES_MAX, 1);
    return plain(response, (Str){room, write_short(request->query, room)});
}

static void short_express(void *site, ExpressAsk *asks, size_t count) {
    (void)site;
    for (size_t i = 0; i < count; i++) asks[i].len = write_short(asks[i].query, asks[i].room);
}

static const FormField size_fields[] = {{"size", FIELD_NUMBER, 0, 64 * MIB, NULL, "Size"},
                                        {"ms", FIELD_NUMBER, 0, 20000, NULL, "Milliseconds"},
                                        {0}};
static const FormKind size_form = {"size", size_fields, false};
static const FormField text_fields[] = {{"title", FIELD_TEXT, 1, 20, NULL, "Title"},
                                        {"words", FIELD_LINES, 0, 1000, NULL, "Words"},
                                        {"secret", FIELD_SECRET, 0, 100, NULL, "Secret"},
                                        {"age", FIELD_NUMBER, 0, 150, NULL, "Age"},
                                        {"kind", FIELD_CHOICE, 0, 0, "one|two", "Kind"},
                                        {"yes", FIELD_CHECK, 0, 0, NULL, "Yes"},
                                        {0}};
static const FormKind text_form = {"text", text_fields, false};
static const FormField file_fields[] = {{"file", FIELD_FILE, 1, 2 * MIB, NULL, "File"},
                                        {"title", FIELD_TEXT, 0, 20, NULL, "Title"},
                                        {0}};
static const FormKind file_form = {"file", file_fields, true};

#define ROW(method, address, handler, ...) \
    { method, address, ROUTE_ANYONE, LIMIT_PAGES, handler, "For tests", __VA_ARGS__ }

static const Route routes[] = {
    {HTTP_GET, "/hello", ROUTE_ANYONE, LIMIT_NONE, hello, "For tests", .inline_answer = true},
    {HTTP_GET, "/announce", ROUTE_ANYONE, LIMIT_TRACKER, hello, "For tests", .inline_answer = true,
     .bare = true},
    {HTTP_GET, "/short", ROUTE_ANYONE, LIMIT_SIGN_IN, short_way, "For tests", .inline_answer = true,
     .bare = true, .express = short_express},
    {HTTP_GET, "/limited", ROUTE_ANYONE, LIMIT_SIGN_IN, hello, "For tests"},
    ROW(HTTP_GET, "/who", who),
    ROW(HTTP_POST, "/who", who),
    ROW(HTTP_GET, "/big", big, .form = &size_form),
    ROW(HTTP_GET, "/slow", slow, .form = &size_form),
    ROW(HTTP_GET, "/dated", dated),
    ROW(HTTP_GET, "/greedy", greedy),
    ROW(HTTP_GET, "/cookie", sets_cookie),
    ROW(HTTP_GET, "/{language}/", hello),
    ROW(HTTP_GET, "/{language}/page", hello),
    ROW(HTTP_GET, "/{language}/counted", counted, .cache_s = 1),
    ROW(HTTP_GET, "/{language}/failing", counted_failing, .cache_s = 1),
    ROW(HTTP_GET, "/{language}/form", show_form, .form = &text_form),
    ROW(HTTP_POST, "/{language}/form", show_form, .form = &text_form),
    ROW(HTTP_POST, "/{language}/button", hello),
    ROW(HTTP_POST, "/{language}/upload", show_form, .form = &file_form, .body_max = 3 * MIB),
    ROW(HTTP_POST, "/{language}/upload/small", show_form, .form = &file_form, .body_max = 4 * KIB),
    ROW(HTTP_GET, "/{language}/torrent/{id}/{slug}", place),
    ROW(HTTP_GET, "/t/{id}.torrent", place),
    ROW(HTTP_GET, "/{id}/root", place),
    ROW(HTTP_POST, "/api/raw", show_body, .csrf = CSRF_BEARER, .body_max = 3 * MIB),
    ROW(HTTP_POST, "/api/none", show_body, .csrf = CSRF_BEARER),
    {0},
};

static const HttpAsset assets[] = {
    {"/assets/style.0123.css",
     "text/css; charset=utf-8",
     STR("body { color: black }\n"),
     STR("(gzip)"),
     STR("(br)"),
     {0}},
    {"/robots.txt", "text/plain", STR("User-agent: *\n"), {0}, {0}, {0}},
};

typedef struct {
    HttpServerSettings http;
    HttpListen listen;
    IpNetwork trusted[2];
    Str hosts[2];
} ProbeSettings;

static void set(ProbeSettings *settings, Str key, Str value) {
    HttpServerSettings *http = &settings->http;
    uint64_t number = 0;
    str_to_u64(value, &number);
    if (str_equal(key, STR("loops"))) http->loops = (unsigned)number;
    if (str_equal(key, STR("workers"))) http->workers = (unsigned)number;
    if (str_equal(key, STR("head_ms"))) http->head_deadline_ms = (Milliseconds)number;
    if (str_equal(key, STR("body_ms"))) http->body_deadline_ms = (Milliseconds)number;
    if (str_equal(key, STR("idle_ms"))) http->idle_deadline_ms = (Milliseconds)number;
    if (str_equal(key, STR("write_ms"))) http->write_deadline_ms = (Milliseconds)number;
    if (str_equal(key, STR("connections"))) http->connections_max = number;
    if (str_equal(key, STR("limits"))) http->limits_enabled = number;
    if (str_equal(key, STR("secure"))) http->secure = number;
    if (str_equal(key, STR("addresses"))) http->log_addresses = number;
    if (str_equal(key, STR("listen"))) assert(endpoint_parse(value, &settings->listen.endpoint));
    if (str_equal(key, STR("proxy"))) settings->listen.proxy_protocol = number;
    if (str_equal(key, STR("host"))) settings->hosts[http->host_count++] = value;
    if (str_equal(key, STR("trusted")))
        assert(ip_network_parse(value, &settings->trusted[settings->listen.trust.count++]));
}

int main(int argc, char **argv) {
    Probe probe = {0};
    Arena arena = arena_create(MIB);
    ProbeSettings settings = {
        .listen = {.endpoint = {ip_from_v4((const uint8_t[]){127, 0, 0, 1}), 0}}};
    settings.http = (HttpServerSettings){.listen = &settings.listen,
                                         .listen_count = 1,
                                         .routes = routes,
                                         .site = &probe,
                                         .guard = {.render_error = render_error},
                                         .hosts = settings.hosts,
                                         .arena = &arena};
    settings.listen.trust.trusted = settings.trusted;
    HttpServer *server;
    sigset_t ends;
    int signal_number;

    assert(random_start());
    for (int i = 1; i < argc; i++) {
        Str value = str_from_c(argv[i]);
        Str key = str_cut(&value, '=');
        set(&settings, key, value);
    }
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    Error e = http_server_create(&settings.http, &server);
    if (!failed(e)) {
        http_server_set_assets(server, assets, sizeof assets / sizeof assets[0]);
        e = http_server_start(server);
    }
    if (failed(e)) {
        fprintf(stderr, "%.*s\n", STR_PRINTF(error_text(e, &arena)));
        return 1;
    }
    printf("listening %u\n", http_server_port(server, 0));
    fflush(stdout);
    sigwait(&ends, &signal_number);
    http_server_stop(server);
    http_server_free(server);
    arena_free(&arena);
    return 0;
}
