#include "arch/vliw/lower.h"

#include <string.h>

#include "arch/vliw/lower_state.h"

static bool loop_lower_list(struct lower_state *state, const struct loop_statement *list,
                            struct region **first);

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

/* Copies of an innermost loop: pinned, or as the caller tries, within what the trips allow. */
static int64_t choose_copies(const struct lower_state *state, const struct loop_statement *loop,
                             int64_t tried)
{
    int64_t copies = loop->unroll ? loop->unroll : tried ? tried : 1;
    int64_t trips = loop_lower_constant_trips(loop);
    if (loop->kind == LOOP_WHILE)
        return 1;
    if (trips > 0 && copies > trips)
        copies = trips;
    int64_t inner = loop_lower_expansion(loop->body, state->options->expand);
    while (copies > 1 && copies * state->copy_count * inner > COPIES_MOST)
        copies /= 2;
    return copies;
}

static void ensure_block(struct lower_state *state, struct region ***tail)
{
    if (state->flow)
        return;
    struct region *region = new_region(state, REGION_BLOCK, NULL);
    region->flow = loop_lower_new_flow(state, NULL);
    state->flow = region->flow;
    **tail = region;
    *tail = &region->next;
}

static size_t binding_count(const struct lower_state *state)
{
    return (size_t)state->kernel->symbol_count * COPIES_MOST;
}

static struct binding *copy_bindings(const struct lower_state *state)
{
    size_t count = binding_count(state);
    struct binding *copy = arena_array(state->arena, count + 1, sizeof *copy);
    memcpy(copy, state->bindings, count * sizeof *copy);
    return copy;
}

static struct value_place place_of(struct binding binding)
{
    return (struct value_place){binding.flow, binding.flow ? binding.node : NONE};
}

static bool is_same(struct binding a, struct binding b)
{
    return a.flow == b.flow && a.node == b.node;
}

/* What changed between `before` and now, and in the other code that `other` is from; NULL:
 * there is none. */
static void note_values(struct lower_state *state, struct region *region,
                        const struct binding *before, const struct binding *other)
{
    size_t count = binding_count(state);
    int changed = 0;
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            region->values = arena_array(state->arena, (size_t)changed + PROMOTED_MOST + 1,
                                         sizeof *region->values);
        const struct loop_symbol *s = state->kernel->symbols;
        for (size_t i = 0; i < count; i++) {
            if (i > 0 && i % COPIES_MOST == 0)
                s = s->next;
            struct binding now = state->bindings[i], rest = other ? other[i] : before[i];
            if (is_same(before[i], now) && is_same(before[i], rest))
                continue;
            if (round == 0)
                changed++;
            else
                region->values[region->value_count++] = (struct region_value){
                    s, place_of(before[i]), place_of(now), place_of(rest)};
        }
    }
}

/* Scalars that an earlier loop left in several accumulators are put together before this one,
 * not in each of its passes. */
static bool gather_parts(struct lower_state *state, const struct loop_statement *loop)
{
    for (const struct loop_symbol *s = state->kernel->symbols; s; s = s->next) {
        if ((s->kind != LOOP_SCALAR && s->kind != LOOP_LOCAL) || !loop_lower_uses(loop, s))
            continue;
        for (int64_t copy = 0; copy < state->copy_count; copy++) {
            state->copy = copy;
            const struct binding *binding = loop_lower_binding(state, s);
            if (!binding->flow || !binding->flow->is_loop)
                continue;
            struct loop_expression name = {
                .kind = LOOP_NAME, .type = s->type, .line = loop->line, .symbol = s};
            if (loop_lower_expression(state, &name) == NONE)
                return false;
        }
        state->copy = 0;
    }
    return true;
}

