/* Expressions and assignments as nodes of a flow. */
#include <string.h>

#include "arch/vliw/lower_state.h"

static const struct number_format INT32 = {NUMBER_SIGNED, 32, 0, 0};

static struct flow_node blank(const struct lower_state *state, enum flow_kind kind,
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
                             .source_node = NONE};
    for (int a = 0; a < FLOW_ARGUMENTS; a++)
        node.arguments[a] = NONE;
    return node;
}

static int add(struct lower_state *state, struct flow_node node)
{
    if (state->flow->node_count >= FLOW_NODES_MOST) {
        error_set(state->err, "%s:%d: more than %d operations in one body; unroll less",
                  state->kernel->path, node.line, FLOW_NODES_MOST);
        return NONE;
    }
    return flow_add(state->flow, node);
}

static int operation(struct lower_state *state, const struct loop_expression *from,
                     enum meaning meaning, struct number_format type, int part, int a, int b,
                     int c)
{
    if (state->err->is_set)
        return NONE;
    /* Parts of one expression are told apart, so that each packs with its like. */
    struct flow_node node =
        blank(state, FLOW_OPERATION, type, from->id * 32 + part, from->line);
    node.meaning = meaning;
    int arguments[3] = {a, b, c};
    for (int k = 0; k < 3 && arguments[k] != NONE; k++)
        node.arguments[node.argument_count++] = arguments[k];
    if (node.argument_count > 0)
        node.operands = state->flow->nodes[node.arguments[0]].type;
    /* The same operation on the same values is done once. */
    for (int i = state->flow->node_count - 1; i >= 0 && meaning != MEANING_MOVE; i--) {
        const struct flow_node *other = &state->flow->nodes[i];
        if (other->kind == FLOW_OPERATION && other->meaning == meaning && !other->is_counter &&
            other->predicate == NONE && number_format_equal(other->type, type) &&
            other->argument_count == node.argument_count &&
            memcmp(other->arguments, node.arguments, sizeof node.arguments) == 0 &&
            node.argument_count == 2)
            return i;
    }
    return add(state, node);
}

static int number(struct lower_state *state, int64_t value, struct number_format type, int line)
{
    struct flow_node node = blank(state, FLOW_AFFINE, type, NONE, line);
    node.affine.constant = value;
    if (type.class == NUMBER_FLOAT)
        node.kind = FLOW_INPUT;
    return add(state, node);
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
    int carried = add(state, blank(state, FLOW_CARRIED, INT32, NONE, line));
    struct flow_node step = blank(state, FLOW_OPERATION, INT32, NONE, line);
    step.meaning = MEANING_ADD;
    step.argument_count = 1;
    step.arguments[0] = carried;
    step.is_counter = true;
    step.affine = affine;
    int result = carried == NONE ? NONE : add(state, step);
    if (result != NONE) {
        flow->nodes[carried].argument_count = 1;
        flow->nodes[carried].arguments[0] = result;
    }
    return result;
}

int lower_as_value(struct lower_state *state, int node)
{
    if (node == NONE || state->flow->nodes[node].kind != FLOW_AFFINE)
        return node;
    if (state->flow->is_loop &&
        state->flow->nodes[node].affine.coefficient[state->flow->level] != 0)
        return counter(state, node);
    return node; /* does not change within the region: a register set before it */
}

struct binding *lower_binding(struct lower_state *state, const struct loop_symbol *symbol)
{
    int64_t inner = 1;
    for (int level = state->private_level[symbol->id]; level < state->depth; level++)
        inner *= state->copies[level];
    return &state->bindings[(size_t)symbol->id * COPIES_MOST + (size_t)(state->copy / inner)];
}

static int read_scalar(struct lower_state *state, const struct loop_symbol *symbol, int line)
{
    struct binding *binding = lower_binding(state, symbol);
    if (binding->flow == state->flow && binding->node != NONE)
        return binding->node;
    struct flow_node input = blank(state, FLOW_INPUT, symbol->type, NONE, line);
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
    int node = add(state, input);
    *binding = (struct binding){state->flow, node};
    return node;
}

