/* token.h — folded text cut into the pieces that are indexed and asked for.
 * A piece is a run of letters or a run of digits: "ubuntu-24.04-amd64.iso" gives ubuntu 24 04 amd
 * 64 iso at positions 0 to 5, so that any way of writing it is the same row of pieces. Pieces that
 * touch, or are tied by a hyphen or an apostrophe, are also kept joined when a letter is among them
 * ("amd64", "wifi" for wi-fi). Scripts written without spaces give every overlapping pair of
 * letters, and their last letter alone. Tokens point into the folded text or the arena. */
#pragma once
#include "base/arena.h"

enum { TOKEN_JOINED_PIECES_MAX = 3 }; /* a longer row is a file name, and found as a row */
enum { TOKEN_BYTES_MAX = 64 };        /* the rest of a longer one is dropped, here and when asked */

typedef enum {
    TOKEN_PIECE,
    TOKEN_PAIR,   /* two letters of a script without spaces */
    TOKEN_TAIL,   /* the last letter of such a run */
    TOKEN_JOINED, /* touching pieces as one; stands at the position of the first */
} TokenKind;

typedef struct {
    Str text;
    uint32_t position;
    TokenKind kind;
} Token;

typedef struct {
    Token *at;
    size_t count, room;
    uint32_t positions; /* how many the text takes */
} Tokens;

/* Adds the tokens of `folded`, positions counted from `first_position`. */
void token_split(Arena *arena, Str folded, uint32_t first_position, Tokens *tokens);

enum { TOKEN_EXTENSION_BYTES_MAX = 10 };
/* What stands behind the last dot of a file name, letters and digits; empty when there is none.
 * "a/b.TAR.gz" folded gives "gz". Points into it. */
Str token_extension(Str folded_path);
