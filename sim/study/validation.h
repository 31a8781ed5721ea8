/* A validation case: a program that turns the inputs of one table row into a run and returns
 * what we get beside what the table wants. Never a list of answers: `cleave validate CASE
 * --table FILE` runs the same program on any table with the same input columns (result columns
 * may be empty). Adding a case is one file case_NAME.c and one line in validation.c. */
#ifndef SIM_STUDY_VALIDATION_H
#define SIM_STUDY_VALIDATION_H

#include <stdbool.h>

#include "sim/config/table.h"

struct validation_value {
    const char *key;  /* which row and quantity, e.g. "sq64/os/32x32 cycles"; arena */
    double got, want; /* want is NAN where the table has no value */
    const char *unit;
    bool is_fitted; /* the row served to fit a `calibrated` parameter */
    double bar;     /* deviation allowed for this value; 0: the case's worst_bar */
    bool is_report; /* shown beside the others, held against nothing; got NAN: not run */
};

/* Receives one value; the row's program may emit several. */
struct validation_sink {
    void (*emit)(struct validation_sink *sink, const struct validation_value *value);
};

struct validation_case {
    const char *name;      /* one of the fixed names of the command line */
    const char *summary;   /* one line: against what */
    const char *tables;    /* shipped tables under validation/cases, space-separated */
    const char *tolerance; /* the bar, one line, printed beside the result */
    /* The bar as numbers: relative deviation, or difference where is_absolute (points, counts
     * that must be exact). The case passes when both hold. */
    double median_bar, worst_bar;
    bool is_absolute;
    /* Columns, space-separated: texts that a row cannot do without, and results, whose cells
     * hold a number or nothing; both are checked before the first row runs. */
    const char *needs, *results;
    /* Runs one row. Everything allocated may go to the arena, released after the row. */
    bool (*run)(const struct table *table, size_t row, struct arena *arena,
                struct validation_sink *sink, struct error *err);
};

extern const struct validation_case *const VALIDATION_CASES[]; /* NULL-terminated */

struct validation_row {
    struct validation_value value;
    double deviation; /* NAN where there is nothing to compare with */
    bool is_within;
};

struct validation_result {
    const struct validation_case *rule;
    struct validation_row *rows; /* arena */
    size_t row_count, compared;
    double median, worst;              /* absolute values, over what is compared */
    double fitted_worst, unseen_worst; /* NAN where there is none */
    bool is_passed;
};

const struct validation_case *validation_find(const char *name);
/* Runs a case on its own tables, or on `table_path`. */
bool validation_run(const struct validation_case *rule, const char *table_path,
                    struct arena *arena, struct validation_result *result, struct error *err);

#endif
