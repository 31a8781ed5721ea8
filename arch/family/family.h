/* A core family: one constant record of functions. A fifth family is one folder and one line in
 * FAMILIES of arch/chip.
 *
 * The division of labour: a family plans a primitive (pure: shapes and density, never contents)
 * and answers, for every step of the plan, what must be loaded, how long the core is busy and
 * what is stored. The player in arch/chip turns steps into events: it prefetches, waits,
 * charges cycles. So every family overlaps transfers with work in the same, tested way, and no
 * family schedules events of its own.
 *
 * A step is the part of a plan between two hand-overs of a tile: its loads must have arrived
 * before it starts, its results leave when it ends. Steps of one task run in order. */
#ifndef ARCH_FAMILY_FAMILY_H
#define ARCH_FAMILY_FAMILY_H

#include "arch/ledger/inventory.h"
#include "arch/family/operand_layout.h"
#include "arch/ledger/reason.h"
#include "arch/mapping/space.h"
#include "sim/config/config.h"
#include "workloads/primitive.h"

struct core;

enum { STEP_LOADS_MAX = PRIMITIVE_INPUTS_MAX + 1, STEP_PARTIAL = PRIMITIVE_INPUTS_MAX };

/* Where the operands of a primitive rest while it runs, as `place` decided. Index as in the
 * primitive's inputs; for contractions inputs[0] is the input, inputs[1] the weight. */
struct site {
    bool is_resident[PRIMITIVE_INPUTS_MAX]; /* in on-chip memory: read in place, never loaded */
    bool is_output_resident;
    uint64_t scratch_bytes; /* staging room for tiles of the others, both halves together */
    /* Of the memory where the operand rests, per core cycle. */
    double bytes_per_cycle[PRIMITIVE_INPUTS_MAX], output_bytes_per_cycle;
    double latency_cycles[PRIMITIVE_INPUTS_MAX]; /* to the first byte; in core cycles */
    uint64_t burst_bytes[PRIMITIVE_INPUTS_MAX], output_burst_bytes; /* moved whole; 0: 1 */
    struct number_format input[PRIMITIVE_INPUTS_MAX], output; /* stored formats on this chip */
    /* Indices of the chip's memories where they rest; -1: they live between two primitives.
     * Families never look. */
    int32_t memory[PRIMITIVE_INPUTS_MAX], output_memory;
    /* Contractions: how operands that are not resident lie in memory, as the whole operator
     * has them, whatever share of it is planned. */
    struct operand_layout layout[OPERAND_COUNT];
    bool is_channel_inside; /* depths count taps outside, channels inside: packed channels */
};

struct step {
    /* Bytes that must come from outside before the step; 0: the tile is already there. Index
     * STEP_PARTIAL: partial sums of the output that come back. */
    uint64_t load_bytes[STEP_LOADS_MAX];
    uint64_t store_bytes; /* leave after the step */
    /* Exclusive preparation (the stationary operand shifting in): after that load's arrival,
     * before the work. It may begin overlap_cycles before the previous step of the task ends.
     */
    uint64_t setup_cycles;
    uint32_t setup_load; /* the load it waits for */
    enum reason setup_reason;
    uint64_t
        overlap_cycles; /* how long before THIS step's end the next step's setup may begin */
    struct cycle_account busy; /* what the core does once all is there, in core cycles */
    /* Contractions: the tile of the product that loads and store belong to, bit i of `tiled`
     * set where operand i (enum contraction_operand) is found by it. Where the layout of an
     * operand is known, that part of it moves; others lie tile behind tile. */
    struct product_tile tile;
    uint32_t tiled;
};

/* `count` actions on `meter` over one repetition of the task. */
struct plan_action {
    int32_t meter;
    uint64_t count;
};

/* Families that schedule loops report them (`loops` of a result). */
struct plan_loop {
    double initiation_interval, resource_bound, recurrence_bound;
    const char *binding;
    int32_t stages;
    int64_t code_bytes;
    double occupancy; /* share of the issue slots of a pass that hold an operation */
    uint64_t operations, entries, passes;
    uint64_t cycles, ramp_cycles; /* of all entries; in prologues and epilogues */
    /* Of loops of a loop file; line 0: none. */
    int line, unroll, length, kernel_copies, max_live;
    bool is_buffered; /* repeats from the loop buffer */
};

enum { PLAN_CANDIDATES = 4 };

/* What became of the candidates that came within 2 % of the best by the family's model: each
 * was played alone. */
struct plan_played {
    const char *description;
    double estimate_cycles, estimate_cost;
    uint64_t cycles; /* of the core, from first load to last store; 0: not played to its end,
                      * because another was done before it */
};

struct plan_ranking {
    struct plan_played candidates[PLAN_CANDIDATES]; /* in the order of the model */
    uint32_t count, chosen;
};

