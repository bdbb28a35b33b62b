#include "community/community.h"

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_NOBODY] = "nobody",       [ROLE_MEMBER] = "member", [ROLE_TRUSTED] = "trusted",
    [ROLE_MODERATOR] = "moderator", [ROLE_ADMIN] = "admin",
};

const char *role_name(Role role) { return role_names[role]; }

bool role_parse(Str name, Role *ret_role) {
    for (int role = ROLE_MEMBER; role < ROLE_COUNT; role++) {
        if (!str_equal(name, str_from_c(role_names[role]))) continue;
        *ret_role = (Role)role;
        return true;
    }
    return false;
}
