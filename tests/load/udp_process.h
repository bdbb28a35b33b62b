/* udp_process.h — what a server process has used so far, read from /proc. */
#pragma once
#include "base/str.h"

typedef struct {
    int64_t cpu_ns; /* of all its threads, user and system, with the soft interrupts they served */
    uint64_t rss_bytes;
} ProcessUse;

/* Zeros when there is no such process. */
ProcessUse process_use(int pid);
/* 0 .. 1: what part of a core's time since the machine started was not idle, as two numbers. */
typedef struct {
    uint64_t busy, all, stolen;
} CoreUse;
CoreUse core_use(unsigned core);
bool core_pin(unsigned core); /* the calling thread */
