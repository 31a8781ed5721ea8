#include "arch/chip/rerank.h"

#include <math.h>

#include "arch/chip/play_state.h"
#include "arch/family/plan_cost.h"

/* Events of one candidate: about a millisecond. */
enum { WORK_MOST = 4096 };

/* Who is not done this much later than the best need not be played to the end. */
static const double PATIENCE = 1.25;

/* An operand at rest from the start, far from the others. */
static struct held *hold(struct player *player, int32_t memory, uint32_t number,
                         bool is_resident)
{
    if (memory < 0)
        return NULL;
    struct held *held = arena_alloc(player->arena, sizeof *held);
    held->memory = memory;
    held->is_resident = is_resident;
    held->is_ready = true;
    held->address = number * (player->chip->memories[memory].capacity / 8 / 4096 * 4096);
    held->bytes = UINT64_MAX;
    return held;
}

static void limit_bandwidth(struct player *player, const struct core *core, int32_t memory,
                            double bytes_per_cycle)
{
    if (memory < 0 || player->chip->memories[memory].kind == MEMORY_SRAM)
        return;
    double bandwidth = bytes_per_cycle * ratio_value(core->clock);
    if (bandwidth >= 1 && bandwidth < 1e18)
        player->bandwidth_share[memory] = ratio_make((uint64_t)(bandwidth + 0.5), 1);
}

/* Ticks that the plan takes alone, TIME_NEVER where it is not done before `limit`. */
static uint64_t play_alone(struct chip *chip, int32_t core, const struct site *site,
                           const struct plan *plan, uint64_t limit, struct arena *arena)
{
    struct error err = {0};
    struct play_observer silent = {0};
    struct player *player = player_make(chip, arena);
    player->observer = &silent;
    player->err = &err;
    player->is_at_end = true;
    const struct core *unit = &chip->cores[core].core;
    struct job *job = player->jobs = arena_alloc(arena, sizeof *job);
    struct task *task = job->tasks = arena_alloc(arena, sizeof *task);
    *task = (struct task){.job = job, .plan = plan, .steps = plan->step_count};
    for (uint32_t i = 0; i < plan->primitive->input_count; i++) {
        task->inputs[i] = hold(player, site->memory[i], i, site->is_resident[i]);
        limit_bandwidth(player, unit, site->memory[i], site->bytes_per_cycle[i]);
    }
    task->output =
        hold(player, site->output_memory, PRIMITIVE_INPUTS_MAX, site->is_output_resident);
    limit_bandwidth(player, unit, site->output_memory, site->output_bytes_per_cycle);
    /* Two groups, so that the job never ends and nobody reports it. */
    *job = (struct job){.player = player,
                        .tasks = task,
                        .task_count = 1,
                        .group_count = 2,
                        .ledger = ledger_make(arena, &chip->inventory)};
    player->next = 1;
    player_make_worker(player, core);
    buffers_make(player);
    if (!player_make_memories(player))
        return TIME_NEVER;
    worker_enqueue(player->workers, task);
    player_poke(player);
    if (limit == TIME_NEVER)
        kernel_run(&player->kernel);
    else
        kernel_run_until(&player->kernel, limit);
    return task->is_done ? task->end_time : TIME_NEVER;
}

/* Events of a play, roughly. */
static uint64_t work_of(const struct chip *chip, int32_t core, const struct site *site,
                        const struct plan *plan)
{
    uint64_t work = plan->step_count;
    const struct core *unit = &chip->cores[core].core;
    for (uint64_t i = 0; i < plan->step_count && work <= WORK_MOST; i++) {
        struct step step;
        unit->family->step(unit, plan, i, &step);
        for (uint32_t load = 0; load <= PRIMITIVE_INPUTS_MAX; load++) {
            bool is_store = load == PRIMITIVE_INPUTS_MAX;
            int32_t memory = is_store ? site->output_memory : site->memory[load];
            uint64_t bytes = is_store ? step.store_bytes : step.load_bytes[load];
            if (memory < 0 || chip->memories[memory].kind != MEMORY_DRAM ||
                chip->memories[memory].fidelity == FIDELITY_IDEAL)
                continue;
            work += bytes / chip->memories[memory].burst;
        }
    }
    return work;
}

/* What the objective makes of a play. */
struct outcome {
    double score, cycles;
};

static struct outcome judge(const struct core *core, const struct plan *plan, uint64_t ticks)
{
    double time = ticks == TIME_NEVER ? INFINITY : (double)ticks;
    switch (core->objective) {
    case MAPPER_COST:
        return (struct outcome){plan->estimate_cost, time};
    case MAPPER_PRODUCT:
        return (struct outcome){plan->estimate_cost * time, time};
    default:
        return (struct outcome){time, time};
    }
}

/* Well beyond the time at which the plan cannot be better. */
static uint64_t limit_of(const struct core *core, const struct plan *plan,
                         const struct outcome *best)
{
    double limit = best->cycles;
    if (core->objective == MAPPER_COST && plan->estimate_cost < best->score)
        limit = INFINITY;
    if (core->objective == MAPPER_PRODUCT)
        limit = best->score / plan->estimate_cost;
    return PATIENCE * limit < (double)TIME_MOST ? (uint64_t)(PATIENCE * limit) + 1 : TIME_NEVER;
}

static struct plan_played describe(const struct core *core, const struct chip *chip,
                                   const struct plan *plan, uint64_t ticks)
{
    struct plan_played played = {plan->description, plan->estimate_cycles, plan->estimate_cost,
                                 0};
    if (ticks != TIME_NEVER) {
        struct clock clock = clock_make(&chip->timebase, core->clock);
        played.cycles = clock_cycles_at(&clock, ticks);
    }
    return played;
}

void rerank(struct chip *chip, int32_t core, const struct site *site, const struct plan *plan,
            struct arena *scratch, struct arena *arena, struct plan *result)
{
    const struct core *unit = &chip->cores[core].core;
    *result = *plan;
    uint32_t count = plan->rival_count + 1;
    count = count < (uint32_t)unit->rerank ? count : (uint32_t)unit->rerank;
    if (count < 2 || work_of(chip, core, site, plan) > WORK_MOST)
        return;
    struct plan_ranking *ranking = arena_alloc(arena, sizeof *ranking);
    ranking->count = count;
    struct outcome best = {INFINITY, INFINITY};
    for (uint32_t i = 0; i < count; i++) {
        struct plan candidate = *plan;
        if (i > 0) {
            unit->family->rival(unit, plan, i - 1, arena, &candidate);
            candidate.site = plan->site;
            candidate.estimate_cost = plan_cost(unit, &candidate);
            plan_count_ports(chip, core, &candidate);
        }
        uint64_t ticks = TIME_NEVER;
        bool is_dearer = unit->objective == MAPPER_COST && candidate.estimate_cost > best.score;
        if (!is_dearer && work_of(chip, core, site, &candidate) <= 2 * (uint64_t)WORK_MOST) {
            struct arena_mark mark = arena_mark(scratch);
            ticks = play_alone(chip, core, site, &candidate, limit_of(unit, &candidate, &best),
                               scratch);
            arena_release(scratch, mark);
        }
        ranking->candidates[i] = describe(unit, chip, &candidate, ticks);
        struct outcome outcome = judge(unit, &candidate, ticks);
        if (ticks == TIME_NEVER || outcome.score > best.score ||
            (outcome.score == best.score && outcome.cycles >= best.cycles))
            continue;
        best = outcome;
        ranking->chosen = i;
        *result = candidate;
    }
    result->ranking = ranking;
}
