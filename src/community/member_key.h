/* member_key.h — announce addresses of members' own, so that who shares a work can be thanked.
 * Made when a member asks for it; personal files and magnets carry it. It is never needed to
 * download. The store keeps no key, only what makes one together with community->announce_secret.
 * A new key ends the old one at once. Nobody is named who did not ask for it; others are only
 * counted. Who shares what is known from the tracker's memory alone and kept nowhere. */
#pragma once
#include "community/torrent.h"
#include "torrent/announce_key.h"

typedef struct {
    bool is_made, is_named;
    AnnounceKey key;
    Seconds made_at;
} MemberKey;

MUST_USE Error member_key_find(Visit *visit, MemberKey *ret_key); /* the visitor's own */
MUST_USE Error member_key_renew(Visit *visit);                    /* the first, or another */
MUST_USE Error member_key_remove(Visit *visit);
MUST_USE Error member_key_change_named(Visit *visit, bool named);
/* After the member was banned or let in again. */
MUST_USE Error member_key_follow(Visit *visit, int64_t member_id);
MUST_USE Error member_key_load_all(Visit *visit); /* start: every key into the tracker */

/* Our announce addresses; with the key of the visitor in those that take one. */
const Str *member_key_urls(Visit *visit, size_t *ret_count);

typedef struct {
    Str *names; /* who may be named, in alphabetical order */
    size_t count;
    uint64_t unnamed;
} TorrentHosts;
MUST_USE Error member_key_hosts(Visit *visit, const Torrent *torrent, TorrentHosts *ret_hosts);

/* What a member shares now. Empty for others than themselves unless they may be named. The works
 * have only id and title. */
MUST_USE Error member_key_hosted(Visit *visit, int64_t member_id, Torrent **ret_works,
                                 size_t *ret_count);
