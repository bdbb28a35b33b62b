/* log.h — one line an event to standard error, logfmt: at=… level=… what=… key=value …
 * Only boundaries log. Never give it secrets or, unless the operator asked, addresses of people.
 * Values are quoted and control characters escaped, so that nobody can forge a line. Locked: any
 * thread may call. */
#pragma once
#include "base/str.h"

typedef enum { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR } LogLevel;

typedef struct {
    const char *key;
    Str value;
} LogField;

void log_set_level(LogLevel level); /* what is below it is not written; at start LOG_INFO */
bool log_shows(LogLevel level);     /* spares the work of making fields nobody sees */
void log_write(LogLevel level, const char *what, const LogField *fields, size_t count);

/* log_event(LOG_INFO, "request", {"path", path}, {"status", STR("200")}); */
#define log_event(level, what, ...)                                        \
    log_write((level), (what), (LogField[]){{NULL, {0}}, __VA_ARGS__} + 1, \
              sizeof((LogField[]){{NULL, {0}}, __VA_ARGS__}) / sizeof(LogField) - 1)
