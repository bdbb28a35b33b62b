#include "command/import_report.h"

#include <jansson.h>

#include "base/text.h"

enum {
    LOOK_LINES = 256, /* the clock is asked so often */
    DRAW_US = 500 * 1000,
    TELL_US = 10 * 1000 * 1000,
    SECOND_US = 1000 * 1000,
    PROGRESS_BYTES = 200,
};

ImportReport import_report_begin(Call *call, Str path) {
    int64_t now_us = clock_monotonic_us();
    return (ImportReport){.call = call,
                          .look = call->io->look(call->io->end, path),
                          .dry_run = call_has(call, "dry-run"),
                          .started_us = now_us,
                          .told_us = now_us};
}

static bool same_fault(Error a, Error b) {
    return strcmp(error_code(a), error_code(b)) == 0 &&
           strcmp(a.field ? a.field : "", b.field ? b.field : "") == 0;
}

void import_report_fault(ImportReport *report, ImportFaults *faults, Error fault, uint64_t line) {
    size_t i = 0;
    faults->total++;
    while (i < faults->count && !same_fault(faults->at[i].fault, fault)) i++;
    if (i == IMPORT_FAULTS_MAX) {
        faults->others++;
        return;
    }
    ImportFault *kind = &faults->at[i];
    if (i == faults->count) {
        faults->count++;
        kind->fault = fault;
        for (size_t k = 0; k < 2; k++)
            kind->fault.subject[k] =
                arena_copy(report->call->arena, str_part(fault.subject[k], 0, 200));
    }
    if (kind->count < IMPORT_FAULT_LINES_MAX) kind->lines[kind->count] = line;
    kind->count++;
}

static uint64_t per_second(const ImportReport *report, int64_t now_us) {
    int64_t span_us = now_us - report->started_us;
    return span_us > 0 ? report->lines * SECOND_US / (uint64_t)span_us : report->lines;
}

/* From what is left of the file; -1: nobody knows. */
static int64_t left_s(const ImportReport *report, uint64_t bytes, int64_t now_us) {
    if (!report->look.size_bytes || !bytes || bytes > report->look.size_bytes) return -1;
    double share = (double)bytes / (double)report->look.size_bytes;
    return (int64_t)((double)(now_us - report->started_us) / SECOND_US * (1 - share) / share);
}

static void draw(ImportReport *report, uint64_t rate, int64_t left) {
    Call *call = report->call;
    char text[PROGRESS_BYTES], rest[64] = "";
    if (left >= 0)
        snprintf(rest, sizeof rest, ", %lld min %02lld s left", (long long)left / 60,
                 (long long)left % 60);
    int len =
        snprintf(text, sizeof text, "%s%llu works, %llu a second%s%s",
                 report->look.on_terminal ? "\r\033[K" : "", (unsigned long long)report->lines,
                 (unsigned long long)rate, rest, report->look.on_terminal ? "" : "\n");
    call->io->err(call->io->end, (Str){text, (size_t)len});
    report->drawn = report->look.on_terminal;
}

static void print_progress(ImportReport *report, const ImportTotals *totals, uint64_t rate,
                           int64_t left) {
    Arena arena = arena_create(1 << 16), *outer = report->call->arena;
    report->call->arena = &arena; /* there may be many */
    json_t *item = json_object();
    json_object_set_new(item, "lines", json_integer((json_int_t)report->lines));
    json_object_set_new(item, "published", json_integer((json_int_t)totals->published));
    json_object_set_new(item, "works_per_s", json_integer((json_int_t)rate));
    json_object_set_new(item, "seconds_left", left < 0 ? json_null() : json_integer(left));
    call_print_json(report->call, item);
    report->call->arena = outer;
    arena_free(&arena);
}

void import_report_tell(ImportReport *report, const ImportTotals *totals, uint64_t bytes) {
    if (++report->lines % LOOK_LINES) return;
    int64_t now_us = clock_monotonic_us();
    bool draws = report->look.on_terminal && !report->call->json;
    if (now_us - report->told_us < (draws ? DRAW_US : TELL_US)) return;
    report->told_us = now_us;
    uint64_t rate = per_second(report, now_us);
    int64_t left = left_s(report, bytes, now_us);
    if (report->call->json)
        print_progress(report, totals, rate, left);
    else
        draw(report, rate, left);
}

