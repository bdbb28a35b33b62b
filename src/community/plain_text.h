/* plain_text.h — what people type, made fit to keep: UTF-8 in NFC, nothing that hides or turns the
 * text around. Control characters, marks that override the writing direction and invisible tags are
 * refused; characters of no width that get in by copying are left out. Sizes are the caller's to
 * limit, before and after. */
#pragma once
#include "base/arena.h"

/* One line: white space around it goes, white space in it becomes one space. Nothing visible left:
 * empty. */
bool plain_text_line(Str typed, Arena *arena, Str *ret_line);
/* Many lines, ended by \n; tabs stay. */
bool plain_text_lines(Str typed, Arena *arena, Str *ret_lines);
Str plain_text_nfc(Str s, Arena *arena);         /* the same bytes when s is not UTF-8 */
Str plain_text_lower(Str s, Arena *arena);       /* character by character; s is UTF-8 */
Str plain_text_lower_ascii(Str s, Arena *arena); /* other bytes stay */
Str plain_text_shorten(Str s, size_t bytes_max); /* cut between characters */
bool plain_text_is_word(Str s,
                        const char *also); /* letters, digits, marks and the characters of `also` */
