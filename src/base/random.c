#include "base/random.h"

#include <sodium.h>

bool random_start(void) { return sodium_init() >= 0; }

void random_bytes(void *ret_bytes, size_t len) { randombytes_buf(ret_bytes, len); }

uint64_t random_u64(void) {
    uint64_t value;
    random_bytes(&value, sizeof value);
    return value;
}
