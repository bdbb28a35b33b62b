/* Any saved history of a work: read, grown, made days of; what is accepted is written as it was. */
#include "community/health.h"

#include <assert.h>

#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_again(const HealthSteps *steps, Arena *arena) {
    HealthSteps again;
    Str written = health_write(steps, arena);
    assert(written.len <= HEALTH_BYTES_MAX);
    assert(health_parse(written, arena, &again) && again.count == steps->count);
    for (size_t i = 1; i < steps->count; i++) assert(steps->at[i - 1].at < steps->at[i].at);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (len < 8) return 0;
    Arena arena = arena_create(64 * MIB);
    HealthSteps hours, days;
    uint32_t now, split;
    memcpy(&now, bytes, sizeof now);
    memcpy(&split, bytes + 4, sizeof split);
    size_t cut = 8 + split % (len - 7);
    Str first = str_from_bytes(bytes + 8, cut - 8), second = str_from_bytes(bytes + cut, len - cut);
    if (health_parse(first, &arena, &hours) && health_parse(second, &arena, &days)) {
        assert(str_equal(health_write(&hours, &arena), first));
        assert(str_equal(health_write(&days, &arena), second));
        health_append(&hours, (HealthStep){now, now % 7, now % 5, now % 3}, &arena);
        check_again(&hours, &arena);
        health_compact(&hours, &days, now, &arena);
        assert(!hours.count || hours.at[0].at >= health_first_kept_hour(now));
        check_again(&hours, &arena);
        check_again(&days, &arena);
    }
    arena_free(&arena);
    return 0;
}
