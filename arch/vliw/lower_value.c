/* Expressions and assignments as nodes of a flow. */
#include <string.h>

#include "arch/vliw/lower_state.h"
#include "traces/loop_operation.h"

static const struct number_format INT32 = {NUMBER_SIGNED, 32, 0, 0};

struct flow_node loop_lower_blank(const struct lower_state *state, enum flow_kind kind,
                                  struct number_format type, int origin, int line)
{
    struct flow_node node = {.kind = kind,
                             .type = type,
                             .operands = type,
                             .predicate = NONE,
                             .address = NONE,
                             .origin = origin,
                             .copy = (int)state->copy,
                             .line = line,
                             .source_node = NONE,
                             .converted = NONE};
    for (int a = 0; a < FLOW_ARGUMENTS; a++)
        node.arguments[a] = NONE;
    return node;
}

int loop_lower_add(struct lower_state *state, struct flow_node node)
{
    if (state->flow->node_count >= FLOW_NODES_MOST) {
        error_set(state->err, "%s:%d: more than %d operations in one body; unroll less",
                  state->kernel->path, node.line, FLOW_NODES_MOST);
        return NONE;
    }
    return flow_add(state->flow, node);
}

/* What an operation of this meaning computes, unless its maker says otherwise. */
static int function_of(enum meaning meaning, bool is_unary)
{
    static const int FUNCTIONS[MEANING_COUNT] = {
        [MEANING_ADD] = LOOP_ADD,       [MEANING_SUB] = LOOP_SUB,
        [MEANING_MUL] = LOOP_MUL,       [MEANING_MIN] = LOOP_MIN,
        [MEANING_MAX] = LOOP_MAX,       [MEANING_ABS] = LOOP_ABS,
        [MEANING_AND] = LOOP_AND,       [MEANING_OR] = LOOP_OR,
        [MEANING_XOR] = LOOP_XOR,       [MEANING_SHL] = LOOP_SHL,
        [MEANING_SHR] = LOOP_SHR,       [MEANING_CMP] = LOOP_LT,
        [MEANING_SELECT] = LOOP_SELECT, [MEANING_SADD] = LOOP_SADD,
        [MEANING_SSUB] = LOOP_SSUB,     [MEANING_SMUL] = LOOP_SMUL,
        [MEANING_MULHI] = LOOP_MULHI,   [MEANING_SUBC] = LOOP_SUBC,
        [MEANING_AVG] = LOOP_AVG,       [MEANING_NORM] = LOOP_NORM,
        [MEANING_CLZ] = LOOP_CLZ,       [MEANING_POPCOUNT] = LOOP_POPCOUNT,
        [MEANING_BSWAP] = LOOP_BSWAP,   [MEANING_BITREV] = LOOP_BITREV,
        [MEANING_DIV] = LOOP_DIV,       [MEANING_REM] = LOOP_REM,
        [MEANING_SQRT] = LOOP_SQRT,     [MEANING_RSQRT] = LOOP_RSQRT,
        [MEANING_RECIP] = LOOP_RECIP,   [MEANING_EXP] = LOOP_EXP,
        [MEANING_CONVERT] = LOOP_CAST,  [MEANING_SAT] = LOOP_SAT,
        [MEANING_EXTEND] = LOOP_CAST,   [MEANING_PACK] = FLOW_SWAP_HALVES,
        [MEANING_MOVE] = FLOW_KEEP,
    };
    if (is_unary && meaning == MEANING_SUB)
        return LOOP_NEG;
    if (is_unary && meaning == MEANING_XOR)
        return LOOP_NOT;
    return FUNCTIONS[meaning];
}

int loop_lower_make(struct lower_state *state, const struct loop_expression *from,
                    enum meaning meaning, struct number_format type, int part, int a, int b,
                    int c)
{
    return loop_lower_make_as(state, from, meaning, function_of(meaning, b == NONE), type, part,
                              a, b, c);
}

int loop_lower_make_as(struct lower_state *state, const struct loop_expression *from,
                       enum meaning meaning, int function, struct number_format type, int part,
                       int a, int b, int c)
{
    if (state->err->is_set)
        return NONE;
    /* Parts of one expression are told apart, so that each packs with its like. */
    struct flow_node node =
        loop_lower_blank(state, FLOW_OPERATION, type, from->id * 32 + part, from->line);
    node.meaning = meaning;
    node.function = function;
    int arguments[3] = {a, b, c};
    for (int k = 0; k < 3 && arguments[k] != NONE; k++)
        node.arguments[node.argument_count++] = arguments[k];
    if (node.argument_count > 0)
        node.operands = state->flow->nodes[node.arguments[0]].type;
    /* The same operation on the same values is done once. */
    for (int i = state->flow->node_count - 1;
         i >= 0 && meaning != MEANING_MOVE && function != FLOW_BOTH; i--) {
        const struct flow_node *other = &state->flow->nodes[i];
        if (other->kind == FLOW_OPERATION && other->meaning == meaning &&
            other->function == function && !other->is_counter && other->predicate == NONE &&
            number_format_equal(other->type, type) &&
            other->argument_count == node.argument_count &&
            memcmp(other->arguments, node.arguments, sizeof node.arguments) == 0 &&
            node.argument_count == 2)
            return i;
    }
    return loop_lower_add(state, node);
}

