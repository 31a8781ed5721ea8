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
            subscript =
                loop_lower_power_of_two(stride, &exponent)
                    ? loop_lower_make(
                          state, &step, MEANING_SHL, INT32, 16 + d, subscript,
                          loop_lower_number(state, exponent, exponent, INT32, element->line),
                          NONE)
                    : loop_lower_make(state, &step, MEANING_MUL, INT32, 16 + d, subscript,
                                      loop_lower_number(state, (double)stride, stride, INT32,
                                                        element->line),
                                      NONE);
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

/* One path has stored to this place, this one does: one store of what the condition chooses. */
static int join_stores(struct lower_state *state, const struct loop_expression *target,
                       const struct flow_node *store, int value)
{
    struct flow *flow = state->flow;
    if (state->predicate == NONE || !state->is_negated || state->is_inner_predicate)
        return NONE;
    for (int i = flow->node_count - 1; i >= 0; i--) {
        struct flow_node *other = &flow->nodes[i];
        if (other->symbol != store->symbol || other->kind != FLOW_STORE)
            continue;
        const struct flow_node *kept = &flow->nodes[other->arguments[0]];
        bool is_selected = other->kind == FLOW_STORE && other->predicate == NONE &&
                           kept->kind == FLOW_OPERATION && kept->meaning == MEANING_SELECT &&
                           kept->arguments[0] == state->predicate;
        bool is_same =
            other->kind == FLOW_STORE && other->address == store->address &&
            affine_equal(&other->affine, &store->affine) &&
            (is_selected || (other->predicate == state->predicate && other->negated == 0));
        if (!is_same)
            return NONE;
        int first = is_selected ? kept->arguments[1] : other->arguments[0];
        *other = loop_lower_blank(state, FLOW_INPUT, other->type, NONE, other->line);
        return loop_lower_choose(state, target, 27, state->predicate, first, value);
    }
    return NONE;
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
            value = loop_lower_guard(state, target, 30, value, promoted->current);
        promoted->current = value;
        promoted->is_written = true;
        return value != NONE;
    }
    int joined = join_stores(state, target, &node, value);
    if (joined != NONE)
        value = joined;
    else if (state->predicate != NONE) {
        if (state->options->machine->params->is_predicated) {
            node.predicate = state->predicate;
            node.negated = state->is_negated ? NEGATED_PREDICATE : 0;
        } else {
            int old = loop_lower_load(state, target);
            value = old == NONE ? NONE : loop_lower_guard(state, target, 31, value, old);
        }
    }
    node.argument_count = 1;
    node.arguments[0] = value;
    return value != NONE && loop_lower_add(state, node) != NONE;
}
