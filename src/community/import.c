#include "community/import.h"

#include <pthread.h>

#include "base/heap.h"
#include "community/import_batch.h"
#include "community/permission.h"
#include "community/torrent_row.h"

/* One batch is filled while the other is written. */
struct Import {
    ImportChecker checker;
    Arena scratch;
    Visit *visit;
    ImportBatch batches[2], *filling;
    ImportWriter writer;
    ImportTotals totals;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    ImportBatch *ready; /* to be written, or being written */
    bool closing;
    Error result; /* of the writing; once failed, nothing is written any more */
};

static void add_totals(ImportTotals *to, const ImportTotals *more) {
    to->published += more->published;
    to->waiting += more->waiting;
    to->known += more->known;
    to->completed += more->completed;
    to->nameless += more->nameless;
}

static void *run_writer(void *argument) {
    Import *import = argument;
    pthread_mutex_lock(&import->lock);
    for (;;) {
        while (!import->ready && !import->closing)
            pthread_cond_wait(&import->changed, &import->lock);
        ImportBatch *batch = import->ready;
        if (!batch) break;
        pthread_mutex_unlock(&import->lock);
        Error result = import_write(&import->writer, batch);
        pthread_mutex_lock(&import->lock);
        import->result = result;
        if (!failed(result)) add_totals(&import->totals, &import->writer.totals);
        import->ready = NULL;
        pthread_cond_broadcast(&import->changed);
        if (failed(result)) break;
    }
    pthread_mutex_unlock(&import->lock);
    return NULL;
}

static void batch_clear(ImportBatch *batch) {
    arena_reset(&batch->arena);
    batch->works = arena_new(&batch->arena, ImportWork, IMPORT_BATCH_WORKS);
    batch->count = 0;
}

static void batches_open(Import *import) {
    enum { ROOM_BYTES = 3 * (TORRENT_FILE_BYTES_MAX + TORRENT_PATHS_BYTES_MAX) };
    for (int i = 0; i < 2; i++) {
        import->batches[i].arena = arena_create(IMPORT_BATCH_BYTES + ROOM_BYTES);
        batch_clear(&import->batches[i]);
    }
    import->filling = &import->batches[0];
}

Error import_open(Visit *visit, const ImportRules *rules, Import **ret_import) {
    TRY(permission_role(visit, ROLE_ADMIN));
    TRY(permission_scope(visit, STR("admin")));
    Import *import = heap_new(1, sizeof *import);
    import->visit = visit;
    import->scratch = arena_create(REQUEST_ARENA_BYTES_MAX);
    import->checker = (ImportChecker){rules, &import->scratch, visit->now};
    batches_open(import);
    pthread_mutex_init(&import->lock, NULL);
    pthread_cond_init(&import->changed, NULL);
    Error result = OK;
    if (!rules->dry_run) {
        result = import_writer_open(visit, rules, &import->writer);
        import->has_thread =
            !failed(result) && pthread_create(&import->thread, NULL, run_writer, import) == 0;
        if (!failed(result) && !import->has_thread)
            result = error(UNAVAILABLE, NULL, "There is not enough memory.");
    }
    if (failed(result)) {
        import_close(import);
        return result;
    }
    *ret_import = import;
    return OK;
}

/* Until the writer has none, so that there is one to fill. */
static Error wait_for_writer(Import *import) {
    pthread_mutex_lock(&import->lock);
    while (import->ready && !failed(import->result))
        pthread_cond_wait(&import->changed, &import->lock);
    Error result = import->result;
    pthread_mutex_unlock(&import->lock);
    return result;
}

static Error hand_over(Import *import) {
    TRY(wait_for_writer(import));
    pthread_mutex_lock(&import->lock);
    import->ready = import->filling;
    pthread_cond_broadcast(&import->changed);
    pthread_mutex_unlock(&import->lock);
    ImportPlace place = import->filling->place;
    import->filling = &import->batches[import->filling == &import->batches[0]];
    batch_clear(import->filling);
    import->filling->place = place;
    return OK;
}

