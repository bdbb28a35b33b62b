/* search_bench [works [folder]]: how long each kind of question takes on the catalogue of
 * catalogue.h, of three million works if nothing else is said. One thread; 50 hits, the exact
 * total, all facets. Then what the index takes, how long it takes to open, and counts that change.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "catalogue.h"
#include "search/search.h"

enum {
    WORKS = 3000000,
    BATCH = 10000,
    QUESTIONS = 300,
    QUESTIONS_DEEP = 6,
    PAGES = 100,
    COUNTS = 100000,
    LETTER = 3,
    BEGUN = 2, /* letters of each B of a template */
};

typedef enum {
    FROM_RANKS,   /* words of English by rank: each W of the template */
    FROM_ACCENTS, /* the same of a language with accents */
    FROM_LETTERS, /* `size` letters in a row out of a title without spaces */
    FROM_TEXT,    /* `size` words in a row out of a description */
    FROM_FILE,    /* the name of a file */
} Source;

typedef enum { FILTER_NONE, FILTER_CATEGORY, FILTER_CATEGORY_SIZE, FILTER_FACETS } Filter;

typedef struct {
    const char *name;
    Source source;
    uint32_t from, span; /* ranks */
    const char *template;
    SearchSort sort;
    Filter filter;
    size_t size; /* letters kept of each word, or taken; 0: all */
    bool is_deep;
} Kind;

static const Kind kinds[] = {
    {"two rare words", FROM_RANKS, 3000, 9000, "W W", SEARCH_BY_RELEVANCE, 0, 0, 0},
    {"a common word, by seeders", FROM_RANKS, 0, 10, "W", SEARCH_BY_SEEDERS, 0, 0, 0},
    {"a common word, by relevance", FROM_RANKS, 0, 10, "W", SEARCH_BY_RELEVANCE, 0, 0, 0},
    {"three common words", FROM_RANKS, 0, 40, "W W W", SEARCH_BY_RELEVANCE, 0, 0, 0},
    {"same, newest, category and size", FROM_RANKS, 0, 40, "W W W", SEARCH_BY_NEWEST,
     FILTER_CATEGORY_SIZE, 0, 0},
    {"phrase of common words", FROM_RANKS, 0, 60, "\"W W\"", SEARCH_BY_RELEVANCE, 0, 0, 0},
    {"phrase out of a text", FROM_TEXT, 0, 0, "\"T\"", SEARCH_BY_RELEVANCE, 0, 3, 0},
    {"a word with accents", FROM_ACCENTS, 100, 4000, "W", SEARCH_BY_RELEVANCE, 0, 0, 0},
    {"two letters of Chinese", FROM_LETTERS, 0, 0, "T", SEARCH_BY_RELEVANCE, 0, 2, 0},
    {"four letters of Chinese", FROM_LETTERS, 0, 0, "T", SEARCH_BY_RELEVANCE, 0, 4, 0},
    {"prefix of 1 letter", FROM_RANKS, 0, 4000, "W*", SEARCH_BY_RELEVANCE, 0, 1, 0},
    {"prefix of 2 letters", FROM_RANKS, 0, 4000, "W*", SEARCH_BY_RELEVANCE, 0, 2, 0},
    {"prefix of 4 letters", FROM_RANKS, 0, 4000, "W*", SEARCH_BY_RELEVANCE, 0, 4, 0},
    {"a word and 2 letters", FROM_RANKS, 40, 4000, "W B*", SEARCH_BY_RELEVANCE, 0, 0, 0},
    {"phrase, a common word, 2 letters", FROM_RANKS, 0, 60, "\"W B*\"", SEARCH_BY_RELEVANCE, 0, 0,
     0},
    {"a file name", FROM_FILE, 0, 0, "T", SEARCH_BY_RELEVANCE, 0, 0, 0},
    {"twelve words", FROM_TEXT, 0, 0, "T", SEARCH_BY_RELEVANCE, 0, 12, 0},
    {"a word without another", FROM_RANKS, 0, 40, "W -W", SEARCH_BY_RELEVANCE, 0, 0, 0},
    {"either of three", FROM_RANKS, 0, 200, "W or W or W", SEARCH_BY_RELEVANCE, 0, 0, 0},
    {"health and year", FROM_RANKS, 0, 40, "W", SEARCH_BY_RELEVANCE, FILTER_FACETS, 0, 0},
    {"newest of a category", FROM_RANKS, 0, 1, "", SEARCH_BY_NEWEST, FILTER_CATEGORY, 0, 0},
    {"same, page 100", FROM_RANKS, 0, 1, "", SEARCH_BY_NEWEST, FILTER_CATEGORY, 0, true},
    {"everything, newest", FROM_RANKS, 0, 1, "", SEARCH_BY_NEWEST, 0, 0, 0},
    {"everything, by seeders", FROM_RANKS, 0, 1, "", SEARCH_BY_SEEDERS, 0, 0, 0},
    {"everything, by size", FROM_RANKS, 0, 1, "", SEARCH_BY_SIZE, 0, 0, 0},
    {"everything, by completions", FROM_RANKS, 0, 1, "", SEARCH_BY_COMPLETED, 0, 0, 0},
    {"everything, by need", FROM_RANKS, 0, 1, "", SEARCH_BY_NEED, 0, 0, 0},
    {"by size and seeders alone", FROM_RANKS, 0, 1, "size:>1GB seeds:>3", SEARCH_BY_SIZE, 0, 0, 0},
};

