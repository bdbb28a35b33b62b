#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "search/posting.h"

enum { DOCUMENTS = 70000, PLACES_MAX = 12 };

typedef struct {
    uint64_t random;
    PostingWriter writer;
    bool present[DOCUMENTS];
    uint8_t counts[DOCUMENTS];
    Occurrence at[DOCUMENTS][PLACES_MAX];
    uint32_t documents[DOCUMENTS], read[DOCUMENTS];
    uint64_t bits[DOCUMENTS / 64 + 1];
    uint8_t fields[DOCUMENTS];
    uint32_t count;
} List;

static uint32_t draw(List *list, uint32_t below) {
    list->random = list->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(list->random >> 33) % below;
}

static void draw_places(List *list, uint32_t document) {
    uint32_t position = 0, count = 0;
    for (uint8_t field = 0; field < FIELD_COUNT; field++) {
        if (draw(list, 3)) continue;
        position = draw(list, 2) ? draw(list, 50) : draw(list, 1u << draw(list, 31));
        for (uint32_t i = draw(list, 3); i < 3 && count < PLACES_MAX; i++) {
            list->at[document][count++] = (Occurrence){position, field};
            position += 1 + draw(list, 200);
        }
    }
    list->counts[document] = (uint8_t)count;
}

/* A list with one document in so many, read in as it lies in a segment. */
static Posting draw_list(List *list, uint32_t one_in, bool marks, uint64_t *room) {
    list->count = 0;
    for (uint32_t i = 0; i < DOCUMENTS; i++) {
        list->present[i] = draw(list, one_in) == 0;
        if (!list->present[i]) continue;
        list->counts[i] = 0;
        if (!marks) draw_places(list, i);
        posting_writer_add(&list->writer, i, list->at[i], list->counts[i]);
        list->documents[list->count++] = i;
    }
    Str bytes = posting_write(&list->writer, DOCUMENTS);
    memcpy(room, bytes.at, bytes.len);
    return posting_open(str_from_bytes(room, bytes.len), DOCUMENTS);
}

static uint8_t fields_of(const List *list, uint32_t document) {
    uint8_t fields = 0;
    for (uint32_t i = 0; i < list->counts[document]; i++)
        fields |= (uint8_t)(1u << list->at[document][i].field);
    return fields;
}

static void check_place(const List *list, PostingReader *reader, uint32_t document) {
    uint8_t fields = posting_read_fields(reader);
    assert_int_equal(fields, fields_of(list, document));
    PositionReader places = position_reader(posting_read_packed(reader), fields);
    for (uint32_t i = 0; i < list->counts[document]; i++) {
        assert_true(position_next(&places));
        assert_int_equal(places.occurrence.position, list->at[document][i].position);
        assert_int_equal(places.occurrence.field, list->at[document][i].field);
    }
    assert_false(position_next(&places));
}

static void check_passes(List *list, const Posting *posting) {
    assert_int_equal(posting->count, list->count);
    assert_int_equal(posting_decode(posting, list->read), list->count);
    assert_memory_equal(list->read, list->documents, list->count * sizeof *list->read);
    PostingReader reader = posting_reader(posting);
    for (uint32_t i = 0; i < list->count; i++) {
        assert_true(posting_read_next(&reader));
        assert_int_equal(reader.document, list->documents[i]);
        check_place(list, &reader, reader.document);
    }
    assert_false(posting_read_next(&reader));
    assert_false(posting_read_next(&reader));
}

static void check_seeks(List *list, const Posting *posting) {
    for (uint32_t step = 1; step < DOCUMENTS; step *= 5) {
        PostingReader reader = posting_reader(posting), filtering = reader, joining = reader;
        size_t asked = 0;
        for (uint32_t i = draw(list, step); i < DOCUMENTS; i += 1 + draw(list, step)) {
            assert_int_equal(posting_seek(&reader, i), list->present[i]);
            if (list->present[i]) check_place(list, &reader, i);
            list->read[asked++] = i;
        }
        memset(list->fields, 0, sizeof list->fields);
        posting_join_fields(&joining, list->read, asked, list->fields);
        for (size_t i = 0; i < asked; i++) {
            uint32_t document = list->read[i];
            uint8_t fields = list->present[document] ? fields_of(list, document) : 0;
            assert_int_equal(list->fields[i], fields);
        }
        size_t kept = posting_filter(&filtering, list->read, asked / 2);
        for (size_t i = 0; i < kept; i++) assert_true(list->present[list->read[i]]);
    }
}

