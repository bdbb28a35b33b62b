/* fault.h — every way a torrent file can be wrong, as a closed list (fault.def), and the Error each
 * becomes. The Error has field "torrent" and a code that stays. */
#pragma once
#include "base/error.h"

typedef enum {
    FAULT_NONE,
#define FAULT(name, kind, code, words) FAULT_##name,
#include "torrent/fault.def"
#undef FAULT
    FAULT_COUNT
} Fault;

MUST_USE Error fault_error(Fault fault, Str subject); /* FAULT_NONE is OK */
MUST_USE Error fault_error_at(Fault fault, uint64_t number, Arena *arena);
