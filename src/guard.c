#include "guard.h"

#include "api/api.h"
#include "api/feed.h"
#include "base/encode.h"
#include "community/permission.h"
#include "community/session.h"
#include "program.h"
#include "site/pages.h"

static Error identify(Request *request, Response *response) {
    Program *program = request->site;
    if (!request->worker) return error(UNAVAILABLE, "no_store", "The database cannot be reached.");
    Visit *visit = arena_new(request->arena, Visit, 1);
    visit->community = &program->community;
    visit->db = request->worker;
    visit->arena = request->arena;
    visit->now = request->now;
    request->viewer = visit;
    if (request->route->csrf == CSRF_BEARER || request_wants_json(request)) {
        Str authorization = request_header(request, STR("Authorization"));
        if (str_is_empty(authorization)) return OK;
        if (!str_starts_nocase(authorization, STR("Bearer ")))
            return error(NOT_SIGNED_IN, "bad_authorization",
                         "Authorization wants \"Bearer\" and a token.");
        TRY(token_identify(visit, str_trim(str_skip(authorization, strlen("Bearer ")))));
    } else {
        TRY(session_identify(visit, request_cookie(request, STR("session"))));
    }
    if (visit->viewer.member_id) response->no_store = true;
    return OK;
}

static Role role_wanted(RouteWho who) {
    switch (who) {
        case ROUTE_ANYONE: return ROLE_NOBODY;
        case ROUTE_MEMBER: return ROLE_MEMBER;
        case ROUTE_MODERATOR: return ROLE_MODERATOR;
        case ROUTE_ADMIN: return ROLE_ADMIN;
    }
    return ROLE_ADMIN;
}

/* A foreign page can send a form here, but it cannot read the token and its Origin gives it away.
 */
static Error check_csrf(const Request *request) {
    Str given = request->form ? request->form->csrf : (Str){0};
    if (str_is_empty(given)) given = request_header(request, STR("X-CSRF-Token"));
    if (request_comes_from_here(request) &&
        csrf_check(request->viewer, request_cookie(request, STR("visitor")), given))
        return OK;
    return error(NOT_ALLOWED, "bad_csrf_token",
                 "This form was not sent from a page of ours, or the page is too old. Go back, "
                 "reload it and send it again.");
}

static Error admit(Request *request) {
    const Visit *visit = request->viewer;
    const Route *route = request->route;
    bool reads = request->method == HTTP_GET || request->method == HTTP_HEAD;
    if (route->who != ROUTE_ANYONE) {
        TRY(permission_member(visit));
        TRY(permission_role(visit, role_wanted(route->who)));
    }
    if (visit->viewer.by_token)
        TRY(permission_scope(visit, str_from_c(route->scope ? route->scope : "read")));
    if (!reads && route->csrf == CSRF_TOKEN) TRY(check_csrf(request));
    return OK;
}

/* Whoever must sign in first is taken there, and back afterwards. */
static void send_to_login(const Request *request, Response *response) {
    Text path = text_create(request->arena, 16 * 1024);
    text_print(&path, "/%s/login?next=", language_code(request->language));
    percent_write(&path, request->target);
    response->no_store = true;
    response_redirect(response, text_str(&path));
}

/* A fault may be found before anybody was asked who they are: then nobody it is. Such a visit reads
 * no database. */
static Visit *visit_of_nobody(const Request *request) {
    Program *program = request->site;
    Visit *visit = arena_new(request->arena, Visit, 1);
    visit->community = &program->community;
    visit->arena = request->arena;
    visit->now = request->now;
    return visit;
}

static void render_error(const Request *found, Error e, Response *response) {
    Request copy = *found;
    const Request *request = &copy;
    if (!copy.viewer) copy.viewer = visit_of_nobody(found);
    if (request_wants_json(request)) {
        api_error(request, e, response);
    } else if (feed_is_asked(request)) {
        feed_error(request, e, response);
    } else if (e.kind == ERROR_NOT_SIGNED_IN && request->method == HTTP_GET) {
        send_to_login(request, response);
    } else {
        page_error(request, e, response);
    }
}

HttpGuard guard_of_program(void) {
    return (HttpGuard){.identify = identify, .admit = admit, .render_error = render_error};
}
