#include "reference_array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What a register may hold: a value of one fold, or nothing. */
struct token {
    int64_t value;
    int fold;  /* -1: empty */
    int index; /* position along time; for weights the row where it stays */
};

struct element {
    struct token across;       /* operand on its way to the right */
    struct token down;         /* partial sum or second operand on its way down */
    struct token held, shadow; /* stationary operand in use, and the next one */
    struct token moving;       /* stationary operand passing through */
    struct token result;       /* finished output in the shift-out register */
    int64_t sum;               /* output-stationary accumulator */
};

struct machine {
    const struct array *array;
    const struct array_block *block;
    const int64_t *a, *b;
    int64_t *out;
    int64_t size_rows, size_cols, time;
    int row_folds, col_folds, folds;
    int oldest; /* folds before it have left the array altogether */
    struct element *now, *next;
    uint64_t cycle;
    uint64_t load_start[4096], stream_start[4096];
    uint64_t results[4096]; /* that left, per fold */
    uint64_t last_result[4096];
};

static const struct token EMPTY = {0, -1, 0};

static int used(int64_t size, int64_t hardware, int fold, int folds, enum array_edges edges)
{
    return edges == EDGES_FULL || fold < folds - 1 ? (int)hardware
                                                   : (int)(size - (int64_t)fold * hardware);
}

static int fold_rows(const struct machine *m, int fold)
{
    return used(m->size_rows, m->array->rows, fold % m->row_folds, m->row_folds,
                m->array->edges);
}

static int fold_cols(const struct machine *m, int fold)
{
    return used(m->size_cols, m->array->cols, fold / m->row_folds, m->col_folds,
                m->array->edges);
}

/* Operands by spatial row, column and time; zero outside the block. */
static int64_t value_a(const struct machine *m, int64_t row, int64_t col)
{
    return row < m->block->m && col < m->block->k ? m->a[row * m->block->k + col] : 0;
}

static int64_t value_b(const struct machine *m, int64_t row, int64_t col)
{
    return row < m->block->k && col < m->block->n ? m->b[row * m->block->n + col] : 0;
}

static int64_t streamed(const struct machine *m, int64_t row, int64_t time)
{
    switch (m->array->dataflow) {
    case DATAFLOW_OS: /* row m, time k */
        return value_a(m, row, time);
    case DATAFLOW_WS: /* row k, time m */
        return value_a(m, time, row);
    default: /* row k, time n */
        return value_b(m, row, time);
    }
}

static int64_t stationary(const struct machine *m, int64_t row, int64_t col)
{
    return m->array->dataflow == DATAFLOW_WS ? value_b(m, row, col) : value_a(m, col, row);
}

static void deliver(struct machine *m, int fold, int64_t row, int64_t col, int64_t time,
                    int64_t value)
{
    int64_t i = 0, j = 0;
    if (m->array->dataflow == DATAFLOW_OS)
        i = row, j = col;
    else if (m->array->dataflow == DATAFLOW_WS)
        i = time, j = col;
    else
        i = col, j = time;
    if (i < m->block->m && j < m->block->n)
        m->out[i * m->block->n + j] += value;
    m->results[fold]++;
    m->last_result[fold] = m->cycle;
}

static uint64_t fold_result_count(const struct machine *m, int fold)
{
    uint64_t cols = (uint64_t)fold_cols(m, fold);
    return m->array->dataflow == DATAFLOW_OS ? (uint64_t)fold_rows(m, fold) * cols
                                             : (uint64_t)m->time * cols;
}

static bool is_done(const struct machine *m, int fold)
{
    return m->results[fold] == fold_result_count(m, fold) && m->last_result[fold] < m->cycle;
}

/* The token injected into row i's left edge in this cycle, of whatever fold streams there. */
static struct token left_edge(const struct machine *m, int row)
{
    for (int f = m->oldest; f < m->folds; f++) {
        if (m->stream_start[f] == UINT64_MAX)
            break;
        uint64_t begin = m->stream_start[f] + (uint64_t)row;
        if (m->cycle < begin || row >= fold_rows(m, f))
            continue;
        uint64_t late = m->cycle - begin, beat = (uint64_t)m->block->beat;
        if (late % beat == 0 && late / beat < (uint64_t)m->time) {
            int time = (int)(late / beat);
            int64_t global = (int64_t)(f % m->row_folds) * m->array->rows + row;
            return (struct token){streamed(m, global, time), f, time};
        }
    }
    return EMPTY;
}

static struct token top_edge_operand(const struct machine *m, int col)
{
    for (int f = m->oldest; f < m->folds; f++) {
        if (m->stream_start[f] == UINT64_MAX)
            break;
        uint64_t begin = m->stream_start[f] + (uint64_t)col;
        if (m->cycle < begin || col >= fold_cols(m, f))
            continue;
        uint64_t late = m->cycle - begin, beat = (uint64_t)m->block->beat;
        if (late % beat == 0 && late / beat < (uint64_t)m->time) {
            int time = (int)(late / beat);
            int64_t global = (int64_t)(f / m->row_folds) * m->array->cols + col;
            return (struct token){value_b(m, time, global), f, time};
        }
    }
    return EMPTY;
}

