/* form.h — declared input. A form is a const table of fields; what is not declared is refused
 * (422), what is declared is checked for presence, length, UTF-8 and kind before the handler runs.
 * Query strings (GET), url-encoded bodies and multipart bodies fill the same Form. Every fault is
 * reported, each beside its field, nothing typed is lost. */
#pragma once
#include "http/request.h"

typedef enum {
    FIELD_TEXT, /* one line: control characters refused, trimmed, NFC is the community's business */
    FIELD_LINES,  /* many lines: CRLF becomes LF */
    FIELD_SECRET, /* as typed, never logged, never shown again */
    FIELD_NUMBER, /* decimal, min..max */
    FIELD_CHOICE, /* one of `choices`, separated by '|'; for sets known only to the community use
                     FIELD_TEXT */
    FIELD_CHECK,  /* "1", "on", "yes"; or absent, which "0", "off", "no" say too */
    FIELD_FILE,   /* multipart only; min..max bytes of content */
} FieldKind;

typedef struct {
    const char *name;
    FieldKind kind;
    int64_t min,
        max; /* bytes of text, or value of a number; min 0 means it may be absent or empty */
    const char *choices;
    const char *label; /* English, for messages and the manual; NULL in undeclared ends */
} FormField;

typedef struct {
    const char *name;
    const FormField *fields; /* ends with a field without name */
    bool multipart;          /* accepts multipart/form-data */
} FormKind;

typedef struct {
    Str value; /* decoded; empty when absent */
    bool given;
    Str file_name; /* FIELD_FILE */
    int64_t number;
} FormValue;

typedef struct Form {
    const FormKind *kind;
    FormValue *values; /* as many as kind->fields */
    Str csrf;          /* the field "csrf", which every form may carry */
    ErrorList errors;  /* faults of declared fields; undeclared ones end the request before */
} Form;

/* An unknown name is a programmer's error. */
Str form_text(const Form *form, const char *name);
int64_t form_number(const Form *form, const char *name, int64_t otherwise);
bool form_checked(const Form *form, const char *name);
/* The faults of the request's form (none without a form) in a list to add to. */
ErrorList form_faults(const Request *request);
const FormValue *form_value(const Form *form, const char *name);
