/* indexing.h — the search index of a running program: opened in its folder before the first page,
 * completed on a thread of its own where that takes longer, saved every few minutes and at the
 * end. */
#pragma once
#include "program.h"

MUST_USE Error indexing_open(Program *program, Visit *visit);
MUST_USE Error
indexing_start(Program *program);     /* waits a moment for an index that is nearly done */
void indexing_stop(Program *program); /* saves and closes it; fine when none is open */
/* Only the ids of works that change are noted, for the next start: for a command that needs no
 * search. */
MUST_USE Error indexing_note_only(Program *program);
/* For a command where no server runs: opened and completed before it goes on. Whether all works
 * were read for that. */
MUST_USE Error indexing_open_alone(Program *program, Visit *visit,
                                   void (*tell)(void *argument, uint64_t works), void *argument,
                                   bool *ret_is_new);
/* Reads every work anew, over the index that goes on answering. For one caller at a time. */
MUST_USE Error indexing_rebuild(Program *program, Visit *visit,
                                void (*tell)(void *argument, uint64_t works), void *argument);
