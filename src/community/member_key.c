#include "community/member_key.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/random.h"
#include "community/permission.h"
#include "queries/announce_key.h"

enum { SALT_BYTES = 16, LOADED_AT_ONCE = 1000 };

static AnnounceKey make_key(const Community *community, int64_t member_id, Str salt) {
    uint8_t bytes[SALT_BYTES + 8], mac[SHA256_BYTES];
    ByteWriter writer = byte_writer(bytes, sizeof bytes);
    byte_write_bytes(&writer, salt.at, salt.len);
    byte_write_u64(&writer, (uint64_t)member_id);
    hmac_sha256(str_from_bytes(bytes, byte_written(&writer)), community->announce_secret, mac);
    AnnounceKey key = {.is_given = true};
    memcpy(key.bytes, mac, sizeof key.bytes);
    return key;
}

static void tell_tracker(const Community *community, int64_t member_id, Str old_salt, Str salt) {
    const TrackerPort *port = &community->tracker;
    if (!port->tracker) return;
    if (old_salt.len) {
        AnnounceKey old = make_key(community, member_id, old_salt);
        port->remove_key(port->tracker, &old);
    }
    if (!salt.len) return;
    AnnounceKey key = make_key(community, member_id, salt);
    port->add_key(port->tracker, &key, member_id);
}

/* --- one's own --- */

static Error check_owner(const Visit *visit) {
    TRY(permission_member(visit));
    return visit->viewer.by_token ? error(NOT_ALLOWED, NULL, "You may not do this.") : OK;
}

Error member_key_find(Visit *visit, MemberKey *ret_key) {
    TRY(check_owner(visit));
    bool found;
    AnnounceKeyFindRow row;
    int64_t member_id = visit->viewer.member_id;
    TRY(query_announce_key_find(visit->db, visit->arena,
                                (AnnounceKeyFindAsk){.member_id = member_id}, &found, &row));
    *ret_key = (MemberKey){.is_made = false};
    if (found)
        *ret_key = (MemberKey){.is_made = true,
                               .is_named = row.named,
                               .key = make_key(visit->community, member_id, row.salt),
                               .made_at = row.made_at};
    return OK;
}

typedef struct {
    const Community *community;
    int64_t member_id;
    Str salt; /* empty: none any more */
    Seconds now;
} Renewal;

/* The tracker is told in the order of the writes, so that of two renewals at the same time the
 * later one stays. */
static Error renew(Db *db, Arena *arena, void *argument) {
    const Renewal *renewal = argument;
    bool found;
    AnnounceKeyFindRow old = {0};
    TRY(query_announce_key_find(db, arena, (AnnounceKeyFindAsk){.member_id = renewal->member_id},
                                &found, &old));
    if (renewal->salt.len)
        TRY(query_announce_key_put(
            db, arena,
            (AnnounceKeyPutAsk){
                .member_id = renewal->member_id, .salt = renewal->salt, .made_at = renewal->now},
            NULL));
    else
        TRY(query_announce_key_remove(
            db, arena, (AnnounceKeyRemoveAsk){.member_id = renewal->member_id}, NULL));
    tell_tracker(renewal->community, renewal->member_id, found ? old.salt : (Str){0},
                 renewal->salt);
    return OK;
}

static Error write_renewal(Visit *visit, Str salt) {
    TRY(check_owner(visit));
    Renewal renewal = {visit->community, visit->viewer.member_id, salt, visit->now};
    Error e = store_write(visit->community->store, visit->arena, renew, &renewal);
    if (failed(e)) {
        /* Not on the disk: the tracker goes back to what is. */
        tell_tracker(visit->community, renewal.member_id, salt, (Str){0});
        Error back = member_key_follow(visit, renewal.member_id);
        return failed(back) ? back : e;
    }
    visit->viewer.announce_salt = salt;
    visit->announce_urls = NULL;
    if (visit->community->changed) visit->community->changed(visit->community->changed_argument);
    return OK;
}

Error member_key_renew(Visit *visit) {
    uint8_t salt[SALT_BYTES];
    random_bytes(salt, sizeof salt);
    return write_renewal(visit, arena_copy(visit->arena, str_from_bytes(salt, sizeof salt)));
}

Error member_key_remove(Visit *visit) { return write_renewal(visit, (Str){0}); }

static Error set_named(Db *db, Arena *arena, void *argument) {
    int64_t changed;
    TRY(query_announce_key_set_named(db, arena, *(const AnnounceKeySetNamedAsk *)argument,
                                     &changed));
    return changed ? OK : error(NOT_FOUND, NULL, "You have no announce address of your own.");
}

