#include "arch/chip/play.h"

#include <assert.h>

#include "arch/chip/address.h"
#include "arch/chip/front.h"
#include "arch/chip/look_ahead.h"
#include "arch/chip/play_state.h"

uint64_t player_edges(const struct player *player, uint64_t time)
{
    return clock_cycles_at(&player->chip->main_clock, time);
}

void player_span(struct player *player, const char *track, const char *name, uint64_t start,
                 uint64_t end)
{
    if (player->observer->span && end > start)
        player->observer->span(player->observer, track, name, start, end);
}

bool task_inputs_ready(const struct task *task, uint64_t *when)
{
    const struct job *job = task->job;
    if (job->groups_done < task->group)
        return false;
    uint64_t time = job->group_count > 1 && task->group > 0 ? job->ready_time : 0;
    for (uint32_t i = 0; i < task->plan->primitive->input_count; i++) {
        const struct held *held = task->inputs[i];
        if (!held)
            continue;
        if (!held->is_ready)
            return false;
        time = held->ready_time > time ? held->ready_time : time;
    }
    *when = time;
    return true;
}

/* Of all members and repetitions; 0 where a part has no estimate. */
static double estimate_bytes(const struct job *job)
{
    double bytes = 0;
    for (uint32_t i = 0; i < job->task_count; i++) {
        const struct task *task = &job->tasks[i];
        if (task->plan->estimate_cycles <= 0)
            return 0;
        bytes += task->plan->estimate_bytes * (double)task->repeat;
    }
    return bytes;
}

static void make_record(const struct player *player, const struct job *job,
                        struct operator_record *record)
{
    const struct chip *chip = player->chip;
    *record = (struct operator_record){
        .index = job->index,
        .name = job->name,
        .op = job->spec->name,
        .core = job->main_core >= 0 ? chip->cores[job->main_core].core.name : "",
        .mapped_as = job->mapped_as,
        .precision = job->precision,
        .start_cycle = job->start_edge,
        .cycles = cycle_account_total(&job->account),
        .start_time = job->start_time,
        .end_time = job->end_time,
        .account = job->account,
        .macs = job->macs,
        .ops = job->ops,
        .dram_read_bytes = job->dram_read_bytes,
        .dram_write_bytes = job->dram_write_bytes,
        .ledger = job->ledger,
        .mapping = "",
        .is_search_complete = true,
        .is_fallback = job->is_fallback,
        .is_converted = job->is_converted};
    if (job->main_core >= 0) {
        const struct core *core = &chip->cores[job->main_core].core;
        double clocks = ratio_value(core->clock) / ratio_value(chip->main_clock.hz);
        record->peak_per_cycle =
            clocks * (double)core->count *
            core->family->peak(core, job->macs > 0, job->precision, job->weight_precision);
    }
    if (job->main_plan) {
        record->mapping = job->main_plan->description;
        record->is_search_complete = job->main_plan->is_search_complete;
        record->search_gap = job->main_plan->search_gap;
        record->nest = job->main_plan->nest;
        record->ranking = job->main_plan->ranking;
        const struct core *core = &chip->cores[job->main_core].core;
        record->estimate_cycles = job->main_plan->estimate_cycles * (double)job->main_repeat *
                                  ratio_value(chip->main_clock.hz) / ratio_value(core->clock);
        record->estimate_bytes = estimate_bytes(job);
        record->active_elements = job->main_plan->active_elements;
        record->loops = job->main_plan->loops;
        record->loop_count = job->main_plan->loop_count;
    }
}

static void report(struct player *player, struct job *job)
{
    struct operator_record record;
    struct play_totals *totals = player->totals;
    make_record(player, job, &record);
    totals->operators++;
    totals->macs += job->macs;
    totals->ops += job->ops;
    totals->dram_read_bytes += job->dram_read_bytes;
    totals->dram_write_bytes += job->dram_write_bytes;
    if (job->is_fallback)
        totals->fallback_cycles += record.cycles;
    else
        totals->contraction_macs += job->macs;
    if (job->main_core >= 0 && record.peak_per_cycle > 0) {
        player->macs_done[job->main_core] += (double)job->macs;
        player->macs_cycles[job->main_core] += (double)job->macs / record.peak_per_cycle;
    }
    ledger_add(&totals->ledger, &job->ledger);
    player->observer->operator(player->observer, &record);
    for (uint32_t i = 0; i < job->pin_count; i++)
        held_unpin(&player->held, job->pinned[i]);
}

static void report_retired(struct player *player)
{
    while (player->oldest < player->next) {
        struct job *job = &player->jobs[player->oldest % (uint64_t)player->chip->window];
        if (!job->is_retired)
            return;
        report(player, job);
        player->oldest++;
    }
}

