#include "torrent/metainfo.h"

#include <assert.h>

#include "base/encode.h"
#include "base/limits.h"
#include "torrent/bencode.h"
#include "torrent/link.h"
#include "torrent/merkle.h"
#include "torrent/metainfo_read.h"
#include "torrent/path.h"

enum { VERSION_1 = 1, VERSION_2 = 2 };

typedef struct {
    Str announce, announce_list, comment, comment_utf8, created_by, creation_date, info,
        piece_layers, url_list;
} FileKeys;

/* A line feed behind the end, left by an editor, changes nothing. */
static Str trim_end(Str bytes) {
    while (bytes.len > 0 && str_find_byte(STR(" \t\r\n"), bytes.at[bytes.len - 1]) != STR_NONE)
        bytes.len--;
    return bytes;
}

static Error check_bencode(Str bytes, bool sorted_keys, Arena *arena) {
    BencodeCheck check = bencode_check(bytes, sorted_keys);
    return fault_error_at(check.fault, check.at, arena);
}

static void find_info_keys(Str info, InfoKeys *ret_keys) {
    const BencodeSlot slots[] = {{STR("attr"), &ret_keys->attr},
                                 {STR("file tree"), &ret_keys->file_tree},
                                 {STR("files"), &ret_keys->files},
                                 {STR("length"), &ret_keys->length},
                                 {STR("meta version"), &ret_keys->meta_version},
                                 {STR("name"), &ret_keys->name},
                                 {STR("name.utf-8"), &ret_keys->name_utf8},
                                 {STR("piece length"), &ret_keys->piece_length},
                                 {STR("pieces"), &ret_keys->pieces},
                                 {STR("private"), &ret_keys->is_private},
                                 {STR("symlink path"), &ret_keys->symlink_path}};
    bencode_find(info, slots, sizeof slots / sizeof *slots);
}

static Error read_version(const InfoKeys *keys, Metainfo *to, Arena *arena, int64_t *ret_version) {
    int64_t version = 0;
    bencode_as_integer(keys->meta_version, &version);
    if (version > 0) {
        BencodeCheck check = bencode_check(to->info, true);
        if (check.fault) return fault_error_at(check.fault, check.at, arena);
    }
    if (version > VERSION_2) return fault_error_at(FAULT_VERSION_UNKNOWN, (uint64_t)version, arena);
    bool has_tree = bencode_kind(keys->file_tree) == BENCODE_DICT;
    if (version == VERSION_2 && !has_tree) return fault_error(FAULT_TREE_MISSING, (Str){0});
    if (version < VERSION_2 && has_tree) return fault_error(FAULT_VERSION_MISSING, (Str){0});
    *ret_version = version;
    return OK;
}

static Error read_piece_length(const InfoKeys *keys, bool is_v2, Metainfo *to) {
    int64_t length = 0;
    bencode_as_integer(keys->piece_length, &length);
    if (length <= 0 || length > TORRENT_PIECE_LENGTH_MAX)
        return fault_error(FAULT_PIECE_LENGTH_BAD, (Str){0});
    if (is_v2 && (length < MERKLE_BLOCK_BYTES || (length & (length - 1)) != 0))
        return fault_error(FAULT_PIECE_LENGTH_NOT_POWER, (Str){0});
    to->piece_length = (uint64_t)length;
    return OK;
}

static Error read_name(const InfoKeys *keys, Metainfo *to, Arena *arena) {
    Str name;
    if (!bencode_as_string(keys->name_utf8, &name) && !bencode_as_string(keys->name, &name))
        return fault_error(FAULT_NAME_MISSING, (Str){0});
    if (name.len > TORRENT_PATH_BYTES_MAX) return fault_error(FAULT_NAME_TOO_LONG, (Str){0});
    to->name = path_show(name, arena);
    return OK;
}

