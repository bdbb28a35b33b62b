#include "tracker/answer.h"

#include <assert.h>

#include "tracker/http_announce.h"
#include "tracker/udp_packet.h"

enum { LATER_MIN = 30 }; /* a work may be listed soon: it waits for a moderator, say */

static const Str NOT_TRACKED = {"This torrent is not tracked here.", 33};
/* Of what was tried, not of what is: a client may still reach others, who are open. */
static const Str CLOSED_DOOR =
    STR("Your port seems closed: nothing there answered us, over TCP or "
        "uTP. Others may not be able to reach you.");

/* +-10 %, always the same for one endpoint: clients that came together do not come back together.
 */
static Seconds interval_for(const AnswerDesk *desk, Endpoint endpoint) {
    uint8_t bytes[sizeof endpoint.ip.bytes + 2];
    memcpy(bytes, endpoint.ip.bytes, sizeof endpoint.ip.bytes);
    bytes[sizeof bytes - 2] = (uint8_t)(endpoint.port >> 8);
    bytes[sizeof bytes - 1] = (uint8_t)endpoint.port;
    Seconds interval_s = desk->interval_s, spread = interval_s / 10;
    uint64_t draw = scatter(&desk->jitter_key, bytes, sizeof bytes);
    return interval_s - spread + scatter_range((uint32_t)draw, (uint32_t)(2 * spread + 1));
}

/* Behind an address of a local network stands perhaps a whole town: it is not metered. */
static bool may_be_stored(const AnswerDesk *desk, const Announce *announce, Seconds now) {
    if (ip_is_bogon(announce->from.ip)) return desk->allow_private_addresses;
    return announce->event == EVENT_STOPPED ||
           address_meter_take(desk->meter, announce->from.ip, now);
}

/* Who leaves may always say so. */
static bool is_welcome(const AnswerDesk *desk, const Announce *announce) {
    return announce->event == EVENT_STOPPED ||
           client_filter_admits(desk->clients, announce->peer_id);
}

/* Notes a seeder as one that may be knocked at. True: that was done lately, and in vain. */
static bool note_door(const AnswerDesk *desk, const Announce *announce, Seconds now,
                      const SwarmVisit *visit) {
    Doors *doors = desk->doors;
    if (!doors || announce->left > 0 || announce->event == EVENT_STOPPED ||
        !(visit->outcome & SWARM_STORED))
        return false;
    return doors_note(doors, announce, &visit->answer->hash, now) != 0;
}

/* What follows from an announce that went to its swarm. */
static void finish_announce(const AnswerDesk *desk, Announce *announce, Seconds now,
                            const SwarmVisit *visit) {
    visit->answer->interval_s = interval_for(desk, announce->from);
    visit->answer->min_interval_s = desk->interval_s / 2;
    if (!announce->key.is_given || !(visit->outcome & SWARM_LISTED)) return;
    announce->hash = visit->answer->hash;
    if (visit->outcome & SWARM_STORED) hostings_note(desk->hostings, announce, now);
}

bool answer_count_web(const AnswerDesk *desk, const WebCount *count, WebSwarm *ret_swarm) {
    return swarms_count_web(desk->swarms, count, ret_swarm);
}

/* --- UDP --- */

/* What is counted for a batch, until it is over. */
typedef struct {
    uint64_t announces[FAMILY_COUNT][EVENT_COUNT];
    uint64_t scrapes, connects, refused, clients_denied, bad_ids, not_stored;
} BatchCounts;

/* The announces of a batch wait here until all of it is read; then they go together. */
typedef struct {
    const AnswerDesk *desk;
    TwoClocks now;
    BatchCounts counts;
    size_t waiting;
    UdpRequest requests[SWARM_BATCH_MAX];
    Answer answers[SWARM_BATCH_MAX];
    SwarmVisit visits[SWARM_BATCH_MAX];
    UdpDatagram *datagrams[SWARM_BATCH_MAX];
    bool has_proven; /* somebody: the last sender whose connection id was right, and that id */
    IpAddress proven_ip;
    uint64_t proven_id;
} UdpRound;

static size_t answer_scrape(const UdpRound *round, const UdpRequest *request, uint8_t *reply) {
    SwarmState states[TRACKER_SCRAPE_HASHES_MAX];
    for (size_t i = 0; i < request->hash_count; i++) {
        SwarmHash hash = udp_packet_hash(request, i);
        states[i] = swarms_state(round->desk->swarms, &hash);
    }
    return udp_write_scrape(request->transaction_id, states, request->hash_count, reply,
                            UDP_REPLY_ROOM);
}

