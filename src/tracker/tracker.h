/* tracker.h — the tracker as the rest of the program sees it: start, stop, which works, how many
 * peers. Knows nothing of accounts or the database: works come in by tracker_allow, counts go out
 * by tracker_tally. Owns its UDP sockets and threads, the swarms, and two files in its folder:
 * swarms.snapshot and tracker.key. Every function may be called from any thread. */
#pragma once
#include "base/address.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/listener.h"
#include "torrent/announce_key.h"
#include "torrent/infohash.h"

typedef struct Tracker Tracker;

enum { SWARM_ADDRESS_PORTS_MAX = 32 }; /* that can be capped; they stand in one block */

typedef struct {
    const Endpoint *udp_listen;
    size_t udp_listen_count;
    unsigned udp_threads;             /* per listening address; at least 1 */
    bool open;                        /* track hashes nobody allowed */
    bool allow_private_addresses;     /* hand out bogons too: tests, local networks */
    Seconds interval_s;               /* what clients are asked to wait */
    unsigned peers_per_address_max;   /* ports of one address in a swarm; 0: no cap, else to 32 */
    uint64_t peers_max, torrents_max; /* beyond: answered, not stored, counted; 0: no ceiling */
    const char *folder;               /* where the two files live; NULL: nothing is saved */
    unsigned new_swarms_per_address_max; /* a minute, when open: swarms nobody listed; 0: no cap */
    bool notes_doors;                    /* for tracker_doors */
    Seconds door_rest_s;                 /* an address is knocked at no more often */
    unsigned kept_per_address_max;       /* announces kept of one in an interval; 0: no cap */
    Str clients_denied, clients_allowed; /* beginnings of peer ids: client_kind.h */
} TrackerSettings;

MUST_USE Error tracker_create(const TrackerSettings *settings, Tracker **ret_tracker);
/* Begins to answer; the first time it reads the snapshot back before that. */
MUST_USE Error tracker_start(Tracker *tracker);
/* Before the start: sockets it takes before it binds its own. They stay the caller's to free. */
void tracker_inherit(Tracker *tracker, ListenerSet *inherited);
/* Copies of its UDP sockets: what comes to them waits there after tracker_stop. */
void tracker_list_sockets(const Tracker *tracker, ListenerSet *set);
void tracker_stop(Tracker *tracker); /* ends the threads, saves the swarms; may be started again */
void tracker_free(Tracker *tracker); /* NULL is fine */
/* Takes over all that needs neither sockets nor threads: flags, interval, caps and ceilings. */
void tracker_change(Tracker *tracker, const TrackerSettings *settings);
/* What port 0 became; before the start, and for an address that was passed over, what was asked. */
uint16_t tracker_udp_port(const Tracker *tracker, size_t listen_index);

/* A hybrid's two hashes lead to one swarm, so that old and new clients meet. Before tracker_start
 * or after; what the snapshot holds of works nobody allows is never shown, and dropped in time. */
void tracker_allow(Tracker *tracker, const InfoHash *hash);
/* While it is being told what it may track, nobody is told that something is not tracked: packets
 * wait in their sockets, announces by HTTP are asked to come again in a minute. */
void tracker_await_list(Tracker *tracker, bool awaits);
/* At once: its peers are dropped too. `hash` as it was allowed, both names of a hybrid. An open
 * tracker refuses it from then on; that is not kept across restarts, so say it again. */
void tracker_forget(Tracker *tracker, const InfoHash *hash);

/* Who of the members shares what, by the keys in the addresses their clients announce to. Members
 * are numbers of the caller's; each has one key at a time. False when there is no room for one more
 * key. Removing a key ends its mentions at once; its announces are answered as those without. */
bool tracker_add_key(Tracker *tracker, const AnnounceKey *key, int64_t member);
void tracker_remove_key(Tracker *tracker, const AnnounceKey *key);
/* Each fills up to `room`, latest first, and returns how many there are. */
size_t tracker_hosts(Tracker *tracker, const InfoHash *hash, int64_t *ret_members, size_t room);
size_t tracker_hosted(Tracker *tracker, const AnnounceKey *key, SwarmHash *ret_swarms, size_t room);

typedef struct {
    Str query; /* what stands behind '?', undecoded */
    Str key;   /* what stands behind "/announce/"; empty, unknown and damaged are all no key */
    IpAddress from;
    Milliseconds now; /* as of clock_monotonic_ms */
    char *room;       /* TRACKER_HTTP_ANSWER_BYTES_MAX, for the answer */
    size_t len;       /* of it */
} HttpAsk;
/* The answers are bencode, also when they are a failure reason. Together none waits for memory
 * alone; any number, and it is as if all came when the first did. */
void tracker_http_announces(Tracker *tracker, HttpAsk *asks, size_t count);
Str tracker_http_scrape(Tracker *tracker, Str query, Arena *arena);
struct Web *tracker_web(Tracker *tracker);     /* the desk for WebTorrent: web.h */
struct Doors *tracker_doors(Tracker *tracker); /* seeders to be knocked at: door.h; NULL: none */

typedef struct {
    SwarmHash hash;
    uint32_t seeders, leechers;         /* all of them */
    uint32_t seeders_v6, leechers_v6;   /* among them: by IPv6 */
    uint32_t seeders_web, leechers_web; /* among them: WebTorrent, of neither family */
    uint64_t completed;                 /* since the swarm was first seen, kept across restarts */
} SwarmCount;

/* Hands over every swarm whose counts changed since the last call, and forgets that they changed.
 */
typedef void (*TallyEach)(void *argument, const SwarmCount *count);
void tracker_tally(Tracker *tracker, TallyEach each, void *argument);

enum { TRACKER_FAMILIES = 2, TRACKER_EVENTS = 5 }; /* IPv4, IPv6; numbers of BEP 15 */
typedef struct {
    uint64_t by[TRACKER_FAMILIES][TRACKER_EVENTS];
} AnnounceTotals;

typedef struct {
    uint64_t torrents, seeders, leechers, completed;
    AnnounceTotals udp, http;
    uint64_t announces_udp, announces_http, scrapes, connects, refused, bad_connection_ids,
        peers_not_stored, clients_denied;
} TrackerTotals;
TrackerTotals tracker_totals(Tracker *tracker);

/* Of the machinery around it. */
typedef struct {
    uint64_t receive_buffer_bytes; /* of the smallest UDP socket; 0: there is none */
    uint64_t datagrams_dropped;    /* by the kernel, because we were too slow */
    uint64_t announce_keys;        /* of members */
    uint64_t web_peers, web_announces, web_offers, web_answers, web_refused;
} TrackerHealth;
TrackerHealth tracker_health(Tracker *tracker);