static int index_value(struct lower_state *state, const struct loop_symbol *symbol, int line)
{
    struct flow_node node = blank(state, FLOW_AFFINE, INT32, NONE, line);
    int64_t inner = state->copy_count;
    for (int level = 0; level < state->depth; level++) {
        inner /= state->copies[level];
        if (state->loops[level]->index != symbol)
            continue;
        node.affine.coefficient[level] = state->is_expanded[level] ? 0 : 1;
        int64_t digit = state->copy / inner % state->copies[level];
        node.affine.constant = state->first[level] + digit * state->loops[level]->step;
    }
    return add(state, node);
}

/* Multiplies or adds affine forms; false when the result is not affine or would overflow. */
static bool combine(enum loop_operator operator_, const struct affine *a,
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

static bool has(const struct lower_state *state, enum meaning meaning,
                struct number_format type)
{
    return vliw_machine_find(state->options->machine, meaning, type, 1 << 10, 1 << 10,
                             &state->flow->choice) != NULL;
}

/* condition ? yes : no, by a select or by a move under a predicate. */
static int choose(struct lower_state *state, const struct loop_expression *from, int part,
                  int condition, int yes, int no)
{
    if (state->err->is_set)
        return NONE;
    struct number_format type = state->flow->nodes[yes].type;
    if (has(state, MEANING_SELECT, type) || !state->options->machine->params->is_predicated)
        return operation(state, from, MEANING_SELECT, type, part, condition, yes, no);
    int move = operation(state, from, MEANING_MOVE, type, part, yes, no, NONE);
    if (move != NONE)
        state->flow->nodes[move].predicate = condition;
    return move;
}

static int compare(struct lower_state *state, const struct loop_expression *from, int part,
                   int a, int b)
{
    return operation(state, from, MEANING_CMP, INT32, part, a, b, NONE);
}

/* Newton's steps y = y (2 - x y), which double the digits of an estimate. */
static int refine(struct lower_state *state, const struct loop_expression *from, int part,
                  int x, int y, int steps)
{
    struct number_format type = from->type;
    for (int s = 0; s < steps; s++) {
        int product = operation(state, from, MEANING_MUL, type, part + 3 * s, x, y, NONE);
        int rest =
            operation(state, from, MEANING_SUB, type, part + 3 * s + 1, product, NONE, NONE);
        y = operation(state, from, MEANING_MUL, type, part + 3 * s + 2, y, rest, NONE);
    }
    return y;
}

/* exp by range reduction and a polynomial of degree 5: about single precision. */
static int exponential(struct lower_state *state, const struct loop_expression *from, int x)
{
    int value = operation(state, from, MEANING_MUL, from->type, 1, x, NONE, NONE);
    for (int term = 0; term < 5; term++) {
        value = operation(state, from, MEANING_MUL, from->type, 2 + 2 * term, value, x, NONE);
        value =
            operation(state, from, MEANING_ADD, from->type, 3 + 2 * term, value, NONE, NONE);
    }
    return operation(state, from, MEANING_MUL, from->type, 14, value, NONE, NONE);
}

static int missing(struct lower_state *state, const struct loop_expression *from,
                   enum meaning meaning, struct number_format type)
{
    char name[16];
    number_format_name(type, name);
    error_set(state->err,
              "%s:%d: the core has no operation for '%s' (%s.%s), and it cannot be "
              "made of others",
              state->kernel->path, from->line, LOOP_OPERATOR_NAMES[from->operator_],
              MEANING_NAMES[meaning], name);
    return NONE;
}

static bool power_of_two(int64_t value, int *exponent)
{
    if (value <= 0 || (value & (value - 1)))
        return false;
    for (*exponent = 0; value > 1; value >>= 1)
        ++*exponent;
    return true;
}

static int divide(struct lower_state *state, const struct loop_expression *from, int a, int b)
{
    struct number_format type = from->type;
    bool is_rest = from->operator_ == LOOP_REM;
    const struct flow_node *divisor = &state->flow->nodes[b];
    int exponent = 0;
    if (divisor->kind == FLOW_AFFINE && affine_is_constant(&divisor->affine) &&
        type.class != NUMBER_FLOAT && power_of_two(divisor->affine.constant, &exponent))
        return operation(state, from, is_rest ? MEANING_AND : MEANING_SHR, type, 0,
                         lower_as_value(state, a), b, NONE);
    a = lower_as_value(state, a);
    b = lower_as_value(state, b);
    enum meaning meaning = is_rest ? MEANING_REM : MEANING_DIV;
    if (has(state, meaning, type))
        return operation(state, from, meaning, type, 0, a, b, NONE);
    if (is_rest || !has(state, MEANING_RECIP, type))
        return missing(state, from, meaning, type);
    int estimate = operation(state, from, MEANING_RECIP, type, 0, b, NONE, NONE);
    return operation(state, from, MEANING_MUL, type, 30, a,
                     refine(state, from, 1, b, estimate, 2), NONE);
}

/* Bytes within halves, then the halves, word by word; by shifts where nothing swaps. */
static int swap_bytes(struct lower_state *state, const struct loop_expression *from, int a)
{
    struct number_format half = number_format_integer(true, 16), type = from->type;
    if (type.bits < 32 || !has(state, MEANING_BSWAP, half) || !has(state, MEANING_PACK, half))
        return operation(state, from, MEANING_OR, type, 2,
                         operation(state, from, MEANING_SHL, type, 0, a, NONE, NONE),
                         operation(state, from, MEANING_SHR, type, 1, a, NONE, NONE), NONE);
    int result = NONE;
    for (int word = 0; word < type.bits / 32 && !state->err->is_set; word++) {
        int bytes = operation(state, from, MEANING_BSWAP, half, 2 * word, a, NONE, NONE);
        result = operation(state, from, MEANING_PACK, half, 2 * word + 1, bytes, result, NONE);
    }
    return result;
}

/* A meaning that the machine may lack, made of others where that is known. */
static int expand(struct lower_state *state, const struct loop_expression *from,
                  enum meaning meaning, int a, int b)
{
    struct number_format type = from->type;
    switch (meaning) {
    case MEANING_MIN:
    case MEANING_MAX: /* a compare and a choice, made when packing so that folds stay folds */
        if (!has(state, MEANING_CMP, type))
            return missing(state, from, meaning, type);
        return operation(state, from, meaning, type, 0, a, b, NONE);
    case MEANING_ABS:
        return choose(state, from, 2, compare(state, from, 0, a, a),
                      operation(state, from, MEANING_SUB, type, 1, a, NONE, NONE), a);
    case MEANING_AVG:
        return operation(state, from, MEANING_SHR, type, 1,
                         operation(state, from, MEANING_ADD, type, 0, a, b, NONE), NONE, NONE);
    case MEANING_SADD:
    case MEANING_SSUB:
        return operation(state, from, meaning == MEANING_SADD ? MEANING_ADD : MEANING_SUB, type,
                         0, a, b, NONE);
    case MEANING_SMUL:
    case MEANING_MULHI:
        return operation(state, from, meaning == MEANING_SMUL ? MEANING_SHL : MEANING_SHR, type,
                         1, operation(state, from, MEANING_MUL, type, 0, a, b, NONE), NONE,
                         NONE);
    case MEANING_SAT:
        a = choose(state, from, 1, compare(state, from, 0, a, a), a, a);
        return choose(state, from, 3, compare(state, from, 2, a, a), a, a);
    case MEANING_SUBC:
        b = operation(state, from, MEANING_SUB, type, 1, a, b, NONE);
        return choose(state, from, 4, compare(state, from, 0, a, b),
                      operation(state, from, MEANING_SHL, type, 2, b, NONE, NONE),
                      operation(state, from, MEANING_SHL, type, 3, a, NONE, NONE));
    case MEANING_BSWAP:
        return swap_bytes(state, from, a);
    case MEANING_RSQRT:
    case MEANING_SQRT:
        if (meaning == MEANING_SQRT && has(state, MEANING_RSQRT, type)) {
            int estimate = operation(state, from, MEANING_RSQRT, type, 0, a, NONE, NONE);
            return operation(state, from, MEANING_MUL, type, 30, a,
                             refine(state, from, 1, a, estimate, 2), NONE);
        }
        return missing(state, from, meaning, type);
    case MEANING_EXP:
        return exponential(state, from, a);
    default:
        return missing(state, from, meaning, type);
    }
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
        if (argument->kind == FLOW_AFFINE || argument->type.bits == from->type.bits)
            return a;
        int node = operation(state, from, MEANING_EXTEND, from->type, 0, a, NONE, NONE);
        return node;
    }
    a = lower_as_value(state, a);
    struct number_format type = is_float ? from->type : state->flow->nodes[a].type;
    if (state->flow->nodes[a].kind == FLOW_INPUT)
        return a;
    if (!has(state, MEANING_CONVERT, type))
        return missing(state, from, MEANING_CONVERT, type);
    return operation(state, from, MEANING_CONVERT, from->type, 0, a, NONE, NONE);
}

