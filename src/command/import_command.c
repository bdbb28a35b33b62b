#include <jansson.h>

#include "base/limits.h"
#include "command/commands.h"
#include "command/import_stream.h"
#include "command/work.h"
#include "community/account.h"

typedef struct {
    uint64_t added, waiting, known, refused;
} FolderTotals;

typedef struct {
    Call *call;
    TorrentWords defaults;
    bool publish, dry_run;
    FolderTotals totals;
} FolderImport;

/* One work's own memory: the call's arena would grow with every file. */
static Error read_sidecar(FolderImport *import, Str torrent_path, Arena *arena,
                          TorrentWords *ret_words) {
    Call *call = import->call;
    *ret_words = import->defaults;
    Str stem = str_part(torrent_path, 0, torrent_path.len - strlen(".torrent"));
    Str path = arena_print(arena, "%.*s.json", STR_PRINTF(stem)), bytes;
    Error e = call->io->read_file(call->io->end, path, arena, &bytes);
    if (e.kind == ERROR_NOT_FOUND) return OK;
    TRY(e);
    json_error_t fault;
    json_t *item = json_loadb(bytes.at, bytes.len, JSON_REJECT_DUPLICATES, &fault);
    if (!json_is_object(item)) {
        json_decref(item);
        return error(BAD_INPUT, "bad_json", "{} is not a JSON object: {}.", path,
                     arena_copy(arena, str_from_c(item ? "another kind of value" : fault.text)));
    }
    *ret_words = work_words_of_json(item, &import->defaults, arena);
    json_decref(item);
    return OK;
}

static Error import_torrent(FolderImport *import, Str path, Visit *visit, ErrorList *errors,
                            Upload *ret_upload) {
    Call *call = import->call;
    UploadAsk ask = {.vouched = import->publish, .quarantine = !import->publish};
    TRY(call->io->read_file(call->io->end, path, visit->arena, &ask.torrent));
    TRY(read_sidecar(import, path, visit->arena, &ask.words));
    return import->dry_run ? upload_check(visit, &ask, errors, ret_upload)
                           : upload_add(visit, &ask, errors, ret_upload);
}

static void count_and_say(FolderImport *import, Str path, Error e, const Upload *upload,
                          Arena *arena) {
    const char *word = "published";
    if (!failed(e) && upload->state == TORRENT_QUARANTINED) {
        import->totals.waiting++;
        word = "waiting";
    } else if (!failed(e)) {
        import->totals.added++;
    } else if (e.kind == ERROR_CONFLICT) {
        import->totals.known++;
        word = "known";
    } else {
        import->totals.refused++;
        word = "refused";
    }
    Str why = failed(e) ? error_text(e, arena) : (Str){0};
    if (import->call->json) {
        json_t *item = json_object();
        json_object_set_new(item, "path", json_stringn(path.at, path.len));
        json_object_set_new(item, "state", json_string(word));
        json_object_set_new(item, "why", failed(e) ? json_stringn(why.at, why.len) : json_null());
        call_print_json(import->call, item);
    } else if (failed(e)) {
        call_print(import->call, "%s: %.*s: %.*s\n", word, STR_PRINTF(path), STR_PRINTF(why));
    }
}

/* A file made to need more memory than one may have is refused, whatever it runs in. */
static Error import_bounded(FolderImport *import, Str path, Visit *visit, ErrorList *errors,
                            Upload *ret_upload) {
    enum { REPORT_BYTES = 64 * KIB };
    jmp_buf full;
    if (setjmp(full) == 0) {
        visit->arena->overflow = &full;
        Error e = import_torrent(import, path, visit, errors, ret_upload);
        visit->arena->overflow = NULL;
        return e;
    }
    visit->arena->overflow = NULL;
    visit->arena->cap += REPORT_BYTES;
    return error(TOO_LARGE, "too_much_memory", "This file needs more memory than one may have.");
}

static void import_file(FolderImport *import, Str path) {
    Arena arena = arena_create(REQUEST_ARENA_BYTES_MAX);
    Visit visit = *import->call->visit;
    visit.arena = &arena;
    ErrorList errors = {.arena = &arena};
    Upload upload = {0};
    Error e = import_bounded(import, path, &visit, &errors, &upload);
    count_and_say(import, path, e, &upload, &arena);
    arena_free(&arena);
}

static Error import_folder(FolderImport *import, Str folder, unsigned depth) {
    FileEntry *entries;
    size_t count;
    Call *call = import->call;
    if (depth > TORRENT_PATH_DEPTH_MAX)
        return error(BAD_INPUT, "too_deep", "{} lies too many folders deep.", folder);
    TRY(call->io->list_folder(call->io->end, folder, call->arena, &entries, &count));
    for (size_t i = 0; i < count; i++) {
        if (entries[i].is_folder)
            TRY(import_folder(import, entries[i].path, depth + 1));
        else if (str_ends(entries[i].name, STR(".torrent")))
            import_file(import, entries[i].path);
    }
    return OK;
}

static Error import_folders(Call *call, const TorrentWords *defaults) {
    FolderImport import = {.call = call,
                           .defaults = *defaults,
                           .publish = call_has(call, "publish"),
                           .dry_run = call_has(call, "dry-run")};
    TRY(work_act_for(call, call_option(call, "as", (Str){0})));
    TRY(import_folder(&import, call->words[0], 0));
    const FolderTotals *totals = &import.totals;
    if (!call->json)
        call_print(
            call,
            "%s%llu published, %llu waiting for a moderator, %llu known already, %llu refused\n",
            import.dry_run ? "Would be: " : "", (unsigned long long)totals->added,
            (unsigned long long)totals->waiting, (unsigned long long)totals->known,
            (unsigned long long)totals->refused);
    if (totals->refused)
        return error(BAD_INPUT, "some_refused", "Some files were refused; the others are in.");
    return OK;
}

Error command_import(Call *call) {
    TorrentWords defaults = work_words_of_options(call);
    Str format = call_option(call, "format", STR("torrents"));
    if (str_equal(format, STR("torrents"))) return import_folders(call, &defaults);
    if (str_equal(format, STR("jsonl")) || str_equal(format, STR("kat")))
        return import_stream(call, format, &defaults);
    return call_usage(call, "--format is torrents, jsonl or kat, not \"{}\".", format);
}
