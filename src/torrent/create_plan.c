#include "torrent/create_plan.h"

#include "base/limits.h"
#include "torrent/merkle.h"

/* About 1,000 pieces: the same steps as libtorrent, so that equal files give equal torrents. */
uint64_t create_piece_length(uint64_t size_bytes) {
    static const uint64_t steps[] = {2684355,      10737418,    42949673,    171798692,
                                     687194767,    2748779069,  10995116278, 43980465111,
                                     175921860444, 703687441777};
    size_t step = 0;
    while (step < sizeof steps / sizeof *steps && steps[step] < size_bytes) step++;
    return (uint64_t)MERKLE_BLOCK_BYTES << step;
}

static Error check_piece_length(const CreateOptions *options) {
    uint64_t length = options->piece_length;
    bool is_power = (length & (length - 1)) == 0;
    bool is_fine = options->kind == CREATE_V1 ? is_power || length % MERKLE_BLOCK_BYTES == 0
                                              : is_power && length >= MERKLE_BLOCK_BYTES;
    if (is_fine && length <= TORRENT_PIECE_LENGTH_MAX) return OK;
    return error_field(BAD_INPUT, "piece_length", "piece_length_bad",
                       "The piece length must be a power of two from 16 KiB to 512 MiB.");
}

static bool is_name(Str part) {
    return part.len > 0 && !str_equal(part, STR(".")) && !str_equal(part, STR("..")) &&
           str_find_byte(part, '/') == STR_NONE && str_find_byte(part, 0) == STR_NONE;
}

static Error bad_path(Str path) {
    return error_field(BAD_INPUT, "path", "path_bad", "A torrent cannot hold a file named {}.",
                       path);
}

static Error check_path(Str path) {
    if (path.len > TORRENT_PATH_BYTES_MAX) return bad_path(path);
    size_t depth = 0;
    Str rest = path;
    do {
        if (++depth > TORRENT_PATH_DEPTH_MAX || !is_name(str_cut(&rest, '/')))
            return bad_path(path);
    } while (rest.len > 0);
    return path.at[path.len - 1] == '/' ? bad_path(path) : OK;
}

/* Part by part: "a/b" stands before "a!b". */
static int compare_paths(Str a, Str b) {
    while (a.len > 0 && b.len > 0) {
        int order = str_compare(str_cut(&a, '/'), str_cut(&b, '/'));
        if (order != 0) return order;
    }
    return a.len > 0 ? 1 : b.len > 0 ? -1 : 0;
}

static int compare_files(const void *a, const void *b) {
    return compare_paths(((const PlannedFile *)a)->path, ((const PlannedFile *)b)->path);
}

/* Sorted, a path stands next to its double, and a folder behind a file of its name. */
static Error check_conflicts(const PlannedFile *sorted, size_t count) {
    for (size_t i = 1; i < count; i++) {
        Str before = sorted[i - 1].path, path = sorted[i].path;
        bool is_inside =
            path.len > before.len && str_starts(path, before) && path.at[before.len] == '/';
        if (is_inside || str_equal(before, path))
            return error_field(BAD_INPUT, "path", "path_twice", "Two files are named {}.", before);
    }
    return OK;
}

static Error list_files(CreatePlan *plan, const CreateFile *files, size_t count) {
    plan->files = arena_new(plan->arena, PlannedFile, 2 * count);
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        Str path = plan->options.is_folder ? files[i].path : plan->options.name;
        TRY(check_path(path));
        if (__builtin_add_overflow(total, files[i].size_bytes, &total) || total >> 48)
            return fault_error(FAULT_SIZE_TOO_BIG, (Str){0});
        plan->files[i] = (PlannedFile){
            .path = path, .size_bytes = files[i].size_bytes, .flags = files[i].flags, .place = i};
    }
    plan->file_count = count;
    plan->total_bytes = total;
    if (total == 0) return fault_error(FAULT_SIZE_ZERO, (Str){0});
    PlannedFile *sorted = plan->files;
    if (plan->options.kind == CREATE_V1) {
        sorted = arena_new(plan->arena, PlannedFile, count);
        memcpy(sorted, plan->files, count * sizeof *sorted);
    }
    qsort(sorted, count, sizeof *sorted, compare_files);
    return check_conflicts(sorted, count);
}

/* BEP 47 padding after each file, the last one too, so that v1 agrees with v2; a lone file needs
 * none. */
static void add_padding(CreatePlan *plan) {
    size_t count = plan->file_count;
    if (count == 1) return;
    uint64_t piece_length = plan->options.piece_length, offset = 0;
    PlannedFile *padded = arena_new(plan->arena, PlannedFile, 2 * count);
    size_t padded_count = 0;
    for (size_t i = 0; i < count; i++) {
        PlannedFile file = plan->files[i];
        padded[padded_count++] = file;
        offset += file.size_bytes;
        uint64_t over = offset % piece_length;
        if (over == 0) continue;
        uint64_t pad = piece_length - over;
        Str path = arena_print(plan->arena, ".pad/%llu", (unsigned long long)pad);
        padded[padded_count++] =
            (PlannedFile){.path = path, .size_bytes = pad, .flags = FILE_PAD, .is_pad = true};
        offset += pad;
    }
    plan->files = padded;
    plan->file_count = padded_count;
    plan->total_bytes = offset;
}

static void make_layers(CreatePlan *plan) {
    uint64_t piece_length = plan->options.piece_length;
    for (size_t i = 0; i < plan->file_count; i++) {
        PlannedFile *file = &plan->files[i];
        if (file->is_pad) continue;
        file->layer_bytes = (file->size_bytes + piece_length - 1) / piece_length * SHA256_BYTES;
        file->layer = arena_new(plan->arena, uint8_t, file->layer_bytes);
    }
}

Error create_plan(const CreateOptions *options, const CreateFile *files, size_t file_count,
                  Arena *arena, CreatePlan *ret_plan) {
    CreatePlan plan = {.options = *options, .arena = arena};
    if (!is_name(options->name)) return bad_path(options->name);
    if (file_count == 0 || (!options->is_folder && file_count != 1))
        return fault_error(FAULT_FILES_MISSING, (Str){0});
    if (file_count > TORRENT_FILES_MAX)
        return fault_error_at(FAULT_FILES_TOO_MANY, TORRENT_FILES_MAX, arena);
    TRY(list_files(&plan, files, file_count));
    if (plan.options.piece_length == 0)
        plan.options.piece_length = create_piece_length(plan.total_bytes);
    TRY(check_piece_length(&plan.options));
    if (options->kind != CREATE_V1) add_padding(&plan);
    plan.pieces = (plan.total_bytes - 1) / plan.options.piece_length + 1;
    if (plan.pieces > TORRENT_PIECES_MAX)
        return fault_error_at(FAULT_PIECES_TOO_MANY, TORRENT_PIECES_MAX, arena);
    if (options->kind != CREATE_V1) make_layers(&plan);
    *ret_plan = plan;
    return OK;
}
