/* fold.h — text as it is compared: one spelling for all the ways people type a word.
 * NFKC, case folded, accents stripped (Latin, Greek, Cyrillic, Hebrew and Arabic points; the vowel
 * signs of Indic scripts and the voicing of kana stay), ligatures and stroked letters spelled out
 * (oe, ae, ss, o, l). The same at indexing and at asking. Any bytes are taken: what is not UTF-8
 * becomes a space. */
#pragma once
#include "base/arena.h"

Str fold_text(Arena *arena, Str text);