typedef struct {
    Catalogue catalogue;
    CatalogueWork work;
    CatalogueChance chance;
    unsigned accented; /* language */
} Drawer;

static int64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static double seconds_since(int64_t start) { return (double)(clock_ns() - start) / 1e9; }

static bool is_ascii(Str s) {
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.at[i] >= 0x80) return false;
    }
    return true;
}

static Str draw_word(Drawer *drawer, const Kind *kind) {
    bool accents = kind->source == FROM_ACCENTS;
    for (;;) {
        uint32_t rank = kind->from + catalogue_below(&drawer->chance, kind->span);
        Str word = catalogue_word(drawer->catalogue.words, accents ? drawer->accented : 0, rank);
        if (is_ascii(word) != accents) return kind->size ? str_part(word, 0, kind->size) : word;
    }
}

/* Letters of three bytes in a row: Chinese, Japanese, Korean. */
static Str find_letters(Str text, size_t count) {
    size_t run = 0;
    for (size_t at = 0; at < text.len;) {
        bool long_letter = ((unsigned char)text.at[at] & 0xF0) == 0xE0;
        run = long_letter && (unsigned char)text.at[at] >= 0xE3 ? run + 1 : 0;
        at += long_letter ? LETTER : 1;
        if (run == count) return str_part(text, at - count * LETTER, at);
    }
    return (Str){0};
}

static Str find_words(Str text, size_t count) {
    Str left = text;
    for (size_t taken = 0; left.len;) {
        Str word = str_cut(&left, ' ');
        if (str_find_byte(word, '"') != STR_NONE) return (Str){0};
        taken += word.len > 0;
        if (taken == count) return str_part(text, 0, text.len - left.len);
    }
    return (Str){0};
}

static Str draw_taken(Drawer *drawer, const Kind *kind) {
    for (;;) {
        uint64_t number = catalogue_draw(&drawer->chance) % drawer->catalogue.works;
        catalogue_work(&drawer->catalogue, number, &drawer->work);
        const CatalogueWork *work = &drawer->work;
        Str taken = kind->source == FROM_LETTERS ? find_letters(work->title, kind->size)
                    : kind->source == FROM_TEXT  ? find_words(work->description, kind->size)
                                                 : work->paths[0];
        if (taken.len) return taken;
    }
}

static Str draw_question(Drawer *drawer, const Kind *kind, Arena *arena) {
    Text text = text_create(arena, 1 << 12);
    for (const char *at = kind->template; *at; at++) {
        if (*at == 'W') {
            text_add(&text, draw_word(drawer, kind));
        } else if (*at == 'B') {
            text_add(&text, str_part(draw_word(drawer, kind), 0, BEGUN));
        } else if (*at == 'T') {
            text_add(&text, draw_taken(drawer, kind));
        } else {
            text_add_byte(&text, *at);
        }
    }
    return text_str(&text);
}

static SearchAsk draw_ask(Drawer *drawer, const Kind *kind, Arena *arena) {
    SearchAsk ask = {.text = draw_question(drawer, kind, arena),
                     .category = SEARCH_ANY,
                     .sort = kind->sort,
                     .limit = 50,
                     .facets = true};
    if (kind->filter == FILTER_CATEGORY || kind->filter == FILTER_CATEGORY_SIZE)
        ask.category = 1 + (int)catalogue_below(&drawer->chance, 6);
    if (kind->filter == FILTER_CATEGORY_SIZE) ask.min_size = 50 * 1000 * 1000;
    if (kind->filter == FILTER_FACETS) {
        ask.healths = 1 << 2 | 1 << 3;
        ask.year = 2020 + catalogue_below(&drawer->chance, 4);
    }
    return ask;
}

static void find(Search *search, const SearchAsk *ask, Arena *arena, SearchResult *ret_result) {
    if (failed(search_find(search, ask, arena, ret_result))) abort();
}

