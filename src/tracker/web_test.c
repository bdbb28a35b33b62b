#include "tracker/web.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
/* cmocka wants the last three first */
#include <cmocka.h>

#include "base/encode.h"

enum { CLIENTS_MAX = 40, SENT_MAX = 4096 };

typedef struct {
    uint64_t socket;
    char text[600];
} Sent;

/* A tracker of one work on a clock that stands still, and what it has sent. */
typedef struct {
    AnswerDesk desk;
    Web *web;
    WebClient *clients[CLIENTS_MAX];
    Seconds now;
    Sent sent[SENT_MAX];
    size_t sent_count;
} Scene;

/* Both names of the work lead to the same swarm. */
static const char v1_name[] = "work-by-its-v1-hash.", v2_name[] = "work-by-its-v2-hash.";

static InfoHash work(void) {
    InfoHash hash = {.has_v1 = true, .has_v2 = true};
    memcpy(hash.v1, v1_name, sizeof hash.v1);
    memcpy(hash.v2, v2_name, sizeof hash.v1);
    return hash;
}

static void keep_sent(void *argument, uint64_t socket, Str text) {
    Scene *scene = argument;
    Sent *sent = &scene->sent[scene->sent_count++ % SENT_MAX];
    sent->socket = socket;
    snprintf(sent->text, sizeof sent->text, "%.*s", STR_PRINTF(text));
}

static IpAddress ip_of(size_t number) { return ip_from_v4((uint8_t[]){9, 0, 0, (uint8_t)number}); }

static int set_up_with(void **state, bool open) {
    static Scene scene;
    memset(&scene, 0, sizeof scene);
    InfoHash hash = work();
    scene.desk.swarms =
        swarms_create(&(SwarmLimits){.peers_max = 100,
                                     .swarms_max = 100,
                                     .expiry_s = 3000,
                                     .gate = {.open = open, .new_swarms_per_address_max = 2}});
    scene.desk.hostings = hostings_create(3000);
    scene.desk.clients = client_filter_create();
    scene.desk.meter = address_meter_create();
    swarms_list(scene.desk.swarms, &hash);
    scene.web = web_create(&scene.desk);
    web_set_send(scene.web, keep_sent, &scene);
    scene.now = 1000;
    for (size_t i = 0; i < CLIENTS_MAX; i++) scene.clients[i] = web_open(i, ip_of(i));
    *state = &scene;
    return 0;
}

static int set_up(void **state) { return set_up_with(state, false); }
static int set_up_open(void **state) { return set_up_with(state, true); }

static void leave(Scene *scene, size_t client) {
    if (scene->clients[client]) web_close(scene->web, scene->clients[client], scene->now);
    scene->clients[client] = NULL;
}

static int tear_down(void **state) {
    Scene *scene = *state;
    for (size_t i = 0; i < CLIENTS_MAX; i++) leave(scene, i);
    web_free(scene->web);
    hostings_free(scene->desk.hostings);
    client_filter_free(scene->desk.clients);
    address_meter_free(scene->desk.meter);
    swarms_free(scene->desk.swarms);
    return 0;
}

typedef struct {
    size_t client;
    const char *name, *more;
    unsigned id; /* of the peer; 0: the client's number */
    size_t offers;
} Say;

/* An announce; what it leads to stands in scene->sent from the beginning. */
static void say(Scene *scene, Say what) {
    char text[8000];
    unsigned id = what.id ? what.id : (unsigned)what.client + 100;
    int len = snprintf(text, sizeof text,
                       "{\"action\":\"announce\",\"info_hash\":\"%s\",\"peer_id\":"
                       "\"peer----------%06u\"%s,\"offers\":[",
                       what.name ? what.name : v1_name, id, what.more ? what.more : "");
    for (size_t i = 0; i < what.offers; i++)
        len += snprintf(text + len, sizeof text - (size_t)len,
                        "%s{\"offer\":{\"type\":\"offer\",\"sdp\":\"sdp %zu\"},\"offer_id\":"
                        "\"offer-%06u-%07zu\"}",
                        i ? "," : "", i, id, i);
    len += snprintf(text + len, sizeof text - (size_t)len, "]}");
    scene->sent_count = 0;
    web_take(scene->web, scene->clients[what.client], (Str){text, (size_t)len}, scene->now);
}