int loop_lower_number(struct lower_state *state, double real, int64_t value,
                      struct number_format type, int line)
{
    struct flow_node node = loop_lower_blank(state, FLOW_AFFINE, type, NONE, line);
    node.affine.constant = value;
    node.real = real;
    if (type.class == NUMBER_FLOAT)
        node.kind = FLOW_INPUT;
    return loop_lower_add(state, node);
}

/* A counter of the loop: one addition a pass for every distinct affine form. */
static int counter(struct lower_state *state, int node)
{
    struct flow *flow = state->flow;
    for (int i = 0; i < flow->node_count; i++)
        if (flow->nodes[i].is_counter &&
            affine_equal(&flow->nodes[i].affine, &flow->nodes[node].affine))
            return i;
    struct affine affine = flow->nodes[node].affine;
    int line = flow->nodes[node].line;
    int carried =
        loop_lower_add(state, loop_lower_blank(state, FLOW_CARRIED, INT32, NONE, line));
    struct flow_node step = loop_lower_blank(state, FLOW_OPERATION, INT32, NONE, line);
    step.meaning = MEANING_ADD;
    step.function = FLOW_KEEP;
    step.argument_count = 1;
    step.arguments[0] = carried;
    step.is_counter = true;
    step.affine = affine;
    int result = carried == NONE ? NONE : loop_lower_add(state, step);
    if (result != NONE) {
        flow->nodes[carried].argument_count = 1;
        flow->nodes[carried].arguments[0] = result;
    }
    return result;
}

int loop_lower_as_value(struct lower_state *state, int node)
{
    if (node == NONE || state->flow->nodes[node].kind != FLOW_AFFINE)
        return node;
    if (state->flow->is_loop &&
        state->flow->nodes[node].affine.coefficient[state->flow->level] != 0)
        return counter(state, node);
    return node; /* does not change within the region: a register set before it */
}

struct binding *loop_lower_binding(struct lower_state *state, const struct loop_symbol *symbol)
{
    int64_t inner = 1;
    for (int level = state->private_level[symbol->id]; level < state->depth; level++)
        inner *= state->copies[level];
    return &state->bindings[(size_t)symbol->id * COPIES_MOST + (size_t)(state->copy / inner)];
}

static int read_scalar(struct lower_state *state, const struct loop_symbol *symbol, int line)
{
    struct binding *binding = loop_lower_binding(state, symbol);
    if (binding->flow == state->flow && binding->node != NONE)
        return binding->node;
    struct flow_node input = loop_lower_blank(state, FLOW_INPUT, symbol->type, NONE, line);
    input.symbol = symbol;
    if (binding->flow) {
        struct flow_node *source = &binding->flow->nodes[binding->node];
        source->is_live_out = true;
        input.source = binding->flow;
        input.source_node = binding->node;
        bool is_outer =
            !binding->flow->is_loop || source->affine.coefficient[binding->flow->level] == 0;
        if (source->kind == FLOW_AFFINE && is_outer) {
            input.kind = FLOW_AFFINE;
            input.affine = source->affine;
        }
    }
    int node = loop_lower_add(state, input);
    *binding = (struct binding){state->flow, node};
    return node;
}

static int index_value(struct lower_state *state, const struct loop_symbol *symbol, int line)
{
    struct flow_node node = loop_lower_blank(state, FLOW_AFFINE, INT32, NONE, line);
    int64_t inner = state->copy_count;
    for (int level = 0; level < state->depth; level++) {
        inner /= state->copies[level];
        if (state->loops[level]->index != symbol)
            continue;
        node.affine.coefficient[level] = state->is_expanded[level] ? 0 : 1;
        int64_t digit = state->copy / inner % state->copies[level];
        node.affine.constant = state->first[level] + digit * state->loops[level]->step;
    }
    return loop_lower_add(state, node);
}

bool loop_lower_has(const struct lower_state *state, enum meaning meaning,
                    struct number_format type)
{
    return vliw_machine_find(state->options->machine, meaning, type, 1 << 10, 1 << 10,
                             &state->flow->choice) != NULL;
}

