#include "base/encode.h"
#include "site/page.h"

enum { RETRY_STANDARD_S = 10, RETRY_MINUTE_S = 60 };

static Url sign_in_link(const Request *request) {
    Text path = text_create(request->arena, 16 * 1024);
    text_add(&path, page_path(request, "/login?next="));
    percent_write(&path, request->method == HTTP_GET ? request->target : page_path(request, "/"));
    return url_path(text_str(&path));
}

/* What is our own fault is in the log, not on the page; that nothing is here, the heading says. */
static Str words_for_people(const Request *request, Error e) {
    bool is_said = e.kind == ERROR_BROKEN || (e.kind == ERROR_NOT_FOUND && !e.code);
    return is_said ? (Str){0} : language_error(request->language, e, request->arena);
}

void page_error(const Request *request, Error e, Response *response) {
    const Visit *visit = page_visit(request);
    bool nobody = visit->viewer.member_id == 0;
    ErrorPage page = {.layout = page_layout(request, (Str){0}, "error")};
    page.layout.private_page = true;
    page.status = error_status(e.kind);
    page.words = words_for_people(request, e);
    page.request_id = request->id;
    if (nobody && (e.kind == ERROR_NOT_SIGNED_IN || e.kind == ERROR_NOT_ALLOWED))
        page.sign_in = sign_in_link(request);
    if (e.kind == ERROR_TOO_MANY) page.retry_s = RETRY_MINUTE_S;
    if (e.kind == ERROR_UNAVAILABLE) page.retry_s = RETRY_STANDARD_S;
    HtmlWriter writer = page_writer(request);
    view_error(&writer, &page);
    response->status = page.status;
    response->no_store = true;
    response_body(response, STR("text/html; charset=utf-8"), html_str(&writer));
}
