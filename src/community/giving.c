#include "community/giving.h"

#include <assert.h>

#include "base/bytes.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/random.h"
#include "community/giving_settle.h"
#include "community/list.h"
#include "community/torrent_row.h"
#include "community/upload_words.h"
#include "queries/giving.h"

enum { SALT_BYTES = 16, MAC_BYTES = 16, MAC_LETTERS = 22, TOUCH_S = 3600 };

/* --- the address --- */

/* Longer than what announce keys are made of, so that neither is ever the other. */
static void mac_of(const Community *community, int64_t id, Str salt, uint8_t ret_mac[MAC_BYTES]) {
    static const char purpose[] = "giving";
    uint8_t bytes[sizeof purpose + SALT_BYTES + 8], mac[SHA256_BYTES];
    ByteWriter writer = byte_writer(bytes, sizeof bytes);
    byte_write_bytes(&writer, purpose, sizeof purpose);
    byte_write_bytes(&writer, salt.at, salt.len);
    byte_write_u64(&writer, (uint64_t)id);
    hmac_sha256(str_from_bytes(bytes, byte_written(&writer)), community->announce_secret, mac);
    memcpy(ret_mac, mac, MAC_BYTES);
}

static Str code_of(const Visit *visit, int64_t id, Str salt) {
    uint8_t mac[MAC_BYTES];
    mac_of(visit->community, id, salt, mac);
    Str letters = base64url_write(visit->arena, mac, sizeof mac);
    return arena_print(visit->arena, "%lld-%.*s", (long long)id, STR_PRINTF(letters));
}

static Error not_found(void) {
    return error(NOT_FOUND, "no_such_giving",
                 "There is no such plan. One that nobody looks at is forgotten after a while.");
}

/* --- rows --- */

static Giving from_row(const Visit *visit, const GivingLineRow *row) {
    bool is_tried = row->used_at >= row->made_at + GIVING_DAY_S;
    return (Giving){
        .id = row->id,
        .code = code_of(visit, row->id, row->salt),
        .size_bytes = (uint64_t)row->size_bytes,
        .category = row->category ? category_by_number((unsigned)row->category) : NULL,
        .licence = row->license.len ? licence_find(row->license) : NULL,
        .language = row->language,
        .made_at = row->made_at,
        .used_at = row->used_at,
        .settled_at = row->settled_at,
        .ends_at = row->used_at + (is_tried ? GIVING_UNUSED_S : GIVING_UNTRIED_S),
        .is_own = row->member_id.known && row->member_id.value == visit->viewer.member_id,
    };
}

static Error find_row(Visit *visit, Str code, GivingLineRow *ret_row) {
    size_t dash = str_find_byte(code, '-');
    int64_t id;
    uint8_t given[MAC_BYTES], mac[MAC_BYTES];
    if (dash == STR_NONE || !str_to_i64(str_part(code, 0, dash), &id) || id <= 0 ||
        !base64url_parse(str_skip(code, dash + 1), given, sizeof given))
        return not_found();
    bool found;
    TRY(query_giving_find(visit->db, visit->arena, (GivingFindAsk){.id = id}, &found, ret_row));
    if (!found) return not_found();
    mac_of(visit->community, id, ret_row->salt, mac);
    return digest_equal(mac, given, sizeof mac) ? OK : not_found();
}

static GivingSpace space_of(const GivingLineRow *row) {
    GivingSpace space = {.size_bytes = (uint64_t)row->size_bytes, .works_max = GIVING_WORKS_MAX};
    static_assert(sizeof space.key == SALT_BYTES, "the salt is the key of its chance");
    if (row->salt.len == sizeof space.key) memcpy(space.key, row->salt.at, sizeof space.key);
    return space;
}

/* --- a new one --- */

