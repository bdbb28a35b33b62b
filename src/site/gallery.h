/* gallery.h — what the rooms of view_gallery share: pages written to a folder, and works to show.
 */
#pragma once
#include "site/views/compiled.h"

enum { NOW = 1795437000 }; /* 23 November 2026 */

typedef struct {
    Arena *arena;
    Language language;
    const char *folder, *theme;
    HtmlWriter out;
} Gallery;

Layout gallery_layout(Gallery *g, const char *title, const char *section, const char *member);
/* A page is everything written to g->out between the two; `name`.LANGUAGE.html. */
void gallery_begin(Gallery *g);
void gallery_finish(Gallery *g, const char *name);

/* One of a few works, and a row of them; with_hit: found by a file name. */
enum { GALLERY_WORKS = 8 };
TorrentRow gallery_row(Gallery *g, size_t number, bool with_hit);
TorrentRows gallery_rows(Gallery *g, size_t from, size_t count, bool with_hits);
CategoryItems gallery_shelves(Gallery *g, const char *current);
void *gallery_keep(Gallery *g, const void *items, size_t bytes); /* a copy */

#define LIST(Type, ...)                                                                    \
    (Type##s) {                                                                            \
        gallery_keep(g, (const Type[]){__VA_ARGS__}, sizeof((const Type[]){__VA_ARGS__})), \
            sizeof((const Type[]){__VA_ARGS__}) / sizeof(Type)                             \
    }
#define LINK(words, number, on)                                                          \
    (LinkItem) {                                                                         \
        .label = STR(words), .count = (number), .link = url_path(STR("/en/search?q=a")), \
        .current = (on)                                                                  \
    }
