/* Any bytes as an url-encoded form: a Form with faults, or one named fault. What was accepted keeps
 * its promises. */
#include <assert.h>

#include "base/limits.h"
#include "http/form_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const FormField fields[] = {{"t", FIELD_TEXT, 1, 20, NULL, "T"},
                                   {"l", FIELD_LINES, 0, 100, NULL, "L"},
                                   {"s", FIELD_SECRET, 0, 20, NULL, "S"},
                                   {"n", FIELD_NUMBER, 0, 150, NULL, "N"},
                                   {"c", FIELD_CHOICE, 0, 0, "one|two", "C"},
                                   {"k", FIELD_CHECK, 0, 0, NULL, "K"},
                                   {0}};
static const FormKind kind = {"fuzz", fields, false};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    Arena arena = arena_create(64 * MIB);
    Form *form = form_create(&kind, &arena);
    Error e = form_read_pairs(form, str_from_bytes(bytes, len), &arena);
    form_check(form, &arena);
    assert(!failed(e) || e.words);
    if (!error_list_find(&form->errors, "t")) {
        Str text = form_text(form, "t");
        assert(text.len >= 1 && text.len <= 20 && str_is_utf8(text));
        for (size_t i = 0; i < text.len; i++) assert((unsigned char)text.at[i] >= ' ');
    }
    if (!error_list_find(&form->errors, "l"))
        assert(str_find_byte(form_text(form, "l"), '\r') == STR_NONE);
    if (!error_list_find(&form->errors, "n"))
        assert(form_number(form, "n", 0) >= 0 && form_number(form, "n", 0) <= 150);
    arena_free(&arena);
    return 0;
}
