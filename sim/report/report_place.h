/* Where the operands of a run rest and who works on them: one line a tensor, from the operator
 * that makes it to the last one that reads it, and why it is not on chip. Every line stands
 * behind a number sign, so that the page may be part of a mapping file. */
#ifndef SIM_REPORT_REPORT_PLACE_H
#define SIM_REPORT_REPORT_PLACE_H

#include <stdio.h>

#include "sim/study/run.h"

struct place_page;

/* Everything lives in the arena. */
struct place_page *place_page_make(struct arena *arena);
/* Of a run request: `placed` and `restart`, the page is their context. */
void place_page_take(void *context, const struct place_record *record);
void place_page_restart(void *context);
/* `none` is the same run with residency = none. */
void place_page_print(const struct place_page *page, const struct run_result *result,
                      const struct run_result *none, FILE *out);

#endif
