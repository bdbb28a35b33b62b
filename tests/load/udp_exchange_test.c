#include "udp_exchange.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include "base/bytes.h"
#include "udp_mix.h"

enum { ASKED = 3 };

static Plan plan_of(uint32_t peers, uint32_t torrents, PlanShape shape) {
    Plan plan;
    PlanWish wish = {.seed = 7,
                     .peers = peers,
                     .torrents = torrents,
                     .sources = 4,
                     .shape = shape,
                     .seeders_percent = 50,
                     .wanted = 50};
    assert_true(plan_create(&wish, &plan));
    return plan;
}

static void every_peer_is_found_by_its_endpoint(void **state) {
    (void)state;
    Plan plan = plan_of(1003, 10, PLAN_ZIPF);
    for (uint32_t peer = 0; peer < 1003; peer++) {
        uint32_t ip = plan_source_ip(plan_source(&plan, peer));
        assert_int_equal(plan_find(&plan, ip, plan_port(&plan, peer)), peer);
    }
    assert_int_equal(plan_find(&plan, plan_source_ip(4), 1024), PLAN_NOBODY);
    assert_int_equal(plan_find(&plan, plan_source_ip(0), 1023), PLAN_NOBODY);
    assert_int_equal(plan_find(&plan, 0x7f000001, 1024), PLAN_NOBODY);
    plan_free(&plan);
}

static void shares_are_what_the_shape_says(void **state) {
    (void)state;
    Plan uniform = plan_of(1000, 1000, PLAN_UNIFORM);
    assert_int_equal(uniform.used_torrents, 1000);
    assert_int_equal(uniform.largest, 1);
    assert_int_equal((int)plan_asked_mean(&uniform), 0);
    plan_free(&uniform);

    Plan zipf = plan_of(10000, 100, PLAN_ZIPF);
    assert_in_range(zipf.largest, 1900, 1960); /* 10000 / H(100) */
    plan_free(&zipf);

    Plan aquatic = plan_of(20000, 10000, PLAN_AQUATIC);
    assert_in_range(aquatic.used_torrents, 4000, 4600);
    plan_free(&aquatic);
}

static void too_few_ports_are_refused(void **state) {
    (void)state;
    Plan plan;
    PlanWish wish = {.peers = 64001, .torrents = 1, .sources = 1};
    assert_false(plan_create(&wish, &plan));
}

/* Two peers of the same torrent as `peer`, and one of another. */
static void pick_peers(const Plan *plan, uint32_t peer, uint32_t ret_friends[2],
                       uint32_t *ret_stranger) {
    unsigned found = 0;
    for (uint32_t other = 0; other < plan->wish.peers; other++) {
        if (other == peer) continue;
        if (plan->torrents[other] != plan->torrents[peer])
            *ret_stranger = other;
        else if (found < 2)
            ret_friends[found++] = other;
    }
    assert_int_equal(found, 2);
}

static size_t write_answer(const Plan *plan, uint8_t *bytes, const uint32_t *peers, size_t count) {
    ByteWriter writer = byte_writer(bytes, EXCHANGE_ANSWER_ROOM);
    const uint32_t head[5] = {1, 0, 1800, 1, 2};
    for (unsigned i = 0; i < 5; i++) byte_write_u32(&writer, head[i]);
    for (size_t i = 0; i < count; i++) {
        byte_write_u32(&writer, plan_source_ip(plan_source(plan, peers[i])));
        byte_write_u16(&writer, plan_port(plan, peers[i]));
    }
    return byte_written(&writer);
}

static AnswerKind judge(const Plan *plan, uint32_t peer, const uint32_t *peers, size_t count) {
    uint8_t bytes[EXCHANGE_ANSWER_ROOM];
    AnswerSight sight;
    size_t len = write_answer(plan, bytes, peers, count);
    return exchange_judge_whole(plan, peer, str_from_bytes(bytes, len), &sight);
}

