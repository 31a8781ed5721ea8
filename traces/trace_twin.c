#include "traces/trace_twin.h"

#include <stdio.h>
#include <string.h>

#include "workloads/tally.h"

enum { FREE_SIZES_MAX = 96, CANDIDATES_MAX = 1024, TRIALS_MAX = 1500, POOL_MAX = 1024 };

struct free_sizes {
    struct twin_move sizes[FREE_SIZES_MAX]; /* `to` unused, `index` the width of TWIN_HEADS */
    size_t count;
};

static void note(void *context, enum twin_dimension dimension, int64_t value, uint64_t index)
{
    struct free_sizes *f = context;
    if (value < 1 || f->count == FREE_SIZES_MAX)
        return;
    bool is_one = dimension == TWIN_KERNEL || dimension == TWIN_HEADS;
    for (size_t i = 0; i < f->count; i++)
        if (f->sizes[i].dimension == dimension && f->sizes[i].from == value &&
            (!is_one || f->sizes[i].index == index))
            return;
    f->sizes[f->count++] = (struct twin_move){dimension, value, value, is_one ? index : 0};
}

struct candidates {
    struct twin_move moves[CANDIDATES_MAX];
    size_t count;
};

static void propose(struct candidates *c, struct twin_move move, int64_t to)
{
    if (to < 1 || to == move.from || c->count == CANDIDATES_MAX)
        return;
    for (size_t i = 0; i < c->count; i++) {
        const struct twin_move *m = &c->moves[i];
        if (m->dimension == move.dimension && m->from == move.from && m->to == to &&
            m->index == move.index)
            return;
    }
    move.to = to;
    c->moves[c->count++] = move;
}

/* Without them a width is moved like any channels. */
static bool has_multiples(const struct free_sizes *sizes, int64_t value)
{
    for (size_t i = 0; i < sizes->count; i++) {
        const struct twin_move *m = &sizes->sizes[i];
        if (m->dimension == TWIN_CHANNELS && m->from > value && m->from % value == 0)
            return true;
    }
    return false;
}

/* Step `step` (1, 2, ...) away from a free size, up and down. */
static void propose_step(struct candidates *c, const struct free_sizes *sizes,
                         const struct twin_move *size, int64_t step)
{
    struct twin_move move = *size;
    if (size->dimension == TWIN_HEADS) { /* the next divisors of the width */
        int64_t width = (int64_t)size->index, up = size->from, down = size->from;
        move.index = 0;
        for (int64_t left = step; left > 0 && up < width;)
            left -= width % ++up == 0;
        for (int64_t left = step; left > 0 && down > 1;)
            left -= width % --down == 0;
        propose(c, move, up);
        propose(c, move, down);
        return;
    }
    bool is_small = size->dimension == TWIN_BATCH || size->dimension == TWIN_KERNEL;
    int64_t grain = is_small || size->from < 64 ? 1 : size->from / 64;
    propose(c, move, size->from + step * grain);
    propose(c, move, size->from - step * grain);
    if (grain > 1) { /* odd sizes beside round ones */
        propose(c, move, size->from + step);
        propose(c, move, size->from - step);
    }
    if (size->dimension == TWIN_CHANNELS && size->from >= 8 &&
        has_multiples(sizes, size->from)) {
        move.dimension = TWIN_WIDTH;
        for (int64_t part = 1; part <= 16; part *= 2)
            if (size->from % (12 * part) == 0 || size->from % (8 * part) == 0) {
                int64_t unit = size->from % (12 * part) == 0 ? 12 * part : 8 * part;
                propose(c, move, size->from + step * unit);
                propose(c, move, size->from - step * unit);
            }
    }
}

static bool pass(struct trace_reader *reader, const struct twin *twin, struct sink *sink,
                 struct error *err)
{
    struct twin_filter filter;
    struct operator op;
    struct error why = {0}, ended = {0};
    bool is_good = trace_rewind(reader, &ended);
    twin_filter_init(&filter, twin, sink);
    while (is_good && trace_next(reader, &op, &ended))
        is_good = twin_filter_operator(&filter, &op, &why);
    twin_filter_free(&filter);
    if (ended.is_set)
        return error_set(err, "%s", ended.text);
    return is_good || error_set(err, "%s", why.text);
}

bool trace_twin_write(struct trace_reader *reader, const struct twin *twin, struct sink *sink,
                      struct error *err)
{
    return pass(reader, twin, sink, err);
}

static bool weigh(struct trace_reader *reader, struct twin *twin)
{
    struct tally tally;
    struct error why = {0};
    tally_init(&tally);
    bool is_good = pass(reader, twin, &tally.sink, &why);
    is_good = tally.sink.finish(&tally.sink, &why) && is_good;
    twin->macs = tally.macs;
    twin->ops = tally.ops;
    return is_good;
}

static double work_ratio(const struct twin *twin, const struct twin *original)
{
    if (original->macs)
        return (double)twin->macs / (double)original->macs;
    return original->ops ? (double)twin->ops / (double)original->ops : 1;
}

