/* import_report.h — what an import tells at its end: how many works, how quick, and what was wrong
 * with which lines. Bounded: kinds of faults, and lines named of
 * each. */
#pragma once
#include "command/progress.h"
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
    Progress progress;
    bool dry_run;
    ImportFaults refused, waiting;
} ImportReport;

void import_report_fault(ImportReport *report, ImportFaults *faults, Error fault, uint64_t line);
void import_report_end(ImportReport *report, const ImportTotals *totals);
