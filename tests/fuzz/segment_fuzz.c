/* Any bytes as a segment, as if their checksums were right: what opens is read in every way. */
#include <assert.h>

#include "base/heap.h"
#include "search/merge.h"
#include "search/posting.h"
#include "search/segment_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Behind a head the fuzzer need not find by itself: checksums made right, bounds as they are. */
static void mend(uint8_t *bytes, size_t len) {
    SegmentHead *head = (SegmentHead *)(void *)bytes;
    if (len < SEGMENT_HEAD_BYTES) return;
    for (int kind = 0; kind < SECTION_COUNT; kind++) {
        SegmentSection *section = &head->sections[kind];
        if (section->offset > len || section->len > len - section->offset) continue;
        section->checksum = checksum_of(bytes + section->offset, section->len);
    }
    head->checksum = checksum_of(head, offsetof(SegmentHead, checksum));
}

static void read_lists(const Segment *segment) {
    SegmentWords words;
    uint32_t count = 0;
    segment_words(segment, (Str){0}, &words);
    while (segment_next_word(&words)) {
        count++;
        assert(segment_find(segment, words.word).len == words.list.len);
        Posting posting = posting_open(words.list, segment_count(segment));
        uint32_t left = 10000;
        for (PostingReader reader = posting_reader(&posting);
             left-- > 0 && posting_read_next(&reader);) {
            assert(reader.document < segment_count(segment));
            PositionReader at =
                position_reader(posting_read_packed(&reader), posting_read_fields(&reader));
            for (uint32_t most = 1000; most > 0 && position_next(&at); most--) continue;
        }
    }
    assert(count == segment_word_count(segment));
}

static void read_documents(const Segment *segment) {
    const Columns *columns = segment_columns(segment);
    for (uint32_t i = 0; i < columns->count; i++) {
        assert(columns->ids[segment_document(segment, columns->ids[i])] == columns->ids[i]);
        assert(segment_license(segment, columns->licenses[i]).len <= segment_bytes(segment));
        assert(segment_language(segment, columns->class_rows[columns->classes[i]].language).len <=
               segment_bytes(segment));
    }
    for (size_t i = 0; i < segment->key_count; i++) {
        const uint32_t *documents;
        assert(segment_documents_by_key(segment, segment->keys[i], &documents) > 0);
        assert(documents[0] < columns->count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    uint8_t *copy = heap_new(len, 1);
    if (len) memcpy(copy, bytes, len);
    mend(copy, len);
    Segment *segment = segment_open(copy, len, false);
    if (!segment) {
        heap_free(copy);
        return 0;
    }
    read_documents(segment);
    read_lists(segment);
    segment_release(segment);
    return 0;
}