static int lower_operation(struct lower_state *state, const struct loop_expression *from)
{
    int arguments[LOOP_ARGUMENTS] = {NONE, NONE, NONE};
    for (int a = 0; a < from->argument_count; a++) {
        arguments[a] = lower_expression(state, from->arguments[a]);
        if (arguments[a] == NONE)
            return NONE;
    }
    const struct flow_node *nodes = state->flow->nodes;
    enum meaning meaning = meaning_of(from->operator_);
    struct affine affine;
    if (from->argument_count == 2 && from->type.class != NUMBER_FLOAT &&
        nodes[arguments[0]].kind == FLOW_AFFINE && nodes[arguments[1]].kind == FLOW_AFFINE &&
        combine(from->operator_, &nodes[arguments[0]].affine, &nodes[arguments[1]].affine,
                &affine)) {
        struct flow_node node = blank(state, FLOW_AFFINE, from->type, NONE, from->line);
        node.affine = affine;
        return add(state, node);
    }
    if (from->operator_ == LOOP_DIV || from->operator_ == LOOP_REM)
        return divide(state, from, arguments[0], arguments[1]);
    if (from->operator_ == LOOP_CAST)
        return cast(state, from, arguments[0]);
    for (int a = 0; a < from->argument_count; a++)
        arguments[a] = lower_as_value(state, arguments[a]);
    if (state->err->is_set)
        return NONE;
    if (from->operator_ == LOOP_SELECT)
        return choose(state, from, 0, arguments[0], arguments[1], arguments[2]);
    struct number_format type = from->type;
    if (meaning == MEANING_CMP || meaning == MEANING_MUL || meaning == MEANING_SMUL)
        type = state->flow->nodes[arguments[0]].type;
    if (meaning == MEANING_MUL && state->flow->nodes[arguments[1]].type.bits > type.bits)
        type = state->flow->nodes[arguments[1]].type;
    if (meaning == MEANING_CONVERT && type.class != NUMBER_FLOAT)
        type = state->flow->nodes[arguments[0]].type;
    if (meaning == MEANING_CMP && has(state, meaning, type))
        return operation(state, from, meaning, INT32, 0, arguments[0], arguments[1], NONE);
    if (has(state, meaning, type) || (meaning == MEANING_MUL && has(state, MEANING_MAC, type)))
        return operation(state, from, meaning, from->type, 0, arguments[0], arguments[1], NONE);
    if (meaning == MEANING_SUB && has(state, MEANING_ADD, type))
        return operation(state, from, MEANING_ADD, from->type, 0, arguments[0], arguments[1],
                         NONE);
    return expand(state, from, meaning, arguments[0], arguments[1]);
}

