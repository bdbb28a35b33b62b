/* announce_key.h — the key of a member in the address their client announces to:
 * /announce/{key}, 128 random bits as 32 hexadecimal digits. It earns the member a mention and is
 * never needed to download: an address without a key, with a damaged one or with one nobody has
 * any more is the plain address. UDP clients send the path as the option of BEP 41. Pure. */
#pragma once
#include "base/arena.h"

enum { ANNOUNCE_KEY_BYTES = 16, ANNOUNCE_KEY_DIGITS = 2 * ANNOUNCE_KEY_BYTES };

typedef struct {
    uint8_t bytes[ANNOUNCE_KEY_BYTES];
    bool is_given;
} AnnounceKey;

/* Each is false, with ret_key untouched, when there is no key. */
bool announce_key_parse(Str digits, AnnounceKey *ret_key);
/* Path and perhaps query: "/announce/{key}", also behind a folder. */
bool announce_key_in_path(Str path, AnnounceKey *ret_key);
Str announce_key_write(const AnnounceKey *key, Arena *arena);
/* "udp://host:6969/announce" with the key behind it; other addresses as they are. */
Str announce_key_put(Str url, const AnnounceKey *key, Arena *arena);