static void mark_ready(struct held *const *held, uint32_t count, uint64_t time)
{
    for (uint32_t i = 0; i < count; i++) {
        held[i]->is_ready = true;
        if (held[i]->ready_time < time)
            held[i]->ready_time = time;
    }
}

static void retire_job(struct player *player, struct job *job, uint64_t time)
{
    job->is_retired = true;
    job->end_time = time;
    mark_ready(job->outputs, job->output_count, time);
    mark_ready(job->copies, job->copy_count, time);
    player->must_poke = true;
}

/* The account of an operator is that of the member that finished last, group after group; what
 * lies between two groups is dependency, what the last member waited to begin is imbalance. */
static void add_group(struct job *job, const struct task *last)
{
    if (last->start_edge > job->edge)
        job->account.cycles[REASON_DEPENDENCY] += last->start_edge - job->edge;
    cycle_account_add(&job->account, &last->account);
    job->edge = last->end_edge;
}

void player_task_done(struct player *player, struct task *task)
{
    struct job *job = task->job;
    const struct task *last = task;
    for (uint32_t i = 0; i < job->task_count; i++) {
        const struct task *other = &job->tasks[i];
        if (other->group != task->group)
            continue;
        if (!other->is_done)
            return;
        if (other->end_edge > last->end_edge)
            last = other;
    }
    add_group(job, last);
    job->groups_done = task->group + 1;
    job->ready_time = last->end_time;
    if (job->groups_done == job->group_count)
        retire_job(player, job, last->end_time);
    player->must_poke = true;
}

static bool inputs_ready(const struct job *job, uint64_t *when)
{
    *when = 0;
    for (uint32_t i = 0; i < job->pin_count; i++) {
        bool is_output = false;
        for (uint32_t j = 0; j < job->output_count; j++)
            is_output = is_output || job->outputs[j] == job->pinned[i];
        if (is_output)
            continue;
        if (!job->pinned[i]->is_ready)
            return false;
        if (job->pinned[i]->ready_time > *when)
            *when = job->pinned[i]->ready_time;
    }
    return true;
}

/* Jobs without tasks pass on what they wait for: views their inputs, fused ones their root. */
static void retire_idle_jobs(struct player *player)
{
    for (uint64_t i = player->oldest; i < player->next; i++) {
        struct job *job = &player->jobs[i % (uint64_t)player->chip->window];
        uint64_t when = 0;
        if (job->is_retired || job->task_count)
            continue;
        if (job->fused_into) {
            if (!job->fused_into->is_retired)
                continue;
            when = job->fused_into->end_time;
        } else if (!inputs_ready(job, &when))
            continue;
        job->start_time = when;
        job->start_edge = job->edge = player_edges(player, when);
        retire_job(player, job, when);
    }
}

static void fill_window(struct player *player)
{
    const struct chip *chip = player->chip;
    while (!player->is_at_end && !player->is_failed &&
           player->next - player->oldest < (uint64_t)chip->window) {
        if (plan_cache_is_full(&player->plans)) {
            if (player->oldest < player->next)
                return;
            plan_cache_clear(&player->plans);
        }
        player->is_failed = !ahead_fill(&player->ahead, player->err);
        const struct ahead_operator *ahead = ahead_at(&player->ahead, 0);
        if (player->is_failed || !ahead) {
            player->is_at_end = true;
            return;
        }
        if (player->look && !ahead->is_decided)
            look_ahead_decide(player->look);
        struct job *job = &player->jobs[player->next % (uint64_t)chip->window];
        if (!place_operator(player, ahead, job)) {
            player->is_failed = true;
            kernel_stop(&player->kernel);
            return;
        }
        ahead_drop(&player->ahead);
        player->next++;
    }
}

/* Lets everything that a change may have woken go on; nested calls leave it to the outer one.
 */
void player_poke(struct player *player)
{
    player->must_poke = true;
    if (player->is_poking)
        return;
    player->is_poking = true;
    while (player->must_poke && !player->is_failed) {
        player->must_poke = false;
        retire_idle_jobs(player);
        report_retired(player);
        fill_window(player);
        for (int32_t i = 0; i < player->worker_count; i++)
            worker_advance(&player->workers[i]);
    }
    player->is_poking = false;
}

