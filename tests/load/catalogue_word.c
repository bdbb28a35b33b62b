#include "catalogue_word.h"

#include <math.h>
#include <stdlib.h>

/* --- chance --- */

CatalogueChance catalogue_chance(uint64_t seed, uint64_t number) {
    return (CatalogueChance){(seed + 1) * 0xD1342543DE82EF95u ^ (number + 1) * 0x9E3779B97F4A7C15u};
}

uint64_t catalogue_draw(CatalogueChance *chance) {
    uint64_t x = chance->state += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

uint32_t catalogue_below(CatalogueChance *chance, uint32_t bound) {
    return (uint32_t)((catalogue_draw(chance) >> 32) * bound >> 32);
}

/* The sum of 1 / (rank + q) is a logarithm: its inverse, an exponential, gives the rank. */
CatalogueZipf catalogue_zipf(uint32_t count, uint32_t flat) {
    double q = flat + 1;
    return (CatalogueZipf){count, q, log((count + q) / q)};
}

uint32_t catalogue_draw_rank(CatalogueChance *chance, const CatalogueZipf *zipf) {
    double share = (double)(catalogue_draw(chance) >> 11) * 0x1p-53;
    uint32_t rank = (uint32_t)(zipf->q * (exp(share * zipf->span) - 1));
    return rank < zipf->count ? rank : zipf->count - 1;
}

/* --- languages --- */

typedef struct {
    const char *code;
    uint32_t share, words; /* share: of all works, in a thousand */
    WordsKind kind;
    const char *starts, *middles, *ends; /* of syllables; "-" stands for nothing */
    const char *often;                   /* the most frequent words, as they are */
} Language;

#define LATIN_ENDS "- n r s l t m"
static const Language languages[CATALOGUE_LANGUAGES] = {
    {"en", 430, 70000, WORDS_SPACED, "b c d f g h l m n p r s t v w st tr ch sh br cl gr th pl",
     "a e i o u ea ou ai", LATIN_ENDS " nd ck",
     "the of and to in a is that for it as was with be by on not he his but at are this have from "
     "or had an they which one all free open work music book data world history guide new time"},
    {"fr", 90, 30000, WORDS_SPACED, "b c d f g j l m n p r s t v ch tr pr gr qu bl",
     "a e i o u é è ou eu oi œu", LATIN_ENDS " ç",
     "de la le et les des en un du une que est pour qui dans par plus pas sur au ce il sont avec "
     "histoire livre musique monde carte cours été libre"},
    {"de", 80, 32000, WORDS_SPACED, "b d f g h k l m n p r s t w z sch st br kr gl",
     "a e i o u ä ö ü ei ie au", LATIN_ENDS " ß ch ng",
     "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es "
     "geschichte buch musik welt karte kurs frei über"},
    {"ru", 80, 34000, WORDS_SPACED, "б в г д ж з к л м н п р с т х ш ст пр тр кр",
     "а е и о у я ы ю", "- н л р т к й м с",
     "и в не на с что по из как за к от его для это все или история книга музыка мир карта"},
    {"es", 60, 24000, WORDS_SPACED, "b c d f g j l m n p r s t v ll ch tr pr ñ",
     "a e i o u á é ó ía ie", "- n r s l",
     "de la que el en y a los se del las un por con no una su para es al lo como más historia"},
    {"zh", 50, 16000, WORDS_RUN, NULL, NULL, NULL, "的 一 是 在 不 了 有 和 人 这 中 大 为 上"},
    {"ja", 50, 16000, WORDS_RUN, NULL, NULL, NULL,
     "の に は を た が で て と し れ さ 日本語 入門"},
    {"it", 35, 16000, WORDS_SPACED, "b c d f g l m n p r s t v z gn tr st", "a e i o u à è ò",
     "- n r l s", "di e il la che in un a per del della con le da una sono storia libro musica"},
    {"pt", 30, 14000, WORDS_SPACED, "b c d f g j l m n p r s t v lh nh tr",
     "a e i o u ã é ç o ão õe", "- n r s l m", "de a o que e do da em um para com não uma os no"},
    {"pl", 25, 14000, WORDS_SPACED, "b c d g k ł m n p r s t w z sz cz rz ś ż", "a e i o u ó y ą ę",
     "- n r ł k ć j", "w i na z do się nie że to jest o jak za od po ale historia"},
    {"nl", 15, 8000, WORDS_SPACED, "b d g h k l m n p r s t v w z sch", "a e i o u aa ee ij oe ui",
     "- n r t k s", "de van het een en in is dat op te zijn met voor niet aan er om"},
    {"el", 15, 7000, WORDS_SPACED, "β γ δ θ κ λ μ ν π ρ σ τ φ χ", "α ε η ι ο υ ω ά έ ό ου",
     "- ν ρ λ", "και το η της του να με για την στο από που οι τα"},
    {"ar", 15, 7000, WORDS_SPACED, "ب ت ج ح د ر س ش ع ف ق ك ل م ن ه", "- ا ي و", "- ن ر ل",
     "في من على إلى عن أن هذا التي مع كان كتاب"},
    {"ko", 10, 6000, WORDS_SPACED, NULL, NULL, NULL, "이 그 저 것 수 등 들 및 한국어 음악 책"},
    {"tr", 10, 5000, WORDS_SPACED, "b c ç d f g h k l m n p r s ş t y z", "a e ı i o ö u ü",
     "- n r l k m", "ve bir bu da de için ile çok olarak daha gibi"},
    {"uk", 5, 4000, WORDS_SPACED, "б в г д ж з к л м н п р с т х", "а е и і о у я ї є",
     "- н л р т к", "і в на з що не до як за це та для"},
};

const char *catalogue_language(unsigned language) { return languages[language].code; }

WordsKind catalogue_language_kind(unsigned language) { return languages[language].kind; }

unsigned catalogue_draw_language(CatalogueChance *chance) {
    uint32_t at = catalogue_below(chance, 1000);
    unsigned language = 0;
    while (language + 1 < CATALOGUE_LANGUAGES && at >= languages[language].share)
        at -= languages[language++].share;
    return language;
}

/* --- vocabularies --- */

enum { PARTS_MAX = 32, SIGNS = 3000, HANGUL = 1200, KNOTS = 512 };

struct CatalogueWords {
    char *bytes;
    size_t len, room;
    uint32_t starts[CATALOGUE_LANGUAGES][70001]; /* in bytes, and where the last one ends */
    uint32_t counts[CATALOGUE_LANGUAGES];
    float knots[CATALOGUE_LANGUAGES][FLATS][KNOTS + 2]; /* ranks at equal steps of the share */
};

typedef struct {
    Str at[PARTS_MAX];
    uint32_t count;
} Parts;

static Parts split(const char *list) {
    Parts parts = {0};
    for (Str left = str_from_c(list); left.len && parts.count < PARTS_MAX; parts.count++) {
        Str part = str_cut(&left, ' ');
        parts.at[parts.count] = str_equal(part, STR("-")) ? (Str){0} : part;
    }
    return parts;
}

static char *put(char *at, Str part) {
    if (part.len) memcpy(at, part.at, part.len);
    return at + part.len;
}

static char *put_sign(char *at, uint32_t code_point) {
    *at++ = (char)(0xE0 | code_point >> 12);
    *at++ = (char)(0x80 | (code_point >> 6 & 63));
    *at++ = (char)(0x80 | (code_point & 63));
    return at;
}

/* Where a rank stands among all words of so many syllables: spread, and each only once, because the
 * step is a prime no number of syllables is a multiple of. */
static uint64_t spread(uint64_t place, uint64_t room, uint64_t seed) {
    return (place * 7368787 + seed) % room;
}

static char *put_syllables(char *at, const Parts *parts, uint32_t rank, uint64_t seed) {
    uint32_t kinds = parts[0].count * parts[1].count * parts[2].count;
    uint32_t single = kinds / 4, syllables = rank < single ? 1 : rank < single + 20000 ? 2 : 3;
    uint32_t place = syllables == 1 ? rank : syllables == 2 ? rank - single : rank - single - 20000;
    uint64_t room = 1;
    for (uint32_t i = 0; i < syllables; i++) room *= kinds;
    uint64_t left = spread(place, room, seed);
    for (uint32_t i = 0; i < syllables; i++, left /= kinds) {
        uint32_t kind = (uint32_t)(left % kinds);
        at = put(at, parts[0].at[kind % parts[0].count]);
        kind /= parts[0].count;
        at = put(at, parts[1].at[kind % parts[1].count]);
        at = put(at, parts[2].at[kind / parts[1].count]);
    }
    return at;
}

/* Of signs the frequent ones are in most words, as in real text. */
static char *put_signs(char *at, bool hangul, uint64_t seed, uint32_t rank) {
    CatalogueChance chance = catalogue_chance(seed, rank);
    CatalogueZipf zipf = catalogue_zipf(hangul ? HANGUL : SIGNS, 40);
    uint32_t count = 1 + (rank > 400) + (rank > 6000) + (rank > 1000 && rank % 5 == 0);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t sign = catalogue_draw_rank(&chance, &zipf);
        at = put_sign(at, hangul ? 0xAC00 + sign * 9 : 0x4E00 + sign * 6);
    }
    return at;
}

