#include "community/file_key.h"

#include "base/limits.h"
#include "community/file_key_pack.h"
#include "community/plain_text.h"
#include "community/torrent_row.h"
#include "queries/file_key.h"

enum { RECORD_BYTES = FILE_KEY_ROOT_BYTES + 2 * sizeof(uint64_t) };

/* Not secret: a guess that somebody made up is a guess all the same. */
static const uint8_t guess_key[SIPHASH_KEY_BYTES] = "file name, size";

static Str base_name(Str path) {
    for (size_t i = path.len; i > 0; i--)
        if (path.at[i - 1] == '/') return str_skip(path, i);
    return path;
}

static uint64_t read_u64(const char *at) {
    uint64_t value = 0;
    for (unsigned i = 0; i < sizeof value; i++) value |= (uint64_t)(uint8_t)at[i] << (8 * i);
    return value;
}

static void write_u64(char *at, uint64_t value) {
    for (unsigned i = 0; i < sizeof value; i++) at[i] = (char)(value >> (8 * i));
}

FileKey file_key_of(const TorrentFile *file, Arena *arena) {
    FileKey key = {.size_bytes = file->size_bytes};
    if (file->has_root) memcpy(key.root, file->root, sizeof key.root);
    Str name = plain_text_lower_ascii(base_name(file->path), arena);
    char *bytes = arena_new(arena, char, name.len + sizeof(uint64_t));
    write_u64(bytes, file->size_bytes);
    if (name.len) memcpy(bytes + sizeof(uint64_t), name.at, name.len);
    key.guess = siphash((Str){bytes, name.len + sizeof(uint64_t)}, guess_key);
    return key;
}

/* The largest; of equal ones those that come first. */
FileKeys file_key_list(const TorrentFile *files, size_t file_count, Arena *arena) {
    const TorrentFile *largest[FILE_KEYS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < file_count; i++) {
        const TorrentFile *file = &files[i];
        if ((file->flags & (FILE_PAD | FILE_SYMLINK)) || file->size_bytes < FILE_KEY_BYTES_MIN)
            continue;
        if (count == FILE_KEYS_MAX && file->size_bytes <= largest[count - 1]->size_bytes) continue;
        size_t place = count < FILE_KEYS_MAX ? count++ : count - 1;
        for (; place > 0 && largest[place - 1]->size_bytes < file->size_bytes; place--)
            largest[place] = largest[place - 1];
        largest[place] = file;
    }
    FileKeys keys = {arena_new(arena, FileKey, count + 1), count};
    for (size_t i = 0; i < count; i++) keys.at[i] = file_key_of(largest[i], arena);
    return keys;
}

Str file_key_write(FileKeys keys, Arena *arena) {
    char *bytes = arena_new(arena, char, keys.count *RECORD_BYTES + 1);
    for (size_t i = 0; i < keys.count; i++) {
        char *at = bytes + i * RECORD_BYTES;
        memcpy(at, keys.at[i].root, FILE_KEY_ROOT_BYTES);
        write_u64(at + FILE_KEY_ROOT_BYTES, keys.at[i].guess);
        write_u64(at + FILE_KEY_ROOT_BYTES + sizeof(uint64_t), keys.at[i].size_bytes);
    }
    return (Str){bytes, keys.count * RECORD_BYTES};
}

FileKeys file_key_parse(Str bytes, Arena *arena) {
    size_t count = bytes.len / RECORD_BYTES;
    if (bytes.len % RECORD_BYTES || count > FILE_KEYS_MAX) count = 0;
    FileKeys keys = {arena_new(arena, FileKey, count + 1), count};
    for (size_t i = 0; i < count; i++) {
        const char *at = bytes.at + i * RECORD_BYTES;
        memcpy(keys.at[i].root, at, FILE_KEY_ROOT_BYTES);
        keys.at[i].guess = read_u64(at + FILE_KEY_ROOT_BYTES);
        keys.at[i].size_bytes = read_u64(at + FILE_KEY_ROOT_BYTES + sizeof(uint64_t));
    }
    return keys;
}

bool file_key_has_root(const FileKey *key) {
    static const uint8_t none[FILE_KEY_ROOT_BYTES];
    return memcmp(key->root, none, sizeof none) != 0;
}

uint64_t file_key_root_number(const FileKey *key) { return read_u64((const char *)key->root); }

uint64_t *file_key_numbers(FileKeys keys, Arena *arena, size_t *ret_count) {
    uint64_t *numbers = arena_new(arena, uint64_t, 2 * keys.count + 1);
    size_t count = 0;
    for (size_t i = 0; i < keys.count; i++) {
        if (file_key_has_root(&keys.at[i])) numbers[count++] = file_key_root_number(&keys.at[i]);
        numbers[count++] = keys.at[i].guess;
    }
    *ret_count = count;
    return numbers;
}

typedef enum { SAME_NOT, SAME_GUESS, SAME_CERTAIN } Sameness;

static Sameness compare(const FileKey *a, const FileKey *b) {
    if (a->size_bytes != b->size_bytes) return SAME_NOT;
    if (file_key_has_root(a) && file_key_has_root(b))
        return memcmp(a->root, b->root, sizeof a->root) == 0 ? SAME_CERTAIN : SAME_NOT;
    return a->guess == b->guess ? SAME_GUESS : SAME_NOT;
}

/* --- candidates, as the search names them --- */

typedef struct {
    int64_t id;
    uint64_t files, size_bytes;
    bool is_guess;
} Candidate;

