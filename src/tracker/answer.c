#include "tracker/answer.h"

#include "tracker/http_announce.h"
#include "tracker/udp_packet.h"

enum { LATER_MIN = 30 }; /* a work may be listed soon: it waits for a moderator, say */

typedef struct {
    uint8_t *at;
    size_t room;
} ByteRoom;

static const Str NOT_TRACKED = {"This torrent is not tracked here.", 33};

/* +-10 %, always the same for one endpoint: clients that came together do not come back together.
 */
static Seconds interval_for(const AnswerDesk *desk, Endpoint endpoint) {
    uint8_t bytes[sizeof endpoint.ip.bytes + 2];
    memcpy(bytes, endpoint.ip.bytes, sizeof endpoint.ip.bytes);
    bytes[sizeof bytes - 2] = (uint8_t)(endpoint.port >> 8);
    bytes[sizeof bytes - 1] = (uint8_t)endpoint.port;
    Seconds interval_s = desk->interval_s, spread = interval_s / 10;
    uint64_t draw = siphash(str_from_bytes(bytes, sizeof bytes), desk->jitter_key);
    return interval_s - spread + (Seconds)(draw % (uint64_t)(2 * spread + 1));
}

/* False when the hash is not tracked. */
static bool take_announce(const AnswerDesk *desk, Counters *counters, Announce *announce,
                          Seconds now, Answer *ret_answer) {
    SwarmHash asked = announce->hash;
    GatePass pass = gate_enter(desk->gate, &asked, &announce->hash);
    if (pass == GATE_REFUSED) return false;
    IpAddress ip = announce->from.ip;
    announce->is_stored = desk->allow_private_addresses || !ip_is_bogon(ip);
    announce->may_open_swarm = pass == GATE_LISTED || gate_may_begin(desk->gate, ip, now);
    unsigned outcome = swarms_announce(desk->swarms, announce, now, ret_answer);
    if (pass == GATE_STRANGER && (outcome & SWARM_BEGUN)) gate_note_begun(desk->gate, ip, now);
    if (pass == GATE_LISTED && (outcome & SWARM_STORED))
        hostings_note(desk->hostings, announce, now);
    gate_leave(desk->gate, &asked);

    if (outcome & SWARM_NOT_STORED) count_one(&counters->peers_not_stored);
    ret_answer->interval_s = interval_for(desk, announce->from);
    ret_answer->min_interval_s = desk->interval_s / 2;
    return true;
}

bool answer_count_web(const AnswerDesk *desk, const WebCount *count, WebSwarm *ret_swarm) {
    WebSwarm swarm;
    GatePass pass = gate_enter(desk->gate, &count->hash, &swarm.hash);
    if (pass == GATE_REFUSED) return false;
    swarm.is_counted = swarms_count_web(desk->swarms, &swarm.hash, &count->change, count->now);
    swarm.state = swarms_state(desk->swarms, &swarm.hash);
    gate_leave(desk->gate, &count->hash);
    *ret_swarm = swarm;
    return true;
}

static SwarmState count_swarm(const AnswerDesk *desk, SwarmHash asked) {
    SwarmHash swarm;
    SwarmState state = {0};
    if (gate_enter(desk->gate, &asked, &swarm) == GATE_REFUSED) return state;
    state = swarms_state(desk->swarms, &swarm);
    gate_leave(desk->gate, &asked);
    return state;
}

static size_t answer_udp_announce(const AnswerDesk *desk, Counters *counters, UdpRequest *request,
                                  Seconds now, ByteRoom reply) {
    Answer answer;
    Family family = endpoint_family(request->announce.from);
    count_one(&counters->announces_udp);
    if (take_announce(desk, counters, &request->announce, now, &answer))
        return udp_write_announce(request->transaction_id, &answer, family, reply.at, reply.room);
    count_one(&counters->refused);
    return udp_write_error(request->transaction_id, NOT_TRACKED, reply.at, reply.room);
}

static size_t answer_udp_scrape(const AnswerDesk *desk, Counters *counters,
                                const UdpRequest *request, ByteRoom reply) {
    SwarmState states[TRACKER_SCRAPE_HASHES_MAX];
    count_one(&counters->scrapes);
    for (size_t i = 0; i < request->hash_count; i++)
        states[i] = count_swarm(desk, udp_packet_hash(request, i));
    return udp_write_scrape(request->transaction_id, states, request->hash_count, reply.at,
                            reply.room);
}

size_t answer_udp(const AnswerDesk *desk, Counters *counters, const UdpQuestion *question,
                  uint8_t *reply, size_t room) {
    UdpRequest request;
    IpAddress ip = question->from.ip;
    Seconds unix_s = question->now.unix_s;
    PacketVerdict verdict = udp_packet_parse(question->packet, question->from, &request);
    if (verdict == PACKET_DROP) return 0;
    if (request.action == UDP_CONNECT) {
        count_one(&counters->connects);
        uint64_t id = connection_id_make(&desk->connection_key, ip, unix_s);
        return udp_write_connect(request.transaction_id, id, reply, room);
    }
    if (!connection_id_check(&desk->connection_key, request.connection_id, ip, unix_s)) {
        count_one(&counters->bad_connection_ids);
        return 0;
    }
    if (verdict == PACKET_REFUSE_ALOUD) {
        count_one(&counters->refused);
        return udp_write_error(request.transaction_id, request.refusal, reply, room);
    }
    ByteRoom out = {reply, room};
    if (request.action == UDP_SCRAPE) return answer_udp_scrape(desk, counters, &request, out);
    return answer_udp_announce(desk, counters, &request, question->now.steady_s, out);
}

static size_t refuse_http(Counters *counters, HttpRefusal refusal, char *room) {
    count_one(&counters->refused);
    return http_refusal_write(refusal, room);
}

size_t answer_http_announce(const AnswerDesk *desk, Counters *counters,
                            const HttpQuestion *question, char *room) {
    Announce asked;
    Answer answer;
    count_one(&counters->announces_http);
    HttpRefusal refusal = http_announce_parse(question->query, question->from, &asked);
    if (refusal.words.len) return refuse_http(counters, refusal, room);
    announce_key_parse(question->key, &asked.key);
    if (!take_announce(desk, counters, &asked, question->now_s, &answer))
        return refuse_http(counters, (HttpRefusal){NOT_TRACKED, LATER_MIN}, room);
    return http_announce_write(&answer, question->from, room);
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
    for (size_t i = 0; i < asked.count; i++) states[i] = count_swarm(desk, asked.hashes[i]);
    return http_scrape_write(&asked, states, arena);
}
