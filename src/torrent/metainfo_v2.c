#include <assert.h>

#include "base/limits.h"
#include "torrent/bencode.h"
#include "torrent/merkle.h"
#include "torrent/metainfo_read.h"
#include "torrent/path.h"

/* A place in the tree: how much of reader->path names it. */
typedef struct {
    size_t path_len, raw_bytes;
} Folder;

/* In a tree an empty key stands for the file itself: {"name": {"": {length, pieces root}}}. */
static bool is_leaf(BencodeReader node, Str *ret_file, BencodeReader *ret_after) {
    bencode_next(&node);
    BencodeToken key = bencode_next(&node);
    if (key.kind != BENCODE_STRING || key.string.len > 0) return false;
    *ret_file = bencode_value(&node);
    if (bencode_next(&node).kind != BENCODE_CLOSE) return false;
    *ret_after = node;
    return true;
}

static size_t count_leaves(Str tree) {
    BencodeReader reader = bencode_reader(tree);
    size_t count = 0;
    for (BencodeToken token; (token = bencode_next(&reader)).kind != BENCODE_NONE;)
        if (token.kind == BENCODE_STRING && token.string.len == 0) count++;
    return count;
}

static bool is_zero(const uint8_t hash[SHA256_BYTES]) {
    static const uint8_t zero[SHA256_BYTES];
    return memcmp(hash, zero, sizeof zero) == 0;
}

static Error read_root(FileReader *reader, Str value, size_t number, TorrentFile *file) {
    Str root = {0};
    if (bencode_as_string(value, &root) && root.len == SHA256_BYTES) {
        memcpy(file->root, root.at, SHA256_BYTES);
        file->has_root = !is_zero(file->root);
    }
    return file->has_root ? OK : fault_error_at(FAULT_ROOT_MISSING, number, reader->arena);
}

/* BEP 52: every file begins at a piece border. */
static Error pad_to_piece(FileReader *reader, uint64_t size_bytes) {
    if (size_bytes == 0) return OK;
    uint64_t over = reader->total_bytes % reader->to->piece_length;
    reader->ends_padded = over > 0;
    if (over == 0) return OK;
    reader->tree_pads++;
    return file_add_bytes(reader, reader->to->piece_length - over);
}

static Error read_file(FileReader *reader, Str dict) {
    size_t number = reader->to->file_count + 1;
    if (bencode_kind(dict) != BENCODE_DICT)
        return fault_error_at(FAULT_TREE_BAD, number, reader->arena);
    Str attr = {0}, length = {0}, root = {0}, target = {0};
    const BencodeSlot slots[] = {{STR("attr"), &attr},
                                 {STR("length"), &length},
                                 {STR("pieces root"), &root},
                                 {STR("symlink path"), &target}};
    bencode_find(dict, slots, sizeof slots / sizeof *slots);
    TorrentFile file = {.flags = file_read_flags(attr)};
    if (file.flags & FILE_PAD) return fault_error_at(FAULT_TREE_PAD, number, reader->arena);
    if (!(file.flags & FILE_SYMLINK))
        TRY(file_read_size(reader, length, number, &file.size_bytes));
    else if (bencode_kind(target) == BENCODE_LIST)
        TRY(file_check_strings(reader, target, number));
    if (file.size_bytes > 0) TRY(read_root(reader, root, number, &file));
    TRY(file_add_bytes(reader, file.size_bytes));
    TRY(pad_to_piece(reader, file.size_bytes));
    return file_keep(reader, file);
}

static Error check_key(FileReader *reader, BencodeToken key, BencodeReader node, size_t raw_bytes) {
    size_t number = reader->to->file_count + 1;
    bool is_folder = node.at < node.end && *node.at == 'd';
    if (key.kind != BENCODE_STRING || key.string.len == 0 || !is_folder)
        return fault_error_at(FAULT_TREE_BAD, number, reader->arena);
    if (raw_bytes + key.string.len + 1 > TORRENT_PATH_BYTES_MAX)
        return fault_error_at(FAULT_PATH_TOO_LONG, number, reader->arena);
    return OK;
}

static Error walk_tree(FileReader *reader, Str tree) {
    Folder folders[BENCODE_DEPTH_MAX];
    size_t depth = 0;
    folders[0] = (Folder){0};
    BencodeReader at = bencode_reader(tree);
    bencode_next(&at);
    for (;;) {
        Folder here = folders[depth];
        BencodeToken key = bencode_next(&at);
        if (key.kind == BENCODE_CLOSE) {
            if (depth-- == 0) return OK;
            continue;
        }
        TRY(check_key(reader, key, at, here.raw_bytes));
        reader->path.len = here.path_len;
        path_add_part(&reader->path, key.string);
        Str file;
        if (is_leaf(at, &file, &at)) {
            TRY(read_file(reader, file));
            continue;
        }
        bencode_next(&at);
        depth++;
        assert(depth < BENCODE_DEPTH_MAX);
        folders[depth] = (Folder){reader->path.len, here.raw_bytes + key.string.len + 1};
    }
}

