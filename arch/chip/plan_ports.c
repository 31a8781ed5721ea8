/* How often a plan asks the ports of its scratch SRAM, in the mean of its steps. */
#include "arch/chip/plan_cache.h"

enum { STEPS_LOOKED_AT = 4096 };

uint64_t step_scratch_cycles(const struct step *step)
{
    return cycle_account_total(&step->busy) + step->setup_cycles -
           step->busy.cycles[REASON_RECONFIGURE] - step->busy.cycles[REASON_HOST];
}

static uint64_t words_on(const struct inventory *inventory, const struct plan *plan,
                         int32_t part, enum action_kind action)
{
    uint64_t words = 0;
    for (size_t i = 0; i < plan->action_count; i++) {
        const struct meter *meter = &inventory->meters[plan->actions[i].meter];
        if (meter->part == part && meter->action == action)
            words += plan->actions[i].count;
    }
    return words;
}

/* Families count what arrives and what leaves among their accesses; here the player does. Of
 * many steps every n-th is asked. */
void plan_count_ports(const struct chip *chip, int32_t core, struct plan *plan)
{
    const struct core *unit = &chip->cores[core].core;
    int32_t scratch = chip->cores[core].scratch_memory;
    if (scratch < 0 || chip->memories[scratch].read_ports == 0)
        return;
    uint64_t stride = plan->step_count / STEPS_LOOKED_AT + 1, asked = 0, cycles = 0;
    uint64_t loaded = 0, stored = 0;
    for (uint64_t i = 0; i < plan->step_count; i += stride, asked++) {
        struct step step;
        unit->family->step(unit, plan, i, &step);
        cycles += step_scratch_cycles(&step);
        for (int load = 0; load < STEP_LOADS_MAX; load++)
            loaded += plan->bypasses_scratch[load] ? 0 : step.load_bytes[load];
        stored += step.store_bytes;
    }
    double scale = (double)plan->step_count / (double)asked;
    double word = (double)unit->scratch_bits / 8;
    uint64_t reads = words_on(&chip->inventory, plan, unit->scratch, ACTION_READ);
    uint64_t writes = words_on(&chip->inventory, plan, unit->scratch, ACTION_WRITE);
    uint64_t left = (uint64_t)((double)stored * scale / word);
    uint64_t arrived = (uint64_t)((double)loaded * scale / word);
    plan->scratch_reads = reads > left ? reads - left : 0;
    plan->scratch_writes = writes > arrived ? writes - arrived : 0;
    plan->scratch_cycles = (uint64_t)((double)cycles * scale);
}
