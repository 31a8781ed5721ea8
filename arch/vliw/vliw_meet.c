/* Plans of irregular primitives meet the index contents that come with the trace: the length of
 * every row, the records that are really touched, the banks that gathered addresses fall into,
 * and the stores that predicates let through. */
#include <string.h>

#include "arch/vliw/index_stall.h"
#include "arch/vliw/vliw_ragged.h"

/* Merges of lists are followed step by step up to so many steps; beyond, lists are taken to be
 * read to their ends. */
enum { MERGE_STEPS_MOST = 1 << 28 };

struct lengths {
    uint64_t *items;
    uint64_t count, total;
};

static const struct tensor_contents *contents_of(const struct primitive *p, int stream)
{
    return p->streams[stream] ? p->streams[stream]->contents : NULL;
}

static void add_length(struct lengths *lengths, uint64_t length)
{
    lengths->items[lengths->count++] = length;
    lengths->total += length;
}

static uint64_t row_length(const struct tensor_contents *pointers, int64_t row)
{
    return (uint64_t)(pointers->values[row + 1] - pointers->values[row]);
}

/* Whether rows [first, first + count) have pointers. */
static bool has_rows(const struct tensor_contents *pointers, uint64_t first, uint64_t count)
{
    return pointers && first + count < pointers->count;
}

/* Rows of the second matrix that the entries of rows of the first select, summed by row. */
static bool selected_rows(const struct primitive *p, uint64_t first, uint64_t rows,
                          struct arena *arena, struct lengths *lengths)
{
    const struct tensor_contents *pointers = contents_of(p, 0), *columns = contents_of(p, 1),
                                 *second = contents_of(p, 2);
    if (!has_rows(pointers, first, rows) || !columns || !second)
        return false;
    lengths->items = arena_array(arena, (size_t)rows + 1, sizeof *lengths->items);
    for (uint64_t r = first; r < first + rows; r++) {
        uint64_t sum = 0;
        for (int64_t e = pointers->values[r]; e < pointers->values[r + 1]; e++)
            sum += row_length(second, columns->values[e]);
        add_length(lengths, sum);
    }
    return true;
}

/* The rows of a frontier; a share holds the entries from number `first` on. */
static bool frontier_lengths(const struct primitive *p, uint64_t first, struct arena *arena,
                             struct lengths *lengths)
{
    const struct tensor_contents *pointers = contents_of(p, 0), *frontier = contents_of(p, 2);
    if (!pointers || !frontier || p->input_count != 3)
        return false;
    lengths->items = arena_array(arena, (size_t)frontier->count + 1, sizeof *lengths->items);
    uint64_t seen = 0, end = first + p->gather.count;
    for (uint64_t i = 0; i < frontier->count; i++) {
        uint64_t length = row_length(pointers, frontier->values[i]);
        uint64_t begin = seen > first ? seen : first;
        uint64_t stop = seen + length < end ? seen + length : end;
        seen += length;
        if (stop > begin || (length == 0 && seen >= first && seen <= end))
            add_length(lengths, stop > begin ? stop - begin : 0);
    }
    return true;
}

/* Steps until one of two sorted lists is at its end. */
static uint64_t merge_steps(const int64_t *a, const int64_t *a_end, const int64_t *b,
                            const int64_t *b_end)
{
    uint64_t steps = 0;
    for (; a < a_end && b < b_end; steps++) {
        bool takes_a = *a <= *b, takes_b = *b <= *a;
        a += takes_a;
        b += takes_b;
    }
    return steps;
}

/* Every entry of a graph intersects the rows of its two ends. */
static bool merge_lengths(const struct primitive *p, struct arena *arena,
                          struct lengths *lengths)
{
    const struct tensor_contents *pointers = contents_of(p, 0), *columns = contents_of(p, 1);
    if (p->streams[2])
        return p->merge.rows > 0 && selected_rows(p, 0, p->merge.rows, arena, lengths);
    if (!pointers || !columns || pointers->count == 0 || p->merge.rows != columns->count)
        return false;
    bool is_long = p->merge.left + p->merge.right > MERGE_STEPS_MOST;
    lengths->items = arena_array(arena, (size_t)columns->count + 1, sizeof *lengths->items);
    const int64_t *c = columns->values;
    for (uint64_t v = 0; v + 1 < pointers->count; v++)
        for (int64_t e = pointers->values[v]; e < pointers->values[v + 1]; e++) {
            const int64_t *one = &pointers->values[v], *two = &pointers->values[c[e]];
            add_length(lengths,
                       is_long ? (uint64_t)(one[1] - one[0] + two[1] - two[0])
                               : merge_steps(c + one[0], c + one[1], c + two[0], c + two[1]));
        }
    return true;
}