static Error read_pieces(const InfoKeys *keys, bool is_v1, uint64_t total_bytes, Metainfo *to,
                         Arena *arena) {
    if (total_bytes == 0) return fault_error(FAULT_SIZE_ZERO, (Str){0});
    to->pieces = (total_bytes - 1) / to->piece_length + 1;
    if (to->pieces > TORRENT_PIECES_MAX)
        return fault_error_at(FAULT_PIECES_TOO_MANY, TORRENT_PIECES_MAX, arena);
    Str hashes;
    if (!bencode_as_string(keys->pieces, &hashes))
        return is_v1 ? fault_error(FAULT_PIECES_MISSING, (Str){0}) : OK;
    if (hashes.len != to->pieces * SHA1_BYTES)
        return fault_error_at(FAULT_PIECES_BAD, to->pieces, arena);
    return OK;
}

static int compare_hashes(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t hash_nocase(Str path, Text *lower) {
    static const uint8_t key[SIPHASH_KEY_BYTES];
    lower->len = 0;
    char *to = text_extend(lower, path.len);
    assert(to);
    for (size_t i = 0; i < path.len; i++) {
        char c = path.at[i];
        to[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return siphash(text_str(lower), key);
}

/* Clients number files of one name: "a.1", "a.2"; each number already taken is a step. By hash and
 * sort, so that no choice of names makes it slow. */
static Error check_names(const Metainfo *metainfo, Arena *arena) {
    uint64_t *hashes = arena_new(arena, uint64_t, metainfo->file_count);
    Text lower = text_create(arena, PATH_SHOWN_GROWTH * TORRENT_PATH_BYTES_MAX + 1);
    size_t count = 0, repeated = 0, steps = 0;
    for (size_t i = 0; i < metainfo->file_count; i++)
        if (!(metainfo->files[i].flags & FILE_PAD))
            hashes[count++] = hash_nocase(metainfo->files[i].path, &lower);
    qsort(hashes, count, sizeof *hashes, compare_hashes);
    for (size_t i = 1; i < count; i++) {
        repeated = hashes[i] == hashes[i - 1] ? repeated + 1 : 0;
        if (repeated > 0) steps += repeated - 1;
    }
    return steps > TORRENT_DUPLICATE_NAMES_MAX ? fault_error(FAULT_PATH_TWICE, (Str){0}) : OK;
}

static Error read_info(Metainfo *to, bool with_hash, Arena *arena) {
    InfoKeys keys = {0};
    find_info_keys(to->info, &keys);
    int64_t version = 0;
    TRY(read_version(&keys, to, arena, &version));
    bool is_v2 = version == VERSION_2;
    bool is_v1 = !is_v2 || bencode_kind(keys.files) == BENCODE_LIST || keys.length.len > 0;
    if (with_hash) to->hash = infohash_of(to->info, is_v1, is_v2);
    TRY(read_piece_length(&keys, is_v2, to));
    TRY(read_name(&keys, to, arena));
    FileReader reader = file_reader_create(to, arena);
    if (is_v2) {
        TRY(metainfo_read_v2(&reader, &keys));
        if (is_v1) TRY(metainfo_match_v1(&reader, &keys));
    } else {
        TRY(metainfo_read_v1(&reader, &keys));
    }
    TRY(read_pieces(&keys, is_v1, reader.total_bytes, to, arena));
    TRY(check_names(to, arena));
    int64_t is_private = 0;
    to->is_private = bencode_as_integer(keys.is_private, &is_private) && is_private != 0;
    return OK;
}

static void read_trackers(const FileKeys *keys, Metainfo *to, Arena *arena) {
    Links links = links_create(arena, TORRENT_TRACKERS_MAX, link_is_tracker);
    if (bencode_kind(keys->announce_list) == BENCODE_LIST) {
        BencodeReader reader = bencode_reader(keys->announce_list);
        size_t depth = 0;
        for (BencodeToken token; (token = bencode_next(&reader)).kind != BENCODE_NONE;) {
            if (token.kind == BENCODE_LIST || token.kind == BENCODE_DICT) depth++;
            if (token.kind == BENCODE_CLOSE) depth--;
            if (token.kind == BENCODE_STRING && depth == 2) links_add(&links, token.string);
        }
    }
    Str announce;
    if (links.count == 0 && bencode_as_string(keys->announce, &announce))
        links_add(&links, announce);
    to->trackers = links.at;
    to->tracker_count = links.count;
}

static void read_web_seeds(const FileKeys *keys, Metainfo *to, Arena *arena) {
    Links links = links_create(arena, TORRENT_WEB_SEEDS_MAX, link_is_web_seed);
    Str url;
    if (bencode_as_string(keys->url_list, &url)) links_add(&links, url);
    if (bencode_kind(keys->url_list) == BENCODE_LIST) {
        BencodeReader reader = bencode_reader(keys->url_list);
        bencode_next(&reader);
        for (Str value; (value = bencode_value(&reader)).len > 0;)
            if (bencode_as_string(value, &url)) links_add(&links, url);
    }
    to->web_seeds = links.at;
    to->web_seed_count = links.count;
}

static void read_words(const FileKeys *keys, Metainfo *to, Arena *arena) {
    Str words = {0};
    if (bencode_as_string(keys->comment_utf8, &words) || bencode_as_string(keys->comment, &words))
        to->comment = path_show_words(words, arena);
    if (bencode_as_string(keys->created_by, &words)) to->created_by = path_show_words(words, arena);
    int64_t date = 0;
    if (bencode_as_integer(keys->creation_date, &date) && date > 0) to->created_at = date;
}

Error metainfo_parse(Str bytes, Arena *arena, Metainfo *ret_metainfo) {
    if (bytes.len > TORRENT_FILE_BYTES_MAX)
        return fault_error_at(FAULT_TOO_LARGE, TORRENT_FILE_BYTES_MAX, arena);
    bytes = trim_end(bytes);
    TRY(check_bencode(bytes, false, arena));
    if (bencode_kind(bytes) != BENCODE_DICT) return fault_error(FAULT_NOT_DICT, (Str){0});
    FileKeys keys = {0};
    const BencodeSlot slots[] = {{STR("announce"), &keys.announce},
                                 {STR("announce-list"), &keys.announce_list},
                                 {STR("comment"), &keys.comment},
                                 {STR("comment.utf-8"), &keys.comment_utf8},
                                 {STR("created by"), &keys.created_by},
                                 {STR("creation date"), &keys.creation_date},
                                 {STR("info"), &keys.info},
                                 {STR("piece layers"), &keys.piece_layers},
                                 {STR("url-list"), &keys.url_list}};
    bencode_find(bytes, slots, sizeof slots / sizeof *slots);
    if (bencode_kind(keys.info) != BENCODE_DICT) return fault_error(FAULT_INFO_MISSING, (Str){0});
    Metainfo metainfo = {.info = keys.info};
    TRY(read_info(&metainfo, true, arena));
    if (metainfo.hash.has_v2 && bencode_kind(keys.piece_layers) == BENCODE_DICT) {
        TRY(metainfo_check_layers(&metainfo, keys.piece_layers, arena));
        metainfo.piece_layers = keys.piece_layers;
    }
    read_trackers(&keys, &metainfo, arena);
    read_web_seeds(&keys, &metainfo, arena);
    read_words(&keys, &metainfo, arena);
    *ret_metainfo = metainfo;
    return OK;
}

Error metainfo_parse_info(Str info, Arena *arena, Metainfo *ret_metainfo) {
    TRY(check_bencode(info, false, arena));
    if (bencode_kind(info) != BENCODE_DICT) return fault_error(FAULT_INFO_MISSING, (Str){0});
    Metainfo metainfo = {.info = info};
    TRY(read_info(&metainfo, false, arena));
    *ret_metainfo = metainfo;
    return OK;
}