static struct token top_edge_load(const struct machine *m, int col)
{
    for (int f = m->oldest; f < m->folds; f++) {
        if (m->load_start[f] == UINT64_MAX)
            break;
        uint64_t begin = m->load_start[f] + (uint64_t)col;
        int rows = fold_rows(m, f);
        uint64_t beat = (uint64_t)m->block->load_beat;
        if (m->cycle < begin || m->cycle - begin >= (uint64_t)rows * beat ||
            (m->cycle - begin) % beat != 0 || col >= fold_cols(m, f))
            continue;
        int target = rows - 1 - (int)((m->cycle - begin) / beat);
        int64_t row = (int64_t)(f % m->row_folds) * m->array->rows + target;
        int64_t global = (int64_t)(f / m->row_folds) * m->array->cols + col;
        return (struct token){stationary(m, row, global), f, target};
    }
    return EMPTY;
}

/* Starts loads and streams at this cycle's beginning where the rules allow it. */
static void control(struct machine *m)
{
    bool is_held = m->array->dataflow != DATAFLOW_OS;
    bool is_double = m->array->preload == PRELOAD_DOUBLE;
    bool is_overlapped = m->array->drain == DRAIN_OVERLAPPED && (!is_held || is_double);
    while (m->oldest < m->folds && is_done(m, m->oldest))
        m->oldest++;
    for (int f = m->oldest; f < m->folds; f++) {
        if (is_held && m->load_start[f] == UINT64_MAX) {
            bool may =
                f == 0 || (is_double ? m->stream_start[f - 1] <= m->cycle : is_done(m, f - 1));
            if (!may)
                return;
            m->load_start[f] = m->cycle;
        }
        if (m->stream_start[f] == UINT64_MAX) {
            bool may = true;
            if (is_held)
                may = m->cycle >=
                      m->load_start[f] + (uint64_t)(fold_rows(m, f) * m->block->load_beat);
            if (f > 0 && is_overlapped) {
                uint64_t entered =
                    m->stream_start[f - 1] + (uint64_t)(m->time * m->block->beat);
                may = may && m->cycle >= entered;
                /* The shift-out registers of the previous fold must be free when needed. */
                if (!is_held)
                    may = may &&
                          m->cycle >= m->stream_start[f - 1] + (uint64_t)fold_rows(m, f - 1);
            } else if (f > 0)
                may = may && is_done(m, f - 1);
            if (!may)
                return; /* double preload: the next load waits for this stream to start */
            m->stream_start[f] = m->cycle;
        }
    }
}

static struct element *at(struct element *grid, const struct machine *m, int row, int col)
{
    return &grid[row * m->array->cols + col];
}

static void step_held(struct machine *m, int i, int j)
{
    struct element *me = at(m->now, m, i, j), *next = at(m->next, m, i, j);
    struct token moving = i == 0 ? top_edge_load(m, j) : at(m->now, m, i - 1, j)->moving;
    struct token a = j == 0 ? left_edge(m, i) : at(m->now, m, i, j - 1)->across;
    struct token sum = i == 0 ? EMPTY : at(m->now, m, i - 1, j)->down;
    next->held = me->held;
    next->shadow = me->shadow;
    next->moving = EMPTY;
    next->across = EMPTY;
    next->down = EMPTY;
    if (a.fold >= 0) {
        if (next->held.fold != a.fold) {
            assert(next->shadow.fold == a.fold);
            next->held = next->shadow;
            next->shadow = EMPTY;
        }
        assert(i == 0 || (sum.fold == a.fold && sum.index == a.index));
        next->across = a;
        next->down = (struct token){sum.value + a.value * next->held.value, a.fold, a.index};
        if (i == fold_rows(m, a.fold) - 1) {
            int64_t col = (int64_t)(a.fold / m->row_folds) * m->array->cols + j;
            if (j < fold_cols(m, a.fold))
                deliver(m, a.fold, 0, col, a.index, next->down.value);
        }
        if (j == fold_cols(m, a.fold) - 1)
            next->across = EMPTY;
    }
    if (moving.fold >= 0) {
        if (moving.index == i) {
            assert(next->shadow.fold < 0);
            next->shadow = moving;
        } else
            next->moving = moving;
    }
}

