#include "arch/family/sparse_search.h"

#include <math.h>
#include <string.h>

#include "arch/family/sparse_model.h"

enum { EVALUATIONS = 3000, VARIANTS = 12, VISITS_MOST = 1 << 18, PIECES = 32, PIECE = 1024 };

static const uint8_t ORDERS[6][SPARSE_DIMS] = {
    {SPARSE_M, SPARSE_N, SPARSE_K}, {SPARSE_M, SPARSE_K, SPARSE_N},
    {SPARSE_N, SPARSE_K, SPARSE_M}, {SPARSE_K, SPARSE_M, SPARSE_N},
    {SPARSE_N, SPARSE_M, SPARSE_K}, {SPARSE_K, SPARSE_N, SPARSE_M}};

/* Trips along k and n, from `low` to `high` each: cuts that are still to be looked at. */
struct cell {
    uint64_t low[2], high[2];
    double bound;
};

struct score {
    double first, second, start;
};

struct search {
    const struct sparse_product *product;
    const struct sparse_options *options;
    struct sparse_model model;
    struct sparse_cut best;
    struct sparse_traffic best_traffic;
    struct score best_score;
    bool is_found, is_limited; /* limited: to nests of not too many visits */
    uint64_t scratch, evaluations;
    struct cell *cells; /* a heap by bound */
    size_t count;
    double open; /* the smallest bound of those that found no place */
};

static uint64_t divide_up(uint64_t a, uint64_t b)
{
    return (a - 1) / b + 1;
}

/* Whether walking the nest takes more steps than a run can be made of. */
static bool is_too_long(const struct search *s, const struct sparse_cut *cut)
{
    double visits = cut->trips[SPARSE_M] * cut->trips[SPARSE_K] * cut->trips[SPARSE_N];
    return s->is_limited && visits > VISITS_MOST;
}

static bool fits(struct search *s, struct sparse_cut *cut, uint64_t rows)
{
    cut->tile[SPARSE_M] = rows;
    cut->trips[SPARSE_M] = (double)divide_up(s->product->size[SPARSE_M], rows);
    return sparse_model_footprint(&s->model, cut) <= (double)s->scratch;
}

/* The most rows that fit; nothing moves less with fewer. False: not even one does. */
static bool fit_rows(struct search *s, struct sparse_cut *cut)
{
    uint64_t rows = s->product->size[SPARSE_M];
    if (fits(s, cut, rows))
        return true;
    uint64_t low = 0, high = rows - 1;
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        if (fits(s, cut, middle))
            low = middle;
        else
            high = middle - 1;
    }
    return low > 0 && fits(s, cut, low);
}

static struct score judge(const struct search *s, const struct sparse_cut *cut,
                          const struct sparse_traffic *traffic)
{
    const struct sparse_options *options = s->options;
    uint64_t trips[SPARSE_DIMS];
    for (int d = 0; d < SPARSE_DIMS; d++)
        trips[d] = (uint64_t)cut->trips[d];
    double work = options->work ? options->work(options->context, trips) : 0;
    double cycles = work > traffic->cycles ? work : traffic->cycles;
    double cost = options->fixed_cost + traffic->bytes * options->byte_cost;
    switch (options->objective) {
    case MAPPER_COST:
        return (struct score){cost, cycles, 0};
    case MAPPER_PRODUCT:
        return (struct score){cost * cycles, traffic->bytes, 0};
    default:
        return (struct score){cycles, traffic->bytes, 0};
    }
}

static bool is_better(const struct score *a, const struct score *b)
{
    if (a->first != b->first)
        return a->first < b->first;
    if (a->second != b->second)
        return a->second < b->second;
    return a->start < b->start;
}

static struct sparse_cut variant_of(int variant)
{
    return (struct sparse_cut){.order = ORDERS[variant % 6], .is_gathered = variant >= 6};
}

/* Without columns to cut half of the orders are alike; a table at rest is never gathered. */
static bool is_wanted(const struct search *s, int variant)
{
    if (variant >= 6 && s->product->table_bytes <= 0)
        return false;
    return s->product->size[SPARSE_N] > 1 || variant % 6 == 0 || variant % 6 == 2;
}

static double gap_of(const struct search *s)
{
    double best = s->best_score.first;
    return s->open < best ? (best - s->open) / best : 0;
}

