#include <assert.h>

#include "base/heap.h"
#include "search/posting.h"

enum {
    FEW_MAX = POSTING_BLOCK - 1,
    BITS_SHARE = 32, /* a list of more than a 32nd of all documents is a bit for each */
    RANK_SPAN = 512,
    TAIL_BYTES = 8, /* behind a list, so that eight bytes may be read from any place of it */
};

static void add_number(uint8_t **at, uint32_t value) {
    while (value >= 0x80) {
        *(*at)++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *(*at)++ = (uint8_t)value;
}

/* The last byte has bit 7 clear, and bit 6 set when the field goes on. */
static void add_position(uint8_t **at, uint32_t value, bool more) {
    while (value >= 0x40) {
        *(*at)++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *(*at)++ = (uint8_t)(value | (more ? 0x40 : 0));
}

static uint8_t *make_room(uint8_t **bytes, size_t *room, size_t len, size_t more) {
    *bytes = heap_grow(*bytes, room, len + more + 1, 1);
    return *bytes + len;
}

static void end_document(PostingWriter *writer, uint32_t document, uint8_t fields) {
    size_t count = writer->count;
    assert(count == 0 || document > writer->documents[count - 1]);
    writer->documents =
        heap_grow(writer->documents, &writer->document_room, count + 1, sizeof *writer->documents);
    writer->fields = heap_grow(writer->fields, &writer->field_room, count + 1, 1);
    writer->ends = heap_grow(writer->ends, &writer->end_room, count + 1, sizeof *writer->ends);
    assert(writer->positions_len <= UINT32_MAX / 2);
    writer->documents[count] = document;
    writer->fields[count] = fields;
    writer->ends[count] = (uint32_t)writer->positions_len;
    writer->count++;
}

void posting_writer_add(PostingWriter *writer, uint32_t document, const Occurrence *occurrences,
                        size_t count) {
    uint8_t *at =
        make_room(&writer->positions, &writer->position_room, writer->positions_len, count * 5);
    uint8_t fields = 0;
    for (size_t i = 0; i < count; i++) {
        bool first = !(fields >> occurrences[i].field & 1);
        bool more = i + 1 < count && occurrences[i + 1].field == occurrences[i].field;
        uint32_t before = first ? 0 : occurrences[i - 1].position;
        add_position(&at, occurrences[i].position - before, more);
        fields |= (uint8_t)(1u << occurrences[i].field);
    }
    if (count) writer->positions_len = (size_t)(at - writer->positions);
    end_document(writer, document, fields);
}

void posting_writer_add_packed(PostingWriter *writer, uint32_t document, uint8_t fields,
                               Str positions) {
    uint8_t *at =
        make_room(&writer->positions, &writer->position_room, writer->positions_len, positions.len);
    if (positions.len) memcpy(at, positions.at, positions.len);
    writer->positions_len += positions.len;
    end_document(writer, document, fields);
}

static bool only_marks(const PostingWriter *writer) {
    for (size_t i = 0; i < writer->count; i++) {
        if (writer->fields[i]) return false;
    }
    return true;
}

static uint8_t *add_bytes(uint8_t *at, const void *bytes, size_t len) {
    if (len) memcpy(at, bytes, len);
    return at + len;
}

static void write_few(PostingWriter *writer, bool marks) {
    uint8_t *at = make_room(&writer->bytes, &writer->byte_room, 0,
                            5 + writer->count * 6 + writer->positions_len);
    add_number(&at, (uint32_t)writer->count << 3 | (uint32_t)marks << 2 | POSTING_FEW);
    for (size_t i = 0; i < writer->count; i++)
        add_number(&at,
                   i ? writer->documents[i] - writer->documents[i - 1] - 1 : writer->documents[0]);
    if (!marks) at = add_bytes(at, writer->fields, writer->count);
    if (!marks) at = add_bytes(at, writer->positions, writer->positions_len);
    writer->bytes_len = (size_t)(at - writer->bytes);
}

static void put_u32(PostingWriter *writer, size_t at, size_t value) {
    assert(value <= UINT32_MAX);
    uint32_t number = (uint32_t)value;
    memcpy(writer->bytes + at, &number, sizeof number);
}

/* Where the positions of each block begin, from the first. */
static void put_places(PostingWriter *writer, size_t at) {
    for (size_t i = 0; i < writer->count; i += POSTING_BLOCK)
        put_u32(writer, at + i / POSTING_BLOCK * 4, i ? writer->ends[i - 1] : 0);
}

/* Fields and positions, as the end of the list. */
static void put_rest(PostingWriter *writer, size_t at, bool marks) {
    uint8_t *end = writer->bytes + at;
    if (!marks) end = add_bytes(end, writer->fields, writer->count);
    if (!marks) end = add_bytes(end, writer->positions, writer->positions_len);
    memset(end, 0, TAIL_BYTES);
    writer->bytes_len = (size_t)(end + TAIL_BYTES - writer->bytes);
}

static unsigned width_of(uint32_t value) { return value ? 32 - (unsigned)__builtin_clz(value) : 0; }

/* A byte of width, then the distances less one; returns where it ends. */
static uint8_t *put_block(const PostingWriter *writer, size_t from, size_t end, uint8_t *at) {
    uint32_t distances[POSTING_BLOCK], all = 0;
    for (size_t i = from; i < end; i++) {
        distances[i - from] =
            i ? writer->documents[i] - writer->documents[i - 1] - 1 : writer->documents[0];
        all |= distances[i - from];
    }
    unsigned width = width_of(all), filled = 0;
    *at++ = (uint8_t)width;
    uint64_t bits = 0;
    for (size_t i = 0; i < end - from; i++) {
        bits |= (uint64_t)distances[i] << filled;
        for (filled += width; filled >= 8; filled -= 8, bits >>= 8) *at++ = (uint8_t)bits;
    }
    if (filled) *at++ = (uint8_t)bits;
    return at;
}

/* Head of four numbers, the tables, the blocks, the rest. */
static void write_blocks(PostingWriter *writer, bool marks) {
    size_t count = writer->count, blocks = (count + POSTING_BLOCK - 1) / POSTING_BLOCK;
    size_t tables = 16, data = tables + blocks * 4 * (marks ? 2 : 3);
    make_room(&writer->bytes, &writer->byte_room, 0,
              data + blocks * (2 + POSTING_BLOCK * 4) + count + writer->positions_len + TAIL_BYTES);
    put_u32(writer, 0, (size_t)marks << 2 | POSTING_BLOCKS);
    put_u32(writer, 4, count);
    uint8_t *at = writer->bytes + data;
    for (size_t block = 0; block < blocks; block++) {
        size_t from = block * POSTING_BLOCK;
        size_t end = from + POSTING_BLOCK < count ? from + POSTING_BLOCK : count;
        put_u32(writer, tables + block * 4, writer->documents[end - 1]);
        put_u32(writer, tables + (blocks + block) * 4, (size_t)(at - writer->bytes));
        at = put_block(writer, from, end, at);
    }
    if (!marks) put_places(writer, tables + 2 * blocks * 4);
    size_t rest = (size_t)(at - writer->bytes);
    put_u32(writer, 8, rest);
    put_u32(writer, 12, marks ? rest : rest + count);
    put_rest(writer, rest, marks);
}

/* Head of six numbers, ranks, places, the bits, the rest. */
static void write_bits(PostingWriter *writer, uint32_t documents, bool marks) {
    size_t count = writer->count, blocks = (count + POSTING_BLOCK - 1) / POSTING_BLOCK;
    size_t spans = ((size_t)documents + RANK_SPAN - 1) / RANK_SPAN;
    size_t words = ((size_t)documents + 63) / 64;
    size_t ranks = 24, places = ranks + spans * 4;
    size_t bits = (places + (marks ? 0 : blocks * 4) + 7) / 8 * 8, rest = bits + words * 8;
    make_room(&writer->bytes, &writer->byte_room, 0,
              rest + count + writer->positions_len + TAIL_BYTES);
    memset(writer->bytes, 0, rest);
    put_u32(writer, 0, (size_t)marks << 2 | POSTING_BITS);
    put_u32(writer, 4, count);
    put_u32(writer, 8, documents);
    put_u32(writer, 12, bits);
    put_u32(writer, 16, rest);
    put_u32(writer, 20, marks ? rest : rest + count);
    for (size_t i = 0, span = 0; span < spans; span++) {
        while (i < count && writer->documents[i] / RANK_SPAN < span) i++;
        put_u32(writer, ranks + span * 4, i);
    }
    if (!marks) put_places(writer, places);
    for (size_t i = 0; i < count; i++) {
        uint32_t document = writer->documents[i];
        writer->bytes[bits + document / 8] |= (uint8_t)(1u << document % 8);
    }
    put_rest(writer, rest, marks);
}

Str posting_write(PostingWriter *writer, uint32_t documents) {
    size_t count = writer->count;
    assert(count == 0 || writer->documents[count - 1] < documents);
    bool marks = only_marks(writer);
    if (count <= FEW_MAX) {
        write_few(writer, marks);
    } else if (count > documents / BITS_SHARE) {
        write_bits(writer, documents, marks);
    } else {
        write_blocks(writer, marks);
    }
    writer->count = writer->positions_len = 0;
    return str_from_bytes(writer->bytes, writer->bytes_len);
}

void posting_writer_free(PostingWriter *writer) {
    heap_free(writer->documents);
    heap_free(writer->fields);
    heap_free(writer->ends);
    heap_free(writer->positions);
    heap_free(writer->bytes);
    *writer = (PostingWriter){0};
}
