/* secret.h — the site's own secret: 32 random bytes made at the first start and kept in the store.
 * Seed of CSRF tokens; a restored backup keeps it, so open forms stay valid. */
#pragma once
#include "community/community.h"

MUST_USE Error secret_load(Community *community); /* fills community->secret */
