/* search_rivals FOLDER CONNECTION [works] [questions]: the same works and the same questions for
 * our index, for SQLite FTS5 and for PostgreSQL (at CONNECTION, an empty database); what each takes
 * and how many times as long as ours. One thread, everything in memory that can be; 50 works in
 * order, the exact total and works by category each time. search_rivals_bench.py starts the
 * cluster. */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "catalogue.h"
#include "search_rival.h"

enum { WORKS = 300000, QUESTIONS = 60, OURS_TIMES = 5, BATCH = 10000, WORDS_MAX = 3, RIVALS = 3 };

typedef struct {
    const char *name;
    unsigned language;
    uint32_t rank, ranks; /* words are drawn from these */
    size_t words;
    bool phrase, accent;
    size_t prefix; /* letters, 0: whole words */
    SearchSort sort;
    bool filtered;
} Kind;

enum { ENGLISH, ANY_ACCENTED = 1 };

static const Kind kinds[] = {
    {"two rare words", ENGLISH, 3000, 9000, 2, .sort = SEARCH_BY_RELEVANCE},
    {"a common word, by seeders", ENGLISH, 0, 10, 1, .sort = SEARCH_BY_SEEDERS},
    {"three common words", ENGLISH, 0, 40, 3, .sort = SEARCH_BY_RELEVANCE},
    {"the same, newest, category and size", ENGLISH, 0, 40, 3, .sort = SEARCH_BY_NEWEST,
     .filtered = true},
    {"phrase", ENGLISH, 0, 60, 2, .phrase = true, .sort = SEARCH_BY_RELEVANCE},
    {"a word with accents", ANY_ACCENTED, 100, 4000, 1, .accent = true,
     .sort = SEARCH_BY_RELEVANCE},
    {"prefix of 2 letters", ENGLISH, 0, 4000, 1, .prefix = 2, .sort = SEARCH_BY_SEEDERS},
    {"prefix of 4 letters", ENGLISH, 0, 4000, 1, .prefix = 4, .sort = SEARCH_BY_SEEDERS},
    {"newest of a category", ENGLISH, 0, 1, 0, .sort = SEARCH_BY_NEWEST, .filtered = true},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

typedef struct {
    Catalogue catalogue;
    uint64_t works, questions;
    Search *search;
    Rival *rivals[RIVALS];
    Arena words; /* of the questions */
} Contest;

static int64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static double seconds_since(int64_t start) { return (double)(clock_ns() - start) / 1e9; }

/* The rivals' own cutting of words is not at stake: letters only. */
static bool is_plain(Str word, bool accent) {
    bool ascii = true;
    for (size_t i = 0; i < word.len; i++) {
        unsigned char byte = (unsigned char)word.at[i];
        if (byte >= 0x80)
            ascii = false;
        else if (byte < 'a' || byte > 'z')
            return false;
    }
    return word.len > 2 && ascii != accent;
}

static RivalAsk draw_ask(Contest *contest, const Kind *kind, uint64_t number) {
    CatalogueChance chance = catalogue_chance(CATALOGUE_SEED + (uint64_t)(kind - kinds), number);
    RivalAsk ask = {.words = arena_new(&contest->words, Str, WORDS_MAX),
                    .count = kind->words,
                    .phrase = kind->phrase,
                    .prefix = kind->prefix > 0,
                    .sort = kind->sort,
                    .category = kind->filtered ? 1 + (int)catalogue_below(&chance, 6) : SEARCH_ANY,
                    .min_size = kind->filtered && kind->words ? 50 * 1000 * 1000 : 0};
    for (size_t i = 0; i < kind->words;) {
        uint32_t rank = kind->rank + catalogue_below(&chance, kind->ranks);
        Str word = catalogue_word(contest->catalogue.words, kind->language, rank);
        if (!is_plain(word, kind->accent)) continue;
        ((Str *)ask.words)[i++] = kind->prefix ? str_part(word, 0, kind->prefix) : word;
    }
    return ask;
}

static Str text_of(const RivalAsk *ask, Arena *arena) {
    Text text = text_create(arena, 1 << 12);
    if (ask->phrase) text_add_byte(&text, '"');
    for (size_t i = 0; i < ask->count; i++)
        text_print(&text, "%s%.*s", i ? " " : "", STR_PRINTF(ask->words[i]));
    if (ask->phrase) text_add_byte(&text, '"');
    if (ask->prefix) text_add_byte(&text, '*');
    return text_str(&text);
}

static size_t find_ours(Contest *contest, const RivalAsk *rival, int64_t *ret_ns) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    SearchAsk ask = {.text = text_of(rival, &arena),
                     .category = rival->category,
                     .min_size = rival->min_size,
                     .sort = rival->sort,
                     .limit = RIVAL_PAGE,
                     .facets = true};
    SearchResult result;
    int64_t start = clock_ns();
    if (failed(search_find(contest->search, &ask, &arena, &result))) abort();
    *ret_ns = clock_ns() - start;
    arena_free(&arena);
    return result.total;
}

