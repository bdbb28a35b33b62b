#include "catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* --- shelves --- */

typedef struct {
    const char *code;
    unsigned number, share; /* share: of all works, in a thousand */
    uint64_t size_bytes;    /* typical of one work */
    bool named;             /* titles are file names with versions, more often than not */
    const char *topics;     /* proper nouns, the most frequent first */
    const char *endings;    /* of files */
    const char *licenses;
} Shelf;

static const Shelf shelves[] = {
    {"books", 5, 190, 12 << 20, false,
     "gutenberg wikisource atlas grammar poems letters novel handbook dictionary", "epub pdf txt",
     "CC-PDM-1.0 CC0-1.0 CC-BY-SA-4.0 CC-BY-4.0"},
    {"music", 7, 180, 300 << 20, false,
     "live session album remix orchestra quartet sonata jazz ambient folk piano",
     "flac ogg opus mp3", "CC-BY-4.0 CC-BY-SA-4.0 CC-BY-NC-SA-4.0 CC0-1.0"},
    {"video", 9, 150, 1 << 30, false,
     "documentary blender conference talk animation newsreel 1080p 720p 2160p", "mkv webm mp4 ogv",
     "CC-BY-4.0 CC-PDM-1.0 CC-BY-SA-3.0"},
    {"data", 4, 110, 2u << 30, true,
     "wikipedia dump commoncrawl openstreetmap sentinel census corpus genome imagenet",
     "tar.zst csv.gz json.gz parquet xml.bz2", "CC-BY-SA-4.0 ODbL-1.0 CC0-1.0 CC-BY-4.0"},
    {"linux", 1, 90, 3u << 30, true,
     "ubuntu debian fedora archlinux linuxmint opensuse alpine freebsd kali rocky gentoo void "
     "nixos "
     "slackware openbsd",
     "iso img.xz qcow2", "GPL-2.0-or-later GPL-3.0-or-later BSD-2-Clause"},
    {"software", 2, 80, 200 << 20, true,
     "libreoffice blender gimp firefox inkscape krita audacity kdenlive godot postgresql linux gcc "
     "llvm python",
     "tar.gz tar.xz zip AppImage deb", "GPL-3.0-or-later MIT Apache-2.0 BSD-3-Clause"},
    {"audiobooks", 6, 60, 400 << 20, false, "librivox stories chapters reading volume",
     "mp3 ogg m4b", "CC-PDM-1.0 CC0-1.0"},
    {"courses", 10, 50, 2u << 30, false,
     "lecture calculus algebra physics programming statistics chemistry lesson", "mp4 pdf webm",
     "CC-BY-NC-SA-4.0 CC-BY-4.0"},
    {"games", 3, 30, 500 << 20, true,
     "supertux wesnoth freeciv xonotic minetest openttd 0ad teeworlds", "tar.gz zip AppImage",
     "GPL-2.0-or-later MIT"},
    {"maps", 11, 25, 900 << 20, true,
     "openstreetmap topo europe africa asia planet contours hillshade", "osm.pbf mbtiles gpkg tif",
     "ODbL-1.0 CC-BY-4.0"},
    {"podcasts", 8, 20, 80 << 20, false, "episode interview radio weekly show", "mp3 opus",
     "CC-BY-SA-4.0 CC-BY-4.0"},
    {"other", 12, 15, 50 << 20, false, "fonts icons photographs models textures", "zip ttf blend",
     "CC0-1.0 CC-BY-4.0"},
};
enum { SHELVES = sizeof shelves / sizeof *shelves };

static uint32_t draw_rank(CatalogueChance *chance, uint32_t count, uint32_t flat) {
    CatalogueZipf zipf = catalogue_zipf(count, flat);
    return catalogue_draw_rank(chance, &zipf);
}

