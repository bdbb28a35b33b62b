/* writer.h — the one thread that writes. For store/ only.
 * Takes what store_write hands in, runs each work in a savepoint, commits many together with one
 * fsync, and answers them after it. Owns the writing connection from writer_open to writer_close.
 * Nothing a work or the disk does ends the thread: a work that fails, or outgrows its arena, is
 * rolled back alone; when the commit fails, everyone in it is told UNAVAILABLE and nothing of it is
 * kept. */
#pragma once
#include "store/store.h"

typedef struct Writer Writer;

MUST_USE Error writer_open(Db *db, Writer **ret_writer); /* db is the writer's, also on failure */
void writer_close(
    Writer *writer); /* after the writes handed in; closes the connection. NULL is fine */

MUST_USE Error writer_write(Writer *writer, Arena *arena, StoreWork work, void *argument);
MUST_USE Error writer_write_alone(Writer *writer, Arena *arena, StoreWork work, void *argument);
void writer_expect_many(Writer *writer, bool many); /* see store_expect_many */
/* Adds writes, commits, failures, durations. */
void writer_count(Writer *writer, StoreTotals *totals);
