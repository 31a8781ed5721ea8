/* Where a command writes its result: standard output, or a file that appears whole or not at
 * all. */
#ifndef SIM_CLI_OUTPUT_H
#define SIM_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/kernel/error.h"

enum output_format { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_CSV };

bool output_format_parse(const char *name, enum output_format *format);

struct output {
    FILE *file; /* NULL: nothing open */
    char *path; /* final name; NULL: standard output */
    char *part; /* name while it is written; NULL: in place, being no plain file */
};

/* path NULL or "-": standard output. Pipes and devices are written in place. */
bool output_open(struct output *output, const char *path, struct error *err);
/* Flushes, checks and renames. Nothing where nothing is open. */
bool output_close(struct output *output, struct error *err);
/* Removes an unfinished file. */
void output_abandon(struct output *output);

#endif
