/* path.h — names from strangers, made safe to show.
 * What could mislead or break out is replaced by something visible, never dropped: U+FFFD for
 * control characters, marks that turn the writing direction (U+061C, U+200E-F, U+202A-E, U+2066-9),
 * invisible
 * signs (U+200B, U+2060-4, U+FEFF), line and paragraph separators and bytes that are not UTF-8; "_"
 * for a separator inside a name and for the dots of "." and ".."; "_" for no name. */
#pragma once
#include "base/text.h"

enum { PATH_SHOWN_GROWTH = 3 }; /* a shown name is at most this many times its bytes, plus one */

void path_add_part(Text *text, Str part);     /* with a '/' before it unless text is empty */
Str path_show(Str part, Arena *arena);        /* one name; the same bytes when they are safe */
Str path_show_words(Str words, Arena *arena); /* for a comment: lines, tabs and separators stay */

/* A name of which nothing is left once NUL, separators and direction marks are taken out and "."
 * and
 * ".." are refused: what libtorrent calls no name. The empty string is not one: it is shown as "_".
 */
bool path_is_nothing(Str part);
