#include "search/fold.h"

#include <utf8proc.h>

typedef struct {
    utf8proc_int32_t first, last;
} Range;

/* Marks that only decorate a letter. Other marks carry a sound of their own. */
static const Range accents[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05C7}, {0x0610, 0x061A},
    {0x064B, 0x065F}, {0x0670, 0x0670}, {0x06D6, 0x06ED}, {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE20, 0xFE2F},
};

/* Letters that Unicode does not decompose, though people type them without. Already lower case. */
static const struct {
    utf8proc_int32_t letter;
    char spelled[3];
} spellings[] = {
    {0x00E6, "ae"}, {0x00F0, "d"}, {0x00F8, "o"}, {0x00FE, "th"}, {0x0111, "d"},
    {0x0127, "h"},  {0x0131, "i"}, {0x0142, "l"}, {0x014B, "n"},  {0x0153, "oe"},
    {0x0167, "t"},  {0x0180, "b"}, {0x019A, "l"}, {0x01E5, "g"},  {0x0268, "i"},
};

enum { LETTERS_OF_ONE_MAX = 32 }; /* longest decomposition known to Unicode is 18 */

static bool is_accent(utf8proc_int32_t letter) {
    for (size_t i = 0; i < sizeof accents / sizeof *accents; i++) {
        if (letter >= accents[i].first && letter <= accents[i].last) return true;
    }
    return false;
}

static const char *spelling_of(utf8proc_int32_t letter) {
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        if (spellings[i].letter == letter) return spellings[i].spelled;
    }
    return NULL;
}

static bool is_ascii(Str text) {
    unsigned char seen = 0;
    for (size_t i = 0; i < text.len; i++) seen |= (unsigned char)text.at[i];
    return seen < 0x80;
}

static Str fold_ascii(Arena *arena, Str text) {
    char *at = arena_alloc(arena, text.len + 1, 1);
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.at[i];
        at[i] = (char)(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
    }
    return (Str){at, text.len};
}

typedef struct {
    utf8proc_int32_t *at;
    size_t count, room;
    Arena *arena;
} Letters;

static void letters_add(Letters *letters, utf8proc_int32_t letter) {
    if (letters->count == letters->room) {
        utf8proc_int32_t *grown = arena_new(letters->arena, utf8proc_int32_t, letters->room * 2);
        memcpy(grown, letters->at, letters->count * sizeof *grown);
        letters->at = grown;
        letters->room *= 2;
    }
    letters->at[letters->count++] = letter;
}

static void add_folded(Letters *letters, utf8proc_int32_t letter) {
    utf8proc_int32_t parts[LETTERS_OF_ONE_MAX];
    int boundary = UTF8PROC_BOUNDCLASS_START;
    utf8proc_ssize_t count =
        utf8proc_decompose_char(letter, parts, LETTERS_OF_ONE_MAX,
                                UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                                    UTF8PROC_IGNORE | UTF8PROC_STABLE,
                                &boundary);
    if (count < 0 || count > LETTERS_OF_ONE_MAX) {
        letters_add(letters, ' ');
        return;
    }
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        if (is_accent(parts[i])) continue;
        const char *spelled = spelling_of(parts[i]);
        if (!spelled) letters_add(letters, parts[i]);
        for (; spelled && *spelled; spelled++) letters_add(letters, *spelled);
    }
}

static Str letters_write(Letters *letters) {
    char *bytes = arena_alloc(letters->arena, letters->count * 4 + 1, 1);
    size_t len = 0;
    for (size_t i = 0; i < letters->count; i++) {
        len += (size_t)utf8proc_encode_char(letters->at[i], (utf8proc_uint8_t *)bytes + len);
    }
    return (Str){bytes, len};
}

Str fold_text(Arena *arena, Str text) {
    if (is_ascii(text)) return fold_ascii(arena, text);
    size_t room = text.len + LETTERS_OF_ONE_MAX;
    Letters letters = {arena_new(arena, utf8proc_int32_t, room), 0, room, arena};
    for (size_t i = 0; i < text.len;) {
        utf8proc_int32_t letter;
        utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)text.at + i,
                                                 (utf8proc_ssize_t)(text.len - i), &letter);
        bool valid = step > 0 && letter > 0;
        add_folded(&letters, valid ? letter : ' ');
        i += valid ? (size_t)step : 1;
    }
    /* Kana and Hangul are put together again, so that a letter is one code point. */
    utf8proc_ssize_t count = utf8proc_normalize_utf32(letters.at, (utf8proc_ssize_t)letters.count,
                                                      UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    if (count >= 0) letters.count = (size_t)count;
    return letters_write(&letters);
}
