/* One command of the program: a row of the table in main.c and one file command_NAME.c.
 * `run` gets the words after the command's name (argv[0] is the first of them) and returns the
 * exit status: 0 done, 1 failed or bad input (one sentence on stderr), 2 wrong usage. */
#ifndef SIM_CLI_COMMAND_H
#define SIM_CLI_COMMAND_H

#include "sim/kernel/error.h"

struct command {
    const char *name, *usage, *summary;
    int (*run)(int argc, char **argv);
};

int command_run(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_gain(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_twin(int argc, char **argv);
int command_dram(int argc, char **argv);
int command_validate(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_list(int argc, char **argv);
int command_check(int argc, char **argv);

/* "cleave: SENTENCE" on stderr; returns 1. */
int command_failed(const struct error *err);
/* "cleave NAME: SENTENCE" and the usage line on stderr; returns 2. */
int command_misused(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