static void step_output(struct machine *m, int i, int j)
{
    struct element *me = at(m->now, m, i, j), *next = at(m->next, m, i, j);
    struct token a = j == 0 ? left_edge(m, i) : at(m->now, m, i, j - 1)->across;
    struct token b = i == 0 ? top_edge_operand(m, j) : at(m->now, m, i - 1, j)->down;
    next->across = a;
    next->down = b;
    next->sum = me->sum;
    if (a.fold < 0 || b.fold < 0)
        return;
    assert(a.fold == b.fold && a.index == b.index);
    next->sum = (a.index == 0 ? 0 : me->sum) + a.value * b.value;
    if (a.index == m->time - 1) {
        if (m->array->drain == DRAIN_IN_PLACE)
            deliver(m, a.fold, (int64_t)(a.fold % m->row_folds) * m->array->rows + i,
                    (int64_t)(a.fold / m->row_folds) * m->array->cols + j, 0, next->sum);
        else {
            assert(next->result.fold < 0);
            next->result = (struct token){next->sum, a.fold, i};
        }
    }
}

/* Moves the results of a fold down one row, once the column (serial: the array) has them all.
 */
static void shift_out(struct machine *m, int *ready, int *shifted)
{
    bool is_serial = m->array->drain == DRAIN_SERIAL;
    for (int f = m->oldest; f < m->folds && m->stream_start[f] <= m->cycle; f++) {
        int rows = fold_rows(m, f), cols = fold_cols(m, f);
        bool all = true;
        for (int j = 0; j < cols; j++)
            all = all && ready[f * m->array->cols + j] == rows;
        for (int j = 0; j < cols; j++) {
            int *done = &shifted[f * m->array->cols + j];
            bool may = is_serial ? all : ready[f * m->array->cols + j] == rows;
            if (!may || *done == rows)
                continue;
            for (int i = rows - 1; i >= 0; i--) {
                struct element *e = at(m->now, m, i, j);
                if (e->result.fold != f)
                    continue;
                if (i == rows - 1)
                    deliver(
                        m, f, (int64_t)(f % m->row_folds) * m->array->rows + e->result.index,
                        (int64_t)(f / m->row_folds) * m->array->cols + j, 0, e->result.value);
                else
                    at(m->now, m, i + 1, j)->result = e->result;
                e->result = EMPTY;
            }
            ++*done;
        }
    }
}

static void count_ready(const struct machine *m, int *ready, const int *shifted)
{
    for (int f = m->oldest; f < m->folds && m->stream_start[f] <= m->cycle; f++)
        for (int j = 0; j < fold_cols(m, f); j++) {
            if (shifted[f * m->array->cols + j])
                continue;
            int count = 0;
            for (int i = 0; i < fold_rows(m, f); i++)
                count += m->now[i * m->array->cols + j].result.fold == f;
            ready[f * m->array->cols + j] = count;
        }
}

uint64_t reference_array_run(const struct array *array, const struct array_block *block,
                             const int64_t *a, const int64_t *b, int64_t *out)
{
    struct machine *m = calloc(1, sizeof *m);
    *m = (struct machine){.array = array, .block = block, .a = a, .b = b, .out = out};
    array_axes(array->dataflow, block, &m->size_rows, &m->size_cols, &m->time);
    m->row_folds = (int)((m->size_rows + array->rows - 1) / array->rows);
    m->col_folds = (int)((m->size_cols + array->cols - 1) / array->cols);
    m->folds = m->row_folds * m->col_folds;
    assert(m->folds <= 4096);
    size_t count = (size_t)(array->rows * array->cols);
    m->now = calloc(count, sizeof *m->now);
    m->next = calloc(count, sizeof *m->next);
    for (size_t e = 0; e < count; e++)
        m->now[e] = (struct element){EMPTY, EMPTY, EMPTY, EMPTY, EMPTY, EMPTY, 0};
    memset(m->load_start, 0xff, sizeof m->load_start);
    memset(m->stream_start, 0xff, sizeof m->stream_start);
    memset(out, 0, (size_t)(block->m * block->n) * sizeof *out);
    int *ready = calloc((size_t)(m->folds * array->cols), sizeof *ready);
    int *shifted = calloc((size_t)(m->folds * array->cols), sizeof *shifted);
    while (control(m), m->oldest < m->folds) {
        if (array->dataflow == DATAFLOW_OS && array->drain != DRAIN_IN_PLACE) {
            count_ready(m, ready, shifted);
            shift_out(m, ready, shifted);
        }
        for (int i = 0; i < array->rows; i++)
            for (int j = 0; j < array->cols; j++) {
                at(m->next, m, i, j)->result = at(m->now, m, i, j)->result;
                if (array->dataflow == DATAFLOW_OS)
                    step_output(m, i, j);
                else
                    step_held(m, i, j);
            }
        struct element *swap = m->now;
        m->now = m->next;
        m->next = swap;
        m->cycle++;
    }
    uint64_t cycles = 0;
    for (int f = 0; f < m->folds; f++)
        cycles = m->last_result[f] + 1 > cycles ? m->last_result[f] + 1 : cycles;
    free(ready);
    free(shifted);
    free(m->now);
    free(m->next);
    free(m);
    return cycles;
}