/* Words of a list that stand in a string, the first ones more often. */
static Str draw_listed(CatalogueChance *chance, const char *list) {
    uint32_t count = 1;
    for (const char *at = list; *at; at++) count += *at == ' ';
    uint32_t left = draw_rank(chance, count, 1);
    Str rest = str_from_c(list);
    while (left--) str_cut(&rest, ' ');
    return str_cut(&rest, ' ');
}

/* --- writing --- */

/* Enough room is known: no work comes near the bound of its text, and the last byte is checked. */
typedef struct {
    char *at, *end;
} Ink;

static void ink_add(Ink *ink, Str s) {
    if (s.len > (size_t)(ink->end - ink->at)) abort();
    if (s.len) memcpy(ink->at, s.at, s.len);
    ink->at += s.len;
}

/* Words have readable bytes behind them: copying always as many is quicker. */
static void ink_word(Ink *ink, Str word) {
    if (ink->end - ink->at < CATALOGUE_WORD_BYTES) abort();
    memcpy(ink->at, word.at, 16);
    if (word.len > 16) memcpy(ink->at + 16, word.at + 16, CATALOGUE_WORD_BYTES - 16);
    ink->at += word.len;
}

static void ink_byte(Ink *ink, char byte) {
    if (ink->at == ink->end) abort();
    *ink->at++ = byte;
}

static void ink_number(Ink *ink, uint64_t number, int digits) {
    char text[20];
    int at = 20;
    do text[--at] = (char)('0' + number % 10), number /= 10;
    while (number || 20 - at < digits);
    ink_add(ink, (Str){text + at, (size_t)(20 - at)});
}

static Str ink_since(const Ink *ink, const char *start) {
    return (Str){start, (size_t)(ink->at - start)};
}

/* The first letter as a capital, where its script has them. */
static void ink_capital(Ink *ink, Str word) {
    char *start = ink->at;
    ink_word(ink, word);
    uint8_t first = (uint8_t)start[0], second = word.len > 1 ? (uint8_t)start[1] : 0;
    if (first >= 'a' && first <= 'z') start[0] = (char)(first - 32);
    if (first == 0xC3 && second >= 0xA0 && second != 0xB7) start[1] = (char)(second - 32);
    if (first == 0xD0 && second >= 0xB0) start[1] = (char)(second - 32); /* а-п */
    if (first == 0xD1 && second <= 0x8F && second >= 0x80)
        start[0] = (char)0xD0, start[1] = (char)(second + 32); /* р-я */
    if (first == 0xCE && second >= 0xB1) start[1] = (char)(second - 32);
}

typedef struct {
    const Catalogue *catalogue;
    CatalogueChance chance;
    Ink ink;
    unsigned language;
    const Shelf *shelf;
    Str topic;
} Pen;

static Str draw_word(Pen *pen, CatalogueFlat flat) {
    return catalogue_draw_word(&pen->chance, pen->catalogue->words, pen->language, flat);
}

/* Words as a sentence has them, or a run of signs. */
static void write_words(Pen *pen, uint32_t count, CatalogueFlat flat, bool capitals) {
    bool run = catalogue_language_kind(pen->language) == WORDS_RUN;
    for (uint32_t i = 0; i < count; i++) {
        if (i && !run) ink_byte(&pen->ink, ' ');
        Str word = draw_word(pen, flat);
        if (i == 0 || capitals)
            ink_capital(&pen->ink, word);
        else
            ink_word(&pen->ink, word);
    }
}

static void write_version(Pen *pen) {
    uint32_t kind = catalogue_below(&pen->chance, 4);
    if (kind == 0) {
        ink_number(&pen->ink, 14 + catalogue_below(&pen->chance, 13), 2);
        ink_add(&pen->ink, catalogue_below(&pen->chance, 2) ? STR(".04") : STR(".10"));
        return;
    }
    ink_number(&pen->ink, 1 + draw_rank(&pen->chance, 30, 0), 1);
    ink_byte(&pen->ink, '.');
    ink_number(&pen->ink, catalogue_below(&pen->chance, 20), 1);
    if (kind == 1) return;
    ink_byte(&pen->ink, '.');
    ink_number(&pen->ink, catalogue_below(&pen->chance, 12), 1);
}

