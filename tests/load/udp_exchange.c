#include "udp_exchange.h"

#include "base/bytes.h"

static const uint64_t PROTOCOL_ID = 0x41727101980;

enum { CONNECT = 0, ANNOUNCE = 1, ERROR = 3, PEERS_MAX = 200, INTERVAL_S_MAX = 24 * 3600 };

size_t exchange_write_connect(uint32_t transaction_id, uint8_t ret_bytes[EXCHANGE_CONNECT_BYTES]) {
    ByteWriter writer = byte_writer(ret_bytes, EXCHANGE_CONNECT_BYTES);
    byte_write_u64(&writer, PROTOCOL_ID);
    byte_write_u32(&writer, CONNECT);
    byte_write_u32(&writer, transaction_id);
    return byte_written(&writer);
}

bool exchange_read_connect(Str answer, uint32_t transaction_id, uint64_t *ret_connection_id) {
    ByteReader reader = byte_reader(answer.at, answer.len);
    uint32_t action = byte_read_u32(&reader), id = byte_read_u32(&reader);
    uint64_t connection_id = byte_read_u64(&reader);
    if (reader.failed || reader.left || action != CONNECT || id != transaction_id) return false;
    *ret_connection_id = connection_id;
    return true;
}

void exchange_write_announce(const Plan *plan, const ExchangeAsk *ask,
                             uint8_t ret_bytes[EXCHANGE_ANNOUNCE_BYTES]) {
    uint8_t hash[PLAN_HASH_BYTES];
    plan_hash(plan, plan->torrents[ask->peer], hash);
    ByteWriter writer = byte_writer(ret_bytes, EXCHANGE_ANNOUNCE_BYTES);
    byte_write_u64(&writer, ask->connection_id);
    byte_write_u32(&writer, ANNOUNCE);
    byte_write_u32(&writer, ask->peer);
    byte_write_bytes(&writer, hash, sizeof hash);
    byte_write_bytes(&writer, "-UL0001-", 8); /* peer id: name, padding, number */
    byte_write_u64(&writer, 0x3030303030303030);
    byte_write_u32(&writer, ask->peer);
    byte_write_u64(&writer, 0); /* downloaded */
    byte_write_u64(&writer, plan_is_seeder(plan, ask->peer) ? 0 : 1000000);
    byte_write_u64(&writer, 0); /* uploaded */
    byte_write_u32(&writer, ask->event);
    byte_write_u32(&writer, 0);              /* ip */
    byte_write_u32(&writer, ask->peer * 31); /* key */
    byte_write_u32(&writer, plan->asked[ask->peer]);
    byte_write_u16(&writer, plan_port(plan, ask->peer));
}

AnswerKind exchange_judge(const Plan *plan, uint32_t peer, Str answer, AnswerSight *ret_sight) {
    ByteReader reader = byte_reader(answer.at, answer.len);
    uint32_t action = byte_read_u32(&reader);
    byte_skip(&reader, 4);
    *ret_sight = (AnswerSight){0};
    if (action == ERROR && !reader.failed) return ANSWER_ERROR;
    uint32_t interval_s = byte_read_u32(&reader);
    byte_skip(&reader, 8);
    if (reader.failed || action != ANNOUNCE || reader.left % EXCHANGE_PEER_BYTES ||
        interval_s == 0 || interval_s > INTERVAL_S_MAX)
        return ANSWER_MALFORMED;
    ret_sight->told = (uint32_t)(reader.left / EXCHANGE_PEER_BYTES);
    /* Asked for nobody, some trackers tell as many as they like: BEP 15 knows -1 only. */
    if (plan->asked[peer] && ret_sight->told > plan->asked[peer]) return ANSWER_TOO_MANY;
    return ANSWER_GOOD;
}

static bool is_repeated(const uint32_t *seen, uint32_t count, uint32_t peer) {
    for (uint32_t i = 0; i < count; i++)
        if (seen[i] == peer) return true;
    return false;
}

AnswerKind exchange_judge_whole(const Plan *plan, uint32_t peer, Str answer,
                                AnswerSight *ret_sight) {
    AnswerKind kind = exchange_judge(plan, peer, answer, ret_sight);
    if (kind != ANSWER_GOOD) return kind;
    ByteReader reader = byte_reader(answer.at, answer.len);
    uint32_t seen[PEERS_MAX + 50];
    if (ret_sight->told > sizeof seen / sizeof seen[0]) return ANSWER_TOO_MANY;
    byte_skip(&reader, 12);
    uint64_t members = (uint64_t)byte_read_u32(&reader) + byte_read_u32(&reader);
    if (members > plan->wish.peers) return ANSWER_WRONG;
    for (uint32_t i = 0; i < ret_sight->told; i++) {
        uint32_t ip = byte_read_u32(&reader);
        uint32_t told = plan_find(plan, ip, byte_read_u16(&reader));
        if (told == PLAN_NOBODY || plan->torrents[told] != plan->torrents[peer] ||
            is_repeated(seen, i, told))
            return ANSWER_WRONG;
        seen[i] = told;
        if (told == peer) ret_sight->has_oneself = true;
    }
    return ANSWER_GOOD;
}
