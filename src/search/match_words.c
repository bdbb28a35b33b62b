#include "search/match.h"

enum { FIELDS_SEEN = 1 << FIELD_TITLE | 1 << FIELD_TAG | 1 << FIELD_AUTHOR };

/* A word of a phrase at one place of one work. */
typedef struct {
    uint32_t document;
    Occurrence occurrence;
} Place;

/* Reads the works of one part of a phrase: from its list, or, for a prefix, from places gathered
 * from the lists of all words that start so. */
typedef struct {
    const QueryPart *part;
    PostingCursor cursor;
    Place *places;
    size_t place, place_count;
    bool ended;
} PartReader;

typedef struct {
    Occurrence *at;
    size_t count, room;
} Occurrences;

typedef struct {
    const Index *index;
    const QueryWords *words;
    Arena *arena;
    PartReader *readers;
    Occurrences starts, others;
} PhraseReader;

/* A path is worth showing when the word stands in no field that the hit shows anyway. */
static bool wants_path(uint32_t fields) {
    return (fields & 1u << FIELD_FILE) && !(fields & FIELDS_SEEN);
}

static uint32_t first_path_position(const PostingCursor *cursor) {
    for (OccurrenceCursor at = posting_occurrences(cursor); occurrence_next(&at);) {
        if (at.occurrence.field == FIELD_FILE) return at.occurrence.position + 1;
    }
    return 0;
}

Matches match_list(const Index *index, const PostingList *list, uint8_t fields, Arena *arena) {
    Matches matches = matches_create(arena, list->count);
    for (PostingCursor cursor = posting_cursor(list); posting_next(&cursor);) {
        uint32_t found = cursor.fields & fields;
        if ((fields && !found) || index->columns.rows[cursor.document].gone) continue;
        uint32_t path = wants_path(found) ? first_path_position(&cursor) : 0;
        matches_add(&matches, (Match){cursor.document, found, path});
    }
    return matches;
}

static Matches match_prefix(const Index *index, Str prefix, uint8_t fields, Arena *arena) {
    WordList list = vocabulary_list_prefix(index->vocabulary, prefix, arena);
    if (list.count == 1) return match_list(index, &index->lists[list.at[0]], fields, arena);
    uint32_t count = index->columns.count;
    Match *by_document = arena_new(arena, Match, count + 1);
    for (size_t i = 0; i < list.count; i++) {
        for (PostingCursor cursor = posting_cursor(&index->lists[list.at[i]]);
             posting_next(&cursor);) {
            uint32_t found = cursor.fields & fields;
            Match *match = &by_document[cursor.document];
            match->points |= found;
            if (!match->path && wants_path(found)) match->path = first_path_position(&cursor);
        }
    }
    Matches matches = {by_document, 0};
    for (uint32_t i = 0; i < count; i++) {
        Match match = by_document[i];
        if (!match.points || index->columns.rows[i].gone) continue;
        match.document = i;
        if (!wants_path(match.points)) match.path = 0;
        matches_add(&matches, match);
    }
    return matches;
}

static Matches match_word(const Index *index, QueryPart part, uint8_t fields, Arena *arena) {
    return part.prefix ? match_prefix(index, part.word, fields, arena)
                       : match_list(index, index_find(index, part.word), fields, arena);
}

static uint32_t reader_document(const PartReader *reader) {
    return reader->places ? reader->places[reader->place].document : reader->cursor.document;
}

static void reader_next(PartReader *reader) {
    if (!reader->places) {
        reader->ended = !posting_next(&reader->cursor);
        return;
    }
    uint32_t document = reader_document(reader);
    while (reader->place < reader->place_count &&
           reader->places[reader->place].document == document)
        reader->place++;
    reader->ended = reader->place == reader->place_count;
}

