#include "udp_mix.h"

#include <assert.h>

#include "base/bytes.h"
#include "base/heap.h"

enum {
    SCRAPE = 2,
    SCRAPE_HASHES_MAX = 74,
    SCRAPE_HEAD_BYTES = 8,
    SCRAPE_ENTRY_BYTES = 12,
    OPTION_KINDS = 5,
    PER_MILLE_CONNECT = 222,
    PER_MILLE_ANNOUNCE = 585,
    PER_MILLE_SCRAPE = 13,
    ID_AT = 12,
    FORGED_MARK = 0x40, /* in the transaction id, so that a late answer is known for what it is */
    PATIENCE_NS = FLOW_PATIENCE_MS * 1000000,
};

typedef struct {
    bool waits;
    MixKind kind;
    uint32_t id, peer, hashes;
    int64_t asked_ns;
} MixAsk;

typedef struct {
    Flow *flow;
    MixAsk *asks; /* by source */
    uint32_t *members;
    uint64_t state;
    MixTally *tally;
} Mix;

static uint32_t draw(Mix *mix) {
    mix->state = mix->state * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(mix->state >> 33);
}

size_t mix_write_options(unsigned kind, uint8_t *packet, size_t len, size_t room) {
    static const char url[] = "/announce/0123456789abcdef0123456789abcdef?supportcrypto=1";
    ByteWriter writer = byte_writer(packet + len, room - len);
    size_t whole = sizeof url - 1, half = whole / 2;
    switch (kind % OPTION_KINDS) {
        case 0: return len;
        case 1:
            byte_write_u8(&writer, 2);
            byte_write_u8(&writer, 9);
            byte_write_bytes(&writer, url, 9);
            break;
        case 2:
            byte_write_u8(&writer, 2);
            byte_write_u8(&writer, (uint8_t)half);
            byte_write_bytes(&writer, url, half);
            byte_write_u8(&writer, 2);
            byte_write_u8(&writer, (uint8_t)(whole - half));
            byte_write_bytes(&writer, url + half, whole - half);
            byte_write_u8(&writer, 0);
            break;
        case 3:
            byte_write_u16(&writer, 0x0101); /* padding */
            byte_write_u8(&writer, 2);
            byte_write_u8(&writer, 9);
            byte_write_bytes(&writer, url, 9);
            break;
        default: /* says more than comes */
            byte_write_u8(&writer, 2);
            byte_write_u8(&writer, 200);
            byte_write_bytes(&writer, url, 9);
            break;
    }
    assert(!writer.failed);
    return len + byte_written(&writer);
}

static size_t write_scrape(Mix *mix, MixAsk *ask, uint64_t connection_id, uint8_t *packet) {
    ByteWriter writer = byte_writer(packet, EXCHANGE_ANSWER_ROOM);
    const Plan *plan = mix->flow->plan;
    ask->hashes = draw(mix) % 4 ? 1 : draw(mix) % SCRAPE_HASHES_MAX + 1;
    byte_write_u64(&writer, connection_id);
    byte_write_u32(&writer, SCRAPE);
    byte_write_u32(&writer, ask->id);
    for (uint32_t i = 0; i < ask->hashes; i++) {
        uint8_t hash[PLAN_HASH_BYTES];
        plan_hash(plan, (plan->torrents[ask->peer] + i) % plan->wish.torrents, hash);
        byte_write_bytes(&writer, hash, sizeof hash);
    }
    return byte_written(&writer);
}

static MixKind draw_kind(Mix *mix) {
    uint32_t number = draw(mix) % 1000;
    if (number < PER_MILLE_CONNECT) return MIX_CONNECT;
    if (number < PER_MILLE_CONNECT + PER_MILLE_ANNOUNCE) return MIX_ANNOUNCE;
    return number < PER_MILLE_CONNECT + PER_MILLE_ANNOUNCE + PER_MILLE_SCRAPE ? MIX_SCRAPE
                                                                              : MIX_FORGED;
}

static size_t write_ask(Mix *mix, MixAsk *ask, const FlowSource *source, uint8_t *packet) {
    uint64_t id = source->connection_id;
    if (ask->kind == MIX_CONNECT) return exchange_write_connect(ask->id, packet);
    if (ask->kind == MIX_SCRAPE) return write_scrape(mix, ask, id, packet);
    if (ask->kind == MIX_FORGED) id ^= 1ull << draw(mix) % 60;
    ExchangeAsk announce = {ask->peer, id, EXCHANGE_NO_EVENT};
    exchange_write_announce(mix->flow->plan, &announce, packet);
    if (ask->kind == MIX_FORGED) packet[ID_AT] |= FORGED_MARK;
    return mix_write_options(draw(mix), packet, EXCHANGE_ANNOUNCE_BYTES, EXCHANGE_ANSWER_ROOM);
}