/* The peers are written where the reply will have them. */
static void let_wait(UdpRound *round, UdpDatagram *datagram) {
    size_t place = round->waiting++;
    Announce *announce = &round->requests[place].announce;
    uint8_t *peers = datagram->reply + UDP_ANNOUNCE_HEAD_BYTES;
    announce->is_stored = may_be_stored(round->desk, announce, round->now.steady_s);
    round->answers[place] = (Answer){.v4 = peers, .v6 = peers};
    round->visits[place] = (SwarmVisit){.announce = announce, .answer = &round->answers[place]};
    round->datagrams[place] = datagram;
}

/* Who asks in a burst proves himself once. */
static bool is_proven(UdpRound *round, uint64_t id, IpAddress ip) {
    if (round->has_proven && id == round->proven_id && ip_equal(ip, round->proven_ip)) return true;
    if (!connection_id_check(&round->desk->connection_key, id, ip, round->now.unix_s)) return false;
    round->has_proven = true;
    round->proven_id = id;
    round->proven_ip = ip;
    return true;
}

/* Everything but an announce is answered at once. */
static void take_datagram(UdpRound *round, UdpDatagram *datagram) {
    UdpRequest *request = &round->requests[round->waiting];
    IpAddress ip = datagram->from.ip;
    Str packet = str_from_bytes(datagram->packet, datagram->len);
    PacketVerdict verdict = udp_packet_parse(packet, datagram->from, request);
    datagram->reply_len = 0;
    if (verdict == PACKET_DROP) return;
    if (request->action == UDP_CONNECT) {
        round->counts.connects++;
        datagram->reply_len = udp_write_connect(
            request->transaction_id,
            connection_id_make(&round->desk->connection_key, ip, round->now.unix_s),
            datagram->reply, UDP_REPLY_ROOM);
        return;
    }
    if (!is_proven(round, request->connection_id, ip)) {
        round->counts.bad_ids++;
        return;
    }
    bool is_announce = request->action == UDP_ANNOUNCE && verdict == PACKET_OK;
    if (is_announce && !is_welcome(round->desk, &request->announce)) {
        round->counts.clients_denied++;
        request->refusal = client_not_welcome;
        verdict = PACKET_REFUSE_ALOUD;
    }
    if (verdict == PACKET_REFUSE_ALOUD) {
        round->counts.refused++;
        datagram->reply_len = udp_write_error(request->transaction_id, request->refusal,
                                              datagram->reply, UDP_REPLY_ROOM);
    } else if (request->action == UDP_SCRAPE) {
        round->counts.scrapes++;
        datagram->reply_len = answer_scrape(round, request, datagram->reply);
    } else {
        round->counts.announces[endpoint_family(datagram->from)][request->announce.event]++;
        let_wait(round, datagram);
    }
}

static void finish_waiting(UdpRound *round, size_t place) {
    UdpRequest *request = &round->requests[place];
    const SwarmVisit *visit = &round->visits[place];
    UdpDatagram *datagram = round->datagrams[place];
    if (visit->outcome & SWARM_REFUSED) {
        round->counts.refused++;
        datagram->reply_len =
            udp_write_error(request->transaction_id, NOT_TRACKED, datagram->reply, UDP_REPLY_ROOM);
        return;
    }
    round->counts.not_stored += (visit->outcome & SWARM_NOT_STORED) != 0;
    /* BEP 15 has no warnings: whoever comes by UDP is noted, and cannot be told. */
    note_door(round->desk, &request->announce, round->now.steady_s, visit);
    finish_announce(round->desk, &request->announce, round->now.steady_s, visit);
    datagram->reply_len =
        udp_write_announce(request->transaction_id, visit->answer, endpoint_family(datagram->from),
                           datagram->reply, UDP_REPLY_ROOM);
}

static void answer_waiting(UdpRound *round) {
    if (round->waiting == 0) return;
    swarms_announce_batch(round->desk->swarms, round->visits, round->waiting, round->now.steady_s);
    for (size_t i = 0; i < round->waiting; i++) finish_waiting(round, i);
    round->waiting = 0;
}

void answer_udp_batch(const AnswerDesk *desk, Counters *counters, TwoClocks now,
                      UdpDatagram *datagrams, size_t count) {
    UdpRound round;
    round.desk = desk;
    round.now = now;
    round.counts = (BatchCounts){0};
    round.waiting = 0;
    round.has_proven = false;
    for (size_t i = 0; i < count; i++) {
        take_datagram(&round, &datagrams[i]);
        if (round.waiting == SWARM_BATCH_MAX) answer_waiting(&round);
    }
    answer_waiting(&round);
    for (size_t family = 0; family < FAMILY_COUNT; family++)
        for (size_t event = 0; event < EVENT_COUNT; event++)
            if (round.counts.announces[family][event])
                count_own(&counters->announces_udp[family][event],
                          round.counts.announces[family][event]);
    count_own(&counters->scrapes, round.counts.scrapes);
    count_own(&counters->connects, round.counts.connects);
    count_own(&counters->refused, round.counts.refused);
    count_own(&counters->clients_denied, round.counts.clients_denied);
    count_own(&counters->bad_connection_ids, round.counts.bad_ids);
    count_own(&counters->peers_not_stored, round.counts.not_stored);
}

