#include <stdlib.h>

#include "base/limits.h"
#include "community/file_key_pack.h"
#include "queries/file_key.h"

/* A file by one of its numbers; those of one number stand side by side. */
typedef struct {
    uint64_t number;
    uint32_t file;
    bool is_done; /* of the first of a number: all of them are found */
} Entry;

typedef struct {
    Entry *at;
    size_t count;
} Entries;

typedef struct {
    Entries by_root, by_guess;
    bool *found;
    size_t left;
} Wanted;

static int by_number(const void *a, const void *b) {
    const Entry *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* What nobody would miss is not looked for. */
static bool counts(const TorrentFile *file) {
    return !(file->flags & (FILE_PAD | FILE_SYMLINK)) && file->size_bytes > 0;
}

static Wanted wanted_of(const TorrentFile *files, size_t file_count, Arena *arena) {
    Wanted wanted = {.by_root.at = arena_new(arena, Entry, file_count + 1),
                     .by_guess.at = arena_new(arena, Entry, file_count + 1),
                     .found = arena_new(arena, bool, file_count + 1)};
    for (size_t i = 0; i < file_count; i++) {
        if (!counts(&files[i])) continue;
        FileKey key = file_key_of(&files[i], arena);
        wanted.left++;
        wanted.by_guess.at[wanted.by_guess.count++] = (Entry){key.guess, (uint32_t)i, false};
        if (file_key_has_root(&key))
            wanted.by_root.at[wanted.by_root.count++] =
                (Entry){file_key_root_number(&key), (uint32_t)i, false};
    }
    qsort(wanted.by_root.at, wanted.by_root.count, sizeof(Entry), by_number);
    qsort(wanted.by_guess.at, wanted.by_guess.count, sizeof(Entry), by_number);
    return wanted;
}

static size_t first_of(const Entries *entries, uint64_t number) {
    size_t low = 0, high = entries->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (entries->at[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Each number is gone through once: a thousand files of one name cost no more than one. Returns
 * whether any was found now. */
static bool take(Wanted *wanted, Entries *entries, uint64_t number) {
    size_t first = first_of(entries, number), left = wanted->left;
    if (first == entries->count || entries->at[first].number != number) return false;
    if (entries->at[first].is_done) return false;
    entries->at[first].is_done = true;
    for (size_t i = first; i < entries->count && entries->at[i].number == number; i++) {
        uint32_t file = entries->at[i].file;
        if (!wanted->found[file]) wanted->left--;
        wanted->found[file] = true;
    }
    return wanted->left < left;
}

static void take_work(Wanted *wanted, const Metainfo *theirs, Arena *arena, bool *ret_guess) {
    for (size_t i = 0; i < theirs->file_count && wanted->left; i++) {
        if (!counts(&theirs->files[i])) continue;
        FileKey key = file_key_of(&theirs->files[i], arena);
        if (file_key_has_root(&key) && wanted->by_root.count)
            take(wanted, &wanted->by_root, file_key_root_number(&key));
        else if (take(wanted, &wanted->by_guess, key.guess))
            *ret_guess = true;
    }
}

typedef struct {
    Visit *visit;
    Wanted wanted;
    uint64_t files_read;
    bool is_guess;
} Check;

static Error read_work(Check *check, const SameWork *work, Arena *arena) {
    bool found;
    FileKeyInfoRow row;
    Metainfo theirs;
    check->files_read += work->torrent.file_count;
    if (check->files_read > FILE_KEY_FILES_READ_MAX) return OK;
    TRY(query_file_key_info(check->visit->db, arena,
                            (FileKeyInfoAsk){.torrent_id = work->torrent.id}, &found, &row));
    if (!found || failed(metainfo_parse_info(row.info, arena, &theirs))) return OK;
    take_work(&check->wanted, &theirs, arena, &check->is_guess);
    return OK;
}

/* Those that share for certain first: what they hold is no guess. */
static Error read_works(Check *check, const SameFiles *same) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Error result = OK;
    for (int guesses = 0; guesses < 2; guesses++)
        for (size_t i = 0; i < same->count && check->wanted.left && !failed(result); i++) {
            if (same->works[i].is_guess != (guesses == 1)) continue;
            result = read_work(check, &same->works[i], &arena);
            if (failed(result)) result.subject[0] = result.subject[1] = (Str){0};
            arena_reset(&arena);
        }
    arena_free(&arena);
    return result;
}

Error file_key_check(Visit *visit, const TorrentFile *files, size_t file_count,
                     SameFiles *ret_same) {
    SameFiles same;
    TRY(file_key_match(visit, files, file_count, 0, &same));
    size_t large = file_key_list(files, file_count, visit->arena).count;
    if (large > 0 && same.files == large) {
        Check check = {.visit = visit, .wanted = wanted_of(files, file_count, visit->arena)};
        TRY(read_works(&check, &same));
        same.has_all = check.wanted.left == 0;
        if (same.has_all) same.is_guess = check.is_guess;
    }
    *ret_same = same;
    return OK;
}