static bool loop_lower_innermost(struct lower_state *state, const struct loop_statement *loop,
                                 struct region *region, struct region ***tail)
{
    ensure_block(state, tail); /* sets the accumulators */
    if (!gather_parts(state, loop))
        return false;
    state->flow = NULL;
    int64_t copies = choose_copies(state, loop, state->options->unroll);
    int64_t trips = loop_lower_constant_trips(loop);
    region->kind = REGION_LOOP;
    region->copies = copies;
    struct binding *before = copy_bindings(state), *other = NULL;
    struct promoted rest[PROMOTED_MOST];
    bool has_rest = copies > 1 && loop->multiple % copies != 0 && (trips < 0 || trips % copies);
    if (has_rest) {
        region->remainder = loop_lower_body(state, loop, 1);
        if (!region->remainder)
            return false;
        other = copy_bindings(state);
        memcpy(rest, state->promoted, sizeof rest);
        memcpy(state->bindings, before, binding_count(state) * sizeof *before);
    }
    region->flow = loop_lower_body(state, loop, copies);
    if (!region->flow)
        return false;
    note_values(state, region, before, other);
    for (int k = 0; k < state->promoted_count; k++) {
        struct value_place main = {region->flow, state->promoted[k].current};
        struct value_place left = {region->remainder, rest[k].current};
        region->values[region->value_count++] = (struct region_value){
            state->promoted[k].symbol, main, main, has_rest ? left : main};
    }
    **tail = region;
    *tail = &region->next;
    bool is_written = false;
    for (int k = 0; k < state->promoted_count; k++)
        is_written = is_written || state->promoted[k].is_written;
    if (is_written)
        ensure_block(state, tail);
    return !is_written || loop_lower_store_promoted(state, region->flow);
}

static bool has_inner_nest(const struct loop_statement *list, int64_t expand)
{
    for (const struct loop_statement *s = list; s; s = s->next)
        if ((s->kind == LOOP_FOR || s->kind == LOOP_WHILE) &&
            loop_lower_has_loop(s->body, expand))
            return true;
    return false;
}

static int64_t choose_jam(const struct lower_state *state, const struct loop_statement *loop)
{
    int64_t jam = loop->unroll ? loop->unroll : 1;
    if (!loop->unroll && state->options->jam > 1 &&
        !has_inner_nest(loop->body, state->options->expand) &&
        loop_lower_can_jam(state->kernel, loop, state->options->expand))
        jam = state->options->jam ? state->options->jam : 1;
    int64_t trips = loop_lower_constant_trips(loop);
    if (trips > 0 && jam > trips)
        jam = trips;
    int64_t inner = loop_lower_expansion(loop->body, state->options->expand);
    while (jam > 1 && jam * state->copy_count * inner > COPIES_MOST)
        jam /= 2;
    return jam;
}

static bool loop_lower_nest_body(struct lower_state *state, const struct loop_statement *loop,
                                 int64_t jam, struct region **body)
{
    if (!loop_lower_enter(state, loop, jam))
        return false;
    state->flow = NULL;
    bool is_done = loop_lower_list(state, loop->body, body);
    /* The pass ends with a branch, in straight-line code. */
    struct region **last = body;
    while (*last && ((*last)->next || (*last)->kind != REGION_BLOCK))
        last = &(*last)->next;
    if (!*last) {
        state->flow = NULL;
        ensure_block(state, &last);
    }
    state->flow = NULL;
    loop_lower_leave(state);
    return is_done;
}

static bool loop_lower_nest(struct lower_state *state, const struct loop_statement *loop,
                            struct region *region, struct region ***tail)
{
    int64_t jam = choose_jam(state, loop), trips = loop_lower_constant_trips(loop);
    region->kind = REGION_NEST;
    region->copies = jam;
    struct binding *before = copy_bindings(state), *other = NULL;
    if (loop->kind == LOOP_WHILE)
        state->lowered->needs_values = true;
    if (jam > 1 && loop->multiple % jam != 0 && (trips < 0 || trips % jam)) {
        if (!loop_lower_nest_body(state, loop, 1, &region->other))
            return false;
        other = copy_bindings(state);
        memcpy(state->bindings, before, binding_count(state) * sizeof *before);
    }
    if (!loop_lower_nest_body(state, loop, jam, &region->body))
        return false;
    note_values(state, region, before, other);
    **tail = region;
    *tail = &region->next;
    return true;
}

/* Bounds that are not affine are computed before the loop, and need the arrays' contents. */
static bool loop_lower_bounds(struct lower_state *state, const struct loop_statement *loop,
                              struct region *region, struct region ***tail)
{
    if (loop->kind != LOOP_FOR)
        return true;
    const struct loop_expression *bounds[2] = {loop->from, loop->to};
    for (int b = 0; b < 2; b++) {
        if (bounds[b]->kind == LOOP_NUMBER)
            continue;
        ensure_block(state, tail);
        state->copy = 0;
        int node = loop_lower_expression(state, bounds[b]);
        if (node == NONE)
            return false;
        if (state->flow->nodes[node].kind != FLOW_AFFINE)
            state->lowered->needs_values = true;
        state->flow->nodes[node].is_live_out = true;
        *(b ? &region->to : &region->from) = (struct value_place){state->flow, node};
    }
    return true;
}

