#include "torrent/link.h"

enum { LINK_BYTES_MAX = 2048 };

static bool is_link(Str url, const Str *schemes, size_t scheme_count) {
    if (url.len > LINK_BYTES_MAX) return false;
    for (size_t i = 0; i < url.len; i++)
        if (url.at[i] <= ' ' || url.at[i] >= 0x7F) return false;
    for (size_t i = 0; i < scheme_count; i++) {
        if (!str_starts_nocase(url, schemes[i])) continue;
        Str rest = str_skip(url, schemes[i].len);
        return rest.len > 0 && *rest.at != '/' && *rest.at != '?' && *rest.at != '#';
    }
    return false;
}

bool link_is_tracker(Str url) {
    const Str schemes[] = {STR("udp://"), STR("http://"), STR("https://"), STR("ws://"),
                           STR("wss://")};
    return is_link(url, schemes, sizeof schemes / sizeof *schemes);
}

bool link_is_web_seed(Str url) {
    const Str schemes[] = {STR("http://"), STR("https://")};
    return is_link(url, schemes, sizeof schemes / sizeof *schemes);
}

Links links_create(Arena *arena, size_t max, bool (*accepts)(Str url)) {
    return (Links){.at = arena_new(arena, Str, max), .max = max, .accepts = accepts};
}

void links_add(Links *links, Str url) {
    url = str_trim(url);
    if (links->count == links->max || !links->accepts(url)) return;
    for (size_t i = 0; i < links->count; i++)
        if (str_equal(links->at[i], url)) return;
    links->at[links->count++] = url;
}
