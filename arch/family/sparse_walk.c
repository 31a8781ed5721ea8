#include "arch/family/sparse_walk.h"

#include <math.h>
#include <string.h>

enum { M = 1 << SPARSE_M, K = 1 << SPARSE_K, N = 1 << SPARSE_N };

/* Bytes that follow one another in memory: the burst between two pieces comes once. */
struct run {
    double bytes;
    uint64_t moved;
};

struct state {
    struct sparse_walk *walk;
    struct run values, pointers, columns, out, sums, rows_in;
    uint64_t entries_tile, table_tile, rows_tile; /* what the scratch holds; + 1, 0: nothing */
    uint64_t table_rows; /* tile of rows that alone the table's rows were selected for; + 1 */
    uint8_t *has_sums;   /* of each tile of the output */
    uint64_t capacity;
    struct arena *arena;
    /* Of this visit. */
    uint64_t visit, at[SPARSE_DIMS], columns_here, inner_here;
    struct sparse_tile *tile;
    bool loads_entries, loads_table, loads_rows, loads_sums, stores, is_finished;
};

static uint64_t run_take(struct run *run, double bytes, uint64_t burst)
{
    double unit = burst ? (double)burst : 1;
    run->bytes += bytes;
    uint64_t end = (uint64_t)(ceil(run->bytes / unit - 1e-9) * unit);
    uint64_t taken = end > run->moved ? end - run->moved : 0;
    run->moved += taken;
    return taken;
}

/* Rows of a piece: one run where they are whole, else pieces of their own. */
static uint64_t rows_take(const struct state *s, struct run *run, double element, uint64_t rows)
{
    const struct sparse_product *p = s->walk->product;
    double bytes = sparse_pieces_bytes(p, element, p->row_burst, (double)rows, s->columns_here);
    if (s->columns_here == p->size[SPARSE_N])
        return run_take(run, bytes, p->row_burst);
    return (uint64_t)llround(bytes);
}

static struct sparse_step *add_step(struct state *s)
{
    struct sparse_met *met = s->walk->met;
    if (met->step_count == s->capacity) {
        uint64_t capacity = s->capacity ? 2 * s->capacity : 64;
        met->steps = arena_grow(s->arena, met->steps, (size_t)s->capacity, (size_t)capacity,
                                sizeof *met->steps);
        s->capacity = capacity;
    }
    struct sparse_step *step = &met->steps[met->step_count++];
    *step = (struct sparse_step){.columns = s->columns_here};
    for (int d = 0; d < SPARSE_DIMS; d++)
        step->at[d] = (uint32_t)s->at[d];
    return step;
}

static void load_table(struct state *s, const struct sparse_part *part,
                       struct sparse_step *step)
{
    const struct sparse_walk *walk = s->walk;
    const struct sparse_product *p = walk->product;
    const struct sparse_nest *nest = walk->nest;
    if (p->table_bytes <= 0)
        return;
    double burst = (double)(p->table_burst ? p->table_burst : 1);
    double row = p->table_bytes * (double)s->columns_here;
    double record = nest->granule > 1 ? burst : ceil(row / burst) * burst;
    if (nest->is_gathered) {
        step->loads[3] = (uint64_t)llround((double)part->fresh * record);
        step->is_gathered = true;
        return;
    }
    if (!s->loads_table)
        return;
    s->loads_table = false;
    double whole = sparse_pieces_bytes(p, p->table_bytes, p->table_burst, (double)s->inner_here,
                                       s->columns_here);
    whole = ceil(whole / burst) * burst;
    uint64_t selected = 0;
    if (walk->is_staying)
        selected = walk->table[s->at[SPARSE_K]];
    else
        for (uint32_t i = s->tile->head; i; i = walk->met->parts[i].next)
            selected += walk->met->parts[i].fresh;
    double chosen = (double)selected * record;
    step->is_gathered = walk->selects && chosen < whole;
    s->table_rows = step->is_gathered && !walk->is_staying ? s->at[SPARSE_M] + 1 : 0;
    step->loads[3] = (uint64_t)llround(step->is_gathered ? chosen : whole);
}

