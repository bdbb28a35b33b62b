#include <assert.h>

#include "torrent/bencode.h"
#include "torrent/metainfo.h"

enum { KEYS_BYTES = 512, LINK_EXTRA_BYTES = 32 };

static size_t bytes_needed(const MetainfoParts *parts) {
    size_t bytes = KEYS_BYTES + parts->info.len + parts->piece_layers.len + parts->comment.len +
                   parts->created_by.len + parts->update_url.len;
    for (size_t i = 0; i < parts->tracker_count; i++)
        bytes += parts->trackers[i].len + LINK_EXTRA_BYTES;
    if (parts->tracker_count > 0) bytes += parts->trackers[0].len;
    for (size_t i = 0; i < parts->web_seed_count; i++)
        bytes += parts->web_seeds[i].len + LINK_EXTRA_BYTES;
    return bytes;
}

static void write_trackers(const MetainfoParts *parts, Text *text) {
    if (parts->tracker_count == 0) return;
    bencode_write_string(text, STR("announce"));
    bencode_write_string(text, parts->trackers[0]);
    if (parts->tracker_count == 1) return;
    bencode_write_string(text, STR("announce-list"));
    bencode_open_list(text);
    for (size_t i = 0; i < parts->tracker_count; i++) {
        bencode_open_list(text);
        bencode_write_string(text, parts->trackers[i]);
        bencode_close(text);
    }
    bencode_close(text);
}

static void write_words(Text *text, Str key, Str words) {
    if (words.len == 0) return;
    bencode_write_string(text, key);
    bencode_write_string(text, words);
}

/* One web seed is written as a string, as everybody does (BEP 19). */
static void write_web_seeds(const MetainfoParts *parts, Text *text) {
    if (parts->web_seed_count == 0) return;
    bencode_write_string(text, STR("url-list"));
    if (parts->web_seed_count > 1) bencode_open_list(text);
    for (size_t i = 0; i < parts->web_seed_count; i++)
        bencode_write_string(text, parts->web_seeds[i]);
    if (parts->web_seed_count > 1) bencode_close(text);
}

Str metainfo_write(const MetainfoParts *parts, Arena *arena) {
    Text text = text_create(arena, bytes_needed(parts));
    text_extend(&text, text.max);
    text.len = 0;
    bencode_open_dict(&text);
    write_trackers(parts, &text);
    write_words(&text, STR("comment"), parts->comment);
    write_words(&text, STR("created by"), parts->created_by);
    if (parts->created_at > 0) {
        bencode_write_string(&text, STR("creation date"));
        bencode_write_integer(&text, parts->created_at);
    }
    bencode_write_string(&text, STR("info"));
    text_add(&text, parts->info);
    if (parts->piece_layers.len > 0) {
        bencode_write_string(&text, STR("piece layers"));
        text_add(&text, parts->piece_layers);
    }
    write_words(&text, STR("update-url"), parts->update_url);
    write_web_seeds(parts, &text);
    bencode_close(&text);
    assert(!text.full);
    return text_str(&text);
}
