/* Any bytes are a valid query: parsing and answering them must neither fail nor crash. The first
 * byte chooses how; the rest is typed. */
#include <assert.h>

#include "base/limits.h"
#include "search/query.h"
#include "search/search.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static Search *sample_create(void) {
    static const Str categories[] = {{"linux", 5}, {"games", 5}};
    static const Str tags[] = {{"jazz", 4}, {"free jazz", 9}};
    static const Str paths[] = {{"iso/ubuntu-24.04-amd64.iso", 26}, {"日本/猫.txt", 14}};
    Search *search = search_create();
    search_name_categories(search, categories, (const uint8_t[]){0, 0}, 2);
    for (int64_t id = 1; id <= 20; id++) {
        SearchWork work = {
            .id = id,
            .title = id % 2 ? STR("Ubuntu Œuvre wi-fi") : STR("war and peace 日本語"),
            .description = STR("free as in freedom"),
            .license = STR("CC0-1.0"),
            .language = STR("en"),
            .tags = tags,
            .tag_count = (size_t)id % 3,
            .paths = paths,
            .path_count = (size_t)id % 3,
            .size_bytes = (uint64_t)id * 1000};
        search_put(search, &work);
    }
    return search;
}

/* What it was read as is a query again, and reads as itself. */
static void check_reading(Str typed, Arena *arena) {
    static const Str names[] = {{"linux", 5}, {"games", 5}};
    static const QueryNames known = {.category_names = names,
                                     .category_count = 2,
                                     .may_names = names,
                                     .may_count = 2,
                                     .now = 1700000000};
    ErrorList notes = {.arena = arena};
    Str once = query_write(query_parse_explained(typed, &known, arena, &notes), arena);
    assert(notes.count <= SEARCH_NOTES_MAX && str_is_utf8(once));
    for (size_t i = 0; i < notes.count; i++) assert(str_is_utf8(error_text(notes.at[i], arena)));
    notes.count = 0;
    QueryNode *again = query_parse_explained(once, &known, arena, &notes);
    bool whole = true; /* one at the limits loses its end */
    for (size_t i = 0; i < notes.count; i++)
        whole = whole && strcmp(notes.at[i].code, "search_cut") != 0;
    if (whole) assert(str_equal(query_write(again, arena), once));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static Search *search;
    if (!search) search = sample_create();
    if (!len) return 0;
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    SearchAsk ask = {.text = {(const char *)bytes + 1, len - 1},
                     .category = SEARCH_ANY,
                     .sort = (SearchSort)(bytes[0] % 5),
                     .limit = 1 + bytes[0] % 7,
                     .facets = true};
    check_reading(ask.text, &arena);
    SearchResult result;
    Error e = search_find(search, &ask, &arena, &result);
    assert(!failed(e) && result.count <= ask.limit && result.count <= result.total);
    assert((result.next.len > 0) == (result.total > result.count));
    if (bytes[0] & 0x80) {
        ask.cursor = ask.text; /* a cursor is typed too */
        e = search_find(search, &ask, &arena, &result);
        assert(ask.cursor.len == 0 || failed(e));
    }
    arena_free(&arena);
    return 0;
}
