/* search_bench [works]: how long each kind of question takes, on a catalogue made up from a fixed
 * seed with words as frequent as in real text (Zipf). One thread; 50 hits, exact total, facets. */
#include "base/limits.h"
#include "base/text.h"
#include "search/search.h"

enum {
    WORKS = 10000,
    WORDS = 60000,
    TITLE_WORDS = 6,
    FILES_MAX = 10,
    DESCRIPTION_WORDS = 40,
    QUESTIONS = 400,
    COUNTS = 100000,
    FILES_KEPT = 256,
};

typedef struct {
    uint64_t random;
    double shares[WORDS];       /* of all text, summed up */
    char files[FILES_KEPT][64]; /* names that exist */
    char words[WORDS][16];
} Dictionary;

static uint32_t draw(Dictionary *dictionary) {
    dictionary->random = dictionary->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dictionary->random >> 32);
}

static Dictionary *dictionary_create(void) {
    static const char *const starts[] = {"ba", "ce", "di", "fo", "gu", "ka", "le",
                                         "mi", "no", "pu", "ra", "sé", "ti", "vo"};
    Dictionary *dictionary = calloc(1, sizeof *dictionary);
    dictionary->random = 5775;
    double sum = 0;
    for (size_t i = 0; i < WORDS; i++) {
        sum += 1 / (double)(i + 10);
        dictionary->shares[i] = sum;
        char *at = dictionary->words[i], *end = at + sizeof dictionary->words[i];
        for (size_t left = i + 14; left > 0; left /= 14)
            at += snprintf(at, (size_t)(end - at), "%s", starts[left % 14]);
    }
    for (size_t i = 0; i < WORDS; i++) dictionary->shares[i] /= sum;
    return dictionary;
}

