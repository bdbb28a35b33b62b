#include <errno.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/limits.h"
#include "search/search_state.h"
#include "search/segment_write.h"

enum {
    FACTOR = 8,               /* so many segments of about one size become one */
    TO_DISK = 4096,           /* works in memory that are worth a file ... */
    TO_DISK_BYTES = 64 * MIB, /* ... or so much of fewer: far below CROWDED_BYTES */
    CROWDED = 400,            /* parts of a view: those who add wait for a merge */
    CROWDED_BYTES = 512 * MIB,
    GONE_MIN = 1000, /* gone documents of a segment that are worth writing it anew ... */
    GONE_SHARE = 4,  /* ... when they are a quarter of it */
    LOG_FEW = 256,
    RETRY_MS = 30000, /* after the disk took no more */
};

typedef struct {
    ViewPart *parts;
    size_t count;
    bool to_disk, save; /* save: at least the manifest */
} Job;

static unsigned level_of(const ViewPart *part) {
    uint32_t count = view_part_count(part);
    return count ? (unsigned)(31 - __builtin_clz(count)) / 3 : 0;
}

static bool is_on_disk(const ViewPart *part) { return part->segment->number != 0; }

static bool is_worn(const ViewPart *part) {
    uint32_t gone = part->gone ? part->gone->count : 0;
    return gone >= GONE_MIN && gone >= segment_count(part->segment) / GONE_SHARE;
}

/* The highest level up to which there are FACTOR parts, counting `more` that will be there; -1:
 * none. */
static int crowded_level(const View *view, bool on_disk, const size_t more[11]) {
    size_t counts[11];
    memcpy(counts, more, sizeof counts);
    for (size_t i = 0; i < view->count; i++)
        if (is_on_disk(&view->parts[i]) == on_disk) counts[level_of(&view->parts[i])]++;
    int crowded = -1;
    for (int level = 0; level < 11; level++)
        if (counts[level] >= FACTOR) {
            crowded = level;
            if (level + 1 < 11) counts[level + 1]++;
        }
    return crowded;
}

static bool disk_rests(const Search *search) {
    return !search->folder || (search->cause && clock_monotonic_ms() < search->retry_at);
}

static uint64_t works_in_memory(const View *view, size_t *ret_bytes) {
    uint64_t works = 0;
    *ret_bytes = 0;
    for (size_t i = 0; i < view->count; i++) {
        if (is_on_disk(&view->parts[i])) continue;
        works += view_part_count(&view->parts[i]);
        *ret_bytes += segment_bytes(view->parts[i].segment);
    }
    return works;
}

static void choose_for_memory(const View *view, bool worn_too, Job *job) {
    static const size_t none[11];
    int level = crowded_level(view, false, none);
    for (size_t i = 0; i < view->count; i++) {
        const ViewPart *part = &view->parts[i];
        if (is_on_disk(part)) continue;
        bool low = level >= 0 && level_of(part) <= (unsigned)level;
        if (low || (worn_too && is_worn(part))) job->parts[job->count++] = *part;
    }
}

/* All that is in memory, and what on disk is of its size or worn. */
static void choose_for_disk(const View *view, bool in_a_hurry, Job *job) {
    size_t more[11] = {0}, bytes;
    uint64_t works = works_in_memory(view, &bytes);
    if (works) more[(63 - __builtin_clzll(works)) / 3]++;
    int level = in_a_hurry ? -1 : crowded_level(view, true, more);
    for (size_t i = 0; i < view->count; i++) {
        const ViewPart *part = &view->parts[i];
        bool low = level >= 0 && level_of(part) <= (unsigned)level;
        if (!is_on_disk(part) || low || (!in_a_hurry && is_worn(part)))
            job->parts[job->count++] = *part;
    }
    job->to_disk = job->count > 0;
    job->save = true;
}

/* What to do next; nothing when it stays without parts and `save`. */
static void choose(const Search *search, Job *job) {
    static const size_t none[11];
    const View *view = search->view;
    size_t bytes;
    bool wanted = search->flush_wanted != search->flush_done;
    if (!disk_rests(search) || (wanted && search->folder)) {
        bool worn = false;
        for (size_t i = 0; i < view->count; i++)
            worn |= is_on_disk(&view->parts[i]) && is_worn(&view->parts[i]);
        bool unsaved = search->changes != search->saved_changes ||
                       search->mark != search->saved_mark ||
                       search->built_upto != search->saved_built_upto;
        uint64_t works = works_in_memory(view, &bytes);
        if (works >= TO_DISK || bytes >= TO_DISK_BYTES || (wanted && unsaved) ||
            (!search->stopping && (worn || crowded_level(view, true, none) >= 0))) {
            choose_for_disk(view, search->stopping, job);
            return;
        }
    }
    if (!search->stopping) choose_for_memory(view, !search->folder, job);
}

/* --- taking over what became of a merge --- */

