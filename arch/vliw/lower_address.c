/* Addresses, loads and stores. */
#include <string.h>

#include "arch/vliw/lower_state.h"

static const struct number_format INT32 = {NUMBER_SIGNED, 32, 0, 0};

bool loop_lower_combine(enum loop_operator operator_, const struct affine *a,
                        const struct affine *b, struct affine *result)
{
    enum { MOST = 1 << 30 };
    *result = (struct affine){0};
    if (operator_ == LOOP_MUL || operator_ == LOOP_SHL) {
        const struct affine *form = affine_is_constant(b) ? a : b;
        int64_t factor = form == a ? b->constant : a->constant;
        if (operator_ == LOOP_SHL) {
            if (form != a || factor < 0 || factor > 30)
                return false;
            factor = INT64_C(1) << factor;
        }
        if (form == b && !affine_is_constant(a))
            return false;
        if (__builtin_mul_overflow(form->constant, factor, &result->constant))
            return false;
        for (int level = 0; level < LOOP_LEVELS; level++)
            if (__builtin_mul_overflow(form->coefficient[level], factor,
                                       &result->coefficient[level]))
                return false;
    } else if (operator_ == LOOP_ADD || operator_ == LOOP_SUB) {
        int64_t sign = operator_ == LOOP_ADD ? 1 : -1;
        result->constant = a->constant + sign * b->constant;
        for (int level = 0; level < LOOP_LEVELS; level++)
            result->coefficient[level] = a->coefficient[level] + sign * b->coefficient[level];
    } else {
        return false;
    }
    bool is_small = result->constant < MOST && result->constant > -MOST;
    for (int level = 0; level < LOOP_LEVELS; level++)
        is_small =
            is_small && result->coefficient[level] < MOST && result->coefficient[level] > -MOST;
    return is_small;
}

int loop_lower_load(struct lower_state *state, const struct loop_expression *from)
{
    struct flow_node load =
        loop_lower_blank(state, FLOW_LOAD, from->type, from->id * 32, from->line);
    load.symbol = from->symbol;
    if (!loop_lower_address(state, from, &load.affine, &load.address))
        return NONE;
    const struct loop_statement *around =
        state->depth > 0 ? state->loops[state->flow->is_loop ? state->flow->level : 0] : NULL;
    if (state->flow->is_loop && load.address == NONE &&
        load.affine.coefficient[state->flow->level] == 0 &&
        !loop_lower_stores(around->body, load.symbol))
        load.kind = FLOW_INPUT; /* the same in every pass: loaded before the loop */
    else {
        struct promoted *promoted = loop_lower_promoted(state, &load);
        if (promoted)
            return promoted->current;
    }
    for (int i = state->flow->node_count - 1; i >= 0; i--) {
        const struct flow_node *node = &state->flow->nodes[i];
        if (node->symbol != load.symbol ||
            (node->kind != load.kind && node->kind != FLOW_STORE))
            continue;
        bool is_same =
            node->address == load.address && affine_equal(&node->affine, &load.affine);
        if (node->kind == load.kind && is_same)
            return i;
        if (node->kind == FLOW_STORE) {
            if (is_same && node->predicate == NONE)
                return node->arguments[0];
            /* Another constant offset of the same form is another element. */
            struct affine shifted = node->affine;
            shifted.constant = load.affine.constant;
            if (node->address != NONE || load.address != NONE || is_same ||
                !affine_equal(&shifted, &load.affine))
                break;
        }
    }
    return loop_lower_add(state, load);
}

/* A subscript as a node plus an affine form: what is added to a value that is not affine needs
 * no operation of its own. */
static int split_subscript(struct lower_state *state, const struct loop_expression *from,
                           int64_t sign, struct affine *affine)
{
    if (from->kind == LOOP_OPERATION && from->argument_count == 2 && sign > 0 &&
        (from->operator_ == LOOP_ADD || from->operator_ == LOOP_SUB)) {
        int right = loop_lower_expression(state, from->arguments[1]);
        struct affine sum;
        if (right != NONE && state->flow->nodes[right].kind == FLOW_AFFINE &&
            loop_lower_combine(from->operator_, affine, &state->flow->nodes[right].affine,
                               &sum)) {
            *affine = sum;
            return split_subscript(state, from->arguments[0], sign, affine);
        }
        int left = right == NONE ? NONE : loop_lower_expression(state, from->arguments[0]);
        if (left != NONE && from->operator_ == LOOP_ADD &&
            state->flow->nodes[left].kind == FLOW_AFFINE &&
            loop_lower_combine(LOOP_ADD, affine, &state->flow->nodes[left].affine, &sum)) {
            *affine = sum;
            return split_subscript(state, from->arguments[1], sign, affine);
        }
    }
    return loop_lower_expression(state, from);
}

