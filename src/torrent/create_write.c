#include <assert.h>

#include "base/limits.h"
#include "torrent/bencode.h"
#include "torrent/create_plan.h"

enum { FILE_EXTRA_BYTES = 256, INFO_EXTRA_BYTES = 1024, LAYER_EXTRA_BYTES = 64 };

static void write_attr(const PlannedFile *file, Text *text) {
    char letters[3];
    size_t count = 0;
    if (file->flags & FILE_PAD) letters[count++] = 'p';
    if (file->flags & FILE_HIDDEN) letters[count++] = 'h';
    if (file->flags & FILE_EXECUTABLE) letters[count++] = 'x';
    if (count == 0) return;
    bencode_write_string(text, STR("attr"));
    bencode_write_string(text, (Str){letters, count});
}

static void write_integer(Text *text, Str key, uint64_t value) {
    bencode_write_string(text, key);
    bencode_write_integer(text, (int64_t)value);
}

static void write_leaf(const PlannedFile *file, Text *text) {
    bencode_write_string(text, STR(""));
    bencode_open_dict(text);
    write_attr(file, text);
    write_integer(text, STR("length"), file->size_bytes);
    if (file->size_bytes > 0) {
        bencode_write_string(text, STR("pieces root"));
        bencode_write_string(text, str_from_bytes(file->root, SHA256_BYTES));
    }
    bencode_close(text);
}

/* How many leading folders two paths share. */
static size_t shared_folders(Str a, Str b) {
    size_t shared = 0;
    while (true) {
        Str part_a = str_cut(&a, '/'), part_b = str_cut(&b, '/');
        if (a.len == 0 || b.len == 0 || !str_equal(part_a, part_b)) return shared;
        shared++;
    }
}

/* The files are sorted, so the tree can be written as it is walked. */
static void write_tree(const CreatePlan *plan, Text *text) {
    bencode_write_string(text, STR("file tree"));
    bencode_open_dict(text);
    Str before = {0};
    size_t open = 0;
    for (size_t i = 0; i < plan->file_count; i++) {
        const PlannedFile *file = &plan->files[i];
        if (file->is_pad) continue;
        size_t shared = shared_folders(before, file->path), depth = 0;
        for (; open > shared; open--) bencode_close(text);
        for (Str rest = file->path; rest.len > 0; depth++) {
            Str part = str_cut(&rest, '/');
            if (depth < shared) continue;
            bencode_write_string(text, part);
            bencode_open_dict(text);
            if (rest.len > 0) open++;
        }
        write_leaf(file, text);
        bencode_close(text);
        before = file->path;
    }
    for (; open > 0; open--) bencode_close(text);
    bencode_close(text);
}

static void write_files(const CreatePlan *plan, Text *text) {
    bencode_write_string(text, STR("files"));
    bencode_open_list(text);
    for (size_t i = 0; i < plan->file_count; i++) {
        bencode_open_dict(text);
        write_attr(&plan->files[i], text);
        write_integer(text, STR("length"), plan->files[i].size_bytes);
        bencode_write_string(text, STR("path"));
        bencode_open_list(text);
        for (Str rest = plan->files[i].path; rest.len > 0;)
            bencode_write_string(text, str_cut(&rest, '/'));
        bencode_close(text);
        bencode_close(text);
    }
    bencode_close(text);
}

static size_t info_bytes(const CreatePlan *plan, Str v1_hashes) {
    size_t bytes = INFO_EXTRA_BYTES + plan->options.name.len + plan->options.source.len +
                   plan->options.update_url.len + v1_hashes.len;
    /* A part takes its own bytes, a length and two marks, in the list and in the tree. */
    for (size_t i = 0; i < plan->file_count; i++) {
        size_t parts = 1;
        for (size_t at = 0; at < plan->files[i].path.len; at++)
            parts += plan->files[i].path.at[at] == '/';
        bytes += FILE_EXTRA_BYTES + 2 * plan->files[i].path.len + 14 * parts;
    }
    return bytes;
}

Str create_plan_info(const CreatePlan *plan, Str v1_hashes, Arena *arena) {
    const CreateOptions *options = &plan->options;
    bool is_v1 = options->kind != CREATE_V2, is_v2 = options->kind != CREATE_V1;
    Text text = text_create(arena, info_bytes(plan, v1_hashes));
    bencode_open_dict(&text);
    if (is_v1 && !options->is_folder) write_attr(&plan->files[0], &text);
    if (is_v2) write_tree(plan, &text);
    if (is_v1 && options->is_folder) write_files(plan, &text);
    if (is_v1 && !options->is_folder)
        write_integer(&text, STR("length"), plan->files[0].size_bytes);
    if (is_v2) write_integer(&text, STR("meta version"), 2);
    bencode_write_string(&text, STR("name"));
    bencode_write_string(&text, options->name);
    write_integer(&text, STR("piece length"), options->piece_length);
    if (is_v1) {
        bencode_write_string(&text, STR("pieces"));
        bencode_write_string(&text, v1_hashes);
    }
    if (options->is_private) write_integer(&text, STR("private"), 1);
    if (options->source.len > 0) {
        bencode_write_string(&text, STR("source"));
        bencode_write_string(&text, options->source);
    }
    if (options->update_url.len > 0) {
        bencode_write_string(&text, STR("update-url"));
        bencode_write_string(&text, options->update_url);
    }
    bencode_close(&text);
    assert(!text.full);
    return text_str(&text);
}

static int compare_roots(const void *a, const void *b) {
    const PlannedFile *const *x = a, *const *y = b;
    return memcmp((*x)->root, (*y)->root, SHA256_BYTES);
}

/* Files of one piece are their own layer; equal files share one. */
Str create_plan_layers(const CreatePlan *plan, Arena *arena) {
    const PlannedFile **files = arena_new(arena, const PlannedFile *, plan->file_count);
    size_t count = 0, bytes = LAYER_EXTRA_BYTES;
    for (size_t i = 0; i < plan->file_count; i++) {
        if (plan->files[i].layer_bytes <= SHA256_BYTES) continue;
        bytes += plan->files[i].layer_bytes + LAYER_EXTRA_BYTES;
        files[count++] = &plan->files[i];
    }
    qsort(files, count, sizeof *files, compare_roots);
    Text text = text_create(arena, bytes);
    bencode_open_dict(&text);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && compare_roots(&files[i - 1], &files[i]) == 0) continue;
        bencode_write_string(&text, str_from_bytes(files[i]->root, SHA256_BYTES));
        bencode_write_string(&text, str_from_bytes(files[i]->layer, files[i]->layer_bytes));
    }
    bencode_close(&text);
    assert(!text.full);
    return text_str(&text);
}
