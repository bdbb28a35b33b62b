#include "search/posting.h"

#include <assert.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "lists are read as they lie");

enum { RANK_SPAN = 512, RANK_WORDS = RANK_SPAN / 64, TAIL_BYTES = 8, WIDTH_MAX = 32 };
#define NO_BLOCK UINT32_MAX

static uint64_t load_u64(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint32_t load_u32(const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint32_t count_bits(uint64_t word) {
    word -= word >> 1 & 0x5555555555555555;
    word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
    word = (word + (word >> 4)) & 0x0F0F0F0F0F0F0F0F;
    return (uint32_t)(word * 0x0101010101010101 >> 56);
}

/* Where the machine may count bits in one step, and no sanitizer stands between. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS_BITS __attribute__((target_clones("popcnt", "default")))
#define COUNT_BITS(word) ((uint32_t)__builtin_popcountll(word))
#else
#define COUNTS_BITS
#define COUNT_BITS(word) count_bits(word)
#endif

/* False at the end of the bytes. */
static bool read_number(const uint8_t **at, const uint8_t *end, uint32_t *ret_value) {
    uint32_t value = 0;
    for (unsigned shift = 0; *at < end && shift < 32; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint32_t)(byte & 0x7F) << shift;
        if (byte >= 0x80) continue;
        *ret_value = value;
        return true;
    }
    return false;
}

/* Unpacks the documents of a short list; returns how many make sense. */
static uint32_t unpack_few(const Posting *posting, const uint8_t **at, uint32_t *ret_documents) {
    uint64_t document = 0;
    uint32_t distance;
    for (uint32_t i = 0; i < posting->count; i++) {
        if (!read_number(at, posting->end, &distance)) return i;
        document += (uint64_t)distance + (i > 0);
        if (document >= posting->documents) return i;
        ret_documents[i] = (uint32_t)document;
    }
    return posting->count;
}

static Posting open_few(Posting posting) {
    const uint8_t *at = posting.bytes;
    uint32_t head;
    if (!read_number(&at, posting.end, &head)) return (Posting){0};
    posting.marks = head >> 2 & 1;
    posting.count = head >> 3;
    if (posting.count > POSTING_BLOCK) return (Posting){0};
    posting.bytes = at;
    if (posting.marks) return posting;
    /* Passed over to find the fields: each number ends with a byte below 0x80. */
    for (uint32_t left = posting.count; left; left -= *at++ < 0x80) {
        if (at == posting.end) return (Posting){0};
    }
    if ((size_t)(posting.end - at) < posting.count) return (Posting){0};
    posting.fields = at;
    posting.positions = at + posting.count;
    return posting;
}

static uint32_t blocks_of(const Posting *posting) {
    return posting->count / POSTING_BLOCK + (posting->count % POSTING_BLOCK > 0);
}

/* Fields and positions, from two offsets of the head; false when they stand nowhere. */
static bool open_rest(Posting *posting, size_t fields, size_t positions, size_t least) {
    size_t len = (size_t)(posting->end - posting->bytes);
    if (len < TAIL_BYTES || fields < least || positions < fields || positions > len - TAIL_BYTES)
        return false;
    if (posting->marks) return true;
    if (positions - fields < posting->count) return false;
    posting->fields = posting->bytes + fields;
    posting->positions = posting->bytes + positions;
    return true;
}

static Posting open_blocks(Posting posting) {
    const uint8_t *bytes = posting.bytes;
    if (posting.end - bytes < 16) return (Posting){0};
    posting.marks = load_u32(bytes) >> 2 & 1;
    posting.count = load_u32(bytes + 4);
    if (posting.count > posting.documents) return (Posting){0};
    size_t blocks = blocks_of(&posting), data = 16 + blocks * 4 * (posting.marks ? 2 : 3);
    if (!open_rest(&posting, load_u32(bytes + 8), load_u32(bytes + 12), data)) return (Posting){0};
    posting.last = (const uint32_t *)(const void *)(bytes + 16);
    posting.at = posting.last + blocks;
    if (!posting.marks) posting.places = posting.at + blocks;
    return posting;
}

static Posting open_bits(Posting posting) {
    const uint8_t *bytes = posting.bytes;
    if (posting.end - bytes < 24) return (Posting){0};
    posting.marks = load_u32(bytes) >> 2 & 1;
    posting.count = load_u32(bytes + 4);
    size_t documents = posting.documents, bits = load_u32(bytes + 12);
    if (load_u32(bytes + 8) != documents || posting.count > documents || !documents || bits % 8)
        return (Posting){0};
    size_t words = (documents + 63) / 64, spans = (documents + RANK_SPAN - 1) / RANK_SPAN;
    size_t tables = 24 + (spans + (posting.marks ? 0 : blocks_of(&posting))) * 4;
    if (bits < tables) return (Posting){0};
    if (!open_rest(&posting, load_u32(bytes + 16), load_u32(bytes + 20), bits + words * 8))
        return (Posting){0};
    posting.ranks = (const uint32_t *)(const void *)(bytes + 24);
    if (!posting.marks) posting.places = posting.ranks + spans;
    posting.bits = (const uint64_t *)(const void *)(bytes + bits);
    bool beyond = documents % 64 && posting.bits[words - 1] >> documents % 64;
    return beyond ? (Posting){0} : posting;
}

Posting posting_open(Str list, uint32_t documents) {
    const uint8_t *bytes = (const uint8_t *)list.at;
    if (!list.len) return (Posting){0};
    Posting posting = {.documents = documents, .bytes = bytes, .end = bytes + list.len};
    posting.kind = bytes[0] & 3;
    if (posting.kind == POSTING_FEW) return open_few(posting);
    if ((uintptr_t)bytes % POSTING_ALIGN) return (Posting){0};
    if (posting.kind == POSTING_BLOCKS) return open_blocks(posting);
    return posting.kind == POSTING_BITS ? open_bits(posting) : (Posting){0};
}

/* Unpacks one block; returns how many documents of it make sense. */
static uint32_t unpack_block(const Posting *posting, uint32_t block, uint32_t *ret_documents) {
    if (posting->kind == POSTING_FEW) {
        const uint8_t *few = posting->bytes;
        return unpack_few(posting, &few, ret_documents);
    }
    size_t at = posting->at[block], len = (size_t)(posting->end - posting->bytes);
    uint32_t from = block * POSTING_BLOCK;
    uint32_t count =
        posting->count - from < POSTING_BLOCK ? posting->count - from : (uint32_t)POSTING_BLOCK;
    if (at >= len) return 0;
    uint32_t width = posting->bytes[at];
    if (width > WIDTH_MAX || len - at < 1 + (size_t)(count * width + 7) / 8 + TAIL_BYTES) return 0;
    const uint8_t *packed = posting->bytes + at + 1;
    uint64_t mask = ((uint64_t)1 << width) - 1;
    uint64_t document = block ? posting->last[block - 1] : UINT64_MAX;
    if (!block) document = 0;
    uint32_t gap = block ? 1 : 0; /* the very first is no distance */
    for (uint32_t i = 0, bit = 0; i < count; i++, bit += width) {
        document += (load_u64(packed + bit / 8) >> bit % 8 & mask) + gap;
        ret_documents[i] = (uint32_t)document;
        gap = 1;
    }
    return document < posting->documents ? count : 0;
}

PostingReader posting_reader(const Posting *posting) {
    PostingReader reader;
    reader.posting = *posting;
    posting_rewind(&reader);
    return reader;
}

void posting_rewind(PostingReader *reader) {
    reader->document = reader->ordinal = 0;
    reader->block = NO_BLOCK;
    reader->at = reader->count = reader->word = reader->rank = reader->place_ordinal = 0;
    reader->place = NULL;
}

static uint32_t block_count(const Posting *posting) {
    return posting->kind == POSTING_FEW ? posting->count > 0 : blocks_of(posting);
}

/* The first block, from the present one on, that ends at `document` or later; doubling steps. */
static uint32_t find_block(const PostingReader *reader, uint32_t document) {
    const Posting *posting = &reader->posting;
    uint32_t blocks = block_count(posting), low = reader->block == NO_BLOCK ? 0 : reader->block;
    if (posting->kind == POSTING_FEW) return reader->block == NO_BLOCK ? 0 : blocks;
    uint32_t step = 1, high = low;
    while (high < blocks && posting->last[high] < document) {
        low = high + 1;
        high += step;
        step *= 2;
    }
    if (high > blocks) high = blocks;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (posting->last[middle] < document) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool enter_block(PostingReader *reader, uint32_t block) {
    if (block >= block_count(&reader->posting)) {
        reader->at = reader->count = 0;
        reader->block = block_count(&reader->posting);
        return false;
    }
    reader->block = block;
    reader->at = 0;
    reader->count = unpack_block(&reader->posting, block, reader->unpacked);
    return reader->count > 0;
}

/* Stops at the first document that is `document` or later, in a list that is no bits. */
static bool reach(PostingReader *reader, uint32_t document) {
    if (!reader->count || reader->unpacked[reader->count - 1] < document) {
        if (reader->block != NO_BLOCK && !reader->count) return false;
        if (!enter_block(reader, find_block(reader, document))) return false;
    }
    const uint32_t *at = reader->unpacked + reader->at, *end = reader->unpacked + reader->count;
    while (end - at > 16 && at[15] < document) at += 16;
    while (at < end && *at < document) at++;
    reader->at = (uint32_t)(at - reader->unpacked);
    return at < end;
}

/* How many bits stand before the word of `document`. */
static void reach_word(PostingReader *reader, uint32_t document) {
    const Posting *posting = &reader->posting;
    uint32_t word = document / 64;
    if (word - reader->word > RANK_WORDS || word < reader->word) {
        reader->word = word / RANK_WORDS * RANK_WORDS;
        reader->rank = posting->ranks[word / RANK_WORDS];
    }
    for (; reader->word < word; reader->word++)
        reader->rank += count_bits(posting->bits[reader->word]);
}

static bool has_bit(const Posting *posting, uint32_t document) {
    return posting->bits[document / 64] >> document % 64 & 1;
}

static uint32_t rank_of(PostingReader *reader, uint32_t document) {
    reach_word(reader, document);
    uint64_t below = ((uint64_t)1 << document % 64) - 1;
    return reader->rank + count_bits(reader->posting.bits[document / 64] & below);
}

bool posting_seek(PostingReader *reader, uint32_t document) {
    if (document >= reader->posting.documents) return false;
    reader->document = document;
    if (reader->posting.kind == POSTING_BITS) {
        if (!reader->posting.count || !has_bit(&reader->posting, document)) return false;
        reader->ordinal = rank_of(reader, document);
        return true;
    }
    if (!reach(reader, document) || reader->unpacked[reader->at] != document) return false;
    reader->ordinal = reader->block * POSTING_BLOCK + reader->at;
    return true;
}

static bool next_bit(PostingReader *reader) {
    const Posting *posting = &reader->posting;
    uint32_t words = posting->count ? (posting->documents + 63) / 64 : 0;
    bool started = reader->block != NO_BLOCK;
    uint32_t word = started ? reader->document / 64 : 0;
    uint64_t left = words ? posting->bits[word] : 0;
    if (started) left &= UINT64_MAX - (((uint64_t)2 << reader->document % 64) - 1);
    while (!left) {
        if (word + 1 >= words) return false;
        left = posting->bits[++word];
    }
    reader->ordinal = started ? reader->ordinal + 1 : 0;
    reader->block = 0;
    reader->document = word * 64 + (uint32_t)__builtin_ctzll(left);
    return true;
}

bool posting_read_next(PostingReader *reader) {
    if (reader->posting.kind == POSTING_BITS) return next_bit(reader);
    if (reader->block != NO_BLOCK && reader->at + 1 < reader->count) {
        reader->at++;
    } else if (!enter_block(reader, reader->block == NO_BLOCK ? 0 : reader->block + 1)) {
        return false;
    }
    reader->document = reader->unpacked[reader->at];
    reader->ordinal = reader->block * POSTING_BLOCK + reader->at;
    return true;
}

static uint32_t fields_count(const uint8_t *fields, uint32_t count) {
    uint32_t all = 0;
    for (; count >= 8; count -= 8, fields += 8)
        all += count_bits(load_u64(fields) & FIELDS_ALL * 0x0101010101010101);
    uint64_t rest = 0;
    for (uint32_t i = 0; i < count; i++) rest = rest << 8 | (fields[i] & FIELDS_ALL);
    return all + count_bits(rest);
}

/* Bit 7 of each byte that ends a field: both upper bits are clear. */
static uint64_t field_ends(uint64_t bytes) {
    uint64_t set = bytes & 0xC0C0C0C0C0C0C0C0;
    return ~(set | set << 1) & 0x8080808080808080;
}

/* Behind as many ends of fields; NULL when there are fewer. */
static const uint8_t *skip_fields(const uint8_t *at, const uint8_t *end, uint32_t count) {
    while (count && end - at >= 8) {
        uint64_t ends = field_ends(load_u64(at));
        uint32_t here = (uint32_t)(((ends >> 7) * 0x0101010101010101) >> 56);
        if (here >= count) break;
        count -= here;
        at += 8;
    }
    while (count && at < end) count -= *at++ < 0x40;
    return count ? NULL : at;
}

Str posting_read_packed(PostingReader *reader) {
    const Posting *posting = &reader->posting;
    uint32_t ordinal = reader->ordinal;
    if (!posting->positions || ordinal >= posting->count) return (Str){0};
    uint32_t first = ordinal / POSTING_BLOCK * POSTING_BLOCK;
    bool near = reader->place && reader->place_ordinal <= ordinal && reader->place_ordinal >= first;
    if (!near) {
        size_t begin = posting->places ? posting->places[ordinal / POSTING_BLOCK] : 0;
        if (begin > (size_t)(posting->end - posting->positions)) return (Str){0};
        reader->place = posting->positions + begin;
        reader->place_ordinal = first;
    }
    uint32_t from = reader->place_ordinal;
    uint32_t before = fields_count(posting->fields + from, ordinal - from);
    const uint8_t *at = skip_fields(reader->place, posting->end, before);
    uint32_t here = fields_count(posting->fields + ordinal, 1);
    const uint8_t *end = at ? skip_fields(at, posting->end, here) : NULL;
    reader->place = end ? at : NULL;
    reader->place_ordinal = ordinal;
    return end ? str_from_bytes(at, (size_t)(end - at)) : (Str){0};
}

bool position_next(PositionReader *reader) {
    if (!reader->fields || reader->at >= reader->end) return false;
    if (!reader->started) {
        reader->started = true;
        reader->occurrence = (Occurrence){.field = (uint8_t)__builtin_ctz(reader->fields)};
    }
    uint32_t value = 0;
    unsigned shift = 0;
    while (*reader->at >= 0x80) {
        value |= (uint32_t)(*reader->at++ & 0x7F) << (shift & 31);
        shift += 7;
        if (reader->at == reader->end) return false;
    }
    uint8_t byte = *reader->at++;
    value |= (uint32_t)(byte & 0x3F) << (shift & 31);
    reader->occurrence.position += value;
    if (byte < 0x40) {
        reader->fields &= (uint8_t)(reader->fields - 1);
        reader->started = false;
    }
    return true;
}

size_t posting_decode(const Posting *posting, uint32_t *ret_documents) {
    size_t count = 0;
    if (posting->kind == POSTING_BITS) {
        uint32_t words = posting->count ? (posting->documents + 63) / 64 : 0;
        for (uint32_t word = 0; word < words; word++) {
            uint64_t left = posting->bits[word];
            for (; left && count < posting->count; left &= left - 1)
                ret_documents[count++] = word * 64 + (uint32_t)__builtin_ctzll(left);
        }
        return count;
    }
    uint32_t unpacked[POSTING_BLOCK];
    for (uint32_t block = 0; block < block_count(posting); block++) {
        uint32_t some = unpack_block(posting, block, unpacked);
        if (!some) break;
        memcpy(ret_documents + count, unpacked, some * sizeof *unpacked);
        count += some;
    }
    return count;
}

void posting_join_bytes(const Posting *posting, uint8_t *bytes) {
    const uint8_t *fields = posting->fields;
    if (!fields) return;
    if (posting->kind == POSTING_BITS) {
        uint32_t count = posting->count, words = count ? (posting->documents + 63) / 64 : 0, at = 0;
        const uint64_t *bits = posting->bits;
        for (uint32_t word = 0; word < words; word++) {
            for (uint64_t left = bits[word]; left && at < count; left &= left - 1)
                bytes[word * 64 + (uint32_t)__builtin_ctzll(left)] |= fields[at++] & FIELDS_ALL;
        }
        return;
    }
    uint32_t unpacked[POSTING_BLOCK];
    for (uint32_t block = 0; block < block_count(posting); block++) {
        uint32_t some = unpack_block(posting, block, unpacked);
        for (uint32_t i = 0; i < some; i++) bytes[unpacked[i]] |= *fields++ & FIELDS_ALL;
        if (!some) break;
    }
}

size_t posting_filter(PostingReader *reader, uint32_t *documents, size_t count) {
    const Posting *posting = &reader->posting;
    size_t kept = 0;
    if (!posting->count) return 0;
    if (posting->kind == POSTING_BITS) {
        for (size_t i = 0; i < count; i++) {
            uint32_t document = documents[i];
            documents[kept] = document;
            kept += has_bit(posting, document);
        }
        return kept;
    }
    for (size_t i = 0; i < count; i++) {
        if (!reach(reader, documents[i])) break;
        if (reader->unpacked[reader->at] == documents[i]) documents[kept++] = documents[i];
    }
    return kept;
}

/* Of a list that is bits: the words before each are counted once. */
COUNTS_BITS static void join_fields_of_bits(PostingReader *reader, const uint32_t *documents,
                                            size_t count, uint8_t *fields) {
    const Posting *posting = &reader->posting;
    const uint64_t *bits = posting->bits;
    for (size_t i = 0; i < count; i++) {
        uint32_t document = documents[i], word = document / 64;
        uint64_t bit = (uint64_t)1 << document % 64;
        if (!(bits[word] & bit)) continue;
        if (word != reader->word) reach_word(reader, document);
        uint32_t ordinal = reader->rank + COUNT_BITS(bits[word] & (bit - 1));
        if (ordinal < posting->count) fields[i] |= posting->fields[ordinal] & FIELDS_ALL;
    }
}

void posting_join_fields(PostingReader *reader, const uint32_t *documents, size_t count,
                         uint8_t *fields) {
    const Posting *posting = &reader->posting;
    if (!posting->fields || !posting->count) return;
    if (posting->kind == POSTING_BITS) {
        join_fields_of_bits(reader, documents, count, fields);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!reach(reader, documents[i])) break;
        if (reader->unpacked[reader->at] != documents[i]) continue;
        uint32_t ordinal = reader->block * POSTING_BLOCK + reader->at;
        fields[i] |= posting->fields[ordinal] & FIELDS_ALL;
    }
}

static void add_points_of_bits(PostingReader *reader, uint32_t from, uint32_t to,
                               const uint32_t *worth, uint32_t *points) {
    const Posting *posting = &reader->posting;
    uint32_t at = rank_of(reader, from), count = posting->count;
    const uint64_t *bits = posting->bits;
    const uint8_t *fields = posting->fields;
    for (uint32_t word = from / 64; word <= (to - 1) / 64; word++) {
        uint64_t left = bits[word];
        if (word == from / 64) left &= UINT64_MAX << from % 64;
        if (word == to / 64) left &= ((uint64_t)1 << to % 64) - 1;
        for (; left && at < count; left &= left - 1) {
            uint32_t document = word * 64 + (uint32_t)__builtin_ctzll(left);
            points[document - from] += worth[fields[at++] & FIELDS_ALL];
        }
    }
}

void posting_add_points(PostingReader *reader, uint32_t from, uint32_t to, const uint32_t *worth,
                        uint32_t *points) {
    const Posting *posting = &reader->posting;
    if (to > posting->documents) to = posting->documents;
    if (from >= to || !posting->fields || !posting->count) return;
    if (posting->kind == POSTING_BITS) {
        add_points_of_bits(reader, from, to, worth, points);
        return;
    }
    while (reach(reader, from)) {
        const uint8_t *fields = posting->fields + reader->block * POSTING_BLOCK;
        uint32_t at = reader->at;
        for (; at < reader->count && reader->unpacked[at] < to; at++)
            points[reader->unpacked[at] - from] += worth[fields[at] & FIELDS_ALL];
        reader->at = at;
        if (at < reader->count) return;
        if (!enter_block(reader, reader->block + 1)) return;
    }
}

void posting_join_bits(PostingReader *reader, uint32_t from, uint32_t to, uint64_t *bits) {
    const Posting *posting = &reader->posting;
    assert(from % 64 == 0);
    if (to > posting->documents) to = posting->documents;
    if (from >= to || !posting->count) return;
    if (posting->kind == POSTING_BITS) {
        const uint64_t *mine = posting->bits + from / 64;
        uint32_t whole = (to - from) / 64;
        for (uint32_t i = 0; i < whole; i++) bits[i] |= mine[i];
        if (to % 64) bits[whole] |= mine[whole] & (((uint64_t)1 << to % 64) - 1);
        return;
    }
    while (reach(reader, from)) {
        uint32_t at = reader->at;
        for (; at < reader->count && reader->unpacked[at] < to; at++) {
            uint32_t bit = reader->unpacked[at] - from;
            bits[bit / 64] |= (uint64_t)1 << bit % 64;
        }
        reader->at = at;
        if (at < reader->count) return;
        if (!enter_block(reader, reader->block + 1)) return;
    }
}
