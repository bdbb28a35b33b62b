/* scenario.h — what the BEPs and the field ask of a tracker, as one table of scenarios.
 * Each names its BEP and runs twice: against the pure core on a fake clock, and against a real
 * tracker and HTTP server on their sockets. A Driver is all that differs. What needs time to pass,
 * or senders that loopback does not have, says so and is passed over there. */
#pragma once
#include <setjmp.h>

#include "http/server.h"
#include "program.h"
#include "tracker/answer.h"

typedef struct Scene Scene;

typedef enum {
    NEEDS_CLOCK = 1,     /* time has to pass */
    NEEDS_ADDRESSES = 2, /* UDP from addresses this machine does not have */
} ScenarioNeeds;

/* What differs from: everything listed by hand, interval 1800 s, nothing capped. */
typedef struct {
    bool open, hides_bogons;
    unsigned peers_per_address_max, new_swarms_per_address_max;
    uint64_t peers_max, torrents_max;
    Seconds interval_s;
} SceneSettings;

typedef struct {
    const char *name; /* a sentence */
    const char *bep;  /* "15 connect": number and section, or "-" for what no BEP says */
    void (*run)(Scene *scene);
    unsigned needs;
    SceneSettings settings;
} Scenario;

extern const Scenario connect_scenarios[], announce_scenarios[], http_scenarios[],
    swarm_scenarios[]; /* each ends with one without name */

typedef struct {
    const char *name;
    unsigned lacks; /* of ScenarioNeeds */
    void (*open)(Scene *scene);
    void (*close)(Scene *scene);
    Endpoint (*person)(unsigned number);
    Endpoint (*person_v6)(unsigned number);
    size_t (*udp)(Scene *scene, Endpoint from, Str packet, uint8_t reply[UDP_REPLY_ROOM]);
    Str (*http)(Scene *scene, IpAddress from, Str target);
    void (*advance)(Scene *scene, Seconds by); /* NULL without a clock */
    void (*restart)(Scene *scene);             /* as after `essaim serve` anew */
} Driver;

extern const Driver core_driver, socket_driver;

enum { SCENE_SOCKETS_MAX = 600, FOLDER_BYTES = 64 };

struct Scene {
    const Driver *driver;
    const Scenario *scenario;
    Arena arena;
    Tracker *tracker;
    TwoClocks now; /* of the core */
    Counters counters;
    /* of the sockets */
    char folder[FOLDER_BYTES];
    Program program;
    HttpServer *server;
    struct {
        Endpoint from;
        int fd;
    } sockets[SCENE_SOCKETS_MAX];
    size_t socket_count;
    uint32_t transaction;
    jmp_buf failed;
    char why[512];
};

TrackerSettings scene_tracker_settings(const Scene *scene, const Endpoint *listen, size_t count);

_Noreturn void scene_fail(Scene *scene, const char *file, int line, const char *what);
#define expect(scene, what) ((what) ? (void)0 : scene_fail((scene), __FILE_NAME__, __LINE__, #what))

/* ---- hands ---- */

SwarmHash hash_of(unsigned number);
void list_work(Scene *scene, unsigned number);
void list_hybrid(Scene *scene, unsigned v1, unsigned v2);
void unlist_work(Scene *scene, unsigned number);

typedef struct {
    SwarmHash hash;
    uint64_t id; /* 0: one is asked for first */
    uint64_t left;
    uint32_t event, ip;
    int32_t wanted;
    uint16_t port;
    Str tail; /* behind the 98 bytes */
} UdpAsk;
UdpAsk ask_for(unsigned hash); /* a leecher on port 6881 who leaves the number of peers to us */

enum { ANSWERED_PEERS_MAX = 200 };
typedef struct {
    bool is_silent;
    size_t bytes; /* of the whole answer */
    Str error;    /* words; else what follows holds */
    Seconds interval_s;
    unsigned seeders, leechers;
    size_t peer_count;
    Endpoint peers[ANSWERED_PEERS_MAX];
} UdpAnswer;

uint64_t connect_from(Scene *scene, Endpoint from);
Str announce_packet(Scene *scene, const UdpAsk *ask); /* with ask->id */
UdpAnswer read_announce(Scene *scene, Endpoint from, const uint8_t *reply, size_t len);
UdpAnswer announce_udp(Scene *scene, Endpoint from, UdpAsk ask);
/* The usual: somebody who has `left` to get joins on `port`. */
UdpAnswer join_udp(Scene *scene, Endpoint from, unsigned hash, uint64_t left, uint16_t port);
bool is_silent_to(Scene *scene, Endpoint from, Str packet);
Str packet_of(Scene *scene, uint64_t id, uint32_t action, Str rest);

typedef struct {
    unsigned seeders, completed, leechers;
} ScrapedSwarm;
/* Returns how many swarms the answer holds. */
size_t scrape_udp(Scene *scene, Endpoint from, Str hashes, ScrapedSwarm ret_swarms[80]);
ScrapedSwarm scrape_one(Scene *scene, unsigned hash);

bool has_peer(const UdpAnswer *answer, IpAddress ip, uint16_t port);

typedef struct {
    Str refusal, retry; /* of a failure: what follows does not hold */
    int64_t retry_min;  /* 0: `retry` is a word */
    int64_t seeders, leechers, completed, interval_s, min_interval_s;
    Str external, peers, peers6;
} HttpAnswer;
Str hash_text(Scene *scene, unsigned number); /* %XX twenty times */
Str http_body(Scene *scene, IpAddress from, Str target);
HttpAnswer announce_http(Scene *scene, IpAddress from, const char *format, ...)
    __attribute__((format(printf, 3, 4))); /* what stands behind "announce?" */
HttpAnswer join_http(Scene *scene, IpAddress from, unsigned hash, uint64_t left, uint16_t port);
bool has_http_peer(HttpAnswer answer, IpAddress ip, uint16_t port);