static int compare_ns(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

typedef struct {
    double p50_ms, p99_ms, found;
} Times;

static Times times_of(int64_t *spans_ns, size_t count, size_t total) {
    qsort(spans_ns, count, sizeof *spans_ns, compare_ns);
    return (Times){(double)spans_ns[count / 2] / 1e6, (double)spans_ns[count * 99 / 100] / 1e6,
                   (double)total / (double)count};
}

/* rival NULL: ours, asked a few times as many questions since they cost so little. */
static Times measure(Contest *contest, Rival *rival, const Kind *kind) {
    size_t count = contest->questions * (rival ? 1 : OURS_TIMES), total = 0;
    int64_t *spans_ns = calloc(count, sizeof *spans_ns);
    for (size_t i = 0; i < count; i++) {
        RivalAsk ask = draw_ask(contest, kind, i);
        if (rival) {
            int64_t start = clock_ns();
            total += rival_find(rival, &ask).total;
            spans_ns[i] = clock_ns() - start;
        } else {
            total += find_ours(contest, &ask, &spans_ns[i]);
        }
        arena_reset(&contest->words);
    }
    Times times = times_of(spans_ns, count, total);
    free(spans_ns);
    return times;
}

static void fill_ours(Contest *contest) {
    CatalogueWork *works = calloc(BATCH, sizeof *works);
    SearchWork *batch = calloc(BATCH, sizeof *batch);
    int64_t start = clock_ns();
    for (uint64_t at = 0; at < contest->works; at += BATCH) {
        size_t count = contest->works - at < BATCH ? contest->works - at : BATCH;
        for (size_t i = 0; i < count; i++) {
            catalogue_work(&contest->catalogue, at + i, &works[i]);
            batch[i] = catalogue_search_work(&works[i]);
        }
        search_put_many(contest->search, batch, count);
    }
    printf("%-26s %8.1f s to build\n", "ours", seconds_since(start));
    free(works);
    free(batch);
}

static void fill_rival(Contest *contest, Rival *rival) {
    CatalogueWork work;
    int64_t start = clock_ns();
    for (uint64_t i = 0; i < contest->works; i++) {
        catalogue_work(&contest->catalogue, i, &work);
        SearchWork plain = catalogue_search_work(&work);
        rival_add(rival, &plain);
    }
    rival_finish(rival);
    printf("%-26s %8.1f s to build\n", rival_name(rival), seconds_since(start));
    fflush(stdout);
}

static void compare(Contest *contest) {
    printf("\n%-37s %-26s %10s %10s %8s %8s %10s\n", "question", "engine", "p50 ms", "p99 ms",
           "x p50", "x p99", "found");
    for (const Kind *kind = kinds; kind < kinds + KINDS; kind++) {
        Times ours = measure(contest, NULL, kind);
        printf("%-37s %-26s %10.3f %10.3f %8s %8s %10.1f\n", kind->name, "ours", ours.p50_ms,
               ours.p99_ms, "", "", ours.found);
        for (int i = 0; i < RIVALS; i++) {
            Times theirs = measure(contest, contest->rivals[i], kind);
            printf("%-37s %-26s %10.3f %10.3f %8.1f %8.1f %10.1f\n", "",
                   rival_name(contest->rivals[i]), theirs.p50_ms, theirs.p99_ms,
                   theirs.p50_ms / ours.p50_ms, theirs.p99_ms / ours.p99_ms, theirs.found);
        }
        fflush(stdout);
    }
}

int main(int argc, char **argv) {
    Contest contest = {.works = WORKS, .questions = QUESTIONS};
    if (argc < 3 || (argc > 3 && !str_to_u64(str_from_c(argv[3]), &contest.works)) ||
        (argc > 4 && !str_to_u64(str_from_c(argv[4]), &contest.questions)) || !contest.questions) {
        fprintf(stderr, "usage: search_rivals FOLDER CONNECTION [works] [questions]\n");
        return 2;
    }
    contest.words = arena_create(REQUEST_ARENA_BYTES_MAX);
    contest.catalogue = catalogue_create(CATALOGUE_SEED, contest.works);
    contest.search = search_create();
    Str path = arena_print(&contest.words, "%s/fts5.db", argv[1]);
    const char *file = str_c(&contest.words, path);
    contest.rivals[0] = rival_sqlite_create(file, false);
    contest.rivals[1] = rival_postgres_create(argv[2]);
    fill_ours(&contest);
    fill_rival(&contest, contest.rivals[0]);
    fill_rival(&contest, contest.rivals[1]);
    contest.rivals[2] = rival_sqlite_create(file, true);
    for (int i = 0; i < RIVALS; i++) rival_open(contest.rivals[i]);
    compare(&contest);
    for (int i = 0; i < RIVALS; i++) rival_free(contest.rivals[i]);
    search_free(contest.search);
    catalogue_free(&contest.catalogue);
    arena_free(&contest.words);
    return 0;
}
