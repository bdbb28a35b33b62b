#include "community/draft.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/random.h"
#include "queries/draft.h"

enum { DRAFT_TOKEN_BYTES = 24, DRAFTS_OF_MEMBER_MAX = 5, DRAFT_KEPT_S = 24 * 60 * 60 };

static Error keep(Db *db, Arena *arena, void *argument) {
    const DraftAddAsk *ask = argument;
    TRY(query_draft_add(db, arena, *ask, NULL));
    return query_draft_remove_oldest(
        db, arena,
        (DraftRemoveOldestAsk){.member_id = ask->member_id, .kept = DRAFTS_OF_MEMBER_MAX}, NULL);
}

Error draft_keep(Visit *visit, Str torrent, Str *ret_token) {
    uint8_t token[DRAFT_TOKEN_BYTES], hash[SHA256_BYTES];
    random_bytes(token, sizeof token);
    sha256(str_from_bytes(token, sizeof token), hash);
    DraftAddAsk ask = {.member_id = visit->viewer.member_id,
                       .secret_hash = str_from_bytes(hash, sizeof hash),
                       .torrent = torrent,
                       .kept_at = visit->now};
    TRY(store_write(visit->community->store, visit->arena, keep, &ask));
    *ret_token = base64url_write(visit->arena, token, sizeof token);
    return OK;
}

Error draft_find(Visit *visit, Str token, Str *ret_torrent) {
    uint8_t bytes[DRAFT_TOKEN_BYTES], hash[SHA256_BYTES];
    bool found = false;
    DraftFindRow row = {0};
    if (base64url_parse(token, bytes, sizeof bytes)) {
        sha256(str_from_bytes(bytes, sizeof bytes), hash);
        DraftFindAsk ask = {.member_id = visit->viewer.member_id,
                            .secret_hash = str_from_bytes(hash, sizeof hash)};
        TRY(query_draft_find(visit->db, visit->arena, ask, &found, &row));
    }
    if (!found)
        return error_field(NOT_FOUND, "torrent", "file_forgotten",
                           "The file is no longer kept. Choose it again, please.");
    *ret_torrent = row.torrent;
    return OK;
}

static Error forget_old(Db *db, Arena *arena, void *argument) {
    const Visit *visit = argument;
    return query_draft_remove_before(
        db, arena, (DraftRemoveBeforeAsk){.kept_before = visit->now - DRAFT_KEPT_S}, NULL);
}

Error draft_forget_old(Visit *visit) {
    return store_write(visit->community->store, visit->arena, forget_old, visit);
}