/* --- HTTP --- */

static size_t refuse_http(Counters *counters, HttpRefusal refusal, char *room) {
    count_one(&counters->refused);
    return http_refusal_write(refusal, room);
}

/* In the room of an answer the peers wait behind all that is written before them. */
enum { HTTP_FRAME_BYTES = 512 };
static_assert(HTTP_FRAME_BYTES + ANSWER_V4_BYTES + ANSWER_V6_BYTES <= TRACKER_HTTP_ANSWER_BYTES_MAX,
              "the room holds all peers there can be");

typedef struct {
    const AnswerDesk *desk;
    Counters *counters;
    Seconds now_s;
    size_t waiting;
    Announce announces[ANSWER_HTTP_BATCH_MAX];
    Answer answers[ANSWER_HTTP_BATCH_MAX];
    SwarmVisit visits[ANSWER_HTTP_BATCH_MAX];
    HttpQuestion *questions[ANSWER_HTTP_BATCH_MAX];
} HttpRound;

/* Returns how long the answer is; 0: it waits for the others. */
static size_t take_question(HttpRound *round, HttpQuestion *question) {
    size_t place = round->waiting;
    Announce *asked = &round->announces[place];
    HttpRefusal refusal = http_announce_parse(question->query, question->from, asked);
    if (refusal.words.len) return refuse_http(round->counters, refusal, question->room);
    count_one(&round->counters->announces_http[endpoint_family(asked->from)][asked->event]);
    announce_key_parse(question->key, &asked->key);
    if (!is_welcome(round->desk, asked)) {
        count_one(&round->counters->clients_denied);
        return refuse_http(round->counters, (HttpRefusal){client_not_welcome, HTTP_RETRY_NEVER},
                           question->room);
    }
    uint8_t *peers = (uint8_t *)question->room + HTTP_FRAME_BYTES;
    asked->is_stored = may_be_stored(round->desk, asked, round->now_s);
    round->answers[place] = (Answer){.v4 = peers, .v6 = peers + ANSWER_V4_BYTES};
    round->visits[place] = (SwarmVisit){.announce = asked, .answer = &round->answers[place]};
    round->questions[place] = question;
    round->waiting++;
    return 0;
}

static size_t finish_question(HttpRound *round, size_t place) {
    const SwarmVisit *visit = &round->visits[place];
    const HttpQuestion *question = round->questions[place];
    Announce *asked = &round->announces[place];
    if (visit->outcome & SWARM_REFUSED)
        return refuse_http(round->counters, (HttpRefusal){NOT_TRACKED, LATER_MIN}, question->room);
    if (visit->outcome & SWARM_NOT_STORED) count_one(&round->counters->peers_not_stored);
    bool is_closed = note_door(round->desk, asked, round->now_s, visit);
    finish_announce(round->desk, asked, round->now_s, visit);
    size_t len = http_announce_write(visit->answer, question->from, question->room);
    return is_closed ? http_warning_add(CLOSED_DOOR, len, question->room) : len;
}

void answer_http_announces(const AnswerDesk *desk, Counters *counters, Seconds now_s,
                           HttpQuestion *questions, size_t count) {
    HttpRound round;
    round.desk = desk;
    round.counters = counters;
    round.now_s = now_s;
    round.waiting = 0;
    assert(count <= ANSWER_HTTP_BATCH_MAX);
    for (size_t i = 0; i < count; i++) questions[i].len = take_question(&round, &questions[i]);
    if (round.waiting) swarms_announce_batch(desk->swarms, round.visits, round.waiting, now_s);
    for (size_t i = 0; i < round.waiting; i++) round.questions[i]->len = finish_question(&round, i);
}

Str answer_http_scrape(const AnswerDesk *desk, Counters *counters, Str query, Arena *arena) {
    HttpScrape asked;
    SwarmState states[TRACKER_SCRAPE_HASHES_MAX];
    count_one(&counters->scrapes);
    HttpRefusal refusal = http_scrape_parse(query, &asked);
    if (refusal.words.len) {
        char *room = arena_alloc(arena, TRACKER_HTTP_ANSWER_BYTES_MAX, 1);
        return (Str){room, refuse_http(counters, refusal, room)};
    }
    for (size_t i = 0; i < asked.count; i++)
        states[i] = swarms_state(desk->swarms, &asked.hashes[i]);
    return http_scrape_write(&asked, states, arena);
}
