#include "api/torrent_json.h"

Str torrent_json_url(const Request *request, Str path) {
    const Visit *visit = request->viewer;
    return arena_print(request->arena, "%.*s/%s%.*s",
                       STR_PRINTF(visit->community->settings->site_url),
                       language_code(request->language), STR_PRINTF(path));
}

static void add_links(const Request *request, const Torrent *torrent, json_t *item) {
    Visit *visit = request->viewer;
    Arena *arena = request->arena;
    Str site = visit->community->settings->site_url;
    Str path = torrent_path(visit, request->language, torrent);
    json_object_set_new(
        item, "url",
        json_of_str(arena_print(arena, "%.*s%.*s", STR_PRINTF(site), STR_PRINTF(path))));
    bool there = torrent->state == TORRENT_VISIBLE || torrent->state == TORRENT_QUARANTINED;
    Str file = arena_print(arena, "%.*s.torrent", STR_PRINTF(torrent_permalink(visit, torrent)));
    json_object_set_new(item, "torrent_url",
                        there && torrent->has_file ? json_of_str(file) : json_null());
    json_object_set_new(item, "magnet",
                        there ? json_of_str(torrent_magnet(visit, torrent)) : json_null());
}

static json_t *tags_json(const Torrent *torrent) {
    json_t *tags = json_array();
    for (size_t i = 0; i < torrent->tag_count; i++)
        json_array_append_new(tags, json_of_str(torrent->tags[i]));
    return tags;
}

json_t *torrent_json(const Request *request, const Torrent *torrent) {
    Arena *arena = request->arena;
    json_t *item = json_object();
    json_object_set_new(item, "id", json_of_id(arena, torrent->id));
    json_object_set_new(item, "title", json_of_str(torrent->title));
    json_object_set_new(item, "infohash_v1",
                        json_of_str_or_null(infohash_v1_hex(&torrent->hash, arena)));
    json_object_set_new(item, "infohash_v2",
                        json_of_str_or_null(infohash_v2_hex(&torrent->hash, arena)));
    json_object_set_new(item, "size_bytes", json_integer((json_int_t)torrent->size_bytes));
    json_object_set_new(item, "files", json_integer((json_int_t)torrent->file_count));
    json_object_set_new(item, "category",
                        torrent->category ? json_string(torrent->category->code) : json_null());
    json_object_set_new(item, "license",
                        torrent->licence ? json_string(torrent->licence->id) : json_null());
    json_object_set_new(item, "language", json_of_str_or_null(torrent->language));
    json_object_set_new(item, "author", json_of_str(torrent->author));
    json_object_set_new(item, "source_url", json_of_str(torrent->source_url));
    json_object_set_new(item, "tags", tags_json(torrent));
    json_object_set_new(item, "private", json_boolean(torrent->is_private));
    json_object_set_new(item, "state", json_string(torrent_state_name(torrent->state)));
    json_object_set_new(item, "uploader", json_of_str(torrent->uploader));
    json_object_set_new(item, "published_at", json_of_time(arena, torrent->published_at));
    json_object_set_new(item, "seeders", json_integer(torrent->seeders));
    json_object_set_new(item, "leechers", json_integer(torrent->leechers));
    json_object_set_new(item, "completed", json_integer((json_int_t)torrent->completed));
    json_object_set_new(item, "thanks", json_integer((json_int_t)torrent->thanks));
    json_object_set_new(item, "counted_at", json_of_time(arena, torrent->counted_at));
    json_object_set_new(item, "claimed_at", json_of_time(arena, torrent->claimed_at));
    json_object_set_new(item, "health", json_string(health_states[torrent->health].code));
    json_object_set_new(item, "last_seeder_at", json_of_time(arena, torrent->last_seeder_at));
    add_links(request, torrent, item);
    return item;
}
