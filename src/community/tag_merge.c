#include "community/tag_merge.h"

#include "base/limits.h"
#include "base/text.h"
#include "community/permission.h"
#include "community/torrent_row.h"
#include "queries/tag.h"
#include "queries/tag_merge.h"
#include "search/fold.h"

enum { BATCH = 100 };

static TagMerge merge_from(const TagMergeLineRow *row) {
    return (TagMerge){.id = row->id,
                      .name = row->name,
                      .tag = row->tag,
                      .state = (TagMergeState)row->state,
                      .actor = row->actor,
                      .started_at = row->started_at,
                      .ended_at = row->ended_at,
                      .works = (uint64_t)row->works};
}

/* --- asked for --- */

typedef struct {
    Str name, tag, synonyms;
    int64_t actor_id;
    Seconds now;
    int64_t id;
} Beginning;

static Error note(Db *db, Arena *arena, const Beginning *by, Str name, Str detail) {
    bool is_back = by->id > 0;
    return query_tag_event_add(db, arena,
                               (TagEventAddAsk){name,
                                                by->now,
                                                {by->actor_id > 0, by->actor_id},
                                                is_back ? STR("unmerged") : STR("merged"),
                                                detail},
                               NULL);
}

static Error note_both(Db *db, Arena *arena, const Beginning *by) {
    Str words = arena_print(arena, "%.*s → %.*s", STR_PRINTF(by->name), STR_PRINTF(by->tag));
    TRY(note(db, arena, by, by->name, words));
    return note(db, arena, by, by->tag, words);
}

static Error too_many(void) {
    return error(TOO_MANY, "too_many_merges",
                 "Many tags are being merged already. Come back in an hour.");
}

static Error check_room(Db *db, Arena *arena, Beginning *beginning, size_t synonyms) {
    TagSynonymCountRow there;
    TagMergeCountRow going, back;
    TRY(query_tag_synonym_count(db, arena, (TagSynonymCountAsk){beginning->tag}, &there));
    if ((size_t)there.count + synonyms + 1 > TAG_SYNONYMS_MAX)
        return error(CONFLICT, "too_many_synonyms", "So many words stand for this tag already.");
    TRY(query_tag_merge_count(db, arena, (TagMergeCountAsk){TAG_MERGING}, &going));
    TRY(query_tag_merge_count(db, arena, (TagMergeCountAsk){TAG_UNMERGING}, &back));
    return going.count + back.count >= TAG_MERGES_WAITING_MAX ? too_many() : OK;
}

/* What the tag stands for is asked again, since it may have changed until the writer's turn. */
static Error begin(Db *db, Arena *arena, void *argument) {
    Beginning *beginning = argument;
    bool found;
    TagSynonymFindRow row;
    TRY(query_tag_synonym_find(db, arena, (TagSynonymFindAsk){beginning->tag}, &found, &row));
    if (found) beginning->tag = row.tag;
    TRY(query_tag_synonym_find(db, arena, (TagSynonymFindAsk){beginning->name}, &found, &row));
    if (str_equal(beginning->name, beginning->tag) || (found && str_equal(row.tag, beginning->tag)))
        return error_field(CONFLICT, "into", "same_tag", "These are one tag already.");
    if (found)
        return error_field(CONFLICT, "tag", "is_synonym",
                           "This word stands for the tag \"{}\": take that back first.", row.tag);
    TagSynonymsRows synonyms;
    TRY(query_tag_synonyms(db, arena, (TagSynonymsAsk){beginning->name, TAG_SYNONYMS_MAX},
                           &synonyms));
    TRY(check_room(db, arena, beginning, synonyms.count));
    Str *names = arena_new(arena, Str, synonyms.count);
    for (size_t i = 0; i < synonyms.count; i++) names[i] = synonyms.at[i].name;
    beginning->synonyms = torrent_join(names, synonyms.count, ' ', arena);
    TRY(query_tag_synonym_move(db, arena, (TagSynonymMoveAsk){beginning->name, beginning->tag},
                               NULL));
    TRY(query_tag_synonym_put(db, arena, (TagSynonymPutAsk){beginning->name, beginning->tag},
                              NULL));
    TRY(note_both(db, arena, beginning));
    TagMergeAddRow added;
    TRY(query_tag_merge_add(db, arena,
                            (TagMergeAddAsk){beginning->name,
                                             beginning->tag,
                                             beginning->synonyms,
                                             TAG_MERGING,
                                             {beginning->actor_id > 0, beginning->actor_id},
                                             beginning->now},
                            &added));
    beginning->id = added.id;
    return OK;
}