static size_t find_part(const Job *job, const Segment *segment) {
    size_t i = 0;
    while (i < job->count && job->parts[i].segment != segment) i++;
    return i;
}

/* What went since the merge began is gone from its result too. */
static Gone *gone_since(const View *view, const Job *job, const Merge *merge) {
    Gone *gone = NULL;
    for (size_t i = 0; i < job->count; i++) {
        const Gone *now = NULL;
        bool is_there = false;
        for (size_t at = 0; at < view->count; at++)
            if (view->parts[at].segment == job->parts[i].segment) {
                is_there = true;
                now = view->parts[at].gone;
            }
        if (is_there && now == job->parts[i].gone) continue;
        uint32_t count = segment_count(job->parts[i].segment);
        for (uint32_t document = 0; document < count; document++) {
            uint32_t to = merge->moved[i][document];
            bool went = !is_there || (now && now->bits[document / 64] >> document % 64 & 1);
            if (to == DOCUMENT_NONE || !went) continue;
            if (!gone) gone = gone_create(NULL, merge->documents);
            gone_add(gone, to);
        }
    }
    return gone;
}

static void copy_logged(const Job *job, const Merge *merge, Segment *to, const int64_t *ids,
                        size_t count) {
    for (size_t at = 0; at < count; at++)
        for (size_t i = 0; i < job->count; i++) {
            uint32_t document = segment_document(job->parts[i].segment, ids[at]);
            if (document == DOCUMENT_NONE || merge->moved[i][document] == DOCUMENT_NONE) continue;
            merge_copy_count(job->parts[i].segment, document, to, merge->moved[i][document]);
        }
}

static void set_log(Search *search, bool is_on) {
    pthread_mutex_lock(&search->lock);
    search->log.is_on = is_on;
    search->log.count = 0;
    pthread_mutex_unlock(&search->lock);
}

/* All counts, then those that changed meanwhile, until few are left for the last moment. */
static void copy_counts(Search *search, const Job *job, const Merge *merge, Segment *to) {
    set_log(search, true);
    merge_copy_counts(merge, job->parts, to);
    for (int round = 0; round < 8; round++) {
        pthread_mutex_lock(&search->lock);
        CountLog log = search->log;
        if (log.count > LOG_FEW) search->log = (CountLog){.is_on = true};
        pthread_mutex_unlock(&search->lock);
        if (log.count <= LOG_FEW) break;
        copy_logged(job, merge, to, log.ids, log.count);
        heap_free(log.ids);
    }
}

/* With `writing` held. The result may be empty: then its parts only go. */
static void take_over(Search *search, const Job *job, const Merge *merge, Segment *segment) {
    const View *view = search->view;
    ViewPart *parts = heap_new(view->count + 1, sizeof *parts);
    size_t count = 0;
    for (size_t i = 0; i < view->count; i++)
        if (find_part(job, view->parts[i].segment) == job->count) parts[count++] = view->parts[i];
    Gone *gone = segment ? gone_since(view, job, merge) : NULL;
    if (segment) parts[count++] = (ViewPart){segment, gone};
    View *next = view_create(parts, count);
    gone_release(gone);
    heap_free(parts);
    pthread_mutex_lock(&search->lock);
    if (segment) copy_logged(job, merge, segment, search->log.ids, search->log.count);
    View *old = search->view;
    search->view = next;
    search->log.count = 0;
    search->log.is_on = false;
    pthread_mutex_unlock(&search->lock);
    atomic_fetch_add(&search->version, 1);
    view_release(old);
}

/* What the manifest will say: the view the job began with, its parts now in one. */
static View *view_after(const View *before, const Job *job, Segment *segment) {
    ViewPart *parts = heap_new(before->count + 1, sizeof *parts);
    size_t count = 0;
    for (size_t i = 0; i < before->count; i++)
        if (find_part(job, before->parts[i].segment) == job->count)
            parts[count++] = before->parts[i];
    if (segment) parts[count++] = (ViewPart){segment, NULL};
    View *after = view_create(parts, count);
    heap_free(parts);
    return after;
}

/* --- the thread --- */

/* Without a lock; NULL and `ret_merge->failed` when nothing came of it. */
static Segment *merge_to_disk(Search *search, const Job *job, uint64_t number, Merge *ret_merge) {
    int file = search_segment_create(search, number);
    if (file < 0) {
        *ret_merge = (Merge){.failed = true, .cause = errno};
        return NULL;
    }
    *ret_merge = merge_write(job->parts, job->count, file, &search->stop_merge);
    Segment *segment = NULL;
    if (!ret_merge->failed && ret_merge->documents) {
        segment = search_segment_adopt(search, number, file);
        ret_merge->failed = !segment;
        ret_merge->cause = errno;
    }
    close(file);
    if (!segment) search_segment_delete(search, number);
    return segment;
}