static enum meaning meaning_of(enum loop_operator operator_)
{
    static const enum meaning MEANINGS[LOOP_OPERATOR_COUNT] = {
        [LOOP_ADD] = MEANING_ADD,       [LOOP_SUB] = MEANING_SUB,
        [LOOP_MUL] = MEANING_MUL,       [LOOP_DIV] = MEANING_DIV,
        [LOOP_REM] = MEANING_REM,       [LOOP_AND] = MEANING_AND,
        [LOOP_OR] = MEANING_OR,         [LOOP_XOR] = MEANING_XOR,
        [LOOP_SHL] = MEANING_SHL,       [LOOP_SHR] = MEANING_SHR,
        [LOOP_LT] = MEANING_CMP,        [LOOP_LE] = MEANING_CMP,
        [LOOP_EQ] = MEANING_CMP,        [LOOP_NE] = MEANING_CMP,
        [LOOP_MIN] = MEANING_MIN,       [LOOP_MAX] = MEANING_MAX,
        [LOOP_SADD] = MEANING_SADD,     [LOOP_SSUB] = MEANING_SSUB,
        [LOOP_SMUL] = MEANING_SMUL,     [LOOP_MULHI] = MEANING_MULHI,
        [LOOP_SUBC] = MEANING_SUBC,     [LOOP_AVG] = MEANING_AVG,
        [LOOP_NEG] = MEANING_SUB,       [LOOP_NOT] = MEANING_XOR,
        [LOOP_ABS] = MEANING_ABS,       [LOOP_NORM] = MEANING_NORM,
        [LOOP_CLZ] = MEANING_CLZ,       [LOOP_POPCOUNT] = MEANING_POPCOUNT,
        [LOOP_BSWAP] = MEANING_BSWAP,   [LOOP_BITREV] = MEANING_BITREV,
        [LOOP_SQRT] = MEANING_SQRT,     [LOOP_RSQRT] = MEANING_RSQRT,
        [LOOP_RECIP] = MEANING_RECIP,   [LOOP_EXP] = MEANING_EXP,
        [LOOP_SELECT] = MEANING_SELECT, [LOOP_CAST] = MEANING_CONVERT,
        [LOOP_SAT] = MEANING_SAT,       [LOOP_ROUND] = MEANING_CONVERT};
    return MEANINGS[operator_];
}

/* Between integers a cast only reads other bits of the register, and packing sees to lanes. */
static int cast(struct lower_state *state, const struct loop_expression *from, int a)
{
    const struct flow_node *argument = &state->flow->nodes[a];
    bool was_float = argument->type.class == NUMBER_FLOAT;
    bool is_float = from->type.class == NUMBER_FLOAT;
    if (!was_float && !is_float) {
        bool is_constant =
            argument->kind == FLOW_AFFINE && affine_is_constant(&argument->affine);
        if (is_constant)
            return loop_lower_number(state, 0, loop_wrap(argument->affine.constant, from->type),
                                     from->type, from->line);
        if (number_format_equal(argument->type, from->type) ||
            (argument->kind == FLOW_AFFINE && from->type.bits >= 32))
            return a;
        return loop_lower_make(state, from, MEANING_EXTEND, from->type, 0,
                               loop_lower_as_value(state, a), NONE, NONE);
    }
    a = loop_lower_as_value(state, a);
    struct number_format type = is_float ? from->type : state->flow->nodes[a].type;
    if (state->flow->nodes[a].kind == FLOW_INPUT) { /* converted before */
        struct flow_node input =
            loop_lower_blank(state, FLOW_INPUT, from->type, NONE, from->line);
        input.converted = a;
        return loop_lower_add(state, input);
    }
    if (!loop_lower_has(state, MEANING_CONVERT, type))
        return loop_lower_missing(state, from, MEANING_CONVERT, type);
    return loop_lower_make(state, from, MEANING_CONVERT, from->type, 0, a, NONE, NONE);
}

