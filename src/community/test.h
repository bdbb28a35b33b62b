/* test.h — for the unit tests of community/ only: a whole community in a folder of its own, with
 * the real store and the real search, and a tracker that only notes what it is told. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those first */
#include <cmocka.h>
#include <dirent.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/random.h"
#include "community/account.h"
#include "community/secret.h"
#include "community/torrent_index.h"
#include "community/upload.h"
#include "torrent/create.h"

enum { STAGE_NOW = 1800000000 };

typedef struct {
    char folder[64];
    Community community;
    CommunitySettings settings;
    Arena arena;
    Db *db;
    unsigned allowed, forgotten, changed;
    AnnounceKey key; /* the last the tracker was told, of `holder`; not given: removed */
    int64_t holder;
    SwarmHash hosted; /* what the holder shares */
    unsigned keys;    /* how many the tracker has */
    InfoHash last;
} Stage;

static inline void check_fine_at(Error e, const char *file, int line) {
    if (!failed(e)) return;
    Arena arena = arena_create(1 << 16);
    Str text = error_text(e, &arena);
    print_error("%s:%d: %s %.*s\n", file, line, e.field ? e.field : "", STR_PRINTF(text));
    arena_free(&arena);
    fail();
}
#define check_fine(call) check_fine_at((call), __FILE__, __LINE__)

static inline void check_code_at(Error e, ErrorKind kind, const char *code, const char *place) {
    if (e.kind == kind && strcmp(error_code(e), code) == 0) return;
    print_error("%s: wanted %s, got %s (%s)\n", place, code, error_code(e), e.words ? e.words : "");
    fail();
}
#define CHECK_PLACE_(line) __FILE__ ":" #line
#define CHECK_PLACE(line) CHECK_PLACE_(line)
#define check_code(call, kind, code) check_code_at((call), (kind), (code), CHECK_PLACE(__LINE__))

#define check_str(got, wanted)                                                          \
    do {                                                                                \
        Str got_ = (got), wanted_ = str_from_c(wanted);                                 \
        if (!str_equal(got_, wanted_)) print_error("got \"%.*s\"\n", STR_PRINTF(got_)); \
        assert_true(str_equal(got_, wanted_));                                          \
    } while (0)

static inline void stage_allow(void *tracker, const InfoHash *hash) {
    Stage *stage = tracker;
    stage->allowed++;
    stage->last = *hash;
}

static inline void stage_forget(void *tracker, const InfoHash *hash) {
    Stage *stage = tracker;
    stage->forgotten++;
    stage->last = *hash;
}

static inline void stage_add_key(void *tracker, const AnnounceKey *key, int64_t member_id) {
    Stage *stage = tracker;
    stage->key = *key;
    stage->holder = member_id;
    stage->keys++;
}

static inline void stage_remove_key(void *tracker, const AnnounceKey *key) {
    Stage *stage = tracker;
    assert_true(stage->keys > 0);
    if (memcmp(key->bytes, stage->key.bytes, sizeof key->bytes) == 0) stage->key.is_given = false;
    stage->keys--;
}

static inline size_t stage_hosts(void *tracker, const InfoHash *hash, int64_t *ret_member_ids,
                                 size_t room) {
    const Stage *stage = tracker;
    assert_true(room > 0);
    if (!stage->key.is_given || memcmp(hash->v1, stage->hosted.bytes, SHA1_BYTES) != 0) return 0;
    ret_member_ids[0] = stage->holder;
    return 1;
}

static inline size_t stage_hosted(void *tracker, const AnnounceKey *key, SwarmHash *ret_swarms,
                                  size_t room) {
    const Stage *stage = tracker;
    assert_true(room > 0);
    if (memcmp(key->bytes, stage->key.bytes, sizeof key->bytes) != 0) return 0;
    ret_swarms[0] = stage->hosted;
    return 1;
}

static inline void stage_changed(void *argument) { ((Stage *)argument)->changed++; }

static const Str stage_announce_urls[] = {
    {"udp://essaim.example:6969/announce", 34},
    {"https://essaim.example/announce", 31},
};

static const bool stage_announce_url_is_own[] = {true, true};

