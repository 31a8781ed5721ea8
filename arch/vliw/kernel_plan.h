/* A loop kernel scheduled for a machine: every block and innermost loop has a schedule; inner
 * loops are entered anew by every pass of the loops around them, with their prologue and
 * epilogue. Cycles follow from trip counts: closed where they are constant, walked where they
 * depend on outer indices, and run on values where they depend on data. */
#ifndef ARCH_VLIW_KERNEL_PLAN_H
#define ARCH_VLIW_KERNEL_PLAN_H

#include "arch/family/family.h"
#include "arch/scheduling/modulo_schedule.h"
#include "arch/vliw/flow_pack.h"
#include "arch/vliw/lower.h"

struct region_schedule {
    struct packed_flow packed;
    struct dependence_graph graph; /* packed.graph with clusters assigned */
    struct initiation_interval bound;
    struct schedule schedule;
    struct register_use registers;
    const char *binding; /* resource, "recurrence", "registers" or "branch" */
    bool is_pipelined, is_buffered;
    int64_t tail_cycles; /* from the issue of the last pass to the last result needed */
    int64_t bundles;     /* of code, prologue and epilogues included */
    int64_t operations;  /* per pass */
    int64_t code_slots;  /* operations in the code */
    int64_t bank_stalls; /* cycles lost in BANK_PASSES passes */
    int index;           /* of kernel_plan.runs */
};

struct kernel_region_cost {
    uint64_t cycles, entries, passes, ramp;
};

/* Where a kernel's cycles go. */
struct kernel_cycles {
    uint64_t total;
    uint64_t call, blocks, kernel, ramp; /* ramp: prologues and epilogues of loops */
    uint64_t latency;                    /* part of blocks: beyond what their slots take */
    uint64_t setup;                      /* of hardware loops */
    uint64_t stall;                      /* bank conflicts */
    uint64_t recurrence;                 /* part of kernel: II above ResMII */
    uint64_t bundles_fetched;            /* from the instruction memory */
    uint64_t slots_fetched;              /* operations in them */
    uint64_t bundles_buffered;           /* repeated from the loop buffer */
    uint64_t operations;
};

/* An innermost loop as reports show it. */
struct kernel_loop {
    const struct loop_statement *statement;
    int64_t copies;
    const struct region_schedule *main, *remainder;
    struct kernel_region_cost cost;
};

struct kernel_plan {
    const struct vliw_machine *machine;
    struct lowered lowered;
    struct lower_options options; /* as chosen */
    bool is_bound;                /* not scheduled: cycles is a lower bound */
    struct kernel_cycles cycles;
    struct kernel_loop *loops;
    int loop_count;
    int64_t code_bytes;
    struct region_schedule **schedules; /* of all blocks and loops */
    uint64_t *runs;                     /* how often each ran: passes of loops */
    int schedule_count;
};

struct kernel_limits {
    int unroll_most,
        jam_most;     /* tried where the file pins nothing; 0: 16 (or the lanes) and 4 */
    bool keeps_loops; /* none disappears of its own accord */
};

/* Tries unrolling factors where none is pinned and keeps the fastest. */
bool kernel_plan(const struct loop_kernel *kernel, const struct vliw_machine *machine,
                 struct kernel_limits limits, struct arena *arena, struct kernel_plan *plan,
                 struct error *err);

/* Packs one flow and fills its bounds, a lower bound of its cycles among them. */
bool region_bound(struct flow *flow, const struct vliw_machine *machine,
                  const struct pack_options *options, bool is_sequential,
                  struct region_schedule *result, struct error *err);
/* Schedules one flow; a zeroed result, or one that region_bound has filled for it. */
bool region_schedule(struct flow *flow, const struct vliw_machine *machine,
                     const struct pack_options *options, bool is_sequential,
                     struct region_schedule *result, struct error *err);
/* Cycles of `passes` passes of a scheduled loop, set-up apart; 0 for none. */
uint64_t region_loop_cycles(const struct region_schedule *loop, int64_t passes);
/* Fills plan->cycles by walking the regions. */
bool kernel_count(struct kernel_plan *plan, struct arena *arena, struct error *err);

/* A loop as results show it, its cost apart. */
struct plan_loop region_loop_record(const struct region_schedule *loop,
                                    const struct vliw_machine *machine);
/* Where the cycles go, by reasons: they add up to cycles->total. */
struct cycle_account kernel_account(const struct kernel_cycles *cycles);
/* Bytes of the code: its operations where they are stored one by one, else its bundles. */
int64_t region_code_bytes(const struct region_schedule *region,
                          const struct vliw_machine *machine);

#endif