/* The number of a word, common ones more often. */
static uint32_t draw_word(Dictionary *dictionary) {
    double share = draw(dictionary) / 4294967296.0;
    uint32_t low = 0, high = WORDS - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (dictionary->shares[middle] < share) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static Str draw_text(Dictionary *dictionary, uint32_t words, const char *between, Arena *arena) {
    Text text = text_create(arena, 1 << 16);
    for (uint32_t i = 0; i < words; i++)
        text_print(&text, "%s%s", i ? between : "", dictionary->words[draw_word(dictionary)]);
    return text_str(&text);
}

static void put_work(Search *search, Dictionary *dictionary, int64_t id, Arena *arena) {
    static const Str licenses[] = {{"CC-BY-4.0", 9}, {"CC0-1.0", 7}, {"MIT", 3}, {"GPL-3.0", 7}};
    static const Str languages[] = {{"en", 2}, {"fr", 2}, {"ja", 2}};
    Str tags[3], paths[FILES_MAX];
    for (int i = 0; i < 3; i++) tags[i] = draw_text(dictionary, 1, "", arena);
    size_t path_count = 3 + draw(dictionary) % (FILES_MAX - 2);
    for (size_t i = 0; i < path_count; i++)
        paths[i] =
            arena_print(arena, "%.*s-%u.%u.iso", STR_PRINTF(draw_text(dictionary, 3, "-", arena)),
                        draw(dictionary) % 30, draw(dictionary) % 12);
    snprintf(dictionary->files[id % FILES_KEPT], sizeof *dictionary->files, "%.*s",
             STR_PRINTF(paths[0]));
    bool japanese = draw(dictionary) % 20 == 0;
    Str title = draw_text(dictionary, TITLE_WORDS, " ", arena);
    if (japanese) title = arena_print(arena, "%.*s 日本語の猫入門", STR_PRINTF(title));
    SearchWork work = {
        .id = id,
        .title = title,
        .author = draw_text(dictionary, 2, " ", arena),
        .description = draw_text(dictionary, DESCRIPTION_WORDS, " ", arena),
        .uploader = STR("ana"),
        .license = licenses[draw(dictionary) % 4],
        .language = languages[draw(dictionary) % 3],
        .category = draw(dictionary) % 12,
        .tags = tags,
        .tag_count = 3,
        .paths = paths,
        .path_count = path_count,
        .size_bytes = draw(dictionary),
        .published_at = 1500000000 + id * 60,
        .seeders = draw(dictionary) % 100,
    };
    search_put(search, &work);
}

typedef struct {
    const char *name;
    uint32_t from, span;  /* words by rank, the most common first */
    const char *template; /* each W becomes a word, F a file name */
    SearchSort sort;
    bool filtered;
    size_t cut; /* letters kept of the last word, 0: all */
} Kind;

static const Kind kinds[] = {
    {"two rare words", 5000, 20000, "W W", SEARCH_BY_RELEVANCE, false, 0},
    {"one common word, by seeders", 0, 20, "W", SEARCH_BY_SEEDERS, false, 0},
    {"three common words", 0, 60, "W W W", SEARCH_BY_RELEVANCE, false, 0},
    {"same, newest, filtered", 0, 60, "W W W", SEARCH_BY_NEWEST, true, 0},
    {"phrase of common words", 0, 60, "\"W W\"", SEARCH_BY_RELEVANCE, false, 0},
    {"exclusion", 0, 60, "W -W", SEARCH_BY_RELEVANCE, false, 0},
    {"prefix of 2 letters", 0, 60000, "W*", SEARCH_BY_RELEVANCE, false, 2},
    {"prefix of 4 letters", 0, 60000, "W*", SEARCH_BY_RELEVANCE, false, 4},
    {"file name", 100, 3000, "F", SEARCH_BY_RELEVANCE, false, 0},
    {"two letters of Japanese", 0, 1, "猫入", SEARCH_BY_RELEVANCE, false, 0},
    {"one letter of Japanese", 0, 1, "日", SEARCH_BY_RELEVANCE, false, 0},
    {"either", 0, 200, "W or W or W", SEARCH_BY_RELEVANCE, false, 0},
    {"everything, newest", 0, 1, "", SEARCH_BY_NEWEST, false, 0},
    {"everything, by size, filtered", 0, 1, "size:>1GB", SEARCH_BY_SIZE, true, 0},
};

static Str draw_question(Dictionary *dictionary, const Kind *kind, Arena *arena) {
    Text text = text_create(arena, 1 << 12);
    for (const char *at = kind->template; *at; at++) {
        Str word = str_from_c(dictionary->words[kind->from + draw(dictionary) % kind->span]);
        if (kind->cut) word = str_part(word, 0, kind->cut);
        if (*at == 'W') {
            text_add(&text, word);
        } else if (*at == 'F') {
            text_add(&text, str_from_c(dictionary->files[draw(dictionary) % FILES_KEPT]));
        } else {
            text_add_byte(&text, *at);
        }
    }
    return text_str(&text);
}

static int compare_us(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void measure(Search *search, Dictionary *dictionary, const Kind *kind) {
    static int64_t spans_ns[QUESTIONS];
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    size_t total = 0;
    for (int i = 0; i < QUESTIONS; i++) {
        SearchAsk ask = {.text = draw_question(dictionary, kind, &arena),
                         .category = kind->filtered ? 3 : SEARCH_ANY,
                         .min_size = kind->filtered ? 1000000 : 0,
                         .sort = kind->sort,
                         .limit = 50,
                         .facets = true};
        SearchResult result;
        int64_t start = clock_ns();
        if (failed(search_find(search, &ask, &arena, &result))) abort();
        spans_ns[i] = clock_ns() - start;
        total += result.total;
        arena_reset(&arena);
    }
    qsort(spans_ns, QUESTIONS, sizeof *spans_ns, compare_us);
    printf("%-32s p50 %8.3f ms   p99 %8.3f ms   found %8.1f\n", kind->name,
           (double)spans_ns[QUESTIONS / 2] / 1e6, (double)spans_ns[QUESTIONS * 99 / 100] / 1e6,
           (double)total / QUESTIONS);
    arena_free(&arena);
}

static size_t memory_kib(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    size_t pages = 0;
    if (file && fscanf(file, "%*u %zu", &pages) != 1) pages = 0;
    if (file) fclose(file);
    return pages * 4;
}

int main(int argc, char **argv) {
    uint64_t works = WORKS;
    if (argc > 1 && !str_to_u64(str_from_c(argv[1]), &works)) return 2;
    Dictionary *dictionary = dictionary_create();
    Search *search = search_create();
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    size_t before_kib = memory_kib();
    int64_t start = clock_ns();
    for (uint64_t id = 1; id <= works; id++) {
        put_work(search, dictionary, (int64_t)id, &arena);
        arena_reset(&arena);
    }
    double span_s = (double)(clock_ns() - start) / 1e9;
    printf("%llu works indexed in %.2f s (%.0f a second), %.0f bytes a work\n",
           (unsigned long long)works, span_s, (double)works / span_s,
           (double)(memory_kib() - before_kib) * 1024 / (double)works);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        measure(search, dictionary, &kinds[i]);
    start = clock_ns();
    for (uint32_t i = 0; i < COUNTS; i++)
        search_set_counts(search, 1 + i % (int64_t)works, &(SearchCounts){i % 90, 0, i});
    printf("%d changed counts: %.1f ms\n", COUNTS, (double)(clock_ns() - start) / 1e6);
    arena_free(&arena);
    search_free(search);
    free(dictionary);
    return 0;
}
