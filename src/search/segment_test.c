/* Segments as they come out of drafts and merges, against works made up at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/random.h"
#include "search/draft.h"
#include "search/merge.h"
#include "search/posting.h"
#include "search/prefix_list.h"
#include "search/segment_write.h"

static const char *const vocabulary[] = {"sea",  "seal",  "song",    "Été", "cœur", "24.04",
                                         "日本", "wi-fi", "harbour", "a",   "abc",  "gull"};
static const Str licenses[] = {{"CC0-1.0", 7}, {"MIT", 3}, {"", 0}};
static const Str languages[] = {{"fr", 2}, {"en", 2}, {"", 0}, {"ja", 2}};
enum { VOCABULARY = sizeof vocabulary / sizeof *vocabulary };

static uint32_t draw(uint64_t *random, uint32_t below) {
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*random >> 33) % below;
}

static SearchWork made_up(int64_t id, Arena *arena) {
    uint64_t random = (uint64_t)id * 77 + 5;
    draw(&random, 2);
    Str title = arena_print(arena, "%s %s %s number%d", vocabulary[draw(&random, VOCABULARY)],
                            vocabulary[draw(&random, VOCABULARY)],
                            vocabulary[draw(&random, VOCABULARY)], (int)id);
    Str *paths = arena_new(arena, Str, 2);
    paths[0] = arena_print(arena, "disc/%s.flac", vocabulary[draw(&random, VOCABULARY)]);
    paths[1] = STR("cover.JPG");
    uint64_t *keys = arena_new(arena, uint64_t, 2);
    keys[0] = draw(&random, 50);
    keys[1] = (uint64_t)id << 20;
    return (SearchWork){.id = id,
                        .title = title,
                        .license = licenses[draw(&random, 3)],
                        .language = languages[draw(&random, 4)],
                        .uploader = STR("Ana"),
                        .category = draw(&random, 9),
                        .paths = paths,
                        .path_count = 2,
                        .size_bytes = draw(&random, 40) * 1000,
                        .published_at = 1500000000 + draw(&random, 300) * 1000000,
                        .seeders = (uint32_t)id % 7,
                        .completed = (uint64_t)id,
                        .file_count = 2,
                        .may = (uint8_t)draw(&random, 16),
                        .keys = keys,
                        .key_count = 2};
}

static Segment *draft_of(int64_t from, int64_t to) {
    Arena arena = arena_create(64 << 20);
    Draft *draft = draft_create();
    for (int64_t id = to; id-- > from;) {
        SearchWork work = made_up(id, &arena);
        draft_add(draft, &work);
    }
    Segment *segment = draft_finish(draft);
    draft_free(draft);
    arena_free(&arena);
    return segment;
}

static bool has_word(const Segment *segment, Str word, uint32_t document) {
    Posting posting = posting_open(segment_find(segment, word), segment_count(segment));
    PostingReader reader = posting_reader(&posting);
    return posting_seek(&reader, document);
}

/* Two segments that say the same of the same works. */
static void assert_same(const Segment *a, const Segment *b) {
    const Columns *x = segment_columns(a), *y = segment_columns(b);
    assert_int_equal(x->count, y->count);
    for (uint32_t i = 0; i < x->count; i++) {
        assert_int_equal(x->ids[i], y->ids[i]);
        assert_int_equal(x->sizes[i], y->sizes[i]);
        assert_int_equal(x->published_at[i], y->published_at[i]);
        assert_int_equal(x->by_size[i], y->by_size[i]);
        assert_int_equal(x->by_id[i], y->by_id[i]);
        assert_int_equal(x->completed[i], y->completed[i]);
        assert_int_equal(x->seeders[i], y->seeders[i]);
        assert_true(
            str_equal(segment_license(a, x->licenses[i]), segment_license(b, y->licenses[i])));
        const SegmentClass *p = &x->class_rows[x->classes[i]], *q = &y->class_rows[y->classes[i]];
        assert_true(p->year == q->year && p->category == q->category && p->may == q->may);
        assert_true(str_equal(segment_language(a, p->language), segment_language(b, q->language)));
    }
    SegmentWords v, w;
    segment_words(a, (Str){0}, &v);
    segment_words(b, (Str){0}, &w);
    while (segment_next_word(&v)) {
        assert_true(segment_next_word(&w));
        assert_true(str_equal(v.word, w.word));
        assert_true(str_equal(v.list, w.list));
    }
    assert_false(segment_next_word(&w));
    assert_int_equal(a->key_count, b->key_count);
    assert_memory_equal(a->keys, b->keys, a->key_count * sizeof *a->keys);
    assert_memory_equal(a->key_documents, b->key_documents,
                        a->key_count * sizeof *a->key_documents);
}

