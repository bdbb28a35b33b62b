/* The swarms against a list of peers that does the same slowly: random announces of all kinds, few
 * torrents so that every shape comes and goes, works listed and taken off, time passing, sweeps,
 * snapshots. After each step what both say must be the same. */
#include "tracker/swarm.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/random.h"

enum {
    EXPIRY_S = 3200, /* a tick is 100 s */
    TICK_S = 100,
    WORKS = 12,
    PEERS_MAX = 4000,
    STEPS = 60000,
    PORTS_MAX = 3,
};

typedef struct {
    bool is_there, seeds, is_partial, has_completed;
    uint8_t work;
    Endpoint endpoint;
    Seconds heard_s;
} ModelPeer;

typedef struct {
    Swarms *swarms;
    Seconds now;
    uint64_t draw;
    uint64_t completed[WORKS];
    size_t count;
    ModelPeer peers[PEERS_MAX];
} Model;

static uint32_t draw(Model *model, uint32_t below) {
    model->draw = model->draw * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((model->draw >> 33) % below);
}

static Swarms *make(void) {
    return swarms_create(&(SwarmLimits){.peers_max = UINT64_MAX,
                                        .swarms_max = UINT64_MAX,
                                        .peers_per_address_max = PORTS_MAX,
                                        .expiry_s = EXPIRY_S,
                                        .gate = {.open = true},
                                        .steering = udp_steering_create(random_u64(), 2)});
}

static SwarmHash hash_of(uint8_t work) { return (SwarmHash){{work, 1, 2, work}}; }

/* The first works have few peers to draw from, the last ones many. */
static Endpoint endpoint_of(Model *model, uint8_t work) {
    uint32_t number = draw(model, 2u << work / 2 * 2);
    uint8_t bytes[4] = {5, work, (uint8_t)(number >> 8), (uint8_t)number};
    Endpoint endpoint = {ip_from_v4(bytes), (uint16_t)(1 + draw(model, PORTS_MAX + 1))};
    if (number % 3 == 0)
        endpoint.ip = (IpAddress){{0x2a, 1, work, [6] = (uint8_t)(number >> 8),
                                   (uint8_t)number, [15] = (uint8_t)draw(model, 2)}};
    return endpoint;
}

static bool same_line(IpAddress a, IpAddress b) {
    return memcmp(a.bytes, b.bytes, ip_is_v4(a) ? 16 : 8) == 0;
}

static ModelPeer *find(Model *model, uint8_t work, Endpoint endpoint, unsigned *ret_ports) {
    ModelPeer *found = NULL;
    *ret_ports = 0;
    for (size_t i = 0; i < model->count; i++) {
        ModelPeer *peer = &model->peers[i];
        if (!peer->is_there || peer->work != work) continue;
        *ret_ports += same_line(peer->endpoint.ip, endpoint.ip);
        if (ip_equal(peer->endpoint.ip, endpoint.ip) && peer->endpoint.port == endpoint.port)
            found = peer;
    }
    return found;
}

static ModelPeer *add(Model *model, uint8_t work, Endpoint endpoint) {
    size_t place = 0;
    while (place < model->count && model->peers[place].is_there) place++;
    assert_true(place < PEERS_MAX);
    if (place == model->count) model->count++;
    model->peers[place] = (ModelPeer){.is_there = true, .work = work, .endpoint = endpoint};
    return &model->peers[place];
}

/* Whether the model keeps it, as the swarms should. */
static bool model_announce(Model *model, const Announce *announce, uint8_t work) {
    unsigned ports;
    ModelPeer *peer = find(model, work, announce->from, &ports);
    if (announce->event == EVENT_STOPPED) {
        if (peer) peer->is_there = false;
        return true;
    }
    if (!peer && ports >= PORTS_MAX) return false;
    if (!peer) peer = add(model, work, announce->from);
    peer->seeds = announce->left == 0;
    peer->is_partial = !peer->seeds && announce->event == EVENT_PAUSED;
    peer->heard_s = model->now;
    if (peer->seeds && announce->event == EVENT_COMPLETED) {
        model->completed[work] += !peer->has_completed;
        peer->has_completed = true;
    }
    return true;
}

