#include "sim/study/twin_study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/random.h"
#include "sim/study/sample.h"
#include "traces/trace.h"

enum { FREE_SIZES_MAX = 512, TRIES_PER_TWIN = 24 };

struct free_size {
    enum twin_dimension dimension;
    int64_t value;
    uint64_t index;
};

struct free_sizes {
    struct free_size items[FREE_SIZES_MAX];
    size_t count;
};

static void take_size(void *context, enum twin_dimension dimension, int64_t value,
                      uint64_t index)
{
    struct free_sizes *sizes = context;
    if (dimension != TWIN_KERNEL)
        index = 0;
    for (size_t i = 0; i < sizes->count; i++)
        if (sizes->items[i].dimension == dimension && sizes->items[i].value == value &&
            sizes->items[i].index == index)
            return;
    if (value > 1 && sizes->count < FREE_SIZES_MAX)
        sizes->items[sizes->count++] = (struct free_size){dimension, value, index};
}

static bool find_sizes(const char *path, struct free_sizes *sizes, struct error *err)
{
    struct trace_reader *reader = trace_open(path, err);
    struct operator op;
    if (!reader)
        return false;
    while (trace_next(reader, &op, err))
        twin_free_sizes(&op, take_size, sizes);
    trace_close(reader);
    return !err->is_set;
}

/* A nudge as a designer would make it: one or a few steps up or down, heads to another divisor,
 * kernels by two so that they stay centred. */
static int64_t nudge(struct random *random, const struct free_size *size)
{
    int64_t value = size->value;
    int64_t sign = random_below(random, 2) ? 1 : -1;
    if (size->dimension == TWIN_KERNEL)
        return value + 2 * sign;
    if (size->dimension == TWIN_HEADS)
        return random_below(random, 2) ? value * 2 : (value % 2 ? value : value / 2);
    int64_t most = value / 24 > 1 ? value / 24 : 1;
    int64_t step = 1 + (int64_t)random_below(random, (uint64_t)most);
    return value + sign * step;
}

static struct twin draw(struct random *random, const struct free_sizes *sizes)
{
    struct twin twin = {0};
    int wanted = 1 + (int)random_below(random, TWIN_MOVES_MAX);
    for (int i = 0; i < wanted; i++) {
        const struct free_size *size = &sizes->items[random_below(random, sizes->count)];
        int64_t to = nudge(random, size);
        bool is_taken = i > 0 && twin.moves[0].dimension == size->dimension &&
                        twin.moves[0].from == size->value;
        if (to < 1 || to == size->value || is_taken)
            continue;
        twin.moves[twin.move_count++] =
            (struct twin_move){size->dimension, size->value, to, size->index};
    }
    return twin;
}

/* Writes the twin to a temporary trace; NULL where the moves do not fit the program. */
static const char *write_twin(struct arena *arena, const char *path, const struct twin *twin,
                              struct error *err)
{
    const char *output = sample_path(arena, err);
    struct error misfit = {0};
    struct trace_reader *reader = output ? trace_open(path, err) : NULL;
    struct sink *sink = reader ? trace_writer_open(output, err) : NULL;
    if (!sink) {
        trace_close(reader);
        sample_remove(output);
        return NULL;
    }
    struct twin_filter filter;
    struct operator op;
    bool fits = true;
    twin_filter_init(&filter, twin, sink);
    while (fits && trace_next(reader, &op, &misfit))
        fits = twin_filter_operator(&filter, &op, &misfit);
    twin_filter_free(&filter);
    trace_close(reader);
    if (!fits || misfit.is_set) {
        trace_writer_abandon(sink);
        sample_remove(output);
        return NULL;
    }
    if (sink->finish(sink, &misfit))
        return output;
    sample_remove(output);
    return NULL;
}

/* The benchmark's plans as pins: a twin's operator of the same name gets the same tiles, cut to
 * its own sizes. */
struct held_style {
    struct play_pins pins; /* first */
    const struct run_result *benchmark;
    struct arena *arena;
    struct held_nest *made;
};

struct held_nest {
    const char *operator;
    struct nest nest;
    struct held_nest *next;
};

