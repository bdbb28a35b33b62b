#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/heap.h"
#include "search/manifest.h"
#include "search/search_state.h"
#include "search/segment_layout.h"

/* Files of the folder: "manifest", "clean" after a proper end, "N.segment", "N.counts", and
 * "N.changes", the ids of works that changed since the manifest before. */
enum { PATH_BYTES = 4096, CHANGES_BYTES_MAX = 1 << 30 };

typedef struct {
    char at[PATH_BYTES];
} Path;

static Path path_of(const char *folder, const char *name) {
    Path path;
    snprintf(path.at, sizeof path.at, "%s/%s", folder, name);
    return path;
}

static Path path_numbered(const char *folder, uint64_t number, const char *kind) {
    char name[64];
    snprintf(name, sizeof name, "%llu.%s", (unsigned long long)number, kind);
    return path_of(folder, name);
}

Error search_path_error(const char *path, int cause) {
    return error(UNAVAILABLE, "search_folder", "The search index in {} cannot be used: {}.",
                 str_from_c(path), str_from_c(strerrordesc_np(cause)));
}

static bool sync_folder(const char *folder) {
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = file >= 0 && fsync(file) == 0;
    int cause = errno;
    if (file >= 0) close(file);
    errno = cause;
    return synced;
}

/* --- segments --- */

