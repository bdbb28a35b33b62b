#include "torrent/announce_key.h"

#include "base/encode.h"

bool announce_key_parse(Str digits, AnnounceKey *ret_key) {
    AnnounceKey key = {.is_given = true};
    if (!hex_parse(digits, key.bytes, sizeof key.bytes)) return false;
    *ret_key = key;
    return true;
}

bool announce_key_in_path(Str path, AnnounceKey *ret_key) {
    Str before = {0};
    path = str_cut(&path, '?');
    while (path.len > 0) {
        Str part = str_cut(&path, '/');
        if (str_equal(before, STR("announce")) && announce_key_parse(part, ret_key)) return true;
        before = part;
    }
    return false;
}

Str announce_key_write(const AnnounceKey *key, Arena *arena) {
    return hex_write(arena, key->bytes, sizeof key->bytes);
}

Str announce_key_put(Str url, const AnnounceKey *key, Arena *arena) {
    bool web_socket = str_starts(url, STR("ws:")) || str_starts(url, STR("wss:"));
    if (web_socket || !str_ends(url, STR("/announce"))) return url;
    Str digits = announce_key_write(key, arena);
    return arena_print(arena, "%.*s/%.*s", STR_PRINTF(url), STR_PRINTF(digits));
}