static const struct nest *benchmark_nest(const struct held_style *style, const char *operator)
{
    for (size_t i = 0; i < style->benchmark->operator_count; i++)
        if (strcmp(style->benchmark->operators[i].record.name, operator) == 0)
            return style->benchmark->operators[i].record.nest;
    return NULL;
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

static const struct nest *hold(const struct play_pins *pins, const char *operator, int32_t part,
                               const struct contraction *view, struct error *err)
{
    (void)err;
    struct held_style *style = (struct held_style *)(uintptr_t)pins;
    for (struct held_nest *made = style->made; made; made = made->next)
        if (strcmp(made->operator, operator) == 0 &&
            memcmp(&made->nest.contraction, view, sizeof *view) == 0)
            return &made->nest;
    const struct nest *found = part == 0 ? benchmark_nest(style, operator) : NULL;
    if (!found || found->level_count < 2)
        return NULL;
    struct held_nest *made = arena_alloc(style->arena, sizeof *made);
    made->operator= arena_copy_text(style->arena, operator);
    made->nest = *found;
    made->nest.contraction = *view;
    int64_t tile[DIM_COUNT];
    nest_tile(found, 1, tile);
    for (int d = 0; d < DIM_COUNT; d++)
        made->nest.levels[0].factor[d] = divide_up(view->size[d], tile[d]);
    made->next = style->made;
    style->made = made;
    return &made->nest;
}

static double work_of(const struct run_result *result)
{
    return (double)(result->totals.macs ? result->totals.macs : result->totals.ops);
}

static bool run_at(struct arena *arena, const struct twin_request *request, const char *trace,
                   const struct play_pins *pins, struct run_result *run, struct error *err)
{
    struct run_request one = {.chip = request->chip,
                              .trace = trace,
                              .sets = request->sets,
                              .set_count = request->set_count,
                              .pins = pins,
                              .keep = (pins == NULL && trace != request->trace) ? RUN_KEEP_NONE
                                                                                : RUN_KEEP_ALL};
    return study_run(arena, &one, run, err);
}

/* Runs one candidate; false with err only where the chip itself fails. *is_kept: within
 * tolerance. */
static bool try_twin(const struct twin_request *request, const struct run_result *benchmark,
                     struct twin_row *row, bool *is_kept, struct error *err)
{
    struct arena scratch = {0};
    const char *path = write_twin(&scratch, request->trace, &row->twin, err);
    struct run_result run;
    *is_kept = false;
    bool is_done = !err->is_set;
    if (path && (is_done = run_at(&scratch, request, path, NULL, &run, err))) {
        double work = work_of(&run), whole = work_of(benchmark);
        *is_kept = fabs(work / whole - 1) <= TWIN_WORK_TOLERANCE;
        row->twin.macs = run.totals.macs;
        row->twin.ops = run.totals.ops;
        row->seconds = run.seconds;
        row->speed = work / run.seconds / (whole / benchmark->seconds);
        row->held_speed = NAN;
        struct held_style style = {{hold, NULL}, benchmark, &scratch, NULL};
        struct error misfit = {0};
        if (*is_kept && request->holds_mapping &&
            run_at(&scratch, request, path, &style.pins, &run, &misfit))
            row->held_speed = work / run.seconds / (whole / benchmark->seconds);
    }
    sample_remove(path);
    arena_free(&scratch);
    return is_done;
}

static int by_speed(const void *left, const void *right)
{
    double a = ((const struct twin_row *)left)->speed,
           b = ((const struct twin_row *)right)->speed;
    return (a < b) - (a > b);
}

/* Rows are sorted, fastest first. */
static double quantile(const struct twin_result *result, double share)
{
    if (result->count == 0)
        return NAN;
    double at = (1 - share) * (double)(result->count - 1);
    size_t below = (size_t)at;
    size_t above = below + 1 < result->count ? below + 1 : below;
    double rest = at - (double)below;
    return result->rows[below].speed * (1 - rest) + result->rows[above].speed * rest;
}

static void summarise(struct twin_result *result)
{
    double log_stack = 0;
    size_t held = 0;
    qsort(result->rows, result->count, sizeof *result->rows, by_speed);
    result->median = quantile(result, 0.5);
    result->tenth = quantile(result, 0.1);
    result->worst = result->count ? result->rows[result->count - 1].speed : NAN;
    for (size_t i = 0; i < result->count; i++) {
        const struct twin_row *row = &result->rows[i];
        if (row->held_speed > 0) {
            log_stack += log(row->speed / row->held_speed);
            held++;
        }
        for (int j = 0; j < row->twin.move_count; j++) {
            result->by_dimension[row->twin.moves[j].dimension] += row->speed;
            result->moved[row->twin.moves[j].dimension]++;
        }
    }
    for (int i = 0; i < TWIN_DIMENSIONS; i++)
        result->by_dimension[i] =
            result->moved[i] ? result->by_dimension[i] / (double)result->moved[i] : NAN;
    result->stack = held ? exp(log_stack / (double)held) : NAN;
}

static bool is_known(const struct twin_result *result, const struct twin *twin)
{
    for (size_t i = 0; i < result->count; i++)
        if (result->rows[i].twin.move_count == twin->move_count &&
            memcmp(result->rows[i].twin.moves, twin->moves, sizeof twin->moves) == 0)
            return true;
    return false;
}

bool twin_study(struct arena *arena, const struct twin_request *request,
                struct twin_result *result, struct error *err)
{
    struct free_sizes *sizes = arena_alloc(arena, sizeof *sizes);
    struct run_result benchmark;
    *result = (struct twin_result){.chip = request->chip, .trace = request->trace};
    if (!find_sizes(request->trace, sizes, err) ||
        !run_at(arena, request, request->trace, NULL, &benchmark, err))
        return false;
    if (sizes->count == 0 || benchmark.seconds <= 0)
        return error_set(err, "%s: no size in it can be nudged", request->trace);
    result->work = (uint64_t)work_of(&benchmark);
    result->counts_macs = benchmark.totals.macs > 0;
    result->seconds = benchmark.seconds;
    result->rows = arena_array(arena, (size_t)request->count, sizeof *result->rows);
    if (request->progress)
        progress_start(request->progress, (uint64_t)request->count);
    struct random random = random_make(request->seed, "twins");
    int64_t tries = request->count * TRIES_PER_TWIN;
    while (result->count < (size_t)request->count && tries-- > 0) {
        struct twin_row row = {.twin = draw(&random, sizes)};
        bool is_kept = false;
        if (row.twin.move_count == 0 || is_known(result, &row.twin))
            continue;
        if (!try_twin(request, &benchmark, &row, &is_kept, err))
            return false;
        if (is_kept)
            result->rows[result->count++] = row;
        if (request->progress && is_kept)
            progress_step(request->progress, 1);
    }
    if (result->count == 0)
        return error_set(err, "%s: no neighbour has work within %.0f %% of it", request->trace,
                         100 * TWIN_WORK_TOLERANCE);
    summarise(result);
    return true;
}