static void answer(Scene *scene, size_t from, size_t to, size_t offer) {
    char text[1000];
    int len = snprintf(text, sizeof text,
                       "{\"action\":\"announce\",\"info_hash\":\"%s\",\"peer_id\":"
                       "\"peer----------%06zu\",\"to_peer_id\":\"peer----------%06zu\","
                       "\"offer_id\":\"offer-%06zu-%07zu\","
                       "\"answer\":{\"type\":\"answer\",\"sdp\":\"yes\"}}",
                       v1_name, from + 100, to + 100, to + 100, offer);
    scene->sent_count = 0;
    web_take(scene->web, scene->clients[from], (Str){text, (size_t)len}, scene->now);
}

static SwarmState state_of(Scene *scene) {
    SwarmHash hash;
    memcpy(hash.bytes, v1_name, sizeof hash.bytes);
    return swarms_state(scene->desk.swarms, &hash);
}

static void check_counts(Scene *scene, unsigned seeders, unsigned leechers) {
    SwarmState state = state_of(scene);
    assert_int_equal(state.seeders, seeders);
    assert_int_equal(state.leechers, leechers);
    assert_int_equal(state.seeders_web, seeders);
    assert_int_equal(state.leechers_web, leechers);
    assert_int_equal(web_totals(scene->web).peers, seeders + leechers);
}

static bool says(const Sent *sent, const char *words) { return strstr(sent->text, words); }

static void peers_come_complete_and_go(void **state) {
    Scene *scene = *state;
    say(scene, (Say){.client = 1, .more = ",\"left\":0,\"event\":\"started\""});
    assert_int_equal(scene->sent_count, 1);
    assert_true(says(&scene->sent[0], "\"complete\":1,\"incomplete\":0}"));
    say(scene, (Say){.client = 2, .more = ",\"left\":7"});
    assert_true(says(&scene->sent[0], "\"complete\":1,\"incomplete\":1}"));
    say(scene, (Say){.client = 3, .name = v2_name, .more = ",\"left\":null"});
    assert_true(says(&scene->sent[0], "\"info_hash\":\"work-by-its-v2-hash.\""));
    check_counts(scene, 1, 2);
    say(scene, (Say){.client = 2, .more = ",\"left\":0,\"event\":\"completed\""});
    say(scene, (Say){.client = 2, .more = ",\"left\":0,\"event\":\"completed\""});
    say(scene, (Say){.client = 1, .more = ",\"left\":0,\"event\":\"completed\""});
    check_counts(scene, 2, 1);
    assert_int_equal(state_of(scene).completed, 1); /* once, and not by who came complete */
    say(scene, (Say){.client = 2});                 /* without `left` nothing changes */
    check_counts(scene, 2, 1);
    say(scene, (Say){.client = 2, .more = ",\"left\":3"});
    check_counts(scene, 1, 2);
    say(scene, (Say){.client = 1, .more = ",\"event\":\"stopped\""});
    assert_true(says(&scene->sent[0], "\"complete\":0,\"incomplete\":2}"));
    leave(scene, 2);
    leave(scene, 3);
    check_counts(scene, 0, 0);
}

