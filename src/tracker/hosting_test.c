#include "tracker/hosting.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/random.h"

enum { EXPIRY_S = 3000, ANNA = 11, BOB = 12 };

static int set_up(void **state) {
    *state = hostings_create(EXPIRY_S);
    return 0;
}

static int tear_down(void **state) {
    hostings_free(*state);
    return 0;
}

static AnnounceKey key_of(uint32_t number) {
    AnnounceKey key = {.is_given = true};
    memcpy(key.bytes, &number, sizeof number);
    return key;
}

static SwarmHash swarm_of(uint32_t number) {
    SwarmHash swarm = {{0}};
    memcpy(swarm.bytes, &number, sizeof number);
    return swarm;
}

static Announce seeding(uint32_t swarm, uint32_t key, uint16_t port) {
    return (Announce){.hash = swarm_of(swarm),
                      .key = key_of(key),
                      .from = {.ip = {{[10] = 0xff, [11] = 0xff, [12] = 9}}, .port = port}};
}

static size_t members(Hostings *hostings, uint32_t swarm, Seconds now, int64_t *ret_first) {
    int64_t found[8] = {0};
    SwarmHash hash = swarm_of(swarm);
    size_t count = hostings_members(hostings, &hash, now, found, 8);
    if (ret_first) *ret_first = found[0];
    return count;
}

static void add_key(Hostings *hostings, uint32_t number, int64_t member) {
    AnnounceKey key = key_of(number);
    assert_true(hostings_add_key(hostings, &key, member));
}

static void note(Hostings *hostings, Announce announce, Seconds now) {
    hostings_note(hostings, &announce, now);
}

static void a_seeder_with_a_key_is_a_host_until_it_stops(void **state) {
    int64_t first;
    add_key(*state, 1, ANNA);
    note(*state, seeding(5, 1, 6881), 100);
    assert_int_equal(members(*state, 5, 100, &first), 1);
    assert_int_equal(first, ANNA);
    assert_int_equal(members(*state, 6, 100, NULL), 0);
    Announce stopped = seeding(5, 1, 6881);
    stopped.event = EVENT_STOPPED;
    note(*state, stopped, 101);
    assert_int_equal(members(*state, 5, 101, NULL), 0);
}

static void leechers_and_unknown_keys_are_no_hosts(void **state) {
    add_key(*state, 1, ANNA);
    Announce leecher = seeding(5, 1, 6881), keyless = seeding(5, 1, 6882);
    leecher.left = 1;
    keyless.key.is_given = false;
    note(*state, leecher, 100);
    note(*state, keyless, 100);
    note(*state, seeding(5, 2, 6883), 100);
    assert_int_equal(members(*state, 5, 100, NULL), 0);
    note(*state, seeding(5, 1, 6881), 101);
    note(*state, leecher, 102); /* a part was found damaged */
    assert_int_equal(members(*state, 5, 102, NULL), 0);
}

static void two_clients_of_one_member_are_one_host_while_one_is_there(void **state) {
    add_key(*state, 1, ANNA);
    add_key(*state, 2, BOB);
    for (uint16_t port = 1; port <= 6; port++) note(*state, seeding(5, 1, port), 100 + port);
    note(*state, seeding(5, 2, 1), 100);
    assert_int_equal(members(*state, 5, 110, NULL), 2);
    Announce stopped = seeding(5, 1, 6);
    stopped.event = EVENT_STOPPED;
    note(*state, stopped, 110);
    assert_int_equal(members(*state, 5, 110, NULL), 2);
    for (stopped.from.port = 3; stopped.from.port < 6; stopped.from.port++)
        note(*state, stopped, 110);
    assert_int_equal(members(*state, 5, 110, NULL), 1);
}

static void who_is_not_heard_of_is_gone_and_swept(void **state) {
    AnnounceKey key = key_of(1);
    SwarmHash swarms[2];
    add_key(*state, 1, ANNA);
    note(*state, seeding(5, 1, 1), 100);
    note(*state, seeding(6, 1, 1), 200);
    assert_int_equal(members(*state, 5, 100 + EXPIRY_S, NULL), 1);
    assert_int_equal(members(*state, 5, 101 + EXPIRY_S, NULL), 0);
    assert_int_equal(hostings_swarms(*state, &key, 101 + EXPIRY_S, (HostedRoom){swarms, 2}), 1);
    assert_int_equal(swarms[0].bytes[0], 6);
    hostings_sweep(*state, 1000, 101 + EXPIRY_S);
    assert_int_equal(members(*state, 5, 100, NULL), 0);
    assert_int_equal(members(*state, 6, 101 + EXPIRY_S, NULL), 1);
}

