#include "tracker/announce_key.h"

#include "base/encode.h"

bool announce_key_parse(Str digits, AnnounceKey *ret_key) {
    AnnounceKey key = {.is_given = true};
    if (!hex_parse(digits, key.bytes, sizeof key.bytes)) return false;
    *ret_key = key;
    return true;
}

bool announce_key_in_path(Str path, AnnounceKey *ret_key) {
    static const Str word = {"announce", 8};
    Str before = {0};
    path = str_cut(&path, '?');
    while (path.len > 0) {
        Str part = str_cut(&path, '/');
        if (str_equal(before, word) && announce_key_parse(part, ret_key)) return true;
        before = part;
    }
    return false;
}
