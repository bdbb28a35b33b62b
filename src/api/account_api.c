#include "api/api.h"
#include "api/json.h"
#include "community/account.h"
#include "community/session.h"

Error api_account_add(Request *request, Response *response) {
    static const char *const names[] = {"name", "email", "password"};
    Visit *visit = request->viewer;
    Str values[3] = {{0}};
    int64_t id;
    TRY(json_body(request, names, 3, values));
    if (!visit->community->settings->registration_open)
        return error(NOT_ALLOWED, "registration_closed",
                     "This place takes no new members at the moment.");
    AccountAsk ask = {
        .name = values[0], .email = values[1], .password = values[2], .role = ROLE_MEMBER};
    ErrorList errors = {.arena = request->arena};
    Error e = account_add(visit, &ask, &errors, &id);
    if (failed(e)) {
        json_problem(request, response, &(Problem){.e = e, .errors = &errors});
        return OK;
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "id", json_of_id(request->arena, id));
    json_object_set_new(answer, "name", json_of_str(ask.name));
    json_answer(request, response, 201, answer);
    return OK;
}

Error api_token_add(Request *request, Response *response) {
    static const char *const names[] = {"name", "password", "label", "scopes"};
    Visit *visit = request->viewer;
    Str values[4] = {{0}}, secret;
    Account account;
    TRY(json_body(request, names, 4, values));
    TRY(account_check_password(visit, values[0], values[1], &account));
    visit->viewer = (Viewer){.member_id = account.id, .name = account.name, .role = account.role};
    Str label = values[2].len ? values[2] : STR("API"),
        scopes = values[3].len ? values[3] : STR("read");
    TRY(token_add(visit, account.id, label, scopes, &secret));
    json_t *answer = json_object();
    json_object_set_new(answer, "token", json_of_str(secret));
    response->no_store = true;
    json_answer(request, response, 201, answer);
    return OK;
}