static void offers_go_to_others_once_each_and_answers_back(void **state) {
    Scene *scene = *state;
    for (size_t i = 2; i < 8; i++) say(scene, (Say){.client = i, .name = i == 3 ? v2_name : NULL});
    say(scene, (Say){.client = 1, .offers = 10});
    assert_int_equal(scene->sent_count, 7); /* itself, then the six others */
    bool got[8] = {false};
    for (size_t i = 1; i < 7; i++) {
        const Sent *sent = &scene->sent[i];
        assert_true(sent->socket >= 2 && sent->socket < 8 && !got[sent->socket]);
        got[sent->socket] = true;
        assert_true(says(sent, "\"peer_id\":\"peer----------000101\""));
        assert_true(says(sent, sent->socket == 3 ? v2_name : v1_name));
        assert_true(says(sent, "\"offer\":{\"type\":\"offer\""));
    }
    size_t receiver = (size_t)scene->sent[4].socket; /* of the offer with number 3 */
    answer(scene, receiver, 1, 3);
    assert_int_equal(scene->sent_count, 1);
    assert_int_equal(scene->sent[0].socket, 1);
    assert_true(says(&scene->sent[0], "\"answer\":{\"type\":\"answer\",\"sdp\":\"yes\"}"));
    assert_true(says(&scene->sent[0], "\"offer_id\":\"offer-000101-0000003\""));
    answer(scene, receiver, 1, 3); /* an offer is answered once */
    assert_int_equal(scene->sent_count, 0);
}

static void answers_nobody_asked_for_go_nowhere(void **state) {
    Scene *scene = *state;
    say(scene, (Say){.client = 2});
    say(scene, (Say){.client = 3});
    say(scene, (Say){.client = 1, .offers = 1});
    size_t receiver = (size_t)scene->sent[1].socket;
    answer(scene, receiver == 2 ? 3 : 2, 1, 0); /* somebody else's offer */
    assert_int_equal(scene->sent_count, 0);
    answer(scene, receiver, 1, 5); /* no offer at all */
    assert_int_equal(scene->sent_count, 0);
    answer(scene, 9, 1, 0); /* who is not in the swarm */
    assert_true(scene->sent_count == 1 && scene->sent[0].socket == 9);
    assert_true(says(&scene->sent[0], "failure reason"));
    scene->now += WEB_ANSWER_S;
    answer(scene, receiver, 1, 0); /* too late */
    assert_int_equal(scene->sent_count, 0);
}

static void a_client_denied_is_told_so(void **state) {
    static ClientRules rules;
    Scene *scene = *state;
    assert_false(failed(client_kinds_parse(STR("-TR"), &rules.allowed)));
    client_filter_change(scene->desk.clients, &rules);
    say(scene, (Say){.client = 1});
    assert_true(scene->sent_count == 1 && says(&scene->sent[0], "not welcome"));
}

static void seeders_are_not_introduced_to_seeders(void **state) {
    Scene *scene = *state;
    for (size_t i = 1; i <= 5; i++) say(scene, (Say){.client = i, .more = ",\"left\":0"});
    say(scene, (Say){.client = 6, .more = ",\"left\":1"});
    say(scene, (Say){.client = 1, .more = ",\"left\":0", .offers = 10});
    assert_int_equal(scene->sent_count, 2);
    assert_int_equal(scene->sent[1].socket, 6);
    say(scene, (Say){.client = 6, .more = ",\"left\":1", .offers = 10});
    assert_int_equal(scene->sent_count, 6);
}

static void receivers_are_drawn_from_all(void **state) {
    Scene *scene = *state;
    size_t got[CLIENTS_MAX] = {0}, all = 0;
    for (size_t i = 1; i < CLIENTS_MAX; i++) say(scene, (Say){.client = i});
    for (size_t round = 0; round < 400; round++) {
        say(scene, (Say){.client = 1, .offers = 5});
        assert_int_equal(scene->sent_count, 6);
        for (size_t i = 1; i < 6; i++) got[scene->sent[i].socket]++;
        for (size_t i = 1; i < 6; i++)
            for (size_t k = i + 1; k < 6; k++)
                assert_true(scene->sent[i].socket != scene->sent[k].socket);
        scene->now += 60;
        for (size_t i = 2; i < CLIENTS_MAX; i++) say(scene, (Say){.client = i});
    }
    for (size_t i = 2; i < CLIENTS_MAX; i++) {
        assert_true(got[i] > 20 && got[i] < 100); /* 53 expected */
        all += got[i];
    }
    assert_int_equal(all, 2000);
    assert_int_equal(got[1], 0);
}

