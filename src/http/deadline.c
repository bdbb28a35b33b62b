#include "http/deadline.h"

void deadline_disarm(Deadline *deadline) {
    DeadlineList *list = deadline->list;
    if (!list) return;
    *(deadline->previous ? &deadline->previous->next : &list->first) = deadline->next;
    *(deadline->next ? &deadline->next->previous : &list->last) = deadline->previous;
    *deadline = (Deadline){0};
}

void deadline_arm(Deadline *deadline, DeadlineList *list, Milliseconds now) {
    deadline_disarm(deadline);
    *deadline = (Deadline){.previous = list->last, .list = list, .at = now + list->span_ms};
    *(list->last ? &list->last->next : &list->first) = deadline;
    list->last = deadline;
}

Deadline *deadline_expired(const DeadlineList *list, Milliseconds now) {
    return list->first && list->first->at <= now ? list->first : NULL;
}
