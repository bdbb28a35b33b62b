#include "udp_flow.h"

#include <assert.h>
#include <errno.h>
#include <netinet/udp.h>
#include <unistd.h>

#include "base/heap.h"

static const int64_t MS = 1000000;

enum { EMPTY_READS_MAX = 6, LOST_IN_A_ROW_MAX = 200, CONNECT_TRIES = 20 };

int64_t flow_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 * MS + now.tv_nsec;
}

static void note_latency(FlowTally *tally, int64_t ns) {
    uint64_t value = ns < 16 ? 16 : (uint64_t)ns;
    unsigned doublings = 63 - (unsigned)__builtin_clzll(value);
    unsigned slot = doublings * 16 + (unsigned)(value >> (doublings - 4) & 15);
    tally->latencies[slot]++;
    if (ns > tally->latency_max_ns) tally->latency_max_ns = ns;
}

int64_t flow_latency_ns(const FlowTally *tally, double share) {
    uint64_t all = 0, seen = 0;
    for (unsigned i = 0; i < FLOW_LATENCY_SLOTS; i++) all += tally->latencies[i];
    for (unsigned i = 0; i < FLOW_LATENCY_SLOTS; i++) {
        seen += tally->latencies[i];
        if (seen > 0 && (double)seen >= share * (double)all) {
            int64_t end = (int64_t)(17 + i % 16) << (i / 16 - 4);
            return end < tally->latency_max_ns ? end : tally->latency_max_ns;
        }
    }
    return 0;
}

/* ---- sources --------------------------------------------------------------------------------- */

/* A flow that cannot connect within CONNECT_TRIES patiences gives up. */
static bool source_connect(FlowSource *source) {
    for (unsigned tries = 0; tries < CONNECT_TRIES; tries++) {
        uint8_t bytes[EXCHANGE_ANSWER_ROOM];
        uint32_t id = (uint32_t)flow_now_ns() | 0x80000000;
        size_t len = exchange_write_connect(id, bytes);
        if (send(source->socket, bytes, len, 0) != (ssize_t)len && errno != ECONNREFUSED) continue;
        int64_t until = flow_now_ns() + FLOW_PATIENCE_MS * MS;
        while (flow_now_ns() < until) {
            ssize_t got = recv(source->socket, bytes, sizeof bytes, MSG_DONTWAIT);
            if (got <= 0) continue;
            if (!exchange_read_connect(str_from_bytes(bytes, (size_t)got), id,
                                       &source->connection_id))
                continue;
            source->connected_ns = flow_now_ns();
            return true;
        }
    }
    errno = ETIMEDOUT;
    return false;
}

static bool source_open(FlowSource *source, uint32_t number, const FlowWish *wish) {
    uint32_t ip = plan_source_ip(number);
    uint8_t bytes[4] = {(uint8_t)(ip >> 24), (uint8_t)(ip >> 16), (uint8_t)(ip >> 8), (uint8_t)ip};
    struct sockaddr_storage name;
    socklen_t len = endpoint_to_sockaddr((Endpoint){.ip = ip_from_v4(bytes)}, &name);
    int segment = EXCHANGE_ANNOUNCE_BYTES;
    source->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (source->socket < 0 || bind(source->socket, (struct sockaddr *)&name, len) != 0)
        return false;
    len = endpoint_to_sockaddr(wish->server, &name);
    if (connect(source->socket, (struct sockaddr *)&name, len) != 0) return false;
    if (wish->burst > 1 &&
        setsockopt(source->socket, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment) != 0)
        return false;
    return source_connect(source);
}

bool flow_open(const Plan *plan, const FlowWish *wish, Flow *ret_flow) {
    assert(wish->burst <= FLOW_BURST_MAX && plan->wish.sources <= FLOW_SOURCES_MAX);
    Flow flow = {.plan = plan,
                 .burst = wish->burst,
                 .flight = wish->flight < plan->wish.sources ? wish->flight : plan->wish.sources,
                 .checks_peers = wish->checks_peers};
    flow.sources = heap_new(plan->wish.sources, sizeof *flow.sources);
    flow.under_way = heap_new(plan->wish.sources, sizeof *flow.under_way);
    for (uint32_t i = 0; i < plan->wish.sources; i++) flow.sources[i].socket = -1;
    bool opened = true;
    for (uint32_t i = 0; i < plan->wish.sources && opened; i++)
        opened = source_open(&flow.sources[i], i, wish);
    *ret_flow = flow;
    if (!opened) flow_close(ret_flow);
    return opened;
}