static void load_entries(struct state *s, const struct sparse_part *part,
                         struct sparse_step *step)
{
    const struct sparse_product *p = s->walk->product;
    double entries = (double)part->entries;
    if (!s->loads_entries)
        return;
    if (!p->is_sampled)
        step->loads[0] = run_take(&s->values, entries * p->value_bytes, p->entry_burst[0]);
    uint64_t pointers = step->begun + (part == &s->walk->met->parts[s->tile->head]);
    if (s->walk->nest->is_listed)
        pointers = 2 * part->listed;
    step->loads[1] =
        run_take(&s->pointers, (double)pointers * p->pointer_bytes, p->entry_burst[1]);
    step->loads[2] = run_take(&s->columns, entries * p->column_bytes, p->entry_burst[2]);
}

static void move_output(struct state *s, const struct sparse_part *part,
                        struct sparse_step *step)
{
    const struct sparse_product *p = s->walk->product;
    if (sparse_output_side(p) == SPARSE_ROWS) {
        if (p->row_bytes <= 0)
            return;
        if (s->loads_sums)
            step->loads[STEP_PARTIAL] = rows_take(s, &s->sums, p->sum_bytes, step->begun);
        if (s->stores)
            step->store = rows_take(s, s->is_finished ? &s->out : &s->sums,
                                    s->is_finished ? p->row_bytes : p->sum_bytes, step->rows);
        return;
    }
    double results =
        p->is_pair && p->macs > 0 ? (double)part->macs / p->macs : (double)part->entries;
    if (s->loads_sums)
        step->loads[STEP_PARTIAL] = run_take(&s->sums, results * p->sum_bytes, p->row_burst);
    if (s->stores)
        step->store =
            run_take(s->is_finished ? &s->out : &s->sums,
                     results * (s->is_finished ? p->result_bytes : p->sum_bytes), p->row_burst);
}

/* What comes and goes with this visit. An empty tile is not visited for its own sake. */
static void enter(struct state *s)
{
    struct sparse_walk *walk = s->walk;
    const struct sparse_nest *nest = walk->nest;
    const struct sparse_product *p = walk->product;
    const uint64_t *at = s->at, *trips = nest->trips;
    bool is_rows = sparse_output_side(p) == SPARSE_ROWS, is_empty = s->tile->entries == 0;
    bool is_over = s->tile->has_overflow;
    uint64_t tile = at[SPARSE_M] * trips[SPARSE_K] + at[SPARSE_K] + 1;
    uint64_t table = at[SPARSE_K] * trips[SPARSE_N] + at[SPARSE_N] + 1;
    uint64_t rows = at[SPARSE_M] * trips[SPARSE_N] + at[SPARSE_N] + 1;
    s->loads_entries = !is_empty && (is_over || tile != s->entries_tile);
    s->loads_table = !is_empty && (table != s->table_tile ||
                                   (s->table_rows && s->table_rows != at[SPARSE_M] + 1));
    s->loads_rows = p->is_sampled && !is_empty && rows != s->rows_tile;
    if (!is_empty) {
        s->entries_tile = is_over ? 0 : tile;
        s->table_tile = table;
        s->rows_tile = rows;
    }
    int along = is_rows ? SPARSE_K : SPARSE_N;
    unsigned dims = is_rows ? M | N : M | K;
    uint64_t output = is_rows ? rows - 1 : tile - 1;
    bool spills = !is_rows && is_over;
    bool leaves = spills || s->visit + 1 == sparse_visits(nest) ||
                  sparse_changes(nest, s->visit + 1, dims);
    bool comes = spills || sparse_changes(nest, s->visit, dims);
    s->is_finished = at[along] + 1 == trips[along];
    bool is_idle = is_empty && !s->is_finished;
    s->loads_sums = comes && !is_idle && at[along] > 0 && s->has_sums[output];
    s->stores = leaves && !is_idle;
    if (s->stores && !s->is_finished)
        s->has_sums[output] = 1;
}