Error member_key_change_named(Visit *visit, bool named) {
    TRY(check_owner(visit));
    AnnounceKeySetNamedAsk ask = {.member_id = visit->viewer.member_id, .named = named};
    TRY(store_write(visit->community->store, visit->arena, set_named, &ask));
    if (visit->community->changed) visit->community->changed(visit->community->changed_argument);
    return OK;
}

Error member_key_follow(Visit *visit, int64_t member_id) {
    bool found;
    AnnounceKeyFindRow row;
    TRY(query_announce_key_find(visit->db, visit->arena,
                                (AnnounceKeyFindAsk){.member_id = member_id}, &found, &row));
    if (!found) return OK;
    Str none = {0};
    tell_tracker(visit->community, member_id, row.banned ? row.salt : none,
                 row.banned ? none : row.salt);
    return OK;
}

Error member_key_load_all(Visit *visit) {
    AnnounceKeyAllAsk ask = {.after = 0, .count = LOADED_AT_ONCE};
    AnnounceKeyAllRows rows;
    do {
        TRY(query_announce_key_all(visit->db, visit->arena, ask, &rows));
        for (size_t i = 0; i < rows.count; i++)
            tell_tracker(visit->community, rows.at[i].member_id, (Str){0}, rows.at[i].salt);
        if (rows.count) ask.after = rows.at[rows.count - 1].member_id;
    } while (rows.count == LOADED_AT_ONCE);
    return OK;
}

const Str *member_key_urls(Visit *visit, size_t *ret_count) {
    const CommunitySettings *settings = visit->community->settings;
    size_t count = settings->announce_url_count;
    *ret_count = count;
    if (!visit->viewer.announce_salt.len) return settings->announce_urls;
    if (visit->announce_urls) return visit->announce_urls;
    AnnounceKey key =
        make_key(visit->community, visit->viewer.member_id, visit->viewer.announce_salt);
    Str *urls = arena_new(visit->arena, Str, count);
    for (size_t i = 0; i < count; i++)
        urls[i] = settings->announce_url_is_own[i]
                      ? announce_key_put(settings->announce_urls[i], &key, visit->arena)
                      : settings->announce_urls[i];
    visit->announce_urls = urls;
    return urls;
}

/* --- who shares what --- */

Error member_key_hosts(Visit *visit, const Torrent *torrent, TorrentHosts *ret_hosts) {
    const TrackerPort *port = &visit->community->tracker;
    *ret_hosts = (TorrentHosts){.count = 0};
    if (!port->tracker || torrent->state != TORRENT_VISIBLE) return OK;
    int64_t members[HOSTS_LISTED_MAX];
    size_t count = port->hosts(port->tracker, &torrent->hash, members, HOSTS_LISTED_MAX);
    if (count == 0) return OK;
    AnnounceKeyNamedRows rows;
    Ints listed = {members, count < HOSTS_LISTED_MAX ? count : HOSTS_LISTED_MAX};
    TRY(query_announce_key_named(visit->db, visit->arena,
                                 (AnnounceKeyNamedAsk){.member_ids = listed}, &rows));
    Str *names = arena_new(visit->arena, Str, rows.count);
    for (size_t i = 0; i < rows.count; i++) names[i] = rows.at[i].name;
    *ret_hosts = (TorrentHosts){names, rows.count, count - rows.count};
    return OK;
}

Error member_key_hosted(Visit *visit, int64_t member_id, Torrent **ret_works, size_t *ret_count) {
    const TrackerPort *port = &visit->community->tracker;
    bool found;
    AnnounceKeyFindRow row;
    *ret_count = 0;
    if (!port->tracker) return OK;
    TRY(query_announce_key_find(visit->db, visit->arena,
                                (AnnounceKeyFindAsk){.member_id = member_id}, &found, &row));
    bool own = member_id == visit->viewer.member_id;
    if (!found || row.banned || !(own || row.named)) return OK;
    SwarmHash swarms[HOSTED_LISTED_MAX];
    AnnounceKey key = make_key(visit->community, member_id, row.salt);
    size_t count = port->hosted(port->tracker, &key, swarms, HOSTED_LISTED_MAX);
    if (count > HOSTED_LISTED_MAX) count = HOSTED_LISTED_MAX;
    Torrent *works = arena_new(visit->arena, Torrent, count);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        AnnounceKeyWorkRow work;
        Str swarm = str_from_bytes(swarms[i].bytes, sizeof swarms[i].bytes);
        TRY(query_announce_key_work(visit->db, visit->arena, (AnnounceKeyWorkAsk){.swarm = swarm},
                                    &found, &work));
        if (found) works[kept++] = (Torrent){.id = work.id, .title = work.title};
    }
    *ret_works = works;
    *ret_count = kept;
    return OK;
}
