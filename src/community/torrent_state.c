#include "base/limits.h"
#include "base/text.h"
#include "community/permission.h"
#include "community/plain_text.h"
#include "community/tag.h"
#include "community/torrent_row.h"
#include "community/upload_words.h"
#include "queries/torrent_count.h"
#include "queries/torrent_event.h"

Error torrent_note(Db *db, Arena *arena, const TorrentNote *note) {
    return query_torrent_event_add(
        db, arena,
        (TorrentEventAddAsk){.torrent_id = note->torrent_id,
                             .at = note->at,
                             .actor_id = {note->actor_id > 0, note->actor_id},
                             .what = note->what,
                             .detail = note->detail},
        NULL);
}

/* After every change: search, tracker and cached pages follow. */
static Error spread(Visit *visit, int64_t id) {
    TRY(torrent_index(visit, id));
    if (visit->community->changed) visit->community->changed(visit->community->changed_argument);
    return OK;
}

static const char changed_meanwhile[] =
    "Somebody else changed this work just now. Look at it again.";

typedef struct {
    TorrentChangeAsk ask;
    TorrentNote note;
} Change;

static Error write_change(Db *db, Arena *arena, void *argument) {
    const Change *change = argument;
    int64_t changed;
    TRY(query_torrent_change(db, arena, change->ask, &changed));
    if (!changed) return error(CONFLICT, "changed_meanwhile", changed_meanwhile);
    return torrent_note(db, arena, &change->note);
}

/* The names of the fields that differ, for the history. */
static Str differences(const Torrent *was, const UploadWords *now, Arena *arena) {
    const struct {
        Str name, was, now;
    } fields[] = {
        {STR("title"), was->title, now->title},
        {STR("description"), was->description, now->description},
        {STR("category"), str_from_c(was->category->code), str_from_c(now->category->code)},
        {STR("tags"), torrent_join(was->tags, was->tag_count, ' ', arena), now->tags},
        {STR("license"), str_from_c(was->licence->id), str_from_c(now->licence->id)},
        {STR("author"), was->author, now->author},
        {STR("source_url"), was->source_url, now->source_url},
        {STR("language"), was->language, now->language},
    };
    Text names = text_create(arena, 128);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (str_equal(fields[i].was, fields[i].now)) continue;
        if (names.len) text_add_byte(&names, ' ');
        text_add(&names, fields[i].name);
    }
    return text_str(&names);
}

/* What was imported under a licence since taken off the list keeps it when other words are edited.
 */
static Error find_to_edit(Visit *visit, int64_t id, Torrent *ret_torrent) {
    TRY(permission_role(visit, ROLE_MEMBER));
    TRY(permission_scope(visit, STR("upload")));
    Torrent torrent;
    TRY(torrent_find(visit, id, &torrent));
    TRY(permission_edit(visit, torrent.uploader_id));
    TRY(torrent_gone(&torrent));
    *ret_torrent = torrent;
    return OK;
}

Error torrent_change(Visit *visit, int64_t id, const TorrentWords *words, ErrorList *errors) {
    Torrent torrent;
    UploadWords checked;
    TRY(find_to_edit(visit, id, &torrent));
    errors->arena = visit->arena;
    upload_words_check(words, WORDS_COMPLETE, visit->arena, errors, &checked);
    TRY(error_list_first(errors));
    TRY(tag_resolve_all(visit, checked.tags, &checked.tags));
    Str what = differences(&torrent, &checked, visit->arena);
    if (!what.len) return OK;
    Change change = {
        .ask = {.id = id,
                .category = checked.category->number,
                .license = str_from_c(checked.licence->id),
                .changed_at = visit->now,
                .title = checked.title,
                .author = checked.author,
                .source_url = checked.source_url,
                .language = checked.language,
                .tags = checked.tags,
                .description = checked.description},
        .note = {id, visit->now, visit->viewer.member_id, STR("edited"), what},
    };
    TRY(store_write(visit->community->store, visit->arena, write_change, &change));
    return spread(visit, id);
}

typedef struct {
    TorrentSetStateAsk ask;
    bool renew; /* its time of publication is now */
    TorrentNote note;
} Move;

static Error write_move(Db *db, Arena *arena, void *argument) {
    const Move *move = argument;
    int64_t changed;
    TRY(query_torrent_set_state(db, arena, move->ask, &changed));
    if (!changed) return error(CONFLICT, "changed_meanwhile", changed_meanwhile);
    if (move->renew)
        TRY(query_torrent_set_published_at(
            db, arena, (TorrentSetPublishedAtAsk){.id = move->ask.id, .at = move->ask.at}, NULL));
    if (move->ask.state == TORRENT_WITHDRAWN || move->ask.state == TORRENT_REMOVED)
        TRY(query_torrent_count_end(
            db, arena, (TorrentCountEndAsk){.torrent_id = move->ask.id, .at = move->ask.at}, NULL));
    return torrent_note(db, arena, &move->note);
}

