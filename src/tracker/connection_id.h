/* connection_id.h — the cookie that proves a UDP sender owns his address (BEP 15), without memory.
 * 4 bits say in which epoch it was made, 60 bits are SipHash-2-4(key, epoch, ip). Bound to the ip
 * only: libtorrent keeps one id per tracker address for all its sockets. Valid for the rest of its
 * epoch and the whole next one: 5 to 10 minutes, because clients use ids long past the 2 minutes of
 * the BEP. Pure but for the key file: `now` is Unix time, so that ids live through a restart. */
#pragma once
#include "base/address.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"

enum { CONNECTION_EPOCH_S = 300 };

typedef struct {
    uint8_t bytes[SIPHASH_KEY_BYTES];
} ConnectionKey;

uint64_t connection_id_make(const ConnectionKey *key, IpAddress ip, Seconds now);
bool connection_id_check(const ConnectionKey *key, uint64_t id, IpAddress ip, Seconds now);

/* Reads the key from the file, or makes one and leaves it there with mode 0600. A file that is no
 * key is replaced: at worst clients connect anew. `path` must outlive the Error. */
MUST_USE Error connection_key_open(const char *path, ConnectionKey *ret_key);
