#include "base/text.h"
#include "community/account.h"
#include "community/member_key.h"
#include "community/permission.h"
#include "community/session.h"
#include "site/page.h"

enum { PREFERENCE_COOKIE_AGE_S = 365 * 24 * 60 * 60, SCOPES_BYTES_MAX = 128 };

static SessionItems session_items(Arena *arena, const Session *sessions, size_t count) {
    SessionItem *items = arena_new(arena, SessionItem, count);
    for (size_t i = 0; i < count; i++)
        items[i] = (SessionItem){sessions[i].id,         sessions[i].label,   sessions[i].scopes,
                                 sessions[i].created_at, sessions[i].used_at, sessions[i].current};
    return (SessionItems){items, count};
}

/* Not those that take no key: everybody has them. */
static Strs own_announce_urls(Visit *visit) {
    const CommunitySettings *settings = visit->community->settings;
    size_t count, kept = 0;
    const Str *urls = member_key_urls(visit, &count);
    Str *own = arena_new(visit->arena, Str, count);
    for (size_t i = 0; i < count; i++)
        if (!str_equal(urls[i], settings->announce_urls[i])) own[kept++] = urls[i];
    return (Strs){own, kept};
}

static Error fill_member(Request *request, SettingsPage *page) {
    Visit *visit = page_visit(request);
    Session *sessions;
    size_t count;
    TRY(token_list(visit, &sessions, &count));
    page->tokens = session_items(request->arena, sessions, count);
    TRY(session_list(visit, &sessions, &count));
    page->sessions = session_items(request->arena, sessions, count);
    MemberKey key;
    TRY(member_key_find(visit, &key));
    page->has_announce_key = key.is_made;
    page->announce_named = key.is_named;
    page->announce_made_at = key.made_at;
    page->announce_urls = own_announce_urls(visit);
    return OK;
}

typedef struct {
    ErrorList errors;
    Str new_token, token_label, message;
    Str port, port_state;
} SettingsState;

static bool may_test_port(const Visit *visit) {
    const PortTest *test = &visit->community->port_test;
    return visit->viewer.member_id && test->is_on && test->is_on(test->program);
}

static void fill_port(const Request *request, const SettingsState *state, SettingsPage *page) {
    page->may_test_port = may_test_port(page_visit(request));
    page->port = field_of(request->arena, request->language, &state->errors, "port", state->port);
    page->port_state = state->port_state;
    page->address = ip_write(request->arena, request->client);
}

static Error answer_settings(Request *request, Response *response, const SettingsState *state) {
    Visit *visit = page_visit(request);
    const ErrorList *errors = &state->errors;
    SettingsPage page = {.layout =
                             page_layout(request, page_words(request, "Settings"), "settings")};
    page_form(request, response, &page.layout);
    page.layout.message = state->message;
    Str theme = str_is_empty(page.layout.theme) ? STR("auto") : page.layout.theme;
    page.languages =
        site_language_choices(request->arena, str_from_c(language_code(request->language)));
    page.themes = theme_choices(request->arena, theme);
    page.faults = faults_of(request->arena, request->language, errors);
    page.old_password =
        field_of(request->arena, request->language, errors, "old_password", (Str){0});
    page.new_password =
        field_of(request->arena, request->language, errors, "new_password", (Str){0});
    page.token_label =
        field_of(request->arena, request->language, errors, "label", state->token_label);
    page.token_scopes = field_of(request->arena, request->language, errors, "scopes", (Str){0});
    page.new_token = state->new_token;
    fill_port(request, state, &page);
    if (visit->viewer.member_id) TRY(fill_member(request, &page));
    if (errors->count) response->status = error_status(errors->at[0].kind);
    HtmlWriter writer = page_writer(request);
    view_settings(&writer, &page);
    return page_answer(response, &writer);
}

static SettingsState state_of(const Request *request) {
    return (SettingsState){.errors = form_faults(request)};
}

Error page_settings(Request *request, Response *response) {
    SettingsState state = state_of(request);
    return answer_settings(request, response, &state);
}

/* The page asked for, in the language just chosen. */
static Str next_in(const Request *request, Language chosen) {
    Str next = form_text(request->form, "next");
    Str old = arena_print(request->arena, "/%s/", language_code(request->language));
    if (!str_starts(next, old)) return next;
    return arena_print(request->arena, "/%s/%.*s", language_code(chosen),
                       STR_PRINTF(str_skip(next, old.len)));
}

/* A nobody's choice is a cookie; a member's is kept with the account, and a cookie too for the
 * error pages. */
