/* permission.h — who may do what. Scopes of tokens narrow what a role may. */
#pragma once
#include "community/community.h"

MUST_USE Error permission_member(const Visit *visit); /* signed in, and not banned */
MUST_USE Error permission_role(const Visit *visit, Role at_least);
MUST_USE Error permission_scope(const Visit *visit, Str scope); /* fine for a session */
MUST_USE Error permission_edit(const Visit *visit,
                               int64_t owner_id); /* the owner, or a moderator */
