/* outcome.h — how asking a foreign tracker, web seed or peer ended; outcome.def is the list.
 * A probe never fails in the sense of base/error.h: that nobody answers is what it wanted to know.
 */
#pragma once
#include "base/str.h"

typedef enum {
#define OUTCOME(name, code) OUTCOME_##name,
#include "probe/outcome.def"
#undef OUTCOME
    OUTCOME_COUNT
} Outcome;

Str outcome_code(Outcome outcome);
/* Nothing was sent, and nothing will be however often it is tried. */
bool outcome_is_final(Outcome outcome);
