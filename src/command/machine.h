/* machine.h — what in this machine stands in the way of a tracker and site: connection tracking,
 * small buffers, lost datagrams, too few files, no IPv6, a folder on the network, … Each finding
 * says what is so, and when it is not well, the way out. Reads the files of proc(5) and sysfs(5)
 * below `root`, changes nothing, and asks nobody outside. */
#pragma once
#include "base/address.h"
#include "base/arena.h"

typedef enum { DIAGNOSIS_OK, DIAGNOSIS_WARNING, DIAGNOSIS_PROBLEM } DiagnosisState;
const char *diagnosis_state_name(DiagnosisState state); /* "ok" "warning" "problem" */

typedef struct {
    const char *name;
    DiagnosisState state;
    Str words, remedy; /* remedy: empty when all is well */
} Diagnosis;

/* What the program wants of the machine. */
typedef struct {
    Str root;        /* where proc/ and sys/ stand: empty for the real ones */
    Str data_folder; /* absolute */
    const Endpoint *udp_listen;
    size_t udp_listen_count;
    uint64_t udp_buffer_bytes;           /* wanted for each socket */
    uint64_t connections_max, files_max; /* that may be open; files the system allows */
    uint64_t memory_bytes;               /* the tracker's tables when they are full */
    bool clock_is_kept;                  /* by NTP or the like */
    int64_t clock_behind_s;              /* of what the data folder remembers; 0: it is not */
    bool asks_others;                    /* probes speak HTTPS */
    Arena *arena;
} Machine;

enum { MACHINE_CHECKS = 11 };
void machine_diagnose(const Machine *machine, Diagnosis ret_findings[MACHINE_CHECKS]);
