/* Bodies of loops: copies of them side by side, if-conversion, values carried around the loop.
 */
#include "arch/vliw/lower_state.h"

struct flow *loop_lower_new_flow(struct lower_state *state, const struct loop_statement *loop)
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

bool loop_lower_enter(struct lower_state *state, const struct loop_statement *loop,
                      int64_t copies)
{
    if (state->depth == LOOP_LEVELS)
        return error_set(state->err, "%s:%d: loops are nested deeper than %d",
                         state->kernel->path, loop->line, LOOP_LEVELS);
    for (const struct loop_symbol *s = state->kernel->symbols; s; s = s->next)
        if ((s->kind == LOOP_SCALAR || s->kind == LOOP_LOCAL) &&
            loop_lower_assigns(loop->body, s) && loop_lower_writes_first(loop->body, s))
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

void loop_lower_leave(struct lower_state *state)
{
    leave_some(state, 0, state->copy_count / state->copies[state->depth - 1]);
}

/* All passes side by side in the code around the loop, for the current copy. */
static bool loop_lower_expanded(struct lower_state *state, const struct loop_statement *loop)
{
    int64_t trips = loop_lower_constant_trips(loop), outer = state->copy;
    if (trips * state->copy_count > COPIES_MOST)
        return error_set(state->err,
                         "%s:%d: unrolled loops make more than %d copies; unroll less",
                         state->kernel->path, loop->line, COPIES_MOST);
    if (!loop_lower_enter(state, loop, trips))
        return false;
    state->is_expanded[state->depth - 1] = true;
    state->first[state->depth - 1] = loop->from->integer;
    for (int64_t t = 0; t < trips; t++)
        for (const struct loop_statement *s = loop->body; s; s = s->next) {
            state->copy = outer * trips + t;
            if (!loop_lower_simple(state, s))
                return false;
        }
    leave_some(state, outer, 1);
    state->copy = outer;
    return true;
}

static bool loop_lower_if(struct lower_state *state, const struct loop_statement *statement);

bool loop_lower_simple(struct lower_state *state, const struct loop_statement *statement)
{
    if (statement->kind == LOOP_FOR)
        return loop_lower_expanded(state, statement);
    return statement->kind == LOOP_IF ? loop_lower_if(state, statement)
                                      : loop_lower_assign(state, statement);
}

/* A predicate inside another: both must hold. */
static int both_predicates(struct lower_state *state, const struct loop_statement *statement,
                           int outer, bool is_outer_negated, int inner, bool is_inner_negated)
{
    int part = is_inner_negated ? 29 : 30;
    int both = loop_lower_make_as(state, statement->value, MEANING_AND, FLOW_BOTH,
                                  number_format_integer(true, 32), part, outer, inner, NONE);
    if (both != NONE)
        state->flow->nodes[both].negated =
            (uint8_t)((is_outer_negated ? 1 : 0) | (is_inner_negated ? 2 : 0));
    return both;
}

static void keep_bindings(struct lower_state *state, struct binding *list)
{
    for (const struct loop_symbol *s = state->kernel->symbols; s; s = s->next)
        if (s->kind == LOOP_SCALAR || s->kind == LOOP_LOCAL)
            list[s->id] = *loop_lower_binding(state, s);
}

static void restore_bindings(struct lower_state *state, const struct binding *list)
{
    for (const struct loop_symbol *s = state->kernel->symbols; s; s = s->next)
        if (s->kind == LOOP_SCALAR || s->kind == LOOP_LOCAL)
            *loop_lower_binding(state, s) = list[s->id];
}

static bool is_assigned(const struct lower_state *state, const struct loop_symbol *symbol,
                        struct binding before, struct binding now)
{
    if (now.flow == before.flow && now.node == before.node)
        return false;
    const struct flow_node *node = now.flow == state->flow ? &now.flow->nodes[now.node] : NULL;
    return !node || node->kind == FLOW_OPERATION || node->symbol != symbol;
}

/* What both paths gave a scalar. The value of the path not taken is computed in any case; the
 * other one overwrites it where the condition holds. */
static int join_values(struct lower_state *state, const struct loop_statement *statement,
                       int condition, int yes, int no)
{
    const struct flow_node *nodes = state->flow->nodes;
    struct flow_node first = nodes[yes], second = nodes[no];
    bool is_plain = state->predicate == NONE;
    if (is_plain && second.kind == FLOW_OPERATION && second.predicate == condition &&
        second.negated == NEGATED_PREDICATE && second.meaning != MEANING_MOVE) {
        second.predicate = NONE;
        second.negated = 0;
        second.arguments[--second.argument_count] = NONE;
        no = loop_lower_add(state, second);
    } else if (is_plain && second.kind == FLOW_OPERATION && second.predicate == condition &&
               second.negated == NEGATED_PREDICATE)
        no = second.arguments[0];
    if (no == NONE)
        return NONE;
    if (is_plain && first.kind == FLOW_OPERATION && first.predicate == condition &&
        first.negated == 0) {
        first.arguments[first.argument_count - 1] = no;
        return loop_lower_add(state, first);
    }
    bool is_select = state->options->machine->params->is_predicated ? false : is_plain;
    if (is_select && first.kind == FLOW_OPERATION && first.meaning == MEANING_SELECT &&
        first.arguments[0] == condition)
        yes = first.arguments[1];
    if (is_select && second.kind == FLOW_OPERATION && second.meaning == MEANING_SELECT &&
        second.arguments[0] == condition)
        no = second.arguments[2];
    return loop_lower_choose(state, statement->value, 28, condition, yes, no);
}

static bool join_paths(struct lower_state *state, const struct loop_statement *statement,
                       int condition, const struct binding *before, const struct binding *after)
{
    for (const struct loop_symbol *s = state->kernel->symbols; s; s = s->next) {
        if (s->kind != LOOP_SCALAR && s->kind != LOOP_LOCAL)
            continue;
        struct binding *binding = loop_lower_binding(state, s);
        bool is_first = is_assigned(state, s, before[s->id], after[s->id]);
        bool is_second = is_assigned(state, s, before[s->id], *binding);
        if (is_first && !is_second)
            *binding = after[s->id];
        if (!is_first || !is_second)
            continue;
        int yes = loop_lower_as_value(state, after[s->id].node);
        int no = loop_lower_as_value(state, binding->node);
        int joined = join_values(state, statement, condition, yes, no);
        if (joined == NONE)
            return false;
        *binding = (struct binding){state->flow, joined};
    }
    return true;
}

/* Both paths run under predicates: if-conversion. */
static bool loop_lower_if(struct lower_state *state, const struct loop_statement *statement)
{
    int outer = state->predicate;
    bool is_outer_negated = state->is_negated;
    int condition = loop_lower_as_value(state, loop_lower_expression(state, statement->value));
    if (condition == NONE)
        return false;
    size_t symbols = (size_t)state->kernel->symbol_count + 1;
    struct binding *before = arena_array(state->arena, symbols, sizeof *before);
    struct binding *after = arena_array(state->arena, symbols, sizeof *after);
    keep_bindings(state, before);
    for (int path = 0; path < 2; path++) {
        const struct loop_statement *list = path ? statement->other : statement->body;
        if (!list)
            continue;
        if (path == 1) { /* the other path sees nothing of this one */
            keep_bindings(state, after);
            restore_bindings(state, before);
        }
        bool was_inner = state->is_inner_predicate;
        state->predicate = condition;
        state->is_negated = path == 1;
        state->is_inner_predicate = outer != NONE;
        if (outer != NONE) {
            state->predicate = both_predicates(state, statement, outer, is_outer_negated,
                                               condition, path == 1);
            state->is_negated = false;
            if (state->predicate == NONE)
                return false;
        }
        for (const struct loop_statement *s = list; s; s = s->next)
            if (!loop_lower_simple(state, s))
                return false;
        state->is_inner_predicate = was_inner;
    }
    state->predicate = outer;
    state->is_negated = is_outer_negated;
    return !statement->other || join_paths(state, statement, condition, before, after);
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
            !loop_lower_assigns(loop->body, s) || state->private_level[s->id] >= state->depth)
            continue;
        for (int64_t p = 0; p < parents; p++) {
            state->copy = p * copies;
            struct binding *binding = loop_lower_binding(state, s);
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
                                     .source = binding->flow,
                                     .source_node = binding->flow ? binding->node : NONE,
                                     .converted = NONE};
            int index = flow_add(state->flow, node);
            *binding = (struct binding){state->flow, index};
            carried[count++] = (struct carried){index, binding};
        }
    }
    return count;
}