bool metainfo_tree_is_one_file(const InfoKeys *keys) {
    Str file;
    BencodeReader at = bencode_reader(keys->file_tree);
    bencode_next(&at);
    return bencode_next(&at).kind == BENCODE_STRING && is_leaf(at, &file, &at) &&
           bencode_next(&at).kind == BENCODE_CLOSE;
}

/* Such a torrent, without a v1 list, is named by its tree. */
static Error check_only_name(const InfoKeys *keys) {
    BencodeReader at = bencode_reader(keys->file_tree);
    bencode_next(&at);
    Str key = bencode_next(&at).string;
    if (bencode_kind(keys->files) == BENCODE_LIST || !metainfo_tree_is_one_file(keys)) return OK;
    return path_is_nothing(key) ? fault_error(FAULT_NAME_MISSING, (Str){0}) : OK;
}

Error metainfo_read_v2(FileReader *reader, const InfoKeys *keys) {
    size_t count = count_leaves(keys->file_tree);
    if (count == 0) return fault_error(FAULT_FILES_MISSING, (Str){0});
    if (count > TORRENT_FILES_MAX)
        return fault_error_at(FAULT_FILES_TOO_MANY, TORRENT_FILES_MAX, reader->arena);
    reader->to->files = arena_new(reader->arena, TorrentFile, count);
    TRY(walk_tree(reader, keys->file_tree));
    if (reader->to->file_count == 0) return fault_error(FAULT_FILES_MISSING, (Str){0});
    return check_only_name(keys);
}

typedef struct {
    Str root, hashes;
    bool is_checked;
} Layer;

static int compare_layers(const void *a, const void *b) {
    return str_compare(((const Layer *)a)->root, ((const Layer *)b)->root);
}

static Error read_layers(Str dict, size_t count, Layer *layers) {
    BencodeReader reader = bencode_reader(dict);
    bencode_next(&reader);
    for (size_t i = 0; i < count; i++) {
        layers[i].root = bencode_next(&reader).string;
        if (!bencode_as_string(bencode_value(&reader), &layers[i].hashes) ||
            layers[i].root.len != SHA256_BYTES || layers[i].hashes.len % SHA256_BYTES != 0)
            return fault_error(FAULT_LAYER_BAD, (Str){0});
    }
    qsort(layers, count, sizeof *layers, compare_layers);
    return OK;
}

static Error check_layer(Layer *layer, const TorrentFile *file, uint64_t piece_length, Sha *sha) {
    uint64_t pieces = (file->size_bytes + piece_length - 1) / piece_length;
    if (layer->hashes.len != pieces * SHA256_BYTES) return fault_error(FAULT_LAYER_SIZE, (Str){0});
    if (layer->is_checked) return OK;
    uint8_t pad[SHA256_BYTES], root[SHA256_BYTES];
    Merkle merkle;
    merkle_start(&merkle, sha);
    for (size_t at = 0; at < layer->hashes.len; at += SHA256_BYTES)
        merkle_add(&merkle, (const uint8_t *)layer->hashes.at + at);
    merkle_pad(piece_length / MERKLE_BLOCK_BYTES, pad);
    merkle_finish(&merkle, 1, pad, root);
    layer->is_checked = true;
    return memcmp(root, file->root, sizeof root) == 0 ? OK
                                                      : fault_error(FAULT_LAYER_FALSE, (Str){0});
}

static Error check_files(const Metainfo *metainfo, Layer *layers, size_t count, Sha *sha) {
    for (size_t i = 0; i < metainfo->file_count; i++) {
        const TorrentFile *file = &metainfo->files[i];
        if (file->size_bytes <= metainfo->piece_length) continue;
        Layer key = {.root = str_from_bytes(file->root, SHA256_BYTES)};
        Layer *layer = bsearch(&key, layers, count, sizeof *layers, compare_layers);
        /* Layers may be missing, as with a magnet: peers have them. */
        if (layer) TRY(check_layer(layer, file, metainfo->piece_length, sha));
    }
    for (size_t i = 0; i < count; i++)
        if (!layers[i].is_checked) return fault_error(FAULT_LAYER_UNKNOWN, (Str){0});
    return OK;
}

Error metainfo_check_layers(const Metainfo *metainfo, Str dict, Arena *arena) {
    BencodeReader reader = bencode_reader(dict);
    size_t count = 0;
    bencode_next(&reader);
    while (bencode_value(&reader).len > 0) count++;
    count /= 2;
    Layer *layers = arena_new(arena, Layer, count);
    TRY(read_layers(dict, count, layers));
    Sha *sha = sha256_create();
    Error e = check_files(metainfo, layers, count, sha);
    sha_free(sha);
    return e;
}