static Error find_merge(Visit *visit, int64_t id, TagMergeLineRow *ret_row) {
    bool found;
    TRY(query_tag_merge_find(visit->db, visit->arena, (TagMergeFindAsk){id}, &found, ret_row));
    if (!found) return error(NOT_FOUND, "no_such_merge", "There is no such merge of tags.");
    return OK;
}

static Error may(Visit *visit) {
    TRY(permission_role(visit, ROLE_TRUSTED));
    return permission_scope(visit, STR("upload"));
}

static void spread(const Visit *visit) {
    const Community *community = visit->community;
    if (community->changed) community->changed(community->changed_argument);
}

Error tag_merge(Visit *visit, Str name, Str into, TagMerge *ret_merge) {
    TRY(may(visit));
    Tag tag;
    Beginning beginning = {.actor_id = visit->viewer.member_id, .now = visit->now};
    TRY(tag_read(name, visit->arena, &beginning.name));
    Error fault = tag_read(into, visit->arena, &beginning.tag);
    fault.field = failed(fault) ? "into" : NULL;
    TRY(fault);
    Error missing = tag_find(visit, beginning.tag, &tag);
    missing.field = failed(missing) ? "into" : NULL;
    TRY(missing);
    TRY(store_write(visit->community->store, visit->arena, begin, &beginning));
    TagMergeLineRow row;
    TRY(find_merge(visit, beginning.id, &row));
    *ret_merge = merge_from(&row);
    spread(visit);
    return OK;
}

/* --- taken back --- */

typedef struct {
    TagMergeLineRow merge;
    int64_t actor_id;
    Seconds now;
} Turning;

static Error turn_back(Db *db, Arena *arena, void *argument) {
    const Turning *turning = argument;
    const TagMergeLineRow *merge = &turning->merge;
    int64_t changed;
    TRY(query_tag_merge_set_state(
        db, arena, (TagMergeSetStateAsk){merge->id, merge->state, TAG_UNMERGING, 0}, &changed));
    if (!changed)
        return error(CONFLICT, "changed_meanwhile", "This changed just now. Look at it again.");
    TRY(query_tag_merge_go_on(db, arena,
                              (TagMergeGoOnAsk){merge->id, TAG_UNMERGING, (Str){0}, 0, 0}, NULL));
    /* It may stand for something else since: a later merge took its tag along. */
    TRY(query_tag_synonym_remove(db, arena, (TagSynonymRemoveAsk){merge->name, merge->tag},
                                 &changed));
    if (!changed)
        return error(CONFLICT, "merged_further",
                     "The tag \"{}\" was merged into another since: take that back first.",
                     merge->tag);
    for (Str left = merge->synonyms; left.len;) {
        Str synonym = str_cut(&left, ' ');
        TRY(query_tag_synonym_put(db, arena, (TagSynonymPutAsk){synonym, merge->name}, NULL));
    }
    Beginning by = {.name = merge->name,
                    .tag = merge->tag,
                    .actor_id = turning->actor_id,
                    .now = turning->now,
                    .id = merge->id};
    return note_both(db, arena, &by);
}

Error tag_merge_undo(Visit *visit, int64_t id, TagMerge *ret_merge) {
    TRY(may(visit));
    Turning turning = {.actor_id = visit->viewer.member_id, .now = visit->now};
    TRY(find_merge(visit, id, &turning.merge));
    if (turning.merge.state != TAG_MERGING && turning.merge.state != TAG_MERGED)
        return error(CONFLICT, "undone_already", "This was taken back already.");
    TRY(store_write(visit->community->store, visit->arena, turn_back, &turning));
    TRY(find_merge(visit, id, &turning.merge));
    *ret_merge = merge_from(&turning.merge);
    spread(visit);
    return OK;
}

Error tag_merge_list(Visit *visit, Str tag, TagMerge **ret_merges, size_t *ret_count) {
    TagMergeLineRows rows;
    TRY(query_tag_merge_into(visit->db, visit->arena, (TagMergeIntoAsk){tag, TAG_MERGES_LISTED_MAX},
                             &rows));
    TagMerge *merges = arena_new(visit->arena, TagMerge, rows.count);
    for (size_t i = 0; i < rows.count; i++) merges[i] = merge_from(&rows.at[i]);
    *ret_merges = merges;
    *ret_count = rows.count;
    return OK;
}

/* --- the job --- */

typedef struct {
    int64_t id;
    bool had_both;
    bool changed; /* what the writer found to do */
} Work;

typedef struct {
    const TagMergeLineRow *merge;
    bool back;
    Work *works;
    size_t count;
    TagMergeGoOnAsk progress;
    Seconds now;
} Batch;

