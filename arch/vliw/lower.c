#include "arch/vliw/lower.h"

#include <string.h>

#include "arch/vliw/lower_state.h"

static bool lower_list(struct lower_state *state, const struct loop_statement *list,
                       struct region **first);

static struct flow *new_flow(struct lower_state *state, const struct loop_statement *loop)
{
    struct flow *flow = arena_alloc(state->arena, sizeof *flow);
    *flow = (struct flow){.arena = state->arena,
                          .path = state->kernel->path,
                          .copies = 1,
                          .is_loop = loop != NULL,
                          .is_independent = loop && loop->is_independent,
                          .is_reassociable = state->kernel->is_reassociable};
    for (int level = 0; level < state->depth; level++) {
        const struct loop_statement *around = state->loops[level];
        flow->level_step[level] = around->step * state->copies[level];
        flow->is_from_known[level] =
            around->kind == LOOP_FOR && around->from->kind == LOOP_NUMBER;
        if (flow->is_from_known[level])
            flow->level_from[level] = around->from->integer;
    }
    /* The innermost loop that names operations decides for all below it. */
    for (int level = 0; level < state->depth; level++)
        if (state->loops[level]->use.count || state->loops[level]->avoid.count)
            loop = state->loops[level];
    if (loop)
        flow->choice = (struct vliw_choice){loop->use.words, loop->avoid.words, loop->use.count,
                                            loop->avoid.count};
    return flow;
}

static struct region *new_region(struct lower_state *state, enum region_kind kind,
                                 const struct loop_statement *statement)
{
    struct region *region = arena_alloc(state->arena, sizeof *region);
    *region = (struct region){
        .kind = kind, .statement = statement, .level = state->depth, .copies = 1};
    return region;
}

static bool check_words(struct lower_state *state, const struct loop_statement *loop,
                        const struct loop_words *words)
{
    for (int w = 0; w < words->count; w++)
        if (!vliw_machine_has_variant(state->options->machine, words->words[w]))
            return error_set(state->err, "%s:%d: the core has no operation named '%s'",
                             state->kernel->path, loop->line, words->words[w]);
    return true;
}

static bool enter(struct lower_state *state, const struct loop_statement *loop, int64_t copies)
{
    if (state->depth == LOOP_LEVELS)
        return error_set(state->err, "%s:%d: loops are nested deeper than %d",
                         state->kernel->path, loop->line, LOOP_LEVELS);
    for (const struct loop_symbol *s = state->kernel->symbols; s; s = s->next)
        if ((s->kind == LOOP_SCALAR || s->kind == LOOP_LOCAL) && lower_assigns(loop->body, s) &&
            lower_writes_first(loop->body, s))
            state->private_level[s->id] = state->depth + 1;
    state->loops[state->depth] = loop;
    state->copies[state->depth] = copies;
    state->is_expanded[state->depth] = false;
    state->first[state->depth] = 0;
    state->depth++;
    state->copy_count *= copies;
    return true;
}

/* Scalars of the last copy are what the code after the loop sees, in outer copies first to
 * first + count - 1. */
static void leave_some(struct lower_state *state, int64_t first, int64_t count)
{
    int64_t copies = state->copies[--state->depth];
    state->copy_count /= copies;
    for (const struct loop_symbol *s = state->kernel->symbols; s; s = s->next) {
        if (state->private_level[s->id] <= state->depth)
            continue;
        struct binding *slots = &state->bindings[(size_t)s->id * COPIES_MOST];
        for (int64_t outer = first; outer < first + count; outer++)
            slots[outer] = slots[outer * copies + copies - 1];
    }
}

static void leave(struct lower_state *state)
{
    leave_some(state, 0, state->copy_count / state->copies[state->depth - 1]);
}

static bool lower_simple(struct lower_state *state, const struct loop_statement *statement);

/* All passes side by side in the code around the loop, for the current copy. */
static bool lower_expanded(struct lower_state *state, const struct loop_statement *loop)
{
    int64_t trips = lower_constant_trips(loop), outer = state->copy;
    if (trips * state->copy_count > COPIES_MOST)
        return error_set(state->err,
                         "%s:%d: unrolled loops make more than %d copies; unroll less",
                         state->kernel->path, loop->line, COPIES_MOST);
    if (!enter(state, loop, trips))
        return false;
    state->is_expanded[state->depth - 1] = true;
    state->first[state->depth - 1] = loop->from->integer;
    for (int64_t t = 0; t < trips; t++)
        for (const struct loop_statement *s = loop->body; s; s = s->next) {
            state->copy = outer * trips + t;
            if (!lower_simple(state, s))
                return false;
        }
    leave_some(state, outer, 1);
    state->copy = outer;
    return true;
}

