/* Array elements whose address does not change within a loop live in registers while it runs:
 * c[i][j]
 * += ... in a loop over k. They are loaded before the loop and, when written, stored after it.
 */
#include "arch/vliw/lower_state.h"

static bool depends(const struct loop_expression *from, const struct loop_statement *loop)
{
    if (from->kind == LOOP_NAME)
        return from->symbol == loop->index || loop_lower_assigns(loop->body, from->symbol);
    if (from->kind == LOOP_ELEMENT)
        return true;
    for (int a = 0; a < from->argument_count; a++)
        if (depends(from->arguments[a], loop))
            return true;
    return false;
}

/* Whether every use of the array below `from` has a fixed address. */
static bool is_fixed(const struct loop_expression *from, const struct loop_symbol *array,
                     const struct loop_statement *loop)
{
    if (!from)
        return true;
    for (int a = 0; a < from->argument_count; a++)
        if ((from->kind == LOOP_ELEMENT && from->symbol == array &&
             depends(from->arguments[a], loop)) ||
            !is_fixed(from->arguments[a], array, loop))
            return false;
    return true;
}

static bool is_fixed_in(const struct loop_statement *list, const struct loop_symbol *array,
                        const struct loop_statement *loop)
{
    for (const struct loop_statement *s = list; s; s = s->next)
        if (!is_fixed(s->target, array, loop) || !is_fixed(s->value, array, loop) ||
            !is_fixed_in(s->body, array, loop) || !is_fixed_in(s->other, array, loop))
            return false;
    return true;
}

struct promoted *loop_lower_promoted(struct lower_state *state, const struct flow_node *access)
{
    const struct flow *flow = state->flow;
    if (!flow->is_loop || access->address != NONE ||
        access->affine.coefficient[flow->level] != 0)
        return NULL;
    for (int p = 0; p < state->promoted_count; p++)
        if (state->promoted[p].symbol == access->symbol &&
            affine_equal(&state->promoted[p].affine, &access->affine))
            return &state->promoted[p];
    const struct loop_statement *loop = state->loops[flow->level];
    if (state->promoted_count == PROMOTED_MOST ||
        !loop_lower_stores(loop->body, access->symbol) ||
        !is_fixed_in(loop->body, access->symbol, loop))
        return NULL;
    struct flow_node carried = *access;
    carried.kind = FLOW_CARRIED;
    carried.argument_count = 1;
    for (int a = 0; a < FLOW_ARGUMENTS; a++)
        carried.arguments[a] = NONE;
    carried.predicate = NONE;
    carried.origin = NONE;
    int node = loop_lower_add(state, carried);
    if (node == NONE)
        return NULL;
    struct promoted *promoted = &state->promoted[state->promoted_count++];
    *promoted =
        (struct promoted){access->symbol, access->affine, node, node, access->line, false};
    return promoted;
}

bool loop_lower_close_promoted(struct lower_state *state)
{
    for (int p = 0; p < state->promoted_count; p++) {
        struct promoted *promoted = &state->promoted[p];
        int last = loop_lower_as_value(state, promoted->current);
        if (last == NONE)
            return false;
        promoted->current = last;
        state->flow->nodes[promoted->carried].arguments[0] = last;
        state->flow->nodes[last].is_live_out = promoted->is_written;
    }
    return true;
}

bool loop_lower_store_promoted(struct lower_state *state, struct flow *loop)
{
    for (int p = 0; p < state->promoted_count; p++) {
        const struct promoted *promoted = &state->promoted[p];
        if (!promoted->is_written)
            continue;
        struct number_format type = promoted->symbol->type;
        struct flow_node input =
            loop_lower_blank(state, FLOW_INPUT, type, NONE, promoted->line);
        input.source = loop;
        input.source_node = promoted->current;
        int value = loop_lower_add(state, input);
        struct flow_node store =
            loop_lower_blank(state, FLOW_STORE, type, NONE, promoted->line);
        store.symbol = promoted->symbol;
        store.affine = promoted->affine;
        store.argument_count = 1;
        store.arguments[0] = value;
        if (value == NONE || loop_lower_add(state, store) == NONE)
            return false;
    }
    return true;
}
