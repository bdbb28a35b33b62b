#include "site/page.h"

#include "base/encode.h"
#include "base/limits.h"
#include "base/random.h"
#include "community/session.h"

enum { VISITOR_BYTES = 24, VISITOR_AGE_S = 30 * 24 * 60 * 60 };

Str page_words(const Request *request, const char *english) {
    return language_translate(request->language, str_from_c(english));
}

/* The address behind "/en", with its query, for the links to the other languages. Where no language
 * stands in front there is no such page, and perhaps a key: it is not repeated. */
static Str path_of_every_language(const Request *request) {
    Str target = str_skip(request->target, 1);
    size_t slash = str_find_byte(target, '/');
    Language language;
    bool is_page = slash != STR_NONE && language_parse(str_part(target, 0, slash), &language);
    return is_page ? str_skip(target, slash) : STR("/");
}

static Str theme_of(const Request *request, const Viewer *viewer) {
    Str theme = viewer->theme.len ? viewer->theme : request_cookie(request, STR("theme"));
    bool known = str_equal(theme, STR("light")) || str_equal(theme, STR("dark"));
    return known ? theme : (Str){0};
}

Layout page_layout(const Request *request, Str title, const char *section) {
    Arena *arena = request->arena;
    const Visit *visit = page_visit(request);
    Layout layout = {.title = title, .section = str_from_c(section)};
    layout.theme = theme_of(request, &visit->viewer);
    const CommunitySettings *settings = visit->community->settings;
    layout.site_name = settings->site_name;
    layout.registration_open = settings->registration_open;
    layout.languages = layout_languages(arena, settings->site_url, path_of_every_language(request),
                                        request->language);
    if (visit->viewer.member_id) {
        layout.member = visit->viewer.name;
        layout.is_moderator = visit->viewer.role >= ROLE_MODERATOR;
        layout.is_admin = visit->viewer.role >= ROLE_ADMIN;
        layout.csrf = csrf_token(visit, (Str){0});
    }
    return layout;
}

void page_form(Request *request, Response *response, Layout *layout) {
    const Visit *visit = page_visit(request);
    response->no_store = true;
    layout->private_page = true;
    if (visit->viewer.member_id) return;
    Str visitor = request_cookie(request, STR("visitor"));
    if (str_is_empty(visitor)) {
        uint8_t bytes[VISITOR_BYTES];
        random_bytes(bytes, sizeof bytes);
        visitor = base64url_write(request->arena, bytes, sizeof bytes);
        response_cookie(response, request, &(Cookie){STR("visitor"), visitor, VISITOR_AGE_S});
    }
    layout->csrf = csrf_token(visit, visitor);
}

static Url feed_link(const Request *request, const char *ending) {
    UrlPair pairs[HTTP_FORM_FIELDS_MAX];
    size_t count = 0;
    const FormField *fields = request->form ? request->form->kind->fields : NULL;
    for (const FormField *field = fields; field && field->name; field++) {
        bool turns_page = strcmp(field->name, "cursor") == 0;
        Str value = turns_page ? (Str){0} : form_text(request->form, field->name);
        if (value.len) pairs[count++] = (UrlPair){str_from_c(field->name), value};
    }
    Str path = arena_print(request->arena, "%.*s%s", STR_PRINTF(request->path), ending);
    return url_query(request->arena, path, pairs, count);
}

void page_offer_feed(const Request *request, Layout *layout) {
    layout->feed = feed_link(request, ".rss");
    layout->feed_atom = feed_link(request, ".atom");
}

HtmlWriter page_writer(const Request *request) {
    return html_writer(request->arena, request->language, request->now);
}

Error page_answer(Response *response, const HtmlWriter *writer) {
    if (!html_ok(writer))
        return error(UNAVAILABLE, "page_too_large", "This page became too large to send.");
    response_body(response, STR("text/html; charset=utf-8"), html_str(writer));
    return OK;
}

Str page_path(const Request *request, const char *path) {
    return arena_print(request->arena, "/%s%s", language_code(request->language), path);
}

Str page_next(const Request *request, Str next, Str otherwise) {
    (void)request;
    return str_is_empty(url_path(next).address) ? otherwise : next;
}

int64_t page_id(const Request *request) {
    int64_t id = 0;
    return str_to_i64(request_value(request, "id"), &id) && id > 0 ? id : 0;
}