static uint64_t size_typed(const Visit *visit, Str typed, ErrorList *errors) {
    Str text = str_trim(typed);
    uint64_t bytes = 0;
    bool has_unit = false;
    for (size_t i = 0; i < text.len; i++)
        has_unit |= (text.at[i] | 0x20) >= 'a' && (text.at[i] | 0x20) <= 'z';
    if (text.len && !has_unit) text = arena_print(visit->arena, "%.*s GB", STR_PRINTF(text));
    if (!list_words_parse_size(text, &bytes))
        error_list_add(errors,
                       error_field(BAD_INPUT, "size", "bad_size",
                                   "A size is written as 200 GB or 1.5 TiB, not \"{}\".", typed));
    else if (bytes < GIVING_SIZE_MIN || bytes > GIVING_SIZE_MAX)
        error_list_add(errors, error_field(BAD_INPUT, "size", "size_out_of_range",
                                           "Give between 100 MB and 1 PB."));
    return bytes;
}

static void check(const Visit *visit, const GivingAsk *ask, ErrorList *errors,
                  GivingAddAsk *ret_add) {
    GivingAddAsk add = {.at = visit->now,
                        .member_id = {visit->viewer.member_id > 0, visit->viewer.member_id}};
    add.size_bytes = (int64_t)size_typed(visit, ask->size, errors);
    const Category *category = ask->category.len ? category_find(ask->category) : NULL;
    if (category)
        add.category = category->number;
    else if (ask->category.len)
        error_list_add(errors, error_field(BAD_INPUT, "category", "unknown_category",
                                           "There is no category \"{}\".", ask->category));
    const Licence *licence = ask->license.len ? licence_find(ask->license) : NULL;
    if (licence)
        add.license = str_from_c(licence->id);
    else if (ask->license.len)
        error_list_add(errors, error_field(BAD_INPUT, "license", "unknown_license",
                                           "\"{}\" is not a licence we know.", ask->license));
    add.language = upload_words_language(ask->language, visit->arena, errors);
    *ret_add = add;
}

typedef struct {
    GivingAddAsk ask;
    int64_t id;
} Adding;

static Error add(Db *db, Arena *arena, void *argument) {
    Adding *adding = argument;
    GivingCountRow all;
    TRY(query_giving_count(db, arena, &all));
    if (all.count >= GIVINGS_MAX)
        return error(UNAVAILABLE, "too_many_givings",
                     "There are as many plans as this place can keep. Try again in some days.");
    if (adding->ask.member_id.known) {
        GivingCountOfMemberRow own;
        TRY(query_giving_count_of_member(
            db, arena, (GivingCountOfMemberAsk){.member_id = adding->ask.member_id.value}, &own));
        if (own.count >= GIVINGS_OF_MEMBER_MAX)
            return error(TOO_MANY, "too_many_own_givings",
                         "You have as many plans as a member may. Remove one first.");
    }
    GivingAddRow row;
    TRY(query_giving_add(db, arena, adding->ask, &row));
    adding->id = row.id;
    return OK;
}

Error giving_add(Visit *visit, const GivingAsk *ask, ErrorList *errors, Giving *ret_giving) {
    Adding adding = {.id = 0};
    uint8_t salt[SALT_BYTES];
    check(visit, ask, errors, &adding.ask);
    TRY(error_list_first(errors));
    random_bytes(salt, sizeof salt);
    adding.ask.salt = arena_copy(visit->arena, str_from_bytes(salt, sizeof salt));
    TRY(store_write(visit->community->store, visit->arena, add, &adding));
    GivingLineRow row;
    TRY(find_row(visit, code_of(visit, adding.id, adding.ask.salt), &row));
    GivingSpace space = space_of(&row);
    Giving giving = from_row(visit, &row);
    TRY(giving_settle(visit, &giving, &space));
    *ret_giving = giving;
    return OK;
}

/* --- looking at one --- */

static Error use(Db *db, Arena *arena, void *argument) {
    return query_giving_use(db, arena, *(const GivingUseAsk *)argument, NULL);
}

static const TorrentLineRow *row_of(const TorrentLineRows *rows, int64_t id) {
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].id == id) return &rows->at[i];
    return NULL;
}

static void take_work(GivingWorks *works, const GivingWorksRow *row, const Torrent *torrent) {
    GivingWork work = {.torrent = *torrent,
                       .picked_at = row->picked_at,
                       .seeders = (uint32_t)row->seeders,
                       .dropped_at = row->dropped_at,
                       .why = (GivingWhy)row->dropped_why};
    Seconds changed_at = row->dropped_at > row->picked_at ? row->dropped_at : row->picked_at;
    if (changed_at > works->changed_at) works->changed_at = changed_at;
    if (row->dropped_at) {
        if (works->dropped_count < GIVING_CHANGES_SHOWN_MAX)
            works->dropped[works->dropped_count++] = work;
    } else if (torrent->state == TORRENT_VISIBLE) {
        works->at[works->count++] = work;
        works->taken_bytes += (uint64_t)row->size_bytes;
    }
}

