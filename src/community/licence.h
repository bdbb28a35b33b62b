/* licence.h — under what terms a work may be used, in words people understand.
 * Identifiers are SPDX (plus CC-PDM-1.0). The list holds what may be shared freely; anything else
 * is refused. */
#pragma once
#include "base/error.h"

typedef enum {
    LICENCE_MAY_USE = 1,
    LICENCE_MAY_SHARE = 2,
    LICENCE_MAY_CHANGE = 4,
    LICENCE_MAY_SELL = 8,
    LICENCE_MUST_CREDIT = 16,
    LICENCE_MUST_SHARE_ALIKE = 32,
    LICENCE_MUST_GIVE_SOURCE = 64,
} LicenceTerms;

typedef struct {
    const char *id;   /* "CC-BY-SA-4.0" */
    const char *name; /* "Creative Commons Attribution-ShareAlike 4.0" */
    const char *url;  /* the text */
    unsigned terms;
    const char *group; /* English: "Public domain", "Creative Commons", "Software", "Data", "Fonts",
                          "Documentation" */
} Licence;

extern const Licence licences[];      /* in the order people should see them; ends with id NULL */
extern const Licence licence_unknown; /* stands for one taken off the list since; allows nothing */
const Licence *licence_find(
    Str id); /* case-insensitive, old names (CC-PDDC) too; NULL when unknown */
/* Title, author, source, licence in one line, ready to paste (TASL), the same in every language. */
Str licence_attribution(const Licence *licence, Str title, Str author, Str source_url,
                        Arena *arena);

/* What one may do, for searching: bit by bit the first four of LicenceTerms. */
enum { LICENCE_MAY_COUNT = 4, LICENCE_MAY_ANY = (1 << LICENCE_MAY_COUNT) - 1 };
extern const Str licence_may_names[LICENCE_MAY_COUNT]; /* "use", "share", "change", "sell" */
bool licence_may_parse(Str list, uint8_t *ret_bits);   /* "change,sell" */
Str licence_may_text(unsigned bits, Arena *arena);     /* the same back */
