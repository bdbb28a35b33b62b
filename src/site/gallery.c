#include "site/gallery.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "site/health_gallery.h"
#include "site/layout.h"

Layout gallery_layout(Gallery *g, const char *title, const char *section, const char *member) {
    return (Layout){
        .title = language_translate(g->language, str_from_c(title)),
        .site_name = STR("essaim"),
        .languages =
            layout_languages(g->arena, STR("https://essaim.example"), STR("/"), g->language),
        .theme = str_from_c(g->theme),
        .member = str_from_c(member),
        .is_moderator = member && strcmp(member, "noor") == 0,
        .is_admin = member && strcmp(member, "noor") == 0,
        .registration_open = true,
        .csrf = STR("c2VjcmV0LXRva2Vu"),
        .section = str_from_c(section),
    };
}

void gallery_begin(Gallery *g) { g->out = html_writer(g->arena, g->language, NOW); }

void gallery_finish(Gallery *g, const char *name) {
    if (!html_ok(&g->out)) abort();
    Str path = arena_print(g->arena, "%s/%s.%s.html", g->folder, name, language_code(g->language));
    FILE *file = fopen(str_c(g->arena, path), "wb");
    Str page = html_str(&g->out);
    if (!file || fwrite(page.at, 1, page.len, file) != page.len || fclose(file) != 0) {
        perror(path.at);
        exit(1);
    }
}

typedef struct {
    const char *title, *category, *licence, *uploader, *hit;
    uint64_t size_bytes, files, seeders, leechers, completed;
    int64_t age_s;
} Sample;

static const Sample samples[GALLERY_WORKS] = {
    {"Debian 12.8 “bookworm” netinst, amd64", "linux", "GPL-2.0-or-later", "noor",
     "debian-12.8.0-amd64-netinst.iso", 661651456, 1, 412, 9, 18234, 3600 * 5},
    {"Big Buck Bunny, 4K, 60 frames a second", "video", "CC-BY-3.0", "lucie", NULL, 672000000, 3,
     57, 4, 3911, 86400 * 2},
    {"LibriVox: Les Misérables, tome 1 – lu par un chœur de volontaires", "audiobooks",
     "CC-PDM-1.0", "amadou", "tome1/03_fantine_livre_troisieme.mp3", 1932735283, 74, 6, 1, 210,
     86400 * 9},
    {"OpenStreetMap: Bretagne, extract of October 2026", "maps", "ODbL-1.0", "yann", NULL,
     338690048, 1, 2, 0, 31, 86400 * 40},
    {"A field guide to the wild bees of Flanders and the Ardennes (PDF, EPUB, and the photographs "
     "at full size)",
     "books", "CC-BY-NC-SA-4.0", "lucie", NULL, 94371840, 214, 0, 3, 12, 86400 * 200},
    {"العربية: مكتبة الخطوط الحرة", "other", "OFL-1.1", "noor", NULL, 20971520, 48, 0, 0, 3,
     86400 * 800},
    {"Blender 4.5 LTS with sources", "software", "GPL-3.0-or-later", "amadou", NULL, 1610612736, 5,
     23, 2, 871, 1200},
    {"Musopen: Chopin, complete nocturnes", "music", "CC0-1.0", "yann", NULL, 734003200, 42, 11, 0,
     640, 86400 * 3},
};

TorrentRow gallery_row(Gallery *g, size_t number, bool with_hit) {
    const Sample *sample = &samples[number % GALLERY_WORKS];
    const Category *category = category_find(str_from_c(sample->category));
    const Licence *licence = licence_find(str_from_c(sample->licence));
    bool counted = sample->age_s != 1200;
    TorrentRow row = {
        .title = str_from_c(sample->title),
        .link = url_path(arena_print(g->arena, "/%s/torrent/%d/work", language_code(g->language),
                                     (int)(sample - samples) + 1)),
        .magnet =
            url_magnet(STR("magnet:?xt=urn:btih:6a9759bffd5c0af65319979fb7832189f4f3c35d&dn=work")),
        .file = url_path(STR("/t/6a9759bffd5c0af65319979fb7832189f4f3c35d.torrent")),
        .category = str_from_c(sample->category),
        .category_label = str_from_c(category ? category->name : "?"),
        .licence = licence_item(licence ? licence : &licences[0]),
        .size_bytes = sample->size_bytes,
        .files = sample->files,
        .seeders = sample->seeders,
        .leechers = sample->leechers,
        .completed = sample->completed,
        .counted_at = counted ? NOW - 40 : 0,
        .published_at = NOW - sample->age_s,
        .uploader = str_from_c(sample->uploader),
        .matched_path = with_hit ? str_from_c(sample->hit) : (Str){0},
        .state = STR("published"),
        .is_private = strcmp(sample->category, "maps") == 0,
    };
    health_gallery_row(&row, NOW);
    return row;
}

TorrentRows gallery_rows(Gallery *g, size_t from, size_t count, bool with_hits) {
    TorrentRow *rows = arena_new(g->arena, TorrentRow, GALLERY_WORKS);
    for (size_t i = 0; i < count; i++) rows[i] = gallery_row(g, from + i, with_hits);
    return (TorrentRows){rows, count};
}

CategoryItems gallery_shelves(Gallery *g, const char *current) {
    static const uint64_t counts[] = {0, 214, 120, 33, 87, 1312, 340, 2110, 75, 468, 51, 19, 8};
    CategoryShow show = {NULL, counts, sizeof counts / sizeof *counts, str_from_c(current)};
    return category_items(g->arena, &show);
}

void *gallery_keep(Gallery *g, const void *items, size_t bytes) {
    return memcpy(arena_alloc(g->arena, bytes, alignof(max_align_t)), items, bytes);
}
