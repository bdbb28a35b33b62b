/* error.h — how a function says what went wrong.
 * An Error is a value: kind ERROR_NONE means fine. `words` is an English sentence that is also the
 * key of its translation; "{}" in it is filled from `subject`, in order, after translation. `code`
 * is the word programs read and stays for ever; `field` is the form field or setting at fault, or
 * NULL. Inner code returns errors; only the boundary (http/worker.c, command/) writes them to the
 * log. Programmer errors are assert, kept on in release. */
#pragma once
#include "base/arena.h"
#include "base/str.h"

typedef enum {
    ERROR_NONE = 0,
#define ERROR_KIND(name, status, code) ERROR_##name,
#include "base/error.def"
#undef ERROR_KIND
} ErrorKind;

typedef struct {
    ErrorKind kind;
    const char *code;  /* "infohash_known"; NULL: the kind's own code */
    const char *field; /* "title"; NULL: no field in particular */
    const char *words; /* "This torrent is here already." */
    Str subject[2];
} Error;

#define MUST_USE __attribute__((warn_unused_result))

#define OK ((Error){0})
/* error(CONFLICT, "infohash_known", "This torrent is here already.") */
#define error(kind_name, code_word, ...) \
    error_make(ERROR_##kind_name, (code_word), NULL, __VA_ARGS__)
/* error_field(BAD_INPUT, "title", "too_long", "The title is longer than {} bytes.", STR("250")) */
#define error_field(kind_name, field_name, code_word, ...) \
    error_make(ERROR_##kind_name, (code_word), (field_name), __VA_ARGS__)
#define error_make(kind_value, code_word, field_name, ...) \
    error_build((kind_value), (code_word), (field_name),   \
                ERROR_WORDS_(__VA_ARGS__, (Str){0}, (Str){0}, 0))
#define ERROR_WORDS_(words, first, second, ...) (words), (first), (second)

Error error_build(ErrorKind kind, const char *code, const char *field, const char *words, Str first,
                  Str second);

static inline bool failed(Error e) { return e.kind != ERROR_NONE; }

/* Hands a failure upward: TRY(permission_check(viewer, PERMISSION_UPLOAD)); */
#define TRY(call)                                  \
    do {                                           \
        Error try_error_ = (call);                 \
        if (failed(try_error_)) return try_error_; \
    } while (0)

int error_status(ErrorKind kind); /* 422 */
const char *error_code(Error e);  /* its own code, or its kind's; "" when fine */
/* `template` is e.words or its translation; its {} are filled from e.subject. */
Str error_fill(Error e, Str template, Arena *arena);
Str error_text(Error e, Arena *arena); /* English, for logs and the command line */

/* Several faults of one form, so that a person sees all of them at once. Grows in the arena. */
typedef struct {
    Error *at;
    size_t count, room;
    Arena *arena;
} ErrorList;

void error_list_add(ErrorList *list, Error e); /* a fine error is not added */
const Error *error_list_find(const ErrorList *list,
                             const char *field); /* first for that field, or NULL */
/* OK for an empty list; else the first fault, so that callers may TRY it. */
MUST_USE Error error_list_first(const ErrorList *list);