Error page_preferences_post(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    SettingsState state = state_of(request);
    if (state.errors.count) return answer_settings(request, response, &state);
    Str language = form_text(request->form, "language"), theme = form_text(request->form, "theme");
    Language chosen = request->language;
    if (language.len && language_parse(language, &chosen))
        response_cookie(response, request,
                        &(Cookie){STR("language"), language, PREFERENCE_COOKIE_AGE_S});
    if (theme.len)
        response_cookie(response, request, &(Cookie){STR("theme"), theme, PREFERENCE_COOKIE_AGE_S});
    if (visit->viewer.member_id) {
        if (str_is_empty(language)) language = visit->viewer.language;
        if (str_is_empty(theme)) theme = visit->viewer.theme;
        TRY(account_change_preferences(visit, language, theme));
    }
    Str otherwise = arena_print(request->arena, "/%s/settings", language_code(chosen));
    response_redirect(response, page_next(request, next_in(request, chosen), otherwise));
    return OK;
}

Error page_password_post(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    SettingsState state = state_of(request);
    if (state.errors.count == 0) {
        Error e = account_change_password(visit, form_text(request->form, "old_password"),
                                          form_text(request->form, "new_password"));
        if (failed(e) && !e.field) return e;
        error_list_add(&state.errors, e);
        if (!failed(e))
            state.message = page_words(
                request,
                "The password is changed. Other browsers are signed out, and tokens revoked.");
    }
    return answer_settings(request, response, &state);
}

static Str scopes_typed(const Request *request) {
    static const char *const names[][2] = {{"scope_read", "read"},
                                           {"scope_upload", "upload"},
                                           {"scope_moderate", "moderate"},
                                           {"scope_admin", "admin"}};
    Text text = text_create(request->arena, SCOPES_BYTES_MAX);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!form_checked(request->form, names[i][0])) continue;
        if (text.len) text_add_byte(&text, ' ');
        text_add(&text, str_from_c(names[i][1]));
    }
    return text_str(&text);
}

Error page_token_post(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    SettingsState state = state_of(request);
    state.token_label = form_text(request->form, "label");
    if (state.errors.count == 0) {
        Error e = token_add(visit, visit->viewer.member_id, state.token_label,
                            scopes_typed(request), &state.new_token);
        if (failed(e) && !e.field) return e;
        error_list_add(&state.errors, e);
        if (!failed(e)) state.token_label = (Str){0};
    }
    return answer_settings(request, response, &state);
}

Error page_token_remove_post(Request *request, Response *response) {
    TRY(error_list_first(&request->form->errors));
    TRY(token_remove(page_visit(request), form_number(request->form, "id", 0)));
    response_redirect(response, page_path(request, "/settings"));
    return OK;
}

Error page_session_remove_post(Request *request, Response *response) {
    TRY(error_list_first(&request->form->errors));
    TRY(session_close_one(page_visit(request), form_number(request->form, "id", 0)));
    response_redirect(response, page_path(request, "/settings"));
    return OK;
}

/* Only ever the address that asks: nobody may have us knock at somebody else's door. */
Error page_port_post(Request *request, Response *response) {
    static const char *const words[] = {[PORT_NOT_TESTED] = "not tested",
                                        [PORT_BUSY] = "busy",
                                        [PORT_CLOSED] = "closed",
                                        [PORT_OPEN] = "open"};
    Visit *visit = page_visit(request);
    const PortTest *test = &visit->community->port_test;
    SettingsState state = state_of(request);
    if (!may_test_port(visit))
        return error(NOT_FOUND, "no_port_test",
                     "Ports are not tested here: the operator has not switched it on.");
    uint64_t port = (uint64_t)form_number(request->form, "port", 0);
    if (state.errors.count == 0) {
        Endpoint at = {request->client, (uint16_t)port};
        state.port_state = str_from_c(words[test->test(test->program, at)]);
        state.port = arena_print(request->arena, "%u", at.port);
    }
    return answer_settings(request, response, &state);
}

static Error back_to_announce_key(Request *request, Response *response) {
    Str path = page_path(request, "/settings");
    response_redirect(response, arena_print(request->arena, "%.*s#announce-key", STR_PRINTF(path)));
    return OK;
}

Error page_announce_key_post(Request *request, Response *response) {
    TRY(error_list_first(&request->form->errors));
    TRY(member_key_renew(page_visit(request)));
    return back_to_announce_key(request, response);
}

Error page_announce_named_post(Request *request, Response *response) {
    TRY(error_list_first(&request->form->errors));
    TRY(member_key_change_named(page_visit(request), form_checked(request->form, "named")));
    return back_to_announce_key(request, response);
}

Error page_announce_key_remove_post(Request *request, Response *response) {
    TRY(error_list_first(&request->form->errors));
    TRY(member_key_remove(page_visit(request)));
    return back_to_announce_key(request, response);
}
