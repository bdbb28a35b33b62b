#include "base/digest.h"
#include "community/account.h"
#include "community/session.h"
#include "site/page.h"

enum { SESSION_COOKIE_AGE_S = 30 * 24 * 60 * 60 };

/* "Firefox on Linux": enough for a person to know their browsers apart. */
static Str browser_name(const Request *request) {
    static const char *const browsers[][2] = {{"Edg/", "Edge"},        {"OPR/", "Opera"},
                                              {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"},
                                              {"Safari/", "Safari"},   {"curl/", "curl"}};
    static const char *const systems[][2] = {{"Android", "Android"}, {"iPhone", "iPhone"},
                                             {"iPad", "iPad"},       {"Windows", "Windows"},
                                             {"Mac OS", "macOS"},    {"Linux", "Linux"}};
    Str agent = request_header(request, STR("User-Agent"));
    const char *browser = "Browser", *system_name = NULL;
    for (size_t i = sizeof browsers / sizeof browsers[0]; i-- > 0;)
        if (str_contains(agent, str_from_c(browsers[i][0]))) browser = browsers[i][1];
    for (size_t i = sizeof systems / sizeof systems[0]; i-- > 0;)
        if (str_contains(agent, str_from_c(systems[i][0]))) system_name = systems[i][1];
    if (!system_name) return str_from_c(browser);
    return arena_print(request->arena, "%s on %s", browser, system_name);
}

static Error sign_in(Request *request, Response *response, int64_t member_id) {
    Str secret;
    TRY(session_open(page_visit(request), member_id, browser_name(request), &secret));
    response->no_store = true;
    response_cookie(response, request, &(Cookie){STR("session"), secret, SESSION_COOKIE_AGE_S});
    return OK;
}

static Field typed(const Request *request, const ErrorList *errors, const char *name) {
    Str value = request->form ? form_text(request->form, name) : (Str){0};
    return field_of(request->arena, request->language, errors, name, value);
}

static Field secret(const Request *request, const ErrorList *errors, const char *name) {
    return field_of(request->arena, request->language, errors, name, (Str){0});
}

/* --- sign-up --- */

static Error answer_register(Request *request, Response *response, const ErrorList *errors) {
    RegisterPage page = {.layout =
                             page_layout(request, page_words(request, "Sign up"), "register")};
    page_form(request, response, &page.layout);
    page.faults = faults_of(request->arena, request->language, errors);
    page.name = typed(request, errors, "name");
    page.email = typed(request, errors, "email");
    page.password = secret(request, errors, "password");
    if (errors->count) response->status = error_status(errors->at[0].kind);
    HtmlWriter writer = page_writer(request);
    view_register(&writer, &page);
    return page_answer(response, &writer);
}

Error page_register(Request *request, Response *response) {
    return answer_register(request, response, &(ErrorList){.arena = request->arena});
}

static AccountAsk account_typed(const Request *request, Role role) {
    return (AccountAsk){.name = form_text(request->form, "name"),
                        .email = form_text(request->form, "email"),
                        .password = form_text(request->form, "password"),
                        .role = role};
}

Error page_register_post(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    if (!visit->community->settings->registration_open)
        return error(NOT_ALLOWED, "registration_closed",
                     "This place takes no new members at the moment.");
    ErrorList errors = form_faults(request);
    AccountAsk ask = account_typed(request, ROLE_MEMBER);
    int64_t id;
    if (errors.count) return answer_register(request, response, &errors);
    Error e = account_add(visit, &ask, &errors, &id);
    if (failed(e) && errors.count == 0) return e;
    if (errors.count) return answer_register(request, response, &errors);
    TRY(sign_in(request, response, id));
    response_redirect(response, page_path(request, "/"));
    return OK;
}

/* --- sign-in and sign-out --- */

static Error answer_login(Request *request, Response *response, const ErrorList *errors) {
    LoginPage page = {.layout = page_layout(request, page_words(request, "Sign in"), "login")};
    page_form(request, response, &page.layout);
    page.faults = faults_of(request->arena, request->language, errors);
    page.name = request->method == HTTP_POST ? typed(request, errors, "name") : (Field){0};
    page.next = page_next(request, form_text(request->form, "next"), (Str){0});
    if (errors->count) response->status = error_status(errors->at[0].kind);
    HtmlWriter writer = page_writer(request);
    view_login(&writer, &page);
    return page_answer(response, &writer);
}

Error page_login(Request *request, Response *response) {
    return answer_login(request, response, &(ErrorList){.arena = request->arena});
}

/* Wrong words are said beside the form; anything else is not the person's fault. */
static bool is_wrong_password(Error e) {
    return e.kind == ERROR_NOT_SIGNED_IN || e.kind == ERROR_BAD_INPUT;
}

Error page_login_post(Request *request, Response *response) {
    Visit *visit = page_visit(request);
    ErrorList errors = form_faults(request);
    Account account;
    if (errors.count) return answer_login(request, response, &errors);
    Error e = account_check_password(visit, form_text(request->form, "name"),
                                     form_text(request->form, "password"), &account);
    if (is_wrong_password(e)) {
        e.kind = ERROR_BAD_INPUT;
        error_list_add(&errors, e);
        return answer_login(request, response, &errors);
    }
    TRY(e);
    TRY(sign_in(request, response, account.id));
    response_redirect(
        response, page_next(request, form_text(request->form, "next"), page_path(request, "/")));
    return OK;
}

Error page_logout_post(Request *request, Response *response) {
    TRY(session_close(page_visit(request)));
    response->no_store = true;
    response_cookie(response, request, &(Cookie){STR("session"), (Str){0}, -1});
    response_redirect(response, page_path(request, "/"));
    return OK;
}

/* --- the first administrator --- */

/* Only with the code printed at start, and only while there is no account. */
static Error check_setup(const Request *request) {
    Visit *visit = page_visit(request);
    Str code = request_value(request, "code"), wanted = visit->community->setup_code;
    bool any = true;
    TRY(account_any_admin(visit, &any));
    bool right =
        wanted.len > 0 && code.len == wanted.len && digest_equal(code.at, wanted.at, code.len);
    if (any || !right) return error(NOT_FOUND, "no_setup", "This address is no longer in use.");
    return OK;
}

static Error answer_setup(Request *request, Response *response, const ErrorList *errors) {
    SetupPage page = {.layout =
                          page_layout(request, page_words(request, "Set up this place"), "setup")};
    page_form(request, response, &page.layout);
    page.action = url_path(request->path);
    page.faults = faults_of(request->arena, request->language, errors);
    page.name = typed(request, errors, "name");
    page.email = typed(request, errors, "email");
    page.password = secret(request, errors, "password");
    if (errors->count) response->status = error_status(errors->at[0].kind);
    HtmlWriter writer = page_writer(request);
    view_setup(&writer, &page);
    return page_answer(response, &writer);
}

Error page_setup(Request *request, Response *response) {
    TRY(check_setup(request));
    return answer_setup(request, response, &(ErrorList){.arena = request->arena});
}

Error page_setup_post(Request *request, Response *response) {
    TRY(check_setup(request));
    ErrorList errors = form_faults(request);
    AccountAsk ask = account_typed(request, ROLE_ADMIN);
    int64_t id;
    if (errors.count) return answer_setup(request, response, &errors);
    Error e = account_add(page_visit(request), &ask, &errors, &id);
    if (failed(e) && errors.count == 0) return e;
    if (errors.count) return answer_setup(request, response, &errors);
    TRY(sign_in(request, response, id));
    response_redirect(response, page_path(request, "/settings"));
    return OK;
}
