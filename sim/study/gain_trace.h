/* Traces by name: a file, a shipped trace, or a workload that is generated into a temporary
 * file for as long as the study runs. */
#ifndef SIM_STUDY_GAIN_TRACE_H
#define SIM_STUDY_GAIN_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"
#include "sim/kernel/api.h"

struct study_trace {
    const char *path, *label; /* label: what the user called it */
};

/* Temporary traces; a zeroed struct is empty. Remove them when the study is done. */
struct study_traces {
    struct study_trace *made;
    size_t count;
};

/* Errors: neither file nor workload; a workload that needs keys. */
CLEAVE_API bool study_trace_find(struct arena *arena, struct study_traces *traces,
                                 const char *name, struct study_trace *found,
                                 struct error *err);
CLEAVE_API void study_traces_remove(struct study_traces *traces);

#endif
