#include <jansson.h>
#include <unistd.h>

#include "command/commands.h"
#include "command/content.h"
#include "command/work.h"
#include "community/torrent.h"
#include "torrent/magnet.h"
#include "version.h"

/* create */

static void show_progress(void *argument, uint64_t done, uint64_t all) {
    Call *call = argument;
    Str line = arena_print(call->arena, "\r%3d %% read", all ? (int)(done * 100 / all) : 100);
    call->io->err(call->io->end, line);
    if (done == all) call->io->err(call->io->end, STR("\n"));
}

static Error kind_of(Call *call, CreateKind *ret_kind) {
    static const struct {
        const char *option;
        CreateKind kind;
    } kinds[] = {{"v1", CREATE_V1}, {"v2", CREATE_V2}, {"hybrid", CREATE_HYBRID}};
    int given = 0;
    *ret_kind = CREATE_HYBRID;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (call_has(call, kinds[i].option)) *ret_kind = kinds[i].kind, given++;
    return given > 1 ? call_usage(call, "Choose one of --v1, --v2, --hybrid.", (Str){0}) : OK;
}

Error command_torrent_create(Call *call) {
    ContentAsk ask = {.path = call->words[0]};
    CreateOptions *options = &ask.options;
    TRY(kind_of(call, &options->kind));
    Str piece_length = call_option(call, "piece-length", STR("0"));
    if (!str_to_u64(piece_length, &options->piece_length))
        return call_usage(call, "--piece-length wants a number of bytes, not \"{}\".",
                          piece_length);
    options->name = call_option(call, "name", (Str){0});
    options->is_private = call_has(call, "private");
    options->source = call_option(call, "source", (Str){0});
    options->update_url = call_option(call, "update-url", (Str){0});
    options->comment = call_option(call, "comment", (Str){0});
    options->created_by = call_option(call, "created-by", STR("essaim " ESSAIM_VERSION));
    options->trackers = call_options(call, "tracker", &options->tracker_count);
    options->web_seeds = call_options(call, "web-seed", &options->web_seed_count);
    options->created_at = call_has(call, "date") ? clock_now() : 0;
    if (isatty(STDERR_FILENO)) ask.progress = show_progress, ask.argument = call;
    Str torrent;
    TRY(content_create(&ask, call->arena, &torrent));
    Metainfo metainfo;
    TRY(metainfo_parse(torrent, call->arena, &metainfo));
    Str default_path = arena_print(call->arena, "%.*s.torrent", STR_PRINTF(metainfo.name));
    Str path = call_option(call, "output", default_path);
    TRY(call->io->write_file(call->io->end, path, torrent));
    if (!str_equal(path, STR("-"))) work_print_metainfo(call, path, &metainfo, NULL);
    return OK;
}

/* show: a file, or a work of the index */

bool command_torrent_show_needs_store(const Call *call) {
    InfoHash hash;
    return call->word_count == 1 && infohash_parse(call->words[0], &hash);
}

static Error read_work(Call *call, Str *ret_bytes, Torrent *ret_torrent) {
    InfoHash hash;
    Str name;
    if (!infohash_parse(call->words[0], &hash))
        return call_usage(call, "\"{}\" is not an info-hash.", call->words[0]);
    TRY(torrent_by_hash(call->visit, &hash, ret_torrent));
    return torrent_file(call->visit, ret_torrent, ret_bytes, &name);
}

Error command_torrent_show(Call *call) {
    Str bytes = STR("");
    Torrent torrent;
    if (call->visit) {
        TRY(read_work(call, &bytes, &torrent));
    } else {
        TRY(call->io->read_file(call->io->end, call->words[0], call->arena, &bytes));
    }
    Metainfo metainfo;
    TRY(metainfo_parse(bytes, call->arena, &metainfo));
    work_print_metainfo(call, call->words[0], &metainfo, call->visit ? &torrent : NULL);
    return OK;
}

/* add and remove */

static void say_same(Call *call, const SameFiles *same) {
    Str site = call->visit->community->settings->site_url;
    if (!same->has_all) return;
    for (size_t i = 0; i < same->count; i++) {
        const SameWork *work = &same->works[i];
        Str path = torrent_path(call->visit, LANGUAGE_EN, &work->torrent);
        Str line = arena_print(call->arena, "essaim: %llu file%s of it, %llu bytes%s: %.*s%.*s\n",
                               (unsigned long long)work->files, work->files == 1 ? "" : "s",
                               (unsigned long long)work->size_bytes,
                               work->is_guess ? " (a guess, by name and size)" : "",
                               STR_PRINTF(site), STR_PRINTF(path));
        call->io->err(call->io->end, line);
    }
}

Error command_torrent_add(Call *call) {
    UploadAsk ask = {.vouched = true};
    TRY(call->io->read_file(call->io->end, call->words[0], call->arena, &ask.torrent));
    ask.words = work_words_of_options(call);
    ask.edition = (EditionWords){.series = call_option(call, "series", (Str){0}),
                                 .series_name = call_option(call, "series-name", (Str){0}),
                                 .label = call_option(call, "edition", (Str){0}),
                                 .date = call_option(call, "edition-date", (Str){0})};
    ask.stop_at_known_files = !call_has(call, "same-files");
    TRY(work_act_for(call, call_option(call, "as", (Str){0})));
    Upload upload = {0};
    ErrorList errors = {.arena = call->arena};
    Error e = upload_add(call->visit, &ask, &errors, &upload);
    if (failed(e)) {
        say_same(call, &upload.same);
        work_say_all(call, &errors);
        return e;
    }
    Str url = arena_print(call->arena, "%.*s/en%.*s",
                          STR_PRINTF(call->visit->community->settings->site_url),
                          STR_PRINTF(upload.path));
    if (!call->json) {
        call_print(call, "Published: %.*s\n", STR_PRINTF(url));
        return OK;
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "id",
                        json_string(arena_print(call->arena, "%lld", (long long)upload.id).at));
    json_object_set_new(answer, "url", json_stringn(url.at, url.len));
    json_object_set_new(answer, "state", json_string(torrent_state_name(upload.state)));
    call_print_json(call, answer);
    return OK;
}

Error command_torrent_remove(Call *call) {
    InfoHash hash;
    Torrent torrent;
    if (!infohash_parse(call->words[0], &hash))
        return call_usage(call, "\"{}\" is not an info-hash.", call->words[0]);
    if (!call_has(call, "reason")) return call_usage(call, "--reason is missing.", (Str){0});
    if (!call_has(call, "note")) return call_usage(call, "--note is missing.", (Str){0});
    TRY(torrent_by_hash(call->visit, &hash, &torrent));
    TRY(torrent_remove(call->visit, torrent.id, call_option(call, "reason", (Str){0}),
                       call_option(call, "note", (Str){0})));
    if (!call->json) {
        call_print(call, "Removed: %.*s\n", STR_PRINTF(torrent.title));
        return OK;
    }
    json_t *answer = json_object();
    json_object_set_new(answer, "id",
                        json_string(arena_print(call->arena, "%lld", (long long)torrent.id).at));
    json_object_set_new(answer, "state", json_string(torrent_state_name(TORRENT_REMOVED)));
    call_print_json(call, answer);
    return OK;
}