static void evaluate(struct search *s, uint64_t inner_trips, uint64_t column_trips)
{
    const uint64_t *size = s->product->size;
    for (int v = 0; v < VARIANTS; v++) {
        if (!is_wanted(s, v))
            continue;
        struct sparse_cut cut = variant_of(v);
        cut.tile[SPARSE_K] = divide_up(size[SPARSE_K], inner_trips);
        cut.tile[SPARSE_N] = divide_up(size[SPARSE_N], column_trips);
        cut.trips[SPARSE_K] = (double)divide_up(size[SPARSE_K], cut.tile[SPARSE_K]);
        cut.trips[SPARSE_N] = (double)divide_up(size[SPARSE_N], cut.tile[SPARSE_N]);
        if (!fit_rows(s, &cut))
            continue;
        if (is_too_long(s, &cut))
            continue;
        /* Equal pieces of what so many trips need at least. */
        cut.tile[SPARSE_M] = divide_up(size[SPARSE_M], (uint64_t)cut.trips[SPARSE_M]);
        struct sparse_traffic traffic;
        sparse_model_traffic(&s->model, &cut, &traffic);
        struct score score = judge(s, &cut, &traffic);
        score.start =
            s->product->table_bytes * (double)cut.tile[SPARSE_K] * (double)cut.tile[SPARSE_N];
        if (s->is_found && !is_better(&score, &s->best_score))
            continue;
        s->best = cut;
        s->best_traffic = traffic;
        s->best_score = score;
        s->is_found = true;
    }
    s->evaluations++;
}

/* No nest with trips of the cell scores less: it moves as the largest tiles do and has the room
 * of the smallest. Infinite: none of them fits. */
static double bound_cell(struct search *s, const struct cell *cell)
{
    const uint64_t *size = s->product->size;
    double least = INFINITY;
    for (int v = 0; v < VARIANTS; v++) {
        if (!is_wanted(s, v))
            continue;
        struct sparse_cut cut = variant_of(v);
        cut.is_bound = true;
        for (int i = 0; i < 2; i++) {
            int d = SPARSE_K + i;
            uint64_t largest = divide_up(size[d], cell->low[i]);
            cut.tile[d] = divide_up(size[d], cell->high[i]);
            cut.trips[d] = (double)divide_up(size[d], largest);
        }
        if (!fit_rows(s, &cut) || is_too_long(s, &cut))
            continue;
        struct sparse_traffic traffic;
        sparse_model_traffic(&s->model, &cut, &traffic);
        struct score score = judge(s, &cut, &traffic);
        least = score.first < least ? score.first : least;
    }
    s->evaluations++;
    return least;
}

static bool is_single(const struct search *s, const struct cell *cell, int i)
{
    uint64_t size = s->product->size[SPARSE_K + i];
    return divide_up(size, cell->low[i]) == divide_up(size, cell->high[i]);
}

static void push(struct search *s, struct cell cell)
{
    cell.bound = bound_cell(s, &cell);
    if (isinf(cell.bound) || (s->is_found && cell.bound > s->best_score.first))
        return;
    if (s->count == EVALUATIONS) {
        s->open = cell.bound < s->open ? cell.bound : s->open;
        return;
    }
    size_t at = s->count++;
    for (; at > 0 && s->cells[(at - 1) / 2].bound > cell.bound; at = (at - 1) / 2)
        s->cells[at] = s->cells[(at - 1) / 2];
    s->cells[at] = cell;
}

static struct cell pop(struct search *s)
{
    struct cell top = s->cells[0], last = s->cells[--s->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= s->count)
            break;
        child += child + 1 < s->count && s->cells[child + 1].bound < s->cells[child].bound;
        if (s->cells[child].bound >= last.bound)
            break;
        s->cells[at] = s->cells[child];
        at = child;
    }
    s->cells[at] = last;
    return top;
}

/* A nest of the cell: the largest tiles that are left, and tiles in the middle, which fit more
 * often. */
static void try_cell(struct search *s, const struct cell *cell)
{
    evaluate(s, cell->low[0], cell->low[1]);
    uint64_t middle[2];
    for (int i = 0; i < 2; i++)
        middle[i] = (uint64_t)sqrt((double)cell->low[i] * (double)cell->high[i]);
    if (middle[0] > cell->low[0] || middle[1] > cell->low[1])
        evaluate(s, middle[0], middle[1]);
}

/* Halves the cell by ratio along the dimension that spans more. */
static void split(struct search *s, const struct cell *cell)
{
    bool is_fixed[2] = {is_single(s, cell, 0), is_single(s, cell, 1)};
    double span[2];
    for (int i = 0; i < 2; i++)
        span[i] = is_fixed[i] ? 0 : (double)cell->high[i] / (double)cell->low[i];
    int i = span[0] >= span[1] ? 0 : 1;
    uint64_t middle = (uint64_t)sqrt((double)cell->low[i] * (double)cell->high[i]);
    middle = middle < cell->low[i] ? cell->low[i] : middle;
    middle = middle >= cell->high[i] ? cell->high[i] - 1 : middle;
    struct cell lower = *cell, upper = *cell;
    lower.high[i] = middle;
    upper.low[i] = middle + 1;
    try_cell(s, &lower);
    try_cell(s, &upper);
    push(s, lower);
    push(s, upper);
}

