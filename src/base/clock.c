#include "base/clock.h"

static int64_t nanoseconds(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

Seconds clock_now(void) { return nanoseconds(CLOCK_REALTIME) / 1000000000; }
Milliseconds clock_monotonic_ms(void) { return nanoseconds(CLOCK_MONOTONIC) / 1000000; }
int64_t clock_monotonic_us(void) { return nanoseconds(CLOCK_MONOTONIC) / 1000; }

void clock_write_rfc3339(char ret_text[RFC3339_BYTES + 1], Seconds at) {
    struct tm tm;
    time_t unix_time = at;
    gmtime_r(&unix_time, &tm);
    snprintf(ret_text, RFC3339_BYTES + 1, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

Str clock_rfc3339(Arena *arena, Seconds at) {
    char text[RFC3339_BYTES + 1];
    clock_write_rfc3339(text, at);
    return arena_copy(arena, str_from_c(text));
}

Str clock_http_date(Arena *arena, Seconds at) {
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm tm;
    time_t unix_time = at;
    gmtime_r(&unix_time, &tm);
    return arena_print(arena, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday,
                       months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Reads `len` digits at *text and moves past them. */
static bool read_digits(Str *text, size_t len, int *ret_value) {
    uint64_t value;
    if (text->len < len || !str_to_u64(str_part(*text, 0, len), &value)) return false;
    *text = str_skip(*text, len);
    *ret_value = (int)value;
    return true;
}

static bool read_byte(Str *text, char byte) {
    if (text->len == 0 || text->at[0] != byte) return false;
    *text = str_skip(*text, 1);
    return true;
}

/* The fraction of a second is read and dropped. */
static bool skip_fraction(Str *text) {
    if (!read_byte(text, '.')) return true;
    size_t digits = 0;
    while (digits < text->len && text->at[digits] >= '0' && text->at[digits] <= '9') digits++;
    *text = str_skip(*text, digits);
    return digits > 0;
}

/* "Z" or "+02:00": how far the written time is ahead of UTC. */
static bool read_offset(Str *text, Seconds *ret_ahead) {
    int hours, minutes;
    *ret_ahead = 0;
    if (read_byte(text, 'Z') || read_byte(text, 'z')) return true;
    bool ahead = read_byte(text, '+');
    if (!ahead && !read_byte(text, '-')) return false;
    if (!read_digits(text, 2, &hours) || !read_byte(text, ':')) return false;
    if (!read_digits(text, 2, &minutes) || hours > 23 || minutes > 59) return false;
    *ret_ahead = (ahead ? 60 : -60) * (hours * 60 + minutes);
    return true;
}

static bool read_time_of_day(Str *text, struct tm *tm, Seconds *ret_ahead) {
    if (!read_byte(text, 'T') && !read_byte(text, 't')) return false;
    if (!read_digits(text, 2, &tm->tm_hour) || !read_byte(text, ':')) return false;
    if (!read_digits(text, 2, &tm->tm_min) || !read_byte(text, ':')) return false;
    if (!read_digits(text, 2, &tm->tm_sec) || !skip_fraction(text)) return false;
    /* Unix time has no leap second: it is the second before it. */
    if (tm->tm_sec == 60 && tm->tm_min == 59) tm->tm_sec = 59;
    return read_offset(text, ret_ahead);
}

bool clock_parse_rfc3339(Str text, Seconds *ret_at) {
    struct tm tm = {0};
    Seconds ahead = 0;
    if (!read_digits(&text, 4, &tm.tm_year) || !read_byte(&text, '-')) return false;
    if (!read_digits(&text, 2, &tm.tm_mon) || !read_byte(&text, '-')) return false;
    if (!read_digits(&text, 2, &tm.tm_mday)) return false;
    if (text.len && !read_time_of_day(&text, &tm, &ahead)) return false;
    if (text.len || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59) return false;
    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31) return false;
    int day = tm.tm_mday;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    time_t at = timegm(&tm);
    if (tm.tm_mday != day) return false; /* timegm moved 31 April to 1 May */
    *ret_at = at - ahead;
    return true;
}
