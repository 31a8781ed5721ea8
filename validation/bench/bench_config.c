/* Reading and checking a chip file: part of every run, so it has to be next to nothing. */
#include <stdint.h>
#include <stdio.h>

#include "sim/config/config.h"
#include "validation/bench/benchmark.h"

enum { KEYS = 40, CORES = 4, READINGS = 50 };

struct core {
    int64_t values[KEYS];
};

/* A table of as many keys as the union of some families has; a file with four cores. */
struct example {
    char keys[KEYS][16];
    struct param table[KEYS + 1];
    char text[CORES * KEYS * 32];
};

static void make_example(struct example *example)
{
    char *at = example->text;
    *example = (struct example){0};
    for (int i = 0; i < KEYS; i++) {
        snprintf(example->keys[i], sizeof example->keys[i], "key_%d", i);
        example->table[i] = (struct param){example->keys[i],
                                           PARAM_COUNT,
                                           UNIT_NONE,
                                           (size_t)i * sizeof(int64_t),
                                           "1",
                                           0,
                                           1e6,
                                           NULL,
                                           "a number"};
    }
    for (int core = 0; core < CORES; core++) {
        at += sprintf(at, "core c%d {\n", core);
        for (int i = 0; i < KEYS; i += 2)
            at += sprintf(at, "    key_%d = %d # why\n", i, i * core);
        at += sprintf(at, "}\n");
    }
}

/* Microseconds to read and fill one file; negative where it was refused. */
static double read_chip(int readings)
{
    static struct example example;
    make_example(&example);
    const struct param *const tables[] = {example.table, NULL};
    const struct config_schema children[] = {{"core", true, true, tables, NULL}, {0}};
    const struct config_schema schema = {"", false, false, NULL, children};
    double start = bench_cpu_seconds();
    for (int i = 0; i < readings; i++) {
        struct arena arena = {0};
        struct error err = {0};
        struct core values;
        struct config *config = config_parse(&arena, "chip.conf", example.text, &schema, &err);
        struct config_section *core = config ? config_find(&config->root, "core", NULL) : NULL;
        for (; core; core = config_next(core, "core"))
            if (!config_fill(core, example.table, &values, NULL, &err))
                return -1;
        if (!config || config_hash(config) == 0)
            return -1;
        arena_free(&arena);
    }
    return (bench_cpu_seconds() - start) * 1e6 / readings;
}

const struct bench_row config_rows[] = {
    {"chip file of 4 cores, 160 values", "us/file", read_chip, READINGS, BAR_AT_MOST, 1000},
    {0},
};
