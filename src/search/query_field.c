#include "search/query_field.h"

#include "base/language.h"
#include "base/limits.h"
#include "search/fold.h"
#include "search/spelling.h"

enum { NEAR_BYTES_MIN = 4, FIELD_BYTES_MAX = 32, FIELD_ARENA_BYTES_MAX = 16 * KIB };

const QueryField query_fields[] = {
    {"title", "titre", QUERY_WORDS, 1 << FIELD_TITLE, WORDS("Title"), "title:\"war and peace\"",
     WORDS("Words of the title"), NULL},
    {"author", "by auteur auteure autrice", QUERY_WORDS, 1 << FIELD_AUTHOR, WORDS("Author"),
     "author:tolstoy", WORDS("Words of the author’s name"), NULL},
    {"file", "path fichier", QUERY_WORDS, 1 << FIELD_FILE, WORDS("File"), "file:readme",
     WORDS("Words of a file name"), NULL},
    {"description", "text texte", QUERY_WORDS, 1 << FIELD_DESCRIPTION, WORDS("Description"),
     "description:bilingual", WORDS("Words of the description"), NULL},
    {"ext", "extension type filetype format", QUERY_EXTENSION, 0, WORDS("File extension"),
     "ext:epub,pdf", WORDS("Files of a kind, by the end of their name"),
     WORDS("“{}” is no file extension: write ext:epub or ext:iso,img.")},
    {"category", "cat categorie", QUERY_CATEGORY, 0, WORDS("Category"), "category:music,books",
     WORDS("One of these categories"), WORDS("There is no category “{}”.")},
    {"tag", "tags etiquette", QUERY_TAG, 0, WORDS("Tag"), "tag:jazz",
     WORDS("A tag, the whole of it"), NULL},
    {"license", "licence", QUERY_LICENSE, 0, WORDS("Licence"), "license:cc0-1.0,cc-by-4.0",
     WORDS("One of these licences"), WORDS("“{}” is not a licence known here.")},
    {"may", "can peut droit", QUERY_MAY, 0, WORDS("What I may do"), "may:change,sell",
     WORDS("Works one may use, share, change or sell: all that is named"),
     WORDS("“{}” is nothing one may do: write may:use, may:share, may:change or may:sell.")},
    {"lang", "language langue", QUERY_LANGUAGE, 0, WORDS("Language"), "lang:fr",
     WORDS("One of these languages"),
     WORDS("“{}” is no language: write its code, as lang:fr, or its name.")},
    {"user", "uploader member membre", QUERY_UPLOADER, 0, WORDS("Member"), "user:ana",
     WORDS("Published by this member"), NULL},
    {"size", "taille", QUERY_SIZE, 0, WORDS("Size"), "size:700MB..2GB",
     WORDS("Size of all files together"),
     WORDS("“{}” is no size: write size:>1GB, size:<=700MB or size:1GB..4GB.")},
    {"files", "filecount fichiers", QUERY_FILES, 0, WORDS("Files"), "files:<10",
     WORDS("How many files"),
     WORDS("“{}” is no number of files: write files:1, files:>10 or files:2..20.")},
    {"seeds", "seeders seeder sources", QUERY_SEEDERS, 0, WORDS("Seeders"), "seeds:>0",
     WORDS("How many seeders now"),
     WORDS("“{}” is no number of seeders: write seeds:>0 or seeds:1..5.")},
    {"health", "sante", QUERY_HEALTH, 0, WORDS("Health"), "health:alive,new",
     WORDS("How it fares: new, alive, at_risk, dead or unknown"),
     WORDS("“{}” is no state of health: it is new, alive, at_risk, dead or unknown.")},
    {"date", "published year annee publie", QUERY_DATE, 0, WORDS("Published"), "date:2024..2025",
     WORDS("When it was published: a year, a month or a day"),
     WORDS(
         "“{}” is no date: write date:2024, date:2024-05, date:>=2024-05-17 or date:2024..2025.")},
    {"age", "since depuis", QUERY_DATE, 0, WORDS("Age"), "age:<30d",
     WORDS("Published how long ago, in h, d, w, m or y"),
     WORDS("“{}” is no age: write age:<30d, age:>1y or age:2w..6m.")},
    {"hash", "infohash empreinte btih", QUERY_ID, 0, WORDS("Info-hash"), "hash:08ada5a7a6183aae",
     WORDS("The work with this info-hash, or its beginning"),
     WORDS("No work here has the hash “{}”.")},
    {0},
};

static bool has_alias(const QueryField *field, Str folded) {
    for (Str rest = str_from_c(field->aliases); rest.len;) {
        if (str_equal(str_cut(&rest, ' '), folded)) return true;
    }
    return false;
}

static const QueryField *find_folded(Str folded) {
    for (const QueryField *field = query_fields; field->name; field++) {
        if (str_equal(folded, str_from_c(field->name)) || has_alias(field, folded)) return field;
    }
    return NULL;
}

const QueryField *query_field_find(Str name) {
    if (!name.len || name.len > FIELD_BYTES_MAX) return NULL;
    Arena arena = arena_create(FIELD_ARENA_BYTES_MAX);
    const QueryField *found = find_folded(fold_text(&arena, name));
    arena_free(&arena);
    return found;
}

const QueryField *query_field_near(Str name) {
    if (name.len < NEAR_BYTES_MIN - 1 || name.len > FIELD_BYTES_MAX) return NULL;
    Arena arena = arena_create(FIELD_ARENA_BYTES_MAX);
    Str folded = fold_text(&arena, name);
    const QueryField *nearest = NULL;
    unsigned least =
        name.len < NEAR_BYTES_MIN + 2 ? 2 : 3; /* one letter of a short name, else two */
    for (const QueryField *field = query_fields; field->name; field++) {
        unsigned distance = spelling_distance(folded, str_from_c(field->name), least - 1);
        if (distance >= least) continue;
        least = distance;
        nearest = field;
        if (!least) break;
    }
    arena_free(&arena);
    return nearest;
}
