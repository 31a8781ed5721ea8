/* What a plan does to registers, wires, accumulators and buffers, counted once for all its
 * steps. */
#include "arch/family/plan_cost.h"
#include "arch/systolic/systolic_detail.h"

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

enum { ACTIONS_MAX = 16 };

struct action_sum {
    struct plan_action *items; /* ACTIONS_MAX of them */
    size_t count;
};

static void add_action(struct action_sum *sum, int32_t meter, uint64_t count)
{
    if (meter < 0 || count == 0)
        return;
    for (size_t i = 0; i < sum->count; i++)
        if (sum->items[i].meter == meter) {
            sum->items[i].count += count;
            return;
        }
    sum->items[sum->count++] = (struct plan_action){meter, count};
}

static uint64_t accesses(uint64_t bits, uint64_t width)
{
    return (bits + width - 1) / width;
}

/* Actions of `times` blocks of one size. */
static void count_block(const struct core *core, const struct tiling_problem *problem,
                        int64_t m, int64_t k, int64_t n, uint64_t times, struct action_sum *sum)
{
    const struct systolic_state *state = core->state;
    const struct systolic_params *params = core->params;
    struct array_block block = {m, k, n, problem->beat, problem->load_beat};
    int64_t rows, cols, time;
    array_axes(state->array.dataflow, &block, &rows, &cols, &time);
    uint64_t row_folds = (uint64_t)divide_up(rows, params->rows);
    uint64_t col_folds = (uint64_t)divide_up(cols, params->cols);
    uint64_t folds = row_folds * col_folds, macs = (uint64_t)(m * k * n / problem->packed);
    uint64_t streamed = (uint64_t)time * (uint64_t)rows * col_folds; /* from the left */
    uint32_t in_bits = problem->site->input[0].bits, weight_bits = problem->site->input[1].bits;
    uint32_t stream_bits = params->dataflow == DATAFLOW_IS ? weight_bits : in_bits;
    uint64_t width = state->scratch_bits;

    add_action(sum, state->mac, times * macs);
    add_action(sum, state->element_write, times * macs);
    add_action(sum, state->decode, times * folds);
    add_action(sum, state->row_wire, times * streamed * stream_bits);
    add_action(sum, state->scratch_read, times * accesses(streamed * stream_bits, width));
    if (params->dataflow == DATAFLOW_OS) {
        uint64_t down = (uint64_t)(k * n) * row_folds;
        add_action(sum, state->scratch_read, times * accesses(down * weight_bits, width));
        add_action(sum, state->col_wire,
                   times * (down * weight_bits + (uint64_t)(m * n) * state->accumulator.bits));
        return;
    }
    uint64_t held = (uint64_t)(rows * cols);
    uint32_t held_bits = params->dataflow == DATAFLOW_WS ? weight_bits : in_bits;
    add_action(sum, state->element_write, times * held);
    if (problem->has_fifo)
        add_action(sum, state->fifo_read, times * folds * (uint64_t)params->rows);
    else
        add_action(sum, state->scratch_read, times * accesses(held * held_bits, width));
    uint64_t sums = (uint64_t)time * (uint64_t)cols * row_folds; /* leave at the bottom */
    add_action(sum, state->col_wire, times * sums * state->accumulator.bits);
    uint64_t vectors = (uint64_t)time * folds;
    add_action(sum, state->accumulator_write, times * vectors);
}

/* Bytes of inputs and weights that arrive from memory, and of results that leave to it. */
struct traffic {
    uint64_t inputs, weights, results;
};

/* What arrives is written to scratch or FIFO, what leaves is read again. */
static void count_traffic(const struct core *core, const struct tiling_problem *problem,
                          const struct traffic *traffic, struct action_sum *sum)
{
    const struct systolic_state *state = core->state;
    uint64_t width = state->scratch_bits;
    add_action(sum, state->scratch_write, accesses(traffic->inputs * 8, width));
    add_action(sum, state->scratch_read, accesses(traffic->results * 8, width));
    if (problem->has_fifo)
        add_action(
            sum, state->fifo_write,
            accesses(traffic->weights * 8, (uint64_t)state->array.cols * core->native.bits));
    else
        add_action(sum, state->scratch_write, accesses(traffic->weights * 8, width));
}

