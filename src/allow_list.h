/* allow_list.h — what the tracker is told of the catalogue at start, on a thread of its own: the
 * site answers at once, and announces wait for the list. */
#pragma once
#include "program.h"

/* Waits a moment for a list that is short. */
MUST_USE Error allow_list_start(Program *program);
void allow_list_stop(Program *program); /* fine when none was begun */
/* UNAVAILABLE while the list is being read. */
MUST_USE Error allow_list_check(const Program *program);
