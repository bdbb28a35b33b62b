#include "community/torrent.h"

#include "base/text.h"
#include "community/permission.h"
#include "community/torrent_row.h"
#include "search/fold.h"
#include "torrent/magnet.h"

static const char *const state_names[] = {
    [TORRENT_VISIBLE] = "published",
    [TORRENT_QUARANTINED] = "quarantined",
    [TORRENT_WITHDRAWN] = "withdrawn",
    [TORRENT_REMOVED] = "removed",
};

const char *torrent_state_name(TorrentState state) { return state_names[state]; }

Str *torrent_split(Str joined, char separator, Arena *arena, size_t *ret_count) {
    size_t count = joined.len > 0;
    for (size_t i = 0; i < joined.len; i++) count += joined.at[i] == separator;
    Str *parts = arena_new(arena, Str, count);
    for (size_t i = 0; i < count; i++) parts[i] = str_cut(&joined, separator);
    *ret_count = count;
    return parts;
}

Str torrent_join(const Str *parts, size_t count, char separator, Arena *arena) {
    size_t bytes = count;
    for (size_t i = 0; i < count; i++) bytes += parts[i].len;
    Text joined = text_create(arena, bytes);
    for (size_t i = 0; i < count; i++) {
        if (i) text_add_byte(&joined, separator);
        text_add(&joined, parts[i]);
    }
    return text_str(&joined);
}

InfoHash torrent_row_hash(Str v1, Str v2) {
    InfoHash hash = {.has_v1 = v1.len == SHA1_BYTES, .has_v2 = v2.len == SHA256_BYTES};
    if (hash.has_v1) memcpy(hash.v1, v1.at, SHA1_BYTES);
    if (hash.has_v2) memcpy(hash.v2, v2.at, SHA256_BYTES);
    return hash;
}

/* A count that the tracker stands behind is as old as its last word; one from before it was
 * started, of people it has not met yet, as old as it was then. */
static void fill_counts(const TorrentLineRow *row, const Visit *visit, Torrent *torrent) {
    Seconds since = atomic_load(&visit->community->counting_since),
            told = atomic_load(&visit->community->counted_at);
    bool is_empty = row->seeders == 0 && row->leechers == 0;
    bool stands = told > row->counted_at && (is_empty || row->counted_at >= since);
    bool claimed = row->claimed_at > 0;
    torrent->seeders = (uint32_t)row->seeders;
    torrent->leechers = (uint32_t)row->leechers;
    torrent->seeders_v6 = (uint32_t)row->seeders_v6;
    torrent->leechers_v6 = (uint32_t)row->leechers_v6;
    torrent->seeders_web = (uint32_t)row->seeders_web;
    torrent->leechers_web = (uint32_t)row->leechers_web;
    torrent->completed = (uint64_t)row->completed;
    torrent->counted_at = row->counted_at && stands ? told : row->counted_at;
    torrent->claimed_at = row->claimed_at;
    torrent->first_seeder_at = row->first_seeder_at;
    torrent->last_seeder_at =
        row->seeders > 0 && !claimed ? torrent->counted_at : row->last_seeder_at;
    torrent->well_seeded_at =
        row->seeders >= HEALTH_WELL_SEEDED && !claimed ? torrent->counted_at : row->well_seeded_at;
    HealthFacts facts = {torrent->seeders, torrent->leechers, row->published_at,
                         torrent->last_seeder_at, torrent->well_seeded_at};
    torrent->health = health_state(&facts, visit->now);
}

Torrent torrent_from_row(const TorrentLineRow *row, const Visit *visit) {
    Torrent torrent = {
        .id = row->id,
        .hash = torrent_row_hash(row->infohash_v1, row->infohash_v2),
        .state = (TorrentState)row->state,
        .title = row->title,
        .author = row->author,
        .source_url = row->source_url,
        .language = row->language,
        .category = category_by_number((unsigned)row->category),
        .licence = licence_find(row->license),
        .uploader_id = row->uploader_id,
        .uploader = row->uploader,
        .published_at = row->published_at,
        .changed_at = row->changed_at,
        .size_bytes = (uint64_t)row->size_bytes,
        .piece_length = (uint64_t)row->piece_length,
        .file_count = (uint64_t)row->file_count,
        .is_private = row->is_private,
        .has_file = row->piece_length > 0,
        .name = row->name,
        .thanks = (uint64_t)row->thanks,
        .state_reason = row->state_reason,
        .state_note = row->state_note,
        .state_at = row->state_at,
    };
    fill_counts(row, visit, &torrent);
    torrent.tags = torrent_split(row->tags, ' ', visit->arena, &torrent.tag_count);
    if (!torrent.category) torrent.category = category_find(STR("other"));
    if (!torrent.licence) torrent.licence = &licence_unknown;
    return torrent;
}

bool torrent_is_own(const Visit *visit, const Torrent *torrent) {
    return !failed(permission_edit(visit, torrent->uploader_id));
}

Error torrent_gone(const Torrent *torrent) {
    if (torrent->state == TORRENT_WITHDRAWN)
        return error(GONE, "torrent_withdrawn", "This work was withdrawn by its uploader.");
    if (torrent->state != TORRENT_REMOVED) return OK;
    if (str_equal(torrent->state_reason, STR("rights")) ||
        str_equal(torrent->state_reason, STR("illegal")))
        return error(UNLAWFUL, "torrent_removed", "This work was removed for legal reasons.");
    return error(GONE, "torrent_removed", "This work was removed by the moderators.");
}