static void a_removed_key_takes_its_mentions_with_it(void **state) {
    AnnounceKey key = key_of(1);
    add_key(*state, 1, ANNA);
    add_key(*state, 2, BOB);
    note(*state, seeding(5, 1, 1), 100);
    note(*state, seeding(5, 2, 2), 100);
    hostings_remove_key(*state, &key);
    assert_int_equal(hostings_key_count(*state), 1);
    int64_t first;
    assert_int_equal(members(*state, 5, 100, &first), 1);
    assert_int_equal(first, BOB);
    note(*state, seeding(5, 1, 1), 101); /* a dead key is no key */
    assert_int_equal(members(*state, 5, 101, NULL), 1);
    assert_int_equal(hostings_swarms(*state, &key, 101, (HostedRoom){NULL, 0}), 0);
    add_key(*state, 3, ANNA);
    note(*state, seeding(5, 3, 1), 102);
    assert_int_equal(members(*state, 5, 102, NULL), 2);
}

static void a_removed_work_has_no_hosts(void **state) {
    SwarmHash gone = swarm_of(5);
    add_key(*state, 1, ANNA);
    note(*state, seeding(5, 1, 1), 100);
    note(*state, seeding(6, 1, 1), 100);
    hostings_remove_swarm(*state, &gone);
    assert_int_equal(members(*state, 5, 100, NULL), 0);
    assert_int_equal(members(*state, 6, 100, NULL), 1);
}

static void one_member_cannot_fill_the_table(void **state) {
    AnnounceKey anna = key_of(1);
    add_key(*state, 1, ANNA);
    add_key(*state, 2, BOB);
    for (uint32_t i = 0; i < HOSTINGS_OF_MEMBER_MAX + 10; i++) note(*state, seeding(i, 1, 1), 100);
    assert_int_equal(hostings_swarms(*state, &anna, 100, (HostedRoom){NULL, 0}),
                     HOSTINGS_OF_MEMBER_MAX);
    note(*state, seeding(7, 2, 1), 100);
    assert_int_equal(members(*state, 7, 100, NULL), 2);
}

/* Keys and mentions come and go at random; a plain table of them says what must be there. */
static void what_is_told_agrees_with_a_plain_table(void **state) {
    enum { KEYS = 24, SWARMS = 40, STEPS = 200000 };
    static bool has_key[KEYS], seeds[KEYS][SWARMS];
    for (size_t step = 0; step < STEPS; step++) {
        uint64_t draw = random_u64();
        uint32_t who = draw % KEYS, what = (draw >> 8) % SWARMS;
        AnnounceKey key = key_of(who);
        SwarmHash swarm = swarm_of(what);
        unsigned act = (draw >> 16) % 100;
        if (act < 3) {
            hostings_remove_key(*state, &key);
            has_key[who] = false;
            memset(seeds[who], 0, sizeof seeds[who]);
        } else if (act < 8) {
            add_key(*state, who, who);
            has_key[who] = true;
            memset(seeds[who], 0, sizeof seeds[who]);
        } else if (act < 10) {
            hostings_remove_swarm(*state, &swarm);
            for (size_t i = 0; i < KEYS; i++) seeds[i][what] = false;
        } else {
            Announce announce = seeding(what, who, 1);
            announce.left = act % 2;
            note(*state, announce, 100);
            seeds[who][what] = has_key[who] && act % 2 == 0;
        }
        hostings_sweep(*state, 3, 100);
        size_t of_swarm = 0, of_member = 0;
        for (size_t i = 0; i < KEYS; i++) of_swarm += seeds[i][what];
        for (size_t i = 0; i < SWARMS; i++) of_member += seeds[who][i];
        assert_int_equal(members(*state, what, 100, NULL), of_swarm);
        assert_int_equal(hostings_swarms(*state, &key, 100, (HostedRoom){NULL, 0}), of_member);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_seeder_with_a_key_is_a_host_until_it_stops),
        TEST(leechers_and_unknown_keys_are_no_hosts),
        TEST(two_clients_of_one_member_are_one_host_while_one_is_there),
        TEST(who_is_not_heard_of_is_gone_and_swept),
        TEST(a_removed_key_takes_its_mentions_with_it),
        TEST(a_removed_work_has_no_hosts),
        TEST(one_member_cannot_fill_the_table),
        TEST(what_is_told_agrees_with_a_plain_table),
    };
    if (!random_start()) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
