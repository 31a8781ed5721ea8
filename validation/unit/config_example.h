/* A small chip file to test configuration with: top level, two families of cores, one memory.
 */
#ifndef VALIDATION_UNIT_CONFIG_EXAMPLE_H
#define VALIDATION_UNIT_CONFIG_EXAMPLE_H

#include <math.h>
#include <stddef.h>

#include "sim/config/config.h"
#include "sim/kernel/ratio.h"

struct chip {
    const char *name, *process;
};

struct core {
    int family;
    int64_t rows, columns, count;
    struct ratio clock;
    uint64_t buffer;
    bool is_skewed;
    struct param_list formats;
};

struct memory {
    double bandwidth;
};

static const char *const FAMILIES[] = {"systolic", "vector", NULL};

static const struct param CHIP[] = {
    {"name", PARAM_TEXT, UNIT_NONE, offsetof(struct chip, name), "", 0, 0, NULL, "name"},
    {"process", PARAM_TEXT, UNIT_NONE, offsetof(struct chip, process), "generic-28nm", 0, 0,
     NULL, "process it is made in"},
    {0}};

static const struct param CORE[] = {
    {"family", PARAM_CHOICE, UNIT_NONE, offsetof(struct core, family), NULL, 0, 0, FAMILIES,
     "family of the core"},
    {"count", PARAM_COUNT, UNIT_NONE, offsetof(struct core, count), "1", 1, 4096, NULL,
     "equal cores"},
    {"clock", PARAM_RATIO, UNIT_HERTZ, offsetof(struct core, clock), "700 MHz", 1e3, 1e11, NULL,
     "clock"},
    {0}};

static const struct param SYSTOLIC[] = {
    {"rows", PARAM_COUNT, UNIT_NONE, offsetof(struct core, rows), NULL, 1, 65536, NULL,
     "rows of the array"},
    {"columns", PARAM_COUNT, UNIT_NONE, offsetof(struct core, columns), "8", 1, 65536, NULL,
     "columns of the array"},
    {"buffer", PARAM_BYTES, UNIT_BYTE, offsetof(struct core, buffer), "24 MiB", 0, 1e12, NULL,
     "unified buffer"},
    {"skewed", PARAM_BOOL, UNIT_NONE, offsetof(struct core, is_skewed), "yes", 0, 0, NULL,
     "operands enter skewed"},
    {"formats", PARAM_LIST, UNIT_NONE, offsetof(struct core, formats), "", 0, 0, NULL,
     "number formats"},
    {0}};

static const struct param VECTOR[] = {{"lanes", PARAM_COUNT, UNIT_NONE,
                                       offsetof(struct core, rows), "16", 1, 4096, NULL,
                                       "lanes"},
                                      {0}};

static const struct param MEMORY[] = {{"bandwidth", PARAM_REAL, UNIT_BYTE_PER_SECOND,
                                       offsetof(struct memory, bandwidth), "34 GB/s", 1,
                                       INFINITY, NULL, "peak bandwidth"},
                                      {0}};

static const struct config_schema CHILDREN[] = {
    {"core", true, true, (const struct param *const[]){CORE, SYSTOLIC, VECTOR, NULL}, NULL},
    {"memory", false, false, (const struct param *const[]){MEMORY, NULL}, NULL},
    {0}};
static const struct config_schema SCHEMA = {
    "", false, false, (const struct param *const[]){CHIP, NULL}, CHILDREN};

/* Fills everything as a chip would. */
static bool fill(struct config *config, struct core *cores, struct error *err)
{
    struct chip chip;
    struct memory memory;
    if (!config_fill(&config->root, CHIP, &chip, NULL, err))
        return false;
    struct config_section *section = config_find(&config->root, "core", NULL);
    for (int i = 0; section; section = config_next(section, "core"), i++) {
        if (!config_fill_some(section, CORE, &cores[i], NULL, err) ||
            !config_fill(section, cores[i].family ? VECTOR : SYSTOLIC, &cores[i], NULL, err))
            return false;
    }
    return config_fill(config_find(&config->root, "memory", NULL), MEMORY, &memory, NULL,
                       err) &&
           config_check_sets(config, err);
}

#endif
