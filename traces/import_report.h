/* What an importer has to tell besides operators: warnings, each kind once with a count; the
 * split into data and constants; how much of the work was derived. Everything in the arena of
 * the import. */
#ifndef TRACES_IMPORT_REPORT_H
#define TRACES_IMPORT_REPORT_H

#include "traces/import.h"

enum { IMPORT_WARNINGS_MAX = 64 }; /* kinds; the rest is summed up in one sentence */

struct import_warning {
    const char *kind, *sentence;
    uint64_t count;
};

struct import_report {
    struct import_warning warnings[IMPORT_WARNINGS_MAX];
    size_t warning_count;
    uint64_t further;
    size_t input_capacity, const_capacity;
};

/* The first warning of a kind is kept as it is; later ones of the same kind are counted. */
void import_warn(struct import_context *context, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Enters a declared tensor into the split that the import prints. */
void import_split(struct import_context *context, const struct tensor *tensor);

/* Checks an operator as every reader of the trace will, emits and counts it; `coverage` points
 * to the summary's derived, recorded or unknown. */
bool import_emit(struct import_context *context, const struct operator* op, uint64_t *coverage,
                 const char *place, struct error *err);

/* Fills the summary's warnings and coverage line. */
void import_report_close(struct import_context *context);

#endif
