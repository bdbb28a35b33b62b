#include "command/work.h"

#include <jansson.h>

#include "base/text.h"
#include "community/account.h"

TorrentWords work_words_of_options(const Call *call) {
    return (TorrentWords){
        .title = call_option(call, "title", (Str){0}),
        .description = call_option(call, "description", (Str){0}),
        .category = call_option(call, "category", (Str){0}),
        .tags = call_option(call, "tags", (Str){0}),
        .license = call_option(call, "license", (Str){0}),
        .author = call_option(call, "author", (Str){0}),
        .source_url = call_option(call, "source-url", (Str){0}),
        .language = call_option(call, "language", (Str){0}),
    };
}

static Str text_of(json_t *item, const char *name, Str otherwise, Arena *arena) {
    json_t *value = json_object_get(item, name);
    if (!json_is_string(value)) return otherwise;
    return arena_copy(arena, str_from_bytes(json_string_value(value), json_string_length(value)));
}

static Str tags_of(json_t *item, Str otherwise, Arena *arena) {
    json_t *tags = json_object_get(item, "tags"), *tag;
    size_t i;
    if (!json_is_array(tags)) return text_of(item, "tags", otherwise, arena);
    Text text = text_create(arena, 64 * 1024);
    json_array_foreach(tags, i, tag) {
        if (i) text_add_byte(&text, ',');
        if (json_is_string(tag))
            text_add(&text, str_from_bytes(json_string_value(tag), json_string_length(tag)));
    }
    return text_str(&text);
}

TorrentWords work_words_of_json(struct json_t *item, const TorrentWords *defaults, Arena *arena) {
    return (TorrentWords){
        .title = text_of(item, "title", defaults->title, arena),
        .description = text_of(item, "description", defaults->description, arena),
        .category = text_of(item, "category", defaults->category, arena),
        .tags = tags_of(item, defaults->tags, arena),
        .license = text_of(item, "license", defaults->license, arena),
        .author = text_of(item, "author", defaults->author, arena),
        .source_url = text_of(item, "source_url", defaults->source_url, arena),
        .language = text_of(item, "language", defaults->language, arena),
    };
}

Error work_act_for(Call *call, Str member) {
    if (str_is_empty(member))
        return call_usage(call, "--as NAME is missing: a work has a member behind it.", (Str){0});
    Account account;
    TRY(account_find(call->visit, member, &account));
    call->visit->viewer.member_id = account.id;
    call->visit->viewer.name = account.name;
    return OK;
}

void work_say_all(Call *call, const ErrorList *errors) {
    for (size_t i = 1; i < errors->count; i++) {
        Str text = arena_print(call->arena, "essaim: %.*s\n",
                               STR_PRINTF(error_text(errors->at[i], call->arena)));
        call->io->err(call->io->end, text);
    }
}

static json_t *time_json(Arena *arena, Seconds at) {
    if (!at) return json_null();
    Str text = clock_rfc3339(arena, at);
    return json_stringn(text.at, text.len);
}

static void add_health_json(Arena *arena, const Torrent *torrent, json_t *answer) {
    json_object_set_new(answer, "health", json_string(health_states[torrent->health].code));
    json_object_set_new(answer, "seeders", json_integer(torrent->seeders));
    json_object_set_new(answer, "leechers", json_integer(torrent->leechers));
    json_object_set_new(answer, "completed", json_integer((json_int_t)torrent->completed));
    json_object_set_new(answer, "last_seeder_at", time_json(arena, torrent->last_seeder_at));
    json_object_set_new(answer, "counted_at", time_json(arena, torrent->counted_at));
}

static void print_health(Call *call, const Torrent *torrent) {
    call_print(call, "  health   %s: %u seeder%s, %u leecher%s, completed %llu time%s\n",
               health_states[torrent->health].name, torrent->seeders,
               torrent->seeders == 1 ? "" : "s", torrent->leechers,
               torrent->leechers == 1 ? "" : "s", (unsigned long long)torrent->completed,
               torrent->completed == 1 ? "" : "s");
    if (torrent->last_seeder_at)
        call_print(call, "  seeded   last at %.*s\n",
                   STR_PRINTF(clock_rfc3339(call->arena, torrent->last_seeder_at)));
}

static void print_metainfo_json(Call *call, const Metainfo *metainfo, const Torrent *torrent) {
    Arena *arena = call->arena;
    json_t *answer = json_object(), *files = json_array();
    Str v1 = infohash_v1_hex(&metainfo->hash, arena), v2 = infohash_v2_hex(&metainfo->hash, arena);
    json_object_set_new(answer, "name", json_stringn(metainfo->name.at, metainfo->name.len));
    json_object_set_new(answer, "infohash_v1", v1.len ? json_stringn(v1.at, v1.len) : json_null());
    json_object_set_new(answer, "infohash_v2", v2.len ? json_stringn(v2.at, v2.len) : json_null());
    json_object_set_new(answer, "size_bytes", json_integer((json_int_t)metainfo->size_bytes));
    json_object_set_new(answer, "piece_length", json_integer((json_int_t)metainfo->piece_length));
    json_object_set_new(answer, "private", json_boolean(metainfo->is_private));
    for (size_t i = 0; i < metainfo->file_count; i++) {
        const TorrentFile *file = &metainfo->files[i];
        if (file->flags & FILE_PAD) continue;
        json_t *item = json_object();
        json_object_set_new(item, "path", json_stringn(file->path.at, file->path.len));
        json_object_set_new(item, "size_bytes", json_integer((json_int_t)file->size_bytes));
        json_array_append_new(files, item);
    }
    json_object_set_new(answer, "file_list", files);
    if (torrent) add_health_json(arena, torrent, answer);
    call_print_json(call, answer);
}

void work_print_metainfo(Call *call, Str path, const Metainfo *metainfo, const Torrent *torrent) {
    if (call->json) {
        print_metainfo_json(call, metainfo, torrent);
        return;
    }
    Str v1 = infohash_v1_hex(&metainfo->hash, call->arena),
        v2 = infohash_v2_hex(&metainfo->hash, call->arena);
    call_print(call, "%.*s\n", STR_PRINTF(path));
    call_print(call, "  name     %.*s\n", STR_PRINTF(metainfo->name));
    if (v1.len) call_print(call, "  v1       %.*s\n", STR_PRINTF(v1));
    if (v2.len) call_print(call, "  v2       %.*s\n", STR_PRINTF(v2));
    call_print(call, "  size     %llu bytes in %llu piece%s of %llu\n",
               (unsigned long long)metainfo->size_bytes, (unsigned long long)metainfo->pieces,
               metainfo->pieces == 1 ? "" : "s", (unsigned long long)metainfo->piece_length);
    if (torrent) print_health(call, torrent);
    if (metainfo->is_private)
        call_print(call, "  private  peers only through the listed trackers\n");
    for (size_t i = 0; i < metainfo->tracker_count; i++)
        call_print(call, "  tracker  %.*s\n", STR_PRINTF(metainfo->trackers[i]));
    for (size_t i = 0; i < metainfo->web_seed_count; i++)
        call_print(call, "  web seed %.*s\n", STR_PRINTF(metainfo->web_seeds[i]));
    for (size_t i = 0; i < metainfo->file_count; i++)
        if (!(metainfo->files[i].flags & FILE_PAD))
            call_print(call, "  %12llu %.*s\n", (unsigned long long)metainfo->files[i].size_bytes,
                       STR_PRINTF(metainfo->files[i].path));
}
