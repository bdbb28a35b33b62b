/* web_seed.h — does an address really hold the work it was listed for (BEP 19)?
 * One file is chosen by chance and one whole piece of it asked for by Range: its SHA-1 (v1) or
 * Merkle root (BEP 52) must be the torrent's own. Where a piece is longer than allowed, or a file
 * has no whole one, a single byte is asked for and the file's size alone is judged. Plan and
 * judgement are pure. */
#pragma once
#include "base/digest.h"
#include "probe/fetch.h"

typedef struct {
    Str url;                /* as listed */
    Str info, piece_layers; /* of a torrent that was checked when it came */
    uint64_t piece_bytes_max;
    uint64_t chance; /* any number: which file, which piece */
} WebSeedAsk;

typedef enum { WEB_SEED_SIZE, WEB_SEED_SHA1, WEB_SEED_MERKLE } WebSeedProof;

typedef struct {
    Str url; /* of one file */
    uint64_t file_bytes, from, length;
    WebSeedProof proof;
    uint64_t leaves_min; /* of the tree, for WEB_SEED_MERKLE */
    uint8_t hash[SHA256_BYTES];
} WebSeedPlan;

/* OUTCOME_OK, BAD_URL, BAD_PORT or NO_SEED: no file whose address is certain. */
Outcome web_seed_plan(const WebSeedAsk *ask, Arena *arena, WebSeedPlan *ret_plan);
Outcome web_seed_judge(const WebSeedPlan *plan, const Fetched *fetched);

/* Plans, asks and judges. Blocks for two timeouts at most. */
Outcome web_seed_check(Outbound *outbound, const WebSeedAsk *ask, Arena *arena);
