/* udp_flow.h — a closed loop of announces to one server: sources, bursts, answers, what came of it.
 * A source is a connected socket with its own 127.x.y.1 address and at most one burst under way, so
 * an answer is matched without a table. A burst leaves in one call (UDP_SEGMENT) and arrives as
 * single datagrams. The loop never sleeps: it owns its core, and the server must not pay for waking
 * it. What is not answered in FLOW_PATIENCE_MS is lost. */
#pragma once
#include "base/address.h"
#include "udp_exchange.h"

enum {
    FLOW_BURST_MAX = 16,
    FLOW_SOURCES_MAX = 8192,
    FLOW_PATIENCE_MS = 200,
    FLOW_ID_MAX_S = 50, /* a connection id is renewed after that */
    FLOW_LATENCY_SLOTS = 64 * 16,
    FLOW_CHECK_EVERY = 1024, /* answers, of which one is looked at whole */
};

typedef struct {
    uint64_t answers, told, lost, strange, checked, oneself;
    uint64_t kinds[ANSWER_KINDS];
    int64_t took_ns, idle_ns;               /* idle: nothing to send, nothing to read */
    uint64_t latencies[FLOW_LATENCY_SLOTS]; /* 16 slots for each doubling */
    int64_t latency_max_ns;
} FlowTally;

typedef struct {
    int socket;
    bool is_busy;
    uint64_t connection_id;
    int64_t connected_ns;
    uint32_t next;       /* of its own peers */
    uint32_t head, tail; /* churn: who comes next, who goes next */
    bool goes;
    uint32_t first, count, answered;
    int64_t sent_ns;
} FlowSource;

typedef struct {
    const Plan *plan;
    FlowSource *sources;
    uint32_t *under_way, under_way_count, turn;
    unsigned burst, flight; /* datagrams of a burst; bursts under way at once */
    uint32_t filled;        /* of each source's peers */
    ExchangeEvent event;
    bool checks_peers, retries; /* retries: what is lost is asked again */
    FlowTally tally;
} Flow;

typedef struct {
    Endpoint server;
    unsigned burst, flight;
    bool checks_peers; /* no for a server that invents its answers */
} FlowWish;

int64_t flow_now_ns(void);
/* False with errno when a socket cannot be had or the server does not answer connects. */
bool flow_open(const Plan *plan, const FlowWish *wish, Flow *ret_flow);
void flow_close(Flow *flow);
/* Announces each source's first `per_source` peers once, until every one of them was answered. */
bool flow_fill(Flow *flow, uint32_t per_source);
/* Re-announces the filled peers in turn, as fast as they are answered. */
void flow_run(Flow *flow, int64_t duration_ns);
/* Announces at `rate_per_s`, whatever comes back; a latency begins when the announce was due.
 * Goes on where the filled peers end, so that swarms grow. */
void flow_pace(Flow *flow, unsigned rate_per_s, int64_t duration_ns);
/* For every burst of peers that comes another one goes: as many peers as were filled stay there,
 * but never the same. */
void flow_churn(Flow *flow, int64_t duration_ns);
int64_t flow_latency_ns(const FlowTally *tally, double share);
