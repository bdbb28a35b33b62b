#include "site/file_tree.h"

#include "base/limits.h"

static size_t shared_bytes(Str a, Str b) {
    size_t len = a.len < b.len ? a.len : b.len, at = 0;
    for (uint64_t x, y; at + sizeof x <= len; at += sizeof x) {
        memcpy(&x, a.at + at, sizeof x);
        memcpy(&y, b.at + at, sizeof y);
        if (x != y) break;
    }
    while (at < len && a.at[at] == b.at[at]) at++;
    return at;
}

/* A folder comes before a file of the same level, so the first part that differs decides: whether
 * it is a folder, then its bytes, of which the end and '/' are the least. */
static int compare_paths(Str a, Str b) {
    size_t at = shared_bytes(a, b);
    bool a_is_folder = str_find_byte(str_skip(a, at), '/') != STR_NONE;
    bool b_is_folder = str_find_byte(str_skip(b, at), '/') != STR_NONE;
    if (a_is_folder != b_is_folder) return a_is_folder ? -1 : 1;
    int a_byte = at < a.len && a.at[at] != '/' ? 1 + (unsigned char)a.at[at] : 0;
    int b_byte = at < b.len && b.at[at] != '/' ? 1 + (unsigned char)b.at[at] : 0;
    return a_byte != b_byte ? a_byte - b_byte : (a.len > at) - (b.len > at);
}

static int compare_files(const void *a, const void *b) {
    return compare_paths(((const TreeFile *)a)->path, ((const TreeFile *)b)->path);
}

/* Most torrents come sorted, and a page is asked for often. */
static void sort_files(TreeFile *files, size_t count) {
    size_t at = 1;
    while (at < count && compare_files(&files[at - 1], &files[at]) <= 0) at++;
    if (at < count) qsort(files, count, sizeof *files, compare_files);
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
    sort_files(files, count);
    uint64_t *sums = arena_new(arena, uint64_t, count + 1);
    for (size_t i = 0; i < count; i++) sums[i + 1] = sums[i] + files[i].size_bytes;
    size_t to = count - from > FILE_TREE_PAGE ? from + FILE_TREE_PAGE : count;
    Builder builder = {.files = files, .sums = sums, .arena = arena, .from = from, .to = to};
    return build(&builder, (Span){0, count, 0, 0});
}
