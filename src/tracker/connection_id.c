#include "tracker/connection_id.h"

#include <endian.h>

#include "base/key_file.h"

enum { EPOCH_BITS = 4 };
static const uint64_t EPOCH_MASK = (1 << EPOCH_BITS) - 1;

static uint64_t make_in_epoch(const ConnectionKey *key, IpAddress ip, uint64_t epoch) {
    uint8_t bytes[8 + sizeof ip.bytes];
    uint64_t first = htobe64(epoch);
    memcpy(bytes, &first, sizeof first);
    memcpy(bytes + sizeof first, ip.bytes, sizeof ip.bytes);
    uint64_t mac = siphash(str_from_bytes(bytes, sizeof bytes), key->bytes);
    return (mac & ~EPOCH_MASK) | (epoch & EPOCH_MASK);
}

uint64_t connection_id_make(const ConnectionKey *key, IpAddress ip, Seconds now) {
    return make_in_epoch(key, ip, (uint64_t)(now / CONNECTION_EPOCH_S));
}

bool connection_id_check(const ConnectionKey *key, uint64_t id, IpAddress ip, Seconds now) {
    uint64_t epoch = (uint64_t)(now / CONNECTION_EPOCH_S);
    uint64_t age = (epoch - id) & EPOCH_MASK;
    if (age > 1) return false;
    return make_in_epoch(key, ip, epoch - age) == id; /* one comparison: takes always as long */
}

Error connection_key_open(const char *path, ConnectionKey *ret_key) {
    return key_file_open(path, ret_key->bytes, sizeof ret_key->bytes);
}
