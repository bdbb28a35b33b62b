/* clock.h — the only place that asks what time it is. Everything else takes time as an argument.
 * Seconds and Milliseconds are plain numbers with a name: Unix time, or a span, as the name of the
 * field says. */
#pragma once
#include "base/arena.h"

typedef int64_t Seconds;
typedef int64_t Milliseconds;

Seconds clock_now(void);               /* Unix time */
Milliseconds clock_monotonic_ms(void); /* never goes back; for deadlines and spans */
int64_t clock_monotonic_us(void);

enum { RFC3339_BYTES = 20 };
void clock_write_rfc3339(char ret_text[RFC3339_BYTES + 1], Seconds at); /* years 0 to 9999 */
Str clock_rfc3339(Arena *arena, Seconds at);   /* "2026-11-23T13:00:00Z" (RFC 3339) */
Str clock_http_date(Arena *arena, Seconds at); /* "Mon, 23 Nov 2026 13:00:00 GMT" (RFC 9110) */
/* Any offset, fractions dropped; also a bare date: midnight UTC. */
bool clock_parse_rfc3339(Str text, Seconds *ret_at);