bool loop_lower_address(struct lower_state *state, const struct loop_expression *element,
                        struct affine *affine, int *address)
{
    *affine = (struct affine){0};
    *address = NONE;
    struct loop_expression step = *element;
    step.type = INT32;
    for (int d = 0; d < element->argument_count; d++) {
        struct affine beside = {0};
        int subscript = split_subscript(state, element->arguments[d], 1, &beside);
        if (subscript == NONE)
            return false;
        int64_t stride = 1;
        for (int inner = d + 1; inner < element->symbol->dimension_count; inner++)
            stride *= element->symbol->extent[inner];
        struct affine moved, total, step_by = {.constant = stride};
        if (!loop_lower_combine(LOOP_MUL, &beside, &step_by, &moved) ||
            !loop_lower_combine(LOOP_ADD, affine, &moved, &total))
            return error_set(state->err, "%s:%d: an address of '%s' is out of range",
                             state->kernel->path, element->line, element->symbol->name);
        *affine = total;
        if (state->flow->nodes[subscript].kind == FLOW_AFFINE) {
            struct affine scaled, sum, factor = {.constant = stride};
            if (!loop_lower_combine(LOOP_MUL, &state->flow->nodes[subscript].affine, &factor,
                                    &scaled) ||
                !loop_lower_combine(LOOP_ADD, affine, &scaled, &sum))
                return error_set(state->err, "%s:%d: an address of '%s' is out of range",
                                 state->kernel->path, element->line, element->symbol->name);
            *affine = sum;
            continue;
        }
        int exponent = 0;
        if (stride != 1)
            subscript = loop_lower_make(
                state, &step,
                loop_lower_power_of_two(stride, &exponent) ? MEANING_SHL : MEANING_MUL, INT32,
                16 + d, subscript, NONE, NONE);
        *address = *address == NONE ? subscript
                                    : loop_lower_make(state, &step, MEANING_ADD, INT32, 24 + d,
                                                      *address, subscript, NONE);
        if (*address == NONE)
            return false;
    }
    /* The part that moves with this loop is added; the rest is in the base address. */
    if (*address != NONE && state->flow->is_loop &&
        affine->coefficient[state->flow->level] != 0) {
        struct flow_node moving =
            loop_lower_blank(state, FLOW_AFFINE, INT32, NONE, element->line);
        moving.affine = *affine;
        moving.affine.constant = 0;
        int base = loop_lower_as_value(state, loop_lower_add(state, moving));
        *address = base == NONE ? NONE
                                : loop_lower_make(state, &step, MEANING_ADD, INT32, 28,
                                                  *address, base, NONE);
        int64_t constant = affine->constant;
        *affine = (struct affine){.constant = constant};
    }
    return !state->err->is_set;
}

bool loop_lower_store(struct lower_state *state, const struct loop_statement *statement,
                      int value)
{
    const struct loop_expression *target = statement->target;
    struct flow_node node =
        loop_lower_blank(state, FLOW_STORE, target->type, target->id * 32 + 1, statement->line);
    node.symbol = target->symbol;
    if (!loop_lower_address(state, target, &node.affine, &node.address))
        return false;
    struct promoted *promoted = loop_lower_promoted(state, &node);
    if (promoted) {
        if (state->predicate != NONE)
            value = loop_lower_choose(state, target, 30, state->predicate, value,
                                      promoted->current);
        promoted->current = value;
        promoted->is_written = true;
        return value != NONE;
    }
    if (state->predicate != NONE) {
        if (state->options->machine->params->is_predicated) {
            node.predicate = state->predicate;
        } else {
            int old = loop_lower_load(state, target);
            value = old == NONE ? NONE
                                : loop_lower_make(state, target, MEANING_SELECT, target->type,
                                                  31, state->predicate, value, old);
        }
    }
    node.argument_count = 1;
    node.arguments[0] = value;
    return value != NONE && loop_lower_add(state, node) != NONE;
}
