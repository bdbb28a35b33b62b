#include "torrent/fault.h"

#include <assert.h>

typedef struct {
    ErrorKind kind;
    const char *code, *words;
} FaultRow;

static const FaultRow rows[FAULT_COUNT] = {
#define FAULT(name, kind, code, words) [FAULT_##name] = {ERROR_##kind, code, words},
#include "torrent/fault.def"
#undef FAULT
};

Error fault_error(Fault fault, Str subject) {
    assert(fault < FAULT_COUNT);
    if (fault == FAULT_NONE) return OK;
    const FaultRow *row = &rows[fault];
    return error_build(row->kind, row->code, "torrent", row->words, subject, (Str){0});
}

Error fault_error_at(Fault fault, uint64_t number, Arena *arena) {
    if (fault == FAULT_NONE) return OK;
    return fault_error(fault, arena_print(arena, "%llu", (unsigned long long)number));
}