static int compare_spans(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void measure(Search *search, Drawer *drawer, const Kind *kind) {
    static int64_t spans_ns[QUESTIONS];
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    size_t total = 0;
    int64_t sum = 0;
    int questions = kind->is_deep ? QUESTIONS_DEEP : QUESTIONS;
    drawer->chance = catalogue_chance(CATALOGUE_SEED, (uint64_t)(kind - kinds));
    for (int i = 0; i < questions; i++) {
        SearchAsk ask = draw_ask(drawer, kind, &arena);
        SearchResult result;
        for (int page = 1; kind->is_deep && page < PAGES; page++) {
            find(search, &ask, &arena, &result);
            if (result.next.len) ask.cursor = result.next;
        }
        int64_t start = clock_ns();
        find(search, &ask, &arena, &result);
        spans_ns[i] = clock_ns() - start;
        sum += spans_ns[i];
        total += result.total;
        arena_reset(&arena);
    }
    qsort(spans_ns, (size_t)questions, sizeof *spans_ns, compare_spans);
    printf("%-32s p50 %8.3f ms   p99 %8.3f ms   %8.0f a second   found %10.1f\n", kind->name,
           (double)spans_ns[questions / 2] / 1e6, (double)spans_ns[questions * 99 / 100] / 1e6,
           questions / ((double)sum / 1e9), (double)total / questions);
    fflush(stdout);
    arena_free(&arena);
}

/* What is in memory for us alone: neither mapped files nor code. */
static size_t private_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    size_t resident = 0, shared = 0;
    if (file && fscanf(file, "%*u %zu %zu", &resident, &shared) != 2) resident = shared = 0;
    if (file) fclose(file);
    return (resident - shared) * (size_t)sysconf(_SC_PAGESIZE);
}

static void put_all(Search *search, Catalogue *catalogue) {
    CatalogueWork *works = calloc(BATCH, sizeof *works);
    SearchWork *batch = calloc(BATCH, sizeof *batch);
    int64_t start = clock_ns();
    for (uint64_t first = 0; first < catalogue->works; first += BATCH) {
        size_t count = 0;
        for (; count < BATCH && first + count < catalogue->works; count++) {
            catalogue_work(catalogue, first + count, &works[count]);
            batch[count] = catalogue_search_work(&works[count]);
        }
        search_put_many(search, batch, count);
    }
    if (failed(search_flush(search))) abort();
    double span_s = seconds_since(start);
    printf("%llu works made up and indexed in %.1f s (%.0f a second)\n",
           (unsigned long long)catalogue->works, span_s, (double)catalogue->works / span_s);
    fflush(stdout);
    free(batch);
    free(works);
}

static uint8_t health_of(const SearchCounts *counts, Seconds now) {
    (void)now;
    if (counts->seeders) return counts->seeders < 3 ? 2 : 3;
    return counts->last_seeder_at > 0;
}

static Search *open_index(Str folder) {
    Search *search = search_create();
    search_set_health_rule(search, health_of, 1750000000);
    SearchOpening opening;
    int64_t start = clock_ns();
    if (failed(search_open(search, folder, 1, &opening))) abort();
    printf("opened in %.1f ms\n", seconds_since(start) * 1e3);
    search_opening_free(&opening);
    search_set_built(search, INT64_MAX);
    return search;
}

static void measure_counts(Search *search, uint64_t works) {
    int64_t start = clock_ns();
    for (uint32_t i = 0; i < COUNTS; i++)
        search_set_counts(search, 1 + i % (int64_t)works, &(SearchCounts){i % 90, 0, i});
    printf("%d changed counts: %.1f ms\n", COUNTS, seconds_since(start) * 1e3);
}

static void remove_folder(const char *folder) {
    DIR *files = opendir(folder);
    for (struct dirent *file; files && (file = readdir(files));) {
        if (file->d_name[0] != '.') unlinkat(dirfd(files), file->d_name, 0);
    }
    if (files) closedir(files);
    rmdir(folder);
}

int main(int argc, char **argv) {
    uint64_t works = WORKS;
    if (argc > 1 && (!str_to_u64(str_from_c(argv[1]), &works) || !works)) return 2;
    char made[] = "/var/tmp/search_bench.XXXXXX";
    const char *folder = argc > 2 ? argv[2] : mkdtemp(made);
    if (!folder) return 1;
    Drawer *drawer = calloc(1, sizeof *drawer);
    drawer->catalogue = catalogue_create(CATALOGUE_SEED, works);
    while (!str_equal(str_from_c(catalogue_language(drawer->accented)), STR("fr")))
        drawer->accented++;
    Search *search = open_index(str_from_c(folder));
    if (search_count(search) != works) {
        put_all(search, &drawer->catalogue);
        if (failed(search_close(search))) abort();
        search_free(search);
        search = open_index(str_from_c(folder));
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) measure(search, drawer, &kinds[i]);
    measure_counts(search, works);
    SearchStatus status = search_status(search);
    printf("a work takes %.0f bytes on disk, %.0f in memory alone; %zu segments\n",
           (double)status.mapped_bytes / (double)works, (double)private_bytes() / (double)works,
           status.segments);
    search_free(search);
    if (argc <= 2) remove_folder(folder);
    catalogue_free(&drawer->catalogue);
    free(drawer);
    return 0;
}
