#include "search/segment_layout.h"

uint64_t segment_word_head(Str word) {
    uint64_t head = 0;
    for (size_t i = 0; i < 8; i++)
        head = head << 8 | (i < word.len ? (unsigned char)word.at[i] : 0);
    return head;
}

/* The next number of 7 bits a byte; false past the end. */
static inline bool read_number(const uint8_t **at, const uint8_t *end, uint64_t *ret_number) {
    uint64_t number = 0;
    for (unsigned shift = 0; *at < end && shift < 63; shift += 7) {
        uint8_t byte = *(*at)++;
        number |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *ret_number = number;
            return true;
        }
    }
    return false;
}

static uint64_t list_start(uint64_t end_before, uint64_t len) {
    if (len <= SEGMENT_LIST_UNALIGNED_MAX) return end_before;
    return (end_before + SEGMENT_LIST_ALIGN - 1) / SEGMENT_LIST_ALIGN * SEGMENT_LIST_ALIGN;
}

static const uint8_t *block_end(const Segment *segment, uint32_t block) {
    return segment->words + (block + 1 < segment->block_count ? segment->block_starts[block + 1]
                                                              : segment->words_len);
}

static void enter_block(SegmentWords *words, uint32_t block) {
    const Segment *segment = words->segment;
    words->at = segment->words + segment->block_starts[block];
    words->end = block_end(segment, block);
    words->list_at = segment->block_lists[block];
    words->number = block * SEGMENT_BLOCK_WORDS;
    words->word = (Str){words->letters, 0};
}

/* One word on, whatever the prefix; false at the end, or where the bytes make no sense: they do
 * when the segment was opened. */
static inline bool step(SegmentWords *words) {
    const Segment *segment = words->segment;
    if (words->number >= segment->word_count) return false;
    if (words->number % SEGMENT_BLOCK_WORDS == 0)
        enter_block(words, words->number / SEGMENT_BLOCK_WORDS);
    if (words->end - words->at < 2) return false;
    size_t shared = *words->at++, own = *words->at++;
    if (shared > words->word.len || shared + own > SEGMENT_WORD_BYTES_MAX) return false;
    if ((size_t)(words->end - words->at) < own) return false;
    memcpy(words->letters + shared, words->at, own);
    words->at += own;
    words->word.len = shared + own;
    uint64_t len;
    if (!read_number(&words->at, words->end, &len)) return false;
    uint64_t start = list_start(words->list_at, len);
    if (start > segment->lists_len || len > segment->lists_len - start) return false;
    words->list = str_from_bytes(segment->lists + start, len);
    words->list_at = start + len;
    words->number++;
    return true;
}

/* Every word stands after the one before, so that a search by halves finds it; every list lies
 * within the lists, and each block begins where the one before ended. */
bool segment_check_words(const Segment *segment) {
    char before[SEGMENT_WORD_BYTES_MAX];
    size_t before_len = 0;
    SegmentWords words = {.segment = segment};
    uint64_t lists_end = 0;
    uint32_t start = 0;
    if (segment->words_len > UINT32_MAX || segment->lists_len > INT64_MAX) return false;
    for (uint32_t i = 0; i < segment->word_count; i++) {
        if (i % SEGMENT_BLOCK_WORDS == 0) {
            uint32_t block = i / SEGMENT_BLOCK_WORDS;
            if (segment->block_starts[block] != start) return false;
            if (segment->block_lists[block] != lists_end) return false;
            if (block + 1 < segment->block_count &&
                (segment->block_starts[block + 1] < start ||
                 segment->block_starts[block + 1] > segment->words_len))
                return false;
        }
        if (!step(&words)) return false;
        if (i && str_compare((Str){before, before_len}, words.word) >= 0) return false;
        if (i % SEGMENT_BLOCK_WORDS == 0 &&
            segment->block_heads[i / SEGMENT_BLOCK_WORDS] != segment_word_head(words.word))
            return false;
        before_len = words.word.len;
        memcpy(before, words.letters, before_len);
        lists_end = words.list_at;
        start = (uint32_t)(words.at - segment->words);
    }
    return start == segment->words_len && lists_end == segment->lists_len;
}

static Str first_word(const Segment *segment, uint32_t block) {
    const uint8_t *at = segment->words + segment->block_starts[block];
    return str_from_bytes(at + 2, at[1]); /* shares nothing with the block before */
}

/* The last block whose first word is not after `word`; 0 where all are. */
static uint32_t find_block(const Segment *segment, Str word) {
    uint64_t head = segment_word_head(word);
    uint32_t low = 0, high = segment->block_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint64_t there = segment->block_heads[middle];
        bool after =
            there != head ? there > head : str_compare(first_word(segment, middle), word) > 0;
        if (after)
            high = middle;
        else
            low = middle + 1;
    }
    return low ? low - 1 : 0;
}

Str segment_find(const Segment *segment, Str word) {
    if (segment->word_count == 0) return (Str){0};
    SegmentWords words = {.segment = segment};
    words.number = find_block(segment, word) * SEGMENT_BLOCK_WORDS;
    for (uint32_t i = 0; i < SEGMENT_BLOCK_WORDS && step(&words); i++) {
        int order = str_compare(words.word, word);
        if (order == 0) return words.list;
        if (order > 0) break;
    }
    return (Str){0};
}

void segment_words(const Segment *segment, Str prefix, SegmentWords *ret_words) {
    ret_words->segment = segment;
    ret_words->number = 0;
    ret_words->prefix_len = 0;
    ret_words->word = ret_words->list = (Str){0};
    if (prefix.len > SEGMENT_WORD_BYTES_MAX) ret_words->number = segment->word_count;
    if (prefix.len == 0 || prefix.len > SEGMENT_WORD_BYTES_MAX || segment->word_count == 0) return;
    ret_words->prefix_len = (uint8_t)prefix.len;
    memcpy(ret_words->prefix, prefix.at, prefix.len);
    ret_words->number = find_block(segment, prefix) * SEGMENT_BLOCK_WORDS;
}

bool segment_next_word(SegmentWords *words) {
    Str prefix = {words->prefix, words->prefix_len};
    while (step(words)) {
        if (words->word.len && (unsigned char)words->word.at[0] == PREFIX_LIST_MARK) break;
        if (prefix.len == 0) return true;
        if (str_starts(words->word, prefix)) return true;
        if (str_compare(words->word, prefix) > 0) break;
    }
    words->number = words->segment->word_count;
    return false;
}

uint32_t segment_word_count(const Segment *segment) {
    static const char mark = (char)PREFIX_LIST_MARK;
    if (segment->word_count == 0) return 0;
    SegmentWords words = {.segment = segment};
    words.number = find_block(segment, (Str){&mark, 1}) * SEGMENT_BLOCK_WORDS;
    while (step(&words)) {
        if (words.word.len && words.word.at[0] == mark) return words.number - 1;
    }
    return segment->word_count;
}