/* Every partial sum but the first is read back; each result is read once as it leaves. */
static void count_sums(const struct core *core, const struct tiling *tiling, uint64_t results,
                       uint64_t sums, struct action_sum *sum)
{
    const struct systolic_state *state = core->state;
    if (state->array.dataflow == DATAFLOW_OS)
        return;
    if (state->accumulator_read >= 0) {
        add_action(sum, state->accumulator_read, sums);
        return;
    }
    uint64_t bits = state->accumulator.bits * (uint64_t)state->array.cols;
    uint64_t firsts = results / (uint64_t)tiling->k.count;
    uint64_t again = sums > firsts ? sums - firsts : 0;
    add_action(sum, state->scratch_read, again * accesses(bits, state->scratch_bits));
    add_action(sum, state->scratch_write, again * accesses(bits, state->scratch_bits));
}

static void count_tiling(const struct core *core, const struct tiling_problem *problem,
                         const struct tiling *tiling, struct action_sum *sum)
{
    const struct systolic_state *state = core->state;
    const struct tiling_axis *m = &tiling->m, *k = &tiling->k, *n = &tiling->n;
    uint64_t groups = (uint64_t)tiling->group.size, results = 0, sums = 0;
    for (int i = 0; i < EDGE_KINDS; i++)
        for (int j = 0; j < EDGE_KINDS; j++)
            for (int l = 0; l < EDGE_KINDS; l++) {
                int64_t times =
                    (i ? 1 : m->count - 1) * (j ? 1 : k->count - 1) * (l ? 1 : n->count - 1);
                if (times == 0)
                    continue;
                int64_t rows = tiling_axis_extent(m, i ? m->count - 1 : 0);
                int64_t depth = tiling_axis_extent(k, j ? k->count - 1 : 0);
                int64_t columns = tiling_axis_extent(n, l ? n->count - 1 : 0);
                count_block(core, problem, rows, depth, columns, (uint64_t)times * groups, sum);
                uint64_t vectors = (uint64_t)(times * rows) *
                                   (uint64_t)divide_up(columns, state->array.cols) * groups;
                results += vectors;
                sums += vectors * (uint64_t)divide_up(depth, state->array.rows);
            }
    count_sums(core, tiling, results, sums, sum);
    uint64_t out_bits =
        (uint64_t)(problem->groups * problem->m * problem->n) * problem->site->output.bits;
    add_action(sum, state->scratch_write, accesses(out_bits, state->scratch_bits));
}

double tiling_cost(const struct tiling_problem *problem, const struct tiling *tiling,
                   const struct tiling_estimate *estimate)
{
    const struct core *core = problem->core;
    struct plan_action items[ACTIONS_MAX] = {0};
    struct action_sum sum = {items, 0};
    count_tiling(core, problem, tiling, &sum);
    count_traffic(core, problem,
                  &(struct traffic){(uint64_t)estimate->input_bytes,
                                    (uint64_t)estimate->weight_bytes,
                                    (uint64_t)estimate->output_bytes},
                  &sum);
    struct plan plan = {
        .actions = items, .action_count = sum.count, .memory_bytes = (uint64_t)estimate->bytes};
    return plan_cost(core, &plan);
}

void systolic_count_actions(const struct core *core, const struct systolic_detail *detail,
                            struct arena *arena, struct plan *plan)
{
    struct action_sum sum = {arena_array(arena, ACTIONS_MAX, sizeof *sum.items), 0};
    count_tiling(core, &detail->problem, &detail->tiling, &sum);
    struct step step;
    struct traffic traffic = {0};
    for (uint64_t i = 0; i < plan->step_count; i++) {
        systolic_step(core, plan, i, &step);
        traffic.inputs += step.load_bytes[0];
        traffic.weights += step.load_bytes[1];
        traffic.results += step.store_bytes;
    }
    count_traffic(core, &detail->problem, &traffic, &sum);
    plan->memory_bytes = traffic.inputs + traffic.weights + traffic.results;
    plan->actions = sum.items;
    plan->action_count = sum.count;
}