static Error read_works(Visit *visit, int64_t giving_id, GivingWorks *ret_works) {
    Arena *arena = visit->arena;
    GivingWorksRows rows;
    TorrentLineRows torrents;
    Seconds since = visit->now - GIVING_CHANGES_TOLD_S;
    TRY(query_giving_works(visit->db, arena, (GivingWorksAsk){giving_id, since}, &rows));
    int64_t *ids = arena_new(arena, int64_t, rows.count + 1);
    for (size_t i = 0; i < rows.count; i++) ids[i] = rows.at[i].torrent_id;
    TRY(query_torrent_by_ids(visit->db, arena, (TorrentByIdsAsk){.ids = {ids, rows.count}},
                             &torrents));
    GivingWorks works = {.at = arena_new(arena, GivingWork, rows.count + 1),
                         .dropped = arena_new(arena, GivingWork, GIVING_CHANGES_SHOWN_MAX)};
    for (size_t i = rows.count; i-- > 0;) {
        const TorrentLineRow *row = row_of(&torrents, rows.at[i].torrent_id);
        if (!row || row->state == TORRENT_QUARANTINED) continue;
        Torrent torrent = torrent_from_row(row, visit);
        take_work(&works, &rows.at[i], &torrent);
    }
    *ret_works = works;
    return OK;
}

Error giving_find(Visit *visit, Str code, Giving *ret_giving, GivingWorks *ret_works) {
    GivingLineRow row;
    TRY(find_row(visit, code, &row));
    if (visit->now - row.used_at >= TOUCH_S) {
        GivingUseAsk ask = {row.id, visit->now};
        TRY(store_write(visit->community->store, visit->arena, use, &ask));
        row.used_at = visit->now;
    }
    Giving giving = from_row(visit, &row);
    if (visit->now - row.settled_at >= GIVING_SETTLE_S) {
        GivingSpace space = space_of(&row);
        TRY(giving_settle(visit, &giving, &space));
        giving.settled_at = visit->now;
    }
    TRY(read_works(visit, row.id, ret_works));
    *ret_giving = giving;
    return OK;
}

static Error remove_one(Db *db, Arena *arena, void *argument) {
    return query_giving_remove(db, arena, *(const GivingRemoveAsk *)argument, NULL);
}

Error giving_remove(Visit *visit, Str code) {
    GivingLineRow row;
    TRY(find_row(visit, code, &row));
    GivingRemoveAsk ask = {.id = row.id};
    return store_write(visit->community->store, visit->arena, remove_one, &ask);
}

Error giving_list(Visit *visit, Giving **ret_givings, size_t *ret_count) {
    GivingLineRows rows = {0};
    if (visit->viewer.member_id && !visit->viewer.by_token)
        TRY(query_giving_of_member(visit->db, visit->arena,
                                   (GivingOfMemberAsk){.member_id = visit->viewer.member_id,
                                                       .count = GIVINGS_OF_MEMBER_MAX},
                                   &rows));
    Giving *givings = arena_new(visit->arena, Giving, rows.count + 1);
    for (size_t i = 0; i < rows.count; i++) givings[i] = from_row(visit, &rows.at[i]);
    *ret_givings = givings;
    *ret_count = rows.count;
    return OK;
}

static Error forget(Db *db, Arena *arena, void *argument) {
    const Seconds *now = argument;
    return query_giving_forget(db, arena,
                               (GivingForgetAsk){.unused_before = *now - GIVING_UNUSED_S,
                                                 .untried_before = *now - GIVING_UNTRIED_S,
                                                 .tried_s = GIVING_DAY_S},
                               NULL);
}

Error giving_forget_unused(Visit *visit) {
    Seconds now = visit->now;
    return store_write(visit->community->store, visit->arena, forget, &now);
}
