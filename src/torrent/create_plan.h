/* create_plan.h — for create.c alone: which files stand where in a new torrent, and its info
 * dictionary written out once they are hashed. */
#pragma once
#include "torrent/create.h"
#include "torrent/fault.h"

typedef struct {
    Str path;
    uint64_t size_bytes;
    size_t place; /* in the caller's list */
    unsigned flags;
    bool is_pad;
    uint8_t root[SHA256_BYTES];
    uint8_t *layer; /* v2: the hash of each piece */
    size_t layer_bytes;
} PlannedFile;

typedef struct {
    CreateOptions options; /* piece_length chosen */
    PlannedFile *files;    /* in the order of the torrent, padding between them */
    size_t file_count;
    uint64_t total_bytes; /* with padding */
    uint64_t pieces;
    Arena *arena;
} CreatePlan;

MUST_USE Error create_plan(const CreateOptions *options, const CreateFile *files, size_t file_count,
                           Arena *arena, CreatePlan *ret_plan);
Str create_plan_info(const CreatePlan *plan, Str v1_hashes, Arena *arena);
Str create_plan_layers(const CreatePlan *plan, Arena *arena);
