/* community.h — what every rule of the community needs at hand.
 * A Community is made once by the program; a Visit is one request or one command, on one thread.
 * community/ knows no HTML, no SQL text, no sockets; what it wants of the tracker goes out through
 * TrackerPort. */
#pragma once
#include <stdatomic.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "search/search.h"
#include "store/store.h"
#include "torrent/announce_key.h"
#include "torrent/infohash.h"

typedef enum {
    ROLE_NOBODY,
    ROLE_MEMBER,
    ROLE_TRUSTED,
    ROLE_MODERATOR,
    ROLE_ADMIN,
    ROLE_COUNT
} Role;
const char *role_name(Role role); /* "member" */
bool role_parse(Str name, Role *ret_role);

/* The messages the tracker takes, and the two questions it answers: up to `room` of the members who
 * share a work, or of the works the holder of a key shares; both return how many there are. */
typedef struct {
    void *tracker; /* NULL: none runs */
    void (*allow)(void *tracker, const InfoHash *hash);
    void (*forget)(void *tracker, const InfoHash *hash);
    void (*add_key)(void *tracker, const AnnounceKey *key, int64_t member_id);
    void (*remove_key)(void *tracker, const AnnounceKey *key);
    size_t (*hosts)(void *tracker, const InfoHash *hash, int64_t *ret_member_ids, size_t room);
    size_t (*hosted)(void *tracker, const AnnounceKey *key, SwarmHash *ret_swarms, size_t room);
} TrackerPort;

/* Whether strangers reach a port, as the program finds out; it may not want to. */
typedef enum { PORT_NOT_TESTED, PORT_BUSY, PORT_CLOSED, PORT_OPEN } PortState;
typedef struct {
    void *program;
    bool (*is_on)(void *program);
    PortState (*test)(void *program, Endpoint at); /* takes some seconds */
} PortTest;

typedef struct {
    Str site_url; /* "https://example.org", no slash at the end */
    Str site_name;
    bool registration_open;
    bool review_new_members;         /* a new member's first works wait in quarantine */
    const Str *announce_urls;        /* ours, put into every served file: udp first, then http */
    const bool *announce_url_is_own; /* of each: on a host of this site, so that it may hold keys */
    size_t announce_url_count;
    bool limits_enabled;
} CommunitySettings;

typedef struct Community {
    Store *store;
    Search *search;
    TrackerPort tracker;
    PortTest port_test;                        /* zeros where there is none */
    const CommunitySettings *_Atomic settings; /* replaced whole on reload; read with -> */
    Str setup_code; /* of the one-time set-up address; empty once somebody administers the site */
    void (*changed)(void *argument); /* after a removal or edit: forget cached pages; may be NULL */
    void *changed_argument;
    _Atomic Seconds counting_since, counted_at; /* by the tracker; 0: none runs */
    uint8_t secret[32];                         /* for CSRF tokens; made once, kept in the store */
    uint8_t announce_secret[HMAC_KEY_BYTES];    /* for announce keys; in a file of its own */
} Community;

/* Who asks. A nobody has id 0. */
typedef struct {
    int64_t member_id;
    Str name;
    Role role;
    Str session_id; /* hash of the session or token, empty for nobody: seed of the CSRF token */
    Str scopes; /* of a token, space-separated; empty for a session (which may all its role may) */
    bool by_token;
    Str language, theme; /* preferences, empty when none */
    Str announce_salt;   /* of the announce key, empty when none (member_key.h) */
} Viewer;

typedef struct {
    Community *community;
    Db *db; /* read connection of this thread */
    Arena *arena;
    Viewer viewer;
    Seconds now;
    const Str *announce_urls; /* with the viewer's key, once asked for (member_key.h) */
} Visit;
