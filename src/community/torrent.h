/* torrent.h — a published work: finding, listing, editing, withdrawing, serving its file.
 * States: visible to all; quarantined (owner and moderators); withdrawn by its owner or removed by
 * a moderator (a page saying so remains, with its reason; file, magnet, search and tracker forget
 * it at once). */
#pragma once
#include "base/language.h"
#include "community/category.h"
#include "community/community.h"
#include "community/health_state.h"
#include "community/licence.h"
#include "torrent/metainfo.h"

typedef enum {
    TORRENT_VISIBLE,
    TORRENT_QUARANTINED,
    TORRENT_WITHDRAWN,
    TORRENT_REMOVED
} TorrentState;
const char *torrent_state_name(
    TorrentState state); /* "published", "quarantined", "withdrawn", "removed" */

typedef struct {
    int64_t id;
    InfoHash hash;
    TorrentState state;
    Str title, description, author, source_url, language; /* language: BCP 47, may be empty */
    const Category *category;
    const Licence *licence;
    Str *tags;
    size_t tag_count;
    int64_t uploader_id;
    Str uploader;
    Seconds published_at, changed_at;
    uint64_t size_bytes, piece_length;
    uint64_t file_count;
    bool is_private;
    bool has_file; /* false: only its hash is known here, nobody has brought the .torrent yet */
    Str name;      /* of the torrent itself */
    uint32_t seeders, leechers;
    uint32_t seeders_v6, leechers_v6, seeders_web,
        leechers_web; /* of these, by IPv6, in browsers */
    uint64_t completed;
    Seconds counted_at; /* when the tracker said so; 0: it never saw anybody */
    Seconds
        claimed_at; /* not counted but said by an import, of then; 0: what stands here is ours */
    Seconds first_seeder_at, last_seeder_at, well_seeded_at; /* up to counted_at; 0: never */
    HealthState health;
    uint64_t thanks;              /* of members (thank.h) */
    Str state_reason, state_note; /* of a withdrawal or removal */
    Seconds state_at;
} Torrent;

MUST_USE Error torrent_find(Visit *visit, int64_t id,
                            Torrent *ret_torrent); /* any state the viewer may see */
MUST_USE Error torrent_by_hash(Visit *visit, const InfoHash *hash, Torrent *ret_torrent);
/* Pasted text: hash or magnet of a known work; found=false when it is neither or unknown. */
MUST_USE Error torrent_by_paste(Visit *visit, Str text, bool *ret_found, Torrent *ret_torrent);

typedef struct {
    TorrentFile *files; /* without pad files */
    size_t file_count;
    Str *trackers, *web_seeds;
    size_t tracker_count, web_seed_count;
    Str comment;
} TorrentContents;
MUST_USE Error torrent_contents(Visit *visit, const Torrent *torrent,
                                TorrentContents *ret_contents);

/* The served file: info byte-identical; our announce list, then the trackers it came with (a
 * private torrent's too: BEP 27 lets its peers meet nowhere else), its web seeds, the permalink as
 * comment. GONE or UNLAWFUL once withdrawn or removed; magnets are empty then. */
MUST_USE Error torrent_file(Visit *visit, const Torrent *torrent, Str *ret_bytes,
                            Str *ret_file_name);
/* How many bytes torrent_file would give of each; 0 of what is gone. */
MUST_USE Error torrent_file_sizes(Visit *visit, const Torrent *torrents, size_t count,
                                  uint64_t *ret_bytes);
Str torrent_magnet(Visit *visit, const Torrent *torrent); /* a hybrid's names both hashes */
Str torrent_magnet_v1(Visit *visit,
                      const Torrent *torrent); /* for clients without v2; empty when not a hybrid */
Str torrent_path(Visit *visit, Language language,
                 const Torrent *torrent);                    /* "/en/torrent/12/debian-12" */
Str torrent_permalink(Visit *visit, const Torrent *torrent); /* site_url + "/t/{infohash}" */