static Error only_count(Import *import, const ImportWork *work) {
    bool known;
    Torrent torrent;
    Visit visit = *import->visit;
    visit.arena = &import->scratch;
    TRY(torrent_row_by_hash(&visit, &work->hash, &known, &torrent));
    if (known && !torrent.has_file && work->blob.info.len)
        import->totals.completed++;
    else if (known)
        import->totals.known++;
    else if (work->work.state == TORRENT_VISIBLE)
        import->totals.published++;
    else
        import->totals.waiting++;
    import->totals.nameless += !known && work->is_nameless;
    return OK;
}

static Error check(Import *import, const ImportLine *line, ImportVerdict *ret_verdict) {
    ImportBatch *batch = import->filling;
    ImportWork *work = &batch->works[batch->count];
    Error waits = OK;
    Error fault = import_check(&import->checker, line, &batch->arena, work, &waits);
    *ret_verdict = (ImportVerdict){fault, failed(fault) ? OK : waits};
    if (failed(fault)) return OK;
    if (import->checker.rules->dry_run) return only_count(import, work);
    batch->count++;
    return OK;
}

static void keep_words(Error *e, Arena *arena) {
    for (size_t i = 0; i < 2; i++)
        if (e->subject[i].len) e->subject[i] = arena_copy(arena, e->subject[i]);
}

/* A line made to need more memory than one may have is wrong, whatever it says. */
static Error check_bounded(Import *import, const ImportLine *line, ImportVerdict *ret_verdict) {
    jmp_buf full;
    if (setjmp(full) == 0) {
        import->scratch.overflow = import->filling->arena.overflow = &full;
        Error result = check(import, line, ret_verdict);
        import->scratch.overflow = import->filling->arena.overflow = NULL;
        return result;
    }
    import->scratch.overflow = import->filling->arena.overflow = NULL;
    ret_verdict->waits = OK;
    ret_verdict->fault =
        error(TOO_LARGE, "too_much_memory", "This asks for more memory than one request may have.");
    return OK;
}

Error import_add(Import *import, const ImportLine *line, ImportPlace place, Arena *arena,
                 ImportVerdict *ret_verdict) {
    Error result = check_bounded(import, line, ret_verdict);
    keep_words(&result, arena);
    keep_words(&ret_verdict->fault, arena);
    keep_words(&ret_verdict->waits, arena);
    arena_reset(&import->scratch);
    TRY(result);
    ImportBatch *batch = import->filling;
    batch->place = place;
    if (batch->count < IMPORT_BATCH_WORKS && batch->arena.used < IMPORT_BATCH_BYTES) return OK;
    if (!import->checker.rules->dry_run) return hand_over(import);
    batch_clear(batch);
    return OK;
}

void import_pass(Import *import, ImportPlace place) { import->filling->place = place; }

ImportTotals import_totals(const Import *import) {
    Import *shared = (Import *)import;
    pthread_mutex_lock(&shared->lock);
    ImportTotals totals = import->totals;
    pthread_mutex_unlock(&shared->lock);
    return totals;
}

Error import_finish(Import *import) {
    if (!import->has_thread) return OK;
    TRY(hand_over(import));
    TRY(wait_for_writer(import));
    return import_forget_place(&import->writer);
}

static void stop_writer(Import *import) {
    pthread_mutex_lock(&import->lock);
    import->closing = true;
    pthread_cond_broadcast(&import->changed);
    pthread_mutex_unlock(&import->lock);
    pthread_join(import->thread, NULL);
}

void import_close(Import *import) {
    if (!import) return;
    if (import->has_thread) stop_writer(import);
    import_writer_close(&import->writer);
    for (int i = 0; i < 2; i++) arena_free(&import->batches[i].arena);
    arena_free(&import->scratch);
    pthread_mutex_destroy(&import->lock);
    pthread_cond_destroy(&import->changed);
    heap_free(import);
}
