/* deadline.h — timers whose span is the same for all of one list, so that lists stay sorted by
 * adding at the end: arming, disarming and expiry cost a few pointers, whatever the count.
 * Not locked: each loop has its own. Time is an argument. */
#pragma once
#include "base/clock.h"

typedef struct Deadline {
    struct Deadline *next, *previous;
    struct DeadlineList *list; /* NULL: not armed */
    Milliseconds at;
} Deadline;

typedef struct DeadlineList {
    Deadline *first, *last;
    Milliseconds span_ms;
} DeadlineList;

void deadline_arm(Deadline *deadline, DeadlineList *list, Milliseconds now); /* anew if armed */
void deadline_disarm(Deadline *deadline);
Deadline *deadline_expired(const DeadlineList *list, Milliseconds now); /* the oldest, or NULL */
