#include "store/writer.h"

#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/db.h"

enum {
    WAITING_MAX = 4096, /* more are refused: the site is overloaded */
    BATCH_WRITES_MAX = 512,
    BATCH_US_MAX = 50 * 1000,      /* then it is committed, however many wait */
    CHECKPOINT_PAGES = 2048,       /* 8 MiB of log */
    CHECKPOINT_PAGES_MANY = 49152, /* a page changed again and again is written back once */
    RESTART_PAGES = 65536, /* 256 MiB: then wait for readers, so that the log can start anew */
    RESTART_WAIT_MS = 100,
};

/* One call of store_write; lives on the stack of the thread that waits. */
typedef struct Write {
    struct Write *next;
    Arena *arena;
    StoreWork work;
    void *argument;
    bool alone; /* in a transaction of its own */
    Error result;
    sem_t done;
} Write;

typedef struct {
    Write *first, *last;
    size_t count;
} WriteQueue;

struct Writer {
    Db *db;
    pthread_t thread;
    pthread_mutex_t lock; /* of the three below */
    pthread_cond_t wake;
    WriteQueue waiting;
    bool closing;
    bool disk_failing;    /* so that a full disk is one line in the log, not thousands */
    atomic_uint expected; /* how often many writes are expected just now */
    bool expects_many;    /* what the connection was told */
    atomic_uint_fast64_t writes, commits, failures;
    Histogram durations;
};

static void queue_add(WriteQueue *queue, Write *write) {
    write->next = NULL;
    if (queue->last)
        queue->last->next = write;
    else
        queue->first = write;
    queue->last = write;
    queue->count++;
}

static Write *queue_take(WriteQueue *queue) {
    Write *write = queue->first;
    if (!write) return NULL;
    queue->first = write->next;
    if (!queue->first) queue->last = NULL;
    queue->count--;
    return write;
}

/* The next write; NULL when there is none that may join, and none is waited for. */
static Write *take(Writer *writer, bool wait) {
    pthread_mutex_lock(&writer->lock);
    while (wait && !writer->waiting.first && !writer->closing)
        pthread_cond_wait(&writer->wake, &writer->lock);
    bool joins = wait || !writer->waiting.first || !writer->waiting.first->alone;
    Write *write = joins ? queue_take(&writer->waiting) : NULL;
    pthread_mutex_unlock(&writer->lock);
    return write;
}

static void drop_detail(Error *e) { e->subject[0] = e->subject[1] = (Str){0}; }

/* Words that stand in the connection's own buffer are overwritten by the next failure: the waiting
 * thread gets a copy. Runs under the guard of call_work. */
static void keep_detail(const Db *db, Arena *arena, Error *e) {
    for (size_t i = 0; i < 2; i++) {
        const char *at = e->subject[i].at;
        if (at >= db->fault && at < db->fault + sizeof db->fault)
            e->subject[i] = arena_copy(arena, e->subject[i]);
    }
}

/* The arena belongs to the waiting thread, and so does the place its overflow jumps to. While the
 * work runs here, an overflow comes back here instead. */
static void call_work(Writer *writer, Write *write) {
    jmp_buf here;
    jmp_buf *outer = write->arena->overflow;
    if (setjmp(here) == 0) {
        write->arena->overflow = &here;
        write->result = write->work(writer->db, write->arena, write->argument);
        keep_detail(writer->db, write->arena, &write->result);
    } else {
        write->result = error(UNAVAILABLE, "too_much_memory",
                              "This asks for more memory than one request may have.");
    }
    write->arena->overflow = outer;
}

/* false: SQLite gave up the whole transaction (disk full, I/O error), and the batch with it. */
static bool run_in_savepoint(Writer *writer, Write *write) {
    Db *db = writer->db;
    if (failed(db_move(db, MOVE_SAVE))) return false;
    call_work(writer, write);
    if (!db_in_transaction(db)) return false;
    if (!failed(write->result)) return !failed(db_move(db, MOVE_RELEASE));
    return !failed(db_move(db, MOVE_BACK)) && !failed(db_move(db, MOVE_RELEASE));
}

/* In a savepoint SQLite would keep a copy of each page for each row that changes it. */
static bool run_alone(Writer *writer, Write *write) {
    call_work(writer, write);
    if (!db_in_transaction(writer->db)) return false;
    return !failed(db_move(writer->db, failed(write->result) ? MOVE_ROLLBACK : MOVE_COMMIT));
}

/* Runs writes until there are no more or the batch is large or old enough. */
static bool run_batch(Writer *writer, Write *first, WriteQueue *ran) {
    int64_t started_us = clock_monotonic_us();
    if (failed(db_move(writer->db, MOVE_BEGIN_WRITE))) {
        queue_add(ran, first);
        return false;
    }
    if (first->alone) {
        queue_add(ran, first);
        return run_alone(writer, first);
    }
    Write *write = first;
    do {
        queue_add(ran, write);
        if (!run_in_savepoint(writer, write)) return false;
        if (ran->count >= BATCH_WRITES_MAX || clock_monotonic_us() - started_us > BATCH_US_MAX)
            break;
    } while ((write = take(writer, false)));
    return !failed(db_move(writer->db, MOVE_COMMIT));
}

