/* json.h — answers and questions in JSON (jansson), in the shapes of the API. */
#pragma once
#include <jansson.h>

#include "base/text.h"
#include "community/community.h"
#include "http/route.h"

json_t *json_of_str(Str s);                     /* "" stays "" */
json_t *json_of_str_or_null(Str s);             /* empty becomes null */
json_t *json_of_time(Arena *arena, Seconds at); /* RFC 3339; 0 becomes null */
json_t *json_of_id(Arena *arena, int64_t id);   /* a string: ids are not for counting with */

Str json_text(Arena *arena, json_t *value); /* lets it go */
/* For lists too long to be held as values; `s` is UTF-8. */
void json_write_str(Text *text, Str s);

/* Sends it and lets it go. */
void json_answer(Request *request, Response *response, int status, json_t *value);

/* A problem document (RFC 9457): `errors` may be NULL or empty, then `e` itself is the only one.
 * `existing`: address of what is in the way, for 409; else empty. */
typedef struct {
    Error e;
    const ErrorList *errors;
    Str existing;
} Problem;
void json_problem(const Request *request, Response *response, const Problem *problem);

/* The body as an object of declared text fields; anything else is refused. Values go to
 * `ret_values`, in the order of `names`, empty where absent; an array of texts is joined by spaces.
 * They live in the request's arena. */
MUST_USE Error json_body(const Request *request, const char *const *names, size_t count,
                         Str *ret_values);
