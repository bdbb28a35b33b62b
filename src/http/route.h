/* route.h — one row of the site's only table of addresses (src/routes.c).
 * The dispatcher, permission check, CSRF check, limits, cache, manual, OpenAPI and the tests all
 * read this row. */
#pragma once
#include "http/form.h"
#include "http/response.h"

typedef enum { ROUTE_ANYONE, ROUTE_MEMBER, ROUTE_MODERATOR, ROUTE_ADMIN } RouteWho;

/* What a request costs us, and so how many of it one address may make (http/rate.c has the
 * figures). */
typedef enum {
    LIMIT_NONE, /* static files, health */
    LIMIT_PAGES,
    LIMIT_SEARCH,
    LIMIT_WRITES,
    LIMIT_SIGN_IN, /* sign-up, sign-in, password: hashing */
    LIMIT_UPLOADS,
    LIMIT_TRACKER,
    LIMIT_COUNT
} RouteLimit;

const char *route_limit_name(RouteLimit limit); /* "sign_in" */

typedef enum {
    CSRF_TOKEN,  /* a form of the site: field or header with the session's token. The default for
                    non-GET */
    CSRF_BEARER, /* the JSON API: no cookie is looked at, so nothing can be forged */
} RouteCsrf;

/* A failing handler's Error becomes the error page, or a problem document under /api/. */
typedef Error (*RouteHandler)(Request *request, Response *response);

/* The short way (http/exchange_express.h), for what is asked a hundred thousand times a second. */
typedef struct {
    Str query; /* behind '?', undecoded */
    Str place; /* what the address' last {place} holds, undecoded; empty when it has none */
    IpAddress client;
    Milliseconds now; /* as of clock_monotonic_ms */
    char *room;       /* HTTP_EXPRESS_BODY_BYTES_MAX, for the body of the answer */
    size_t len;       /* of what was written there: something */
} ExpressAsk;
enum { EXPRESS_BATCH_MAX = 32 };
/* Answers each as the handler would: 200, text/plain; charset=utf-8. At most EXPRESS_BATCH_MAX. */
typedef void (*RouteExpress)(void *site, ExpressAsk *asks, size_t count);

typedef struct Route {
    HttpMethod method;   /* HEAD follows GET */
    const char *address; /* "/{language}/torrent/{id}/{slug}"; {language} matches en, fr only */
    RouteWho who;
    RouteLimit limit;
    RouteHandler handler;
    const char *words;    /* one sentence for the manual */
    const FormKind *form; /* of the query for GET, of the body otherwise; NULL: none is taken */
    RouteCsrf csrf;
    const char *scope;    /* token scope the API wants: "upload"; NULL: "read" is enough */
    unsigned cache_s;     /* anonymous answers kept that long in the micro-cache; 0: not at all */
    bool inline_answer;   /* on the event loop: must never block or touch the store */
    size_t body_max;      /* bytes; 0: 64 KiB for forms, nothing without form */
    bool bare;            /* the query is the handler's own business (announce): no form check */
    RouteExpress express; /* NULL: none. For inline, bare GET routes without place, or with one at
                             the end */
} Route;