static void a_draft_becomes_a_segment_in_the_order_of_time(void **state) {
    (void)state;
    Segment *segment = draft_of(1, 200);
    const Columns *columns = segment_columns(segment);
    assert_int_equal(columns->count, 199);
    for (uint32_t i = 1; i < columns->count; i++) {
        assert_true(columns->published_at[i - 1] <= columns->published_at[i]);
        if (columns->published_at[i - 1] == columns->published_at[i])
            assert_true(columns->ids[i - 1] < columns->ids[i]);
        assert_true(columns->sizes[columns->by_size[i - 1]] <= columns->sizes[columns->by_size[i]]);
    }
    Arena arena = arena_create(1 << 20);
    for (int64_t id = 1; id < 200; id++) {
        uint32_t document = segment_document(segment, id);
        assert_int_equal(columns->ids[document], id);
        assert_true(has_word(segment, arena_print(&arena, "number%d", (int)id), document));
        assert_int_equal(segment_counts(segment, document).completed, id);
        const uint32_t *documents;
        assert_int_equal(segment_documents_by_key(segment, (uint64_t)id << 20, &documents), 1);
        assert_int_equal(documents[0], document);
    }
    assert_int_equal(segment_document(segment, 0), DOCUMENT_NONE);
    assert_int_equal(segment_document(segment, 200), DOCUMENT_NONE);
    assert_int_equal(segment_find(segment, STR("nothing")).len, 0);
    assert_true(has_word(segment, draft_uploader_word(&arena, STR("ANA")), 0));
    assert_true(has_word(segment, draft_extension_word(&arena, STR("jpg")), 7));
    arena_free(&arena);
    segment_release(segment);
}

static void words_are_found_by_how_they_begin(void **state) {
    (void)state;
    Segment *segment = draft_of(1, 500);
    static const Str prefixes[] = {{"", 0},    {"n", 1},  {"number1", 7},
                                   {"sea", 3}, {"zz", 2}, {"\xFF", 1}};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        SegmentWords all, some;
        segment_words(segment, (Str){0}, &all);
        segment_words(segment, prefixes[i], &some);
        uint32_t count = 0;
        while (segment_next_word(&all)) {
            count++;
            assert_true(str_equal(segment_find(segment, all.word), all.list));
            if (!str_starts(all.word, prefixes[i])) continue;
            assert_true(segment_next_word(&some));
            assert_true(str_equal(all.word, some.word));
        }
        assert_false(segment_next_word(&some));
        assert_int_equal(count, segment_word_count(segment));
    }
    segment_release(segment);
}

static void the_last_of_two_works_with_one_id_stays(void **state) {
    (void)state;
    Draft *draft = draft_create();
    SearchWork first = {.id = 7, .title = STR("first"), .published_at = 5};
    SearchWork second = {.id = 7, .title = STR("second"), .published_at = 3};
    draft_add(draft, &first);
    draft_add(draft, &second);
    Segment *segment = draft_finish(draft);
    draft_free(draft);
    assert_int_equal(segment_count(segment), 1);
    assert_int_equal(segment_find(segment, STR("first")).len, 0);
    assert_true(has_word(segment, STR("second"), 0));
    segment_release(segment);
}

/* Parts cut out of one row of works, some of them gone, against one draft of those that stay. */
static void merged_parts_are_the_segment_of_all(void **state) {
    (void)state;
    enum { WORKS = 900, PARTS = 5 };
    atomic_bool stop = false;
    ViewPart parts[PARTS];
    for (int i = 0; i < PARTS; i++)
        parts[i] = (ViewPart){.segment = draft_of(i * WORKS / PARTS, (i + 1) * WORKS / PARTS)};
    parts[2].gone = gone_create(NULL, segment_count(parts[2].segment));
    Arena arena = arena_create(64 << 20);
    Draft *draft = draft_create();
    for (int64_t id = 0; id < WORKS; id++) {
        bool gone = id % 3 == 0 && id >= 2 * WORKS / PARTS && id < 3 * WORKS / PARTS;
        if (gone) assert_true(gone_add(parts[2].gone, segment_document(parts[2].segment, id)));
        SearchWork work = made_up(id, &arena);
        if (!gone) draft_add(draft, &work);
    }
    Segment *wanted = draft_finish(draft);
    for (int round = 0; round < 2; round++) {
        FILE *file = round ? tmpfile() : NULL;
        Merge merge = merge_write(parts, PARTS, file ? fileno(file) : SEGMENT_TO_MEMORY, &stop);
        assert_false(merge.failed);
        Str bytes = merge.bytes;
        if (file) {
            bytes.len = (size_t)lseek(fileno(file), 0, SEEK_END);
            char *read = heap_new(bytes.len, 1);
            assert_int_equal(pread(fileno(file), read, bytes.len, 0), bytes.len);
            bytes.at = read;
            fclose(file);
        }
        Segment *merged = segment_open((const uint8_t *)bytes.at, bytes.len, false);
        assert_non_null(merged);
        assert_true(segment_check_lists(merged));
        merge_copy_counts(&merge, parts, merged);
        assert_same(merged, wanted);
        merge_free(&merge);
        segment_release(merged);
    }
    stop = true;
    Merge stopped = merge_write(parts, PARTS, SEGMENT_TO_MEMORY, &stop);
    assert_true(stopped.failed);
    merge_free(&stopped);
    for (int i = 0; i < PARTS; i++) segment_release(parts[i].segment);
    gone_release(parts[2].gone);
    segment_release(wanted);
    draft_free(draft);
    arena_free(&arena);
}

