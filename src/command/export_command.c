#include "api/json.h"
#include "base/encode.h"
#include "base/limits.h"
#include "command/commands.h"
#include "command/progress.h"
#include "community/torrent_export.h"

enum { FLUSH_BYTES = 4 * MIB, EXPORT_TEXT_BYTES_MAX = 160 * MIB, EXPORT_ARENA_BYTES = 640 * MIB };

typedef struct {
    Call *call;
    Str path;
    bool with_torrents;
    Arena arena; /* of `text`, until it is written */
    Text text;
    uint64_t written;
    uint64_t works;
    Progress progress;
} Export;

/* --- one line --- */

static void add_name(Text *text, const char *name) {
    text_print(text, "%s\"%s\":", text->len && text->at[text->len - 1] == '{' ? "" : ",", name);
}

static void add_text(Text *text, const char *name, Str value) {
    add_name(text, name);
    json_write_str(text, value);
}

/* What is not there is null, as in the API. */
static void add_text_or_null(Text *text, const char *name, Str value) {
    if (value.len) {
        add_text(text, name, value);
        return;
    }
    add_name(text, name);
    text_add(text, STR("null"));
}

static void add_number(Text *text, const char *name, uint64_t value) {
    add_name(text, name);
    text_add_u64(text, value);
}

static void add_time(Text *text, const char *name, Seconds at) {
    char written[RFC3339_BYTES + 1];
    clock_write_rfc3339(written, at);
    add_text(text, name, (Str){written, RFC3339_BYTES});
}

static void add_list(Text *text, const char *name, const Str *values, size_t count) {
    add_name(text, name);
    text_add_byte(text, '[');
    for (size_t i = 0; i < count; i++) {
        if (i) text_add_byte(text, ',');
        json_write_str(text, values[i]);
    }
    text_add_byte(text, ']');
}

static void add_files(Text *text, const TorrentExport *work) {
    add_name(text, "file_list");
    text_add_byte(text, '[');
    for (size_t i = 0; i < work->file_count; i++) {
        text_add(text, i ? STR(",{") : STR("{"));
        add_text(text, "path", work->files[i].path);
        add_number(text, "size_bytes", work->files[i].size_bytes);
        text_add_byte(text, '}');
    }
    text_add_byte(text, ']');
}

static void add_counts(Text *text, const Torrent *torrent) {
    Seconds at = torrent->counted_at ? torrent->counted_at : torrent->claimed_at;
    if (!at) return;
    add_number(text, "seeders", torrent->seeders);
    add_number(text, "leechers", torrent->leechers);
    add_number(text, "completed", torrent->completed);
    add_time(text, "counted_at", at);
}

static void add_line(Text *text, const TorrentExport *work, Arena *arena) {
    const Torrent *torrent = &work->torrent;
    text_add_byte(text, '{');
    add_text(text, "title", torrent->title);
    add_text_or_null(text, "infohash_v1", infohash_v1_hex(&torrent->hash, arena));
    add_text_or_null(text, "infohash_v2", infohash_v2_hex(&torrent->hash, arena));
    add_number(text, "size_bytes", torrent->size_bytes);
    add_number(text, "files", torrent->file_count);
    add_text(text, "category", str_from_c(torrent->category->code));
    add_text(text, "license", work->license);
    add_text_or_null(text, "language", torrent->language);
    add_text(text, "author", torrent->author);
    add_text(text, "source_url", torrent->source_url);
    add_list(text, "tags", torrent->tags, torrent->tag_count);
    add_text(text, "uploader", torrent->uploader);
    add_time(text, "published_at", torrent->published_at);
    add_counts(text, torrent);
    add_text(text, "name", torrent->name);
    add_text(text, "description", torrent->description);
    add_files(text, work);
    if (work->file.len) {
        add_name(text, "torrent");
        json_write_str(text, base64_write(arena, work->file.at, work->file.len));
    } else {
        if (work->tracker_count) add_list(text, "trackers", work->trackers, work->tracker_count);
        if (work->web_seed_count) add_list(text, "webseeds", work->web_seeds, work->web_seed_count);
    }
    text_add(text, STR("}\n"));
}

/* --- all of them --- */

static void begin_text(Export *export) {
    arena_reset(&export->arena);
    export->text = text_create(&export->arena, EXPORT_TEXT_BYTES_MAX);
}

static Error flush(Export *export) {
    const CommandIo *io = export->call->io;
    if (export->text.full)
        return error(TOO_LARGE, "answer_too_large", "This answer became too large to send.");
    if (export->text.len == 0) return OK;
    TRY(io->write_part(io->end, export->path, export->written, text_str(&export->text)));
    export->written += export->text.len;
    begin_text(export);
    return OK;
}

static Error write_work(void *argument, const TorrentExport *work, Arena *arena) {
    Export *export = argument;
    add_line(&export->text, work, arena);
    progress_step(&export->progress,
                  export->works ? (double)export->progress.done / (double)export->works : 0);
    return export->text.len < FLUSH_BYTES ? OK : flush(export);
}

static Error write_all(Export *export) {
    Call *call = export->call;
    const CommandIo *io = call->io;
    TRY(torrent_export_count(call->visit, &export->works));
    TRY(torrent_export(call->visit, export->with_torrents, write_work, export));
    TRY(flush(export));
    return io->write_part(io->end, export->path, export->written, (Str){0});
}

Error command_export(Call *call) {
    Str format = call_option(call, "format", STR("jsonl"));
    if (!str_equal(format, STR("jsonl")))
        return call_usage(call, "--format is jsonl, not \"{}\".", format);
    Export export = {.call = call,
                     .path = call->words[0],
                     .with_torrents = !call_has(call, "without-torrents"),
                     .arena = arena_create(EXPORT_ARENA_BYTES),
                     .progress = progress_begin(call, (Str){0}, "works")};
    bool to_output = str_equal(export.path, STR("-"));
    export.progress.quiet = to_output && call->json; /* the lines are all there may be */
    begin_text(&export);
    TRY(store_snapshot_begin(call->visit->db));
    Error e = write_all(&export);
    store_snapshot_end(call->visit->db);
    arena_free(&export.arena);
    TRY(e);
    ProgressEnd end = progress_end(&export.progress);
    if (call->json || to_output) return OK;
    call_print(call, "%llu works written in %.1f s (%llu a second)\n",
               (unsigned long long)export.progress.done, end.seconds,
               (unsigned long long)end.per_second);
    return OK;
}
