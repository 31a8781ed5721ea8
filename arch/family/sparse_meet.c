/* One pass over row pointers and columns deals the entries to tiles and parts; sparse_walk then
 * walks the nest over them. */
#include <string.h>

#include "arch/family/sparse_walk.h"

/* While a row of the table counts as selected: entries of one part, of one tile, or of all rows
 * whose tiles follow one another while the tile of the table stays. */
enum period { PERIOD_NONE, PERIOD_PART, PERIOD_TILE, PERIOD_STAY };

struct stream {
    const struct sparse_product *product;
    const struct sparse_nest *nest;
    const struct tensor_contents *pointers, *columns, *second; /* second: of a sparse pair */
    struct sparse_walk *walk;
    sparse_visitor *visitor;
    void *context;
    enum period period;
    uint32_t *stamps, counter; /* of granules of the table: the period that saw them last */
    uint32_t *periods;         /* along k: the number that now runs */
    uint64_t *used;            /* along k: granules selected in it */
    uint32_t *open;            /* along k: the part that takes entries; 0: none */
    uint64_t tile;             /* along m */
    size_t capacity;
    struct arena *arena;
};

static uint64_t quotient(uint64_t a, uint64_t b)
{
    return (a | b) >> 32 ? a / b : (uint32_t)a / (uint32_t)b;
}

static struct sparse_tile *tile_of(const struct stream *s, uint64_t k)
{
    return &s->walk->tiles[s->tile * s->nest->trips[SPARSE_K] + k];
}

static struct sparse_part *open_part(struct stream *s, uint64_t k, bool is_overflow)
{
    struct sparse_met *met = s->walk->met;
    if (met->part_count + 2 > s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 64;
        met->parts =
            arena_grow(s->arena, met->parts, s->capacity, capacity, sizeof *met->parts);
        s->capacity = capacity;
    }
    uint32_t number = (uint32_t)++met->part_count;
    struct sparse_tile *tile = tile_of(s, k);
    if (tile->tail)
        met->parts[tile->tail].next = number;
    else
        tile->head = number;
    tile->tail = number;
    tile->has_overflow = tile->has_overflow || is_overflow;
    s->open[k] = number;
    met->parts[number] = (struct sparse_part){.is_overflow = is_overflow};
    return &met->parts[number];
}

static struct sparse_part *part_now(struct stream *s, uint64_t k)
{
    return s->open[k] ? &s->walk->met->parts[s->open[k]] : open_part(s, k, false);
}

/* The part is full in the middle of a row, which goes on in the next. */
static struct sparse_part *overflow(struct stream *s, uint64_t k, uint64_t row, bool has_begun)
{
    struct sparse_part *full = &s->walk->met->parts[s->open[k]];
    full->rows_end = row;
    full->rows_begun = row + has_begun;
    if (s->period == PERIOD_PART) {
        s->periods[k] = ++s->counter;
        s->used[k] = 0;
    }
    return open_part(s, k, true);
}

static void visit(struct stream *s, uint64_t k, uint64_t length)
{
    if (s->visitor)
        s->visitor(s->context, s->open[k], length);
}

/* Whether the entry selects a granule that its period has not seen. */
static bool is_fresh(const struct stream *s, uint64_t k, uint64_t column, uint64_t *granule)
{
    if (s->period == PERIOD_NONE)
        return false;
    *granule = s->nest->granule > 1 ? quotient(column, s->nest->granule) : column;
    return s->stamps[*granule] != s->periods[k];
}

