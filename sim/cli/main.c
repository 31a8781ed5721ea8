/* The program: one table of commands, one file each. */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sim/cli/command.h"

static const struct command COMMANDS[] = {
    {"run",
     "CHIP TRACE... [--set PATH=VALUE]... [--format table|json|csv] [-o FILE] [--dump]"
     " [--timeline FILE] [--mapping FILE] [--process P] [--tables X] [--precision X]"
     " [--scope X] [--cap X] [--extrapolate]",
     "run operator traces or loop kernels on a chip", command_run},
    {"trace",
     "new WORKLOAD [--KEY VALUE]... -o FILE"
     " | import FILE [--as FORMAT] [--batch N] [--input NAME]... -o FILE"
     " | show FILE [--format table|json|csv] | check FILE..."
     " | export FILE --as scalesim|chakra [-o FILE]",
     "make, import, show, check and export traces", command_trace},
    {"twin",
     "CHIP TRACE [-n N] [--hold-mapping] [--seed N] [--set PATH=VALUE]..."
     " [--format table|json|csv] [-o FILE]",
     "a benchmark beside neighbours of nearly the same work", command_twin},
    {"dram", "MEMORY FILE|PATTERN [--set KEY=VALUE]... [--format table|json|csv] [-o FILE]",
     "run memory traffic alone", command_dram},
    {"gain",
     "A B [...] | STUDY [--workload NAME] [--twin TRACE] [--hold RULE] [--why FACTOR]"
     " [--round article] [--seed N] [--draws N] [--format table|json|csv] [-o FILE]",
     "what part of a gain is architecture", command_gain},
    {"compare",
     "CHIP... --traces TRACE... [--iso area=..,process=..,power=..,bandwidth=..]"
     " [--format table|json|csv] [-o FILE]",
     "chips side by side, scaled to equal budgets", command_compare},
    {"validate", "[CASE...] [--all] [--table FILE.csv] [--format table|json|csv]",
     "published numbers beside ours", command_validate},
    {"explain",
     "[KIND] [NAME] | PARAMETER | mapping CHIP TRACE [--set PATH=VALUE]..."
     " | schedule CHIP KERNEL.loop [--set PATH=VALUE]...",
     "parameters: meaning, unit, range, default; plans of a run", command_explain},
    {"list", "chips|processes|memories|operators|workloads|cases|studies [--format table|csv]",
     "what is shipped", command_list},
    {"check", "FILE...", "check configs and traces without running them", command_check},
};

enum { COMMAND_COUNT = sizeof COMMANDS / sizeof COMMANDS[0] };

static void print_help(FILE *out)
{
    fprintf(out, "usage: cleave COMMAND ...\n\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-9s %s\n", COMMANDS[i].name, COMMANDS[i].summary);
    fprintf(out, "\n`cleave COMMAND --help` prints the usage of one command.\n");
}

int command_failed(const struct error *err)
{
    fprintf(stderr, "cleave: %s\n", err->text);
    return 1;
}

static const struct command *find(const char *name)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(COMMANDS[i].name, name) == 0)
            return &COMMANDS[i];
    return NULL;
}

int command_misused(const char *name, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "cleave %s: ", name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    const struct command *command = find(name);
    fprintf(stderr, "\nusage: cleave %s %s\n", name, command ? command->usage : "");
    return 2;
}

/* `--help` behind anything that a command was going to be told; a workload explains itself. */
static bool wants_usage(int argc, char **argv)
{
    bool is_workload =
        argc == 5 && strcmp(argv[1], "trace") == 0 && strcmp(argv[2], "new") == 0;
    return argc > 2 && strcmp(argv[argc - 1], "--help") == 0 && !is_workload;
}

static int run(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("cleave %s\n", CLEAVE_VERSION);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return 0;
    }
    if (argc < 2) {
        print_help(stderr);
        return 2;
    }
    const struct command *command = find(argv[1]);
    if (!command) {
        fprintf(stderr, "cleave: '%s' is no command; `cleave --help` lists them\n", argv[1]);
        return 2;
    }
    if (wants_usage(argc, argv)) {
        printf("usage: cleave %s %s\n\n%s\n", command->name, command->usage, command->summary);
        return 0;
    }
    return command->run(argc - 2, argv + 2);
}

int main(int argc, char **argv)
{
    int status = run(argc, argv);
    if ((fflush(stdout) == 0 && !ferror(stdout)) || status != 0)
        return status;
    fprintf(stderr, "cleave: standard output: cannot be written: %s\n", strerror(errno));
    return 1;
}