/* Moves all chosen readers to the next work they share, from their present ones on. */
static bool readers_meet(PhraseReader *phrase, bool with_prefixes) {
    uint32_t document = 0;
    for (size_t agreed = 0, i = 0; agreed < phrase->words->count;
         i = (i + 1) % phrase->words->count) {
        PartReader *reader = &phrase->readers[i];
        if (reader->part->prefix && !with_prefixes) {
            agreed++;
            continue;
        }
        while (!reader->ended && reader_document(reader) < document) reader_next(reader);
        if (reader->ended) return false;
        bool same = reader_document(reader) == document;
        agreed = same ? agreed + 1 : 1;
        document = reader_document(reader);
    }
    return true;
}

static void rewind_readers(PhraseReader *phrase) {
    for (size_t i = 0; i < phrase->words->count; i++) {
        PartReader *reader = &phrase->readers[i];
        if (reader->part->prefix) continue;
        reader->cursor = posting_cursor(index_find(phrase->index, reader->part->word));
        reader->ended = !posting_next(&reader->cursor);
    }
}

static PartReader *first_exact(PhraseReader *phrase) {
    for (size_t i = 0; i < phrase->words->count; i++) {
        if (!phrase->readers[i].part->prefix) return &phrase->readers[i];
    }
    return NULL;
}

/* The works that hold every exact part, a bool each; NULL when there is none to go by. */
static bool *find_candidates(PhraseReader *phrase) {
    PartReader *exact = first_exact(phrase);
    if (!exact) return NULL;
    bool *candidates = arena_new(phrase->arena, bool, phrase->index->columns.count + 1);
    rewind_readers(phrase);
    while (readers_meet(phrase, false)) {
        candidates[reader_document(exact)] = true;
        reader_next(exact);
    }
    return candidates;
}

static int compare_places(const void *a, const void *b) {
    const Place *x = a, *y = b;
    if (x->document != y->document) return x->document < y->document ? -1 : 1;
    if (x->occurrence.field != y->occurrence.field)
        return x->occurrence.field < y->occurrence.field ? -1 : 1;
    if (x->occurrence.position == y->occurrence.position) return 0;
    return x->occurrence.position < y->occurrence.position ? -1 : 1;
}

static void places_add(PartReader *reader, size_t *room, Place place, Arena *arena) {
    if (reader->place_count == *room) {
        Place *grown = arena_new(arena, Place, *room * 2);
        memcpy(grown, reader->places, reader->place_count * sizeof *grown);
        reader->places = grown;
        *room *= 2;
    }
    reader->places[reader->place_count++] = place;
}

static void gather_places(PhraseReader *phrase, PartReader *reader, const bool *candidates) {
    const Index *index = phrase->index;
    WordList list = vocabulary_list_prefix(index->vocabulary, reader->part->word, phrase->arena);
    size_t room = 256;
    reader->places = arena_new(phrase->arena, Place, room);
    for (size_t i = 0; i < list.count; i++) {
        for (PostingCursor cursor = posting_cursor(&index->lists[list.at[i]]);
             posting_next(&cursor);) {
            if (candidates && !candidates[cursor.document]) continue;
            for (OccurrenceCursor at = posting_occurrences(&cursor); occurrence_next(&at);)
                places_add(reader, &room, (Place){cursor.document, at.occurrence}, phrase->arena);
        }
    }
    qsort(reader->places, reader->place_count, sizeof(Place), compare_places);
    reader->ended = reader->place_count == 0;
}

static void occurrences_add(Occurrences *list, Occurrence occurrence, Arena *arena) {
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 64;
        Occurrence *grown = arena_new(arena, Occurrence, room);
        if (list->count) memcpy(grown, list->at, list->count * sizeof *grown);
        list->at = grown;
        list->room = room;
    }
    list->at[list->count++] = occurrence;
}

/* Where the part stands in the work its reader is at, moved back to where the phrase would begin.
 */
