/* Loop kernels from text, run on shipped chips. */
#ifndef VALIDATION_UNIT_LOOP_FIXTURE_H
#define VALIDATION_UNIT_LOOP_FIXTURE_H

#include "sim/study/loop_run.h"

struct loop_fixture {
    struct arena arena;
    char path[64]; /* of the kernel's file */
};

void loop_fixture_begin(struct loop_fixture *fixture);
void loop_fixture_end(struct loop_fixture *fixture);
/* Scheduled and played; `run`: priced as well. Errors fail the test. */
void loop_fixture_play(struct loop_fixture *fixture, const char *chip, const char *text,
                       const char *const *sets, size_t set_count, struct loop_result *result);
void loop_fixture_run(struct loop_fixture *fixture, const char *chip, const char *text,
                      const char *const *sets, size_t set_count, struct loop_result *result);
/* Actions of a meter, by its name. */
uint64_t loop_fixture_count(const struct loop_result *result, const char *name);

#endif
