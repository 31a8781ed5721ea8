#include "arch/vliw/kernel_tiles.h"

#include "arch/vliw/lower_state.h"

struct scan {
    const struct loop_kernel *kernel;
    const struct loop_statement *loop;
    struct kernel_tiling *tiling;
    struct subscript_range *ranges; /* per symbol id, of indices */
    bool *is_known;
    const struct loop_statement **loop_of; /* per symbol id: the loop of an index */
    int conditions;                        /* ifs and whiles around */
};

static bool is_one(const struct subscript_range *range)
{
    return range->low_slope == 0 && range->high_slope == 0 && range->low == range->high;
}

static struct subscript_range scaled(const struct subscript_range *a, int64_t factor)
{
    struct subscript_range result = {a->low_slope * factor, a->low * factor,
                                     a->high_slope * factor, a->high * factor};
    if (factor < 0)
        result = (struct subscript_range){a->high_slope * factor, a->high * factor,
                                          a->low_slope * factor, a->low * factor};
    return result;
}

static struct subscript_range sum(const struct subscript_range *a,
                                  const struct subscript_range *b)
{
    return (struct subscript_range){a->low_slope + b->low_slope, a->low + b->low,
                                    a->high_slope + b->high_slope, a->high + b->high};
}

static bool range_of(const struct scan *scan, const struct loop_expression *from,
                     struct subscript_range *range)
{
    enum { MOST = 1 << 30 };
    struct subscript_range a, b;
    if (from->type.class == NUMBER_FLOAT)
        return false;
    switch (from->kind) {
    case LOOP_NUMBER:
        *range = (struct subscript_range){0, from->integer, 0, from->integer};
        return from->integer < MOST && from->integer > -MOST;
    case LOOP_NAME:
        if (from->symbol == scan->loop->index) {
            *range = (struct subscript_range){1, 0, 1, 0};
            return true;
        }
        *range = scan->ranges[from->symbol->id];
        return from->symbol->kind == LOOP_INDEX && scan->is_known[from->symbol->id];
    case LOOP_ELEMENT:
        return false;
    default:
        break;
    }
    if (from->operator_ == LOOP_CAST && from->type.bits >= 32)
        return range_of(scan, from->arguments[0], range);
    if (from->argument_count != 2 || !range_of(scan, from->arguments[0], &a) ||
        !range_of(scan, from->arguments[1], &b))
        return false;
    struct subscript_range minus = scaled(&b, -1);
    switch (from->operator_) {
    case LOOP_ADD:
        *range = sum(&a, &b);
        return true;
    case LOOP_SUB:
        *range = sum(&a, &minus);
        return true;
    case LOOP_MUL:
        if (!is_one(&a) && !is_one(&b))
            return false;
        *range = is_one(&b) ? scaled(&a, b.low) : scaled(&b, a.low);
        return range->low < MOST && range->low > -MOST;
    case LOOP_SHL:
        if (!is_one(&b) || b.low < 0 || b.low > 20)
            return false;
        *range = scaled(&a, INT64_C(1) << b.low);
        return true;
    default:
        return false;
    }
}

static struct array_use *use_of(struct scan *scan, const struct loop_symbol *symbol)
{
    struct kernel_tiling *tiling = scan->tiling;
    for (int u = 0; u < tiling->use_count; u++)
        if (tiling->uses[u].symbol == symbol)
            return &tiling->uses[u];
    tiling->uses[tiling->use_count] = (struct array_use){.symbol = symbol};
    return &tiling->uses[tiling->use_count++];
}

/* An index, or an index and a constant, whose loop leaves nothing out. */
static bool is_dense(const struct scan *scan, const struct loop_expression *subscript)
{
    const struct loop_expression *name = subscript;
    if (subscript->kind == LOOP_NUMBER)
        return true;
    if (subscript->kind == LOOP_OPERATION && subscript->argument_count == 2 &&
        (subscript->operator_ == LOOP_ADD || subscript->operator_ == LOOP_SUB) &&
        subscript->arguments[1]->kind == LOOP_NUMBER)
        name = subscript->arguments[0];
    if (name->kind != LOOP_NAME || name->symbol->kind != LOOP_INDEX)
        return false;
    const struct loop_statement *loop = scan->loop_of[name->symbol->id];
    return loop && loop->step == 1;
}

static void add_reference(struct scan *scan, const struct loop_expression *element,
                          bool is_write)
{
    struct array_use *use = use_of(scan, element->symbol);
    use->is_read = use->is_read || !is_write;
    use->is_written = use->is_written || is_write;
    use->is_partly_written = use->is_partly_written || (is_write && scan->conditions > 0);
    int number = use->reference_count++;
    if (number >= TILE_REFERENCES)
        return;
    for (int d = 0; d < element->argument_count; d++) {
        struct subscript_range *range = &use->references[number][d];
        int64_t most = element->symbol->extent[d] - 1;
        if (!range_of(scan, element->arguments[d], range))
            *range = (struct subscript_range){0, 0, 0, most};
        if (is_write && !is_dense(scan, element->arguments[d]))
            use->is_partly_written = true;
    }
}

static void scan_expression(struct scan *scan, const struct loop_expression *from)
{
    if (!from)
        return;
    if (from->kind == LOOP_ELEMENT)
        add_reference(scan, from, false);
    for (int a = 0; a < from->argument_count; a++)
        scan_expression(scan, from->arguments[a]);
}

static void scan_list(struct scan *scan, const struct loop_statement *list);

