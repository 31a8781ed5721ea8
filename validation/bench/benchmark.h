/* What a bench_*.c file offers: rows, each one figure with the bar it has to reach. The runner
 * measures a row several times, prints the median, and fails where a bar is missed. */
#ifndef VALIDATION_BENCH_BENCHMARK_H
#define VALIDATION_BENCH_BENCHMARK_H

enum bench_bar { BAR_NONE, BAR_AT_LEAST, BAR_AT_MOST };

struct bench_row {
    const char *name, *unit;
    double (*measure)(
        int argument); /* one figure from one run; negative: it could not be taken */
    int argument;
    enum bench_bar kind;
    double bar;
};

/* CPU seconds that this process has used. */
double bench_cpu_seconds(void);

#endif