static void ask(Mix *mix, uint32_t number, int64_t now_ns) {
    FlowSource *source = &mix->flow->sources[number];
    uint8_t packet[EXCHANGE_ANSWER_ROOM];
    uint64_t start = (uint64_t)number * mix->flow->plan->peers_per_source;
    if (start >= mix->flow->plan->wish.peers) return;
    source->next = (source->next + 1) % mix->flow->filled;
    MixAsk *ask = &mix->asks[number];
    *ask = (MixAsk){.kind = draw_kind(mix), .asked_ns = now_ns};
    ask->peer = (uint32_t)start + source->next;
    if (ask->peer >= mix->flow->plan->wish.peers) ask->peer = (uint32_t)start;
    ask->id = ask->kind == MIX_CONNECT ? ask->peer | 0x20000000 : ask->peer;
    size_t len = write_ask(mix, ask, source, packet);
    (void)!send(source->socket, packet, len, 0);
    mix->tally->asked[ask->kind]++;
    ask->waits = ask->kind != MIX_FORGED; /* nothing is to be waited for */
}

/* A swarm has as many as the plan put there, never more: nobody else announces. */
static bool is_scrape_right(Mix *mix, const MixAsk *ask, Str answer) {
    const Plan *plan = mix->flow->plan;
    ByteReader reader = byte_reader(answer.at, answer.len);
    if (answer.len != SCRAPE_HEAD_BYTES + SCRAPE_ENTRY_BYTES * (size_t)ask->hashes) return false;
    if (byte_read_u32(&reader) != SCRAPE) return false;
    byte_skip(&reader, 4);
    for (uint32_t i = 0; i < ask->hashes; i++) {
        uint32_t seeders = byte_read_u32(&reader);
        byte_skip(&reader, 4);
        uint64_t members = (uint64_t)seeders + byte_read_u32(&reader);
        if (members > mix->members[(plan->torrents[ask->peer] + i) % plan->wish.torrents])
            return false;
    }
    return true;
}

static void take(Mix *mix, FlowSource *source, MixAsk *ask, Str answer) {
    uint32_t id = 0;
    if (answer.len >= 8) memcpy(&id, answer.at + 4, sizeof id);
    if (ntohl(id) >> 24 & FORGED_MARK) mix->tally->answered[MIX_FORGED]++;
    if (!ask->waits || answer.len < 8 || ntohl(id) != ask->id) {
        mix->tally->strange++;
        return;
    }
    bool right = false;
    AnswerSight sight;
    ask->waits = false;
    mix->tally->answered[ask->kind]++;
    if (ask->kind == MIX_CONNECT)
        right = exchange_read_connect(answer, ask->id, &source->connection_id);
    else if (ask->kind == MIX_SCRAPE)
        right = is_scrape_right(mix, ask, answer);
    else {
        right = exchange_judge_whole(mix->flow->plan, ask->peer, answer, &sight) == ANSWER_GOOD;
        mix->tally->told += sight.told;
    }
    mix->tally->wrong += !right;
}

static void serve_source(Mix *mix, uint32_t number, int64_t now_ns) {
    FlowSource *source = &mix->flow->sources[number];
    MixAsk *under_way = &mix->asks[number];
    uint8_t bytes[EXCHANGE_ANSWER_ROOM];
    ssize_t got = recv(source->socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got > 0) take(mix, source, under_way, str_from_bytes(bytes, (size_t)got));
    if (under_way->waits && now_ns - under_way->asked_ns > PATIENCE_NS) {
        mix->tally->lost++;
        under_way->waits = false;
    }
    if (!under_way->waits) ask(mix, number, now_ns);
}

/* What a measurement before left under way is no answer to this one. */
static void forget_answers(Flow *flow) {
    uint8_t byte;
    int64_t until = flow_now_ns() + PATIENCE_NS;
    while (flow_now_ns() < until)
        for (uint32_t i = 0; i < flow->flight; i++)
            (void)!recv(flow->sources[i].socket, &byte, 1, MSG_DONTWAIT);
}

void mix_run(Flow *flow, int64_t duration_ns, MixTally *ret_tally) {
    MixTally tally = {0};
    const Plan *plan = flow->plan;
    Mix mix = {.flow = flow,
               .asks = heap_new(plan->wish.sources, sizeof(MixAsk)),
               .members = heap_new(plan->wish.torrents, sizeof(uint32_t)),
               .state = plan->wish.seed,
               .tally = &tally};
    for (uint32_t peer = 0; peer < plan->wish.peers; peer++) mix.members[plan->torrents[peer]]++;
    forget_answers(flow);
    int64_t start = flow_now_ns(), now = start;
    while (now - start < duration_ns) {
        for (uint32_t i = 0; i < flow->flight; i++) serve_source(&mix, i, now);
        now = flow_now_ns();
    }
    tally.took_ns = now - start;
    heap_free(mix.asks);
    heap_free(mix.members);
    *ret_tally = tally;
}