/* By reading all words that start so. */
static uint8_t *unite(const Segment *segment, Str prefix) {
    uint8_t *fields = heap_new(segment_count(segment), 1);
    SegmentWords words;
    segment_words(segment, prefix, &words);
    while (segment_next_word(&words)) {
        Posting posting = posting_open(words.list, segment_count(segment));
        posting_join_bytes(&posting, fields);
    }
    return fields;
}

static void short_prefixes_of_many_works_have_a_list(void **state) {
    (void)state;
    enum { MANY = PREFIX_LIST_DOCUMENTS_MIN + 500 };
    static const Str with[] = {{"s", 1}, {"se", 2}, {"sea", 3}, {"c", 1}, {"num", 3}, {"a", 1}};
    atomic_bool stop = false;
    ViewPart parts[] = {{draft_of(1, MANY), NULL}, {draft_of(MANY, MANY + 300), NULL}};
    Segment *wanted = draft_of(1, MANY + 300);
    Merge merge = merge_write(parts, 2, SEGMENT_TO_MEMORY, &stop);
    Segment *merged = segment_open((const uint8_t *)merge.bytes.at, merge.bytes.len, false);
    assert_non_null(merged);
    merge_copy_counts(&merge, parts, merged);
    assert_same(merged, wanted);
    assert_int_equal(merged->word_count, wanted->word_count);
    assert_int_equal(merged->lists_len, wanted->lists_len);
    assert_memory_equal(merged->lists, wanted->lists, wanted->lists_len);
    assert_true(segment_word_count(merged) < merged->word_count);
    uint32_t documents = segment_count(merged);
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) {
        Posting posting = posting_open(prefix_list_find(merged, with[i]), documents);
        uint8_t *read = heap_new(documents, 1), *united = unite(merged, with[i]);
        posting_join_bytes(&posting, read);
        assert_true(posting.count > 0);
        assert_memory_equal(read, united, documents);
        heap_free(read);
        heap_free(united);
    }
    assert_int_equal(prefix_list_find(merged, STR("z")).len, 0);
    assert_int_equal(prefix_list_find(merged, STR("numb")).len, 0); /* four letters */
    assert_int_equal(prefix_list_find(merged, STR("son")).len, 0);  /* one word */
    assert_int_equal(prefix_list_find(parts[1].segment, STR("s")).len, 0);
    SegmentWords words;
    segment_words(merged, STR("\xFF"), &words);
    assert_false(segment_next_word(&words));
    merge_free(&merge);
    segment_release(merged);
    segment_release(wanted);
    for (int i = 0; i < 2; i++) segment_release(parts[i].segment);
}

static void one_changed_byte_is_noticed(void **state) {
    (void)state;
    Segment *segment = draft_of(1, 20);
    uint8_t *copy = heap_new(segment->len, 1);
    size_t padding = 0;
    for (size_t at = 0; at < segment->len; at++) {
        memcpy(copy, segment->bytes, segment->len);
        copy[at] ^= 0x20;
        Segment *opened = segment_open(copy, segment->len, false);
        if (!opened) continue;
        /* Then it stands in the lists, or where nothing stands. */
        padding += segment_check_lists(opened);
        opened->bytes = NULL;
        segment_release(opened);
    }
    assert_true(padding < SEGMENT_HEAD_BYTES + SECTION_COUNT * SEGMENT_ALIGN);
    for (size_t len = 0; len < segment->len; len += 7)
        assert_null(segment_open(segment->bytes, len, false));
    heap_free(copy);
    segment_release(segment);
}

static int start_random(void **state) {
    (void)state;
    return random_start() ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draft_becomes_a_segment_in_the_order_of_time),
        cmocka_unit_test(words_are_found_by_how_they_begin),
        cmocka_unit_test(the_last_of_two_works_with_one_id_stays),
        cmocka_unit_test(merged_parts_are_the_segment_of_all),
        cmocka_unit_test(short_prefixes_of_many_works_have_a_list),
        cmocka_unit_test(one_changed_byte_is_noticed),
    };
    return cmocka_run_group_tests(tests, start_random, NULL);
}
