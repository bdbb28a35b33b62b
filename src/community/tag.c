#include "community/tag.h"

#include "base/encode.h"
#include "base/limits.h"
#include "base/text.h"
#include "community/permission.h"
#include "community/plain_text.h"
#include "community/upload_words.h"
#include "queries/tag.h"
#include "queries/torrent.h"
#include "search/fold.h"

bool tag_may_edit(const Visit *visit) { return visit->viewer.role >= ROLE_TRUSTED; }

Error tag_read(Str typed, Arena *arena, Str *ret_name) {
    ErrorList errors = {.arena = arena};
    Str name = upload_words_tags(typed, arena, &errors);
    bool is_one = name.len && str_find_byte(name, ' ') == STR_NONE;
    if (errors.count || !is_one)
        return error_field(BAD_INPUT, "tag", "bad_tag",
                           "A tag has letters, digits and - _ . + #, at most 40 bytes.");
    *ret_name = name;
    return OK;
}

Error tag_resolve(Visit *visit, Str tag, Str *ret_tag) {
    bool found;
    TagSynonymFindRow row;
    TRY(query_tag_synonym_find(visit->db, visit->arena, (TagSynonymFindAsk){.name = tag}, &found,
                               &row));
    *ret_tag = found ? row.tag : tag;
    return OK;
}

Error tag_meant(Visit *visit, Str typed, Str *ret_tag) {
    Str name;
    *ret_tag = typed;
    if (failed(tag_read(typed, visit->arena, &name))) return OK;
    Str tag;
    TRY(tag_resolve(visit, name, &tag));
    if (!str_equal(tag, name)) *ret_tag = tag;
    return OK;
}

static bool is_among(Str tags, Str tag) {
    for (Str left = tags; left.len;)
        if (str_equal(str_cut(&left, ' '), tag)) return true;
    return false;
}

Error tag_resolve_all(Visit *visit, Str tags, Str *ret_tags) {
    Text text = text_create(visit->arena, (size_t)TAGS_MAX * (TAG_BYTES_MAX + 1));
    for (Str left = tags; left.len;) {
        Str tag;
        TRY(tag_resolve(visit, str_cut(&left, ' '), &tag));
        if (is_among(text_str(&text), tag)) continue;
        if (text.len) text_add_byte(&text, ' ');
        text_add(&text, tag);
    }
    *ret_tags = text_str(&text);
    return OK;
}

static Error count_works(Visit *visit, Str name, uint64_t *ret_works) {
    SearchAsk ask = {.category = SEARCH_ANY, .tag = name, .sort = SEARCH_BY_NEWEST};
    SearchResult result;
    TRY(search_find(visit->community->search, &ask, visit->arena, &result));
    *ret_works = result.total;
    return OK;
}

/* What is said of it, whoever it stands for. */
static Error fill(Visit *visit, Str name, Tag *tag) {
    bool found;
    TagFindRow row;
    TagSynonymsRows synonyms;
    TRY(query_tag_find(visit->db, visit->arena, (TagFindAsk){.name = name}, &found, &row));
    TRY(query_tag_synonyms(visit->db, visit->arena,
                           (TagSynonymsAsk){.tag = name, .count = TAG_SYNONYMS_MAX}, &synonyms));
    *tag = (Tag){.name = name, .synonyms = arena_new(visit->arena, Str, synonyms.count)};
    if (found) tag->description = row.description;
    if (found) tag->changed_at = row.changed_at;
    for (size_t i = 0; i < synonyms.count; i++)
        tag->synonyms[tag->synonym_count++] = synonyms.at[i].name;
    return count_works(visit, name, &tag->works);
}

static Error not_found(void) {
    return error(NOT_FOUND, "no_such_tag", "No work carries this tag.");
}

Error tag_find(Visit *visit, Str typed, Tag *ret_tag) {
    Str name;
    Tag tag;
    if (failed(tag_read(typed, visit->arena, &name))) return not_found();
    TRY(tag_resolve(visit, name, &name));
    TRY(fill(visit, name, &tag));
    if (!tag.works && !tag.changed_at && !tag.synonym_count) return not_found();
    *ret_tag = tag;
    return OK;
}

typedef struct {
    TagPutAsk put;
    TagEventAddAsk event;
} Describing;

static Error describe(Db *db, Arena *arena, void *argument) {
    const Describing *describing = argument;
    TRY(query_tag_put(db, arena, describing->put, NULL));
    return query_tag_event_add(db, arena, describing->event, NULL);
}