static void search_cells(struct search *s, struct sparse_nest *nest)
{
    uint64_t limit = s->options->evaluations ? s->options->evaluations : EVALUATIONS;
    limit += s->evaluations;
    struct cell all = {{1, 1}, {s->product->size[SPARSE_K], s->product->size[SPARSE_N]}, 0};
    evaluate(s, 1, 1);
    push(s, all);
    while (s->count && s->evaluations < limit) {
        struct cell cell = pop(s);
        if (s->is_found && cell.bound >= s->best_score.first) {
            s->count = 0;
            break;
        }
        if (!is_single(s, &cell, 0) || !is_single(s, &cell, 1))
            split(s, &cell);
    }
    if (s->count && s->cells[0].bound < s->open)
        s->open = s->cells[0].bound;
    nest->gap = s->is_found ? gap_of(s) : 0;
    nest->is_complete = s->is_found && nest->gap == 0;
}

static void search_everything(struct search *s, struct sparse_nest *nest)
{
    const uint64_t *size = s->product->size;
    for (uint64_t k = 1; k <= size[SPARSE_K]; k++)
        for (uint64_t n = 1; n <= size[SPARSE_N]; n++)
            evaluate(s, k, n);
    nest->is_complete = s->is_found;
}

/* Nests that are as good but begin sooner: more tiles along k cost nothing where the rows stay.
 */
static void search_starts(struct search *s)
{
    uint64_t columns = (uint64_t)s->best.trips[SPARSE_N];
    for (uint64_t k = 2; k <= PIECES && k <= s->product->size[SPARSE_K]; k *= 2)
        evaluate(s, k, columns);
}

/* Not even single elements fit: they are taken, one by one. */
static void take_smallest(struct search *s, struct sparse_nest *nest)
{
    const uint64_t *size = s->product->size;
    s->best =
        (struct sparse_cut){.order = ORDERS[0], .is_gathered = s->product->table_bytes > 0};
    uint64_t tile[SPARSE_DIMS] = {1, size[SPARSE_K], 1};
    for (int d = 0; d < SPARSE_DIMS; d++) {
        s->best.tile[d] = tile[d];
        s->best.trips[d] = (double)divide_up(size[d], tile[d]);
    }
    sparse_model_traffic(&s->model, &s->best, &s->best_traffic);
    s->best_score = judge(s, &s->best, &s->best_traffic);
    nest->gap = gap_of(s);
}

static void fill_nest(struct search *s, struct sparse_nest *nest)
{
    const struct sparse_cut *cut = &s->best;
    for (int d = 0; d < SPARSE_DIMS; d++) {
        nest->tile[d] = cut->tile[d];
        nest->trips[d] = (uint64_t)cut->trips[d];
        nest->order[d] = cut->order[d];
    }
    nest->is_gathered = cut->is_gathered;
    nest->is_listed = sparse_rows_walked(s->product, nest->trips[SPARSE_K]) <
                      (double)s->product->size[SPARSE_M] * cut->trips[SPARSE_K];
    nest->granule = sparse_granule(s->product, cut->tile[SPARSE_N]);
    nest->expected =
        s->model.density * (double)cut->tile[SPARSE_M] * (double)cut->tile[SPARSE_K];
    nest->most = sparse_model_most(&s->model, cut->tile[SPARSE_M], cut->tile[SPARSE_K]);
    sparse_model_rooms(&s->model, cut, s->scratch, &nest->room, &nest->records);
    memcpy(nest->loads, s->best_traffic.loads, sizeof nest->loads);
    nest->returns = s->best_traffic.returns;
    nest->stores = s->best_traffic.stores;
    nest->bytes = s->best_traffic.bytes;
    double work = s->options->work ? s->options->work(s->options->context, nest->trips) : 0;
    nest->cycles = work > s->best_traffic.cycles ? work : s->best_traffic.cycles;
    uint64_t wanted = (uint64_t)(nest->bytes / PIECE), visits = sparse_visits(nest);
    wanted = wanted < 1 ? 1 : wanted < PIECES ? wanted : PIECES;
    nest->pieces = divide_up(wanted, visits);
    if (nest->pieces > nest->tile[SPARSE_M])
        nest->pieces = nest->tile[SPARSE_M];
    nest->evaluations = s->evaluations;
}

struct sparse_nest sparse_search(const struct sparse_product *product,
                                 const struct sparse_options *options)
{
    enum { SCRATCH_LEAST = 2048 };
    struct arena arena = {0};
    struct search *s = arena_alloc(&arena, sizeof *s);
    *s = (struct search){.product = product, .options = options, .open = INFINITY};
    s->scratch =
        options->scratch_bytes > SCRATCH_LEAST ? options->scratch_bytes : SCRATCH_LEAST;
    s->cells = arena_array(&arena, EVALUATIONS, sizeof *s->cells);
    sparse_model_init(&s->model, product, options->quantile);
    struct sparse_nest nest = {.gap = 0};
    for (int pass = 0; pass < 2 && !s->is_found; pass++) {
        s->is_limited = pass == 0;
        s->count = 0;
        s->open = INFINITY;
        if (options->is_exhaustive)
            search_everything(s, &nest);
        else
            search_cells(s, &nest);
    }
    if (s->is_found)
        search_starts(s);
    else
        take_smallest(s, &nest);
    fill_nest(s, &nest);
    arena_free(&arena);
    return nest;
}
