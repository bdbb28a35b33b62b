#include "search/token.h"

#include <utf8proc.h>

typedef enum { CLASS_OTHER, CLASS_LETTER, CLASS_DIGIT, CLASS_PAIRED, CLASS_TIE } Class;

typedef struct {
    Arena *arena;
    Tokens *tokens;
    uint32_t position;
    /* the joined form being built */
    char joined[TOKEN_BYTES_MAX];
    size_t joined_len, joined_pieces;
    uint32_t joined_position;
    bool joined_letters;
} Splitter;

/* Chinese, Japanese, Korean, and the scripts of South-East Asia written without spaces. */
static bool is_paired(utf8proc_int32_t letter) {
    if (letter < 0x0E00) return false;
    return (letter >= 0x0E00 && letter <= 0x0EFF) || (letter >= 0x1000 && letter <= 0x109F) ||
           (letter >= 0x1780 && letter <= 0x17FF) || (letter >= 0x3005 && letter <= 0x3007) ||
           (letter >= 0x3040 && letter <= 0x30FF) || (letter >= 0x3100 && letter <= 0x312F) ||
           (letter >= 0x31F0 && letter <= 0x31FF) || (letter >= 0x3400 && letter <= 0x4DBF) ||
           (letter >= 0x4E00 && letter <= 0x9FFF) || (letter >= 0xAC00 && letter <= 0xD7A3) ||
           (letter >= 0xF900 && letter <= 0xFAFF) || (letter >= 0x20000 && letter <= 0x3FFFF);
}

static Class class_of(utf8proc_int32_t letter) {
    if (letter < 0x80) {
        if ((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z'))
            return CLASS_LETTER;
        if (letter >= '0' && letter <= '9') return CLASS_DIGIT;
        return letter == '-' || letter == '\'' ? CLASS_TIE : CLASS_OTHER;
    }
    if (letter == 0x2019 || letter == 0x2010 || letter == 0x2011) return CLASS_TIE;
    switch (utf8proc_category(letter)) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ME: return is_paired(letter) ? CLASS_PAIRED : CLASS_LETTER;
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_NO: return CLASS_DIGIT;
        default: return CLASS_OTHER;
    }
}

/* Reads the letter at `at`; returns its length. Folded text is UTF-8, but a stray byte is passed.
 */
static size_t read_letter(Str text, size_t at, Class *ret_class) {
    if ((unsigned char)text.at[at] < 0x80) {
        *ret_class = class_of(text.at[at]);
        return 1;
    }
    utf8proc_int32_t letter;
    utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)text.at + at,
                                             (utf8proc_ssize_t)(text.len - at), &letter);
    *ret_class = step > 0 ? class_of(letter) : CLASS_OTHER;
    return step > 0 ? (size_t)step : 1;
}

/* At most TOKEN_BYTES_MAX bytes of it, ending between two letters. */
static Str shorten(Str text) {
    if (text.len <= TOKEN_BYTES_MAX) return text;
    size_t end = TOKEN_BYTES_MAX;
    while (end && ((unsigned char)text.at[end] & 0xC0) == 0x80) end--;
    return str_part(text, 0, end);
}

static void add_token(Splitter *splitter, TokenKind kind, Str text, uint32_t position) {
    Tokens *tokens = splitter->tokens;
    if (tokens->count == tokens->room) {
        size_t room = tokens->room ? tokens->room * 2 : 16;
        Token *grown = arena_new(splitter->arena, Token, room);
        if (tokens->count) memcpy(grown, tokens->at, tokens->count * sizeof *grown);
        tokens->at = grown;
        tokens->room = room;
    }
    tokens->at[tokens->count++] = (Token){shorten(text), position, kind};
}

static void end_joined(Splitter *splitter) {
    size_t pieces = splitter->joined_pieces;
    if (pieces > 1 && pieces <= TOKEN_JOINED_PIECES_MAX && splitter->joined_letters) {
        Str joined = arena_copy(splitter->arena, (Str){splitter->joined, splitter->joined_len});
        add_token(splitter, TOKEN_JOINED, joined, splitter->joined_position);
    }
    splitter->joined_len = splitter->joined_pieces = 0;
    splitter->joined_letters = false;
}

static void extend_joined(Splitter *splitter, Str piece, bool letters) {
    if (splitter->joined_pieces++ == 0) splitter->joined_position = splitter->position;
    splitter->joined_letters |= letters;
    Str fits = str_part(piece, 0, TOKEN_BYTES_MAX - splitter->joined_len);
    if (!fits.len) return;
    memcpy(splitter->joined + splitter->joined_len, fits.at, fits.len);
    splitter->joined_len += fits.len;
}

/* A run of one script without spaces: its pairs, then its last letter. */
static void add_pairs(Splitter *splitter, Str run) {
    Class class;
    for (size_t at = 0; at < run.len;) {
        size_t step = read_letter(run, at, &class);
        size_t next = at + step;
        if (next < run.len) {
            size_t end = next + read_letter(run, next, &class);
            add_token(splitter, TOKEN_PAIR, str_part(run, at, end), splitter->position);
        } else {
            add_token(splitter, TOKEN_TAIL, str_part(run, at, next), splitter->position);
        }
        splitter->position++;
        at = next;
    }
}

static size_t run_end(Str text, size_t at, Class wanted) {
    Class class;
    while (at < text.len) {
        size_t step = read_letter(text, at, &class);
        if (class != wanted) break;
        at += step;
    }
    return at;
}

void token_split(Arena *arena, Str folded, uint32_t first_position, Tokens *tokens) {
    Splitter splitter = {.arena = arena, .tokens = tokens, .position = first_position};
    bool tied = false; /* the letter before was a tie: a second one ends the word */
    for (size_t at = 0; at < folded.len;) {
        Class class;
        size_t step = read_letter(folded, at, &class);
        if (class == CLASS_LETTER || class == CLASS_DIGIT) {
            size_t end = run_end(folded, at, class);
            Str piece = str_part(folded, at, end);
            add_token(&splitter, TOKEN_PIECE, piece, splitter.position);
            extend_joined(&splitter, piece, class == CLASS_LETTER);
            splitter.position++;
            at = end;
            tied = false;
            continue;
        }
        if (class == CLASS_TIE && !tied) {
            tied = true;
            at += step;
            continue;
        }
        end_joined(&splitter);
        tied = false;
        if (class == CLASS_PAIRED) {
            size_t end = run_end(folded, at, CLASS_PAIRED);
            add_pairs(&splitter, str_part(folded, at, end));
            at = end;
        } else {
            at += step;
        }
    }
    end_joined(&splitter);
    tokens->positions = splitter.position - first_position;
}

Str token_extension(Str folded_path) {
    size_t at = folded_path.len;
    while (at && folded_path.at[at - 1] != '.' && folded_path.at[at - 1] != '/') {
        char c = folded_path.at[at - 1];
        bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!allowed || folded_path.len - at == TOKEN_EXTENSION_BYTES_MAX) return (Str){0};
        at--;
    }
    /* ".profile" is a name, not an extension. */
    bool dotted = at > 1 && folded_path.at[at - 1] == '.' && folded_path.at[at - 2] != '/';
    return dotted ? str_skip(folded_path, at) : (Str){0};
}
