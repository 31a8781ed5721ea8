/* One run: a chip, a trace, a price. What `cleave run` shows and every study builds on.
 * Everything in a result lives in the arena given; two runs share no writable memory. */
#ifndef SIM_STUDY_RUN_H
#define SIM_STUDY_RUN_H

#include "arch/chip/play.h"
#include "arch/technology/price_swap.h"
#include "sim/kernel/api.h"
#include "sim/kernel/progress.h"

struct run_result;
struct run_operator;

enum { RUN_LARGEST = 200 };

/* Which operators a result holds when the run is over. Memory follows them. */
enum run_keep {
    RUN_KEEP_ALL,
    RUN_KEEP_LARGEST, /* RUN_LARGEST with the most cycles, without ledgers and plans */
    RUN_KEEP_NONE
};

struct run_request {
    const char *chip, *trace; /* shipped name or path; path of a trace */
    const char *const *sets;  /* "PATH=VALUE" */
    size_t set_count;
    const struct play_pins *pins; /* plans given by the user, or NULL */
    enum run_keep keep;
    /* Every operator in order as it retires, priced; borrowed. `restart` comes before each
     * pass: throttling plays a trace several times, and only the last pass counts. */
    void (*operator)(void *context, const struct run_result *result,
                     const struct run_operator *operator);
    void (*restart)(void *context);
    /* Where each operator was placed, before it plays; borrowed. */
    void (*placed)(void *context, const struct place_record *record);
    void (*span)(void *context, const char *track, const char *name, double start_s,
                 double end_s);
    void *context;             /* of all four */
    struct progress *progress; /* counts operators; NULL: nobody waits for news */
};

struct run_operator {
    struct operator_record record; /* texts copied to the arena; ledger too */
    double seconds, energy_j, utilization;
    enum reason_class bound;
};

struct run_result {
    struct chip *chip;
    const char *trace;
    uint64_t config_hash;
    struct run_operator *operators; /* those kept, in the order of the trace */
    size_t operator_count;
    uint64_t idle_operators; /* that took no cycles: fused, or views */
    struct play_totals totals;
    struct cycle_account lost; /* over the operators */
    const struct process *process;
    const struct price_list *prices;
    struct bill bill;
    struct price_swap *swaps; /* tables = all: the bill under every table of operations */
    size_t swap_count;
    struct power_check power;
    bool is_throttled; /* clocks were lowered to meet the power cap */
    double seconds, utilization, fallback_share;
    uint64_t busy_cycles; /* of the main clock with an operator under way, at most */
    const char *const *defaults, *const *inactive; /* PATHs, NULL-terminated */
    const char **warnings;
    size_t warning_count;
};

CLEAVE_API bool study_run(struct arena *arena, const struct run_request *request,
                          struct run_result *result, struct error *err);

/* Prices a result anew at another process without playing it again; equal to a fresh run. */
CLEAVE_API bool run_price(struct arena *arena, struct run_result *result, const char *process,
                          struct error *err);

/* What a priced result has to say for itself: conversions, power over the cap, sources. */
void run_gather_warnings(struct arena *arena, struct run_result *result, bool is_converted);

/* The class that most of an account's cycles belong to. */
enum reason_class account_bound(const struct cycle_account *account);

/* Energy of one component: its actions, and its static power while operators run. The rest is
 * idle energy. They add up to bill.energy. */
attojoules run_component_energy(const struct run_result *result, size_t component);
attojoules run_idle_energy(const struct run_result *result);

#endif
