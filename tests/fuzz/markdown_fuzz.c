/* Whatever a member types, the page keeps its shape: no tag but ours, no address but allowed ones.
 */
#include <assert.h>

#include "base/limits.h"
#include "site/markdown.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    Arena arena = arena_create((size_t)64 * MIB);
    Html html = markdown_html((Str){(const char *)bytes, len}, &arena);
    assert(html.markup.len <= MARKDOWN_OUTPUT_BYTES_MAX + 6 * (size_t)DESCRIPTION_BYTES_MAX);
    assert(!str_contains(html.markup, STR("<script")));
    assert(!str_contains(html.markup, STR("<img")));
    Str rest = html.markup;
    for (size_t at; (at = str_find(rest, STR(" href=\""))) != STR_NONE;) {
        rest = str_skip(rest, at + 7);
        assert(str_starts_nocase(rest, STR("http")) || str_starts_nocase(rest, STR("mailto:")) ||
               str_starts(rest, STR("magnet:?")));
    }
    arena_free(&arena);
    return 0;
}