static void wrong_answers_are_noticed(void **state) {
    (void)state;
    Plan plan = plan_of(400, 4, PLAN_ZIPF);
    uint32_t friends[2], stranger = 0, peer = 0;
    for (uint32_t i = 0; i < 400; i++) plan.asked[i] = ASKED;
    pick_peers(&plan, peer, friends, &stranger);
    assert_int_equal(judge(&plan, peer, friends, 2), ANSWER_GOOD);
    assert_int_equal(judge(&plan, peer, friends, 0), ANSWER_GOOD);
    assert_int_equal(judge(&plan, peer, (uint32_t[]){friends[0], stranger}, 2), ANSWER_WRONG);
    assert_int_equal(judge(&plan, peer, (uint32_t[]){friends[0], friends[0]}, 2), ANSWER_WRONG);
    assert_int_equal(judge(&plan, peer, (uint32_t[]){plan.peers_per_source * 4}, 1), ANSWER_WRONG);
    uint32_t four[] = {friends[0], friends[1], peer, friends[0]};
    assert_int_equal(judge(&plan, peer, four, 4), ANSWER_TOO_MANY);
    plan_free(&plan);
}

static void answers_of_another_kind_are_noticed(void **state) {
    (void)state;
    Plan plan = plan_of(400, 4, PLAN_ZIPF);
    uint8_t bytes[EXCHANGE_ANSWER_ROOM];
    AnswerSight sight;
    size_t len = write_answer(&plan, bytes, NULL, 0);
    Str whole = str_from_bytes(bytes, len);
    assert_int_equal(exchange_judge(&plan, 0, whole, &sight), ANSWER_GOOD);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(exchange_judge(&plan, 0, str_part(whole, 0, cut), &sight),
                         ANSWER_MALFORMED);
    assert_int_equal(exchange_judge(&plan, 0, str_from_bytes(bytes, len + 5), &sight),
                     ANSWER_MALFORMED);
    bytes[3] = 3;
    assert_int_equal(exchange_judge(&plan, 0, whole, &sight), ANSWER_ERROR);
    bytes[3] = 2;
    assert_int_equal(exchange_judge(&plan, 0, whole, &sight), ANSWER_MALFORMED);
    /* opentracker's stub for what is not on its list: eight bytes */
    assert_int_equal(exchange_judge(&plan, 0, str_from_bytes("\0\0\0\1\0\0\0\0", 8), &sight),
                     ANSWER_MALFORMED);
    plan_free(&plan);
}

static void requests_are_unique_and_roles_stable(void **state) {
    (void)state;
    Plan plan = plan_of(300, 300, PLAN_UNIFORM);
    uint8_t first[EXCHANGE_ANNOUNCE_BYTES], second[EXCHANGE_ANNOUNCE_BYTES];
    unsigned seeders = 0;
    for (uint32_t peer = 0; peer + 1 < 300; peer++) {
        exchange_write_announce(&plan, &(ExchangeAsk){.peer = peer}, first);
        exchange_write_announce(&plan, &(ExchangeAsk){.peer = peer + 1}, second);
        assert_memory_not_equal(first + 16, second + 16, 20); /* info-hash */
        assert_memory_not_equal(first + 36, second + 36, 20); /* peer id */
        seeders += plan_is_seeder(&plan, peer);
        exchange_write_announce(&plan, &(ExchangeAsk){.peer = peer}, second);
        assert_memory_equal(first, second, sizeof first);
    }
    assert_in_range(seeders, 100, 200);
    plan_free(&plan);
}

static void options_of_every_kind_follow_the_announce(void **state) {
    (void)state;
    static const size_t lens[] = {98, 109, 161, 111, 109};
    for (unsigned kind = 0; kind < sizeof lens / sizeof lens[0]; kind++) {
        uint8_t packet[EXCHANGE_ANSWER_ROOM] = {0};
        size_t len = mix_write_options(kind, packet, EXCHANGE_ANNOUNCE_BYTES, sizeof packet);
        assert_int_equal(len, lens[kind]);
        if (len > EXCHANGE_ANNOUNCE_BYTES) assert_in_range(packet[EXCHANGE_ANNOUNCE_BYTES], 1, 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_peer_is_found_by_its_endpoint),
        cmocka_unit_test(shares_are_what_the_shape_says),
        cmocka_unit_test(too_few_ports_are_refused),
        cmocka_unit_test(wrong_answers_are_noticed),
        cmocka_unit_test(answers_of_another_kind_are_noticed),
        cmocka_unit_test(requests_are_unique_and_roles_stable),
        cmocka_unit_test(options_of_every_kind_follow_the_announce),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