/* `tags` with `now` in the place of `was`; what is there already is not doubled. */
static Str replaced(Str tags, Str was, Str now, Arena *arena) {
    Text text = text_create(arena, tags.len + now.len + 1);
    bool has_now = false;
    for (Str left = tags; left.len;) has_now |= str_equal(str_cut(&left, ' '), now);
    for (Str left = tags; left.len;) {
        Str tag = str_cut(&left, ' ');
        if (str_equal(tag, was)) tag = has_now ? (Str){0} : now;
        if (text.len && tag.len) text_add_byte(&text, ' ');
        text_add(&text, tag);
    }
    return text_str(&text);
}

static bool is_among(Str tags, Str wanted) {
    for (Str left = tags; left.len;)
        if (str_equal(str_cut(&left, ' '), wanted)) return true;
    return false;
}

/* Where both stood the one is put beside the other again, as far as there is room. */
static Str restored(const Batch *batch, const Work *work, Str tags, Arena *arena) {
    const TagMergeLineRow *merge = batch->merge;
    size_t count = tags.len > 0;
    if (!is_among(tags, merge->tag) || is_among(tags, merge->name)) return tags;
    if (!work->had_both) return replaced(tags, merge->tag, merge->name, arena);
    for (size_t i = 0; i < tags.len; i++) count += tags.at[i] == ' ';
    if (count >= TAGS_MAX) return tags;
    return arena_print(arena, "%.*s %.*s", STR_PRINTF(tags), STR_PRINTF(merge->name));
}

static Error change_work(Db *db, Arena *arena, const Batch *batch, Work *work) {
    bool found;
    TagMergeTagsRow row;
    const TagMergeLineRow *merge = batch->merge;
    TRY(query_tag_merge_tags(db, arena, (TagMergeTagsAsk){work->id}, &found, &row));
    if (!found) return OK;
    if (!batch->back) work->had_both = is_among(row.tags, merge->tag);
    Str tags = batch->back ? restored(batch, work, row.tags, arena)
                           : replaced(row.tags, merge->name, merge->tag, arena);
    work->changed = !str_equal(tags, row.tags);
    if (!work->changed) return OK;
    TRY(query_tag_merge_set_tags(db, arena, (TagMergeSetTagsAsk){work->id, tags}, NULL));
    if (!batch->back)
        TRY(query_tag_merge_work_add(
            db, arena, (TagMergeWorkAddAsk){merge->id, work->id, work->had_both}, NULL));
    Str was = batch->back ? merge->tag : merge->name, now = batch->back ? merge->name : merge->tag;
    Str words = arena_print(arena, "%.*s → %.*s", STR_PRINTF(was), STR_PRINTF(now));
    return torrent_note(
        db, arena,
        &(TorrentNote){
            .torrent_id = work->id, .at = batch->now, .what = STR("retagged"), .detail = words});
}

static Error write_batch(Db *db, Arena *arena, void *argument) {
    Batch *batch = argument;
    int64_t changed = 0;
    for (size_t i = 0; i < batch->count; i++) {
        TRY(change_work(db, arena, batch, &batch->works[i]));
        changed += batch->works[i].changed;
    }
    batch->progress.works = batch->merge->works + changed;
    return query_tag_merge_go_on(db, arena, batch->progress, NULL);
}

/* Works that search lists under the tag; when it has no more, those it does not know. A cursor that
 * it does not take any more begins anew: what is done already is not found to be changed. */
static Error list_forward(Visit *visit, Batch *batch, bool *ret_done) {
    const TagMergeLineRow *merge = batch->merge;
    SearchAsk ask = {.category = SEARCH_ANY,
                     .tag = merge->name,
                     .sort = SEARCH_BY_NEWEST,
                     .cursor = merge->cursor,
                     .limit = BATCH};
    SearchResult found = {0};
    if (merge->after_id == 0) {
        if (failed(search_find(visit->community->search, &ask, visit->arena, &found))) {
            ask.cursor = (Str){0};
            TRY(search_find(visit->community->search, &ask, visit->arena, &found));
        }
        batch->works = arena_new(visit->arena, Work, found.count);
        for (size_t i = 0; i < found.count; i++) batch->works[i] = (Work){.id = found.hits[i].id};
        batch->count = found.count;
        batch->progress.cursor = found.next;
        batch->progress.after_id = found.next.len ? 0 : 1;
        *ret_done = false;
        return OK;
    }
    TagMergeHiddenRows rows;
    TRY(query_tag_merge_hidden(
        visit->db, visit->arena,
        (TagMergeHiddenAsk){.name = merge->name, .after_id = merge->after_id - 1, .count = BATCH},
        &rows));
    batch->works = arena_new(visit->arena, Work, rows.count);
    for (size_t i = 0; i < rows.count; i++) batch->works[i] = (Work){.id = rows.at[i].id};
    batch->count = rows.count;
    if (rows.count) batch->progress.after_id = rows.at[rows.count - 1].id + 1;
    *ret_done = rows.count < BATCH;
    return OK;
}

