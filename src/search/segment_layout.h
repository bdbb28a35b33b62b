/* segment_layout.h — how the bytes of a segment stand; for segment*.c and merge.c only.
 * A head of one KiB names every section: where, how long, its checksum. Numbers are
 * little-endian. Each section begins at a multiple of 64, arrays stand as the machine reads them.
 * Words stand sorted in blocks of 16; each word leaves out what it shares with the one before:
 * shared length, own length, own letters, length of its list (7 bits a byte, low first). Lists
 * stand in the order of their words; one of more than 32 bytes begins at a multiple of 8. */
#pragma once
#include "search/segment.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "segments are mapped as they are");

typedef enum {
    SECTION_LISTS, /* first, because it is streamed */
    SECTION_IDS,
    SECTION_SIZES,
    SECTION_PUBLISHED,
    SECTION_FILES,
    SECTION_CLASSES,
    SECTION_BY_SIZE,
    SECTION_BY_ID,
    SECTION_LICENSES,
    SECTION_LANGUAGES,
    SECTION_CATEGORIES,
    SECTION_MAY,
    SECTION_CLASS_ROWS,
    SECTION_LICENSE_NAMES, /* ends as u32, one more than there are names; then the letters */
    SECTION_LANGUAGE_NAMES,
    SECTION_KEYS,
    SECTION_KEY_DOCUMENTS,
    SECTION_WORDS,
    SECTION_BLOCK_HEADS, /* first 8 letters of the first word, big-endian, so that they compare */
    SECTION_BLOCK_STARTS,
    SECTION_BLOCK_LISTS,
    SECTION_COUNT,
} SectionKind;

enum {
    SEGMENT_VERSION = 1,
    SEGMENT_HEAD_BYTES = 1024,
    SEGMENT_ALIGN = 64,
    SEGMENT_BLOCK_WORDS = 16,
    SEGMENT_LIST_UNALIGNED_MAX = 32,
    SEGMENT_LIST_ALIGN = 8,
};

typedef struct {
    uint64_t offset, len, checksum;
} SegmentSection;

typedef struct {
    char magic[8]; /* "essaimSG" */
    uint32_t version, section_count, documents, words;
    uint64_t mark; /* drawn by lot: names the file of counts that belongs to it */
    SegmentSection sections[SECTION_COUNT];
    uint64_t checksum; /* of all before */
} SegmentHead;
_Static_assert(sizeof(SegmentHead) <= SEGMENT_HEAD_BYTES, "the head has its room");

/* Against rot and torn writes, not against people: whoever may write there may write anything. */
typedef struct {
    uint64_t lanes[4];
    uint64_t len;
    uint8_t rest[32];
} Checksum;
Checksum checksum_create(void);
void checksum_add(Checksum *checksum, const void *bytes, size_t len);
uint64_t checksum_finish(const Checksum *checksum);
uint64_t checksum_of(const void *bytes, size_t len);

/* Counts as they are shared with the disk, or on the heap. Those of another magic are read from the
 * catalogue again. */
#define COUNTS_MAGIC "essaimC2"
typedef struct {
    char magic[8];
    uint64_t mark; /* of the segment */
    uint64_t documents;
    uint8_t spare[40];
} CountsHead;
_Static_assert(sizeof(CountsHead) == SEGMENT_ALIGN, "counts stay aligned");
size_t segment_counts_bytes(uint32_t documents);

typedef struct {
    const uint32_t *ends;
    const char *letters;
} SegmentNames;

struct Segment {
    atomic_size_t holders;
    const uint8_t *bytes;
    size_t len;
    bool is_mapped, counts_are_mapped;
    const SegmentHead *head;
    Columns columns;
    SegmentNames licenses, languages;
    const uint64_t *keys;
    const uint32_t *key_documents;
    size_t key_count;
    const uint8_t *words;
    size_t words_len;
    const uint64_t *block_heads, *block_lists;
    const uint32_t *block_starts;
    uint32_t block_count, word_count;
    const uint8_t *lists;
    size_t lists_len;
    uint8_t *counts; /* a CountsHead and what follows it */
    size_t counts_len;
    uint64_t number; /* of its file; 0: in memory only */
};

/* The bytes become the segment's own: unmapped or freed with it. NULL, and they stay the caller's,
 * where anything in them is not as it must be. Lists are not looked at: that is
 * segment_check_lists, which reads all of them. Counts are zero, on the heap. */
Segment *segment_open(const uint8_t *bytes, size_t len, bool is_mapped);
bool segment_check_lists(const Segment *segment);
const void *segment_section(const Segment *segment, SectionKind kind, size_t *ret_len);
/* Replaces the counts by these, mapped or on the heap; before anybody else knows of the segment. */
void segment_set_counts(Segment *segment, uint8_t *counts, bool is_mapped);

uint64_t segment_word_head(Str word);
bool segment_check_words(const Segment *segment); /* all of them, in order, within their bounds */
