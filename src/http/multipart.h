/* multipart.h — multipart/form-data (RFC 7578) read as it arrives, into a Form.
 * Whatever the pieces it comes in, no more than a boundary's length of content is held back, and a
 * part's header block must fit HTTP_MULTIPART_WINDOW_BYTES. Content is gathered up to the maximum
 * of its field: what is beyond is dropped and becomes that field's fault. */
#pragma once
#include "http/form.h"

typedef struct Multipart Multipart;

/* From the value of Content-Type. */
MUST_USE Error multipart_find_boundary(Str content_type, Str *ret_boundary);
Multipart *multipart_create(Str boundary, Form *form, Arena *arena); /* both must outlive it */
void multipart_free(Multipart *multipart);                           /* NULL is fine */
MUST_USE Error multipart_add(Multipart *multipart, Str bytes);
MUST_USE Error multipart_finish(Multipart *multipart); /* a fault unless the last boundary came */
Form *multipart_form(Multipart *multipart);
