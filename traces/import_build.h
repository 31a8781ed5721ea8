/* Building operators one at a time, for importers whose files hold sizes instead of a graph:
 * tensors are declared, output shapes inferred, the operator emitted. */
#ifndef TRACES_IMPORT_BUILD_H
#define TRACES_IMPORT_BUILD_H

#include "traces/import_report.h"

enum { BUILD_ATTRIBUTES_MAX = 8, BUILD_VALUES_MAX = 16 };

struct import_draft {
    const char *op, *name;
    const struct tensor *inputs[OPERATOR_TENSORS_MAX];
    uint32_t input_count;
    struct attribute attributes[BUILD_ATTRIBUTES_MAX];
    int64_t values[BUILD_ATTRIBUTES_MAX][BUILD_VALUES_MAX];
    uint32_t attribute_count;
    /* In: names and, where the operator's rule does not say, shapes and formats (a class of
     * NUMBER_NONE is filled in). */
    struct tensor outputs[OPERATOR_TENSORS_MAX];
    uint32_t output_count;
};

void draft_integers(struct import_draft *draft, const char *name, const int64_t *values,
                    uint32_t count);
void draft_text(struct import_draft *draft, const char *name, const char *text);

/* Fewer than 2^61 elements. */
bool import_shape_fits(int32_t rank, const int64_t *shape);

/* Declares a tensor and enters it into the split; a density of 0 means dense. NULL: err holds
 * the sentence. */
const struct tensor *import_declare(struct import_context *context,
                                    const struct tensor *declaration, const char *place,
                                    struct error *err);

/* What the vocabulary infers for the outputs; rank -1 where its rule does not say. */
bool import_infer(const struct import_draft *draft, struct tensor *inferred, struct error *err);
/* Infers outputs, declares them and emits. `declared` (may be NULL) gets the outputs. A
 * sentence of the vocabulary is prefixed with the place, "net.csv:12". */
bool import_build(struct import_context *context, struct import_draft *draft, const char *place,
                  uint64_t *coverage, const struct tensor **declared, struct error *err);

#endif
