/* Arithmetic over named numbers, as studies of tables write it: "throughput_MH_s / die_mm2".
 * + - * / ^, parentheses, plain numbers, names of letters, digits and underscores. */
#ifndef SIM_STUDY_GAIN_EXPRESSION_H
#define SIM_STUDY_GAIN_EXPRESSION_H

#include <stdbool.h>

#include "sim/kernel/error.h"

/* The number that a name stands for; false with a sentence when there is none. NAN is allowed
 * and makes the whole NAN: unknown. */
struct gain_names {
    bool (*find)(const struct gain_names *names, const char *name, double *value,
                 struct error *err);
    const void *context;
};

bool gain_expression(const char *text, const struct gain_names *names, double *value,
                     struct error *err);

#endif
