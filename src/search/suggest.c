#include "search/suggest.h"

#include "search/posting.h"
#include "search/spelling.h"

enum {
    VISITED_MAX = 100000,         /* words looked at for completions */
    VISITED_NEAR_MAX = 400000,    /* for neighbours: most are passed by at a glance */
    KEPT = 4 * SUGGEST_WORDS_MAX, /* while several segments are put together */
    NEAR_BYTES_MIN = 3,
    FAR_BYTES_MIN = 6, /* words so long may be two letters off */
    LETTERS_MAX = 64,
};

typedef struct {
    Str word;
    uint64_t weight; /* bytes of its lists: known without reading them */
    unsigned distance;
} Candidate;

/* The best of those offered, in order. Words are kept in place, however many come and go. */
typedef struct {
    Candidate at[KEPT];
    size_t count;
    char letters[KEPT][SEGMENT_WORD_BYTES_MAX];
} Candidates;

static bool is_better(const Candidate *a, const Candidate *b) {
    if (a->distance != b->distance) return a->distance < b->distance;
    if (a->weight != b->weight) return a->weight > b->weight;
    return str_compare(a->word, b->word) < 0;
}

static void sort_last(Candidates *candidates) {
    for (size_t i = candidates->count - 1; i > 0; i--) {
        if (!is_better(&candidates->at[i], &candidates->at[i - 1])) return;
        Candidate swapped = candidates->at[i];
        candidates->at[i] = candidates->at[i - 1];
        candidates->at[i - 1] = swapped;
    }
}

/* A word of an earlier segment gets its weight added. */
static void offer(Candidates *candidates, Candidate offered) {
    for (size_t i = 0; i < candidates->count; i++) {
        if (!str_equal(candidates->at[i].word, offered.word)) continue;
        candidates->at[i].weight += offered.weight;
        for (; i > 0 && is_better(&candidates->at[i], &candidates->at[i - 1]); i--) {
            Candidate swapped = candidates->at[i];
            candidates->at[i] = candidates->at[i - 1];
            candidates->at[i - 1] = swapped;
        }
        return;
    }
    bool full = candidates->count == KEPT;
    if (full && !is_better(&offered, &candidates->at[KEPT - 1])) return;
    char *letters = full ? (char *)(uintptr_t)candidates->at[KEPT - 1].word.at
                         : candidates->letters[candidates->count];
    if (!full) candidates->count++;
    memcpy(letters, offered.word.at, offered.word.len);
    offered.word.at = letters;
    candidates->at[candidates->count - 1] = offered;
    sort_last(candidates);
}

uint64_t suggest_count(const View *view, Str word) {
    uint64_t works = 0;
    for (size_t i = 0; i < view->count; i++) {
        const Segment *segment = view->parts[i].segment;
        works += posting_open(segment_find(segment, word), segment_count(segment)).count;
    }
    return works;
}

static size_t write_words(const View *view, const Candidates *candidates, Arena *arena,
                          SuggestWord ret_words[SUGGEST_WORDS_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < candidates->count && count < SUGGEST_WORDS_MAX; i++) {
        Str word = arena_copy(arena, candidates->at[i].word);
        ret_words[count++] = (SuggestWord){word, suggest_count(view, word)};
    }
    return count;
}

/* The parts of a view, the largest first. */
static size_t order_parts(const View *view, const ViewPart **ret_parts, size_t room) {
    size_t count = 0;
    for (size_t i = 0; i < view->count && count < room; i++) {
        size_t at = count++;
        for (; at > 0; at--) {
            if (segment_count(ret_parts[at - 1]->segment) >= segment_count(view->parts[i].segment))
                break;
            ret_parts[at] = ret_parts[at - 1];
        }
        ret_parts[at] = &view->parts[i];
    }
    return count;
}

enum { PARTS_MAX = 512 }; /* there are so many only while merges are behind */

/* "ubuntu24", which token.h makes of two pieces that touch: nobody would write it so. */
static bool is_joined(Str word) {
    bool digits = false, letters = false;
    for (size_t i = 0; i < word.len; i++) {
        bool digit = word.at[i] >= '0' && word.at[i] <= '9';
        digits |= digit;
        letters |= !digit;
    }
    return digits && letters;
}

size_t suggest_completions(const View *view, Str begun, Arena *arena,
                           SuggestWord ret_words[SUGGEST_WORDS_MAX]) {
    const ViewPart *parts[PARTS_MAX];
    size_t count = order_parts(view, parts, PARTS_MAX), visited = 0;
    Candidates *candidates = arena_new(arena, Candidates, 1);
    if (!begun.len) return 0;
    for (size_t i = 0; i < count && visited < VISITED_MAX; i++) {
        SegmentWords words;
        segment_words(parts[i]->segment, begun, &words);
        while (visited++ < VISITED_MAX && segment_next_word(&words))
            if (!is_joined(words.word))
                offer(candidates, (Candidate){words.word, words.list.len, 0});
    }
    return write_words(view, candidates, arena, ret_words);
}

/* The distance from one word to every word of a dictionary, in its order: what a word shares with
 * the one before it is not compared again. Letters are bytes here; what passes is measured anew. */
