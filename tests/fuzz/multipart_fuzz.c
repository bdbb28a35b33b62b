/* A multipart body, whole and in pieces: both ways must end the same. The first byte is the piece's
 * length. */
#include <assert.h>

#include "base/limits.h"
#include "http/form_read.h"
#include "http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const FormField fields[] = {
    {"title", FIELD_TEXT, 0, 20, NULL, "Title"}, {"file", FIELD_FILE, 0, 300, NULL, "File"}, {0}};
static const FormKind kind = {"fuzz", fields, true};

typedef struct {
    Multipart *multipart;
    Error error;
} Reading;

static Reading read_in_pieces(Str body, size_t piece, Arena *arena) {
    Reading reading = {.multipart = multipart_create(STR("B"), form_create(&kind, arena), arena)};
    for (; body.len && !failed(reading.error); body = str_skip(body, piece))
        reading.error = multipart_add(reading.multipart, str_part(body, 0, piece));
    if (!failed(reading.error)) reading.error = multipart_finish(reading.multipart);
    return reading;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (len < 1) return 0;
    Arena arena = arena_create(64 * MIB);
    Str body = str_from_bytes(bytes + 1, len - 1), type = body;
    Str boundary;
    (void)!failed(multipart_find_boundary(type, &boundary));
    Reading whole = read_in_pieces(body, body.len ? body.len : 1, &arena);
    Reading pieces = read_in_pieces(body, bytes[0] ? bytes[0] : 1, &arena);
    assert(whole.error.kind == pieces.error.kind);
    if (!failed(whole.error)) {
        const Form *a = multipart_form(whole.multipart), *b = multipart_form(pieces.multipart);
        assert(a->errors.count == b->errors.count);
        assert(str_equal(a->csrf, b->csrf));
        assert(str_equal(form_text(a, "title"), form_text(b, "title")));
        assert(form_text(a, "file").len <= 300);
        assert(str_equal(form_value(a, "file")->file_name, form_value(b, "file")->file_name));
        assert(str_is_utf8(form_value(a, "file")->file_name));
    }
    multipart_free(whole.multipart);
    multipart_free(pieces.multipart);
    arena_free(&arena);
    return 0;
}
