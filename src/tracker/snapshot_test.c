#include "tracker/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "tracker/swarm_partition.h"

static const TwoClocks SAVED = {.unix_s = 1000000, .steady_s = 5000};
static const TwoClocks AFTER_MINUTE = {.unix_s = 1000060, .steady_s = 7};

typedef struct {
    char folder[64], path[96];
    Swarms *swarms;
} Scene;

static Swarms *make(unsigned per_address_max) {
    return swarms_create(&(SwarmLimits){.peers_max = UINT64_MAX,
                                        .swarms_max = UINT64_MAX,
                                        .peers_per_address_max = per_address_max,
                                        .gate = {.open = true},
                                        .expiry_s = 3000});
}

static void tell(Swarms *swarms, uint32_t number, uint64_t left, Seconds now) {
    uint8_t v4[ANSWER_V4_BYTES], v6[ANSWER_V6_BYTES];
    Answer answer = {.v4 = v4, .v6 = v6};
    Announce announce = {.hash = {{(uint8_t)(number % 20), 5}},
                         .from.port = (uint16_t)(number | 1),
                         .left = left,
                         .event = left ? EVENT_PAUSED : EVENT_COMPLETED,
                         .is_stored = true};
    uint8_t bytes[4] = {number % 5 ? 9 : 10, 2, (uint8_t)(number >> 8), (uint8_t)number};
    announce.from.ip = ip_from_v4(bytes);
    if (number % 3 == 0)
        announce.from.ip = (IpAddress){{0x2a, 1, [6] = (uint8_t)(number >> 8), (uint8_t)number}};
    swarms_announce(swarms, &announce, now, &answer);
}

static int set_up(void **state) {
    static Scene scene;
    snprintf(scene.folder, sizeof scene.folder, "/tmp/tracker_snapshot_XXXXXX");
    if (!mkdtemp(scene.folder)) return -1;
    snprintf(scene.path, sizeof scene.path, "%s/swarms.snapshot", scene.folder);
    scene.swarms = make(0);
    for (uint32_t i = 0; i < 1000; i++) tell(scene.swarms, i, i % 4, i % 2 ? 5000 : 2600);
    *state = &scene;
    return 0;
}

static int tear_down(void **state) {
    Scene *scene = *state;
    swarms_free(scene->swarms);
    unlink(scene->path);
    return rmdir(scene->folder); /* fails when something was left beside it */
}

