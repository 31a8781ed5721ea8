#include "sim/report/report_loop.h"

#include "sim/report/report_run.h"

typedef unsigned long long large;

static void print_part(uint64_t cycles, const char *name, FILE *out)
{
    if (cycles)
        fprintf(out, "  %12llu  %s\n", (large)cycles, name);
}

static void print_loops(const struct run_operator *operator, FILE * out)
{
    fprintf(out, "%6s %6s %5s %7s %7s %-12s %6s %6s %6s %9s %12s %12s\n", "line", "unroll",
            "II", "ResMII", "RecMII", "bound by", "stages", "slots", "ramp", "code B", "passes",
            "cycles");
    for (size_t l = 0; l < operator->record.loop_count; l++) {
        const struct plan_loop *loop = &operator->record.loops[l];
        double ramp = loop->cycles ? (double)loop->ramp_cycles / (double)loop->cycles : 0;
        fprintf(
            out, "%6d %6d %5.0f %7.0f %7.0f %-12s %6d %5.0f%% %5.0f%% %9lld %12llu %12llu\n",
            loop->line, loop->unroll, loop->initiation_interval, loop->resource_bound,
            loop->recurrence_bound, loop->binding, loop->stages, 100 * loop->occupancy,
            100 * ramp, (long long)loop->code_bytes, (large)loop->passes, (large)loop->cycles);
    }
}

void report_loop_table(const struct loop_result *result, FILE *out)
{
    const struct kernel_cycles *cycles = &result->play.last;
    fprintf(out, "kernel %s on %s (%s): %llu cycles, %.4g s, %lld bytes of code\n\n",
            result->kernel.name, result->chip->name, result->core->name, (large)result->cycles,
            result->seconds, (long long)result->plan.code_bytes);
    print_part(cycles->kernel, "loop kernels (II x passes)", out);
    print_part(cycles->ramp, "prologues and epilogues of loops", out);
    print_part(cycles->blocks, "straight-line code", out);
    print_part(cycles->setup, "setting up loops", out);
    print_part(cycles->call, "call", out);
    print_part(cycles->stall, "accesses that meet in a bank", out);
    const uint64_t *waits = result->account.cycles;
    print_part(waits[REASON_INPUT_WAIT], "waiting for data from memory", out);
    print_part(waits[REASON_OUTPUT_WAIT], "waiting for memory to take results", out);
    print_part(waits[REASON_IMBALANCE], "waiting for other members", out);
    print_part(waits[REASON_IDLE], "idle", out);
    fprintf(out, "\n  %s\n\n", result->play.words);
    print_loops(&result->run.operators[0], out);
    fputc('\n', out);
    report_run_table(&result->run, out);
}

void report_loop_json(const struct loop_result *result, FILE *out)
{
    report_run_json(&result->run, out);
}

void report_loop_csv(const struct loop_result *result, bool has_header, FILE *out)
{
    report_run_csv(&result->run, has_header, out);
}