static bool lower_if(struct lower_state *state, const struct loop_statement *statement);

static bool lower_simple(struct lower_state *state, const struct loop_statement *statement)
{
    if (statement->kind == LOOP_FOR)
        return lower_expanded(state, statement);
    return statement->kind == LOOP_IF ? lower_if(state, statement)
                                      : lower_assign(state, statement);
}

/* Both paths run under predicates: if-conversion. */
static bool lower_if(struct lower_state *state, const struct loop_statement *statement)
{
    int outer = state->predicate;
    int condition = lower_as_value(state, lower_expression(state, statement->value));
    if (condition == NONE)
        return false;
    if (outer != NONE) {
        struct flow_node both = {.kind = FLOW_OPERATION,
                                 .meaning = MEANING_AND,
                                 .type = state->flow->nodes[condition].type,
                                 .operands = state->flow->nodes[condition].type,
                                 .argument_count = 2,
                                 .arguments = {outer, condition, NONE, NONE},
                                 .predicate = NONE,
                                 .address = NONE,
                                 .origin = statement->value->id * 32 + 30,
                                 .copy = (int)state->copy,
                                 .line = statement->line,
                                 .source_node = NONE};
        condition = flow_add(state->flow, both);
    }
    state->predicate = condition;
    for (int path = 0; path < 2; path++)
        for (const struct loop_statement *s = path ? statement->other : statement->body; s;
             s = s->next)
            if (!lower_simple(state, s))
                return false;
    state->predicate = outer;
    return true;
}

struct carried {
    int node;
    struct binding *binding;
};

/* Scalars that a pass of the loop reads before it writes them come from the pass before. */
static int add_carried(struct lower_state *state, const struct loop_statement *loop,
                       int64_t parents, int64_t copies, struct carried *carried)
{
    int count = 0;
    for (const struct loop_symbol *s = state->kernel->symbols; s; s = s->next) {
        if ((s->kind != LOOP_SCALAR && s->kind != LOOP_LOCAL) ||
            !lower_assigns(loop->body, s) || state->private_level[s->id] >= state->depth)
            continue;
        for (int64_t p = 0; p < parents; p++) {
            state->copy = p * copies;
            struct binding *binding = lower_binding(state, s);
            if (binding->flow == state->flow)
                continue;
            if (binding->flow)
                binding->flow->nodes[binding->node].is_live_out = true;
            struct flow_node node = {.kind = FLOW_CARRIED,
                                     .type = s->type,
                                     .operands = s->type,
                                     .argument_count = 1,
                                     .arguments = {NONE, NONE, NONE, NONE},
                                     .predicate = NONE,
                                     .address = NONE,
                                     .origin = NONE,
                                     .copy = (int)state->copy,
                                     .symbol = s,
                                     .line = loop->line,
                                     .source_node = NONE};
            int index = flow_add(state->flow, node);
            *binding = (struct binding){state->flow, index};
            carried[count++] = (struct carried){index, binding};
        }
    }
    return count;
}

/* The loop's copies one after the other, each for all jammed copies of the loops around. */
static bool lower_copies(struct lower_state *state, const struct loop_statement *loop,
                         int64_t parents, int64_t copies)
{
    for (int64_t u = 0; u < copies; u++) {
        if (loop->kind == LOOP_WHILE)
            for (int64_t p = 0; p < parents; p++) {
                state->copy = p * copies + u;
                if (lower_as_value(state, lower_expression(state, loop->value)) == NONE)
                    return false;
            }
        for (const struct loop_statement *s = loop->body; s; s = s->next)
            for (int64_t p = 0; p < parents; p++) {
                state->copy = p * copies + u;
                if (!lower_simple(state, s))
                    return false;
            }
    }
    return true;
}

static struct flow *lower_body(struct lower_state *state, const struct loop_statement *loop,
                               int64_t copies)
{
    int64_t parents = state->copy_count;
    if (!enter(state, loop, copies))
        return NULL;
    struct flow *flow = new_flow(state, loop);
    flow->level = state->depth - 1;
    flow->stride = loop->step * copies;
    flow->copies = (int)copies;
    flow->lanes_hint = (int)state->copy_count;
    state->flow = flow;
    struct carried *carried = arena_array(
        state->arena, (size_t)(state->kernel->symbol_count * parents + 1), sizeof *carried);
    int count = add_carried(state, loop, parents, copies, carried);
    if (!lower_copies(state, loop, parents, copies))
        return NULL;
    for (int c = 0; c < count; c++) {
        int last = lower_as_value(state, carried[c].binding->node);
        if (last == NONE)
            return NULL;
        flow->nodes[carried[c].node].arguments[0] = last;
        flow->nodes[last].is_live_out = true;
        *carried[c].binding = (struct binding){flow, last};
    }
    leave(state);
    state->flow = NULL;
    state->copy = 0;
    return flow;
}