static Error list_back(Visit *visit, Batch *batch, bool *ret_done) {
    TagMergeWorksRows rows;
    TRY(query_tag_merge_works(
        visit->db, visit->arena,
        (TagMergeWorksAsk){
            .merge_id = batch->merge->id, .after_id = batch->merge->after_id, .count = BATCH},
        &rows));
    batch->works = arena_new(visit->arena, Work, rows.count);
    for (size_t i = 0; i < rows.count; i++)
        batch->works[i] = (Work){.id = rows.at[i].torrent_id, .had_both = rows.at[i].had_both};
    batch->count = rows.count;
    if (rows.count) batch->progress.after_id = rows.at[rows.count - 1].torrent_id;
    *ret_done = rows.count < BATCH;
    return OK;
}

static Error end(Db *db, Arena *arena, void *argument) {
    return query_tag_merge_set_state(db, arena, *(TagMergeSetStateAsk *)argument, NULL);
}

static Error do_batch(Visit *visit, const TagMergeLineRow *merge, size_t *ret_works,
                      bool *ret_done) {
    Batch batch = {.merge = merge,
                   .back = merge->state == TAG_UNMERGING,
                   .progress = {merge->id, merge->state, merge->cursor, merge->after_id, 0},
                   .now = visit->now};
    TRY(batch.back ? list_back(visit, &batch, ret_done) : list_forward(visit, &batch, ret_done));
    TRY(store_write(visit->community->store, visit->arena, write_batch, &batch));
    for (size_t i = 0; i < batch.count; i++)
        if (batch.works[i].changed) TRY(torrent_index(visit, batch.works[i].id));
    *ret_works = batch.count;
    if (!*ret_done) return OK;
    TagMergeSetStateAsk ask = {merge->id, merge->state, batch.back ? TAG_UNMERGED : TAG_MERGED,
                               visit->now};
    TRY(store_write(visit->community->store, visit->arena, end, &ask));
    spread(visit);
    return OK;
}

static Error next_merge(Visit *visit, bool *ret_found, TagMergeLineRow *ret_merge) {
    TRY(query_tag_merge_next(visit->db, visit->arena, (TagMergeNextAsk){TAG_UNMERGING}, ret_found,
                             ret_merge));
    if (*ret_found) return OK;
    return query_tag_merge_next(visit->db, visit->arena, (TagMergeNextAsk){TAG_MERGING}, ret_found,
                                ret_merge);
}

Error tag_merge_work(Visit *visit, bool *ret_more) {
    bool found = false;
    size_t done = 0, tries = 0;
    do {
        TagMergeLineRow merge;
        size_t works = 0;
        bool ended = false;
        TRY(next_merge(visit, &found, &merge));
        if (!found) break;
        TRY(do_batch(visit, &merge, &works, &ended));
        done += works;
        tries++;
    } while (done < TAG_MERGE_WORKS_OF_TURN && tries < TAG_MERGE_WORKS_OF_TURN / BATCH * 3);
    *ret_more = found;
    return OK;
}

/* --- works that came in under the old word --- */

/* Where both fold to one word, search cannot tell which of them a work carries. */
static Error look_at(Visit *visit, const TagMergeLineRow *merge) {
    Arena *arena = visit->arena;
    Str stands_for;
    SearchAsk ask = {.category = SEARCH_ANY, .tag = merge->name, .sort = SEARCH_BY_NEWEST};
    SearchResult found;
    if (str_equal(fold_text(arena, merge->name), fold_text(arena, merge->tag))) return OK;
    TRY(tag_resolve(visit, merge->name, &stands_for));
    if (!str_equal(stands_for, merge->tag)) return OK;
    TRY(search_find(visit->community->search, &ask, arena, &found));
    if (!found.total) return OK;
    TagMergeSetStateAsk anew = {merge->id, TAG_MERGED, TAG_MERGING, 0};
    return store_write(visit->community->store, arena, end, &anew);
}

Error tag_merge_look_again(Visit *visit) {
    TagMergeLineRows rows;
    int64_t last_id = 0;
    do {
        TRY(query_tag_merge_after(visit->db, visit->arena,
                                  (TagMergeAfterAsk){TAG_MERGED, last_id, BATCH}, &rows));
        for (size_t i = 0; i < rows.count; i++) TRY(look_at(visit, &rows.at[i]));
        if (rows.count) last_id = rows.at[rows.count - 1].id;
    } while (rows.count == BATCH);
    return OK;
}