static void offers_have_a_rate(void **state) {
    Scene *scene = *state;
    size_t relayed = 0;
    for (size_t i = 2; i < 20; i++) say(scene, (Say){.client = i});
    for (size_t round = 0; round < 20; round++) {
        say(scene, (Say){.client = 1, .offers = 10});
        relayed += scene->sent_count - 1;
        assert_true(says(&scene->sent[0], "\"interval\"")); /* the announce itself is answered */
    }
    assert_int_equal(relayed, 60);
    scene->now += 30;
    say(scene, (Say){.client = 1, .offers = 10});
    assert_int_equal(scene->sent_count - 1, 10);
}

static void a_peer_id_stays_on_its_connection(void **state) {
    Scene *scene = *state;
    say(scene, (Say){.client = 1, .id = 7});
    say(scene, (Say){.client = 1, .id = 8});
    assert_true(says(&scene->sent[0], "failure reason"));
    say(scene, (Say){.client = 2, .id = 7});
    assert_true(says(&scene->sent[0], "failure reason"));
    check_counts(scene, 0, 1);
    /* Back from the same address after a connection that broke without a word. */
    WebClient *again = web_open(77, ip_of(1));
    WebClient *before = scene->clients[1];
    scene->clients[1] = again;
    say(scene, (Say){.client = 1, .id = 7});
    assert_true(says(&scene->sent[0], "\"incomplete\":1}"));
    check_counts(scene, 0, 1);
    web_close(scene->web, before, scene->now);
    check_counts(scene, 0, 1);
}

static void what_is_not_listed_is_refused_and_what_is_removed_is_emptied(void **state) {
    Scene *scene = *state;
    InfoHash hash = work();
    say(scene, (Say){.client = 1, .name = "unknown-unknown-unkn"});
    assert_true(says(&scene->sent[0], "This torrent is not tracked here."));
    say(scene, (Say){.client = 1});
    say(scene, (Say){.client = 2, .more = ",\"left\":0", .offers = 1});
    SwarmHash name = infohash_swarm(&hash);
    swarms_unlist(scene->desk.swarms, &hash);
    web_forget(scene->web, &name);
    check_counts(scene, 0, 0);
    say(scene, (Say){.client = 1});
    assert_true(says(&scene->sent[0], "failure reason"));
    answer(scene, 1, 2, 0);
    assert_true(scene->sent_count == 1 && says(&scene->sent[0], "failure reason"));
    swarms_list(scene->desk.swarms, &hash); /* it comes back, with nobody in it */
    say(scene, (Say){.client = 3, .offers = 5});
    assert_int_equal(scene->sent_count, 1);
    check_counts(scene, 0, 1);
}

static void who_is_not_heard_of_any_more_is_gone(void **state) {
    Scene *scene = *state;
    for (size_t i = 1; i <= 20; i++)
        say(scene, (Say){.client = i, .more = i % 3 ? NULL : ",\"left\":0"});
    scene->now += WEB_EXPIRY_S;
    say(scene, (Say){.client = 4});
    say(scene, (Say){.client = 6, .more = ",\"left\":0"});
    scene->now++;
    for (size_t i = 0; i < WEB_STRIPES; i++) web_sweep(scene->web, scene->now);
    check_counts(scene, 1, 1);
    scene->now += WEB_EXPIRY_S + 1;
    for (size_t i = 0; i < WEB_STRIPES; i++) web_sweep(scene->web, scene->now);
    check_counts(scene, 0, 0);
}

