/* import_report.h — what an import tells while it runs and at its end: how many, how quick, how
 * long still, and what was wrong with which lines. Bounded: kinds of faults, and lines named of
 * each. */
#pragma once
#include "command/command.h"
#include "community/import.h"

enum { IMPORT_FAULTS_MAX = 64, IMPORT_FAULT_LINES_MAX = 10 };

/* Lines that share a fault. */
typedef struct {
    Error fault; /* of the first; its words are copied */
    uint64_t count;
    uint64_t lines[IMPORT_FAULT_LINES_MAX];
} ImportFault;

typedef struct {
    ImportFault at[IMPORT_FAULTS_MAX];
    size_t count;
    uint64_t total, others; /* others: of kinds that found no room */
} ImportFaults;

typedef struct {
    Call *call;
    CommandLook look;
    bool dry_run, drawn;
    int64_t started_us, told_us;
    uint64_t lines; /* looked at by this run */
    ImportFaults refused, waiting;
} ImportReport;

ImportReport import_report_begin(Call *call, Str path);
void import_report_fault(ImportReport *report, ImportFaults *faults, Error fault, uint64_t line);
/* After each line: tells something now and then. `bytes`: of the file, read so far. */
void import_report_tell(ImportReport *report, const ImportTotals *totals, uint64_t bytes);
void import_report_end(ImportReport *report, const ImportTotals *totals);
