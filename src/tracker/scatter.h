/* scatter.h — where things stand in tables that strangers fill: a keyed hash that costs a few
 * nanoseconds. It is the multilinear family over 32-bit words (Thorup; Lemire and Kaser): whatever
 * two inputs somebody chooses, without the key they meet no more often than two random ones. A
 * finisher then breaks up the arithmetic progressions that a linear hash would leave in place. The
 * key is made at each start and never leaves the process; no answer shows more of an order than
 * who stands near whom. Pure. */
#pragma once
#include "base/str.h"

enum { SCATTER_WORDS_MAX = 5 };

typedef struct {
    uint64_t word[SCATTER_WORDS_MAX + 1];
} ScatterKey;

static inline uint64_t scatter_finish(uint64_t sum) {
    sum ^= sum >> 32;
    sum *= 0x9e3779b97f4a7c15;
    return sum ^ sum >> 29;
}

/* `bytes` beyond the last whole word are read as one of two bytes; at most 5 words. */
static inline uint64_t scatter(const ScatterKey *key, const uint8_t *bytes, size_t len) {
    uint64_t sum = key->word[0];
    size_t word = 0;
    for (; word < len / 4; word++) {
        uint32_t value;
        memcpy(&value, bytes + word * 4, sizeof value);
        sum += key->word[word + 1] * value;
    }
    if (len % 4) {
        uint16_t value;
        memcpy(&value, bytes + word * 4, sizeof value);
        sum += key->word[word + 1] * value;
    }
    return scatter_finish(sum);
}

/* A number below `room`, from a random one. */
static inline uint32_t scatter_range(uint32_t draw, uint32_t room) {
    return (uint32_t)((uint64_t)draw * room >> 32);
}
