/* udp_steering.h — which UDP thread a packet belongs to, said once for the kernel and once for us.
 * Announces and scrapes go by the first four bytes of their (first) info-hash, so that a thread
 * meets only its own part of the swarms; connects and everything else go anywhere. The kernel does
 * it by a classic BPF program on the SO_REUSEPORT group, which needs no privilege. It is a help,
 * never a promise: a packet that comes to another thread must be answered as well.
 * `key` and `multiplier` are secret and new at each start, so that nobody can aim a flood at one
 * thread. Pure but for udp_steering_attach. */
#pragma once
#include "base/str.h"

typedef struct {
    uint32_t key, multiplier;
    unsigned threads;
} UdpSteering;

UdpSteering udp_steering_create(uint64_t secret, unsigned threads);
/* 0 .. threads - 1: which of the sockets of one address, in the order they were bound. */
unsigned udp_steering_thread(const UdpSteering *steering, const uint8_t hash_start[4]);

/* `socket`: any of the group, whose sockets are bound in order. False where the kernel refuses;
 * it then spreads senders over the sockets, as it always did. */
bool udp_steering_attach(const UdpSteering *steering, int socket);