struct hunt {
    struct trace_reader *reader;
    struct twin *pool, *original;
    size_t wanted, count, trials; /* wanted: when to stop */
    double tolerance;
};

/* True where the moves fit the program at all; kept where the work is near enough. */
static bool try_twin(struct hunt *h, struct twin twin, double *ratio)
{
    if (h->trials++ >= TRIALS_MAX || !weigh(h->reader, &twin))
        return false;
    *ratio = work_ratio(&twin, h->original);
    if (*ratio >= 1 - h->tolerance && *ratio <= 1 + h->tolerance && h->count < POOL_MAX)
        h->pool[h->count++] = twin;
    return true;
}

static enum twin_dimension family(enum twin_dimension dimension)
{
    return dimension == TWIN_WIDTH ? TWIN_CHANNELS : dimension;
}

/* Pairs of moves of different sizes, tried where the product of their ratios is near enough. */
static void try_pairs(struct hunt *h, const struct candidates *c, const double *ratios)
{
    for (size_t gap = 1; gap < c->count && h->count < h->wanted; gap++)
        for (size_t i = 0; i + gap < c->count && h->count < h->wanted; i++) {
            size_t j = i + gap;
            double product = ratios[i] * ratios[j], ratio;
            bool is_same = family(c->moves[i].dimension) == family(c->moves[j].dimension) &&
                           c->moves[i].from == c->moves[j].from;
            if (is_same || ratios[i] == 0 || ratios[j] == 0 || product < 1 - h->tolerance ||
                product > 1 + h->tolerance)
                continue;
            try_twin(h, (struct twin){.moves = {c->moves[i], c->moves[j]}, .move_count = 2},
                     &ratio);
        }
}

/* One of each dimension in turn, in the order they were found: no dimension crowds out others.
 */
static void choose(const struct hunt *h, size_t wanted, struct twin *twins, size_t *count)
{
    size_t next[TWIN_KERNEL + 1] = {0}, idle = 0;
    for (int turn = 0; *count < wanted && idle <= TWIN_KERNEL;
         turn = (turn + 1) % (TWIN_KERNEL + 1)) {
        size_t at = next[turn];
        while (at < h->count && h->pool[at].moves[0].dimension != (enum twin_dimension)turn)
            at++;
        next[turn] = at + 1;
        idle = at < h->count ? 0 : idle + 1;
        if (at < h->count)
            twins[(*count)++] = h->pool[at];
    }
}

/* Singles of growing distance; pairs where they are too few. */
static void hunt(struct hunt *h, const struct free_sizes *sizes, struct candidates *c,
                 double *ratios)
{
    for (int64_t step = 1; step <= 4 && h->count < h->wanted; step++)
        for (size_t i = 0; i < sizes->count; i++) {
            size_t first = c->count;
            propose_step(c, sizes, &sizes->sizes[i], step);
            for (size_t m = first; m < c->count; m++)
                try_twin(h, (struct twin){.moves = {c->moves[m]}, .move_count = 1}, &ratios[m]);
        }
    try_pairs(h, c, ratios);
}

bool trace_twins(struct trace_reader *reader, size_t wanted, double tolerance,
                 struct twin *twins, size_t *count, struct twin *original, struct arena *arena,
                 struct error *err)
{
    struct free_sizes *sizes = arena_alloc(arena, sizeof *sizes);
    struct candidates *c = arena_alloc(arena, sizeof *c);
    double *ratios = arena_array(arena, CANDIDATES_MAX, sizeof *ratios);
    struct operator op;
    *count = 0;
    *original = (struct twin){0};
    if (!trace_rewind(reader, err))
        return false;
    while (trace_next(reader, &op, err))
        twin_free_sizes(&op, note, sizes);
    if (err->is_set || !weigh(reader, original))
        return error_set(err, "the trace cannot be rewritten, so it has no twins");
    struct hunt h = {.reader = reader,
                     .pool = arena_array(arena, POOL_MAX, sizeof *h.pool),
                     .original = original,
                     .wanted = wanted < POOL_MAX ? wanted : POOL_MAX,
                     .tolerance = tolerance};
    hunt(&h, sizes, c, ratios);
    choose(&h, wanted, twins, count);
    return trace_rewind(reader, err);
}

const char *twin_describe(const struct twin *twin, struct arena *arena)
{
    const char *text = "";
    for (int i = 0; i < twin->move_count; i++) {
        const struct twin_move *m = &twin->moves[i];
        text = arena_format(arena, "%s%s%s %lld to %lld", text, i ? ", " : "",
                            TWIN_DIMENSION_NAMES[m->dimension], (long long)m->from,
                            (long long)m->to);
        if (m->dimension == TWIN_KERNEL)
            text =
                arena_format(arena, "%s at operator %llu", text, (unsigned long long)m->index);
    }
    return text;
}
