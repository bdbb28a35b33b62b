#include "community/thank.h"

#include "base/limits.h"
#include "community/permission.h"
#include "queries/thank.h"

enum { DAY_S = 24 * 3600 };

typedef struct {
    int64_t torrent_id, member_id;
    Seconds now;
} Thanking;

static Error add(Db *db, Arena *arena, void *argument) {
    const Thanking *thanking = argument;
    bool is_new;
    ThankAddRow row;
    ThankOfMemberSinceRow lately;
    TRY(query_thank_add(db, arena,
                        (ThankAddAsk){thanking->torrent_id, thanking->member_id, thanking->now},
                        &is_new, &row));
    if (!is_new) return OK;
    TRY(query_thank_of_member_since(
        db, arena, (ThankOfMemberSinceAsk){thanking->member_id, thanking->now - DAY_S}, &lately));
    if (lately.count > THANKS_A_DAY_MAX)
        return error(TOO_MANY, "too_many_thanks",
                     "You have said thanks very often today. Come back tomorrow.");
    return query_thank_count(db, arena, (ThankCountAsk){thanking->torrent_id, 1}, NULL);
}

static Error take_back(Db *db, Arena *arena, void *argument) {
    const Thanking *thanking = argument;
    int64_t removed;
    TRY(query_thank_remove(db, arena, (ThankRemoveAsk){thanking->torrent_id, thanking->member_id},
                           &removed));
    if (!removed) return OK;
    return query_thank_count(db, arena, (ThankCountAsk){thanking->torrent_id, -1}, NULL);
}

static Error change(Visit *visit, int64_t torrent_id, bool is_said) {
    TRY(permission_member(visit));
    if (visit->viewer.by_token) return error(NOT_ALLOWED, NULL, "You may not do this.");
    Torrent torrent;
    TRY(torrent_find(visit, torrent_id, &torrent));
    if (torrent.state != TORRENT_VISIBLE)
        return error(CONFLICT, "not_published", "This work is not published.");
    if (is_said && torrent.uploader_id == visit->viewer.member_id)
        return error(NOT_ALLOWED, "own_work", "This work is your own: others thank you for it.");
    Thanking thanking = {torrent_id, visit->viewer.member_id, visit->now};
    return store_write(visit->community->store, visit->arena, is_said ? add : take_back, &thanking);
}

Error thank_add(Visit *visit, int64_t torrent_id) { return change(visit, torrent_id, true); }

Error thank_remove(Visit *visit, int64_t torrent_id) { return change(visit, torrent_id, false); }

Error thank_find(Visit *visit, int64_t torrent_id, bool *ret_said) {
    ThankFindRow row;
    *ret_said = false;
    if (!visit->viewer.member_id) return OK;
    return query_thank_find(visit->db, visit->arena,
                            (ThankFindAsk){torrent_id, visit->viewer.member_id}, ret_said, &row);
}

Error thank_sums(Visit *visit, const ThankSpan *span, Arena *arena, ThankSum **ret_sums,
                 size_t *ret_count) {
    ThankSumsRows rows;
    TRY(query_thank_sums(visit->db, arena,
                         (ThankSumsAsk){.after = span->after_id,
                                        .upto = span->upto_id,
                                        .day = span->day,
                                        .week = span->week,
                                        .month = span->month,
                                        .until = span->until},
                         &rows));
    ThankSum *sums = arena_new(arena, ThankSum, rows.count + 1);
    for (size_t i = 0; i < rows.count; i++)
        sums[i] =
            (ThankSum){rows.at[i].torrent_id, (uint64_t)rows.at[i].day, (uint64_t)rows.at[i].week,
                       (uint64_t)rows.at[i].month, (uint64_t)rows.at[i].whole};
    *ret_sums = sums;
    *ret_count = rows.count;
    return OK;
}
