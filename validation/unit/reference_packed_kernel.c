/* The regions of a kernel, one after the other, on values: see packed_kernel.h. */
#include "packed_flow.h"

static struct loop_number get(struct packed_run *run, const struct region_value *value,
                              struct value_place place)
{
    if (!place.flow)
        return run->values->scalars[value->symbol->id];
    return packed_state(run, place.flow)->values[place.node];
}

static void set(struct packed_run *run, const struct region_value *value,
                struct value_place place, struct loop_number number)
{
    if (!place.flow) {
        run->values->scalars[value->symbol->id] = number;
        return;
    }
    struct flow_state *state = packed_state(run, place.flow);
    int count = place.flow->parts ? place.flow->parts[place.node] : 0;
    state->values[place.node] = number;
    if (count <= 1)
        return;
    /* Leftover passes add to one of the accumulators. */
    const struct flow_node *root = &place.flow->nodes[place.node];
    state->parts[place.node] =
        arena_array(run->arena, (size_t)count + 1, sizeof *state->parts[place.node]);
    for (int p = 0; p < count; p++)
        state->parts[place.node][p] =
            p == 0
                ? number
                : flow_value_identity(
                      root->meaning == MEANING_SUB ? MEANING_ADD : root->meaning, root->type);
}

static bool is_same(struct value_place a, struct value_place b)
{
    return a.flow == b.flow && a.node == b.node;
}

/* An element of an array that the loop keeps in a register: where it lies. */
static struct loop_number *home(struct packed_run *run, const struct region_value *value)
{
    const struct flow *flow = value->main.flow;
    for (int i = 0; i < flow->node_count; i++) {
        const struct flow_node *n = &flow->nodes[i];
        if (n->kind != FLOW_CARRIED || n->symbol != value->symbol ||
            n->arguments[0] != value->main.node)
            continue;
        int64_t at = n->affine.constant;
        for (int level = 0; level < LOOP_LEVELS; level++)
            at += n->affine.coefficient[level] * run->index[level];
        return at < 0 || at >= value->symbol->elements
                   ? NULL
                   : &run->values->arrays[value->symbol->id][at];
    }
    return NULL;
}

static int64_t bound(struct packed_run *run, const struct loop_expression *expression,
                     struct value_place place)
{
    if (expression->kind == LOOP_NUMBER)
        return expression->integer;
    return packed_state(run, place.flow)->values[place.node].integer;
}

static void run_loop(struct packed_run *run, const struct region *r)
{
    int64_t from = bound(run, r->statement->from, r->from);
    int64_t to = bound(run, r->statement->to, r->to), step = r->statement->step;
    int64_t trips = to > from ? (to - from + step - 1) / step : 0;
    int64_t passes = trips / r->copies, rest = trips % r->copies;
    if (passes > 0)
        packed_flow_run(run, r->flow, r->schedule, from, passes);
    for (int v = 0; v < r->value_count; v++) {
        const struct region_value *value = &r->values[v];
        bool is_element = value->symbol->kind == LOOP_ARRAY;
        struct loop_number *element = is_element ? home(run, value) : NULL;
        if (passes > 0 && rest > 0 && element)
            *element = get(run, value, value->main);
        else if (passes > 0 && rest > 0 && !is_element)
            set(run, value, value->before, get(run, value, value->main));
        else if (trips == 0 && element)
            set(run, value, value->main, *element);
        else if (trips == 0 && !is_element)
            set(run, value, value->main, get(run, value, value->before));
    }
    if (rest == 0)
        return;
    if (!r->remainder) {
        run->is_opaque = true;
        return;
    }
    packed_flow_run(run, r->remainder, r->rest_schedule, from + passes * r->copies * step,
                    rest);
    for (int v = 0; v < r->value_count; v++)
        set(run, &r->values[v], r->values[v].main, get(run, &r->values[v], r->values[v].other));
}

static void run_list(struct packed_run *run, const struct region *list);

static void run_nest(struct packed_run *run, const struct region *r)
{
    int64_t from = bound(run, r->statement->from, r->from);
    int64_t to = bound(run, r->statement->to, r->to), step = r->statement->step;
    int64_t trips = to > from ? (to - from + step - 1) / step : 0;
    int64_t passes = trips / r->copies, rest = trips % r->copies;
    if (rest > 0 && !r->other && r->copies > 1)
        run->is_opaque = true;
    for (int64_t p = 0; p < passes + rest; p++) {
        bool is_main = p < passes;
        run->index[r->level] =
            from + step * (is_main ? p * r->copies : passes * r->copies + (p - passes));
        run_list(run, is_main ? r->body : r->other);
        for (int v = 0; v < r->value_count; v++) {
            const struct region_value *value = &r->values[v];
            set(run, value, value->before,
                get(run, value, is_main ? value->main : value->other));
        }
    }
    for (int v = 0; v < r->value_count; v++)
        set(run, &r->values[v], r->values[v].main,
            get(run, &r->values[v], r->values[v].before));
}

static void run_branch(struct packed_run *run, const struct region *r)
{
    const struct flow_node *n = &r->from.flow->nodes[r->from.node];
    struct loop_number condition = packed_state(run, r->from.flow)->values[r->from.node];
    bool is_body = flow_value_holds(condition, n->type, 0, 0);
    run_list(run, is_body ? r->body : r->other);
    for (int v = 0; v < r->value_count; v++) {
        const struct region_value *value = &r->values[v];
        struct value_place from = is_body ? value->before : value->other;
        if (is_body == value->is_other_alone && !is_same(from, value->main))
            set(run, value, value->main, get(run, value, from));
    }
}

static void run_list(struct packed_run *run, const struct region *list)
{
    for (const struct region *r = list; r && !run->is_broken; r = r->next) {
        if (r->kind != REGION_BLOCK && r->kind != REGION_IF && r->statement->kind != LOOP_FOR) {
            run->is_opaque = true;
            return;
        }
        if (r->kind == REGION_BLOCK)
            packed_flow_run(run, r->flow, r->schedule, 0, 1);
        else if (r->kind == REGION_LOOP)
            run_loop(run, r);
        else if (r->kind == REGION_NEST)
            run_nest(run, r);
        else
            run_branch(run, r);
    }
}

enum packed_outcome packed_kernel_run(const struct kernel_plan *plan,
                                      struct loop_values *values, struct packed_tally *tally,
                                      char reason[160])
{
    /* Apart from the graphs', which interpreters release scratch space of. */
    struct arena own = {0};
    struct packed_run run = {
        .plan = plan, .arena = &own, .values = values, .tally = tally, .reason = reason};
    run_list(&run, plan->lowered.regions);
    for (int k = 0; k < plan->lowered.result_count && !run.is_broken; k++) {
        const struct region_value *value = &plan->lowered.results[k];
        values->scalars[value->symbol->id] = get(&run, value, value->main);
    }
    arena_free(&own);
    return run.is_broken ? PACKED_BROKEN : run.is_opaque ? PACKED_UNKNOWN : PACKED_DONE;
}
