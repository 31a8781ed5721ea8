/* One loop kernel on the VLIW core of a chip: what `cleave run CHIP KERNEL.loop` and `cleave
 * explain schedule CHIP KERNEL.loop` show. */
#ifndef SIM_STUDY_LOOP_RUN_H
#define SIM_STUDY_LOOP_RUN_H

#include "arch/chip/kernel_play.h"
#include "sim/study/run.h"

struct loop_result {
    struct chip *chip;
    const struct core *core;
    const struct vliw_machine *machine;
    struct loop_kernel kernel;
    struct kernel_plan plan;
    struct kernel_play play;
    uint64_t cycles;              /* of the core's clock */
    struct cycle_account account; /* adds up to them */
    double seconds;
    /* Filled by loop_price: the kernel as a run of one operator, for the same reports. */
    struct run_result run;
};

/* Whether a file is a loop kernel: its name ends in ".loop". */
bool loop_run_is_kernel(const char *path);
/* `sets` are those of the command line; "loop.NAME=VALUE" sets a size of the kernel. The chip's
 * first core of the family `vliw` runs it. */
bool loop_run(struct arena *arena, const char *chip, const char *path, const char *const *sets,
              size_t set_count, struct loop_result *result, struct error *err);
/* The same on a chip that is loaded already, with sizes "NAME=VALUE" (NULL-terminated, or
 * NULL). */
bool loop_run_on(struct arena *arena, struct chip *chip, const char *path,
                 const char *const *sizes, struct loop_result *result, struct error *err);
/* Only scheduled, not played: where its data is does not matter. */
bool loop_plan(struct arena *arena, const char *chip, const char *path, const char *const *sets,
               size_t set_count, struct loop_result *result, struct error *err);
/* Actions counted and priced at the chip's process; fills result->run. */
bool loop_price(struct arena *arena, struct loop_result *result, struct error *err);

#endif