static void add_one_by_one(struct stream *s, uint64_t k, uint64_t row, int64_t begin,
                           int64_t end)
{
    const struct sparse_nest *nest = s->nest;
    struct sparse_part *part = part_now(s, k);
    uint64_t run = 0, done = 0, last = s->product->size[SPARSE_K] - 1, granule = 0;
    for (int64_t e = begin; e < end; e++) {
        uint64_t column = (uint64_t)s->columns->values[e];
        column = column < last ? column : last;
        bool fresh = is_fresh(s, k, column, &granule);
        if (part->entries == nest->room ||
            (fresh && s->period == PERIOD_PART && s->used[k] == nest->records)) {
            if (run && !s->second)
                visit(s, k, run);
            run = 0;
            part = overflow(s, k, row, done > 0);
            fresh = is_fresh(s, k, column, &granule);
        }
        if (fresh) {
            s->stamps[granule] = s->periods[k];
            s->used[k]++;
            part->fresh++;
        }
        part->listed += run == 0;
        part->entries++;
        run++;
        done++;
        if (s->second) {
            uint64_t length =
                (uint64_t)(s->second->values[column + 1] - s->second->values[column]);
            part->macs += length;
            visit(s, k, length);
            part = &s->walk->met->parts[s->open[k]];
        }
    }
    if (run && !s->second)
        visit(s, k, run);
}

static void add_run(struct stream *s, uint64_t k, uint64_t row, int64_t begin, int64_t end)
{
    tile_of(s, k)->entries += (uint64_t)(end - begin);
    if (s->period != PERIOD_NONE || s->second) {
        add_one_by_one(s, k, row, begin, end);
        return;
    }
    uint64_t all = (uint64_t)(end - begin);
    for (uint64_t left = all; left > 0;) {
        struct sparse_part *part = part_now(s, k);
        if (part->entries == s->nest->room)
            part = overflow(s, k, row, left < all);
        uint64_t room = s->nest->room - part->entries, taken = left < room ? left : room;
        part->entries += taken;
        part->listed++;
        visit(s, k, taken);
        left -= taken;
    }
}

static void add_row(struct stream *s, uint64_t row, int64_t begin, int64_t end)
{
    if (s->nest->trips[SPARSE_K] == 1) {
        add_run(s, 0, row, begin, end);
        return;
    }
    uint64_t last = s->nest->trips[SPARSE_K] - 1, tile = s->nest->tile[SPARSE_K];
    while (begin < end) {
        uint64_t k = quotient((uint64_t)s->columns->values[begin], tile);
        int64_t stop = begin + 1;
        while (stop < end && quotient((uint64_t)s->columns->values[stop], tile) == k)
            stop++;
        add_run(s, k < last ? k : last, row, begin, stop);
        begin = stop;
    }
}

static void end_part(struct sparse_part *part, uint64_t row)
{
    part->rows_end = part->rows_begun = row;
}

static void close_parts(struct stream *s, uint64_t row)
{
    for (uint64_t k = 0; k < s->nest->trips[SPARSE_K]; k++) {
        if (s->open[k])
            end_part(&s->walk->met->parts[s->open[k]], row);
        s->open[k] = 0;
    }
}

static void begin_tile(struct stream *s)
{
    for (uint64_t k = 0; k < s->nest->trips[SPARSE_K]; k++) {
        if (s->period == PERIOD_STAY)
            s->periods[k] = 1;
        else
            s->periods[k] = ++s->counter;
        s->used[k] = 0;
    }
}

/* Every tile has a part, though it be empty: its rows are stored with it. */
static void end_tile(struct stream *s, uint64_t row)
{
    close_parts(s, row);
    for (uint64_t k = 0; k < s->nest->trips[SPARSE_K]; k++) {
        struct sparse_tile *tile = tile_of(s, k);
        if (!tile->tail)
            open_part(s, k, false);
        s->open[k] = 0;
        end_part(&s->walk->met->parts[tile->tail], row);
    }
}

static void deal_entries(struct stream *s, const int64_t *pointers)
{
    uint64_t rows = s->product->size[SPARSE_M], height = s->nest->tile[SPARSE_M];
    uint64_t piece = (height - 1) / s->nest->pieces + 1, row = 0;
    for (s->tile = 0; s->tile < s->nest->trips[SPARSE_M]; s->tile++) {
        uint64_t begin = row, end = begin + height < rows ? begin + height : rows;
        begin_tile(s);
        for (; row < end; row++) {
            if (row > begin && (row - begin) % piece == 0)
                close_parts(s, row);
            add_row(s, row, pointers[row], pointers[row + 1]);
        }
        end_tile(s, end);
    }
}

