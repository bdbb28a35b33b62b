/* A list of a damaged file: reading stays inside it, documents rise and stay below the number of
 * the segment. The first two bytes choose that number; the list lies at the end of its room. */
#include <assert.h>
#include <stdlib.h>

#include "search/posting.h"

static void read_all(const Posting *posting) {
    uint64_t places = 0;
    uint32_t read = 0;
    for (PostingReader reader = posting_reader(posting); posting_read_next(&reader); read++) {
        assert(reader.document < posting->documents && read < posting->documents);
        PositionReader at =
            position_reader(posting_read_packed(&reader), posting_read_fields(&reader));
        while (position_next(&at)) {
            assert(at.occurrence.field < FIELD_COUNT);
            places++;
        }
        if (places > 1u << 16) return;
    }
}

static void read_some(const Posting *posting, uint32_t step) {
    uint32_t documents[256];
    uint8_t fields[256] = {0};
    PostingReader seeking = posting_reader(posting), filtering = seeking, joining = seeking;
    for (uint32_t from = 0; from < posting->documents; from += 256 * step) {
        uint32_t count = 0;
        for (; count < 256 && from + count * step < posting->documents; count++) {
            documents[count] = from + count * step;
            if (posting_seek(&seeking, documents[count])) posting_read_packed(&seeking);
        }
        posting_join_fields(&joining, documents, count, fields);
        posting_filter(&filtering, documents, count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    uint32_t documents = (uint32_t)data[0] | (uint32_t)data[1] << 8;
    size_t len = size - 2;
    uint8_t *bytes = malloc(len + 1);
    memcpy(bytes, data + 2, len);
    Posting posting = posting_open(str_from_bytes(bytes, len), documents);
    uint32_t *all = calloc(posting.count + 1, sizeof *all);
    size_t count = posting_decode(&posting, all);
    assert(count <= posting.count);
    for (size_t i = 0; i < count; i++) assert(all[i] < documents);
    uint64_t *bits = calloc(documents / 64 + 1, sizeof *bits);
    PostingReader reader = posting_reader(&posting);
    for (uint32_t from = 0; from < documents; from += 4096)
        posting_join_bits(&reader, from, from + 4096 < documents ? from + 4096 : documents,
                          bits + from / 64);
    read_all(&posting);
    read_some(&posting, 1);
    read_some(&posting, 37);
    free(bits);
    free(all);
    free(bytes);
    return 0;
}
