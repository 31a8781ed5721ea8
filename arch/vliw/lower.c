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

static bool loop_lower_innermost(struct lower_state *state, const struct loop_statement *loop,
                                 struct region ***tail)
{
    ensure_block(state, tail); /* sets the accumulators */
    state->flow = NULL;
    int64_t copies = choose_copies(state, loop, state->options->unroll);
    int64_t trips = loop_lower_constant_trips(loop);
    struct region *region = new_region(state, REGION_LOOP, loop);
    region->copies = copies;
    bool has_rest = copies > 1 && loop->multiple % copies != 0 && (trips < 0 || trips % copies);
    if (has_rest) {
        size_t bytes = (size_t)state->kernel->symbol_count * COPIES_MOST;
        struct binding *saved = arena_array(state->arena, bytes + 1, sizeof *saved);
        memcpy(saved, state->bindings, bytes * sizeof *saved);
        region->remainder = loop_lower_body(state, loop, 1);
        if (!region->remainder)
            return false;
        memcpy(state->bindings, saved, bytes * sizeof *saved);
    }
    region->flow = loop_lower_body(state, loop, copies);
    if (!region->flow)
        return false;
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
                            struct region ***tail)
{
    int64_t jam = choose_jam(state, loop), trips = loop_lower_constant_trips(loop);
    struct region *region = new_region(state, REGION_NEST, loop);
    region->copies = jam;
    if (loop->kind == LOOP_WHILE)
        state->lowered->needs_values = true;
    if (jam > 1 && loop->multiple % jam != 0 && (trips < 0 || trips % jam)) {
        size_t bytes = (size_t)state->kernel->symbol_count * COPIES_MOST;
        struct binding *saved = arena_array(state->arena, bytes + 1, sizeof *saved);
        memcpy(saved, state->bindings, bytes * sizeof *saved);
        if (!loop_lower_nest_body(state, loop, 1, &region->other))
            return false;
        memcpy(state->bindings, saved, bytes * sizeof *saved);
    }
    if (!loop_lower_nest_body(state, loop, jam, &region->body))
        return false;
    **tail = region;
    *tail = &region->next;
    return true;
}

/* Bounds that are not affine are computed before the loop, and need the arrays' contents. */
static bool loop_lower_bounds(struct lower_state *state, const struct loop_statement *loop,
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
        int node = loop_lower_expression(state, bounds[b]);
        if (node == NONE)
            return false;
        if (state->flow->nodes[node].kind != FLOW_AFFINE)
            state->lowered->needs_values = true;
    }
    return true;
}

static bool loop_lower_loop(struct lower_state *state, const struct loop_statement *loop,
                            struct region ***tail)
{
    if (!check_words(state, loop, &loop->use) || !check_words(state, loop, &loop->avoid) ||
        !loop_lower_bounds(state, loop, tail))
        return false;
    bool is_innermost = !loop_lower_has_loop(loop->body, state->options->expand);
    state->flow = NULL;
    if (loop->kind == LOOP_WHILE)
        state->lowered->needs_values = true;
    return is_innermost ? loop_lower_innermost(state, loop, tail)
                        : loop_lower_nest(state, loop, tail);
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
    if (loop_lower_as_value(state, loop_lower_expression(state, statement->value)) == NONE)
        return false;
    struct region *region = new_region(state, REGION_IF, statement);
    state->lowered->needs_values = true;
    state->flow = NULL;
    if (!loop_lower_list(state, statement->body, &region->body))
        return false;
    state->flow = NULL;
    if (!loop_lower_list(state, statement->other, &region->other))
        return false;
    state->flow = NULL;
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
        }
    return true;
}