/* The member that finished last stands for its core. */
static void total_cores(struct player *player)
{
    struct chip *chip = player->chip;
    struct play_totals *totals = player->totals;
    for (int32_t i = 0; i < chip->core_count; i++) {
        const struct core *core = &chip->cores[i].core;
        struct worker *last = &player->workers[player->first_worker[i]];
        for (int32_t j = player->first_worker[i]; j < player->first_worker[i + 1]; j++)
            if (player->workers[j].work_end_edge > last->work_end_edge)
                last = &player->workers[j];
        struct core_record *record = &totals->cores[totals->core_count++];
        *record = (struct core_record){core->name, core->family->name, (uint64_t)core->count,
                                       0,          core->clock,        last->account};
        record->busy_cycles =
            cycle_account_total(&last->account) - last->account.cycles[REASON_IDLE];
        assert(account_adds_up(&last->spent));
        record->account.cycles[REASON_IDLE] += totals->cycles - last->spent.until;
        double clocks = ratio_value(core->clock) / ratio_value(chip->main_clock.hz);
        /* At the mix of precisions it worked in; at its native one where it did no products. */
        if (core->family != chip->cores[chip->last_resort].core.family)
            totals->contraction_peak +=
                player->macs_done[i] > 0
                    ? player->macs_done[i] / player->macs_cycles[i]
                    : clocks * (double)core->count *
                          core->family->peak(core, true, core->native, core->native);
    }
}

/* What memories do by themselves: rows opened, refresh, standby; not charged to operators. */
static void total_memories(struct player *player)
{
    struct chip *chip = player->chip;
    struct play_totals *totals = player->totals;
    for (int32_t i = 0; i < chip->memory_count; i++) {
        const struct chip_memory *memory = &chip->memories[i];
        totals->resident_peak[i] = player->held.peak[i];
        totals->memory_mapping[i] = "";
        for (int is_weight = 0; is_weight < 2; is_weight++)
            totals->layouts[i][is_weight] =
                address_layouts(&player->held, i, is_weight, player->totals_arena);
        if (memory->kind != MEMORY_DRAM)
            continue;
        totals->memory_mapping[i] =
            arena_copy_text(player->totals_arena, memory_mapping(player->memories[i]));
        totals->traffic[i] = memory_traffic(player->memories[i]);
        struct dram_actions actions = memory_actions(player->memories[i], totals->time);
        uint64_t *counts = totals->ledger.counts;
        counts[memory->activate] += actions.activates;
        counts[memory->refresh] += actions.refreshes;
        counts[memory->standby_active] += actions.active_clocks;
        counts[memory->standby_precharged] += actions.idle_clocks;
    }
}

static void finish(struct player *player)
{
    struct play_totals *totals = player->totals;
    uint64_t end = 0;
    for (int32_t i = 0; i < player->worker_count; i++)
        if (player->workers[i].free_time > end)
            end = player->workers[i].free_time;
    totals->time = end;
    totals->cycles = player_edges(player, end);
    totals->events = player->kernel.fired;
    total_cores(player);
    total_memories(player);
}

bool chip_play(struct chip *chip, struct trace_reader *trace, const struct play_pins *pins,
               struct play_observer *observer, struct arena *arena, struct play_totals *totals,
               struct error *err)
{
    struct arena own = {0};
    struct player *player = player_make(chip, &own);
    player->totals_arena = arena;
    player->pins = pins;
    player->observer = observer;
    player->totals = totals;
    player->err = err;
    *totals = (struct play_totals){.ledger = ledger_make(arena, &chip->inventory)};
    plan_cache_init(&player->plans);
    held_table_init(&player->held, chip, &own);
    player_make_workers(player);
    player->jobs = arena_array(&own, (size_t)chip->window, sizeof *player->jobs);
    for (int64_t i = 0; i < chip->window; i++)
        player->jobs[i].ledger = ledger_make(&own, &chip->inventory);
    buffers_make(player);
    player->look = look_ahead_make(player, &own);
    struct front_table fronts;
    if (player->look || observer->placed) {
        front_table_init(&fronts, &own);
        player->fronts = &fronts;
    }
    bool is_done = ahead_init(&player->ahead, chip, trace,
                              player->look ? (uint64_t)chip->look_ahead : 1, &own, err) &&
                   player_make_memories(player) && network_join(player);
    if (is_done) {
        player_poke(player);
        is_done = !player->is_failed && kernel_run(&player->kernel) && !player->is_failed;
    }
    if (is_done) {
        finish(player);
        is_done = player->oldest == player->next;
        if (!is_done)
            error_set(err, "the run stopped with %llu operators waiting for one another",
                      (unsigned long long)(player->next - player->oldest));
    } else if (player->kernel.is_out_of_time)
        error_set(err, "simulated time ran beyond its range; use a coarser clock");
    for (int64_t i = 0; i < chip->window; i++)
        arena_free(&player->jobs[i].met);
    look_ahead_free(player->look);
    if (player->fronts)
        front_table_free(player->fronts);
    ahead_free(&player->ahead);
    plan_cache_free(&player->plans);
    arena_free(&player->scratch);
    arena_free(&own);
    return is_done;
}