/* "ubuntu-24.04.1-desktop-amd64": half of them of a known name, the rest of a made-up project. */
static void write_file_name(Pen *pen) {
    static const char between[] = "-._-";
    char sign = between[catalogue_below(&pen->chance, 4)];
    if (catalogue_below(&pen->chance, 2))
        ink_add(&pen->ink, pen->topic);
    else
        ink_add(&pen->ink, draw_word(pen, FLAT_NAME));
    ink_byte(&pen->ink, sign);
    write_version(pen);
    if (catalogue_below(&pen->chance, 2)) {
        ink_byte(&pen->ink, sign);
        ink_add(&pen->ink, draw_word(pen, FLAT_NAME));
    }
    ink_byte(&pen->ink, sign);
    ink_add(&pen->ink,
            draw_listed(&pen->chance,
                        "amd64 x86_64 arm64 i386 desktop server netinst source riscv64 2023 2024"));
}

static Str write_title(Pen *pen) {
    const char *start = pen->ink.at;
    bool named = catalogue_below(&pen->chance, 10) < (pen->shelf->named ? 6u : 1u);
    if (named) {
        write_file_name(pen);
        return ink_since(&pen->ink, start);
    }
    bool run = catalogue_language_kind(pen->language) == WORDS_RUN;
    write_words(pen, 2 + catalogue_below(&pen->chance, 5) + (run ? 2 : 0), FLAT_TITLE,
                catalogue_below(&pen->chance, 2) == 0);
    uint32_t more = catalogue_below(&pen->chance, 6);
    if (more == 0 || more == 1) {
        ink_byte(&pen->ink, ' ');
        ink_add(&pen->ink, pen->topic);
    }
    if (more == 2) {
        ink_add(&pen->ink, STR(" ("));
        ink_number(&pen->ink, 2026 - draw_rank(&pen->chance, 200, 8), 4);
        ink_byte(&pen->ink, ')');
    }
    if (more == 3) {
        ink_add(&pen->ink, STR(" – "));
        write_words(pen, 1 + catalogue_below(&pen->chance, 3), FLAT_FILE, false);
    }
    return ink_since(&pen->ink, start);
}

/* Few people made much: their name follows from their number. */
static Str write_author(Pen *pen) {
    uint32_t authors = (uint32_t)(pen->catalogue->works / 8 + 50);
    uint32_t number = draw_rank(&pen->chance, authors, 40);
    Pen name = *pen;
    name.chance = catalogue_chance(pen->catalogue->seed + 1, number);
    name.language = catalogue_draw_language(&name.chance);
    const char *start = name.ink.at;
    write_words(&name, 2, FLAT_PERSON, true);
    pen->ink = name.ink;
    return ink_since(&pen->ink, start);
}

static Str write_uploader(Pen *pen) {
    uint32_t uploaders = (uint32_t)(pen->catalogue->works / 150 + 20);
    uint32_t number = draw_rank(&pen->chance, uploaders, 3);
    CatalogueChance chance = catalogue_chance(pen->catalogue->seed + 2, number);
    const char *start = pen->ink.at;
    uint32_t rank = 100 + catalogue_below(&chance, 9000);
    Str word = catalogue_word(pen->catalogue->words, 0, rank);
    ink_add(&pen->ink, str_part(word, 0, 16));
    ink_number(&pen->ink, number, 1);
    return ink_since(&pen->ink, start);
}