static SwarmState model_state(const Model *model, uint8_t work) {
    SwarmState state = {.completed = model->completed[work]};
    for (size_t i = 0; i < model->count; i++) {
        const ModelPeer *peer = &model->peers[i];
        if (!peer->is_there || peer->work != work) continue;
        bool is_v6 = !ip_is_v4(peer->endpoint.ip);
        state.seeders += peer->seeds;
        state.leechers += !peer->seeds;
        state.seeders_v6 += peer->seeds && is_v6;
        state.leechers_v6 += !peer->seeds && is_v6;
        state.partial_seeds += peer->is_partial;
    }
    return state;
}

/* Everybody told of is there, is not who asks, and is told of once. */
static void check_told(Model *model, const Announce *announce, const Answer *answer, uint8_t work) {
    unsigned ports;
    for (size_t i = 0; i < answer->v4_count + answer->v6_count; i++) {
        bool is_v4 = i < answer->v4_count;
        size_t bytes = is_v4 ? COMPACT_V4_BYTES : COMPACT_V6_BYTES;
        const uint8_t *first = is_v4 ? answer->v4 : answer->v6;
        size_t place = is_v4 ? i : i - answer->v4_count;
        const uint8_t *at = first + place * bytes;
        Endpoint told = {.port = (uint16_t)(at[bytes - 2] << 8 | at[bytes - 1])};
        if (is_v4)
            told.ip = ip_from_v4(at);
        else
            memcpy(told.ip.bytes, at, sizeof told.ip.bytes);
        assert_non_null(find(model, work, told, &ports));
        assert_false(ip_equal(told.ip, announce->from.ip) && told.port == announce->from.port);
        for (size_t j = 0; j < place; j++) assert_memory_not_equal(first + j * bytes, at, bytes);
    }
    SwarmState state = model_state(model, work);
    size_t others = state.seeders + state.leechers;
    if (announce->left > 0 && announce->event == EVENT_NONE && announce->wanted == 200 &&
        others <= TRACKER_PEERS_V6_MAX)
        assert_in_range(answer->v4_count + answer->v6_count, others - 1, others);
}

static Announce random_announce(Model *model, uint8_t work) {
    static const AnnounceEvent events[] = {EVENT_NONE,    EVENT_NONE,    EVENT_NONE,
                                           EVENT_STARTED, EVENT_STOPPED, EVENT_COMPLETED,
                                           EVENT_PAUSED};
    static const unsigned wanted[] = {0, 1, 7, 50, 200};
    return (Announce){.hash = hash_of(work),
                      .from = endpoint_of(model, work),
                      .left = draw(model, 2),
                      .event = events[draw(model, sizeof events / sizeof events[0])],
                      .wanted = wanted[draw(model, sizeof wanted / sizeof wanted[0])],
                      .families = {true, true},
                      .is_stored = true};
}

static void announce_some(Model *model) {
    static uint8_t v4[32][ANSWER_V4_BYTES], v6[32][ANSWER_V6_BYTES];
    Announce announces[32];
    Answer answers[32];
    SwarmVisit visits[32];
    uint8_t works[32];
    size_t count = 1 + draw(model, 32);
    for (size_t i = 0; i < count; i++) {
        works[i] = (uint8_t)draw(model, WORKS);
        announces[i] = random_announce(model, works[i]);
        answers[i] = (Answer){.v4 = v4[i], .v6 = v6[i]};
        visits[i] = (SwarmVisit){.announce = &announces[i], .answer = &answers[i]};
    }
    /* A batch goes partition by partition, so only single announces can be told apart. */
    if (count % 2) {
        for (size_t i = 0; i < count; i++) {
            visits[i].outcome =
                swarms_announce(model->swarms, &announces[i], model->now, &answers[i]);
            bool kept = model_announce(model, &announces[i], works[i]);
            assert_int_equal((visits[i].outcome & SWARM_STORED) != 0, kept);
            check_told(model, &announces[i], &answers[i], works[i]);
        }
        return;
    }
    swarms_announce_batch(model->swarms, visits, count, model->now);
    for (size_t i = 0; i < count; i++) {
        bool kept = model_announce(model, &announces[i], works[i]);
        assert_int_equal((visits[i].outcome & SWARM_STORED) != 0, kept);
    }
}

