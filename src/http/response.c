#include "http/response.h"

#include <assert.h>

#include "http/cookie.h"

static bool is_header_text(Str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) return false;
    }
    return true;
}

void response_body(Response *response, Str content_type, Str body) {
    assert(is_header_text(content_type));
    response->content_type = content_type;
    response->body = body;
}

void response_header(Response *response, Str name, Str value) {
    assert(is_header_text(name) && is_header_text(value));
    assert(response->header_count < RESPONSE_HEADERS_MAX);
    response->headers[response->header_count++] = (HttpHeader){name, value};
}

static void redirect(Response *response, int status, Str path) {
    assert(str_starts(path, STR("/")) && !str_starts(path, STR("//")));
    assert(!str_starts(path, STR("/\\")));
    response->status = status;
    response->body = (Str){0};
    response_header(response, STR("Location"), path);
}

void response_redirect(Response *response, Str path) { redirect(response, 303, path); }
void response_redirect_permanent(Response *response, Str path) { redirect(response, 308, path); }

void response_cookie(Response *response, const Request *request, const Cookie *cookie) {
    assert(cookie_value_is_plain(cookie->value) && cookie_value_is_plain(cookie->name));
    Text text = text_create(response->arena, 8192);
    if (request->secure) text_add(&text, STR("__Host-"));
    text_add(&text, cookie->name);
    text_add_byte(&text, '=');
    text_add(&text, cookie->value);
    text_add(&text, STR("; Path=/; HttpOnly; SameSite=Lax"));
    if (request->secure) text_add(&text, STR("; Secure"));
    if (cookie->max_age_s) {
        text_add(&text, STR("; Max-Age="));
        text_add_i64(&text, cookie->max_age_s > 0 ? cookie->max_age_s : 0);
    }
    response_header(response, STR("Set-Cookie"), text_str(&text));
    response->no_store = true;
}
