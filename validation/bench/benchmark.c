/* Measures every row, or those of the subjects named on the command line. `-n N` sets the
 * number of runs behind a median. Exit status 1 where a figure misses its bar. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "subjects.h"

enum { SUBJECT_COUNT = sizeof SUBJECTS / sizeof SUBJECTS[0], MOST_RUNS = 101 };

double bench_cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(const struct bench_row *row, int runs)
{
    double figures[MOST_RUNS];
    for (int i = 0; i < runs; i++)
        figures[i] = row->measure(row->argument);
    qsort(figures, (size_t)runs, sizeof *figures, compare);
    return figures[runs / 2];
}

static bool passes(const struct bench_row *row, double figure)
{
    if (figure < 0)
        return false;
    return row->kind == BAR_NONE ||
           (row->kind == BAR_AT_LEAST ? figure >= row->bar : figure <= row->bar);
}

static bool print_row(const struct bench_row *row, int runs)
{
    static const char *const SIGNS[] = {"", ">= ", "<= "};
    double figure = median(row, runs);
    bool is_passed = passes(row, figure);
    char bar[32] = "-";
    if (row->kind != BAR_NONE)
        snprintf(bar, sizeof bar, "%s%.4g", SIGNS[row->kind], row->bar);
    printf("%-52s %10.4g  %-14s %10s  %s\n", row->name, figure, row->unit, bar,
           row->kind == BAR_NONE && is_passed ? ""
           : is_passed                        ? "pass"
                                              : "FAIL");
    fflush(stdout);
    return is_passed;
}

static bool is_wanted(const char *name, int count, char **names)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return count == 0;
}

int main(int argc, char **argv)
{
    int runs = 5, failed = 0;
    argc--, argv++;
    if (argc >= 2 && strcmp(argv[0], "-n") == 0) {
        runs = atoi(argv[1]);
        argc -= 2, argv += 2;
    }
    if (runs < 1 || runs > MOST_RUNS) {
        fprintf(stderr, "bench: -n must be 1 to %d\n", MOST_RUNS);
        return 2;
    }
    printf("%-52s %10s  %-14s %10s\n", "name", "figure", "unit", "bar");
    for (int i = 0; i < SUBJECT_COUNT; i++)
        for (const struct bench_row *row = SUBJECTS[i].rows; row->name; row++)
            if (is_wanted(SUBJECTS[i].name, argc, argv))
                failed += !print_row(row, runs);
    printf("figures below their bar: %d (medians of %d runs, CPU time)\n", failed, runs);
    return failed > 0;
}