static void read_starts(PhraseReader *phrase, const PartReader *reader, Occurrences *ret_starts) {
    ret_starts->count = 0;
    uint32_t back = reader->part->position;
    if (reader->places) {
        for (size_t i = reader->place; i < reader->place_count; i++) {
            Place place = reader->places[i];
            if (place.document != reader_document(reader)) break;
            if (place.occurrence.position < back) continue;
            place.occurrence.position -= back;
            occurrences_add(ret_starts, place.occurrence, phrase->arena);
        }
        return;
    }
    for (OccurrenceCursor at = posting_occurrences(&reader->cursor); occurrence_next(&at);) {
        if (at.occurrence.position < back) continue;
        Occurrence start = {at.occurrence.position - back, at.occurrence.field};
        occurrences_add(ret_starts, start, phrase->arena);
    }
}

static bool before(Occurrence a, Occurrence b) {
    return a.field != b.field ? a.field < b.field : a.position < b.position;
}

static void keep_shared(Occurrences *starts, const Occurrences *others) {
    size_t kept = 0;
    for (size_t i = 0, j = 0; i < starts->count; i++) {
        while (j < others->count && before(others->at[j], starts->at[i])) j++;
        if (j == others->count) break;
        if (!before(starts->at[i], others->at[j])) starts->at[kept++] = starts->at[i];
    }
    starts->count = kept;
}

/* The phrase in the work all readers are at. */
static Match check_phrase(PhraseReader *phrase) {
    Match match = {.document = reader_document(&phrase->readers[0])};
    read_starts(phrase, &phrase->readers[0], &phrase->starts);
    for (size_t i = 1; i < phrase->words->count && phrase->starts.count; i++) {
        read_starts(phrase, &phrase->readers[i], &phrase->others);
        keep_shared(&phrase->starts, &phrase->others);
    }
    for (size_t i = 0; i < phrase->starts.count; i++) {
        Occurrence start = phrase->starts.at[i];
        if (!(phrase->words->fields >> start.field & 1)) continue;
        match.points |= 1u << start.field;
        if (start.field == FIELD_FILE && !match.path) match.path = start.position + 1;
    }
    if (!wants_path(match.points)) match.path = 0;
    return match;
}

static Matches match_phrase(const Index *index, const QueryWords *words, Arena *arena) {
    PhraseReader phrase = {.index = index, .words = words, .arena = arena};
    phrase.readers = arena_new(arena, PartReader, words->count);
    bool prefixes = false;
    for (size_t i = 0; i < words->count; i++) {
        phrase.readers[i].part = &words->parts[i];
        prefixes |= words->parts[i].prefix;
    }
    const bool *candidates = prefixes ? find_candidates(&phrase) : NULL;
    for (size_t i = 0; i < words->count; i++) {
        if (words->parts[i].prefix) gather_places(&phrase, &phrase.readers[i], candidates);
    }
    rewind_readers(&phrase);
    size_t room = SIZE_MAX;
    for (size_t i = 0; i < words->count; i++) {
        size_t most = words->parts[i].prefix ? phrase.readers[i].place_count
                                             : index_find(index, words->parts[i].word)->count;
        if (most < room) room = most;
    }
    Matches matches = matches_create(arena, room);
    for (; readers_meet(&phrase, true); reader_next(&phrase.readers[0])) {
        Match match = check_phrase(&phrase);
        if (match.points && !index->columns.rows[match.document].gone) matches_add(&matches, match);
    }
    return matches;
}

Matches match_words(const Index *index, const QueryWords *words, Arena *arena) {
    Matches matches = words->count == 1 ? match_word(index, words->parts[0], words->fields, arena)
                                        : match_phrase(index, words, arena);
    if (!words->joined.len) return matches;
    QueryPart joined = {.word = words->joined, .prefix = words->joined_prefix};
    Matches more = match_word(index, joined, words->fields, arena);
    return matches_unite(matches, more, POINTS_ARE_FIELDS, arena);
}
