/* form_read.h — what a client sent becomes a Form (form.h). Faults of declared fields are collected
 * in the form; an undeclared field, a wrong type or broken encoding is a fault of the request. */
#pragma once
#include "http/form.h"
#include "http/route.h"

struct Multipart;

/* When the head is known: is the body of a type the route takes? Makes the multipart reader for
 * bodies that need one. */
MUST_USE Error form_read_begin(Request *request, struct Multipart **ret_multipart);
/* When the body is complete: fills request->form. */
MUST_USE Error form_read_finish(Request *request, struct Multipart *multipart);

/* For the readers. */
Form *form_create(const FormKind *kind, Arena *arena);
/* Index of the field; STR_NONE for "csrf"; an error for what is not declared. */
MUST_USE Error form_find_field(const FormKind *kind, Str name, Arena *arena, size_t *ret_index);
MUST_USE Error form_take(Form *form, Str name, Str value, Arena *arena);
MUST_USE Error form_read_pairs(Form *form, Str text, Arena *arena);
void form_check(Form *form, Arena *arena);
