#include "search/cursor.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/limits.h"

enum { CURSOR_BYTES = 1 + 4 + 8 + 8, CURSOR_ARENA_BYTES_MAX = 64 * KIB };

/* No secret: a wrong cursor shows a wrong page to who made it. */
static const uint8_t mark_key[SIPHASH_KEY_BYTES] = "essaim cursor 1";

/* Everything that decides which works are found and in which order. */
static uint32_t mark_of(const SearchAsk *ask) {
    Arena arena = arena_create(CURSOR_ARENA_BYTES_MAX);
    Str parts[] = {ask->text, ask->license, ask->language, ask->tag, ask->uploader};
    uint64_t mark = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        mark = mark * 31 + siphash(str_part(parts[i], 0, SEARCH_QUERY_BYTES_MAX), mark_key);
    Str numbers = arena_print(
        &arena, "%d %d %llu %llu %lld %lld %u %u %llu %llu %u %u %u", ask->category, (int)ask->sort,
        (unsigned long long)ask->min_size, (unsigned long long)ask->max_size, (long long)ask->after,
        (long long)ask->before, ask->min_seeders, ask->filter.mark,
        (unsigned long long)ask->min_files, (unsigned long long)ask->max_files, ask->may,
        ask->healths, ask->year);
    mark = mark * 31 + siphash(numbers, mark_key);
    arena_free(&arena);
    return (uint32_t)(mark ^ mark >> 32);
}

Str cursor_write(const Cursor *cursor, const SearchAsk *ask, Arena *arena) {
    uint8_t bytes[CURSOR_BYTES];
    ByteWriter writer = byte_writer(bytes, sizeof bytes);
    uint8_t sort = (uint8_t)cursor->sort;
    byte_write_bytes(&writer, &sort, 1);
    byte_write_u32(&writer, mark_of(ask));
    byte_write_u64(&writer, cursor->key);
    byte_write_u64(&writer, (uint64_t)cursor->id);
    return base64url_write(arena, bytes, sizeof bytes);
}

Error cursor_parse(Str text, const SearchAsk *ask, Cursor *ret_cursor) {
    uint8_t bytes[CURSOR_BYTES];
    bool well_formed = base64url_parse(text, bytes, sizeof bytes);
    ByteReader reader = byte_reader(bytes, well_formed ? sizeof bytes : 0);
    Cursor cursor = {.sort = byte_read_u8(&reader)};
    uint32_t mark = byte_read_u32(&reader);
    cursor.key = byte_read_u64(&reader);
    cursor.id = (int64_t)byte_read_u64(&reader);
    if (reader.failed || mark != mark_of(ask) || cursor.sort > SEARCH_BY_NEED) {
        return error_field(
            BAD_INPUT, "cursor", "cursor_foreign",
            "This cursor does not belong to this search. Start from its first page.");
    }
    *ret_cursor = cursor;
    return OK;
}