static Error not_found(void) { return error(NOT_FOUND, NULL, "There is no such work."); }

Error torrent_row_find(Visit *visit, int64_t id, Torrent *ret_torrent) {
    bool found;
    TorrentLineRow row;
    TRY(query_torrent_by_id(visit->db, visit->arena, (TorrentByIdAsk){.id = id}, &found, &row));
    if (!found) return not_found();
    *ret_torrent = torrent_from_row(&row, visit);
    return OK;
}

static Error find_by_v2_start(Visit *visit, const uint8_t start[SHA1_BYTES], bool *ret_found,
                              TorrentLineRow *ret_row) {
    uint8_t first[SHA256_BYTES] = {0}, last[SHA256_BYTES];
    memset(last, 0xFF, sizeof last);
    memcpy(first, start, SHA1_BYTES);
    memcpy(last, start, SHA1_BYTES);
    return query_torrent_by_v2_start(
        visit->db, visit->arena,
        (TorrentByV2StartAsk){.first = str_from_bytes(first, sizeof first),
                              .last = str_from_bytes(last, sizeof last)},
        ret_found, ret_row);
}

Error torrent_row_by_hash(Visit *visit, const InfoHash *hash, bool *ret_found,
                          Torrent *ret_torrent) {
    bool found = false;
    TorrentLineRow row;
    if (hash->has_v1)
        TRY(query_torrent_by_v1(visit->db, visit->arena,
                                (TorrentByV1Ask){.hash = str_from_bytes(hash->v1, SHA1_BYTES)},
                                &found, &row));
    if (!found && hash->has_v2)
        TRY(query_torrent_by_v2(visit->db, visit->arena,
                                (TorrentByV2Ask){.hash = str_from_bytes(hash->v2, SHA256_BYTES)},
                                &found, &row));
    if (!found && hash->has_v1 && !hash->has_v2)
        TRY(find_by_v2_start(visit, hash->v1, &found, &row));
    *ret_found = found;
    if (found) *ret_torrent = torrent_from_row(&row, visit);
    return OK;
}

/* Of a work that is gone the page keeps its name and the reason, not the words that may be the
 * reason. */
static Error show(Visit *visit, Torrent *torrent, Torrent *ret_torrent) {
    bool own = torrent_is_own(visit, torrent);
    if (torrent->state == TORRENT_QUARANTINED && !own) return not_found();
    if (failed(torrent_gone(torrent)) && !own) {
        torrent->source_url = (Str){0};
        torrent->tag_count = 0;
    } else {
        TorrentDescriptionRow row;
        TRY(query_torrent_description(visit->db, visit->arena,
                                      (TorrentDescriptionAsk){.id = torrent->id}, &row));
        torrent->description = row.description;
    }
    *ret_torrent = *torrent;
    return OK;
}

Error torrent_find(Visit *visit, int64_t id, Torrent *ret_torrent) {
    Torrent torrent;
    TRY(torrent_row_find(visit, id, &torrent));
    return show(visit, &torrent, ret_torrent);
}

Error torrent_by_hash(Visit *visit, const InfoHash *hash, Torrent *ret_torrent) {
    bool found;
    Torrent torrent;
    TRY(torrent_row_by_hash(visit, hash, &found, &torrent));
    return found ? show(visit, &torrent, ret_torrent) : not_found();
}

Error torrent_by_paste(Visit *visit, Str text, bool *ret_found, Torrent *ret_torrent) {
    InfoHash hash;
    Str pasted = str_trim(text);
    bool named = infohash_parse(pasted, &hash);
    if (!named && str_starts_nocase(pasted, STR("magnet:"))) {
        Magnet magnet;
        named = !failed(magnet_parse(pasted, visit->arena, &magnet));
        if (named) hash = magnet.hash;
    }
    *ret_found = false;
    if (!named) return OK;
    Error result = torrent_by_hash(visit, &hash, ret_torrent);
    if (result.kind == ERROR_NOT_FOUND) return OK;
    TRY(result);
    *ret_found = true;
    return OK;
}

enum { SLUG_BYTES_MAX = 60 };

/* "L'Œuvre — 2e éd." as "l-oeuvre-2e-ed"; what has no Latin letters is just "work". */
Str torrent_slug(Str title, Arena *arena) {
    Str folded = fold_text(arena, title);
    Text slug = text_create(arena, SLUG_BYTES_MAX);
    bool gap = false;
    for (size_t i = 0; i < folded.len && slug.len < SLUG_BYTES_MAX - 1; i++) {
        char c = folded.at[i];
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            if (gap && slug.len) text_add_byte(&slug, '-');
            gap = false;
            text_add_byte(&slug, c);
        } else {
            gap = true;
        }
    }
    return slug.len ? text_str(&slug) : STR("work");
}

Str torrent_path(Visit *visit, Language language, const Torrent *torrent) {
    Str slug = torrent_slug(torrent->title, visit->arena);
    return arena_print(visit->arena, "/%s/torrent/%lld/%.*s", language_code(language),
                       (long long)torrent->id, STR_PRINTF(slug));
}

Str torrent_permalink(Visit *visit, const Torrent *torrent) {
    Str hash = torrent->hash.has_v1 ? infohash_v1_hex(&torrent->hash, visit->arena)
                                    : infohash_v2_hex(&torrent->hash, visit->arena);
    Str site = visit->community->settings->site_url;
    return arena_print(visit->arena, "%.*s/t/%.*s", STR_PRINTF(site), STR_PRINTF(hash));
}