static Error check_description(Visit *visit, Str typed, Str *ret_description) {
    bool fits = typed.len <= TAG_DESCRIPTION_BYTES_MAX;
    Str description;
    if (!fits)
        return error_field(BAD_INPUT, "description", "too_long", "This is longer than {} bytes.",
                           arena_print(visit->arena, "%d", TAG_DESCRIPTION_BYTES_MAX));
    if (!plain_text_lines(typed, visit->arena, &description))
        return error_field(BAD_INPUT, "description", "bad_characters",
                           "This contains characters that cannot be shown.");
    *ret_description = description;
    return OK;
}

Error tag_describe(Visit *visit, Str name, Str typed) {
    Tag tag;
    Str description;
    TRY(permission_role(visit, ROLE_TRUSTED));
    TRY(permission_scope(visit, STR("upload")));
    TRY(tag_find(visit, name, &tag));
    TRY(check_description(visit, typed, &description));
    if (str_equal(description, tag.description)) return OK;
    Describing describing = {
        .put = {tag.name, description, visit->now},
        .event = {
            tag.name, visit->now, {true, visit->viewer.member_id}, STR("described"), (Str){0}}};
    return store_write(visit->community->store, visit->arena, describe, &describing);
}

/* The index knows tags folded ("ete"); how people write one stands in the newest work with it. */
static Str name_in(const TorrentLineRows *rows, int64_t id, Str folded, Arena *arena) {
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->at[i].id != id) continue;
        for (Str left = rows->at[i].tags; left.len;) {
            Str tag = str_cut(&left, ' ');
            if (str_equal(fold_text(arena, tag), folded)) return tag;
        }
    }
    return folded;
}

static int compare_uses(const void *a, const void *b) {
    const TagUse *x = a, *y = b;
    if (x->works != y->works) return x->works > y->works ? -1 : 1;
    return str_compare(x->name, y->name);
}

static Error newest_with(Visit *visit, SearchFacet *facet, int64_t *ret_id) {
    SearchAsk ask = {
        .category = SEARCH_ANY, .tag = facet->value, .sort = SEARCH_BY_NEWEST, .limit = 1};
    SearchResult result;
    TRY(search_find(visit->community->search, &ask, visit->arena, &result));
    facet->count = result.total;
    *ret_id = result.count ? result.hits[0].id : 0;
    return OK;
}

Error tag_list(Visit *visit, size_t count, TagUses *ret_tags) {
    if (count > TAGS_LISTED_MAX) count = TAGS_LISTED_MAX;
    SearchFacets facets;
    TorrentLineRows rows = {0};
    TRY(search_list_tags(visit->community->search, count, visit->arena, &facets));
    int64_t *ids = arena_new(visit->arena, int64_t, facets.count);
    for (size_t i = 0; i < facets.count; i++) TRY(newest_with(visit, &facets.at[i], &ids[i]));
    if (facets.count)
        TRY(query_torrent_by_ids(visit->db, visit->arena,
                                 (TorrentByIdsAsk){.ids = {ids, facets.count}}, &rows));
    TagUses tags = {arena_new(visit->arena, TagUse, facets.count), 0};
    for (size_t i = 0; i < facets.count; i++) {
        Str name = name_in(&rows, ids[i], facets.at[i].value, visit->arena);
        if (facets.at[i].count) tags.at[tags.count++] = (TagUse){name, facets.at[i].count};
    }
    qsort(tags.at, tags.count, sizeof *tags.at, compare_uses);
    *ret_tags = tags;
    return OK;
}

Str tag_path(Visit *visit, Language language, Str name) {
    Text path = text_create(visit->arena, sizeof "/en/tag/" + name.len * 3);
    text_print(&path, "/%s/tag/", language_code(language));
    percent_write(&path, name);
    return text_str(&path);
}

Error tag_history(Visit *visit, Str name, TagEvent **ret_events, size_t *ret_count) {
    TagEventListRows rows;
    TRY(query_tag_event_list(visit->db, visit->arena,
                             (TagEventListAsk){.name = name, .count = LISTED_EVENTS_MAX}, &rows));
    TagEvent *events = arena_new(visit->arena, TagEvent, rows.count);
    for (size_t i = 0; i < rows.count; i++)
        events[i] = (TagEvent){rows.at[i].at, rows.at[i].actor, rows.at[i].what, rows.at[i].detail};
    *ret_events = events;
    *ret_count = rows.count;
    return OK;
}