static inline Stage *stage_open(void) {
    assert_true(random_start());
    Stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    snprintf(stage->folder, sizeof stage->folder, "/tmp/essaim-community-XXXXXX");
    assert_non_null(mkdtemp(stage->folder));
    stage->arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    stage->settings = (CommunitySettings){
        .site_url = STR("https://essaim.example"),
        .site_name = STR("essaim"),
        .registration_open = true,
        .announce_urls = stage_announce_urls,
        .announce_url_is_own = stage_announce_url_is_own,
        .announce_url_count = 2,
        .limits_enabled = true,
    };
    Community *community = &stage->community;
    community->settings = &stage->settings;
    community->search = search_create();
    search_set_health_rule(community->search, torrent_health_of, STAGE_NOW);
    community->tracker =
        (TrackerPort){stage,       stage_allow, stage_forget, stage_add_key, stage_remove_key,
                      stage_hosts, stage_hosted};
    random_bytes(community->announce_secret, sizeof community->announce_secret);
    community->changed = stage_changed;
    community->changed_argument = stage;
    Str url = arena_print(&stage->arena, "sqlite:%s/essaim.db", stage->folder);
    check_fine(store_open(url, &community->store));
    check_fine(secret_load(community));
    check_fine(store_reader_open(community->store, &stage->db));
    return stage;
}

static inline void stage_close(Stage *stage) {
    store_reader_close(stage->db);
    store_close(stage->community.store);
    search_free(stage->community.search);
    DIR *folder = opendir(stage->folder);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", stage->folder, entry->d_name);
        unlink(path);
    }
    if (folder) closedir(folder);
    rmdir(stage->folder);
    arena_free(&stage->arena);
    free(stage);
}

static inline Visit stage_visit(Stage *stage, int64_t member_id, Role role) {
    return (Visit){.community = &stage->community,
                   .db = stage->db,
                   .arena = &stage->arena,
                   .viewer = {.member_id = member_id, .role = role},
                   .now = STAGE_NOW};
}

/* Signs somebody up as the command line would, and comes back as that person. */
static inline Visit stage_member(Stage *stage, const char *name, Role role) {
    Visit command = stage_visit(stage, 0, ROLE_ADMIN);
    AccountAsk ask = {.name = str_from_c(name),
                      .email = arena_print(&stage->arena, "%s@example.org", name),
                      .password = STR("gannet over the harbour"),
                      .role = role};
    ErrorList errors = {0};
    int64_t id;
    check_fine(account_add(&command, &ask, &errors, &id));
    Visit visit = stage_visit(stage, id, role);
    visit.viewer.name = ask.name;
    return visit;
}

/* A torrent of one file whose bytes are all `fill`. */
static inline Str stage_torrent(Stage *stage, CreateKind kind, const char *name, char fill) {
    enum { CONTENT_BYTES = 40000 };
    char *content = arena_new(&stage->arena, char, CONTENT_BYTES);
    memset(content, fill, CONTENT_BYTES);
    const Str tracker = STR("udp://tracker.example:1337/announce");
    CreateOptions options = {.kind = kind,
                             .name = str_from_c(name),
                             .piece_length = 16 * KIB,
                             .comment = STR("first comment"),
                             .trackers = &tracker,
                             .tracker_count = 1};
    CreateFile file = {.size_bytes = CONTENT_BYTES};
    Create *create;
    check_fine(create_open(&options, &file, 1, &stage->arena, &create));
    Str left = {content, CONTENT_BYTES};
    while (create_wanted(create) != CREATE_NO_FILE) {
        Str part = str_part(left, 0, (size_t)create_left(create));
        create_feed(create, part);
    }
    Str torrent = create_write(create, &stage->arena);
    create_close(create);
    return torrent;
}

static inline TorrentWords stage_words(void) {
    return (TorrentWords){
        .title = STR("Songs of the Harbour"),
        .description = STR("Recorded in one evening."),
        .category = STR("music"),
        .tags = STR("Folk, Live Music"),
        .license = STR("CC-BY-SA-4.0"),
        .author = STR("The Gannets"),
        .source_url = STR("https://gannets.example/harbour"),
        .language = STR("en"),
    };
}

static inline Upload stage_publish(Visit *visit, CreateKind kind, const char *name, char fill) {
    Stage *stage = visit->community->tracker.tracker;
    UploadAsk ask = {.torrent = stage_torrent(stage, kind, name, fill), .words = stage_words()};
    ErrorList errors = {0};
    Upload upload;
    check_fine(upload_add(visit, &ask, &errors, &upload));
    return upload;
}
