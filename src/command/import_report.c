#include "command/import_report.h"

#include <jansson.h>

#include "base/text.h"

static Call *call_of(const ImportReport *report) { return report->progress.call; }

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
                arena_copy(call_of(report)->arena, str_part(fault.subject[k], 0, 200));
    }
    if (kind->count < IMPORT_FAULT_LINES_MAX) kind->lines[kind->count] = line;
    kind->count++;
}

/* --- the end --- */

static json_t *faults_json(const ImportReport *report, const ImportFaults *faults) {
    json_t *list = json_array();
    for (size_t i = 0; i < faults->count; i++) {
        const ImportFault *kind = &faults->at[i];
        Str words = error_text(kind->fault, call_of(report)->arena);
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

static void end_json(ImportReport *report, const ImportTotals *totals, const ProgressEnd *end) {
    json_t *item = json_object();
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {{"published", totals->published},   {"waiting", totals->waiting},
                   {"known", totals->known},           {"completed", totals->completed},
                   {"refused", report->refused.total}, {"lines", report->progress.done},
                   {"nameless", totals->nameless},     {"works_per_s", end->per_second}};
    json_object_set_new(item, "dry_run", json_boolean(report->dry_run));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_object_set_new(item, numbers[i].name, json_integer((json_int_t)numbers[i].value));
    json_object_set_new(item, "seconds", json_real(end->seconds));
    json_object_set_new(item, "refused_why", faults_json(report, &report->refused));
    json_object_set_new(item, "waiting_why", faults_json(report, &report->waiting));
    call_print_json(call_of(report), item);
}

static void print_faults(ImportReport *report, const char *head, const ImportFaults *faults) {
    Call *call = call_of(report);
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
    Call *call = call_of(report);
    ProgressEnd end = progress_end(&report->progress);
    if (call->json) {
        end_json(report, totals, &end);
        return;
    }
    call_print(call, "%s%llu published, %llu waiting for a moderator, %llu known already, ",
               report->dry_run ? "Would be: " : "", (unsigned long long)totals->published,
               (unsigned long long)totals->waiting, (unsigned long long)totals->known);
    if (totals->completed)
        call_print(call, "%llu of which only the hash was known have their torrent now, ",
                   (unsigned long long)totals->completed);
    call_print(call, "%llu refused, in %.1f s (%llu works a second)\n",
               (unsigned long long)report->refused.total, end.seconds,
               (unsigned long long)end.per_second);
    if (totals->nameless)
        call_print(call,
                   "%llu name no uploader: they belong to the member \"" IMPORT_NAMELESS
                   "\", who cannot sign in.\n",
                   (unsigned long long)totals->nameless);
    print_faults(report, "Refused:", &report->refused);
    print_faults(report, "Waiting for:", &report->waiting);
}
