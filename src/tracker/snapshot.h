/* snapshot.h — the swarms on disk, so that a restart forgets nobody.
 * One file: "essaim swarms 2\n", when it was written (Unix time, 64 bits), every swarm
 * (swarms_write_piece), SHA-256 of all that. Written beside and renamed, so the old one stays whole
 * until the new one is. Soft state: losing a minute of it is fine, believing damaged bytes is not.
 */
#pragma once
#include "tracker/answer.h"

enum { SNAPSHOT_HEAD_BYTES = 24 };

/* Locks for one small piece at a time, and never during a write to disk. `path` must outlive the
 * Error. */
MUST_USE Error snapshot_save(Swarms *swarms, const char *path, TwoClocks now);
/* NOT_FOUND when there is none; BAD_INPUT when it is damaged, and nothing was read. */
MUST_USE Error snapshot_load(Swarms *swarms, const char *path, TwoClocks now,
                             bool allow_private_addresses);
/* What stands before the digest; false when it is no snapshot. For snapshot_load and the fuzzer. */
bool snapshot_parse(Swarms *swarms, Str bytes, TwoClocks now, bool allow_private_addresses);
