#include "arch/systolic/array.h"

void array_axes(enum array_dataflow dataflow, const struct array_block *block, int64_t *rows,
                int64_t *cols, int64_t *time)
{
    *rows = dataflow == DATAFLOW_OS ? block->m : block->k;
    *cols = dataflow == DATAFLOW_IS ? block->m : block->n;
    *time = dataflow == DATAFLOW_OS ? block->k : dataflow == DATAFLOW_WS ? block->m : block->n;
}

/* One axis cut into folds: all but the last use `whole`, the last `rest`. */
struct cut {
    uint64_t folds, whole, rest;
};

static struct cut cut_axis(int64_t size, int64_t hardware, enum array_edges edges)
{
    struct cut cut;
    cut.folds = (uint64_t)((size + hardware - 1) / hardware);
    cut.whole = (uint64_t)hardware;
    cut.rest =
        edges == EDGES_FULL ? cut.whole : (uint64_t)size - (cut.folds - 1) * (uint64_t)hardware;
    return cut;
}

static uint64_t cut_sum(struct cut cut)
{
    return (cut.folds - 1) * cut.whole + cut.rest;
}

static uint64_t positive_part(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* Sum over the cut of max(0, used * beat - covered). */
static uint64_t cut_exposed(struct cut cut, uint64_t beat, uint64_t covered)
{
    return (cut.folds - 1) * positive_part(cut.whole * beat, covered) +
           positive_part(cut.rest * beat, covered);
}

uint64_t array_folds(const struct array *array, const struct array_block *block)
{
    int64_t rows, cols, time;
    array_axes(array->dataflow, block, &rows, &cols, &time);
    return cut_axis(rows, array->rows, array->edges).folds *
           cut_axis(cols, array->cols, array->edges).folds;
}

static bool holds_operand(const struct array *array)
{
    return array->dataflow != DATAFLOW_OS;
}

/* Folds follow one another without a gap. */
static bool streams_through(const struct array *array)
{
    return array->drain == DRAIN_OVERLAPPED &&
           (!holds_operand(array) || array->preload == PRELOAD_DOUBLE);
}

/* Row folds are the inner loop: a column fold starts again with the first row fold. */
static uint64_t first_rows(struct cut rows)
{
    return rows.folds > 1 ? rows.whole : rows.rest;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* What a block's folds have in common. */
struct folding {
    struct cut rows, cols;
    uint64_t stream;    /* cycles in which a fold's operands enter */
    uint64_t beat;      /* between two of them */
    uint64_t load_beat; /* per row of the stationary operand; per row shifting out for os */
};

/* Cycles from the end of the last fold's streaming to the last result of all. A fold of more
 * rows or columns than the last one may still be draining when the last one is through: the
 * candidates are the last folds with all rows, with all columns, and with both. */
static uint64_t stream_tail(const struct array *array, const struct folding *f)
{
    uint64_t depth = holds_operand(array) ? 1 : 2; /* shift-out: the rows once more */
    uint64_t tail = depth * f->rows.rest + f->cols.rest;
    uint64_t step_rows = holds_operand(array) ? f->rows.rest : f->rows.whole;
    uint64_t step = larger(f->stream, step_rows * f->load_beat);
    uint64_t column = 0; /* from a fold to the same rows of the next columns */
    if (f->cols.folds > 1) {
        column = f->rows.folds * f->stream + cut_exposed(f->rows, f->load_beat, f->stream);
        tail = larger(tail, positive_part(depth * f->rows.rest + f->cols.whole, column));
    }
    if (f->rows.folds > 1) {
        tail = larger(tail, positive_part(depth * f->rows.whole + f->cols.rest, step));
        if (f->cols.folds > 1)
            tail = larger(tail,
                          positive_part(depth * f->rows.whole + f->cols.whole, step + column));
    }
    return tail - 2;
}

static struct array_cycles stream_cycles(const struct array *array, const struct folding *f,
                                         bool is_last)
{
    struct array_cycles result = {0};
    result.work = f->rows.folds * f->cols.folds * f->stream;
    result.overlap = f->stream;
    uint64_t exposed = f->cols.folds * cut_exposed(f->rows, f->load_beat, f->stream);
    if (holds_operand(array)) {
        /* Each fold but the first waits for its operand where shifting in takes longer than the
         * previous fold streams. */
        result.load = exposed - positive_part(first_rows(f->rows) * f->load_beat, f->stream);
    } else {
        /* Each fold but the last must have left the shift-out registers: its rows in cycles. */
        result.drain = exposed;
        if (is_last)
            result.drain -= positive_part(f->rows.rest * f->load_beat, f->stream);
    }
    if (is_last) { /* behind the last vector nothing waits for its beat */
        result.work -= f->beat - 1;
        result.fill = f->rows.rest - 1;
        result.drain += stream_tail(array, f) - result.fill;
    }
    return result;
}

/* Double preload, folds apart: the next operand shifts in during the whole previous fold; what
 * takes longer shows. Sums over every kind of neighbouring folds. */
static uint64_t separate_exposed_loads(const struct folding *f)
{
    uint64_t exposed = 0, cycles = f->stream - 2;
    const struct cut *rows = &f->rows, *cols = &f->cols;
    for (int is_rest = 0; is_rest < 2; is_rest++) {
        uint64_t columns = is_rest ? 1 : cols->folds - 1;
        uint64_t fold = cycles + rows->whole + (is_rest ? cols->rest : cols->whole);
        if (rows->folds > 2)
            exposed +=
                columns * (rows->folds - 2) * positive_part(rows->whole * f->load_beat, fold);
        if (rows->folds > 1)
            exposed += columns * positive_part(rows->rest * f->load_beat, fold);
    }
    uint64_t last_of_column = cycles + rows->rest + cols->whole;
    return exposed +
           (cols->folds - 1) * positive_part(first_rows(*rows) * f->load_beat, last_of_column);
}

static struct array_cycles separate_cycles(const struct array *array, const struct folding *f)
{
    struct array_cycles result = {0};
    result.work = f->rows.folds * f->cols.folds * f->stream;
    result.fill = f->cols.folds * (cut_sum(f->rows) - f->rows.folds);
    result.drain = f->rows.folds * (cut_sum(f->cols) - f->cols.folds);
    if (!holds_operand(array)) {
        if (array->drain == DRAIN_SERIAL)
            result.drain += f->cols.folds * cut_sum(f->rows);
    } else if (array->preload == PRELOAD_SINGLE) {
        result.load = f->load_beat * (f->cols.folds * cut_sum(f->rows) - first_rows(f->rows));
    } else {
        result.overlap = f->stream + f->rows.rest + f->cols.rest - 2;
        result.load = separate_exposed_loads(f);
    }
    return result;
}

struct array_cycles array_block_cycles(const struct array *array,
                                       const struct array_block *block, bool is_last)
{
    int64_t row_size, col_size, time;
    array_axes(array->dataflow, block, &row_size, &col_size, &time);
    bool holds = holds_operand(array), streams = streams_through(array);
    uint64_t beat = (uint64_t)block->beat, stream = (uint64_t)time * beat;
    struct folding folding = {
        .rows = cut_axis(row_size, array->rows, array->edges),
        .cols = cut_axis(col_size, array->cols, array->edges),
        .stream = streams ? stream : stream - (beat - 1),
        .beat = beat,
        .load_beat = holds ? (uint64_t)block->load_beat : 1,
    };
    struct array_cycles result =
        streams ? stream_cycles(array, &folding, is_last) : separate_cycles(array, &folding);
    if (holds)
        result.first_load = first_rows(folding.rows) * folding.load_beat;
    return result;
}
