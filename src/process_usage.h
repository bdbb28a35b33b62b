/* process_usage.h — what this process takes of the machine, as the kernel tells it (proc(5)).
 * What cannot be read is 0. */
#pragma once
#include "base/str.h"

typedef struct {
    double cpu_s;
    uint64_t resident_bytes, virtual_bytes, open_fds, fds_max, threads;
} ProcessUsage;

ProcessUsage process_usage_read(void);