typedef struct {
    Candidate at[FILE_KEY_CANDIDATES_MAX];
    size_t count;
} Candidates;

static void add_candidates(Visit *visit, uint64_t number, int64_t except_id, Candidates *found) {
    int64_t ids[FILE_KEY_CANDIDATES_MAX];
    size_t count = search_by_key(visit->community->search, number, ids, FILE_KEY_CANDIDATES_MAX);
    for (size_t i = 0; i < count && i < FILE_KEY_CANDIDATES_MAX; i++) {
        size_t place = 0;
        while (place < found->count && found->at[place].id != ids[i]) place++;
        if (place < found->count || ids[i] == except_id) continue;
        if (found->count == FILE_KEY_CANDIDATES_MAX) return;
        found->at[found->count++] = (Candidate){.id = ids[i]};
    }
}

/* Roots first: when many works share names, those that share files must not be crowded out. */
static void list_candidates(Visit *visit, FileKeys mine, int64_t except_id, Candidates *found) {
    size_t asked = mine.count < FILE_KEYS_ASKED_MAX ? mine.count : FILE_KEYS_ASKED_MAX;
    for (size_t i = 0; i < asked; i++)
        if (file_key_has_root(&mine.at[i]))
            add_candidates(visit, file_key_root_number(&mine.at[i]), except_id, found);
    for (size_t i = 0; i < asked; i++) add_candidates(visit, mine.at[i].guess, except_id, found);
}

typedef struct {
    FileKeys keys;
    Sameness best[FILE_KEYS_MAX]; /* of each, among all candidates */
} Mine;

static void count_shared(Mine *mine, FileKeys theirs, Candidate *candidate) {
    for (size_t i = 0; i < mine->keys.count; i++) {
        Sameness best = SAME_NOT;
        for (size_t k = 0; k < theirs.count && best != SAME_CERTAIN; k++) {
            Sameness same = compare(&mine->keys.at[i], &theirs.at[k]);
            if (same > best) best = same;
        }
        if (best == SAME_NOT) continue;
        candidate->files++;
        candidate->size_bytes += mine->keys.at[i].size_bytes;
        candidate->is_guess |= best == SAME_GUESS;
        if (best > mine->best[i]) mine->best[i] = best;
    }
}

static int by_bytes(const void *a, const void *b) {
    const Candidate *x = a, *y = b;
    if (x->size_bytes != y->size_bytes) return x->size_bytes < y->size_bytes ? 1 : -1;
    if (x->is_guess != y->is_guess) return x->is_guess ? 1 : -1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* What the search says may be of yesterday, or only begin alike: the store decides. */
static Error verify(Visit *visit, Mine *mine, Candidates *found) {
    int64_t ids[FILE_KEY_CANDIDATES_MAX];
    for (size_t i = 0; i < found->count; i++) ids[i] = found->at[i].id;
    FileKeyOfRows rows;
    TRY(query_file_key_of(visit->db, visit->arena, (FileKeyOfAsk){.ids = {ids, found->count}},
                          &rows));
    size_t kept = 0;
    for (size_t i = 0; i < rows.count; i++) {
        Candidate candidate = {.id = rows.at[i].torrent_id};
        count_shared(mine, file_key_parse(rows.at[i].keys, visit->arena), &candidate);
        if (candidate.files) found->at[kept++] = candidate;
    }
    found->count = kept;
    qsort(found->at, kept, sizeof *found->at, by_bytes);
    return OK;
}

static Error fill(Visit *visit, const Candidates *found, SameFiles *same) {
    size_t shown =
        found->count < FILE_KEY_WORKS_SHOWN_MAX ? found->count : FILE_KEY_WORKS_SHOWN_MAX;
    int64_t ids[FILE_KEY_WORKS_SHOWN_MAX];
    for (size_t i = 0; i < shown; i++) ids[i] = found->at[i].id;
    TorrentLineRows rows;
    TRY(query_torrent_by_ids(visit->db, visit->arena, (TorrentByIdsAsk){.ids = {ids, shown}},
                             &rows));
    same->works = arena_new(visit->arena, SameWork, shown + 1);
    for (size_t i = 0; i < shown; i++)
        for (size_t k = 0; k < rows.count; k++) {
            const Candidate *candidate = &found->at[i];
            if (rows.at[k].id != candidate->id || rows.at[k].state != TORRENT_VISIBLE) continue;
            same->works[same->count++] =
                (SameWork){torrent_from_row(&rows.at[k], visit), candidate->files,
                           candidate->size_bytes, candidate->is_guess};
        }
    return OK;
}

static Error match(Visit *visit, Mine *mine, int64_t except_id, SameFiles *same) {
    Candidates found = {.count = 0};
    list_candidates(visit, mine->keys, except_id, &found);
    if (!found.count) return OK;
    TRY(verify(visit, mine, &found));
    for (size_t i = 0; i < mine->keys.count; i++) {
        if (mine->best[i] == SAME_NOT) continue;
        same->files++;
        same->size_bytes += mine->keys.at[i].size_bytes;
        same->is_guess |= mine->best[i] == SAME_GUESS;
    }
    return found.count ? fill(visit, &found, same) : OK;
}

Error file_key_match(Visit *visit, const TorrentFile *files, size_t file_count, int64_t except_id,
                     SameFiles *ret_same) {
    Mine mine = {.keys = file_key_list(files, file_count, visit->arena)};
    SameFiles same = {0};
    TRY(match(visit, &mine, except_id, &same));
    *ret_same = same;
    return OK;
}