static Segment *merge_in_memory(Search *search, const Job *job, Merge *ret_merge) {
    *ret_merge = merge_write(job->parts, job->count, SEGMENT_TO_MEMORY, &search->stop_merge);
    if (ret_merge->failed) return NULL;
    Str bytes = ret_merge->bytes;
    if (ret_merge->documents) return segment_open((const uint8_t *)bytes.at, bytes.len, false);
    heap_free((void *)(uintptr_t)bytes.at);
    return NULL;
}

static void delete_files(Search *search, const Job *job) {
    for (size_t i = 0; i < job->count; i++)
        if (is_on_disk(&job->parts[i]))
            search_segment_delete(search, job->parts[i].segment->number);
}

static void note_failure(Search *search, int cause) {
    search->cause = cause ? cause : EIO;
    search->retry_at = clock_monotonic_ms() + RETRY_MS;
}

/* With `writing` held, and left while it works. */
static void run(Search *search, Job *job) {
    View *before = view_hold(search->view);
    int64_t mark = search->mark, built_upto = search->built_upto;
    uint64_t changes = search->changes, number = job->to_disk ? search->next_number++ : 0;
    if (job->save) search_turn_journal(search);
    pthread_mutex_unlock(&search->writing);
    Merge merge = {0};
    Segment *segment = NULL;
    if (job->count)
        segment = job->to_disk ? merge_to_disk(search, job, number, &merge)
                               : merge_in_memory(search, job, &merge);
    if (segment) copy_counts(search, job, &merge, segment);
    View *after = NULL;
    pthread_mutex_lock(&search->writing);
    if (job->count && !merge.failed) {
        search->merges++;
        search->merged_works += merge.documents;
        take_over(search, job, &merge, segment);
        after = view_after(before, job, segment);
    }
    pthread_mutex_unlock(&search->writing);
    bool saved = !merge.failed && job->save &&
                 search_save_manifest(search, after ? after : before, mark, built_upto);
    int cause = merge.failed ? merge.cause : errno;
    if (saved) delete_files(search, job);
    pthread_mutex_lock(&search->writing);
    if (saved) {
        search->saved_changes = changes;
        search->saved_mark = mark;
        search->saved_built_upto = built_upto;
        search->cause = 0;
    } else if (job->save && !search->stop_merge) {
        note_failure(search, cause);
    }
    merge_free(&merge);
    segment_release(segment);
    view_release(after);
    view_release(before);
}

static void *keep_up(void *argument) {
    Search *search = argument;
    pthread_mutex_lock(&search->writing);
    for (;;) {
        Job job = {.parts = heap_new(search->view->count, sizeof *job.parts)};
        uint64_t wanted = search->flush_wanted;
        choose(search, &job);
        if (job.count || job.save) {
            if (search->stopping) search->stop_merge = false; /* that was for the merge before */
            run(search, &job);
            if (job.save) search->flush_done = wanted;
            pthread_cond_broadcast(&search->done);
        } else if (search->flush_wanted != search->flush_done) {
            search->flush_done = search->flush_wanted;
            pthread_cond_broadcast(&search->done);
        } else if (search->stopping) {
            heap_free(job.parts);
            break;
        } else {
            struct timespec until;
            clock_gettime(CLOCK_MONOTONIC, &until);
            until.tv_sec += RETRY_MS / 1000;
            pthread_cond_timedwait(&search->wake, &search->writing, &until);
        }
        heap_free(job.parts);
    }
    pthread_mutex_unlock(&search->writing);
    return NULL;
}

void search_wake(Search *search) {
    if (search->upkeep_runs || search->stopping) {
        pthread_cond_signal(&search->wake);
        return;
    }
    search->upkeep_runs = pthread_create(&search->upkeep, NULL, keep_up, search) == 0;
}

bool search_is_crowded(const Search *search) {
    size_t bytes;
    works_in_memory(search->view, &bytes);
    bool helps = search->upkeep_runs && !search->stopping && !search->cause;
    return helps && (search->view->count >= CROWDED || (search->folder && bytes >= CROWDED_BYTES));
}

Error search_flush(Search *search) {
    pthread_mutex_lock(&search->writing);
    uint64_t wanted = ++search->flush_wanted;
    search_wake(search);
    while (search->upkeep_runs && search->flush_done < wanted)
        pthread_cond_wait(&search->done, &search->writing);
    int cause = search->folder ? search->cause : 0;
    pthread_mutex_unlock(&search->writing);
    return cause ? search_path_error(search->folder, cause) : OK;
}

/* A long merge is broken off; what is in memory is still written. */
void search_stop(Search *search) {
    pthread_mutex_lock(&search->writing);
    search->stopping = true;
    if (search->folder) search->flush_wanted++;
    search->stop_merge = true;
    bool runs = search->upkeep_runs;
    if (!runs) search->stop_merge = false;
    pthread_cond_signal(&search->wake);
    pthread_mutex_unlock(&search->writing);
    if (runs) pthread_join(search->upkeep, NULL);
    search->upkeep_runs = false;
}