void flow_close(Flow *flow) {
    int cause = errno;
    for (uint32_t i = 0; i < flow->plan->wish.sources; i++)
        if (flow->sources[i].socket >= 0) close(flow->sources[i].socket);
    heap_free(flow->sources);
    heap_free(flow->under_way);
    flow->sources = NULL;
    errno = cause;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* How many of its peers a source really has: the last ones may have fewer. */
static uint32_t own_peers(const Flow *flow, uint32_t number, uint32_t wanted) {
    uint64_t start = (uint64_t)number * flow->plan->peers_per_source;
    uint64_t left = flow->plan->wish.peers > start ? flow->plan->wish.peers - start : 0;
    if (wanted > flow->plan->peers_per_source) wanted = flow->plan->peers_per_source;
    return left < wanted ? (uint32_t)left : wanted;
}

/* Sends the next burst, which ends before `end`, of this source's peers. */
static void send_burst(Flow *flow, uint32_t number, uint32_t end, int64_t since_ns) {
    FlowSource *source = &flow->sources[number];
    uint8_t bytes[FLOW_BURST_MAX][EXCHANGE_ANNOUNCE_BYTES];
    if (since_ns - source->connected_ns > FLOW_ID_MAX_S * 1000 * MS) (void)source_connect(source);
    source->first = number * flow->plan->peers_per_source + source->next;
    source->count = end - source->next < flow->burst ? end - source->next : flow->burst;
    source->answered = 0;
    for (uint32_t i = 0; i < source->count; i++) {
        ExchangeAsk ask = {source->first + i, source->connection_id, flow->event};
        exchange_write_announce(flow->plan, &ask, bytes[i]);
    }
    source->is_busy = true;
    source->sent_ns = since_ns;
    flow->under_way[flow->under_way_count++] = number;
    /* What could not be sent is lost like what was dropped on the way. */
    (void)!send(source->socket, bytes, source->count * sizeof bytes[0], 0);
}

/* ---- receiving ------------------------------------------------------------------------------- */

static void take_answer(Flow *flow, FlowSource *source, Str answer) {
    FlowTally *tally = &flow->tally;
    uint32_t id = 0;
    if (answer.len >= 8) {
        memcpy(&id, answer.at + 4, sizeof id);
        id = ntohl(id) - source->first;
    }
    if (answer.len < 8 || id >= source->count || source->answered >> id & 1) {
        tally->strange++;
        return;
    }
    source->answered |= 1u << id;
    AnswerSight sight;
    uint32_t peer = source->first + id;
    bool whole = flow->checks_peers && tally->answers % FLOW_CHECK_EVERY == 0;
    AnswerKind kind = whole ? exchange_judge_whole(flow->plan, peer, answer, &sight)
                            : exchange_judge(flow->plan, peer, answer, &sight);
    tally->checked += whole;
    tally->oneself += sight.has_oneself;
    tally->answers++;
    tally->kinds[kind]++;
    tally->told += sight.told;
}

/* Returns how many datagrams were there. */
static unsigned read_source(Flow *flow, FlowSource *source) {
    static _Thread_local uint8_t bytes[FLOW_BURST_MAX][EXCHANGE_ANSWER_ROOM];
    struct mmsghdr messages[FLOW_BURST_MAX];
    struct iovec parts[FLOW_BURST_MAX];
    unsigned wanted = source->count - (unsigned)__builtin_popcount(source->answered);
    for (unsigned i = 0; i < wanted; i++) {
        parts[i] = (struct iovec){bytes[i], sizeof bytes[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int got = recvmmsg(source->socket, messages, wanted, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; i++)
        take_answer(flow, source, str_from_bytes(bytes[i], messages[i].msg_len));
    return got > 0 ? (unsigned)got : 0;
}

static void end_burst(Flow *flow, uint32_t place, int64_t now_ns) {
    FlowSource *source = &flow->sources[flow->under_way[place]];
    uint32_t missing = source->count - (unsigned)__builtin_popcount(source->answered);
    flow->tally.lost += missing;
    if (!missing || !flow->retries) source->next += source->count;
    if (!missing) note_latency(&flow->tally, now_ns - source->sent_ns);
    source->is_busy = false;
    flow->under_way_count--;
    memmove(flow->under_way + place, flow->under_way + place + 1,
            (flow->under_way_count - place) * sizeof *flow->under_way);
}

/* Servers answer in about the order of asking: those asked last are looked at only while answers
 * come. Returns false when there was none. */
static bool read_answers(Flow *flow) {
    unsigned empty = 0;
    bool any = false;
    for (uint32_t place = 0; place < flow->under_way_count && empty < EMPTY_READS_MAX;) {
        FlowSource *source = &flow->sources[flow->under_way[place]];
        unsigned got = read_source(flow, source);
        any |= got > 0;
        empty = got ? 0 : empty + 1;
        int64_t now = flow_now_ns();
        if ((unsigned)__builtin_popcount(source->answered) == source->count ||
            now - source->sent_ns > FLOW_PATIENCE_MS * MS)
            end_burst(flow, place, now);
        else
            place++;
    }
    return any;
}

/* ---- the loops ------------------------------------------------------------------------------- */

static void reset_tally(Flow *flow) { memset(&flow->tally, 0, sizeof flow->tally); }

static void drain(Flow *flow) {
    while (flow->under_way_count > 0) read_answers(flow);
}

/* The next source that is free and has peers left; false when there is none. */
static bool find_free(Flow *flow, uint32_t limit, uint32_t *ret_number) {
    for (uint32_t tries = 0; tries < flow->plan->wish.sources; tries++) {
        uint32_t number = flow->turn++ % flow->plan->wish.sources;
        const FlowSource *source = &flow->sources[number];
        if (source->is_busy || source->next >= own_peers(flow, number, limit)) continue;
        *ret_number = number;
        return true;
    }
    return false;
}

bool flow_fill(Flow *flow, uint32_t per_source) {
    int64_t start = flow_now_ns();
    uint32_t number;
    reset_tally(flow);
    flow->event = EXCHANGE_STARTED;
    flow->retries = true;
    while (true) {
        while (flow->under_way_count < flow->flight && find_free(flow, per_source, &number))
            send_burst(flow, number, own_peers(flow, number, per_source), flow_now_ns());
        if (flow->under_way_count == 0) break;
        read_answers(flow);
        if (flow->tally.lost > LOST_IN_A_ROW_MAX * flow->burst + flow->tally.answers / 10)
            return false;
    }
    for (uint32_t i = 0; i < flow->plan->wish.sources; i++) flow->sources[i].next = 0;
    flow->filled = per_source;
    flow->event = EXCHANGE_NO_EVENT;
    flow->retries = false;
    flow->tally.took_ns = flow_now_ns() - start;
    return true;
}

/* False when no source is free. */
static bool send_turn(Flow *flow, int64_t now_ns) {
    for (uint32_t tries = 0; tries < flow->plan->wish.sources; tries++) {
        uint32_t number = flow->turn++ % flow->plan->wish.sources;
        FlowSource *source = &flow->sources[number];
        uint32_t end = own_peers(flow, number, flow->filled);
        if (source->is_busy || end == 0) continue;
        if (source->next >= end) source->next = 0;
        send_burst(flow, number, end, now_ns);
        return true;
    }
    return false;
}

void flow_run(Flow *flow, int64_t duration_ns) {
    int64_t start = flow_now_ns(), now = start;
    reset_tally(flow);
    while (now - start < duration_ns) {
        bool busy = false;
        while (flow->under_way_count < flow->flight && send_turn(flow, flow_now_ns())) busy = true;
        busy |= read_answers(flow);
        int64_t then = now;
        now = flow_now_ns();
        if (!busy) flow->tally.idle_ns += now - then;
    }
    flow->tally.took_ns = now - start;
    FlowTally tally = flow->tally;
    drain(flow);
    flow->tally = tally;
}

void flow_pace(Flow *flow, unsigned rate_per_s, int64_t duration_ns) {
    int64_t start = flow_now_ns(), now = start, period = 1000 * MS / rate_per_s, due = start;
    unsigned burst = flow->burst;
    reset_tally(flow);
    flow->burst = 1;
    for (uint32_t i = 0; i < flow->plan->wish.sources; i++) flow->sources[i].next = flow->filled;
    while (now - start < duration_ns) {
        uint32_t number;
        for (; due <= now && find_free(flow, UINT32_MAX, &number); due += period)
            send_burst(flow, number, own_peers(flow, number, UINT32_MAX), due);
        read_answers(flow);
        now = flow_now_ns();
    }
    drain(flow);
    flow->tally.took_ns = flow_now_ns() - start;
    flow->burst = burst;
}

static void start_churn(Flow *flow) {
    for (uint32_t i = 0; i < flow->plan->wish.sources; i++) {
        FlowSource *source = &flow->sources[i];
        source->tail = 0;
        source->head = own_peers(flow, i, flow->filled) / flow->burst * flow->burst;
        source->goes = false;
    }
}

/* Whole bursts only, so that who comes and who goes never cross. */
static bool send_churn(Flow *flow, int64_t now_ns) {
    for (uint32_t tries = 0; tries < flow->plan->wish.sources; tries++) {
        uint32_t number = flow->turn++ % flow->plan->wish.sources;
        FlowSource *source = &flow->sources[number];
        uint32_t end = own_peers(flow, number, UINT32_MAX) / flow->burst * flow->burst;
        if (source->is_busy || end <= flow->burst) continue;
        uint32_t *place = source->goes ? &source->tail : &source->head;
        source->next = *place %= end;
        *place += flow->burst;
        flow->event = source->goes ? EXCHANGE_STOPPED : EXCHANGE_STARTED;
        source->goes = !source->goes;
        send_burst(flow, number, end, now_ns);
        return true;
    }
    return false;
}

void flow_churn(Flow *flow, int64_t duration_ns) {
    int64_t start = flow_now_ns();
    if (flow->sources[0].head == 0) start_churn(flow);
    reset_tally(flow);
    while (flow_now_ns() - start < duration_ns) {
        while (flow->under_way_count < flow->flight && send_churn(flow, flow_now_ns())) continue;
        read_answers(flow);
    }
    drain(flow);
    flow->tally.took_ns = flow_now_ns() - start;
}
