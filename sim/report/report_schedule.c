/* Schedules as tables of bundles. */
#include <stdlib.h>
#include <string.h>

#include "sim/report/report_loop.h"

enum { COLUMNS_MOST = 24, CELL = 14 };

/* Columns are the units by their names in the alternatives: "L1", "M2", "vector". */
struct columns {
    const char *names[COLUMNS_MOST];
    int count;
};

static int column_of(struct columns *columns, const char *name)
{
    for (int c = 0; c < columns->count; c++)
        if (strcmp(columns->names[c], name) == 0)
            return c;
    if (columns->count < COLUMNS_MOST)
        columns->names[columns->count++] = name;
    return columns->count - 1;
}

static const struct alternative *taken(const struct region_schedule *region, int i)
{
    return &region->graph.operations[i].alternatives[region->schedule.alternative[i]];
}

static void collect_columns(const struct region_schedule *region, struct columns *columns)
{
    for (int i = 0; i < region->graph.operation_count; i++)
        column_of(columns, taken(region, i)->name);
    for (int a = 1; a < columns->count; a++)
        for (int b = a; b > 0 && strcmp(columns->names[b - 1], columns->names[b]) > 0; b--) {
            const char *swap = columns->names[b];
            columns->names[b] = columns->names[b - 1];
            columns->names[b - 1] = swap;
        }
}

/* Operations of one cycle; several on one unit stand below each other. */
static void print_cycle(const struct region_schedule *region, struct columns *columns,
                        int cycle, bool is_modulo, FILE *out)
{
    int ii = region->schedule.ii;
    for (int line = 0;; line++) {
        char cells[COLUMNS_MOST][CELL + 1];
        int shown = 0, seen[COLUMNS_MOST] = {0};
        memset(cells, 0, sizeof cells);
        for (int i = 0; i < region->graph.operation_count; i++) {
            int time = region->schedule.time[i];
            if ((is_modulo ? time % ii : time) != cycle)
                continue;
            int column = column_of(columns, taken(region, i)->name);
            if (seen[column]++ != line)
                continue;
            const char *name = region->graph.operations[i].name;
            if (is_modulo && time / ii > 0)
                snprintf(cells[column], CELL, "%.6s[%d]", name, (time / ii) % 1000);
            else
                snprintf(cells[column], CELL, "%.12s", name);
            shown++;
        }
        if (shown == 0 && line > 0)
            return;
        if (line == 0)
            fprintf(out, "%5d |", cycle);
        else
            fprintf(out, "      |");
        for (int c = 0; c < columns->count; c++)
            fprintf(out, " %-*s", CELL - 1, cells[c]);
        fprintf(out, "\n");
        if (shown == 0)
            return;
    }
}

static void print_bundles(const struct region_schedule *region, bool is_modulo, FILE *out)
{
    struct columns columns = {.count = 0};
    collect_columns(region, &columns);
    fprintf(out, "cycle |");
    for (int c = 0; c < columns.count; c++)
        fprintf(out, " %-*s", CELL - 1, columns.names[c]);
    fprintf(out, "\n------+");
    for (int c = 0; c < columns.count * CELL; c++)
        fputc('-', out);
    fprintf(out, "\n");
    int cycles = is_modulo ? region->schedule.ii : region->schedule.length;
    for (int cycle = 0; cycle < cycles; cycle++)
        print_cycle(region, &columns, cycle, is_modulo, out);
}

static void print_loop(const struct loop_result *result, const struct kernel_loop *loop,
                       FILE *out)
{
    const struct region_schedule *main = loop->main;
    const struct initiation_interval *bound = &main->bound;
    fprintf(out, "\nLoop in line %d, %lld of its passes in one: %d operations\n",
            loop->statement->line, (long long)loop->copies, (int)main->operations);
    if (main->operations == 0)
        return;
    if (!main->is_pipelined) {
        fprintf(out, "not pipelined: a pass starts every %d cycles\n\n", main->schedule.ii);
        print_bundles(main, false, out);
        return;
    }
    fprintf(
        out,
        "II %d: resources allow %d (%s), recurrences %d; bound by %s\n"
        "%d stages, %d cycles from first to last issue; prologue and epilogue %d cycles each\n"
        "%d values alive at once; %s\n",
        main->schedule.ii, bound->res_mii,
        initiation_interval_binding(
            &(struct initiation_interval){.res_mii = 1, .binding_roles = bound->binding_roles},
            &result->machine->resources, main->graph.arena),
        bound->rec_mii, main->binding, main->schedule.stage_count, main->schedule.length,
        (main->schedule.stage_count - 1) * main->schedule.ii, main->registers.max_live_all,
        main->is_buffered ? "repeats from the loop buffer"
                          : "fetches its bundles and branches");
    struct plan_loop record = region_loop_record(main, result->machine);
    fprintf(out, "%llu of %lld issue slots filled (%.0f %%); %lld bytes of code\n",
            (unsigned long long)record.operations,
            (long long)result->machine->params->issue * main->schedule.ii,
            100 * record.occupancy, (long long)record.code_bytes);
    if (main->registers.kernel_copies > 1)
        fprintf(out, "the kernel is repeated %d times so that registers keep their names\n",
                main->registers.kernel_copies);
    fprintf(out, "\nKernel; [s] marks the work of the pass begun s kernels before\n\n");
    print_bundles(main, true, out);
    fprintf(out, "\nOne pass from start to end\n\n");
    print_bundles(main, false, out);
}

static void print_blocks(const struct region *list, FILE *out)
{
    for (const struct region *r = list; r; r = r->next) {
        const struct region_schedule *block = r->schedule;
        if (r->kind == REGION_BLOCK && block && block->operations > 0) {
            int line = block->packed.operations[0].line;
            if (line > 0)
                fprintf(out, "\nStraight-line code from line %d", line);
            else /* nothing of the file: moves, branches */
                fprintf(out, "\nStraight-line code that prepares or ends loops");
            fprintf(out, ", %d operations in %d cycles\n\n", (int)block->operations,
                    (int)block->tail_cycles);
            print_bundles(block, false, out);
        }
        print_blocks(r->body, out);
        print_blocks(r->other, out);
    }
}

void report_loop_schedule(const struct loop_result *result, FILE *out)
{
    fprintf(out, "kernel %s on %s (%s)\n", result->kernel.name, result->chip->name,
            result->core->name);
    for (int l = 0; l < result->plan.loop_count; l++)
        print_loop(result, &result->plan.loops[l], out);
    print_blocks(result->plan.lowered.regions, out);
}
