/* Small traces made on the spot for studies that need one operator and not a file: written to
 * the system's temporary folder and removed with sample_remove. */
#ifndef SIM_STUDY_SAMPLE_H
#define SIM_STUDY_SAMPLE_H

#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"
#include "workloads/number_format.h"

struct sample_product {
    int64_t m, k, n;
    struct number_format input, weight, output;
};

/* Path of a trace with the products one after the other, each reading the one before where the
 * shapes allow (output m x n as the next input m x k) and an input of its own otherwise; NULL
 * on error. */
const char *sample_products(struct arena *arena, const struct sample_product *products,
                            size_t count, struct error *err);
/* A name of its own in the temporary folder (the empty file exists), or NULL. */
const char *sample_path(struct arena *arena, struct error *err);
void sample_remove(const char *path);

#endif