/* Loads of one address in one pass are one load, unless a store may have come between. */
static int lower_load(struct lower_state *state, const struct loop_expression *from)
{
    struct flow_node load = blank(state, FLOW_LOAD, from->type, from->id * 32, from->line);
    load.symbol = from->symbol;
    if (!lower_address(state, from, &load.affine, &load.address))
        return NONE;
    const struct loop_statement *around =
        state->depth > 0 ? state->loops[state->flow->is_loop ? state->flow->level : 0] : NULL;
    if (state->flow->is_loop && load.address == NONE &&
        load.affine.coefficient[state->flow->level] == 0 &&
        !lower_stores(around->body, load.symbol))
        load.kind = FLOW_INPUT; /* the same in every pass: loaded before the loop */
    for (int i = state->flow->node_count - 1; i >= 0; i--) {
        const struct flow_node *node = &state->flow->nodes[i];
        if (node->symbol != load.symbol ||
            (node->kind != FLOW_LOAD && node->kind != FLOW_STORE))
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
    return add(state, load);
}

/* A subscript as a node plus an affine form: what is added to a value that is not affine needs
 * no operation of its own. */
static int split_subscript(struct lower_state *state, const struct loop_expression *from,
                           int64_t sign, struct affine *affine)
{
    if (from->kind == LOOP_OPERATION && from->argument_count == 2 && sign > 0 &&
        (from->operator_ == LOOP_ADD || from->operator_ == LOOP_SUB)) {
        int right = lower_expression(state, from->arguments[1]);
        struct affine sum;
        if (right != NONE && state->flow->nodes[right].kind == FLOW_AFFINE &&
            combine(from->operator_, affine, &state->flow->nodes[right].affine, &sum)) {
            *affine = sum;
            return split_subscript(state, from->arguments[0], sign, affine);
        }
        int left = right == NONE ? NONE : lower_expression(state, from->arguments[0]);
        if (left != NONE && from->operator_ == LOOP_ADD &&
            state->flow->nodes[left].kind == FLOW_AFFINE &&
            combine(LOOP_ADD, affine, &state->flow->nodes[left].affine, &sum)) {
            *affine = sum;
            return split_subscript(state, from->arguments[1], sign, affine);
        }
    }
    return lower_expression(state, from);
}

bool lower_address(struct lower_state *state, const struct loop_expression *element,
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
        if (!combine(LOOP_MUL, &beside, &step_by, &moved) ||
            !combine(LOOP_ADD, affine, &moved, &total))
            return error_set(state->err, "%s:%d: an address of '%s' is out of range",
                             state->kernel->path, element->line, element->symbol->name);
        *affine = total;
        if (state->flow->nodes[subscript].kind == FLOW_AFFINE) {
            struct affine scaled, sum, factor = {.constant = stride};
            if (!combine(LOOP_MUL, &state->flow->nodes[subscript].affine, &factor, &scaled) ||
                !combine(LOOP_ADD, affine, &scaled, &sum))
                return error_set(state->err, "%s:%d: an address of '%s' is out of range",
                                 state->kernel->path, element->line, element->symbol->name);
            *affine = sum;
            continue;
        }
        int exponent = 0;
        if (stride != 1)
            subscript = operation(state, &step,
                                  power_of_two(stride, &exponent) ? MEANING_SHL : MEANING_MUL,
                                  INT32, 16 + d, subscript, NONE, NONE);
        *address = *address == NONE ? subscript
                                    : operation(state, &step, MEANING_ADD, INT32, 24 + d,
                                                *address, subscript, NONE);
        if (*address == NONE)
            return false;
    }
    /* The part that moves with this loop is added; the rest is in the base address. */
    if (*address != NONE && state->flow->is_loop &&
        affine->coefficient[state->flow->level] != 0) {
        struct flow_node moving = blank(state, FLOW_AFFINE, INT32, NONE, element->line);
        moving.affine = *affine;
        moving.affine.constant = 0;
        int base = lower_as_value(state, add(state, moving));
        *address = base == NONE
                       ? NONE
                       : operation(state, &step, MEANING_ADD, INT32, 28, *address, base, NONE);
        int64_t constant = affine->constant;
        *affine = (struct affine){.constant = constant};
    }
    return !state->err->is_set;
}

