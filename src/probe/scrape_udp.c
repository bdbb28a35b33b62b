#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/random.h"
#include "probe/scrape.h"

/* BEP 15 sends again after 15 * 2^n seconds, n up to 8; who has not answered after the second try
 * is asked again at the next turn, not for an hour. */
enum { TRIES = 2, ID_GOOD_MS = 60 * 1000 };

typedef struct {
    const Outbound *outbound;
    int fd;
    uint64_t id;
    Milliseconds id_at_ms; /* 0: none yet */
} Session;

static uint32_t new_transaction(void) { return (uint32_t)random_u64(); }

/* What an answer is to be: of a connect or of a scrape. */
typedef struct {
    uint32_t transaction;
    uint64_t *ret_id; /* NULL: a scrape */
    SwarmClaim *ret_claims;
    size_t count;
} Expected;

static UdpScrapeVerdict read_packet(Str packet, const Expected *expected) {
    if (expected->ret_id)
        return udp_scrape_read_connect(packet, expected->transaction, expected->ret_id);
    return udp_scrape_read(packet, expected->transaction, expected->ret_claims, expected->count);
}

/* Packets that are not ours do not prolong the wait. */
static Outcome await(const Session *session, const Expected *expected, Milliseconds deadline_ms) {
    uint8_t bytes[UDP_SCRAPE_ANSWER_BYTES_MAX];
    while (outbound_wait(session->outbound, session->fd, POLLIN, deadline_ms)) {
        ssize_t len = recv(session->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (len < 0 && errno == ECONNREFUSED) return OUTCOME_NO_ANSWER;
        if (len <= 0) continue;
        switch (read_packet(str_from_bytes(bytes, (size_t)len), expected)) {
            case UDP_SCRAPE_ANSWERED: return OUTCOME_OK;
            case UDP_SCRAPE_REFUSED: return OUTCOME_REFUSED;
            case UDP_SCRAPE_BROKEN: return OUTCOME_BAD_ANSWER;
            case UDP_SCRAPE_NOT_OURS: break;
        }
    }
    return outbound_is_stopping(session->outbound) ? OUTCOME_STOPPED : OUTCOME_TOO_SOON;
}

/* Sends until answered or out of patience. */
static Outcome exchange(const Session *session, Str packet, const Expected *expected) {
    Milliseconds patience = outbound_settings(session->outbound)->timeout_ms;
    for (int i = 0; i < TRIES; i++, patience *= 2) {
        if (send(session->fd, packet.at, packet.len, MSG_NOSIGNAL) < 0 && errno != ECONNREFUSED)
            return OUTCOME_NO_ANSWER;
        Outcome outcome = await(session, expected, clock_monotonic_ms() + patience);
        if (outcome != OUTCOME_TOO_SOON) return outcome;
    }
    return OUTCOME_NO_ANSWER;
}

static Outcome ensure_id(Session *session) {
    if (session->id_at_ms && clock_monotonic_ms() - session->id_at_ms < ID_GOOD_MS)
        return OUTCOME_OK;
    uint8_t packet[UDP_SCRAPE_CONNECT_BYTES];
    Expected expected = {.transaction = new_transaction(), .ret_id = &session->id};
    udp_scrape_write_connect(expected.transaction, packet);
    Outcome outcome = exchange(session, str_from_bytes(packet, sizeof packet), &expected);
    if (outcome == OUTCOME_OK) session->id_at_ms = clock_monotonic_ms();
    return outcome;
}

static Outcome scrape_batch(Session *session, const ScrapeAsk *batch, SwarmClaim *ret_claims) {
    Outcome outcome = ensure_id(session);
    if (outcome != OUTCOME_OK) return outcome;
    uint8_t packet[UDP_SCRAPE_ASK_BYTES_MAX];
    Expected expected = {
        .transaction = new_transaction(), .ret_claims = ret_claims, .count = batch->count};
    size_t len =
        udp_scrape_write(session->id, expected.transaction, batch->hashes, batch->count, packet);
    return exchange(session, str_from_bytes(packet, len), &expected);
}

ScrapeAnswer scrape_udp(const Outbound *outbound, Endpoint to, const ScrapeAsk *ask,
                        SwarmClaim *ret_claims) {
    ScrapeAnswer answer = {0};
    struct sockaddr_storage address;
    socklen_t address_len = endpoint_to_sockaddr(to, &address);
    Session session = {.outbound = outbound};
    session.fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    /* Connected: the kernel drops what comes from anybody else. */
    if (session.fd < 0 || connect(session.fd, (struct sockaddr *)&address, address_len) != 0)
        answer.outcome = OUTCOME_NO_ANSWER;
    while (answer.outcome == OUTCOME_OK && answer.answered < ask->count) {
        size_t left = ask->count - answer.answered;
        ScrapeAsk batch = {ask->hashes + answer.answered,
                           left < TRACKER_SCRAPE_HASHES_MAX ? left : TRACKER_SCRAPE_HASHES_MAX};
        answer.outcome = scrape_batch(&session, &batch, ret_claims + answer.answered);
        if (answer.outcome == OUTCOME_OK) answer.answered += batch.count;
    }
    if (session.fd >= 0) close(session.fd);
    return answer;
}
