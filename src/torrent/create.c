#include "torrent/create.h"

#include <assert.h>

#include "base/limits.h"
#include "torrent/bencode.h"
#include "torrent/create_plan.h"
#include "torrent/merkle.h"

struct Create {
    CreatePlan plan;
    size_t at;                 /* the planned file being fed, padding included */
    uint64_t file_at;          /* how much of it */
    uint64_t piece_at;         /* how much of the v1 piece */
    size_t block_at;           /* how much of the v2 block */
    Sha *piece, *block, *pair; /* of v1; 16 KiB of a v2 file; two hashes of its tree */
    uint8_t *v1_hashes;
    size_t v1_count;
    Merkle piece_tree, file_tree; /* blocks of a piece, pieces of a file */
    uint8_t piece_pad[SHA256_BYTES];
};

static const uint8_t zero_hash[SHA256_BYTES];

static void finish_v1_piece(Create *create) {
    sha_finish_and_restart(create->piece, create->v1_hashes + SHA1_BYTES * create->v1_count++);
    create->piece_at = 0;
}

static void feed_v1(Create *create, Str bytes) {
    uint64_t piece_length = create->plan.options.piece_length;
    while (bytes.len > 0) {
        Str part = str_part(bytes, 0, piece_length - create->piece_at);
        sha_add(create->piece, part);
        create->piece_at += part.len;
        bytes = str_skip(bytes, part.len);
        if (create->piece_at == piece_length) finish_v1_piece(create);
    }
}

static void finish_v2_piece(Create *create, PlannedFile *file) {
    uint64_t piece_length = create->plan.options.piece_length;
    uint8_t *hash = file->layer + SHA256_BYTES * create->file_tree.leaves;
    /* A file shorter than a piece has a tree of its own size. */
    uint64_t leaves_min = file->size_bytes < piece_length ? 1 : piece_length / MERKLE_BLOCK_BYTES;
    merkle_finish(&create->piece_tree, leaves_min, zero_hash, hash);
    merkle_start(&create->piece_tree, create->pair);
    merkle_add(&create->file_tree, hash);
}

static void finish_v2_block(Create *create, PlannedFile *file) {
    uint8_t hash[SHA256_BYTES];
    sha_finish_and_restart(create->block, hash);
    create->block_at = 0;
    merkle_add(&create->piece_tree, hash);
    if (create->piece_tree.leaves == create->plan.options.piece_length / MERKLE_BLOCK_BYTES)
        finish_v2_piece(create, file);
}

static void feed_v2(Create *create, PlannedFile *file, Str bytes) {
    while (bytes.len > 0) {
        Str part = str_part(bytes, 0, MERKLE_BLOCK_BYTES - create->block_at);
        sha_add(create->block, part);
        create->block_at += part.len;
        bytes = str_skip(bytes, part.len);
        if (create->block_at == MERKLE_BLOCK_BYTES) finish_v2_block(create, file);
    }
}

static void finish_v2_file(Create *create, PlannedFile *file) {
    if (file->is_pad || file->size_bytes == 0) return;
    if (create->block_at > 0) finish_v2_block(create, file);
    if (create->piece_tree.leaves > 0) finish_v2_piece(create, file);
    merkle_finish(&create->file_tree, 1, create->piece_pad, file->root);
    merkle_start(&create->file_tree, create->pair);
}

static void feed_padding(Create *create, uint64_t size_bytes) {
    static const char zeros[MERKLE_BLOCK_BYTES];
    while (size_bytes > 0) {
        Str part = str_part((Str){zeros, sizeof zeros}, 0, size_bytes);
        feed_v1(create, part);
        size_bytes -= part.len;
    }
}

/* Ends the file being fed, writes the padding behind it and passes over empty files. */
static void go_on(Create *create) {
    CreatePlan *plan = &create->plan;
    while (create->at < plan->file_count) {
        PlannedFile *file = &plan->files[create->at];
        if (file->is_pad) {
            if (plan->options.kind != CREATE_V2) feed_padding(create, file->size_bytes);
        } else if (create->file_at < file->size_bytes) {
            return;
        } else if (plan->options.kind != CREATE_V1) {
            finish_v2_file(create, file);
        }
        create->at++;
        create->file_at = 0;
    }
    if (create->piece_at > 0) finish_v1_piece(create);
}

Error create_open(const CreateOptions *options, const CreateFile *files, size_t file_count,
                  Arena *arena, Create **ret_create) {
    CreatePlan plan;
    TRY(create_plan(options, files, file_count, arena, &plan));
    Create *create = arena_new(arena, Create, 1);
    create->plan = plan;
    if (options->kind != CREATE_V2)
        create->v1_hashes = arena_new(arena, uint8_t, plan.pieces * SHA1_BYTES);
    create->piece = sha1_create();
    create->block = sha256_create();
    create->pair = sha256_create();
    merkle_start(&create->piece_tree, create->pair);
    merkle_start(&create->file_tree, create->pair);
    merkle_pad(plan.options.piece_length / MERKLE_BLOCK_BYTES, create->piece_pad);
    go_on(create);
    *ret_create = create;
    return OK;
}

size_t create_wanted(const Create *create) {
    if (create->at == create->plan.file_count) return CREATE_NO_FILE;
    return create->plan.files[create->at].place;
}

uint64_t create_left(const Create *create) {
    assert(create->at < create->plan.file_count);
    return create->plan.files[create->at].size_bytes - create->file_at;
}

void create_feed(Create *create, Str bytes) {
    assert(bytes.len <= create_left(create));
    PlannedFile *file = &create->plan.files[create->at];
    if (create->plan.options.kind != CREATE_V2) feed_v1(create, bytes);
    if (create->plan.options.kind != CREATE_V1) feed_v2(create, file, bytes);
    create->file_at += bytes.len;
    if (create->file_at == file->size_bytes) go_on(create);
}

Str create_write(Create *create, Arena *arena) {
    assert(create->at == create->plan.file_count);
    const CreateOptions *options = &create->plan.options;
    Str hashes = str_from_bytes(create->v1_hashes, SHA1_BYTES * create->v1_count);
    MetainfoParts parts = {
        .info = create_plan_info(&create->plan, hashes, arena),
        .trackers = options->trackers,
        .tracker_count = options->tracker_count,
        .web_seeds = options->web_seeds,
        .web_seed_count = options->web_seed_count,
        .comment = options->comment,
        .created_by = options->created_by,
        .created_at = options->created_at,
    };
    if (options->kind != CREATE_V1) parts.piece_layers = create_plan_layers(&create->plan, arena);
    return metainfo_write(&parts, arena);
}

void create_close(Create *create) {
    if (!create) return;
    sha_free(create->piece);
    sha_free(create->block);
    sha_free(create->pair);
    create->piece = create->block = create->pair = NULL;
}