int lower_expression(struct lower_state *state, const struct loop_expression *from)
{
    if (state->err->is_set)
        return NONE;
    switch (from->kind) {
    case LOOP_NUMBER:
        return number(state, from->integer, from->type.class ? from->type : INT32, from->line);
    case LOOP_NAME:
        return from->symbol->kind == LOOP_INDEX ? index_value(state, from->symbol, from->line)
                                                : read_scalar(state, from->symbol, from->line);
    case LOOP_ELEMENT:
        return lower_load(state, from);
    default:
        return lower_operation(state, from);
    }
}

/* Makes the last operation conditional, or adds a conditional move of its value. */
static int under_predicate(struct lower_state *state, const struct loop_expression *from,
                           int value, int old, int first_new)
{
    struct flow_node *node = &state->flow->nodes[value];
    if (!state->options->machine->params->is_predicated)
        return operation(state, from, MEANING_SELECT, node->type, 31, state->predicate, value,
                         old);
    bool is_fresh = value >= first_new && node->kind == FLOW_OPERATION &&
                    node->predicate == NONE && node->argument_count < FLOW_ARGUMENTS &&
                    node->meaning != MEANING_EXTEND;
    if (!is_fresh) {
        value = operation(state, from, MEANING_MOVE, node->type, 31, value, old, NONE);
        if (value != NONE)
            state->flow->nodes[value].predicate = state->predicate;
        return value;
    }
    node->predicate = state->predicate;
    node->arguments[node->argument_count++] = old;
    return value;
}