/* A tile of the table stays while rows go by, unless a loop that changes it runs inside them.
 */
static bool stays(const struct sparse_nest *nest)
{
    bool is_inside = false;
    for (int i = 0; i < SPARSE_DIMS; i++) {
        int d = nest->order[i];
        if (d == SPARSE_M)
            is_inside = is_inside || nest->trips[d] > 1;
        else if (is_inside && nest->trips[d] > 1)
            return false;
    }
    return true;
}

static bool find_contents(struct stream *s, const struct primitive *p, uint64_t first)
{
    const struct tensor_contents *contents[PRIMITIVE_STREAMS_MAX];
    for (int i = 0; i < PRIMITIVE_STREAMS_MAX; i++)
        contents[i] = p->streams[i] ? p->streams[i]->contents : NULL;
    s->pointers = contents[0];
    s->columns = contents[1];
    s->second = s->product->is_pair ? contents[2] : NULL;
    uint64_t rows = s->product->size[SPARSE_M], inner = s->product->size[SPARSE_K];
    if (p->sparse.rows != rows || !s->pointers || first + rows >= s->pointers->count)
        return false;
    if (s->columns && s->columns->count < (uint64_t)s->pointers->values[first + rows])
        s->columns = NULL;
    if (s->second && s->second->count <= inner)
        return false;
    bool needs_columns =
        s->product->is_pair || s->nest->trips[SPARSE_K] > 1 || s->nest->is_gathered;
    return s->columns ? s->second || !s->product->is_pair : !needs_columns;
}

const struct sparse_met *sparse_meet(const struct sparse_product *product,
                                     const struct sparse_nest *nest,
                                     const struct primitive *primitive, uint64_t first,
                                     sparse_visitor *visitor, void *context,
                                     struct arena *arena)
{
    struct stream s = {
        .product = product, .nest = nest, .visitor = visitor, .context = context};
    if (!find_contents(&s, primitive, first))
        return NULL;
    uint64_t inner_trips = nest->trips[SPARSE_K];
    struct sparse_walk walk = {.product = product, .nest = nest};
    walk.met = arena_alloc(arena, sizeof *walk.met);
    struct arena scratch = {0};
    s.arena = &scratch;
    walk.tiles = arena_array(&scratch, (size_t)(nest->trips[SPARSE_M] * inner_trips),
                             sizeof *walk.tiles);
    walk.table = arena_array(&scratch, (size_t)inner_trips, sizeof *walk.table);
    s.walk = &walk;
    s.open = arena_array(&scratch, (size_t)inner_trips, sizeof *s.open);
    s.periods = arena_array(&scratch, (size_t)inner_trips, sizeof *s.periods);
    s.used = arena_array(&scratch, (size_t)inner_trips, sizeof *s.used);
    if (product->table_bytes > 0 && s.columns) {
        s.period = nest->is_gathered ? PERIOD_PART : stays(nest) ? PERIOD_STAY : PERIOD_TILE;
        s.stamps = arena_array(&scratch, (size_t)(product->size[SPARSE_K] / nest->granule + 1),
                               sizeof *s.stamps);
    }
    deal_entries(&s, &s.pointers->values[first]);
    walk.selects = s.period != PERIOD_NONE;
    walk.is_staying = s.period == PERIOD_STAY;
    sparse_walk(&walk, &scratch, arena);
    arena_free(&scratch);
    return walk.met;
}

const char *sparse_met_text(const struct sparse_met *met, struct arena *arena)
{
    unsigned long long tiles = met->tiles, over = met->overflows, steps = met->step_count;
    return over ? arena_format(arena, "%llu of %llu tiles overflow, %llu steps in all", over,
                               tiles, steps)
                : arena_format(arena, "all %llu tiles fit, %llu steps in all", tiles, steps);
}