static void swarms_come_back_as_they_were_saved(void **state) {
    Scene *scene = *state;
    struct stat status;
    SwarmTotals before = swarms_totals(scene->swarms);
    assert_int_equal(before.seeders, 250);
    assert_int_equal(before.leechers, 750);
    assert_false(failed(snapshot_save(scene->swarms, scene->path, SAVED)));
    assert_false(failed(snapshot_save(scene->swarms, scene->path, SAVED)));
    assert_int_equal(stat(scene->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    Swarms *again = make(0);
    TwoClocks at_once = {.unix_s = SAVED.unix_s, .steady_s = 7};
    assert_false(failed(snapshot_load(again, scene->path, at_once, true)));
    SwarmTotals after = swarms_totals(again);
    assert_int_equal(after.swarms, before.swarms);
    assert_int_equal(after.seeders, before.seeders);
    assert_int_equal(after.leechers, before.leechers);
    assert_int_equal(after.completed, before.completed);
    for (uint8_t i = 0; i < 20; i++) {
        SwarmHash hash = {{i, 5}};
        SwarmState old = swarms_state(scene->swarms, &hash), new = swarms_state(again, &hash);
        assert_int_equal(old.seeders, new.seeders);
        assert_int_equal(old.partial_seeds, new.partial_seeds);
        assert_int_equal(old.completed, new.completed);
    }
    /* Who had completed is still known to have: a retransmitted announce counts nothing. */
    for (uint32_t i = 0; i < 1000; i++) tell(again, i, i % 4, 7);
    assert_int_equal(swarms_totals(again).completed, before.completed);
    assert_int_equal(swarms_totals(again).leechers, before.leechers);
    swarms_free(again);
}

static void time_spent_stopped_counts_towards_expiry(void **state) {
    Scene *scene = *state;
    assert_false(failed(snapshot_save(scene->swarms, scene->path, SAVED)));
    Swarms *again = make(0);
    TwoClocks late = {.unix_s = SAVED.unix_s + 700, .steady_s = 7};
    assert_false(failed(snapshot_load(again, scene->path, late, true)));
    SwarmTotals totals = swarms_totals(again);
    assert_int_equal(totals.seeders + totals.leechers, 500); /* the others were silent for 3100 s */
    assert_int_equal(totals.completed, 250);
    swarms_free(again);
}

static void bogons_stay_out_when_they_are_not_allowed_any_more(void **state) {
    Scene *scene = *state;
    assert_false(failed(snapshot_save(scene->swarms, scene->path, SAVED)));
    Swarms *again = make(0);
    assert_false(failed(snapshot_load(again, scene->path, AFTER_MINUTE, false)));
    SwarmTotals totals = swarms_totals(again);
    assert_int_equal(totals.seeders + totals.leechers, 1000 - 133);
    swarms_free(again);
}

static void no_file_is_not_an_error_of_its_own(void **state) {
    Scene *scene = *state;
    Error e = snapshot_load(scene->swarms, scene->path, SAVED, true);
    assert_int_equal(e.kind, ERROR_NOT_FOUND);
    Error no_folder = snapshot_save(scene->swarms, "/nonexistent/x/swarms.snapshot", SAVED);
    assert_int_equal(no_folder.kind, ERROR_BROKEN);
}

static void flip(const char *path, off_t at, bool cut) {
    int file = open(path, O_RDWR);
    uint8_t byte;
    assert_true(file >= 0);
    if (cut) {
        assert_int_equal(ftruncate(file, at), 0);
    } else {
        assert_int_equal(pread(file, &byte, 1, at), 1);
        byte ^= 0x10;
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
    }
    close(file);
}

static void damaged_file_is_refused_whole(void **state) {
    Scene *scene = *state;
    struct stat status;
    for (unsigned round = 0; round < 60; round++) {
        assert_false(failed(snapshot_save(scene->swarms, scene->path, SAVED)));
        assert_int_equal(stat(scene->path, &status), 0);
        flip(scene->path, (off_t)(round * 7919u) % status.st_size, round % 2);
        Swarms *again = make(0);
        Error e = snapshot_load(again, scene->path, AFTER_MINUTE, true);
        assert_int_equal(e.kind, ERROR_BAD_INPUT);
        assert_string_equal(e.code, "snapshot_damaged");
        assert_int_equal(swarms_totals(again).swarms, 0);
        swarms_free(again);
    }
}

static void nonsense_with_a_right_digest_is_survived(void **state) {
    Scene *scene = *state;
    Arena arena = arena_create(64 * MIB);
    uint8_t *bytes = arena_new(&arena, uint8_t, 4096);
    for (unsigned round = 0; round < 500; round++) {
        random_bytes(bytes, 4096);
        memcpy(bytes, "essaim swarms 2\n\0\0\0\0", 20);
        /* mostly empty swarms with one absurd count */
        if (round % 2) memset(bytes + SNAPSHOT_HEAD_BYTES + 28, 0, 12);
        snapshot_parse(scene->swarms, str_from_bytes(bytes, 30 + round), SAVED, round % 3);
    }
    arena_free(&arena);
}

/* --- swarms that move while they are written --- */

enum { GIANT = 14000, SMALL = 60, NEIGHBOURS = 6, LATER = 8 };

/* Giants speak IPv4, all others IPv6. */
static void fill(Swarms *swarms, SwarmHash hash, uint32_t count) {
    uint8_t v4[ANSWER_V4_BYTES], v6[ANSWER_V6_BYTES];
    Answer answer = {.v4 = v4, .v6 = v6};
    for (uint32_t i = 0; i < count; i++) {
        Announce announce = {.hash = hash, .from.port = 1, .left = 1, .is_stored = true};
        announce.from.ip = (IpAddress){{0x2a, 1, [6] = (uint8_t)(i >> 8), (uint8_t)i}};
        if (count == GIANT)
            announce.from.ip = ip_from_v4((uint8_t[4]){9, 2, (uint8_t)(i >> 8), (uint8_t)i});
        swarms_announce(swarms, &announce, 5000, &answer);
    }
}

/* The next name whose swarm stands in the first segment. */
static SwarmHash next_beside(Swarms *swarms, uint32_t *number) {
    SwarmHash hash = {{0}};
    do {
        *number += 1;
        memcpy(hash.bytes, number, sizeof *number);
    } while (swarm_path(swarms, &hash).segment != &swarms->partitions[0].segments[0]);
    return hash;
}

/* True when another crowd stood where the giant had been half told of. */
static bool move_while_writing(Swarms *swarms, uint8_t *bytes, size_t *ret_len) {
    uint32_t number = 0;
    SwarmHash giant = next_beside(swarms, &number);
    const SwarmSegment *segment = &swarms->partitions[0].segments[0];
    SwarmCursor cursor = {0};
    fill(swarms, giant, GIANT);
    for (unsigned i = 0; i < NEIGHBOURS; i++) fill(swarms, next_beside(swarms, &number), SMALL);
    do *ret_len += swarms_write_piece(swarms, &cursor, 5000, bytes + *ret_len);
    while (cursor.bucket == 0 ||
           memcmp(&segment->slots[cursor.slot].hash, &giant, sizeof giant) != 0);
    for (unsigned i = 0; i < LATER; i++) fill(swarms, next_beside(swarms, &number), SMALL);
    const SwarmSlot *there = &segment->slots[cursor.slot];
    bool moved = there->kind == SLOT_MANY && memcmp(&there->hash, &giant, sizeof giant) != 0;
    size_t len;
    while ((len = swarms_write_piece(swarms, &cursor, 5000, bytes + *ret_len)) > 0) *ret_len += len;
    return moved;
}

static void nobody_is_told_of_in_the_swarm_of_another(void **state) {
    (void)state;
    Arena arena = arena_create(64 * MIB);
    unsigned moved = 0;
    for (unsigned round = 0; round < 50 && moved < 3; round++) {
        uint8_t *bytes = arena_new(&arena, uint8_t, 8 * SWARM_PIECE_BYTES);
        size_t len = 0;
        Swarms *swarms = make(0), *again = make(0);
        moved += move_while_writing(swarms, bytes, &len);
        SwarmReading reading = {.now = 5000, .allow_private_addresses = true};
        assert_true(swarms_read_bytes(again, str_from_bytes(bytes, len), &reading));
        for (size_t shard = 0; shard < swarms_shard_count(again); shard++) {
            SwarmChange changes[32];
            size_t position = 0, count = swarms_take_changed(again, shard, &position, changes, 32);
            for (size_t i = 0; i < count; i++)
                assert_true(changes[i].state.leechers_v6 <=
                            swarms_state(swarms, &changes[i].hash).leechers_v6);
        }
        swarms_free(swarms);
        swarms_free(again);
        arena_reset(&arena);
    }
    assert_int_equal(moved, 3);
    arena_free(&arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(swarms_come_back_as_they_were_saved),
        TEST(time_spent_stopped_counts_towards_expiry),
        TEST(bogons_stay_out_when_they_are_not_allowed_any_more),
        TEST(no_file_is_not_an_error_of_its_own),
        TEST(damaged_file_is_refused_whole),
        TEST(nonsense_with_a_right_digest_is_survived),
        cmocka_unit_test(nobody_is_told_of_in_the_swarm_of_another),
    };
    if (!random_start()) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