typedef struct {
    SearchAsk ask;
    Str category_code; /* filled by the caller; unknown: field error. Empty: ask.category, 0 being
                          any */
    bool is_quick;     /* while somebody types: without corrections and paths of hits */
    bool by_health;    /* only works in this state */
    HealthState health;
} TorrentListAsk;

typedef struct {
    Torrent *at;
    Str *matched_paths; /* one each, may be empty */
    size_t count, total;
    Str next;
    SearchFacets categories, licences, languages; /* categories by their codes, a parent with its
                                                  children in it, then these */
    SearchFacets mays, healths, years;            /* "change", "at_risk", "2024" */
    ErrorList notes;  /* what was odd about the text asked, each a sentence */
    Str read_as;      /* the query it was taken for; empty: no text */
    Str *corrections; /* queries that may have been meant, when few works or none were found */
    size_t correction_count;
} TorrentList;
/* The one way lists are made: search picks, the store fills. Works in lists come without
 * description. */
MUST_USE Error torrent_list(Visit *visit, const TorrentListAsk *ask, TorrentList *ret_list);
/* One work by chance of those that `ask` lets in, each as likely as any other; an empty list where
 * that needs counting: see search_pick.h. */
MUST_USE Error torrent_list_pick(Visit *visit, const TorrentListAsk *ask, uint64_t chance,
                                 TorrentList *ret_list);
/* What waits in quarantine, oldest first. Moderators. */
MUST_USE Error torrent_list_waiting(Visit *visit, TorrentList *ret_list);
MUST_USE Error torrent_list_of_member(Visit *visit, int64_t member_id,
                                      TorrentList *ret_list); /* own: all states */

typedef struct {
    Str title, description, category, tags, license, author, source_url, language; /* as typed */
} TorrentWords;
MUST_USE Error torrent_change(Visit *visit, int64_t id, const TorrentWords *words,
                              ErrorList *errors);
MUST_USE Error torrent_withdraw(Visit *visit, int64_t id, Str note);
/* reason: rights malware fake illegal owner other. Moderators. */
MUST_USE Error torrent_remove(Visit *visit, int64_t id, Str reason, Str note);
MUST_USE Error torrent_publish(Visit *visit, int64_t id); /* out of quarantine. Moderators */

typedef struct {
    Seconds at;
    Str actor, what, detail; /* what: "published", "edited", "withdrawn", ... */
} TorrentEvent;
MUST_USE Error torrent_history(Visit *visit, int64_t id, TorrentEvent **ret_events,
                               size_t *ret_count);

typedef struct {
    uint64_t torrents, seeders, leechers, completed, members;
} CommunityTotals;
MUST_USE Error torrent_totals(Visit *visit, CommunityTotals *ret_totals);
void torrent_category_counts(Visit *visit, uint64_t *ret_counts,
                             size_t count); /* by category number; a parent with its children */

/* Start: every visible work into search and tracker, and those that are gone barred from the
 * tracker. Then counts flow in by torrent_count.
 * Completions never go down. No snapshot may be open on visit->db when a work is changed. */
MUST_USE Error torrent_load_all(Visit *visit);
MUST_USE Error torrent_bar_gone(Visit *visit); /* the second half of it alone */
/* For who loads while another process still writes: where the story stands (ask before loading),
 * and afterwards every work something was done to since. */
MUST_USE Error torrent_story_at(Visit *visit, int64_t *ret_event_id);
MUST_USE Error torrent_catch_up(Visit *visit, int64_t after_event_id);
typedef struct {
    SwarmHash hash;
    uint32_t seeders, leechers;
    uint64_t completed;
    uint32_t seeders_v6, leechers_v6, seeders_web, leechers_web; /* of the above */
} TorrentCount;
MUST_USE Error torrent_count(Visit *visit, const TorrentCount *counts, size_t count);
/* Empties the swarms of which nobody has told anything since `before`: of those that a tracker lost
 * when it stopped without a farewell. Their people were there until `seen_at`, as far as is known.
 */
MUST_USE Error torrent_count_settle(Visit *visit, Seconds before, Seconds seen_at);