static void write_tags(Pen *pen, CatalogueWork *work) {
    work->tag_count = 0;
    for (uint32_t left = 2 + catalogue_below(&pen->chance, 4); left > 0; left--) {
        const char *start = pen->ink.at;
        if (left == 2) {
            ink_add(&pen->ink, draw_listed(&pen->chance, pen->shelf->topics));
        } else {
            uint32_t rank = 40 + draw_rank(&pen->chance, 4000, 2);
            ink_add(&pen->ink, catalogue_word(pen->catalogue->words, 0, rank));
        }
        Str tag = ink_since(&pen->ink, start);
        for (size_t i = 0; i < work->tag_count && tag.len; i++)
            if (str_equal(work->tags[i], tag)) tag.len = 0; /* twice says no more than once */
        if (tag.len) work->tags[work->tag_count++] = tag;
    }
}

/* --- files --- */

static void write_file(Pen *pen, uint32_t place, Str folder) {
    ink_add(&pen->ink, folder);
    if (folder.len) ink_byte(&pen->ink, '/');
    if (pen->shelf->named) {
        write_file_name(pen);
    } else {
        ink_number(&pen->ink, place + 1, 2);
        ink_add(&pen->ink, STR(" - "));
        write_words(pen, 4 + catalogue_below(&pen->chance, 4), FLAT_FILE, true);
    }
    ink_byte(&pen->ink, '.');
    ink_add(&pen->ink, draw_listed(&pen->chance, pen->shelf->endings));
}

/* Files that lie in many works, byte for byte the same. */
static uint64_t write_shared_file(Pen *pen, Str folder) {
    static const struct {
        const char *name;
        uint64_t size_bytes;
    } shared[] = {{"LICENSE.txt", 35149}, {"README.md", 2048}, {"cover.jpg", 188416},
                  {"SHA256SUMS", 1024},   {"info.nfo", 4096},  {"COPYING", 18092}};
    uint32_t kind = catalogue_below(&pen->chance, sizeof shared / sizeof *shared);
    ink_add(&pen->ink, folder);
    if (folder.len) ink_byte(&pen->ink, '/');
    ink_add(&pen->ink, str_from_c(shared[kind].name));
    bool licence = kind == 0 || kind == 5;
    return shared[kind].size_bytes + (licence ? 0 : catalogue_below(&pen->chance, 3000));
}

/* Around what is typical, up to 16 times less or more. */
static uint64_t draw_size(Pen *pen, uint64_t typical) {
    uint32_t by = catalogue_below(&pen->chance, 9);
    uint64_t base = by < 4 ? typical >> (4 - by) : typical << (by - 4);
    return base + catalogue_draw(&pen->chance) % (base + 1) + 1;
}

static void write_files(Pen *pen, CatalogueWork *work) {
    work->file_count = 3 + catalogue_below(&pen->chance, CATALOGUE_FILES_MAX - 2);
    Str folder = {0};
    if (catalogue_below(&pen->chance, 2)) {
        const char *start = pen->ink.at;
        write_words(pen, 1 + catalogue_below(&pen->chance, 2), FLAT_FILE, true);
        folder = ink_since(&pen->ink, start);
    }
    uint64_t typical = draw_size(pen, pen->shelf->size_bytes) / work->file_count;
    work->size_bytes = 0;
    for (uint32_t i = 0; i < work->file_count; i++) {
        const char *start = pen->ink.at;
        if (i + 1 == work->file_count && catalogue_below(&pen->chance, 3) == 0)
            work->sizes[i] = write_shared_file(pen, folder);
        else
            write_file(pen, i, folder), work->sizes[i] = draw_size(pen, typical);
        work->paths[i] = ink_since(&pen->ink, start);
        work->size_bytes += work->sizes[i];
    }
}

/* --- the rest --- */

static Str write_description(Pen *pen) {
    const char *start = pen->ink.at;
    bool run = catalogue_language_kind(pen->language) == WORDS_RUN;
    for (uint32_t left = 30 + catalogue_below(&pen->chance, 31); left > 0;) {
        uint32_t sentence = 5 + catalogue_below(&pen->chance, 12);
        if (sentence > left) sentence = left;
        write_words(pen, sentence, FLAT_TEXT, false);
        left -= sentence;
        ink_add(&pen->ink, run ? STR("。") : left ? STR(". ") : STR("."));
    }
    return ink_since(&pen->ink, start);
}

