#include "sim/report/report_loop.h"

#include "sim/report/json.h"

typedef unsigned long long large;

/* Share of issue slots that the loop fills. */
static double occupancy(const struct loop_result *result, const struct kernel_loop *loop)
{
    double slots = (double)result->machine->params->issue * loop->main->schedule.ii;
    return slots > 0 ? (double)loop->main->operations / slots : 0;
}

static double ramp_share(const struct loop_result *result)
{
    double total = (double)result->plan.cycles.total;
    return total > 0 ? (double)result->plan.cycles.ramp / total : 0;
}

void report_loop_table(const struct loop_result *result, FILE *out)
{
    const struct kernel_cycles *cycles = &result->plan.cycles;
    fprintf(out, "kernel %s on %s (%s): %llu cycles, %.4g s\n\n", result->kernel.name,
            result->chip->name, result->core->name, (large)cycles->total, result->seconds);
    fprintf(out, "  %12llu  loop kernels (II x passes)\n", (large)cycles->kernel);
    fprintf(out, "  %12llu  prologues and epilogues of loops\n", (large)cycles->ramp);
    fprintf(out, "  %12llu  straight-line code\n", (large)cycles->blocks);
    fprintf(out, "  %12llu  setting up loops\n", (large)cycles->setup);
    if (cycles->stall)
        fprintf(out, "  %12llu  stalls\n", (large)cycles->stall);
    fprintf(out, "  %12llu  call\n\n", (large)cycles->call);
    fprintf(out, "%6s %6s %5s %7s %7s %-12s %6s %6s %9s %12s %12s\n", "line", "unroll", "II",
            "ResMII", "RecMII", "bound by", "stages", "slots", "code B", "passes", "cycles");
    for (int l = 0; l < result->plan.loop_count; l++) {
        const struct kernel_loop *loop = &result->plan.loops[l];
        const struct region_schedule *main = loop->main;
        fprintf(out, "%6d %6lld %5d %7d %7d %-12s %6d %5.0f%% %9lld %12llu %12llu\n",
                loop->statement->line, (long long)loop->copies, main->schedule.ii,
                main->bound.res_mii, main->bound.rec_mii, main->binding,
                main->schedule.stage_count, 100 * occupancy(result, loop),
                (long long)region_code_bytes(main, result->machine), (large)loop->cost.passes,
                (large)loop->cost.cycles);
    }
}

static void write_loop(struct json *json, const struct loop_result *result,
                       const struct kernel_loop *loop)
{
    const struct region_schedule *main = loop->main;
    json_begin_object(json, NULL);
    json_count(json, "line", (uint64_t)loop->statement->line);
    json_count(json, "unroll", (uint64_t)loop->copies);
    json_number(json, "ii", main->schedule.ii);
    json_number(json, "res_mii", main->bound.res_mii);
    json_number(json, "res_bound", main->bound.res_bound);
    json_number(json, "rec_mii", main->bound.rec_mii);
    json_text(json, "binding", main->binding);
    json_count(json, "stages", (uint64_t)main->schedule.stage_count);
    json_number(json, "occupancy", occupancy(result, loop));
    json_count(json, "operations", (uint64_t)main->operations);
    json_count(json, "length", (uint64_t)main->schedule.length);
    json_count(json, "kernel_copies", (uint64_t)main->registers.kernel_copies);
    json_count(json, "max_live", (uint64_t)main->registers.max_live_all);
    json_bool(json, "loop_buffer", main->is_buffered);
    json_count(json, "code_bytes", (uint64_t)region_code_bytes(main, result->machine));
    json_count(json, "entries", loop->cost.entries);
    json_count(json, "passes", loop->cost.passes);
    json_count(json, "cycles", loop->cost.cycles);
    json_end_object(json);
}

static void write_account(struct json *json, const char *key,
                          const struct kernel_cycles *cycles)
{
    json_begin_object(json, key);
    json_count(json, "work", cycles->kernel - cycles->recurrence);
    json_count(json, "dependency", cycles->recurrence);
    json_count(json, "fill", cycles->ramp);
    json_count(json, "reconfigure", cycles->setup + cycles->call + cycles->blocks);
    if (cycles->stall)
        json_count(json, "bank-conflict", cycles->stall);
    json_end_object(json);
}

void report_loop_json(const struct loop_result *result, FILE *out)
{
    const struct kernel_plan *plan = &result->plan;
    struct json json = json_begin(out);
    json_begin_object(&json, NULL);
    json_text(&json, "cleave", CLEAVE_VERSION);
    json_text(&json, "chip", result->chip->name);
    json_text(&json, "trace", result->kernel.path);
    json_number(&json, "main_clock_hz", ratio_value(result->core->clock));
    json_begin_array(&json, "operators");
    json_begin_object(&json, NULL);
    json_count(&json, "index", 0);
    json_text(&json, "name", result->kernel.name);
    json_text(&json, "op", "Loop");
    json_text(&json, "core", result->core->name);
    json_count(&json, "start_cycle", 0);
    json_count(&json, "cycles", plan->cycles.total);
    json_count(&json, "compute_cycles", plan->cycles.total);
    json_number(&json, "seconds", result->seconds);
    json_count(&json, "ops", plan->cycles.operations);
    json_number(&json, "ramp_share", ramp_share(result));
    json_count(&json, "code_bytes", (uint64_t)plan->code_bytes);
    write_account(&json, "account", &plan->cycles);
    json_begin_array(&json, "loops");
    for (int l = 0; l < plan->loop_count; l++)
        write_loop(&json, result, &plan->loops[l]);
    json_end_array(&json);
    json_end_object(&json);
    json_end_array(&json);
    write_account(&json, "cycle_account", &plan->cycles);
    json_begin_object(&json, "total");
    json_count(&json, "cycles", plan->cycles.total);
    json_number(&json, "seconds", result->seconds);
    json_count(&json, "ops", plan->cycles.operations);
    json_end_object(&json);
    json_end_object(&json);
    fputc('\n', out);
}

void report_loop_csv(const struct loop_result *result, bool has_header, FILE *out)
{
    if (has_header)
        fprintf(out,
                "trace,name,line,unroll,ii,res_mii,rec_mii,binding,stages,code_bytes,entries,"
                "passes,loop_cycles,cycles\n");
    for (int l = 0; l < result->plan.loop_count; l++) {
        const struct kernel_loop *loop = &result->plan.loops[l];
        const struct region_schedule *main = loop->main;
        fprintf(out, "%s,%s,%d,%lld,%d,%d,%d,%s,%d,%lld,%llu,%llu,%llu,%llu\n",
                result->kernel.path, result->kernel.name, loop->statement->line,
                (long long)loop->copies, main->schedule.ii, main->bound.res_mii,
                main->bound.rec_mii, main->binding, main->schedule.stage_count,
                (long long)region_code_bytes(main, result->machine), (large)loop->cost.entries,
                (large)loop->cost.passes, (large)loop->cost.cycles,
                (large)result->plan.cycles.total);
    }
}