/* Copies of an innermost loop: pinned, or as the caller tries, within what the trips allow. */
static int64_t choose_copies(const struct lower_state *state, const struct loop_statement *loop,
                             int64_t tried)
{
    int64_t copies = loop->unroll ? loop->unroll : tried ? tried : 1;
    int64_t trips = lower_constant_trips(loop);
    if (loop->kind == LOOP_WHILE)
        return 1;
    if (trips > 0 && copies > trips)
        copies = trips;
    int64_t inner = lower_expansion(loop->body);
    while (copies > 1 && copies * state->copy_count * inner > COPIES_MOST)
        copies /= 2;
    return copies;
}

static void ensure_block(struct lower_state *state, struct region ***tail)
{
    if (state->flow)
        return;
    struct region *region = new_region(state, REGION_BLOCK, NULL);
    region->flow = new_flow(state, NULL);
    state->flow = region->flow;
    **tail = region;
    *tail = &region->next;
}

static bool lower_innermost(struct lower_state *state, const struct loop_statement *loop,
                            struct region ***tail)
{
    ensure_block(state, tail); /* sets the accumulators */
    state->flow = NULL;
    int64_t copies = choose_copies(state, loop, state->options->unroll);
    int64_t trips = lower_constant_trips(loop);
    struct region *region = new_region(state, REGION_LOOP, loop);
    region->copies = copies;
    bool has_rest = copies > 1 && loop->multiple % copies != 0 && (trips < 0 || trips % copies);
    if (has_rest) {
        size_t bytes = (size_t)state->kernel->symbol_count * COPIES_MOST;
        struct binding *saved = arena_array(state->arena, bytes + 1, sizeof *saved);
        memcpy(saved, state->bindings, bytes * sizeof *saved);
        region->remainder = lower_body(state, loop, 1);
        if (!region->remainder)
            return false;
        memcpy(state->bindings, saved, bytes * sizeof *saved);
    }
    region->flow = lower_body(state, loop, copies);
    if (!region->flow)
        return false;
    **tail = region;
    *tail = &region->next;
    return true;
}

static bool has_inner_nest(const struct loop_statement *list)
{
    for (const struct loop_statement *s = list; s; s = s->next)
        if ((s->kind == LOOP_FOR || s->kind == LOOP_WHILE) && lower_has_loop(s->body))
            return true;
    return false;
}

static int64_t choose_jam(const struct lower_state *state, const struct loop_statement *loop)
{
    int64_t jam = loop->unroll ? loop->unroll : 1;
    if (!loop->unroll && !has_inner_nest(loop->body))
        jam = state->options->jam ? state->options->jam : 1;
    int64_t trips = lower_constant_trips(loop);
    if (trips > 0 && jam > trips)
        jam = trips;
    int64_t inner = lower_expansion(loop->body);
    while (jam > 1 && jam * state->copy_count * inner > COPIES_MOST)
        jam /= 2;
    return jam;
}

static bool lower_nest_body(struct lower_state *state, const struct loop_statement *loop,
                            int64_t jam, struct region **body)
{
    if (!enter(state, loop, jam))
        return false;
    state->flow = NULL;
    bool is_done = lower_list(state, loop->body, body);
    /* The pass ends with a branch, in straight-line code. */
    struct region **last = body;
    while (*last && ((*last)->next || (*last)->kind != REGION_BLOCK))
        last = &(*last)->next;
    if (!*last) {
        state->flow = NULL;
        ensure_block(state, &last);
    }
    state->flow = NULL;
    leave(state);
    return is_done;
}

static bool lower_nest(struct lower_state *state, const struct loop_statement *loop,
                       struct region ***tail)
{
    int64_t jam = choose_jam(state, loop), trips = lower_constant_trips(loop);
    struct region *region = new_region(state, REGION_NEST, loop);
    region->copies = jam;
    if (loop->kind == LOOP_WHILE)
        state->lowered->needs_values = true;
    if (jam > 1 && loop->multiple % jam != 0 && (trips < 0 || trips % jam)) {
        size_t bytes = (size_t)state->kernel->symbol_count * COPIES_MOST;
        struct binding *saved = arena_array(state->arena, bytes + 1, sizeof *saved);
        memcpy(saved, state->bindings, bytes * sizeof *saved);
        if (!lower_nest_body(state, loop, 1, &region->other))
            return false;
        memcpy(state->bindings, saved, bytes * sizeof *saved);
    }
    if (!lower_nest_body(state, loop, jam, &region->body))
        return false;
    **tail = region;
    *tail = &region->next;
    return true;
}