typedef struct {
    Str wanted;
    unsigned letters, max; /* that may differ, and bytes */
    size_t visited;
    uint8_t rows[LETTERS_MAX + 1][LETTERS_MAX + 1];
    char before[LETTERS_MAX];
    size_t before_len;
    size_t dead; /* no word that shares so many bytes with `before` is near; 0: not known */
} Walker;

static size_t shared_len(const Walker *walker, Str word) {
    size_t most = word.len < walker->before_len ? word.len : walker->before_len, len = 0;
    while (len < most && word.at[len] == walker->before[len]) len++;
    return len;
}

static unsigned least_of(unsigned a, unsigned b) { return a < b ? a : b; }

/* The row of one more letter; returns the least of it. */
static unsigned add_letter(Walker *walker, Str word, size_t i) {
    uint8_t *row = walker->rows[i + 1], *above = walker->rows[i];
    unsigned best = row[0] = (uint8_t)(i + 1);
    for (size_t j = 1; j <= walker->wanted.len; j++) {
        unsigned changed = above[j - 1] + (word.at[i] != walker->wanted.at[j - 1]);
        unsigned value = least_of(changed, least_of(above[j], row[j - 1]) + 1u);
        bool swapped = i > 0 && j > 1 && word.at[i] == walker->wanted.at[j - 2] &&
                       word.at[i - 1] == walker->wanted.at[j - 1];
        if (swapped) value = least_of(value, walker->rows[i - 1][j - 2] + 1u);
        row[j] = (uint8_t)value;
        best = least_of(best, value);
    }
    return best;
}

static bool is_near(Walker *walker, Str word) {
    if (word.len > LETTERS_MAX) return false;
    size_t shared = shared_len(walker, word);
    bool known_far = walker->dead && shared >= walker->dead;
    if (known_far) return false;
    memcpy(walker->before, word.at, word.len);
    walker->before_len = word.len;
    walker->dead = 0;
    for (size_t i = shared; i < word.len; i++) {
        /* Two rows in a row, since a swap looks back two. */
        unsigned best = add_letter(walker, word, i);
        if (best <= walker->max) continue;
        walker->dead = i + 1;
        walker->before_len = i + 1;
        return false;
    }
    return walker->rows[word.len][walker->wanted.len] <= walker->max;
}

static void walk(Walker *walker, const Segment *segment, Str prefix, Candidates *candidates) {
    SegmentWords words;
    segment_words(segment, prefix, &words);
    walker->before_len = walker->dead = 0;
    while (walker->visited++ < VISITED_NEAR_MAX && segment_next_word(&words)) {
        bool is_mark = (unsigned char)words.word.at[0] < ' ';
        if (is_mark || !is_near(walker, words.word) || is_joined(words.word)) continue;
        unsigned distance = spelling_distance(walker->wanted, words.word, walker->letters);
        if (distance == 0 || distance > walker->letters) continue;
        offer(candidates, (Candidate){words.word, words.list.len, distance});
    }
}

static size_t first_letter_len(Str word) {
    size_t len = 1;
    while (len < word.len && ((unsigned char)word.at[len] & 0xC0) == 0x80) len++;
    return len;
}

size_t suggest_neighbours(const View *view, Str word, Arena *arena,
                          SuggestWord ret_words[SUGGEST_WORDS_MAX]) {
    if (word.len < NEAR_BYTES_MIN || word.len > LETTERS_MAX) return 0;
    unsigned max = word.len < FAR_BYTES_MIN ? 1 : 2;
    bool is_ascii = true;
    for (size_t i = 0; i < word.len; i++) is_ascii &= (unsigned char)word.at[i] < 0x80;
    Walker *walker = arena_new(arena, Walker, 1);
    walker->wanted = word;
    walker->letters = max;
    walker->max = is_ascii ? max : 2 * max;
    for (size_t j = 0; j <= word.len; j++) walker->rows[0][j] = (uint8_t)j;
    const ViewPart *parts[PARTS_MAX];
    size_t count = order_parts(view, parts, PARTS_MAX);
    Candidates *candidates = arena_new(arena, Candidates, 1);
    /* Most mistakes leave the first letter as it is, and its words are few. */
    Str first = str_part(word, 0, first_letter_len(word));
    for (size_t i = 0; i < count; i++) walk(walker, parts[i]->segment, first, candidates);
    for (size_t i = 0; i < count && !candidates->count; i++)
        walk(walker, parts[i]->segment, (Str){0}, candidates);
    return write_words(view, candidates, arena, ret_words);
}

bool suggest_cut(const View *view, Str word, size_t *ret_at) {
    enum { PIECE_BYTES_MIN = 2 };
    uint64_t best = 0;
    for (size_t at = PIECE_BYTES_MIN; at + PIECE_BYTES_MIN <= word.len && word.len <= LETTERS_MAX;
         at++) {
        if (((unsigned char)word.at[at] & 0xC0) == 0x80) continue;
        uint64_t first = suggest_count(view, str_part(word, 0, at));
        uint64_t rest = first ? suggest_count(view, str_skip(word, at)) : 0;
        uint64_t both = first < rest ? first : rest;
        if (both <= best) continue;
        best = both;
        *ret_at = at;
    }
    return best > 0;
}
