#include "torrent/magnet.h"

#include "base/encode.h"
#include "base/limits.h"
#include "torrent/link.h"
#include "torrent/path.h"

enum { MAGNET_RANGES_MAX = 1000, MULTIHASH_PREFIX_CHARS = 4 };

typedef struct {
    Arena *arena;
    Magnet magnet;
    Links trackers, web_seeds;
    MagnetRange *ranges;
} Draft;

static Error bad_hash(void) {
    return error_field(BAD_INPUT, "magnet", "magnet_bad_hash",
                       "The hash in this magnet link is not a BitTorrent hash.");
}

/* Two hashes of one kind that differ are two torrents. */
static Error take_hash(InfoHash *into, const InfoHash *hash) {
    bool other_v1 = into->has_v1 && hash->has_v1 && memcmp(into->v1, hash->v1, SHA1_BYTES) != 0;
    bool other_v2 = into->has_v2 && hash->has_v2 && memcmp(into->v2, hash->v2, SHA256_BYTES) != 0;
    if (other_v1 || other_v2)
        return error_field(BAD_INPUT, "magnet", "magnet_two_torrents",
                           "This magnet link names two different torrents.");
    if (hash->has_v1) memcpy(into->v1, hash->v1, SHA1_BYTES);
    if (hash->has_v2) memcpy(into->v2, hash->v2, SHA256_BYTES);
    into->has_v1 |= hash->has_v1;
    into->has_v2 |= hash->has_v2;
    return OK;
}

static Error read_topic(Draft *draft, Str topic) {
    InfoHash hash = {0};
    Str v1 = STR("urn:btih:"), v2 = STR("urn:btmh:");
    if (str_starts_nocase(topic, v1)) {
        Str digits = str_skip(topic, v1.len);
        hash.has_v1 =
            hex_parse(digits, hash.v1, SHA1_BYTES) || base32_parse(digits, hash.v1, SHA1_BYTES);
        return hash.has_v1 ? take_hash(&draft->magnet.hash, &hash) : bad_hash();
    }
    if (str_starts_nocase(topic, v2)) {
        Str digits = str_skip(topic, v2.len);
        hash.has_v2 = str_starts(digits, STR("1220")) &&
                      hex_parse(str_skip(digits, MULTIHASH_PREFIX_CHARS), hash.v2, SHA256_BYTES);
        return hash.has_v2 ? take_hash(&draft->magnet.hash, &hash) : bad_hash();
    }
    return OK; /* another network's name for the same thing */
}

/* "0,2,4-6" (BEP 53); what cannot be read is passed over. */
static void read_selection(Draft *draft, Str list) {
    while (list.len > 0 && draft->magnet.selected_count < MAGNET_RANGES_MAX) {
        Str last = str_cut(&list, ',');
        Str first = str_cut(&last, '-');
        uint64_t from, to;
        if (!str_to_u64(first, &from) || from > UINT32_MAX) continue;
        to = from;
        if (last.len > 0 && (!str_to_u64(last, &to) || to > UINT32_MAX || to < from)) continue;
        draft->ranges[draft->magnet.selected_count++] = (MagnetRange){(uint32_t)from, (uint32_t)to};
    }
}

/* "tr.1" is "tr": the number only tells several apart. */
static Str plain_key(Str key) {
    /* Copied out of a page's source, "&" has become "&amp;". */
    if (str_starts(key, STR("amp;"))) key = str_skip(key, 4);
    size_t dot = str_find_byte(key, '.');
    if (dot == STR_NONE) return key;
    for (size_t i = dot + 1; i < key.len; i++)
        if (key.at[i] < '0' || key.at[i] > '9') return key;
    key.len = dot;
    return key;
}

static Error read_parameter(Draft *draft, Str key, Str raw) {
    Str value;
    bool is_name = str_equal_nocase(key, STR("dn"));
    if (!percent_parse(raw, is_name, draft->arena, &value)) {
        if (!str_equal_nocase(key, STR("xt"))) return OK;
        return bad_hash();
    }
    if (str_equal_nocase(key, STR("xt"))) return read_topic(draft, value);
    if (is_name) draft->magnet.name = path_show_words(value, draft->arena);
    if (str_equal_nocase(key, STR("xl"))) str_to_u64(value, &draft->magnet.size_bytes);
    if (str_equal_nocase(key, STR("tr"))) links_add(&draft->trackers, value);
    if (str_equal_nocase(key, STR("ws"))) links_add(&draft->web_seeds, value);
    if (str_equal_nocase(key, STR("so"))) read_selection(draft, value);
    return OK;
}

