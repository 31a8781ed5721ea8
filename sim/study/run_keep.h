/* Which operators of a run its result holds: all, or the largest of them without what reports
 * of single operators need. Private to sim/study. */
#ifndef SIM_STUDY_RUN_KEEP_H
#define SIM_STUDY_RUN_KEEP_H

#include "sim/study/run.h"

/* Copies the operator, its texts included, where the rule wants it; memory follows the rule. */
void run_keep(struct arena *arena, struct run_result *result, enum run_keep rule,
              const struct run_operator *operator);
/* Puts what was kept in the order of the trace; once, at the end. */
void run_keep_order(struct run_result *result);

#endif