/* Bounds that are not affine are computed before the loop, and need the arrays' contents. */
static bool lower_bounds(struct lower_state *state, const struct loop_statement *loop,
                         struct region ***tail)
{
    if (loop->kind != LOOP_FOR)
        return true;
    const struct loop_expression *bounds[2] = {loop->from, loop->to};
    for (int b = 0; b < 2; b++) {
        if (bounds[b]->kind == LOOP_NUMBER)
            continue;
        ensure_block(state, tail);
        state->copy = 0;
        int node = lower_expression(state, bounds[b]);
        if (node == NONE)
            return false;
        if (state->flow->nodes[node].kind != FLOW_AFFINE)
            state->lowered->needs_values = true;
    }
    return true;
}

static bool lower_loop(struct lower_state *state, const struct loop_statement *loop,
                       struct region ***tail)
{
    if (!check_words(state, loop, &loop->use) || !check_words(state, loop, &loop->avoid) ||
        !lower_bounds(state, loop, tail))
        return false;
    bool is_innermost = !lower_has_loop(loop->body);
    state->flow = NULL;
    if (loop->kind == LOOP_WHILE)
        state->lowered->needs_values = true;
    return is_innermost ? lower_innermost(state, loop, tail) : lower_nest(state, loop, tail);
}

/* A branch around loops: which path runs is only known from values. */
static bool lower_branch(struct lower_state *state, const struct loop_statement *statement,
                         struct region ***tail)
{
    if (state->copy_count > 1)
        return error_set(state->err,
                         "%s:%d: a loop inside an if cannot stand in an unrolled loop",
                         state->kernel->path, statement->line);
    ensure_block(state, tail);
    if (lower_as_value(state, lower_expression(state, statement->value)) == NONE)
        return false;
    struct region *region = new_region(state, REGION_IF, statement);
    state->lowered->needs_values = true;
    state->flow = NULL;
    if (!lower_list(state, statement->body, &region->body))
        return false;
    state->flow = NULL;
    if (!lower_list(state, statement->other, &region->other))
        return false;
    state->flow = NULL;
    **tail = region;
    *tail = &region->next;
    return true;
}

static bool lower_list(struct lower_state *state, const struct loop_statement *list,
                       struct region **first)
{
    struct region **tail = first;
    for (const struct loop_statement *s = list; s; s = s->next) {
        bool is_loop = s->kind == LOOP_WHILE ||
                       (s->kind == LOOP_FOR && !(state->depth > 0 && lower_expands(s)));
        if (is_loop || (s->kind == LOOP_IF && lower_has_loop(s))) {
            if (is_loop ? !lower_loop(state, s, &tail) : !lower_branch(state, s, &tail))
                return false;
            continue;
        }
        ensure_block(state, &tail);
        for (int64_t copy = 0; copy < state->copy_count; copy++) {
            state->copy = copy;
            if (!lower_simple(state, s))
                return false;
        }
        state->copy = 0;
    }
    return true;
}

bool lower_kernel(const struct loop_kernel *kernel, const struct lower_options *options,
                  struct arena *arena, struct lowered *lowered, struct error *err)
{
    *lowered = (struct lowered){.kernel = kernel};
    struct lower_state state = {
        .kernel = kernel,
        .options = options,
        .arena = arena,
        .err = err,
        .lowered = lowered,
        .copy_count = 1,
        .predicate = NONE,
        .bindings = arena_array(arena, (size_t)(kernel->symbol_count + 1) * COPIES_MOST,
                                sizeof(struct binding)),
        .private_level = arena_array(arena, (size_t)kernel->symbol_count + 1, sizeof(int))};
    struct region **tail = &lowered->regions;
    if (!lower_list(&state, kernel->body, tail))
        return false;
    /* Scalars are results: what loops left in several accumulators is combined at the end. */
    state.flow = NULL;
    while (*tail)
        tail = &(*tail)->next;
    for (const struct loop_symbol *s = kernel->symbols; s; s = s->next)
        if (s->kind == LOOP_SCALAR && state.bindings[(size_t)s->id * COPIES_MOST].flow) {
            ensure_block(&state, &tail);
            struct loop_expression name = {
                .kind = LOOP_NAME, .type = s->type, .line = s->line, .symbol = s};
            int node = lower_expression(&state, &name);
            if (node == NONE)
                return false;
            state.flow->nodes[node].is_live_out = true;
        }
    return true;
}