/* --- the end --- */

static json_t *faults_json(const ImportReport *report, const ImportFaults *faults) {
    json_t *list = json_array();
    for (size_t i = 0; i < faults->count; i++) {
        const ImportFault *kind = &faults->at[i];
        Str words = error_text(kind->fault, report->call->arena);
        json_t *item = json_object(), *lines = json_array();
        json_object_set_new(item, "code", json_string(error_code(kind->fault)));
        json_object_set_new(item, "field",
                            kind->fault.field ? json_string(kind->fault.field) : json_null());
        json_object_set_new(item, "detail", json_stringn(words.at, words.len));
        json_object_set_new(item, "count", json_integer((json_int_t)kind->count));
        for (size_t k = 0; k < kind->count && k < IMPORT_FAULT_LINES_MAX; k++)
            json_array_append_new(lines, json_integer((json_int_t)kind->lines[k]));
        json_object_set_new(item, "lines", lines);
        json_array_append_new(list, item);
    }
    return list;
}

static void end_json(ImportReport *report, const ImportTotals *totals, int64_t span_us,
                     uint64_t rate) {
    json_t *item = json_object();
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {{"published", totals->published},
                   {"waiting", totals->waiting},
                   {"known", totals->known},
                   {"completed", totals->completed},
                   {"refused", report->refused.total},
                   {"lines", report->lines},
                   {"works_per_s", rate}};
    json_object_set_new(item, "dry_run", json_boolean(report->dry_run));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_object_set_new(item, numbers[i].name, json_integer((json_int_t)numbers[i].value));
    json_object_set_new(item, "seconds", json_real((double)span_us / SECOND_US));
    json_object_set_new(item, "refused_why", faults_json(report, &report->refused));
    json_object_set_new(item, "waiting_why", faults_json(report, &report->waiting));
    call_print_json(report->call, item);
}

static void print_faults(ImportReport *report, const char *head, const ImportFaults *faults) {
    Call *call = report->call;
    if (faults->total) call_print(call, "%s\n", head);
    for (size_t i = 0; i < faults->count; i++) {
        const ImportFault *kind = &faults->at[i];
        Str words = error_text(kind->fault, call->arena);
        Text lines = text_create(call->arena, 1000);
        for (size_t k = 0; k < kind->count && k < IMPORT_FAULT_LINES_MAX; k++)
            text_print(&lines, "%s%llu", k ? ", " : "", (unsigned long long)kind->lines[k]);
        if (kind->count > IMPORT_FAULT_LINES_MAX) text_add(&lines, STR(", …"));
        call_print(call, "  %llu × %s%s%.*s (line%s %.*s)\n", (unsigned long long)kind->count,
                   kind->fault.field ? kind->fault.field : "", kind->fault.field ? ": " : "",
                   STR_PRINTF(words), kind->count == 1 ? "" : "s", STR_PRINTF(text_str(&lines)));
    }
    if (faults->others)
        call_print(call, "  %llu × something else\n", (unsigned long long)faults->others);
}

void import_report_end(ImportReport *report, const ImportTotals *totals) {
    Call *call = report->call;
    int64_t now_us = clock_monotonic_us(), span_us = now_us - report->started_us;
    uint64_t rate = per_second(report, now_us);
    if (report->drawn) call->io->err(call->io->end, STR("\r\033[K"));
    if (call->json) {
        end_json(report, totals, span_us, rate);
        return;
    }
    call_print(call, "%s%llu published, %llu waiting for a moderator, %llu known already, ",
               report->dry_run ? "Would be: " : "", (unsigned long long)totals->published,
               (unsigned long long)totals->waiting, (unsigned long long)totals->known);
    if (totals->completed)
        call_print(call, "%llu of which only the hash was known have their torrent now, ",
                   (unsigned long long)totals->completed);
    call_print(call, "%llu refused, in %.1f s (%llu works a second)\n",
               (unsigned long long)report->refused.total, (double)span_us / SECOND_US,
               (unsigned long long)rate);
    print_faults(report, "Refused:", &report->refused);
    print_faults(report, "Waiting for:", &report->waiting);
}
