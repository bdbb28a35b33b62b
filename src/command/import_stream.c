#include "command/import_stream.h"
#include "base/encode.h"
#include "base/limits.h"
#include "command/import_line.h"
#include "command/import_report.h"
#include "command/line_source.h"

typedef Error (*ReadLine)(Str line, const TorrentWords *defaults, Arena *arena,
                          ImportLine *ret_line);

typedef struct {
    Call *call;
    Str path;
    const TorrentWords *defaults;
    ReadLine read;
    ImportRules rules;
    Import *import;
    LineSource *source;
    ImportReport report;
    ImportPlace place; /* behind the line under way */
} Stream;

enum { LINE_ARENA_BYTES = 160 * MIB };

/* By how it begins: the same file under another name goes on too. */
static Error name_file(Stream *stream) {
    enum { BEGINNING_BYTES = MIB, NAME_BYTES = 16 };
    Call *call = stream->call;
    Arena arena = arena_create(4 * MIB);
    Str beginning;
    FilePart part = {0, BEGINNING_BYTES};
    Error e = call->io->read_part(call->io->end, stream->path, part, &arena, &beginning);
    uint8_t digest[SHA256_BYTES];
    if (!failed(e)) {
        sha256(beginning, digest);
        stream->rules.name = hex_write(call->arena, digest, NAME_BYTES);
    }
    for (size_t i = 0; i < 2 && failed(e); i++)
        e.subject[i] = arena_copy(call->arena, e.subject[i]);
    arena_free(&arena);
    return e;
}

static Error find_place(Stream *stream) {
    Call *call = stream->call;
    if (str_equal(stream->path, STR("-"))) return OK;
    TRY(name_file(stream));
    if (stream->rules.dry_run || call_has(call, "from-start")) return OK;
    TRY(import_place(call->visit, stream->rules.name, &stream->place));
    if (stream->place.line && !call->json)
        call_print(call, "Goes on behind line %llu, where an import of this file stopped.\n",
                   (unsigned long long)stream->place.line);
    return OK;
}

static bool is_no_work(Str line, uint64_t number) {
    return line.len == 0 || str_starts(line, STR("#")) ||
           (number == 1 && str_starts(line, STR("torrent_info_hash|")));
}

static Error read_bounded(const Stream *stream, Str text, Arena *arena, ImportLine *ret_line) {
    jmp_buf full;
    if (setjmp(full) == 0) {
        arena->overflow = &full;
        Error e = stream->read(text, stream->defaults, arena, ret_line);
        arena->overflow = NULL;
        return e;
    }
    arena->overflow = NULL;
    arena->cap += 64 * KIB; /* for the report */
    return error(TOO_LARGE, "too_much_memory",
                 "This asks for more memory than one request may have.");
}

static Error take_line(Stream *stream, Str text, bool whole, Arena *arena) {
    uint64_t number = stream->place.line;
    if (number == 1 && str_starts(text, STR("\xEF\xBB\xBF"))) text = str_skip(text, 3);
    if (whole && is_no_work(text, number)) {
        import_pass(stream->import, stream->place);
        return OK;
    }
    ImportLine line = {0};
    ImportVerdict verdict = {OK, OK};
    if (whole)
        verdict.fault = read_bounded(stream, text, arena, &line);
    else
        verdict.fault = error(TOO_LARGE, "line_too_long", "This line is longer than 24 MiB.");
    if (failed(verdict.fault))
        import_pass(stream->import, stream->place);
    else
        TRY(import_add(stream->import, &line, stream->place, arena, &verdict));
    ImportReport *report = &stream->report;
    if (failed(verdict.fault)) import_report_fault(report, &report->refused, verdict.fault, number);
    if (failed(verdict.waits)) import_report_fault(report, &report->waiting, verdict.waits, number);
    uint64_t size = stream->report.progress.look.size_bytes;
    progress_step(&stream->report.progress,
                  size ? (double)line_source_progress(stream->source) / (double)size : 0);
    return OK;
}

static Error take_all(Stream *stream) {
    Arena arena = arena_create(LINE_ARENA_BYTES);
    Error e;
    for (bool found = true;;) {
        Str text;
        bool whole;
        e = line_source_next(stream->source, &found, &text, &whole);
        if (failed(e) || !found) break;
        stream->place = (ImportPlace){line_source_place(stream->source), stream->place.line + 1};
        e = take_line(stream, text, whole, &arena);
        for (size_t i = 0; i < 2 && failed(e); i++)
            e.subject[i] = arena_copy(stream->call->arena, e.subject[i]);
        if (failed(e)) break;
        arena_reset(&arena);
    }
    arena_free(&arena);
    return failed(e) ? e : import_finish(stream->import);
}

static Error run(Stream *stream) {
    TRY(line_source_open(stream->call, stream->path, stream->place.offset, &stream->source));
    TRY(import_open(stream->call->visit, &stream->rules, &stream->import));
    Error e = take_all(stream);
    ImportTotals totals = import_totals(stream->import);
    if (!failed(e)) import_report_end(&stream->report, &totals);
    return e;
}

Error import_stream(Call *call, Str format, const TorrentWords *defaults) {
    Stream stream = {.call = call,
                     .path = call->words[0],
                     .defaults = defaults,
                     .read = str_equal(format, STR("kat")) ? import_line_kat : import_line_json,
                     .rules = {.publish = call_has(call, "publish"),
                               .dry_run = call_has(call, "dry-run"),
                               .uploader = call_option(call, "as", (Str){0})}};
    TRY(find_place(&stream));
    stream.report = (ImportReport){.progress = progress_begin(call, stream.path, "works"),
                                   .dry_run = stream.rules.dry_run};
    Error e = run(&stream);
    import_close(stream.import);
    line_source_close(stream.source);
    TRY(e);
    if (stream.report.refused.total)
        return error(BAD_INPUT, "some_refused", "Some works were refused; the others are in.");
    return OK;
}