static void walk_tile(struct state *s)
{
    struct sparse_met *met = s->walk->met;
    const struct sparse_product *p = s->walk->product;
    uint64_t begin = s->at[SPARSE_M] * s->walk->nest->tile[SPARSE_M], first = begin;
    for (uint32_t i = s->tile->head; i; i = met->parts[i].next) {
        const struct sparse_part *part = &met->parts[i];
        struct sparse_step *step = add_step(s);
        step->part = i;
        step->rows = part->rows_end - begin;
        step->begun = part->rows_begun - first;
        begin = part->rows_end;
        first = part->rows_begun;
        step->entries = (double)part->entries;
        step->macs = p->is_pair ? (double)part->macs : step->entries * (double)s->columns_here;
        step->is_overflow = part->is_overflow;
        load_entries(s, part, step);
        if (part->entries)
            load_table(s, part, step);
        if (s->loads_rows)
            step->loads[0] = rows_take(s, &s->rows_in, p->row_bytes, step->begun);
        move_output(s, part, step);
        uint64_t moved = step->store;
        for (int load = 0; load < STEP_LOADS_MAX; load++) {
            moved += step->loads[load];
            met->loads[load] += step->loads[load];
        }
        met->stores += step->store;
        if (!moved && !part->entries)
            met->step_count--; /* nothing to do */
    }
}

static void count_tiles(struct sparse_walk *walk)
{
    struct sparse_met *met = walk->met;
    const uint64_t *trips = walk->nest->trips;
    for (uint64_t m = 0; m < trips[SPARSE_M]; m++)
        for (uint64_t k = 0; k < trips[SPARSE_K]; k++) {
            const struct sparse_tile *tile = &walk->tiles[m * trips[SPARSE_K] + k];
            met->tiles += tile->entries > 0;
            met->overflows += tile->has_overflow;
            met->entries += tile->entries;
            for (uint32_t i = tile->head; i; i = met->parts[i].next) {
                walk->table[k] += met->parts[i].fresh;
                met->macs += walk->product->is_pair
                                 ? met->parts[i].macs
                                 : met->parts[i].entries * walk->product->size[SPARSE_N];
            }
        }
}

static void *keep(struct arena *arena, const void *grown, size_t bytes)
{
    void *kept = arena_alloc(arena, bytes);
    if (grown)
        memcpy(kept, grown, bytes);
    return kept;
}

void sparse_walk(struct sparse_walk *walk, struct arena *scratch, struct arena *arena)
{
    struct state s = {.walk = walk, .arena = scratch};
    const struct sparse_nest *nest = walk->nest;
    const struct sparse_product *p = walk->product;
    int across = sparse_output_side(p) == SPARSE_ROWS ? SPARSE_N : SPARSE_K;
    s.has_sums = arena_alloc(scratch, (size_t)(nest->trips[SPARSE_M] * nest->trips[across]));
    count_tiles(walk);
    uint64_t visits = sparse_visits(nest);
    for (s.visit = 0; s.visit < visits; s.visit++) {
        sparse_visit(nest, s.visit, s.at);
        s.tile = &walk->tiles[s.at[SPARSE_M] * nest->trips[SPARSE_K] + s.at[SPARSE_K]];
        s.columns_here = sparse_extent(p, nest, SPARSE_N, s.at[SPARSE_N]);
        s.inner_here = sparse_extent(p, nest, SPARSE_K, s.at[SPARSE_K]);
        enter(&s);
        walk_tile(&s);
    }
    struct sparse_met *met = walk->met;
    if (met->step_count == 0)
        add_step(&s);
    /* They grew in scratch: what stays while the task plays is no larger than it must be. */
    met->steps = keep(arena, met->steps, met->step_count * sizeof *met->steps);
    met->parts = keep(arena, met->parts, (met->part_count + 1) * sizeof *met->parts);
}
