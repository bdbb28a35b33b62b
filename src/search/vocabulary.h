/* vocabulary.h — every word known, and the number it goes by.
 * Numbers are dense, given in order of arrival and never taken back; a vocabulary that has shed
 * words is a new one. Exact look-up by a keyed hash, since strangers choose the words; look-up by
 * prefix in byte order. Not locked: many may read while nobody adds. */
#pragma once
#include "base/arena.h"

typedef struct Vocabulary Vocabulary;

#define WORD_NONE UINT32_MAX

Vocabulary *vocabulary_create(void);
void vocabulary_free(Vocabulary *vocabulary);              /* NULL is fine */
uint32_t vocabulary_add(Vocabulary *vocabulary, Str word); /* the number it has or now gets */
uint32_t vocabulary_find(const Vocabulary *vocabulary, Str word); /* or WORD_NONE */
Str vocabulary_word(const Vocabulary *vocabulary, uint32_t number);
uint32_t vocabulary_count(const Vocabulary *vocabulary);

typedef struct {
    uint32_t *at;
    size_t count;
} WordList;

/* The numbers of all words that start so, in no particular order. */
WordList vocabulary_list_prefix(const Vocabulary *vocabulary, Str prefix, Arena *arena);
