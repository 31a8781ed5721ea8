#include "arch/systolic/tiling_space.h"

enum { EVALUATIONS = 100000 }; /* at most 0.1 s */

enum { G = 1 << DIM_G, K = 1 << DIM_K, C = 1 << DIM_C, P = 1 << DIM_P };

/* One visit of a block by the array, groups one after the other. */
static uint64_t block_cycles(const void *context, const int64_t tile[DIM_COUNT], bool is_still)
{
    const struct tiling_problem *problem = context;
    const struct systolic_params *params = problem->core->params;
    const struct systolic_state *state = problem->core->state;
    (void)is_still; /* a block's own folds load, whether its weights came again or not */
    struct array_cycles cycles =
        tiling_block(problem, tile[DIM_P], tile[DIM_C], tile[DIM_K], false);
    uint64_t exposed =
        cycles.first_load > cycles.overlap ? cycles.first_load - cycles.overlap : 0;
    uint64_t busy = cycles.work + cycles.load + cycles.fill + cycles.drain + exposed;
    if (params->command) {
        struct array_block block = {tile[DIM_P], tile[DIM_C], tile[DIM_K], 1, 1};
        busy += array_folds(&state->array, &block) * (uint64_t)params->command;
    }
    return (uint64_t)tile[DIM_G] * busy;
}

/* Half of the accumulators takes a block: its rows once per block of columns. */
static bool fits_accumulators(const void *context, int level, const int64_t tile[DIM_COUNT])
{
    const struct tiling_problem *problem = context;
    const struct systolic_params *params = problem->core->params;
    int64_t n = tile[DIM_K] < problem->n ? tile[DIM_K] : problem->n;
    int64_t m = tile[DIM_P] < problem->m ? tile[DIM_P] : problem->m;
    int64_t half = params->accumulator_rows > 1 ? params->accumulator_rows / 2 : 1;
    return level != 1 || !params->accumulator_rows || m * ((n - 1) / params->cols + 1) <= half;
}

static void state_scratch(const struct tiling_problem *problem, struct space *space)
{
    const struct systolic_params *params = problem->core->params;
    const struct systolic_state *state = problem->core->state;
    struct space_level *scratch = &space->levels[1];
    double out = problem->site->output.bits / 8.0, sum = state->accumulator.bits / 8.0;
    *scratch = (struct space_level){.name = "scratch",
                                    .keep_masks = SPACE_KEEP(SPACE_ALL),
                                    .holds_partials = true,
                                    .double_buffered = SPACE_INPUT | SPACE_WEIGHT};
    if (problem->site->scratch_bytes < (uint64_t)1 << 62)
        scratch->capacity_bytes = problem->site->scratch_bytes;
    /* Sums wait in accumulators or, at full width, in the scratchpad; never less than either.
     */
    space->partial_bytes = params->accumulator_rows || sum > 2 * out ? out : sum;
    if (problem->has_fifo) { /* weights have a store of their own, one fold at a time */
        scratch->partition_bytes[OPERAND_WEIGHT] = UINT64_MAX;
        scratch->loops = G | P;
        space->padded = SPACE_WEIGHT;
    }
}

static void state_memory(const struct tiling_problem *problem, struct space *space)
{
    const struct site *site = problem->site;
    struct space_level *memory = &space->levels[0];
    *memory = (struct space_level){.name = "memory", .port_shared = SPACE_ALL};
    memory->read_bytes_per_cycle[OPERAND_INPUT] = site->bytes_per_cycle[0];
    memory->read_bytes_per_cycle[OPERAND_WEIGHT] = site->bytes_per_cycle[1];
    memory->read_bytes_per_cycle[OPERAND_OUTPUT] = memory->write_bytes_per_cycle =
        site->output_bytes_per_cycle;
    space->home[OPERAND_INPUT] = !problem->loads_input;
    space->home[OPERAND_WEIGHT] = !problem->loads_weight;
    space->home[OPERAND_OUTPUT] = !problem->stores_output;
}

static void state_axes(const struct tiling_problem *problem, struct space *space)
{
    static const uint32_t ROWS[] = {C, P, C}, COLS[] = {K, K, P}; /* ws, os, is */
    const struct systolic_params *params = problem->core->params;
    space->axis_count = 2;
    space->axes[0] = (struct space_axis){"rows", 2, params->rows, ROWS[params->dataflow], 0};
    space->axes[1] = (struct space_axis){"cols", 2, params->cols, COLS[params->dataflow], 0};
}