static void tell_trouble(Writer *writer, bool committed) {
    if (committed != writer->disk_failing) return;
    writer->disk_failing = !committed;
    if (committed)
        log_event(LOG_INFO, "store_writes_again");
    else
        log_event(LOG_ERROR, "store_commit_failed", {"why", str_from_c(writer->db->fault)});
}

static void answer(Writer *writer, WriteQueue *ran, bool committed) {
    Write *write;
    while ((write = queue_take(ran))) {
        if (!committed) {
            write->result = error(UNAVAILABLE, "store_unavailable",
                                  "Nothing can be saved right now. Try again in a moment.");
            drop_detail(&write->result);
        }
        atomic_fetch_add(failed(write->result) ? &writer->failures : &writer->writes, 1);
        sem_post(&write->done); /* from here on *write is gone */
    }
}

/* After everyone has been answered, so that nobody waits for it. */
static void checkpoint(Writer *writer) {
    Db *db = writer->db;
    if (db->wal_pages < (writer->expects_many ? CHECKPOINT_PAGES_MANY : CHECKPOINT_PAGES)) return;
    bool restart = db->wal_pages >= RESTART_PAGES;
    if (restart) sqlite3_busy_timeout(db->sqlite, RESTART_WAIT_MS);
    int pages = 0, moved = 0;
    int result = sqlite3_wal_checkpoint_v2(
        db->sqlite, NULL, restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, &pages,
        &moved);
    if (restart) sqlite3_busy_timeout(db->sqlite, DB_BUSY_MS);
    /* All moved: the log starts anew with the next commit, which then tells its length. */
    if (result == SQLITE_OK && pages == moved) db->wal_pages = 0;
}

static void follow_expectation(Writer *writer) {
    bool many = atomic_load(&writer->expected) > 0;
    if (many != writer->expects_many) db_expect_many(writer->db, many);
    writer->expects_many = many;
}

static void *run_writer(void *argument) {
    Writer *writer = argument;
    Write *first;
    while ((first = take(writer, true))) {
        WriteQueue ran = {0};
        follow_expectation(writer);
        bool committed = run_batch(writer, first, &ran);
        if (!committed) db_give_up(writer->db);
        if (committed) atomic_fetch_add(&writer->commits, 1);
        tell_trouble(writer, committed);
        answer(writer, &ran, committed);
        checkpoint(writer);
    }
    return NULL;
}

Error writer_open(Db *db, Writer **ret_writer) {
    Writer *writer = calloc(1, sizeof *writer);
    if (writer) {
        writer->db = db;
        pthread_mutex_init(&writer->lock, NULL);
        pthread_cond_init(&writer->wake, NULL);
        if (pthread_create(&writer->thread, NULL, run_writer, writer) == 0) {
            *ret_writer = writer;
            return OK;
        }
        free(writer);
    }
    db_close(db);
    return error(UNAVAILABLE, "store_unavailable", "There is not enough memory.");
}

void writer_close(Writer *writer) {
    if (!writer) return;
    pthread_mutex_lock(&writer->lock);
    writer->closing = true;
    pthread_cond_signal(&writer->wake);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    pthread_cond_destroy(&writer->wake);
    pthread_mutex_destroy(&writer->lock);
    db_close(writer->db);
    free(writer);
}

void writer_expect_many(Writer *writer, bool many) {
    atomic_fetch_add(&writer->expected, many ? 1u : -1u);
}

static Error hand_in(Writer *writer, Write write) {
    assert(!pthread_equal(pthread_self(), writer->thread)); /* a work that waits for itself */
    int64_t started_us = clock_monotonic_us();
    sem_init(&write.done, 0, 0);
    pthread_mutex_lock(&writer->lock);
    bool taken = !writer->closing && writer->waiting.count < WAITING_MAX;
    if (taken) {
        queue_add(&writer->waiting, &write);
        pthread_cond_signal(&writer->wake);
    }
    pthread_mutex_unlock(&writer->lock);
    if (taken) {
        while (sem_wait(&write.done) != 0) continue; /* interrupted by a signal */
    } else {
        write.result = error(UNAVAILABLE, "store_busy",
                             "The site is very busy right now. Try again in a moment.");
    }
    sem_destroy(&write.done);
    histogram_note(&writer->durations, clock_monotonic_us() - started_us);
    return write.result;
}

Error writer_write(Writer *writer, Arena *arena, StoreWork work, void *argument) {
    return hand_in(writer, (Write){.arena = arena, .work = work, .argument = argument});
}

Error writer_write_alone(Writer *writer, Arena *arena, StoreWork work, void *argument) {
    return hand_in(writer,
                   (Write){.arena = arena, .work = work, .argument = argument, .alone = true});
}

void writer_count(Writer *writer, StoreTotals *totals) {
    totals->writes += atomic_load(&writer->writes);
    totals->commits += atomic_load(&writer->commits);
    totals->failures += atomic_load(&writer->failures);
    totals->write_durations = histogram_read(&writer->durations);
}
