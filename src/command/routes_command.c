#include <jansson.h>

#include "command/commands.h"
#include "routes.h"

static const char *method_name(HttpMethod method) {
    static const char *const names[HTTP_METHOD_COUNT] = {"GET", "HEAD",   "POST",
                                                         "PUT", "DELETE", "OPTIONS"};
    return names[method];
}

static const char *who_name(RouteWho who) {
    static const char *const names[] = {"anyone", "member", "moderator", "admin"};
    return names[who];
}

static const char *limit_name(RouteLimit limit) {
    static const char *const names[LIMIT_COUNT] = {"none",    "pages",   "search", "writes",
                                                   "sign_in", "uploads", "tracker"};
    return names[limit];
}

static const char *csrf_name(const Route *route) {
    if (route->method == HTTP_GET) return "none";
    return route->csrf == CSRF_BEARER ? "bearer" : "token";
}

static json_t *form_json(const FormKind *form) {
    json_t *fields = json_array();
    for (const FormField *field = form->fields; field->name; field++)
        json_array_append_new(fields, json_string(field->name));
    return fields;
}

static void print_json(Call *call) {
    json_t *list = json_array();
    for (const Route *route = routes; route->address; route++) {
        json_t *item = json_object();
        json_object_set_new(item, "method", json_string(method_name(route->method)));
        json_object_set_new(item, "address", json_string(route->address));
        json_object_set_new(item, "who", json_string(who_name(route->who)));
        json_object_set_new(item, "limit", json_string(limit_name(route->limit)));
        json_object_set_new(item, "csrf", json_string(csrf_name(route)));
        json_object_set_new(item, "scope", route->scope ? json_string(route->scope) : json_null());
        json_object_set_new(item, "cache_s", json_integer(route->cache_s));
        json_object_set_new(item, "inline", json_boolean(route->inline_answer));
        json_object_set_new(item, "form", route->form ? form_json(route->form) : json_null());
        json_object_set_new(item, "words", json_string(route->words));
        json_array_append_new(list, item);
    }
    call_print_json(call, list);
}

static void print_markdown(Call *call) {
    call_print(call,
               "# Addresses\n\nMade by `essaim routes --markdown` from `src/routes.c`.\n\n"
               "| method | address | who | forged requests | fields | what it is "
               "|\n|---|---|---|---|---|---|\n");
    for (const Route *route = routes; route->address; route++) {
        call_print(call, "| %s | `%s` | %s | %s | ", method_name(route->method), route->address,
                   who_name(route->who), csrf_name(route));
        for (const FormField *field = route->form ? route->form->fields : NULL;
             field && field->name; field++)
            call_print(call, "%s%s", field == route->form->fields ? "" : ", ", field->name);
        call_print(call, " | %s |\n", route->words);
    }
}

Error command_routes(Call *call) {
    if (call_has(call, "markdown")) {
        print_markdown(call);
    } else if (call->json) {
        print_json(call);
    } else {
        for (const Route *route = routes; route->address; route++)
            call_print(call, "%-6s %-42s %-10s %s\n", method_name(route->method), route->address,
                       who_name(route->who), route->words);
    }
    return OK;
}
