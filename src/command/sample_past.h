/* sample_past.h — a past for the sample catalogue: how its works and the site fared until now.
 * Made up, hour by hour, so that lists, charts and statistics have something to show. From now on
 * the tracker counts: what it does not see it empties within two of its intervals. */
#pragma once
#include "community/statistic.h"
#include "community/upload.h"

enum { SAMPLE_PAST_DAYS = 430 };

typedef struct {
    Seconds from, now;
    Statistic hours[SAMPLE_PAST_DAYS * 24]; /* of the site, the works told so far together */
} SamplePast;

void sample_past_begin(SamplePast *past, Seconds now);
/* `kind` chooses among lives: thriving, steady, few, fading, gone, never seen. */
MUST_USE Error sample_past_tell(SamplePast *past, Visit *visit, const Upload *upload, unsigned kind,
                                Seconds published_at);
MUST_USE Error sample_past_end(SamplePast *past, Visit *visit, unsigned members);
