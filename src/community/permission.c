#include "community/permission.h"

Error permission_member(const Visit *visit) {
    if (visit->viewer.member_id > 0) return OK;
    return error(NOT_SIGNED_IN, NULL, "Sign in first.");
}

Error permission_role(const Visit *visit, Role at_least) {
    if (visit->viewer.role >= at_least) return OK;
    if (visit->viewer.role == ROLE_NOBODY) return error(NOT_SIGNED_IN, NULL, "Sign in first.");
    return error(NOT_ALLOWED, NULL, "You may not do this.");
}

Error permission_scope(const Visit *visit, Str scope) {
    if (!visit->viewer.by_token) return OK;
    for (Str left = visit->viewer.scopes; left.len;)
        if (str_equal(str_cut(&left, ' '), scope)) return OK;
    return error(NOT_ALLOWED, "scope_missing", "This token lacks the scope \"{}\".", scope);
}

Error permission_edit(const Visit *visit, int64_t owner_id) {
    if (visit->viewer.member_id > 0 && visit->viewer.member_id == owner_id) return OK;
    return permission_role(visit, ROLE_MODERATOR);
}
