#include "base/limits.h"
#include "community/collection_row.h"
#include "community/permission.h"

typedef struct {
    int64_t member_id, collection_id;
    Seconds now;
} Following;

static Error follow(Db *db, Arena *arena, void *argument) {
    const Following *following = argument;
    CollectionFollowedCountRow others;
    CollectionFollowAddRow added;
    bool is_new;
    TRY(query_collection_followed_count(
        db, arena, (CollectionFollowedCountAsk){following->member_id}, &others));
    TRY(query_collection_follow_add(
        db, arena,
        (CollectionFollowAddAsk){following->member_id, following->collection_id, following->now},
        &is_new, &added));
    if (!is_new) return OK;
    if (others.count >= COLLECTIONS_FOLLOWED_MAX)
        return error(CONFLICT, "follows_too_many", "You follow very many collections already.");
    return query_collection_follow_count(
        db, arena, (CollectionFollowCountAsk){following->collection_id, 1}, NULL);
}

static Error unfollow(Db *db, Arena *arena, void *argument) {
    const Following *following = argument;
    int64_t removed;
    TRY(query_collection_follow_remove(
        db, arena, (CollectionFollowRemoveAsk){following->member_id, following->collection_id},
        &removed));
    if (!removed) return OK;
    return query_collection_follow_count(
        db, arena, (CollectionFollowCountAsk){following->collection_id, -1}, NULL);
}

static Error write(Visit *visit, Str slug, StoreWork work) {
    Collection collection;
    TRY(permission_member(visit));
    TRY(permission_scope(visit, STR("upload")));
    TRY(collection_find(visit, slug, &collection));
    Following following = {visit->viewer.member_id, collection.id, visit->now};
    return store_write(visit->community->store, visit->arena, work, &following);
}

Error collection_follow(Visit *visit, Str slug) { return write(visit, slug, follow); }
Error collection_unfollow(Visit *visit, Str slug) { return write(visit, slug, unfollow); }

static Error see(Db *db, Arena *arena, void *argument) {
    return query_collection_follow_seen(db, arena, *(CollectionFollowSeenAsk *)argument, NULL);
}

Error collection_see_news(Visit *visit) {
    TRY(permission_member(visit));
    CollectionFollowSeenAsk ask = {visit->viewer.member_id, visit->now};
    return store_write(visit->community->store, visit->arena, see, &ask);
}