static int loop_lower_operation(struct lower_state *state, const struct loop_expression *from)
{
    int arguments[LOOP_ARGUMENTS] = {NONE, NONE, NONE};
    for (int a = 0; a < from->argument_count; a++) {
        arguments[a] = loop_lower_expression(state, from->arguments[a]);
        if (arguments[a] == NONE)
            return NONE;
    }
    const struct flow_node *nodes = state->flow->nodes;
    enum meaning meaning = meaning_of(from->operator_);
    struct affine affine;
    if (from->argument_count == 2 && from->type.class != NUMBER_FLOAT &&
        nodes[arguments[0]].kind == FLOW_AFFINE && nodes[arguments[1]].kind == FLOW_AFFINE &&
        loop_lower_combine(from->operator_, &nodes[arguments[0]].affine,
                           &nodes[arguments[1]].affine, &affine)) {
        struct flow_node node =
            loop_lower_blank(state, FLOW_AFFINE, from->type, NONE, from->line);
        node.affine = affine;
        return loop_lower_add(state, node);
    }
    if (from->operator_ == LOOP_DIV || from->operator_ == LOOP_REM)
        return loop_lower_divide(state, from, arguments[0], arguments[1]);
    if (from->operator_ == LOOP_CAST)
        return cast(state, from, arguments[0]);
    for (int a = 0; a < from->argument_count; a++)
        arguments[a] = loop_lower_as_value(state, arguments[a]);
    if (state->err->is_set)
        return NONE;
    if (from->operator_ == LOOP_SELECT)
        return loop_lower_choose(state, from, 0, arguments[0], arguments[1], arguments[2]);
    struct number_format type = from->type;
    if (meaning == MEANING_CMP || meaning == MEANING_MUL || meaning == MEANING_SMUL)
        type = state->flow->nodes[arguments[0]].type;
    if (meaning == MEANING_MUL && state->flow->nodes[arguments[1]].type.bits > type.bits)
        type = state->flow->nodes[arguments[1]].type;
    if (meaning == MEANING_CONVERT && type.class != NUMBER_FLOAT)
        type = state->flow->nodes[arguments[0]].type;
    if (meaning == MEANING_CMP && loop_lower_has(state, meaning, type))
        return loop_lower_make_as(state, from, meaning, (int)from->operator_, INT32, 0,
                                  arguments[0], arguments[1], NONE);
    if (loop_lower_has(state, meaning, type) ||
        (meaning == MEANING_MUL && loop_lower_has(state, MEANING_MAC, type)))
        return loop_lower_make_as(state, from, meaning, (int)from->operator_, from->type, 0,
                                  arguments[0], arguments[1], NONE);
    if (meaning == MEANING_SUB && loop_lower_has(state, MEANING_ADD, type))
        return loop_lower_make_as(state, from, MEANING_ADD, (int)from->operator_, from->type, 0,
                                  arguments[0], arguments[1], NONE);
    return loop_lower_expand(state, from, meaning, arguments[0], arguments[1]);
}

int loop_lower_expression(struct lower_state *state, const struct loop_expression *from)
{
    if (state->err->is_set)
        return NONE;
    switch (from->kind) {
    case LOOP_NUMBER:
        return loop_lower_number(state, from->real, from->integer,
                                 from->type.class ? from->type : INT32, from->line);
    case LOOP_NAME:
        return from->symbol->kind == LOOP_INDEX ? index_value(state, from->symbol, from->line)
                                                : read_scalar(state, from->symbol, from->line);
    case LOOP_ELEMENT:
        return loop_lower_load(state, from);
    default:
        return loop_lower_operation(state, from);
    }
}

/* Makes the last operation conditional, or adds a conditional move of its value. */
static int under_predicate(struct lower_state *state, const struct loop_expression *from,
                           int value, int old, int first_new)
{
    struct flow_node *node = &state->flow->nodes[value];
    if (!state->options->machine->params->is_predicated)
        return loop_lower_make(state, from, MEANING_SELECT, node->type, 31, state->predicate,
                               state->is_negated ? old : value,
                               state->is_negated ? value : old);
    bool is_fresh = value >= first_new && node->kind == FLOW_OPERATION &&
                    node->predicate == NONE && node->argument_count < FLOW_ARGUMENTS &&
                    node->meaning != MEANING_EXTEND;
    /* What will be a compare and a choice has no predicate to spare. */
    if ((node->meaning == MEANING_MIN || node->meaning == MEANING_MAX) && is_fresh)
        is_fresh = loop_lower_has(state, node->meaning, node->type);
    if (!is_fresh) {
        value = loop_lower_make(state, from, MEANING_MOVE, node->type, 31, value, old, NONE);
        if (value != NONE) {
            state->flow->nodes[value].predicate = state->predicate;
            state->flow->nodes[value].negated = state->is_negated ? NEGATED_PREDICATE : 0;
        }
        return value;
    }
    node->predicate = state->predicate;
    node->negated |= state->is_negated ? NEGATED_PREDICATE : 0;
    node->arguments[node->argument_count++] = old;
    return value;
}

bool loop_lower_assign(struct lower_state *state, const struct loop_statement *statement)
{
    int first_new = state->flow->node_count;
    int value = loop_lower_expression(state, statement->value);
    if (value == NONE)
        return false;
    if (statement->target->kind == LOOP_ELEMENT) {
        value = loop_lower_as_value(state, value);
        return value != NONE && loop_lower_store(state, statement, value);
    }
    const struct loop_symbol *symbol = statement->target->symbol;
    if (state->predicate != NONE) {
        value = loop_lower_as_value(state, value);
        int old = loop_lower_as_value(state, read_scalar(state, symbol, statement->line));
        if (value == NONE || old == NONE)
            return false;
        value = under_predicate(state, statement->value, value, old, first_new);
        if (value == NONE)
            return false;
    }
    *loop_lower_binding(state, symbol) = (struct binding){state->flow, value};
    return true;
}