struct plan {
    const struct primitive *primitive; /* kept by the plan cache */
    uint64_t step_count;               /* of one repetition of the primitive */
    const struct nest *nest;           /* NULL where the plan is not a loop nest */
    const char *description; /* `mapping` of the result: the nest on a line, or words */
    const struct plan_action *actions; /* transfers from and to memory excluded */
    size_t action_count;
    uint64_t memory_bytes; /* of one repetition, from and to memory */
    /* Bytes of each load that may be under way, waiting or in use, and of stores under way; 0:
     * two of the step's own (double buffering). */
    uint64_t load_room[STEP_LOADS_MAX], store_room;
    /* Of the site's scratch, what its tiles take, both halves: in any room between this and the
     * site's the family would make the same plan. 0: it does not say. */
    uint64_t scratch_bytes;
    /* Loads that go into a buffer of their own, not through the ports of the scratch SRAM. */
    bool bypasses_scratch[STEP_LOADS_MAX];
    /* Words that the core itself reads and writes there in one repetition, and the cycles it
     * has for them; filled by arch/chip where ports are limited. */
    uint64_t scratch_reads, scratch_writes, scratch_cycles;
    uint64_t active_elements; /* processing elements used by the largest step */
    bool is_search_complete;
    double search_gap;      /* bound gap, 0 when complete */
    double estimate_cycles; /* of one repetition by the closed-form model; 0: none */
    double estimate_bytes;  /* of one repetition, to and from memory, in whole bursts */
    double estimate_cost;   /* of one repetition: plan_cost */
    uint32_t rival_count;   /* other plans within 2 % of this one by the chip's objective */
    const struct plan_ranking *ranking; /* NULL: nothing was played to choose it */
    const struct plan_loop *loops;
    size_t loop_count;
    const void *detail;      /* the family's own; arena */
    const struct site *site; /* it was made for; set by whoever asked for the plan */
};

struct family {
    const char *name, *summary;
    /* The product that its nests are over (im2col, groups that it packs); NULL: the family
     * makes its own loops and takes no nests. */
    struct contraction (*product)(const struct core *core,
                                  const struct contraction *contraction);
    const struct param *params; /* the core section's keys, those of every core apart */
    size_t params_bytes;        /* of the struct that the table fills */
    /* Sections inside the core's section (functional units, register files); NULL: none. They
     * are read by `read`, after params and before check. */
    const struct config_schema *sections;
    bool (*read)(struct core *core, struct config_section *section, struct error *err);
    const enum reason *reasons; /* the reasons it uses, ends with REASON_COUNT */
    /* Possible but contradictory values. Also fills derived defaults ("follows rows"). */
    bool (*check)(struct core *core, struct error *err);
    /* Adds the core's parts (`count` of the core times) and creates its meters; keeps what plan
     * and step need in core->state. */
    void (*parts)(struct core *core, struct inventory *inventory);
    bool (*supports)(const struct core *core, const struct primitive *primitive);
    /* Lower bound in core cycles, for placing. */
    uint64_t (*bound)(const struct core *core, const struct primitive *primitive);
    /* False with a sentence when no plan fits (which resource, by how much). `pinned` is a nest
     * from a mapping file or NULL. */
    bool (*plan)(const struct core *core, const struct primitive *primitive,
                 const struct site *site, const struct nest *pinned, struct arena *arena,
                 struct plan *plan, struct error *err);
    /* The plan once the index contents of the primitive are seen: the same loops with the trip
     * counts, addresses and outcomes that the data give, or NULL where it stays as it is. The
     * primitive has its tensors; its first row (or record) is number `first` of the whole. The
     * arena lives as long as the task. NULL for families without. */
    const struct plan *(*meet)(const struct core *core, const struct plan *plan,
                               const struct primitive *primitive, uint64_t first,
                               struct arena *arena);
    /* The plan's rival number `index` as a plan of its own; NULL for families without. */
    void (*rival)(const struct core *core, const struct plan *plan, uint32_t index,
                  struct arena *arena, struct plan *rival);
    /* Step `index` of one repetition; pure. */
    void (*step)(const struct core *core, const struct plan *plan, uint64_t index,
                 struct step *step);
    /* How the core wants an operand of a contraction to lie in memory; a constant one can be
     * turned before the model runs. NULL: as it comes. */
    struct storage (*storage)(const struct core *core, enum contraction_operand operand,
                              bool is_constant);
    /* Peak multiply-accumulates (is_contraction) or operations a core cycle and member. */
    double (*peak)(const struct core *core, bool is_contraction, struct number_format a,
                   struct number_format b);
};

enum mapper_mode { MAPPER_BEST, MAPPER_STATIONARY, MAPPER_FIXED };
enum mapper_objective { MAPPER_CYCLES, MAPPER_COST, MAPPER_PRODUCT };

/* What every core has, whatever its family. */
struct core {
    const char *name; /* title of its section */
    const struct family *family;
    struct ratio clock;          /* hertz */
    int64_t count;               /* equal members */
    struct number_format native; /* what floats are converted to; NUMBER_NONE: kept */
    enum mapper_mode mode;
    enum mapper_objective objective;
    const char *template;              /* mode stationary: ws os is rs */
    struct relative_costs costs;       /* what the mapper minimises under `cost` */
    const struct inventory *inventory; /* of the chip; kept */
    double fit_quantile;    /* chance that a tile of a sparse operand fits its room */
    int64_t rerank;         /* candidates played to choose a plan, at most PLAN_CANDIDATES */
    int32_t scratch;        /* part index of the SRAM it stages tiles in, -1: none */
    uint64_t scratch_bytes; /* its capacity */
    uint32_t scratch_bits;  /* of one access */
    const char *place;      /* "file:12: core 'mxu': " for sentences */
    struct arena *arena;    /* of the chip */
    void *params;           /* filled by family->params */
    void *state;            /* the family's: meters, derived values */
};

#endif
