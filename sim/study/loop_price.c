/* A loop kernel's run as the run of one operator: cycles in the main clock, actions, prices. */
#include "arch/vliw/kernel_actions.h"
#include "sim/study/loop_run.h"

/* Core cycles become main clock edges reason by reason, from running sums, so that nothing is
 * lost to rounding. */
static struct cycle_account in_main_clock(const struct loop_result *result)
{
    struct ratio main = result->chip->main_clock.hz, own = result->core->clock;
    bool is_main = main.num == own.num && main.den == own.den;
    double ratio = ratio_value(main) / ratio_value(own);
    struct cycle_account account = {0};
    uint64_t sum = 0, before = 0;
    for (int reason = 0; reason < REASON_COUNT; reason++) {
        sum += result->account.cycles[reason];
        uint64_t edges = is_main ? sum : (uint64_t)((double)sum * ratio + 0.5);
        account.cycles[reason] = edges - before;
        before = edges;
    }
    return account;
}

static struct plan_loop *loops_of(struct arena *arena, const struct loop_result *result)
{
    const struct kernel_plan *plan = &result->plan;
    struct plan_loop *loops = arena_array(arena, (size_t)plan->loop_count + 1, sizeof *loops);
    for (int l = 0; l < plan->loop_count; l++) {
        const struct kernel_loop *loop = &plan->loops[l];
        loops[l] = region_loop_record(loop->main, plan->machine);
        loops[l].line = loop->statement->line;
        loops[l].unroll = (int)loop->copies;
        loops[l].entries = loop->cost.entries;
        loops[l].passes = loop->cost.passes;
        loops[l].cycles = loop->cost.cycles;
        loops[l].ramp_cycles = loop->cost.ramp;
    }
    return loops;
}

/* One line of words: each loop's unrolling and interval. */
static const char *mapping_of(struct arena *arena, const struct loop_result *result)
{
    const char *text = "";
    for (int l = 0; l < result->plan.loop_count; l++) {
        const struct kernel_loop *loop = &result->plan.loops[l];
        text = arena_format(arena, "%s%sline %d: unroll %lld, II %d bound by %s", text,
                            *text ? "; " : "", loop->statement->line, (long long)loop->copies,
                            loop->main->schedule.ii, loop->main->binding);
    }
    return arena_format(arena, "%s; %s", text, result->play.words);
}

static void fill_record(struct arena *arena, struct loop_result *result,
                        const struct kernel_work *work, struct operator_record *record)
{
    const struct core *core = result->core;
    struct number_format format = work->format;
    double clocks = ratio_value(core->clock) / ratio_value(result->chip->main_clock.hz);
    *record = (struct operator_record){
        .name = result->kernel.name,
        .op = "Loop",
        .core = core->name,
        .mapped_as = "loop",
        .precision = format,
        .account = in_main_clock(result),
        .macs = work->macs,
        .ops = work->ops,
        .peak_per_cycle = clocks * (double)core->count *
                          core->family->peak(core, work->macs > 0, format, format),
        .ledger = ledger_make(arena, &result->chip->inventory),
        .mapping = mapping_of(arena, result),
        .is_search_complete = true,
        .loops = loops_of(arena, result),
        .loop_count = (size_t)result->plan.loop_count,
        .code_bytes = (uint64_t)result->plan.code_bytes};
    record->cycles = cycle_account_total(&record->account);
    for (size_t a = 0; a < work->action_count; a++)
        record->ledger.counts[work->actions[a].meter] += work->actions[a].count;
    record->dram_read_bytes = result->play.dram_read_bytes;
    record->dram_write_bytes = result->play.dram_write_bytes;
}

/* The core that ran it, and the others idle. */
static void fill_cores(const struct loop_result *result, struct play_totals *totals)
{
    const struct chip *chip = result->chip;
    const struct operator_record *record = &result->run.operators[0].record;
    for (int32_t c = 0; c < chip->core_count; c++) {
        const struct core *core = &chip->cores[c].core;
        struct core_record *row = &totals->cores[totals->core_count++];
        *row = (struct core_record){.name = core->name,
                                    .family = core->family->name,
                                    .count = (uint64_t)core->count,
                                    .clock = core->clock};
        if (core == result->core) {
            row->account = record->account;
            row->busy_cycles = record->cycles;
        } else {
            row->account.cycles[REASON_IDLE] = record->cycles;
        }
    }
}

static void fill_totals(struct arena *arena, const struct loop_result *result,
                        struct play_totals *totals)
{
    const struct chip *chip = result->chip;
    const struct operator_record *record = &result->run.operators[0].record;
    *totals = (struct play_totals){.cycles = record->cycles,
                                   .time = clock_edge(&chip->main_clock, record->cycles),
                                   .operators = 1,
                                   .macs = record->macs,
                                   .ops = record->ops,
                                   .contraction_macs = record->macs,
                                   .dram_read_bytes = record->dram_read_bytes,
                                   .dram_write_bytes = record->dram_write_bytes,
                                   .contraction_peak = record->peak_per_cycle,
                                   .ledger = ledger_make(arena, &chip->inventory)};
    for (int32_t m = 0; m < chip->memory_count; m++) {
        totals->memory_mapping[m] = result->play.mapping[m] ? result->play.mapping[m] : "";
        totals->layouts[m][0] = totals->layouts[m][1] = "";
    }
    ledger_add(&totals->ledger, &record->ledger);
    for (size_t a = 0; a < result->play.action_count; a++)
        totals->ledger.counts[result->play.actions[a].meter] += result->play.actions[a].count;
    totals->events = result->play.events;
    fill_cores(result, totals);
}

bool loop_price(struct arena *arena, struct loop_result *result, struct error *err)
{
    struct chip *chip = result->chip;
    struct kernel_work work;
    kernel_work(result->core, &chip->inventory, &result->plan, arena, &work);
    struct run_operator *operator= arena_alloc(arena, sizeof *operator);
    struct run_result *run = &result->run;
    *run = (struct run_result){.chip = chip,
                               .trace = result->kernel.path,
                               .config_hash = config_hash(chip->config),
                               .operators = operator,
                               .operator_count = 1 };
    fill_record(arena, result, &work, &operator->record);
    const struct operator_record *record = &operator->record;
    fill_totals(arena, result, &run->totals);
    run->lost = record->account;
    run->busy_cycles = record->cycles;
    run->seconds = operator->seconds = result->seconds;
    operator->bound = account_bound(&record->account);
    double done = record->macs ? (double)record->macs : (double)record->ops;
    double possible = (double)record->cycles * record->peak_per_cycle;
    run->utilization = operator->utilization = possible> 0 ? done / possible : 0;
    run->defaults = config_paths(chip->config, ORIGIN_DEFAULT);
    run->inactive = config_inactive_paths(chip->config);
    if (!run_price(arena, run, chip->process, err))
        return false;
    run_gather_warnings(arena, run, false);
    return true;
}