static bool loop_lower_loop(struct lower_state *state, const struct loop_statement *loop,
                            struct region ***tail)
{
    struct region *region = new_region(state, REGION_LOOP, loop);
    if (!check_words(state, loop, &loop->use) || !check_words(state, loop, &loop->avoid) ||
        !loop_lower_bounds(state, loop, region, tail))
        return false;
    bool is_innermost = !loop_lower_has_loop(loop->body, state->options->expand);
    if (!is_innermost)
        state->flow = NULL;
    if (loop->kind == LOOP_WHILE)
        state->lowered->needs_values = true;
    return is_innermost ? loop_lower_innermost(state, loop, region, tail)
                        : loop_lower_nest(state, loop, region, tail);
}

/* A branch around loops: which path runs is only known from values. */
static bool loop_lower_branch(struct lower_state *state, const struct loop_statement *statement,
                              struct region ***tail)
{
    if (state->copy_count > 1)
        return error_set(state->err,
                         "%s:%d: a loop inside an if cannot stand in an unrolled loop",
                         state->kernel->path, statement->line);
    ensure_block(state, tail);
    int condition = loop_lower_as_value(state, loop_lower_expression(state, statement->value));
    if (condition == NONE)
        return false;
    struct region *region = new_region(state, REGION_IF, statement);
    region->from = (struct value_place){state->flow, condition};
    state->flow->nodes[condition].is_live_out = true;
    state->lowered->needs_values = true;
    state->flow = NULL;
    struct binding *before = copy_bindings(state);
    if (!loop_lower_list(state, statement->body, &region->body))
        return false;
    struct binding *after = copy_bindings(state);
    memcpy(state->bindings, before, binding_count(state) * sizeof *before);
    state->flow = NULL;
    if (!loop_lower_list(state, statement->other, &region->other))
        return false;
    state->flow = NULL;
    /* What both paths write is in one register, as is what one of them writes. */
    struct binding *other = copy_bindings(state);
    for (size_t i = 0; i < binding_count(state); i++)
        if (!is_same(after[i], before[i]))
            state->bindings[i] = after[i];
    note_values(state, region, before, other);
    for (int v = 0; v < region->value_count; v++) {
        struct region_value *value = &region->values[v];
        bool is_kept =
            value->main.flow == value->other.flow && value->main.node == value->other.node;
        if (is_kept)
            value->is_other_alone = true;
    }
    **tail = region;
    *tail = &region->next;
    return true;
}

static bool loop_lower_list(struct lower_state *state, const struct loop_statement *list,
                            struct region **first)
{
    struct region **tail = first;
    for (const struct loop_statement *s = list; s; s = s->next) {
        bool is_loop = s->kind == LOOP_WHILE ||
                       (s->kind == LOOP_FOR &&
                        !(state->depth > 0 && loop_lower_expands(s, state->options->expand)));
        if (is_loop || (s->kind == LOOP_IF && loop_lower_has_loop(s, state->options->expand))) {
            if (is_loop ? !loop_lower_loop(state, s, &tail)
                        : !loop_lower_branch(state, s, &tail))
                return false;
            continue;
        }
        ensure_block(state, &tail);
        for (int64_t copy = 0; copy < state->copy_count; copy++) {
            state->copy = copy;
            if (!loop_lower_simple(state, s))
                return false;
        }
        state->copy = 0;
    }
    return true;
}

bool loop_lower_kernel(const struct loop_kernel *kernel, const struct lower_options *options,
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
    if (!loop_lower_list(&state, kernel->body, tail))
        return false;
    lowered->results =
        arena_array(arena, (size_t)kernel->symbol_count + 1, sizeof *lowered->results);
    /* Scalars are results: what loops left in several accumulators is combined at the end. */
    state.flow = NULL;
    while (*tail)
        tail = &(*tail)->next;
    for (const struct loop_symbol *s = kernel->symbols; s; s = s->next)
        if (s->kind == LOOP_SCALAR && state.bindings[(size_t)s->id * COPIES_MOST].flow) {
            ensure_block(&state, &tail);
            struct loop_expression name = {
                .kind = LOOP_NAME, .type = s->type, .line = s->line, .symbol = s};
            int node = loop_lower_expression(&state, &name);
            if (node == NONE)
                return false;
            state.flow->nodes[node].is_live_out = true;
            lowered->results[lowered->result_count++] =
                (struct region_value){.symbol = s, .main = {state.flow, node}};
        }
    return true;
}