/* Bags of records: all outputs of a bag fold as many values. */
static bool bag_lengths(const struct primitive *p, uint64_t first, struct arena *arena,
                        struct lengths *lengths)
{
    const struct tensor_contents *offsets = contents_of(p, 0);
    if (!offsets || offsets->count == 0 || first > 0 || p->reduce.outputs % offsets->count != 0)
        return false;
    uint64_t width = p->reduce.outputs / offsets->count;
    uint64_t all = width ? p->inputs[0].elements / width : 0;
    lengths->items = arena_array(arena, (size_t)p->reduce.outputs + 1, sizeof *lengths->items);
    for (uint64_t b = 0; b < offsets->count; b++) {
        int64_t begin = offsets->values[b];
        int64_t end = b + 1 < offsets->count ? offsets->values[b + 1] : (int64_t)all;
        for (uint64_t w = 0; w < width; w++)
            add_length(lengths, end > begin ? (uint64_t)(end - begin) : 0);
    }
    return true;
}

static bool find_lengths(const struct primitive *p, uint64_t first, struct arena *arena,
                         struct lengths *lengths)
{
    *lengths = (struct lengths){.items = NULL};
    switch (p->kind) {
    case PRIMITIVE_GATHER:
        return frontier_lengths(p, first, arena, lengths);
    case PRIMITIVE_MERGE:
        return first == 0 && merge_lengths(p, arena, lengths);
    case PRIMITIVE_REDUCE:
        return bag_lengths(p, first, arena, lengths);
    default:
        return false;
    }
}

/* Different values of an index among those from `first` on. */
static uint64_t count_distinct(const struct tensor_contents *index, uint64_t first,
                               uint64_t count, uint64_t universe, struct arena *arena)
{
    struct arena_mark mark = arena_mark(arena);
    uint64_t *seen = arena_array(arena, (size_t)(universe / 64 + 1), sizeof *seen),
             distinct = 0;
    for (uint64_t i = first; i < first + count && i < index->count; i++) {
        int64_t value = index->values[i];
        uint64_t at = (uint64_t)(value < 0 ? value + (int64_t)universe : value);
        if (at >= universe || seen[at / 64] >> at % 64 & 1)
            continue;
        seen[at / 64] |= UINT64_C(1) << at % 64;
        distinct++;
    }
    arena_release(arena, mark);
    return distinct;
}

/* Records that nobody looks up are not brought. */
static void limit_bytes(const struct primitive *p, uint64_t first, struct vliw_detail *detail,
                        struct arena *arena)
{
    const struct tensor_contents *index = contents_of(p, 0);
    if (p->kind != PRIMITIVE_GATHER || p->streams[1] || !index || p->gather.universe == 0 ||
        !detail->bytes[0])
        return;
    uint64_t distinct =
        count_distinct(index, first, p->gather.count, p->gather.universe, arena);
    uint64_t elements = p->inputs[0].elements ? p->inputs[0].elements : 1;
    double each = (double)detail->bytes[0] / (double)elements;
    uint64_t bytes = (uint64_t)((double)(distinct * p->gather.record) * each);
    if (bytes < detail->bytes[0])
        detail->bytes[0] = bytes;
}

/* Rows in order, each in the step in which its share of all items falls. Outputs in the lanes
 * side by side run as long as the longest of them. */
