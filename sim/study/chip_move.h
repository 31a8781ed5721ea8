/* Moving a chip to another process, memory or budget: the engine behind counterfactual gains
 * and `cleave compare --iso`. A move is a list of --set assignments, so that a moved chip is
 * loaded, run and priced like any other. The rule that is held is chosen by the caller and
 * printed: shape        arrays and buffers stay as they are area         arrays and buffers
 * grow or shrink until the die has the area wanted transistors  the same for transistors power
 * the same for average power, as measured by the caller's run Clocks are derived anew from the
 * speed of the processes' devices; a chip at its own process and budget comes out unchanged. */
#ifndef SIM_STUDY_CHIP_MOVE_H
#define SIM_STUDY_CHIP_MOVE_H

#include "arch/chip/chip.h"
#include "arch/technology/process.h"

enum move_hold { HOLD_CHIP_SHAPE, HOLD_CHIP_AREA, HOLD_CHIP_TRANSISTORS, HOLD_CHIP_POWER };

/* "shape" "area" "transistors" "power", NULL-terminated. */
extern const char *const MOVE_HOLD_NAMES[];

struct chip_design {
    const char *chip; /* shipped name or path */
    const char *const *sets;
    size_t set_count;
};

struct move_sets {
    const char **items;
    size_t count, capacity;
};

void move_add(struct arena *arena, struct move_sets *sets, const char *assignment);
/* The design's own assignments but those that the move replaces, then the move's. `chip` is the
 * design as loaded: an assignment to all sections is spelled out where one of them moves. */
struct chip_design move_apply(struct arena *arena, const struct chip *chip,
                              const struct chip_design *design, const struct move_sets *sets);

/* Assignments that put the chip on a process, all clocks multiplied by `clock_factor`. */
void move_process(struct arena *arena, const struct chip *chip, const char *process,
                  double clock_factor, struct move_sets *sets);
/* Assignments that give the chip's main memory the donor's bandwidth, latency and device. False
 * when either has none. */
bool move_memory(struct arena *arena, const struct chip *chip, const struct chip *donor,
                 struct move_sets *sets);
/* Main memory: the one of kind dram that holds most; NULL when there is none. */
const struct chip_memory *chip_main_memory(const struct chip *chip);
/* Assignments that multiply the size of arrays and on-chip memories by `scale`: rows and
 * columns by its root, lanes and capacities by itself, other cores by their count. */
void move_scale(struct arena *arena, const struct chip *chip, double scale,
                struct move_sets *sets);

/* What a design is before anything runs on it. */
struct chip_size {
    double area_mm2, transistors; /* NAN: not known */
    const char *unknown;          /* a component left out of the area, without a source; NULL */
};

/* At the process the design names. `shared` may be NULL: the tables are then loaded anew. */
bool chip_measure(struct arena *arena, const struct chip_design *design,
                  const struct technology_tables *shared, struct chip_size *size,
                  struct error *err);

/* What a scaled design is measured by, where chip_measure will not do (power). */
struct move_measure {
    bool (*measure)(struct move_measure *measure, struct arena *arena,
                    const struct chip_design *design, double *value, struct error *err);
};

/* The scale at which the design's measure is `wanted`, within one part in 200 or as near as
 * whole rows allow. `measure` NULL: chip_measure of `hold`. HOLD_CHIP_SHAPE: 1. */
bool move_find_scale(const struct chip *chip, const struct chip_design *design,
                     enum move_hold hold, double wanted, struct move_measure *measure,
                     const struct technology_tables *shared, double *scale, struct error *err);

#endif
