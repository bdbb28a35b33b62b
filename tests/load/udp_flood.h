/* udp_flood.h — packets from addresses that are not the sender's, as an attacker sends them.
 * Every packet has another source in 127.0.0.0/8. Answers to any of them are seen and counted: a
 * tracker must send none to a wrong connection id, and none longer than the packet to a connect. */
#pragma once
#include "base/address.h"

typedef struct {
    Endpoint server;
    bool connects; /* else announces with ids that were never given out */
    uint64_t packets, seed;
} FloodWish;

typedef struct {
    uint64_t sent, answers, answer_bytes_max;
    int64_t took_ns;
} FloodTally;

/* False with errno when the sockets cannot be had. */
bool flood_run(const FloodWish *wish, FloodTally *ret_tally);