static bool add_word(CatalogueWords *words, unsigned language, Str word) {
    if (words->len + word.len + CATALOGUE_WORD_BYTES > words->room) return false;
    put(words->bytes + words->len, word);
    words->len += word.len;
    words->starts[language][++words->counts[language]] = (uint32_t)words->len;
    return true;
}

/* A curve in straight pieces, so that a word is drawn without an exponential. */
static void set_knots(CatalogueWords *words, unsigned language, int flat) {
    static const uint32_t flats[FLATS] = {9, 8, 25, 60, 300};
    CatalogueZipf zipf = catalogue_zipf(words->counts[language], flats[flat]);
    for (int i = 0; i < KNOTS + 2; i++)
        words->knots[language][flat][i] = (float)(zipf.q * (exp(i * zipf.span / KNOTS) - 1));
}

static void add_language(CatalogueWords *words, unsigned language, uint64_t seed) {
    const Language *of = &languages[language];
    words->starts[language][0] = (uint32_t)words->len;
    bool room = true;
    for (Str left = str_from_c(of->often); left.len && room;)
        room = add_word(words, language, str_cut(&left, ' '));
    Parts parts[3] = {{.count = 1}, {.count = 1}, {.count = 1}};
    if (of->starts)
        parts[0] = split(of->starts), parts[1] = split(of->middles), parts[2] = split(of->ends);
    for (uint32_t rank = 0; room && words->counts[language] < of->words; rank++) {
        char word[CATALOGUE_WORD_BYTES], *end;
        if (of->starts)
            end = put_syllables(word, parts, rank, seed + language);
        else
            end = put_signs(word, of->kind == WORDS_SPACED, seed + language, rank);
        room = add_word(words, language, str_from_bytes(word, (size_t)(end - word)));
    }
    if (!room) abort();
    for (int i = 0; i < FLATS; i++) set_knots(words, language, i);
}