/* One in two hundred has thousands, a third has nobody. */
static void draw_counts(Pen *pen, CatalogueWork *work) {
    uint32_t luck = draw_rank(&pen->chance, 20000, 0);
    work->seeders = luck < 8 ? 0 : luck / 8;
    work->leechers = work->seeders / 6 + catalogue_below(&pen->chance, 3);
    work->completed = (uint64_t)luck * (1 + catalogue_below(&pen->chance, 40));
}

static void draw_hashes(Pen *pen, CatalogueWork *work) {
    uint32_t kind = catalogue_below(&pen->chance, 20);
    work->has_v2 = kind < 4;
    work->has_v1 = kind != 0;
    for (size_t i = 0; i < sizeof work->v1; i += 4) {
        uint64_t bytes = catalogue_draw(&pen->chance);
        memcpy(work->v1 + i, &bytes, 4);
    }
    for (size_t i = 0; i < sizeof work->v2; i += 8) {
        uint64_t bytes = catalogue_draw(&pen->chance);
        memcpy(work->v2 + i, &bytes, 8);
    }
}

/* From 2005 to 2026, more and more each year; one in ten out of its turn. */
static Seconds draw_time(Pen *pen, uint64_t number) {
    enum { FROM = 1104537600, SPAN = 668000000 };
    double share = ((double)number + 1) / (double)pen->catalogue->works;
    if (catalogue_below(&pen->chance, 10) == 0)
        share = (double)(catalogue_draw(&pen->chance) >> 11) * 0x1p-53;
    return FROM + (Seconds)(SPAN * (2 * share - share * share)) +
           catalogue_below(&pen->chance, 7200);
}

static void write_source(Pen *pen, CatalogueWork *work) {
    if (catalogue_below(&pen->chance, 4) == 0) {
        work->source_url = STR("own");
        return;
    }
    const char *start = pen->ink.at;
    ink_add(&pen->ink, STR("https://"));
    uint32_t rank = 100 + draw_rank(&pen->chance, 5000, 5);
    ink_add(&pen->ink, catalogue_word(pen->catalogue->words, 0, rank));
    ink_add(&pen->ink, STR(".example/"));
    ink_number(&pen->ink, work->number, 1);
    work->source_url = ink_since(&pen->ink, start);
}

static const Shelf *draw_shelf(CatalogueChance *chance) {
    uint32_t at = catalogue_below(chance, 1000);
    const Shelf *shelf = shelves;
    while (shelf + 1 < shelves + SHELVES && at >= shelf->share) at -= (shelf++)->share;
    return shelf;
}

Catalogue catalogue_create(uint64_t seed, uint64_t works) {
    return (Catalogue){seed, works ? works : 1, catalogue_words_create(seed)};
}

void catalogue_free(Catalogue *catalogue) {
    catalogue_words_free(catalogue->words);
    catalogue->words = NULL;
}

void catalogue_work(const Catalogue *catalogue, uint64_t number, CatalogueWork *work) {
    Pen pen = {.catalogue = catalogue,
               .chance = catalogue_chance(catalogue->seed, number),
               .ink = {work->text, work->text + sizeof work->text}};
    pen.shelf = draw_shelf(&pen.chance);
    pen.language = catalogue_draw_language(&pen.chance);
    pen.topic = draw_listed(&pen.chance, pen.shelf->topics);
    work->number = number;
    work->category = str_from_c(pen.shelf->code);
    work->category_number = pen.shelf->number;
    work->license = draw_listed(&pen.chance, pen.shelf->licenses);
    work->language = str_from_c(catalogue_language(pen.language));
    work->title = write_title(&pen);
    work->author = write_author(&pen);
    work->uploader = write_uploader(&pen);
    write_tags(&pen, work);
    write_files(&pen, work);
    work->description = write_description(&pen);
    write_source(&pen, work);
    draw_counts(&pen, work);
    draw_hashes(&pen, work);
    work->published_at = draw_time(&pen, number);
}

