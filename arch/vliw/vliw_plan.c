/* Plans of the VLIW family: a kernel chosen for the primitive, its cycles and actions, and the
 * steps in which data comes and goes. */
#include <string.h>

#include "arch/vliw/vliw_ragged.h"

/* Copies of one body that a depthwise kernel may hold: groups x taps. */
enum { TAPS_MOST = 256 };

/* One way to run a primitive. */
struct choice {
    const struct vliw_unit *unit;
    uint64_t entries; /* of the loop */
    int64_t passes;   /* per entry */
    uint64_t cycles;
};

static uint64_t choice_cycles(const struct choice *choice)
{
    return choice->entries * (region_loop_cycles(choice->unit->loop, choice->passes) +
                              (uint64_t)choice->unit->entry_cycles);
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

static void try_tile(struct vliw_state *state, struct number_format format,
                     const int64_t size[4], const struct product_shape *tile,
                     struct choice *best)
{
    const struct vliw_unit *unit = vliw_product_unit(state, format, tile);
    if (!unit->loop)
        return;
    struct choice next = {.unit = unit,
                          .entries = (uint64_t)(size[0] * divide_up(size[1], tile->rows) *
                                                divide_up(size[3], tile->columns)),
                          .passes = divide_up(size[2], unit->copies)};
    next.cycles = choice_cycles(&next);
    if (!best->unit || next.cycles < best->cycles)
        *best = next;
}

/* Tiles of outputs held in registers, and terms a pass; the widest multiplier decides columns.
 */
static struct choice choose_product(struct vliw_state *state, struct number_format format,
                                    const struct contraction *contraction,
                                    bool is_weight_constant)
{
    int64_t m = 0, k = 0, n = 0;
    contraction_as_product(contraction, &m, &k, &n);
    const int64_t size[4] = {contraction->size[DIM_G], m, k, n};
    const struct vliw_variant *mac =
        vliw_machine_find(&state->machine, MEANING_MAC, format, 1 << 10, 1 << 10, NULL);
    const struct vliw_variant *dot =
        vliw_machine_find(&state->machine, MEANING_DOTP, format, 1, 1 << 10, NULL);
    int64_t lanes = mac ? mac->lanes : 1, depth = mac ? mac->depth : dot ? dot->depth : 1;
    struct choice best = {.unit = NULL};
    for (int64_t rows = 1; rows <= 4; rows *= 2)
        for (int64_t columns = lanes; columns <= (mac ? lanes : 4); columns *= 2)
            for (int64_t terms = depth; terms <= 2 * depth; terms *= 2)
                for (int64_t packed = 1; packed <= (is_weight_constant ? depth : 1);
                     packed *= depth > 1 ? depth : 2)
                    try_tile(state, format, size,
                             &(struct product_shape){rows, columns, terms, packed}, &best);
    int64_t side = lanes > 1 ? lanes : 4;
    while (side > 1 && side * k > TAPS_MOST)
        side /= 2;
    if (n > 1 || size[0] < 2 || side * k > TAPS_MOST)
        return best;
    struct choice next = {.unit = vliw_depthwise_unit(state, format, side, k),
                          .entries = (uint64_t)divide_up(size[0], side),
                          .passes = m};
    if (!next.unit->loop)
        return best;
    next.cycles = choice_cycles(&next);
    return best.unit && best.cycles <= next.cycles ? best : next;
}

static struct choice choose_loop(struct vliw_state *state, const struct primitive *primitive,
                                 struct number_format format)
{
    uint64_t steps = 0, entries = 1;
    struct choice choice = {.unit = vliw_loop_unit(state, primitive, format, &steps, &entries)};
    if (!choice.unit->loop)
        return choice;
    choice.entries = entries;
    int64_t each = (int64_t)((steps + entries - 1) / entries);
    choice.passes = divide_up(each, choice.unit->copies);
    choice.cycles = choice_cycles(&choice);
    return choice;
}

/* Folds side by side pay when there are many outputs: no lane is left at the end of a fold. */
static struct choice choose_fold(struct vliw_state *state, const struct primitive *primitive,
                                 struct number_format format)
{
    struct choice best = choose_loop(state, primitive, format);
    const struct vliw_variant *add =
        vliw_machine_find(&state->machine, MEANING_ADD, format, 1 << 10, 1, NULL);
    int64_t outputs = add && add->lanes > 4 ? add->lanes : 4;
    struct choice next = {.unit =
                              vliw_fold_unit(state, format, &primitive->reduce.work, outputs)};
    if (!next.unit->loop)
        return best;
    next.entries = (primitive->reduce.outputs + (uint64_t)outputs - 1) / (uint64_t)outputs;
    next.passes = divide_up((int64_t)primitive->reduce.length, next.unit->copies);
    next.cycles = choice_cycles(&next);
    return best.unit->loop && best.cycles <= next.cycles ? best : next;
}

static struct vliw_tally tally_of(const struct choice *choice)
{
    const struct region_schedule *loop = choice->unit->loop;
    uint64_t kernel = choice->entries * (uint64_t)choice->passes * (uint64_t)loop->schedule.ii;
    uint64_t inside = choice->entries * region_loop_cycles(loop, choice->passes);
    kernel = kernel < inside ? kernel : inside;
    int64_t above = loop->schedule.ii - loop->bound.res_mii;
    uint64_t waits = above > 0 ? kernel / (uint64_t)loop->schedule.ii * (uint64_t)above : 0;
    struct vliw_tally tally = {.entries = choice->entries,
                               .passes = choice->entries * (uint64_t)choice->passes};
    tally.account.cycles[REASON_WORK] = kernel - waits;
    tally.account.cycles[REASON_DEPENDENCY] = waits;
    tally.account.cycles[REASON_FILL] = inside - kernel;
    tally.account.cycles[REASON_RECONFIGURE] = choice->cycles - inside;
    return tally;
}

static uint64_t both(uint64_t each, uint64_t rest, const struct vliw_tally *tally)
{
    return each * tally->passes + rest * tally->rest_passes;
}

static void fill_actions(const struct core *core, const struct vliw_tally *tally,
                         uint64_t squashed, struct arena *arena, struct plan *plan)
{
    enum { ACTIONS = 10 };
    const struct vliw_state *state = core->state;
    const struct vliw_detail *detail = plan->detail;
    const struct vliw_work *work = &detail->unit->work, *rest = &detail->unit->rest_work;
    uint64_t cycles = cycle_account_total(&detail->account), width = core->scratch_bits;
    uint64_t loaded = 0;
    for (int i = 0; i < PRIMITIVE_INPUTS_MAX; i++)
        loaded += detail->bytes[i];
    struct plan_action *actions = arena_array(arena, ACTIONS, sizeof *actions);
    actions[0] = (struct plan_action){state->mac, both(work->macs, rest->macs, tally)};
    actions[1] = (struct plan_action){state->adder, both(work->simple, rest->simple, tally)};
    actions[2] =
        (struct plan_action){state->special, both(work->special, rest->special, tally)};
    actions[3] =
        (struct plan_action){state->register_read, both(work->operands, rest->operands, tally)};
    actions[4] =
        (struct plan_action){state->register_write, both(work->results, rest->results, tally)};
    /* A bundle is fetched every cycle, full or not, unless the loop buffer repeats it. */
    bool is_buffered = detail->unit->loop->is_buffered;
    uint64_t buffered = is_buffered ? detail->account.cycles[REASON_WORK] +
                                          detail->account.cycles[REASON_DEPENDENCY]
                                    : 0;
    uint64_t stores = both(work->stores, rest->stores, tally);
    actions[5] = (struct plan_action){state->fetch, cycles - buffered};
    actions[6] = (struct plan_action){state->decode, cycles};
    actions[7] =
        (struct plan_action){state->scratch_read, both(work->loads, rest->loads, tally) +
                                                      detail->output_bytes * 8 / width};
    actions[8] = (struct plan_action){
        state->scratch_write, (stores > squashed ? stores - squashed : 0) + loaded * 8 / width};
    actions[9] = (struct plan_action){state->buffer_read, buffered};
    plan->actions = actions;
    plan->action_count = state->buffer_read < 0 ? ACTIONS - 1 : ACTIONS;
}

static void fill_loops(const struct core *core, const struct vliw_tally *tally,
                       struct arena *arena, struct plan *plan)
{
    const struct vliw_state *state = core->state;
    const struct vliw_detail *detail = plan->detail;
    const struct region_schedule *loop = detail->unit->loop;
    struct plan_loop *loops = arena_alloc(arena, sizeof *loops);
    *loops = region_loop_record(loop, &state->machine);
    loops->entries = tally->entries;
    loops->passes = tally->passes;
    loops->ramp_cycles = tally->account.cycles[REASON_FILL];
    loops->cycles = loops->ramp_cycles + tally->account.cycles[REASON_WORK] +
                    tally->account.cycles[REASON_DEPENDENCY];
    plan->loops = loops;
    plan->loop_count = 1;
    plan->description =
        arena_format(arena, "%s, entered %llu times for %llu passes, II %d bound by %s",
                     detail->unit->key, (unsigned long long)tally->entries,
                     (unsigned long long)tally->passes, loop->schedule.ii, loop->binding);
}

void vliw_plan_fill(const struct core *core, const struct vliw_tally *tally, uint64_t squashed,
                    struct arena *arena, struct plan *plan)
{
    fill_actions(core, tally, squashed, arena, plan);
    fill_loops(core, tally, arena, plan);
}

/* Bytes that must be brought: a product keeps one operand in scratch and reads the other once
 * for every part of it that fits into half. */
static uint64_t fill_bytes(const struct primitive *primitive, const struct site *site,
                           uint64_t half, struct vliw_detail *detail)
{
    uint64_t moved = 0, passes = 1;
    bool is_product = primitive->kind == PRIMITIVE_CONTRACTION && primitive->input_count > 1;
    uint64_t bytes[PRIMITIVE_INPUTS_MAX] = {0};
    for (uint32_t i = 0; i < primitive->input_count; i++)
        bytes[i] = number_format_bytes(site->input[i], primitive->inputs[i].elements);
    int streamed = 0;
    if (is_product) {
        uint64_t parts[2] = {(bytes[0] + half - 1) / half, (bytes[1] + half - 1) / half};
        /* Either operand may be the one that stays. */
        streamed = parts[1] * bytes[0] + bytes[1] <= parts[0] * bytes[1] + bytes[0] ? 0 : 1;
        passes = parts[1 - streamed];
    }
    for (uint32_t i = 0; i < primitive->input_count; i++)
        if (!site->is_resident[i])
            moved += detail->bytes[i] =
                bytes[i] * (is_product && (int)i == streamed ? passes : 1);
    if (!site->is_output_resident)
        moved += detail->output_bytes =
            number_format_bytes(site->output, primitive->output.elements);
    return moved;
}

bool vliw_plan(const struct core *core, const struct primitive *primitive,
               const struct site *site, const struct nest *pinned, struct arena *arena,
               struct plan *plan, struct error *err)
{
    (void)pinned;
    if (primitive->kind == PRIMITIVE_SPARSE_CONTRACTION && primitive->sparse.rows)
        return vliw_sparse_plan(core, primitive, site, arena, plan, err);
    struct vliw_state *state = core->state;
    struct number_format format = vliw_compute_format(core, primitive);
    struct choice choice = {.unit = NULL};
    struct vliw_ragged ragged;
    struct vliw_tally tally = {.entries = 0};
    if (vliw_ragged_make(state, primitive, format, &ragged)) {
        choice.unit = ragged.unit;
        if (choice.unit->loop)
            vliw_ragged_mean(&ragged, &tally);
    } else {
        choice = primitive->kind == PRIMITIVE_CONTRACTION
                     ? choose_product(state, format, &primitive->contraction,
                                      primitive->is_weight_constant)
                 : primitive->kind == PRIMITIVE_REDUCE ? choose_fold(state, primitive, format)
                                                       : choose_loop(state, primitive, format);
        if (choice.unit && choice.unit->loop)
            tally = tally_of(&choice);
    }
    if (!choice.unit || !choice.unit->loop)
        return error_set(err, "%sno schedule for %s", core->place,
                         PRIMITIVE_NAMES[primitive->kind]);
    struct vliw_detail *detail = arena_alloc(arena, sizeof *detail);
    detail->unit = choice.unit;
    detail->account = tally.account;
    detail->account.cycles[REASON_RECONFIGURE] += (uint64_t)state->machine.params->call_cycles;
    uint64_t half = site->scratch_bytes / 2 > 1024 ? site->scratch_bytes / 2 : 1024;
    uint64_t moved = fill_bytes(primitive, site, half, detail);
    *plan = (struct plan){.primitive = primitive,
                          .is_search_complete = true,
                          .active_elements = (uint64_t)choice.unit->loop->operations,
                          .memory_bytes = moved,
                          .detail = detail};
    plan->step_count = moved ? (2 * moved + half - 1) / half : 1;
    if (plan->step_count > 4096)
        plan->step_count = 4096;
    vliw_plan_fill(core, &tally, 0, arena, plan);
    return true;
}

/* Equal shares of a whole, exact in sum. */
static uint64_t share(uint64_t whole, uint64_t index, uint64_t count)
{
    return whole / count + (index < whole % count ? 1 : 0);
}

void vliw_step(const struct core *core, const struct plan *plan, uint64_t index,
               struct step *step)
{
    (void)core;
    const struct vliw_detail *detail = plan->detail;
    *step = (struct step){.setup_reason = REASON_RECONFIGURE};
    if (detail->sparse) {
        sparse_plan_step(detail->sparse, index, step);
        if (detail->packed) {
            vliw_sparse_step(detail, index, &step->busy);
            return;
        }
    } else {
        for (uint32_t i = 0; i < plan->primitive->input_count; i++)
            step->load_bytes[i] = share(detail->bytes[i], index, plan->step_count);
        step->store_bytes = share(detail->output_bytes, index, plan->step_count);
    }
    for (int reason = 0; reason < REASON_COUNT; reason++)
        step->busy.cycles[reason] =
            detail->steps ? detail->steps[index].cycles[reason]
                          : share(detail->account.cycles[reason], index, plan->step_count);
}