static void state_space(const struct tiling_problem *problem, struct space *space)
{
    *space = (struct space){.level_count = 2,
                            .cycles = block_cycles,
                            .accepts = fits_accumulators,
                            .context = problem,
                            .cycles_level = 1,
                            .cycles_operand = OPERAND_WEIGHT};
    /* Windows overlap: a product's input is fetched as the fewer elements that it is made of.
     */
    double window = (double)problem->input_elements / ((double)problem->m * (double)problem->k);
    space->element_bytes[OPERAND_INPUT] =
        problem->site->input[0].bits / 8.0 * (window < 1 ? window : 1);
    space->element_bytes[OPERAND_WEIGHT] = problem->site->input[1].bits / 8.0;
    space->element_bytes[OPERAND_OUTPUT] = problem->site->output.bits / 8.0;
    state_memory(problem, space);
    state_scratch(problem, space);
    state_axes(problem, space);
    space_set_costs(space, &problem->core->costs);
}

/* What the chip's mapper minimises, in the steps that the player will see. */
static double score_of(const struct tiling_problem *problem, const struct tiling *tiling,
                       const struct tiling_estimate *estimate)
{
    if (problem->core->objective == MAPPER_CYCLES)
        return tiling_total(estimate);
    double cost = tiling_cost(problem, tiling, estimate);
    return problem->core->objective == MAPPER_COST ? cost : cost * tiling_total(estimate);
}

/* Whether the steps are the same. */
static bool is_equal(const struct tiling *a, const struct tiling *b)
{
    bool is_free = a->m.count == 1 || a->n.count == 1; /* either loop is the outer one */
    return a->group.tile == b->group.tile && a->m.tile == b->m.tile && a->k.tile == b->k.tile &&
           a->n.tile == b->n.tile && (is_free || a->is_column_outer == b->is_column_outer);
}

/* In its place among the best; equals stay behind who came first. */
static void insert(const struct tiling_problem *problem, const struct tiling *tiling,
                   struct tiling_choice *choice)
{
    struct tiling_estimate estimate = tiling_judge(problem, tiling);
    double score = score_of(problem, tiling, &estimate);
    if (estimate.scratch_bytes > problem->site->scratch_bytes)
        return;
    for (int i = 0; i < choice->count; i++)
        if (is_equal(tiling, &choice->tilings[i]))
            return;
    int place = choice->count;
    while (place > 0 && choice->scores[place - 1] > score)
        place--;
    if (place == PLAN_CANDIDATES)
        return;
    choice->count += choice->count < PLAN_CANDIDATES;
    for (int i = choice->count - 1; i > place; i--) {
        choice->tilings[i] = choice->tilings[i - 1];
        choice->scores[i] = choice->scores[i - 1];
    }
    choice->tilings[place] = *tiling;
    choice->scores[place] = score;
}

/* Judges a block of the mapper's with either loop outside. */
static void consider(const struct tiling_problem *problem, const struct nest *nest,
                     struct tiling_choice *choice)
{
    int64_t tile[DIM_COUNT];
    nest_tile(nest, 1, tile);
    /* Groups go together only where nothing else is cut, as the steps have it. */
    if (problem->has_fifo || tile[DIM_P] < problem->m || tile[DIM_C] < problem->k ||
        tile[DIM_K] < problem->n)
        tile[DIM_G] = 1;
    for (int outer = 0; outer < 2; outer++) {
        struct tiling trial;
        if (!tiling_may_order(problem->core, outer))
            continue;
        tiling_set(problem, &trial, tile[DIM_G], tile[DIM_P], tile[DIM_C], tile[DIM_K], outer);
        insert(problem, &trial, choice);
    }
}

bool tiling_choose(const struct tiling_problem *problem, struct tiling_choice *choice,
                   struct error *err)
{
    struct tiling own;
    *choice = (struct tiling_choice){.gap = 1};
    if (!tiling_search(problem, &own, err))
        return false;
    insert(problem, &own, choice);
    struct contraction c =
        contraction_product(problem->groups, problem->m, problem->k, problem->n);
    c.is_input_shared = problem->contraction->is_input_shared;
    c.is_weight_shared = problem->contraction->is_weight_shared;
    struct space space;
    state_space(problem, &space);
    struct search_options options = {.objective =
                                         (enum search_objective)problem->core->objective,
                                     .evaluations = EVALUATIONS};
    struct search_result found;
    struct error none = {0};
    if (!search_best(&space, &c, &options, &found, &none))
        return true; /* the planner's own tiling stands, without a certificate */
    choice->is_complete = found.is_complete;
    choice->gap = found.gap;
    choice->evaluations = found.evaluations;
    for (int i = 0; i < found.count; i++)
        consider(problem, &found.best[i].nest, choice);
    while (choice->scores[choice->count - 1] > 1.02 * choice->scores[0])
        choice->count--;
    return true;
}
