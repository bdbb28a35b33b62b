/* progress.h — how far a long command has come: drawn over on a terminal, else a line now and then,
 * JSON lines with --json. Goes to the error output, so that it is never among what is asked for;
 * as JSON it is what is asked for. */
#pragma once
#include "command/command.h"

typedef struct {
    Call *call;
    CommandLook look;
    const char *unit; /* "works" */
    uint64_t done;    /* by this run */
    int64_t started_us, told_us;
    bool quiet, drawn;
} Progress;

Progress progress_begin(Call *call, Str path, const char *unit);
/* One more. `share`: of everything, from 0 to 1; 0 where nobody knows. */
void progress_step(Progress *progress, double share);
typedef struct {
    double seconds;
    uint64_t per_second;
} ProgressEnd;
ProgressEnd progress_end(Progress *progress); /* nothing of it stays on the terminal */
