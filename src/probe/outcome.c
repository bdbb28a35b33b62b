#include "probe/outcome.h"

static const char *const codes[] = {
#define OUTCOME(name, code) code,
#include "probe/outcome.def"
#undef OUTCOME
};

Str outcome_code(Outcome outcome) { return str_from_c(codes[outcome]); }

bool outcome_is_final(Outcome outcome) {
    return outcome == OUTCOME_NO_SCRAPE || outcome == OUTCOME_BAD_URL ||
           outcome == OUTCOME_BAD_PORT || outcome == OUTCOME_OWN_ADDRESS ||
           outcome == OUTCOME_NO_SEED;
}