static struct vliw_tally deal_rows(const struct vliw_ragged *ragged,
                                   const struct lengths *lengths, uint64_t step_count,
                                   struct cycle_account *steps)
{
    struct vliw_tally all = {.entries = 0};
    uint64_t side = ragged->unit->rows > 1 ? (uint64_t)ragged->unit->rows : 1, done = 0;
    double whole = (double)lengths->total + (double)lengths->count;
    for (uint64_t r = 0; r < lengths->count; r += side) {
        struct vliw_tally one = {.entries = 0};
        uint64_t longest = 0, end = r + side < lengths->count ? r + side : lengths->count;
        uint64_t at = (uint64_t)((double)done / whole * (double)step_count);
        for (uint64_t k = r; k < end; k++) {
            longest = lengths->items[k] > longest ? lengths->items[k] : longest;
            done += lengths->items[k] + 1;
        }
        vliw_ragged_add(ragged, 1, longest, &one);
        cycle_account_add(&steps[at < step_count ? at : step_count - 1], &one.account);
        cycle_account_add(&all.account, &one.account);
        all.entries += one.entries;
        all.passes += one.passes;
        all.rest_passes += one.rest_passes;
    }
    return all;
}

/* Equal loops: what the plan has counted, in equal shares. */
static struct vliw_tally deal_equally(const struct plan *plan, struct cycle_account *steps)
{
    const struct vliw_detail *detail = plan->detail;
    const struct plan_loop *loop = plan->loops;
    struct vliw_tally all = {
        .account = detail->account, .entries = loop->entries, .passes = loop->passes};
    for (uint64_t s = 0; s < plan->step_count; s++)
        for (int reason = 0; reason < REASON_COUNT; reason++)
            steps[s].cycles[reason] =
                detail->account.cycles[reason] / plan->step_count +
                (s < detail->account.cycles[reason] % plan->step_count ? 1 : 0);
    return all;
}

/* Values written where a predicate holds, of those looked at: a frontier finds the vertices of
 * the next one. */
static uint64_t count_squashed(const struct primitive *p)
{
    bool is_frontier = p->kind == PRIMITIVE_SCATTER && p->streams[2];
    return is_frontier && p->gather.count > p->output.elements
               ? 2 * (p->gather.count - p->output.elements)
               : 0;
}

const struct plan *vliw_meet(const struct core *core, const struct plan *plan,
                             const struct primitive *primitive, uint64_t first,
                             struct arena *arena)
{
    struct vliw_state *state = core->state;
    const struct vliw_detail *before = plan->detail;
    if (before->sparse)
        return vliw_sparse_meet(core, plan, primitive, first, arena);
    struct vliw_detail *detail = arena_alloc(arena, sizeof *detail);
    struct plan *met = arena_alloc(arena, sizeof *met);
    struct cycle_account *steps = arena_array(arena, (size_t)plan->step_count, sizeof *steps);
    *detail = *before;
    *met = *plan;
    met->detail = detail;
    detail->steps = steps;
    struct lengths lengths;
    struct vliw_ragged ragged = {.unit = before->unit, .width = 1};
    struct vliw_tally tally;
    struct vliw_unit folds;
    if (find_lengths(primitive, first, arena, &lengths)) {
        struct number_format format = vliw_compute_format(core, primitive);
        if (primitive->kind == PRIMITIVE_REDUCE) {
            /* One loop, entered for every output: what is around it belongs to each entry. */
            folds = *before->unit;
            folds.row_cycles = (uint64_t)folds.entry_cycles;
            folds.setup_cycles = folds.loop_setup = 0;
            folds.rest = NULL;
            ragged.unit = &folds;
        } else if (!vliw_ragged_make(state, plan->primitive, format, &ragged))
            return NULL;
        tally = deal_rows(&ragged, &lengths, plan->step_count, steps);
        uint64_t call = (uint64_t)state->machine.params->call_cycles;
        steps[0].cycles[REASON_RECONFIGURE] += call;
        detail->account = tally.account;
        detail->account.cycles[REASON_RECONFIGURE] += call;
    } else
        tally = deal_equally(plan, steps);
    uint64_t stalls = index_stalls(before->unit->loop, before->unit->copies, &state->machine,
                                   primitive, first, plan->step_count, steps);
    detail->account.cycles[REASON_BANK_CONFLICT] += stalls;
    limit_bytes(primitive, first, detail, arena);
    vliw_plan_fill(core, &tally, count_squashed(primitive), arena, met);
    met->memory_bytes = detail->output_bytes;
    for (int i = 0; i < PRIMITIVE_INPUTS_MAX; i++)
        met->memory_bytes += detail->bytes[i];
    return met;
}