static int copied(struct lower_state *state, int node, int line)
{
    const struct loop_expression from = {.line = line};
    return loop_lower_make(state, &from, MEANING_MOVE, state->flow->nodes[node].type, 0, node,
                           NONE, NONE);
}

/* The loop's copies one after the other, each for all jammed copies of the loops around. */
static bool loop_lower_copies(struct lower_state *state, const struct loop_statement *loop,
                              int64_t parents, int64_t copies)
{
    for (int64_t u = 0; u < copies; u++) {
        if (loop->kind == LOOP_WHILE)
            for (int64_t p = 0; p < parents; p++) {
                state->copy = p * copies + u;
                if (loop_lower_as_value(state, loop_lower_expression(state, loop->value)) ==
                    NONE)
                    return false;
            }
        for (const struct loop_statement *s = loop->body; s; s = s->next)
            for (int64_t p = 0; p < parents; p++) {
                state->copy = p * copies + u;
                if (!loop_lower_simple(state, s))
                    return false;
            }
    }
    return true;
}

struct flow *loop_lower_body(struct lower_state *state, const struct loop_statement *loop,
                             int64_t copies)
{
    int64_t parents = state->copy_count;
    if (!loop_lower_enter(state, loop, copies))
        return NULL;
    struct flow *flow = loop_lower_new_flow(state, loop);
    flow->level = state->depth - 1;
    flow->stride = loop->step * copies;
    flow->copies = (int)copies;
    state->flow = flow;
    state->promoted_count = 0;
    struct carried *carried = arena_array(
        state->arena, (size_t)(state->kernel->symbol_count * parents + 1), sizeof *carried);
    int count = add_carried(state, loop, parents, copies, carried);
    if (!loop_lower_copies(state, loop, parents, copies))
        return NULL;
    if (!loop_lower_close_promoted(state))
        return NULL;
    for (int c = 0; c < count; c++) {
        int last = loop_lower_as_value(state, carried[c].binding->node);
        /* Two scalars that end as one value began as two: each has a register of its own. */
        for (int before = 0; before < c && last != NONE; before++)
            if (flow->nodes[carried[before].node].arguments[0] == last)
                last = copied(state, last, loop->line);
        if (last == NONE)
            return NULL;
        flow->nodes[carried[c].node].arguments[0] = last;
        flow->nodes[last].is_live_out = true;
        *carried[c].binding = (struct binding){flow, last};
    }
    loop_lower_leave(state);
    state->flow = NULL;
    state->copy = 0;
    return flow;
}