int search_segment_create(Search *search, uint64_t number) {
    Path path = path_numbered(search->folder, number, "segment");
    return open(path.at, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
}

void search_segment_delete(Search *search, uint64_t number) {
    Path segment = path_numbered(search->folder, number, "segment");
    Path counts = path_numbered(search->folder, number, "counts");
    unlink(segment.at);
    unlink(counts.at);
}

static void *map_file(int file, size_t len, int protection) {
    void *at = len ? mmap(NULL, len, protection, MAP_SHARED, file, 0) : MAP_FAILED;
    return at == MAP_FAILED ? NULL : at;
}

/* The counts of a segment, shared with the disk: as they were left when the file is the one that
 * belongs to it (*ret_kept), else zero. */
static bool map_counts(const char *folder, uint64_t number, Segment *segment, bool *ret_kept) {
    Path path = path_numbered(folder, number, "counts");
    size_t len = segment_counts_bytes(segment_count(segment));
    int file = open(path.at, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return false;
    struct stat status;
    bool fits = fstat(file, &status) == 0 && status.st_size == (off_t)len;
    /* Room first: a full disk must not be found out by a store to memory. */
    int cause = fits ? 0 : ftruncate(file, 0) != 0 ? errno : posix_fallocate(file, 0, (off_t)len);
    uint8_t *counts = cause ? NULL : map_file(file, len, PROT_READ | PROT_WRITE);
    close(file);
    if (!counts) {
        if (cause) errno = cause;
        return false;
    }
    CountsHead *head = (CountsHead *)(void *)counts;
    *ret_kept = fits && memcmp(head->magic, COUNTS_MAGIC, sizeof head->magic) == 0 &&
                head->mark == segment->head->mark && head->documents == segment_count(segment);
    if (!*ret_kept) {
        memset(counts, 0, len);
        memcpy(head->magic, COUNTS_MAGIC, sizeof head->magic);
        head->mark = segment->head->mark;
        head->documents = segment_count(segment);
    }
    segment_set_counts(segment, counts, true);
    return true;
}

static Segment *map_segment(const char *folder, uint64_t number, int file, bool *ret_kept) {
    struct stat status;
    if (fstat(file, &status) != 0) return NULL;
    size_t len = (size_t)status.st_size;
    uint8_t *bytes = map_file(file, len, PROT_READ);
    if (!bytes) return NULL;
    Segment *segment = segment_open(bytes, len, true);
    if (!segment) {
        munmap(bytes, len);
        errno = EBADMSG;
        return NULL;
    }
    segment->number = number;
    if (map_counts(folder, number, segment, ret_kept)) return segment;
    int cause = errno;
    segment_release(segment);
    errno = cause;
    return NULL;
}

Segment *search_segment_adopt(Search *search, uint64_t number, int file) {
    bool kept;
    if (fsync(file) != 0 || !sync_folder(search->folder)) return NULL;
    return map_segment(search->folder, number, file, &kept);
}

/* --- manifest --- */

static void fill_manifest(const View *view, Manifest *manifest, Arena *arena) {
    manifest->rows = arena_new(arena, ManifestRow, view->count + 1);
    for (size_t i = 0; i < view->count; i++) {
        const ViewPart *part = &view->parts[i];
        if (!part->segment->number) continue;
        manifest->rows[manifest->count++] =
            (ManifestRow){.number = part->segment->number,
                          .mark = part->segment->head->mark,
                          .documents = segment_count(part->segment),
                          .gone_count = part->gone ? part->gone->count : 0,
                          .gone = part->gone ? part->gone->bits : NULL};
    }
}

/* Calls for each file "N.kind" of the folder. */
static void each_numbered(const char *folder, const char *kind,
                          void (*each)(void *argument, uint64_t number), void *argument) {
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        Str rest = str_from_c(entry->d_name), number = str_cut(&rest, '.');
        uint64_t value;
        if (str_equal(rest, str_from_c(kind)) && str_to_u64(number, &value)) each(argument, value);
    }
    if (entries) closedir(entries);
}

typedef struct {
    const char *folder;
    uint64_t sequence;
} OldJournals;

static void drop_old_journal(void *argument, uint64_t number) {
    const OldJournals *old = argument;
    if (number >= old->sequence) return;
    Path path = path_numbered(old->folder, number, "changes");
    unlink(path.at);
}

bool search_save_manifest(Search *search, const View *view, int64_t mark, int64_t built_upto) {
    Arena arena = arena_create(MANIFEST_BYTES_MAX);
    Manifest manifest = {.catalogue = search->catalogue,
                         .sequence = search->sequence,
                         .event_id = mark,
                         .built_upto = built_upto};
    fill_manifest(view, &manifest, &arena);
    Path path = path_of(search->folder, "manifest");
    errno = 0;
    bool saved =
        !failed(file_write(str_from_c(path.at), manifest_write(&manifest, &arena), 0600)) &&
        sync_folder(search->folder);
    int cause = errno;
    arena_free(&arena);
    if (saved)
        each_numbered(search->folder, "changes", drop_old_journal,
                      &(OldJournals){search->folder, manifest.sequence});
    errno = cause;
    return saved;
}

/* --- changes since the manifest --- */

void search_turn_journal(Search *search) {
    if (search->journal >= 0) close(search->journal);
    Path path = path_numbered(search->folder, ++search->sequence, "changes");
    search->journal = open(path.at, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* Not synced: it is for an end by force, and after a power loss the catalogue's story tells. */
void search_note_ids(Search *search, const int64_t *ids, size_t count) {
    if (search->journal < 0) return;
    const char *at = (const char *)ids;
    for (size_t left = count * sizeof *ids; left > 0;) {
        ssize_t done = write(search->journal, at, left);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return;
        at += done;
        left -= (size_t)done;
    }
}

typedef struct {
    const char *folder;
    uint64_t last; /* number there is */
    SearchOpening *opening;
    size_t room;
} Journals;

static void read_journal(void *argument, uint64_t number) {
    Journals *journals = argument;
    if (number > journals->last) journals->last = number;
    Arena arena = arena_create(CHANGES_BYTES_MAX + 4 * KIB);
    Path path = path_numbered(journals->folder, number, "changes");
    Str bytes;
    SearchOpening *opening = journals->opening;
    if (!failed(file_read(str_from_c(path.at), CHANGES_BYTES_MAX, &arena, &bytes))) {
        size_t count = bytes.len / sizeof(int64_t);
        opening->changed_ids = heap_grow(opening->changed_ids, &journals->room,
                                         opening->changed_count + count, sizeof(int64_t));
        if (count)
            memcpy(opening->changed_ids + opening->changed_count, bytes.at,
                   count * sizeof(int64_t));
        opening->changed_count += count;
    }
    arena_free(&arena);
}

/* --- opening --- */

static Segment *open_row(const char *folder, const ManifestRow *row, bool *counts_are_kept) {
    Path path = path_numbered(folder, row->number, "segment");
    int file = open(path.at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return NULL;
    bool kept = false;
    Segment *segment = map_segment(folder, row->number, file, &kept);
    close(file);
    if (!segment) return NULL;
    if (segment->head->mark != row->mark || segment_count(segment) != row->documents) {
        segment_release(segment);
        return NULL;
    }
    *counts_are_kept &= kept;
    return segment;
}

static View *open_view(const char *folder, const Manifest *manifest, bool *counts_are_kept) {
    ViewPart *parts = heap_new(manifest->count, sizeof *parts);
    size_t count = 0;
    for (; count < manifest->count; count++) {
        const ManifestRow *row = &manifest->rows[count];
        Segment *segment = open_row(folder, row, counts_are_kept);
        if (!segment) break;
        parts[count].segment = segment;
        if (!row->gone) continue;
        parts[count].gone = gone_create(NULL, row->documents);
        parts[count].gone->count = row->gone_count;
        memcpy(parts[count].gone->bits, row->gone,
               (row->documents + (size_t)63) / 64 * sizeof *row->gone);
    }
    View *view = count == manifest->count ? view_create(parts, count) : NULL;
    for (size_t i = 0; i < count; i++) {
        segment_release(parts[i].segment);
        gone_release(parts[i].gone);
    }
    heap_free(parts);
    return view;
}

static bool read_manifest(const char *folder, Arena *arena, Manifest *ret_manifest) {
    Path path = path_of(folder, "manifest");
    Str bytes;
    return !failed(file_read(str_from_c(path.at), MANIFEST_BYTES_MAX, arena, &bytes)) &&
           manifest_parse(bytes, arena, ret_manifest);
}

typedef struct {
    const char *folder;
    const View *view;
    uint64_t last;
} Orphans;

static void drop_orphan(void *argument, uint64_t number) {
    Orphans *orphans = argument;
    if (number > orphans->last) orphans->last = number;
    for (size_t i = 0; i < orphans->view->count; i++)
        if (orphans->view->parts[i].segment->number == number) return;
    Path segment = path_numbered(orphans->folder, number, "segment");
    Path counts = path_numbered(orphans->folder, number, "counts");
    unlink(segment.at);
    unlink(counts.at);
}

static bool take_clean_mark(const char *folder) {
    Path path = path_of(folder, "clean");
    return unlink(path.at) == 0 && sync_folder(folder);
}

Error search_open(Search *search, Str folder, uint64_t catalogue, SearchOpening *ret_opening) {
    TRY(file_make_folder(folder, 0700));
    char *name = heap_new(folder.len + 1, 1);
    memcpy(name, folder.at, folder.len);
    bool is_clean = take_clean_mark(name), kept = true;
    SearchOpening opening = {.built_upto = INT64_MIN};
    Arena arena = arena_create(2u * MANIFEST_BYTES_MAX);
    Manifest manifest = {0};
    View *view = NULL;
    if (read_manifest(name, &arena, &manifest) && manifest.catalogue == catalogue)
        view = open_view(name, &manifest, &kept);
    if (view) {
        opening.event_id = manifest.event_id;
        opening.built_upto = manifest.built_upto;
    }
    opening.is_new = !view;
    opening.counts_are_old = !is_clean || !kept;
    if (!view) view = view_create(NULL, 0);
    Journals journals = {.folder = name, .last = manifest.sequence, .opening = &opening};
    each_numbered(name, "changes", read_journal, &journals);
    Orphans orphans = {.folder = name, .view = view};
    each_numbered(name, "segment", drop_orphan, &orphans);
    each_numbered(name, "counts", drop_orphan, &orphans);
    arena_free(&arena);
    for (size_t i = 0; i < view->count; i++) search_compute_health(search, view->parts[i].segment);
    pthread_mutex_lock(&search->writing);
    search->stopping = false;
    search->stop_merge = false;
    search->cause = 0;
    search->folder = name;
    search->catalogue = catalogue;
    search->sequence = journals.last;
    search->next_number = orphans.last + 1;
    search->mark = search->saved_mark = opening.event_id;
    search->built_upto = search->saved_built_upto = opening.built_upto;
    search->changes += opening.changed_count; /* until they are saved */
    search_turn_journal(search);
    search_swap(search, view);
    pthread_mutex_unlock(&search->writing);
    *ret_opening = opening;
    return OK;
}

static void find_last(void *argument, uint64_t number) {
    uint64_t *last = argument;
    if (number > *last) *last = number;
}

Error search_note_only(Search *search, Str folder) {
    Arena arena = arena_create(64 * KIB);
    const char *name = str_c(&arena, folder);
    struct stat status;
    search->note_only = true;
    if (stat(name, &status) == 0) { /* else there is no index yet, and all will be read */
        uint64_t last = 0;
        each_numbered(name, "changes", find_last, &last);
        Path path = path_numbered(name, last + 1, "changes");
        search->journal =
            open(path.at, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    int cause = errno;
    bool noted = stat(name, &status) != 0 || search->journal >= 0;
    arena_free(&arena);
    return noted ? OK : search_path_error("the data folder", cause);
}

void search_opening_free(SearchOpening *opening) {
    heap_free(opening->changed_ids);
    *opening = (SearchOpening){0};
}

/* After search_stop: the counts too are on disk then, and may be believed next time. */
Error search_close(Search *search) {
    search_stop(search);
    if (search->note_only && search->journal >= 0) close(search->journal);
    if (search->note_only) search->journal = -1;
    if (!search->folder) return OK;
    bool saved = !search->cause && search->saved_changes == search->changes;
    for (size_t i = 0; i < search->view->count && saved; i++) {
        const Segment *segment = search->view->parts[i].segment;
        if (segment->counts_are_mapped)
            saved = msync(segment->counts, segment->counts_len, MS_SYNC) == 0;
    }
    int cause = search->cause ? search->cause : errno;
    Path path = path_of(search->folder, "clean");
    Error e = saved ? file_write(str_from_c(path.at), STR("clean\n"), 0600)
                    : search_path_error(search->folder, cause);
    if (search->journal >= 0) close(search->journal);
    search->journal = -1;
    if (saved)
        each_numbered(search->folder, "changes", drop_old_journal,
                      &(OldJournals){search->folder, search->sequence + 1});
    heap_free(search->folder);
    search->folder = NULL;
    return failed(e) ? error(UNAVAILABLE, "search_not_saved",
                             "The search index could not be saved; what is missing is read again "
                             "at the next start.")
                     : OK;
}

bool search_lists_are_whole(Search *search) {
    View *view = search_hold(search);
    bool whole = true;
    for (size_t i = 0; i < view->count && whole; i++)
        whole = segment_check_lists(view->parts[i].segment);
    view_release(view);
    return whole;
}
