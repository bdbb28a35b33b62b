/* account_check.h — what a name, an address and a preference may look like.
 * Names are ASCII letters, digits and - _ . , so that none can be drawn like another one in a
 * foreign script; they stand in addresses, so they begin and end with a letter or digit and do not
 * look like a feed. */
#pragma once
#include "community/community.h"

MUST_USE Error account_check_name(Str name, Role role, Arena *arena);
MUST_USE Error account_check_email(Str email); /* plausible; only a mail proves it */
MUST_USE Error account_check_preferences(Str language, Str theme);
