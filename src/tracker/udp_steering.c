#include "tracker/udp_steering.h"

#include <linux/filter.h>
#include <sys/socket.h>

enum {
    ACTION_AT = 8, /* BEP 15: in every request */
    HASH_AT = 16,
    ACTION_ANNOUNCE = 1,
    ACTION_SCRAPE = 2,
    DRAW_BITS = 16,
};

UdpSteering udp_steering_create(uint64_t secret, unsigned threads) {
    /* An even multiplier would throw bits away. */
    return (UdpSteering){
        .key = (uint32_t)secret, .multiplier = (uint32_t)(secret >> 32) | 1, .threads = threads};
}

unsigned udp_steering_thread(const UdpSteering *steering, const uint8_t hash_start[4]) {
    uint32_t word = (uint32_t)hash_start[0] << 24 | (uint32_t)hash_start[1] << 16 |
                    (uint32_t)hash_start[2] << 8 | hash_start[3];
    uint32_t draw = ((word ^ steering->key) * steering->multiplier) >> DRAW_BITS;
    return (draw * steering->threads) >> DRAW_BITS;
}

/* The same in the kernel's language. It sees the datagram from its first byte; a load beyond the
 * end of it returns 0, which is the first socket. */
bool udp_steering_attach(const UdpSteering *steering, int socket) {
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ACTION_AT),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ACTION_ANNOUNCE, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ACTION_SCRAPE, 2, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM)),
        BPF_JUMP(BPF_JMP | BPF_JA, 3, 0, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, HASH_AT),
        BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, steering->key),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, steering->multiplier),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, DRAW_BITS),
        BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, steering->threads),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, DRAW_BITS),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    struct sock_fprog program = {.len = sizeof steps / sizeof steps[0], .filter = steps};
    return setsockopt(socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0;
}