static void scan_loop(struct scan *scan, const struct loop_statement *loop)
{
    struct subscript_range from, to;
    scan_expression(scan, loop->from);
    scan_expression(scan, loop->to);
    int id = loop->index->id;
    scan->loop_of[id] = loop;
    scan->is_known[id] = range_of(scan, loop->from, &from) && range_of(scan, loop->to, &to);
    if (scan->is_known[id])
        scan->ranges[id] =
            (struct subscript_range){from.low_slope, from.low, to.high_slope, to.high - 1};
    scan_list(scan, loop->body);
}

static void scan_list(struct scan *scan, const struct loop_statement *list)
{
    for (const struct loop_statement *s = list; s; s = s->next) {
        if (s->kind == LOOP_FOR) {
            scan_loop(scan, s);
            continue;
        }
        scan_expression(scan, s->value);
        if (s->kind == LOOP_ASSIGN && s->target->kind == LOOP_ELEMENT) {
            for (int a = 0; a < s->target->argument_count; a++)
                scan_expression(scan, s->target->arguments[a]);
            add_reference(scan, s->target, true);
        }
        scan->conditions++;
        scan_list(scan, s->body);
        scan_list(scan, s->other);
        scan->conditions--;
    }
}

/* In some dimension every reference moves alike, and further than they spread. */
static bool is_apart(const struct kernel_tiling *tiling, const struct array_use *use)
{
    if (use->reference_count > TILE_REFERENCES)
        return false;
    for (int d = 0; d < use->symbol->dimension_count; d++) {
        const struct subscript_range *first = &use->references[0][d];
        int64_t slope = first->low_slope, low = first->low, high = first->high;
        bool is_alike = slope != 0;
        for (int r = 0; r < use->reference_count && is_alike; r++) {
            const struct subscript_range *range = &use->references[r][d];
            is_alike = range->low_slope == slope && range->high_slope == slope;
            low = range->low < low ? range->low : low;
            high = range->high > high ? range->high : high;
        }
        int64_t stride = (slope < 0 ? -slope : slope) * tiling->loop->step;
        if (is_alike && high - low < stride)
            return true;
    }
    return false;
}

static bool moves(const struct array_use *use)
{
    for (int r = 0; r < use->reference_count && r < TILE_REFERENCES; r++)
        for (int d = 0; d < use->symbol->dimension_count; d++)
            if (use->references[r][d].low_slope != 0 || use->references[r][d].high_slope != 0)
                return use->reference_count <= TILE_REFERENCES;
    return false;
}

static bool has_private_scalars(const struct loop_kernel *kernel,
                                const struct loop_statement *loop)
{
    for (const struct loop_symbol *s = kernel->symbols; s; s = s->next) {
        bool is_assigned = (s->kind == LOOP_SCALAR || s->kind == LOOP_LOCAL) &&
                           loop_lower_assigns(loop->body, s);
        /* Scalars of the top are results: the last pass leaves them. */
        if (is_assigned && (s->kind == LOOP_SCALAR || !loop_lower_writes_first(loop->body, s)))
            return false;
    }
    return true;
}

void kernel_tiling_init(struct kernel_tiling *tiling, const struct loop_kernel *kernel,
                        const struct loop_statement *loop, struct arena *arena)
{
    size_t symbols = (size_t)kernel->symbol_count + 1;
    *tiling = (struct kernel_tiling){.loop = loop,
                                     .uses = arena_array(arena, symbols, sizeof *tiling->uses)};
    struct scan scan = {.kernel = kernel,
                        .loop = loop,
                        .tiling = tiling,
                        .ranges = arena_array(arena, symbols, sizeof *scan.ranges),
                        .is_known = arena_array(arena, symbols, sizeof(bool)),
                        .loop_of = arena_array(arena, symbols, sizeof *scan.loop_of)};
    scan.loop_of[loop->index->id] = loop;
    scan_list(&scan, loop->body);
    bool is_parallel = has_private_scalars(kernel, loop);
    for (int u = 0; u < tiling->use_count; u++) {
        struct array_use *use = &tiling->uses[u];
        use->is_sliced = moves(use);
        use->is_apart = is_apart(tiling, use);
        is_parallel = is_parallel && (!use->is_written || use->is_apart ||
                                      use->symbol->is_independent || loop->is_independent);
    }
    tiling->is_parallel = is_parallel;
}

bool kernel_tiling_stays(const struct array_use *use)
{
    return !use->is_sliced || (use->is_written && !use->is_apart);
}

static int64_t clip(int64_t value, int64_t most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

struct array_box kernel_tiling_box(const struct kernel_tiling *tiling,
                                   const struct array_use *use, int64_t from, int64_t first,
                                   int64_t last)
{
    int64_t begin = from + first * tiling->loop->step,
            end = from + (last - 1) * tiling->loop->step;
    struct array_box box = {.bytes = 0};
    uint64_t elements = 1;
    for (int d = 0; d < use->symbol->dimension_count; d++) {
        int64_t most = use->symbol->extent[d] - 1, low = most, high = 0;
        if (use->reference_count > TILE_REFERENCES) {
            low = 0;
            high = most;
        }
        for (int r = 0; r < use->reference_count && r < TILE_REFERENCES; r++) {
            const struct subscript_range *range = &use->references[r][d];
            int64_t ends[2] = {begin, end};
            for (int e = 0; e < 2; e++) {
                int64_t a = clip(range->low_slope * ends[e] + range->low, most);
                int64_t b = clip(range->high_slope * ends[e] + range->high, most);
                low = a < low ? a : low;
                high = b > high ? b : high;
            }
        }
        box.low[d] = low;
        box.extent[d] = high >= low ? high - low + 1 : 1;
        elements *= (uint64_t)box.extent[d];
    }
    box.bytes = number_format_bytes(use->symbol->type, elements);
    return box;
}