static void sweep_both(Model *model) {
    for (size_t shard = 0; shard < swarms_shard_count(model->swarms); shard++) {
        SwarmSweep sweep;
        do
            sweep = (SwarmSweep){
                .now = model->now, .slots = 1 + draw(model, 300), .keeps_unlisted = true};
        while (!swarms_sweep(model->swarms, shard, &sweep));
    }
    for (size_t i = 0; i < model->count; i++) {
        ModelPeer *peer = &model->peers[i];
        Seconds ticks = model->now / TICK_S - peer->heard_s / TICK_S;
        if (ticks > EXPIRY_S / TICK_S) peer->is_there = false;
    }
}

static void forget_one(Model *model) {
    uint8_t work = (uint8_t)draw(model, WORKS);
    SwarmHash hash = hash_of(work);
    InfoHash name = {.has_v1 = true};
    memcpy(name.v1, hash.bytes, sizeof name.v1);
    swarms_unlist(model->swarms, &name);
    assert_true(swarms_list(model->swarms, &name));
    model->completed[work] = 0;
    for (size_t i = 0; i < model->count; i++)
        if (model->peers[i].work == work) model->peers[i].is_there = false;
}

static void save_and_load(Model *model) {
    static uint8_t piece[SWARM_PIECE_BYTES];
    Swarms *again = make();
    SwarmReading reading = {.now = model->now, .allow_private_addresses = true};
    SwarmCursor cursor = {0};
    size_t all_len = 0, len;
    uint8_t *all = NULL;
    while ((len = swarms_write_piece(model->swarms, &cursor, model->now, piece)) > 0) {
        all = realloc(all, all_len + len);
        assert_non_null(all);
        memcpy(all + all_len, piece, len);
        all_len += len;
    }
    assert_true(swarms_read_bytes(again, str_from_bytes(all, all_len), &reading));
    free(all);
    swarms_free(model->swarms);
    model->swarms = again;
}

static void compare(Model *model) {
    SwarmTotals sum = {0}, totals = swarms_totals(model->swarms);
    for (uint8_t work = 0; work < WORKS; work++) {
        SwarmHash hash = hash_of(work);
        SwarmState is = swarms_state(model->swarms, &hash), right = model_state(model, work);
        assert_int_equal(is.seeders, right.seeders);
        assert_int_equal(is.leechers, right.leechers);
        assert_int_equal(is.seeders_v6, right.seeders_v6);
        assert_int_equal(is.leechers_v6, right.leechers_v6);
        assert_int_equal(is.partial_seeds, right.partial_seeds);
        assert_int_equal(is.completed, right.completed);
        sum.swarms += right.seeders + right.leechers > 0;
        sum.seeders += right.seeders;
        sum.leechers += right.leechers;
        sum.completed += right.completed;
    }
    assert_int_equal(totals.swarms, sum.swarms);
    assert_int_equal(totals.seeders, sum.seeders);
    assert_int_equal(totals.leechers, sum.leechers);
    assert_int_equal(totals.completed, sum.completed);
}

static void swarms_do_what_a_plain_list_of_peers_would(void **state) {
    (void)state;
    static Model model;
    model = (Model){.swarms = make(), .now = 50000, .draw = random_u64()};
    print_message("# draw %llu\n", (unsigned long long)model.draw);
    for (unsigned step = 0; step < STEPS / 32; step++) {
        announce_some(&model);
        model.now += draw(&model, 20);
        if (draw(&model, 15) == 0) {
            /* Never so long that an age would begin anew: sweeps come once a minute. */
            if (draw(&model, 4) == 0) model.now += draw(&model, EXPIRY_S / 2);
            sweep_both(&model);
        }
        if (draw(&model, 100) == 0) forget_one(&model);
        if (draw(&model, 100) == 0) {
            sweep_both(&model); /* what is too old would not be read back */
            save_and_load(&model);
        }
        compare(&model);
    }
    swarms_free(model.swarms);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swarms_do_what_a_plain_list_of_peers_would),
    };
    if (!random_start()) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