static Error write_state(Visit *visit, const Move *move) {
    TRY(store_write(visit->community->store, visit->arena, write_move, (void *)move));
    return spread(visit, move->ask.id);
}

static Error check_note(Visit *visit, Str typed, Str *ret_note) {
    Str note;
    if (typed.len > NOTE_BYTES_MAX)
        return error_field(BAD_INPUT, "note", "too_long", "This is longer than {} bytes.",
                           arena_print(visit->arena, "%d", NOTE_BYTES_MAX));
    if (!plain_text_lines(typed, visit->arena, &note))
        return error_field(BAD_INPUT, "note", "bad_characters",
                           "This contains characters that cannot be shown.");
    *ret_note = note;
    return OK;
}

static Move move_of(const Visit *visit, const Torrent *torrent, TorrentState state) {
    return (Move){
        .ask = {.id = torrent->id, .was = torrent->state, .state = state, .at = visit->now},
        .note = {.torrent_id = torrent->id, .at = visit->now, .actor_id = visit->viewer.member_id},
    };
}

Error torrent_withdraw(Visit *visit, int64_t id, Str note) {
    Torrent torrent;
    TRY(find_to_edit(visit, id, &torrent));
    /* Whoever moderates removes, under a reason: the page must not say the uploader did it. */
    if (torrent.uploader_id != visit->viewer.member_id)
        return error(NOT_ALLOWED, NULL, "You may not do this.");
    Move move = move_of(visit, &torrent, TORRENT_WITHDRAWN);
    TRY(check_note(visit, note, &move.ask.note));
    move.ask.reason = STR("owner");
    move.note.what = STR("withdrawn");
    move.note.detail = move.ask.note;
    return write_state(visit, &move);
}

static bool is_reason(Str reason) {
    static const char *const reasons[] = {"rights", "malware", "fake", "illegal", "owner", "other"};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (str_equal(reason, str_from_c(reasons[i]))) return true;
    return false;
}

Error torrent_remove(Visit *visit, int64_t id, Str reason, Str note) {
    TRY(permission_role(visit, ROLE_MODERATOR));
    TRY(permission_scope(visit, STR("moderate")));
    Torrent torrent;
    TRY(torrent_row_find(visit, id, &torrent));
    if (!is_reason(reason))
        return error_field(BAD_INPUT, "reason", "unknown_reason",
                           "The reason is one of: rights malware fake illegal owner other.");
    Move move = move_of(visit, &torrent, TORRENT_REMOVED);
    TRY(check_note(visit, note, &move.ask.note));
    move.ask.reason = reason;
    move.note.what = STR("removed");
    move.note.detail = reason;
    return write_state(visit, &move);
}

Error torrent_publish(Visit *visit, int64_t id) {
    TRY(permission_role(visit, ROLE_MODERATOR));
    TRY(permission_scope(visit, STR("moderate")));
    Torrent torrent;
    TRY(torrent_row_find(visit, id, &torrent));
    if (torrent.state == TORRENT_VISIBLE)
        return error(CONFLICT, "published_already", "This work is published already.");
    if (torrent.licence == &licence_unknown || !torrent.author.len || !torrent.source_url.len)
        return error(CONFLICT, "work_incomplete",
                     "Add licence, author and source first: without them nothing is published.");
    Move move = move_of(visit, &torrent, TORRENT_VISIBLE);
    move.renew = torrent.state == TORRENT_QUARANTINED;
    move.note.what = STR("published");
    return write_state(visit, &move);
}

Error torrent_history(Visit *visit, int64_t id, TorrentEvent **ret_events, size_t *ret_count) {
    Torrent torrent;
    TRY(torrent_find(visit, id, &torrent));
    TorrentEventListRows rows;
    TRY(query_torrent_event_list(
        visit->db, visit->arena,
        (TorrentEventListAsk){.torrent_id = id, .count = LISTED_EVENTS_MAX}, &rows));
    TorrentEvent *events = arena_new(visit->arena, TorrentEvent, rows.count);
    for (size_t i = 0; i < rows.count; i++) {
        events[i] = (TorrentEvent){.at = rows.at[i].at,
                                   .actor = rows.at[i].actor,
                                   .what = rows.at[i].what,
                                   .detail = rows.at[i].detail};
        /* Who moderated is for moderators to know: others would only settle scores. */
        if (visit->viewer.role < ROLE_MODERATOR && !str_equal(events[i].actor, torrent.uploader))
            events[i].actor = (Str){0};
    }
    *ret_events = events;
    *ret_count = rows.count;
    return OK;
}