CatalogueWords *catalogue_words_create(uint64_t seed) {
    CatalogueWords *words = calloc(1, sizeof *words);
    if (!words) abort();
    words->room = 8 << 20;
    words->bytes = calloc(1, words->room);
    if (!words->bytes) abort();
    for (unsigned i = 0; i < CATALOGUE_LANGUAGES; i++) add_language(words, i, seed);
    return words;
}

void catalogue_words_free(CatalogueWords *words) {
    if (!words) return;
    free(words->bytes);
    free(words);
}

uint32_t catalogue_word_count(const CatalogueWords *words, unsigned language) {
    return words->counts[language];
}

Str catalogue_word(const CatalogueWords *words, unsigned language, uint32_t rank) {
    const uint32_t *starts = &words->starts[language][rank];
    return (Str){words->bytes + starts[0], starts[1] - starts[0]};
}

Str catalogue_draw_word(CatalogueChance *chance, const CatalogueWords *words, unsigned language,
                        CatalogueFlat flat) {
    uint64_t share = catalogue_draw(chance);
    const float *knots = words->knots[language][flat] + (share >> 32) * KNOTS / (1ull << 32);
    float rank = knots[0] + (knots[1] - knots[0]) * (float)(uint32_t)share * 0x1p-32f;
    uint32_t last = words->counts[language] - 1;
    return catalogue_word(words, language, rank < (float)last ? (uint32_t)rank : last);
}