static bool store(struct lower_state *state, const struct loop_statement *statement, int value)
{
    const struct loop_expression *target = statement->target;
    struct flow_node node =
        blank(state, FLOW_STORE, target->type, target->id * 32 + 1, statement->line);
    node.symbol = target->symbol;
    if (!lower_address(state, target, &node.affine, &node.address))
        return false;
    if (state->predicate != NONE) {
        if (state->options->machine->params->is_predicated) {
            node.predicate = state->predicate;
        } else {
            int old = lower_load(state, target);
            value = old == NONE ? NONE
                                : operation(state, target, MEANING_SELECT, target->type, 31,
                                            state->predicate, value, old);
        }
    }
    node.argument_count = 1;
    node.arguments[0] = value;
    return value != NONE && add(state, node) != NONE;
}

bool lower_assign(struct lower_state *state, const struct loop_statement *statement)
{
    int first_new = state->flow->node_count;
    int value = lower_expression(state, statement->value);
    if (value == NONE)
        return false;
    if (statement->target->kind == LOOP_ELEMENT) {
        value = lower_as_value(state, value);
        return value != NONE && store(state, statement, value);
    }
    const struct loop_symbol *symbol = statement->target->symbol;
    if (state->predicate != NONE) {
        value = lower_as_value(state, value);
        int old = lower_as_value(state, read_scalar(state, symbol, statement->line));
        if (value == NONE || old == NONE)
            return false;
        value = under_predicate(state, statement->value, value, old, first_new);
        if (value == NONE)
            return false;
    }
    *lower_binding(state, symbol) = (struct binding){state->flow, value};
    return true;
}