static void check_bits(List *list, const Posting *posting) {
    PostingReader reader = posting_reader(posting);
    memset(list->bits, 0, sizeof list->bits);
    for (uint32_t from = 0, to; from < DOCUMENTS; from = to) {
        to = from + 64 * (1 + draw(list, 200));
        if (to > DOCUMENTS) to = DOCUMENTS;
        posting_join_bits(&reader, from, to, list->bits + from / 64);
    }
    for (uint32_t i = 0; i < DOCUMENTS; i++)
        assert_int_equal(list->bits[i / 64] >> i % 64 & 1, list->present[i]);
}

static void every_kind_of_list_reads_back_in_every_way(void **state) {
    (void)state;
    static const uint32_t rare[] = {1, 2, 20, 31, 40, 100, 500, 2000, 30000};
    List *list = calloc(1, sizeof *list);
    uint64_t *room = malloc(16 << 20);
    list->random = 5;
    bool seen[3] = {false};
    for (size_t i = 0; i < sizeof rare / sizeof *rare; i++) {
        for (int marks = 0; marks < 2; marks++) {
            Posting posting = draw_list(list, rare[i], marks, room);
            seen[posting.kind] = true;
            assert_int_equal(posting.marks, marks);
            check_passes(list, &posting);
            check_seeks(list, &posting);
            check_bits(list, &posting);
        }
    }
    assert_true(seen[POSTING_FEW] && seen[POSTING_BLOCKS] && seen[POSTING_BITS]);
    posting_writer_free(&list->writer);
    free(room);
    free(list);
}

static void packed_positions_can_be_handed_on(void **state) {
    (void)state;
    List *list = calloc(1, sizeof *list);
    uint64_t *room = malloc(16 << 20);
    list->random = 9;
    Posting posting = draw_list(list, 50, false, room);
    PostingWriter second = {0};
    for (PostingReader reader = posting_reader(&posting); posting_read_next(&reader);) {
        posting_writer_add_packed(&second, reader.document, posting_read_fields(&reader),
                                  posting_read_packed(&reader));
    }
    Str again = posting_write(&second, DOCUMENTS);
    assert_true(str_equal(again, str_from_bytes(room, again.len)));
    posting_writer_free(&second);
    posting_writer_free(&list->writer);
    free(room);
    free(list);
}

static void a_word_at_one_place_of_one_work_takes_four_bytes(void **state) {
    (void)state;
    PostingWriter writer = {0};
    const Occurrence one = {9, FIELD_TITLE};
    posting_writer_add(&writer, 100, &one, 1);
    assert_int_equal(posting_write(&writer, DOCUMENTS).len, 4);
    for (uint32_t i = 0; i < 10000; i++) posting_writer_add(&writer, i * 7, &one, 1);
    assert_in_range(posting_write(&writer, DOCUMENTS).len, 20000, 32000);
    posting_writer_free(&writer);
}

static void no_bytes_are_an_empty_list(void **state) {
    (void)state;
    Posting posting = posting_open((Str){0}, DOCUMENTS);
    PostingReader reader = posting_reader(&posting);
    uint64_t bits = 0;
    uint32_t document = 3;
    assert_false(posting_read_next(&reader));
    assert_false(posting_seek(&reader, 3));
    assert_int_equal(posting_filter(&reader, &document, 1), 0);
    posting_join_bits(&reader, 0, 64, &bits);
    assert_int_equal(bits, 0);
    assert_int_equal(posting_decode(&posting, &document), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_list_reads_back_in_every_way),
        cmocka_unit_test(packed_positions_can_be_handed_on),
        cmocka_unit_test(a_word_at_one_place_of_one_work_takes_four_bytes),
        cmocka_unit_test(no_bytes_are_an_empty_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
