#include "site/file_tree.h"

#include "base/limits.h"

/* A folder sorts before a file of the same level: compare part by part. */
static int compare_paths(Str a, Str b) {
    while (a.len && b.len) {
        Str a_rest = a, b_rest = b;
        Str a_part = str_cut(&a_rest, '/'), b_part = str_cut(&b_rest, '/');
        if (str_equal(a_part, b_part)) {
            a = a_rest;
            b = b_rest;
            continue;
        }
        bool a_is_folder = a_part.len < a.len, b_is_folder = b_part.len < b.len;
        if (a_is_folder != b_is_folder) return a_is_folder ? -1 : 1;
        return str_compare(a_part, b_part);
    }
    return (a.len > 0) - (b.len > 0);
}

static int compare_files(const void *a, const void *b) {
    return compare_paths(((const TreeFile *)a)->path, ((const TreeFile *)b)->path);
}

/* Files [start, end) of the sorted array share their first `skip` bytes of path: one folder. */
typedef struct {
    const TreeFile *files;
    const uint64_t *sums; /* bytes before each file */
    Arena *arena;
    size_t from, to; /* the page shown */
} Builder;

typedef struct {
    size_t start, end, skip, depth;
} Span;

static Str part_at(const Builder *builder, size_t file, size_t skip, bool *ret_is_folder) {
    Str rest = str_skip(builder->files[file].path, skip);
    size_t slash = str_find_byte(rest, '/');
    *ret_is_folder = slash != STR_NONE;
    return str_part(rest, 0, slash);
}

/* Where the entry that begins at `start` ends: files of one folder stand together. */
static size_t entry_end(const Builder *builder, const Span *span, size_t start) {
    bool is_folder;
    Str name = part_at(builder, start, span->skip, &is_folder);
    if (!is_folder) return start + 1;
    size_t low = start + 1, high = span->end; /* the first that is not in the folder */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool inside;
        Str other = part_at(builder, middle, span->skip, &inside);
        if (inside && str_equal(other, name))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static TreeNodes build(const Builder *builder, Span span) {
    size_t count = 0;
    for (size_t at = span.start; at < span.end; at = entry_end(builder, &span, at)) {
        if (at >= builder->to) break;
        count++;
    }
    TreeNode *nodes = arena_new(builder->arena, TreeNode, count + 1);
    size_t used = 0;
    for (size_t at = span.start, end; at < span.end && at < builder->to; at = end) {
        end = entry_end(builder, &span, at);
        if (end <= builder->from) continue;
        bool is_folder;
        Str name = part_at(builder, at, span.skip, &is_folder);
        TreeNode *node = &nodes[used++];
        *node = (TreeNode){.name = name, .is_folder = is_folder, .files = end - at};
        node->size_bytes = builder->sums[end] - builder->sums[at];
        if (!is_folder || span.depth >= TORRENT_PATH_DEPTH_MAX) continue;
        node->children = build(builder, (Span){at, end, span.skip + name.len + 1, span.depth + 1});
        /* Open what a person came for: the only folder, or a small one at the top. */
        node->open = (span.depth == 0 && end - at <= 30) || end - at == span.end - span.start;
    }
    return (TreeNodes){nodes, used};
}

TreeNodes file_tree_build(Arena *arena, TreeFile *files, size_t count, size_t from) {
    if (from >= count) return (TreeNodes){0};
    qsort(files, count, sizeof *files, compare_files);
    uint64_t *sums = arena_new(arena, uint64_t, count + 1);
    for (size_t i = 0; i < count; i++) sums[i + 1] = sums[i] + files[i].size_bytes;
    size_t to = count - from > FILE_TREE_PAGE ? from + FILE_TREE_PAGE : count;
    Builder builder = {.files = files, .sums = sums, .arena = arena, .from = from, .to = to};
    return build(&builder, (Span){0, count, 0, 0});
}
