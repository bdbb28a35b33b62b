#include "search/spelling.h"

#include <utf8proc.h>

enum { LETTERS_MAX = 64 };

static size_t letters_of(Str text, utf8proc_int32_t ret_letters[LETTERS_MAX]) {
    size_t count = 0;
    for (size_t at = 0; at < text.len && count < LETTERS_MAX; count++) {
        utf8proc_ssize_t step =
            utf8proc_iterate((const utf8proc_uint8_t *)text.at + at,
                             (utf8proc_ssize_t)(text.len - at), &ret_letters[count]);
        at += step > 0 ? (size_t)step : 1;
    }
    return count;
}

static unsigned least_of(unsigned a, unsigned b) { return a < b ? a : b; }

/* Three rows of the table of distances between beginnings, the swap of neighbours included. */
unsigned spelling_distance(Str a, Str b, unsigned max) {
    utf8proc_int32_t x[LETTERS_MAX], y[LETTERS_MAX];
    unsigned rows[3][LETTERS_MAX + 1];
    size_t x_count = letters_of(a, x), y_count = letters_of(b, y);
    size_t apart = x_count > y_count ? x_count - y_count : y_count - x_count;
    if (apart > max) return max + 1;
    for (size_t j = 0; j <= y_count; j++) rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= x_count; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];
        unsigned best = row[0] = (unsigned)i;
        for (size_t j = 1; j <= y_count; j++) {
            unsigned changed = above[j - 1] + (x[i - 1] != y[j - 1]);
            row[j] = least_of(changed, least_of(above[j], row[j - 1]) + 1);
            bool swapped = i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1];
            if (swapped) row[j] = least_of(row[j], twice[j - 2] + 1);
            best = least_of(best, row[j]);
        }
        if (best > max) return max + 1;
    }
    unsigned distance = rows[x_count % 3][y_count];
    return distance > max ? max + 1 : distance;
}