static void an_address_begins_so_many_swarms_of_an_open_tracker(void **state) {
    Scene *scene = *state;
    char name[21];
    unsigned joined = 0;
    for (unsigned i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "open-swarm-%09u", i);
        say(scene, (Say){.client = 1, .name = name});
        joined += says(&scene->sent[0], "\"incomplete\":1}");
    }
    assert_int_equal(joined, 2); /* strangers' swarms of one address in a minute */
    assert_int_equal(web_totals(scene->web).peers, 2);
}

static void one_address_counts_so_often_in_a_swarm_and_meets_others_all_the_same(void **state) {
    Scene *scene = *state;
    scene->desk.web_peers_per_address_max = 2;
    for (size_t i = 1; i < 6; i++) {
        web_close(scene->web, scene->clients[i], scene->now);
        scene->clients[i] = web_open(i, ip_of(1));
        say(scene, (Say){.client = i, .more = ",\"left\":0"});
    }
    assert_int_equal(state_of(scene).seeders, 2);
    assert_int_equal(web_totals(scene->web).peers, 5);
    say(scene, (Say){.client = 7, .offers = 10});
    assert_int_equal(scene->sent_count, 1 + 5);
    say(scene, (Say){.client = 5, .more = ",\"left\":9"}); /* nor when they change */
    assert_int_equal(state_of(scene).seeders, 2);
    assert_int_equal(state_of(scene).leechers, 1);
    leave(scene, 4);
    assert_int_equal(state_of(scene).seeders, 2);
    leave(scene, 1);
    assert_int_equal(state_of(scene).seeders, 1);
    say(scene, (Say){.client = 8});
    assert_int_equal(state_of(scene).leechers, 2);
}

static void one_address_joins_so_often_in_all_swarms_together(void **state) {
    Scene *scene = *state;
    address_meter_change(scene->desk.meter, 3, 1800);
    for (size_t i = 1; i < 6; i++) {
        web_close(scene->web, scene->clients[i], scene->now);
        scene->clients[i] = web_open(i, ip_of(1));
        say(scene, (Say){.client = i});
        assert_true(says(&scene->sent[0], "interval"));
    }
    check_counts(scene, 0, 3);
    say(scene, (Say){.client = 7});
    check_counts(scene, 0, 4);
}

static void one_client_is_in_so_many_swarms_at_most(void **state) {
    Scene *scene = *state;
    char name[21];
    unsigned joined = 0;
    SwarmLimits limits = {.swarms_max = 1000, .expiry_s = 3000, .gate = {.open = true}};
    swarms_change_limits(scene->desk.swarms, &limits, scene->now);
    for (unsigned i = 0; i < TRACKER_WEB_SWARMS_MAX + 10; i++) {
        snprintf(name, sizeof name, "open-swarm-%09u", i);
        say(scene, (Say){.client = 1, .name = name, .offers = 1});
        joined += says(&scene->sent[0], "\"incomplete\":1}");
    }
    assert_int_equal(joined, TRACKER_WEB_SWARMS_MAX);
    assert_int_equal(web_totals(scene->web).peers, TRACKER_WEB_SWARMS_MAX);
    say(scene, (Say){.client = 2, .name = name});
    assert_true(says(&scene->sent[0], "\"incomplete\":1}"));
    leave(scene, 1);
    assert_int_equal(web_totals(scene->web).peers, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(peers_come_complete_and_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(offers_go_to_others_once_each_and_answers_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(answers_nobody_asked_for_go_nowhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_client_denied_is_told_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(seeders_are_not_introduced_to_seeders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(receivers_are_drawn_from_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(offers_have_a_rate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_peer_id_stays_on_its_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_not_listed_is_refused_and_what_is_removed_is_emptied, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_not_heard_of_any_more_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_address_begins_so_many_swarms_of_an_open_tracker,
                                        set_up_open, tear_down),
        cmocka_unit_test_setup_teardown(
            one_address_counts_so_often_in_a_swarm_and_meets_others_all_the_same, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(one_address_joins_so_often_in_all_swarms_together, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(one_client_is_in_so_many_swarms_at_most, set_up_open,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