Error magnet_parse(Str link, Arena *arena, Magnet *ret_magnet) {
    Str start = STR("magnet:?");
    link = str_trim(link);
    if (link.len > MAGNET_BYTES_MAX)
        return error_field(TOO_LARGE, "magnet", "magnet_too_long",
                           "This magnet link is too long: {} bytes at most.",
                           arena_print(arena, "%d", MAGNET_BYTES_MAX));
    if (!str_starts_nocase(link, start))
        return error_field(BAD_INPUT, "magnet", "magnet_not_one",
                           "This is not a magnet link: it does not begin with magnet:?.");
    Draft draft = {
        .arena = arena,
        .trackers = links_create(arena, TORRENT_TRACKERS_MAX, link_is_tracker),
        .web_seeds = links_create(arena, TORRENT_WEB_SEEDS_MAX, link_is_web_seed),
        .ranges = arena_new(arena, MagnetRange, MAGNET_RANGES_MAX),
    };
    Str rest = str_skip(link, start.len);
    while (rest.len > 0) {
        Str value = str_cut(&rest, '&');
        Str key = str_cut(&value, '=');
        TRY(read_parameter(&draft, plain_key(key), value));
    }
    Magnet *magnet = &draft.magnet;
    if (!magnet->hash.has_v1 && !magnet->hash.has_v2)
        return error_field(BAD_INPUT, "magnet", "magnet_without_hash",
                           "This magnet link names no BitTorrent torrent: it has no btih or btmh.");
    magnet->trackers = draft.trackers.at;
    magnet->tracker_count = draft.trackers.count;
    magnet->web_seeds = draft.web_seeds.at;
    magnet->web_seed_count = draft.web_seeds.count;
    magnet->selected = draft.ranges;
    *ret_magnet = *magnet;
    return OK;
}

static void write_parameter(Text *text, Str key, Str value) {
    text_add(text, key);
    percent_write(text, value);
}

static size_t bytes_needed(const Magnet *magnet) {
    size_t bytes = 256 + 3 * magnet->name.len + 24 * magnet->selected_count;
    for (size_t i = 0; i < magnet->tracker_count; i++) bytes += 8 + 3 * magnet->trackers[i].len;
    for (size_t i = 0; i < magnet->web_seed_count; i++) bytes += 8 + 3 * magnet->web_seeds[i].len;
    return bytes;
}

Str magnet_write(const Magnet *magnet, Arena *arena) {
    const InfoHash *hash = &magnet->hash;
    Text text = text_create(arena, bytes_needed(magnet));
    text_add(&text, STR("magnet:?"));
    if (hash->has_v1) {
        text_add(&text, STR("xt=urn:btih:"));
        text_add(&text, infohash_v1_hex(hash, arena));
    }
    if (hash->has_v2) {
        text_add(&text, hash->has_v1 ? STR("&xt=urn:btmh:1220") : STR("xt=urn:btmh:1220"));
        text_add(&text, infohash_v2_hex(hash, arena));
    }
    if (magnet->name.len > 0) write_parameter(&text, STR("&dn="), magnet->name);
    if (magnet->size_bytes > 0)
        text_print(&text, "&xl=%llu", (unsigned long long)magnet->size_bytes);
    for (size_t i = 0; i < magnet->tracker_count; i++)
        write_parameter(&text, STR("&tr="), magnet->trackers[i]);
    for (size_t i = 0; i < magnet->web_seed_count; i++)
        write_parameter(&text, STR("&ws="), magnet->web_seeds[i]);
    for (size_t i = 0; i < magnet->selected_count; i++) {
        MagnetRange range = magnet->selected[i];
        text_print(&text, i == 0 ? "&so=%u" : ",%u", range.first);
        if (range.last > range.first) text_print(&text, "-%u", range.last);
    }
    return text_str(&text);
}
