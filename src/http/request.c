#include "http/request.h"

#include <assert.h>

#include "http/cookie.h"
#include "http/route.h"

Str request_header(const Request *request, Str name) {
    for (size_t i = 0; i < request->header_count; i++)
        if (str_equal_nocase(request->headers[i].name, name)) return request->headers[i].value;
    return (Str){0};
}

Str request_cookie(const Request *request, Str name) {
    char full[64] = "__Host-";
    const size_t prefix = request->secure ? 7 : 0;
    assert(name.len < sizeof full - 7);
    memcpy(full + prefix, name.at, name.len);
    for (size_t i = 0; i < request->header_count; i++) {
        Str value;
        if (!str_equal_nocase(request->headers[i].name, STR("cookie"))) continue;
        if (cookie_find(request->headers[i].value, (Str){full, prefix + name.len}, &value))
            return value;
    }
    return (Str){0};
}

bool request_wants_json(const Request *request) {
    return str_starts(request->path, STR("/api/")) || str_equal(request->path, STR("/api"));
}

bool request_comes_from_here(const Request *request) {
    Str site = request_header(request, STR("sec-fetch-site"));
    if (site.len) return str_equal(site, STR("same-origin")) || str_equal(site, STR("none"));
    Str origin = request_header(request, STR("origin"));
    if (!origin.len) return true; /* an old browser, or a program: the token decides */
    Str scheme = request->secure ? STR("https://") : STR("http://");
    return str_starts_nocase(origin, scheme) &&
           str_equal_nocase(str_skip(origin, scheme.len), request->host);
}

Str request_value(const Request *request, const char *name) {
    if (!request->route) return (Str){0};
    Str rest = str_from_c(request->route->address);
    for (size_t i = 0; i < ROUTE_VALUES_MAX; i++) {
        str_cut(&rest, '{');
        if (!rest.len) break;
        if (str_equal(str_cut(&rest, '}'), str_from_c(name))) return request->values[i];
    }
    return (Str){0};
}
