#include "base/log.h"

#include <stdatomic.h>

#include "base/clock.h"

enum { LOG_LINE_BYTES_MAX = 4096 };

static _Atomic LogLevel level_shown = LOG_INFO;

typedef struct {
    char at[LOG_LINE_BYTES_MAX];
    size_t len;
} LogLine;

static void add(LogLine *line, Str s) {
    /* One byte is kept for the line's end. */
    size_t room = sizeof line->at - 1 - line->len;
    if (s.len > room) s.len = room;
    if (s.len) memcpy(line->at + line->len, s.at, s.len);
    line->len += s.len;
}

static bool is_plain(char c) { return c > ' ' && c != '"' && c != '=' && c != '\\' && c != 0x7f; }

static void add_value(LogLine *line, Str value) {
    bool plain = value.len > 0;
    for (size_t i = 0; i < value.len; i++) plain = plain && is_plain(value.at[i]);
    if (plain) {
        add(line, value);
        return;
    }
    add(line, STR("\""));
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.at[i];
        char escaped[5];
        if (c < ' ' || c == 0x7f || c == '"' || c == '\\') {
            snprintf(escaped, sizeof escaped, "\\x%02x", c);
            add(line, str_from_c(escaped));
        } else {
            add(line, str_part(value, i, i + 1));
        }
    }
    add(line, STR("\""));
}

void log_set_level(LogLevel level) { atomic_store(&level_shown, level); }
bool log_shows(LogLevel level) {
    return level >= atomic_load_explicit(&level_shown, memory_order_relaxed);
}

void log_write(LogLevel level, const char *what, const LogField *fields, size_t count) {
    static const char *const names[] = {"debug", "info", "warning", "error"};
    if (level < atomic_load(&level_shown)) return;
    LogLine line = {.len = 0};
    char now[RFC3339_BYTES + 1];
    clock_write_rfc3339(now, clock_now());
    add(&line, STR("at="));
    add(&line, str_from_c(now));
    add(&line, STR(" level="));
    add(&line, str_from_c(names[level]));
    add(&line, STR(" what="));
    add_value(&line, str_from_c(what));
    for (size_t i = 0; i < count; i++) {
        add(&line, STR(" "));
        add(&line, str_from_c(fields[i].key));
        add(&line, STR("="));
        add_value(&line, fields[i].value);
    }
    line.at[line.len++] = '\n';
    fwrite(line.at, 1, line.len, stderr);
}
