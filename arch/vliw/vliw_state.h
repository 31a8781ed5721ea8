/* What a VLIW core keeps: its machine, its meters, and the kernels scheduled so far. Kernels
 * are kept per kind of primitive, formats and element work, never per size, because schedules
 * do not depend on trip counts. The list grows while primitives are planned; one simulation
 * plans on one thread. */
#ifndef ARCH_VLIW_VLIW_STATE_H
#define ARCH_VLIW_VLIW_STATE_H

#include "arch/family/family.h"
#include "arch/family/sparse_plan.h"
#include "arch/vliw/kernel_plan.h"

/* Work of one pass of a loop, by the parts that do it. */
struct vliw_work {
    uint64_t macs, simple, special, loads, stores, operands, results, operations;
};

/* A scheduled kernel as the cost of its parts. */
struct vliw_unit {
    const char *key;
    struct vliw_unit *next;
    int64_t rows, columns;              /* contraction: outputs side by side */
    int64_t copies;                     /* loop steps in one pass */
    int64_t entry_cycles;               /* around one entry of the loop: blocks and set-up */
    const struct region_schedule *loop; /* NULL: nothing could be scheduled */
    const struct region_schedule *rest; /* for steps left over; NULL: a pass not full */
    struct vliw_work work, rest_work;   /* of one pass of each */
    /* Of loops around it: code of one pass of the outermost, of one of the next inner one, and
     * set-up of the loop, in all and as far as no code before it hides it. */
    uint64_t row_cycles, item_cycles, loop_setup, setup_cycles;
};

struct vliw_state {
    struct vliw_machine machine;
    struct vliw_unit *units;
    int32_t mac, adder, special, register_read, register_write, fetch, decode;
    int32_t scratch_read, scratch_write;
    int32_t buffer_read; /* of the loop buffer; -1: there is none */
};

/* Adds up the work of one pass of a loop, or of a block. */
struct vliw_work vliw_work_of(const struct region_schedule *region);

/* The format in which a primitive is computed. */
struct number_format vliw_compute_format(const struct core *core,
                                         const struct primitive *primitive);
/* A product with `rows` x `columns` outputs side by side and `copies` terms a pass. Where
 * `depth` is above 1, so many terms of a column lie side by side in memory: constant weights
 * are stored as the multipliers take them. */
struct product_shape {
    int64_t rows, columns, copies, depth;
};
const struct vliw_unit *vliw_product_unit(struct vliw_state *state, struct number_format format,
                                          const struct product_shape *shape);
/* Independent products of one column, `groups` of them side by side and all `taps` in one pass.
 */
const struct vliw_unit *vliw_depthwise_unit(struct vliw_state *state,
                                            struct number_format format, int64_t groups,
                                            int64_t taps);
/* The loop of any other primitive; `steps` gets the trips of its loop in all, `entries` how
 * often the loop is entered. */
const struct vliw_unit *vliw_loop_unit(struct vliw_state *state,
                                       const struct primitive *primitive,
                                       struct number_format format, uint64_t *steps,
                                       uint64_t *entries);

/* Folds of many outputs, `outputs` of them in the lanes side by side. */
const struct vliw_unit *vliw_fold_unit(struct vliw_state *state, struct number_format format,
                                       const struct element_work *work, int64_t outputs);

/* A text with loops around the one that counts: their code is kept apart, and no loop of the
 * text disappears. */
const struct vliw_unit *vliw_nested_unit(struct vliw_state *state, const char *key,
                                         const char *text);
/* Integers of every width are summed in 32 bits, floats in their own format. */
struct number_format vliw_sum_format(struct number_format format);

struct vliw_ragged;

/* The cycles of a step by the reasons there are inside a sparse kernel; there are many steps.
 */
enum { VLIW_PACKED = 5 };
struct vliw_packed {
    uint64_t cycles[VLIW_PACKED];
};

struct vliw_detail {
    const struct vliw_unit *unit;
    /* Sparse contractions: the nest, and the rows of its kernel; else NULL. */
    const struct sparse_plan *sparse;
    const struct vliw_ragged *ragged;
    const struct vliw_packed *packed; /* of each step, once contents were met */
    struct cycle_account account;     /* of one repetition */
    /* Of each step, once contents were met; NULL: equal shares. */
    const struct cycle_account *steps;
    uint64_t bytes[PRIMITIVE_INPUTS_MAX], output_bytes;
};

/* What the loop of a plan does in all. */
struct vliw_tally {
    struct cycle_account account;
    uint64_t entries, passes, rest_passes;
};

/* Actions and the loop's record of a plan with unit, account and bytes in its detail;
 * `squashed` stores are not carried out, because their predicates are false. */
void vliw_plan_fill(const struct core *core, const struct vliw_tally *tally, uint64_t squashed,
                    struct arena *arena, struct plan *plan);
const struct plan *vliw_meet(const struct core *core, const struct plan *plan,
                             const struct primitive *primitive, uint64_t first,
                             struct arena *arena);

/* vliw_sparse.c: the same of sparse contractions with rows. */
bool vliw_sparse_plan(const struct core *core, const struct primitive *primitive,
                      const struct site *site, struct arena *arena, struct plan *plan,
                      struct error *err);
void vliw_sparse_step(const struct vliw_detail *detail, uint64_t index,
                      struct cycle_account *busy);
const struct plan *vliw_sparse_meet(const struct core *core, const struct plan *plan,
                                    const struct primitive *primitive, uint64_t first,
                                    struct arena *arena);

bool vliw_plan(const struct core *core, const struct primitive *primitive,
               const struct site *site, const struct nest *pinned, struct arena *arena,
               struct plan *plan, struct error *err);
void vliw_step(const struct core *core, const struct plan *plan, uint64_t index,
               struct step *step);

#endif