SearchWork catalogue_search_work(const CatalogueWork *work) {
    return (SearchWork){.id = (int64_t)work->number + 1,
                        .title = work->title,
                        .author = work->author,
                        .description = work->description,
                        .uploader = work->uploader,
                        .license = work->license,
                        .language = work->language,
                        .category = work->category_number,
                        .tags = work->tags,
                        .tag_count = work->tag_count,
                        .paths = work->paths,
                        .path_count = work->file_count,
                        .size_bytes = work->size_bytes,
                        .published_at = work->published_at,
                        .seeders = work->seeders,
                        .leechers = work->leechers,
                        .completed = work->completed,
                        .file_count = (uint32_t)work->file_count,
                        .last_seeder_at = work->seeders ? work->published_at : 0};
}

/* --- JSON lines --- */

/* Nothing that is made up here needs escapes. */
static void ink_text(Ink *ink, const char *name, Str value) {
    ink_byte(ink, '"');
    ink_add(ink, str_from_c(name));
    ink_add(ink, STR("\":\""));
    ink_add(ink, value);
    ink_add(ink, STR("\","));
}

static void ink_value(Ink *ink, const char *name, uint64_t value) {
    ink_byte(ink, '"');
    ink_add(ink, str_from_c(name));
    ink_add(ink, STR("\":"));
    ink_number(ink, value, 1);
    ink_byte(ink, ',');
}

static void ink_hash(Ink *ink, const char *name, const uint8_t *bytes, size_t len) {
    static const char digits[] = "0123456789abcdef";
    char text[64];
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    ink_text(ink, name, (Str){text, 2 * len});
}

static void ink_time(Ink *ink, Seconds at) {
    char text[RFC3339_BYTES + 1];
    clock_write_rfc3339(text, at);
    ink_text(ink, "published_at", (Str){text, RFC3339_BYTES});
}

static void ink_lists(Ink *ink, const CatalogueWork *work) {
    ink_add(ink, STR("\"tags\":["));
    for (size_t i = 0; i < work->tag_count; i++) {
        ink_add(ink, i ? STR(",\"") : STR("\""));
        ink_add(ink, work->tags[i]);
        ink_byte(ink, '"');
    }
    ink_add(ink, STR("],\"file_list\":["));
    for (size_t i = 0; i < work->file_count; i++) {
        ink_add(ink, i ? STR(",{") : STR("{"));
        ink_text(ink, "path", work->paths[i]);
        ink_value(ink, "size_bytes", work->sizes[i]);
        ink->at[-1] = '}';
    }
    ink_add(ink, STR("]}\n"));
}

size_t catalogue_line(const CatalogueWork *work, char ret_line[CATALOGUE_LINE_BYTES]) {
    Ink ink = {ret_line, ret_line + CATALOGUE_LINE_BYTES};
    ink_byte(&ink, '{');
    ink_text(&ink, "title", work->title);
    if (work->has_v1) ink_hash(&ink, "infohash_v1", work->v1, sizeof work->v1);
    if (work->has_v2) ink_hash(&ink, "infohash_v2", work->v2, sizeof work->v2);
    ink_value(&ink, "size_bytes", work->size_bytes);
    ink_value(&ink, "files", work->file_count);
    ink_text(&ink, "category", work->category);
    ink_text(&ink, "license", work->license);
    ink_text(&ink, "language", work->language);
    ink_text(&ink, "author", work->author);
    ink_text(&ink, "uploader", work->uploader);
    ink_text(&ink, "source_url", work->source_url);
    ink_time(&ink, work->published_at);
    ink_value(&ink, "seeders", work->seeders);
    ink_value(&ink, "leechers", work->leechers);
    ink_value(&ink, "completed", work->completed);
    ink_text(&ink, "description", work->description);
    ink_lists(&ink, work);
    return (size_t)(ink.at - ret_line);
}
