/* Does a sparse nest compute what it must with what it brings? Its steps are carried out on
 * numbers: a step may use only entries, rows of the table, sums and dense rows that steps have
 * brought to the scratch and that have not left it, and every result is compared with a plain
 * product. Bytes are counted again on the way. Matrices of all kinds: empty rows, one full row,
 * nothing at all, one column; tiles larger than the matrix, and cuts far too fine. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arch/family/sparse_model.h"
#include "arch/family/sparse_steps.h"
#include "sparse_case.h"

enum { GARBAGE = 1 << 20, PER_TEST = 200 };

static struct arena arena;

/* What the scratch holds, and main memory's sums and results. */
struct machine {
    const struct matrix *x;
    const struct sparse_met *met;
    uint64_t seed;
    uint64_t entries_tile, rows_tile, output_tile; /* + 1; 0: none */
    uint64_t table_n;   /* columns that the table's tile stands for */
    bool has_row[SIDE]; /* of the table */
    double sums[SIDE][SIDE], memory_sums[SIDE][SIDE], results[SIDE][SIDE];
    int stored[SIDE][SIDE];
    /* Sampled: by entry. */
    double dots[ENTRIES], memory_dots[ENTRIES], finished[ENTRIES];
    int dot_stored[ENTRIES];
    uint64_t offset, visit_key; /* entries of the tile that parts before this one took */
};

static bool is_inside(const struct matrix *x, int entry, const struct sparse_step *step)
{
    return (uint64_t)x->row_of[entry] / x->nest.tile[SPARSE_M] == step->at[SPARSE_M] &&
           (uint64_t)x->columns[entry] / x->nest.tile[SPARSE_K] == step->at[SPARSE_K];
}

/* The entries of the step: those of its tile behind the ones that earlier parts took. */
static int find_entries(const struct machine *m, const struct sparse_step *step, int *found)
{
    const struct matrix *x = m->x;
    uint64_t skipped = 0;
    int count = 0;
    for (uint64_t e = 0; e < x->product.entries; e++) {
        if (!is_inside(x, (int)e, step))
            continue;
        if (skipped++ >= m->offset && count < (int)step->entries)
            found[count++] = (int)e;
    }
    ck_assert_int_eq(count, (int)step->entries);
    return count;
}

static uint64_t count_selected(const struct matrix *x, const struct sparse_step *step,
                               bool of_all_rows, bool selected[SIDE])
{
    uint64_t count = 0;
    memset(selected, 0, SIDE * sizeof *selected);
    for (uint64_t e = 0; e < x->product.entries; e++) {
        bool is_column = (uint64_t)x->columns[e] / x->nest.tile[SPARSE_K] == step->at[SPARSE_K];
        if (!is_column || (!of_all_rows && !is_inside(x, (int)e, step)) ||
            selected[x->columns[e]])
            continue;
        selected[x->columns[e]] = true;
        count++;
    }
    return count;
}

static void bring_table(struct machine *m, const struct sparse_step *step, const int *found,
                        int count, bool is_new_visit)
{
    const struct matrix *x = m->x;
    const struct sparse_product *p = &x->product;
    uint64_t record = (uint64_t)p->table_bytes * step->columns;
    if (p->table_bytes <= 0)
        return;
    if (x->nest.is_gathered) {
        if (is_new_visit || step->is_overflow)
            memset(m->has_row, 0, sizeof m->has_row);
        uint64_t fresh = 0;
        for (int i = 0; i < count; i++) {
            fresh += !m->has_row[x->columns[found[i]]];
            m->has_row[x->columns[found[i]]] = true;
        }
        ck_assert_uint_eq(step->loads[3], fresh * record);
        ck_assert(x->nest.records == UINT64_MAX || fresh <= x->nest.records);
        return;
    }
    if (step->loads[3] > 0) {
        bool selected[SIDE];
        uint64_t begin = step->at[SPARSE_K] * x->nest.tile[SPARSE_K];
        uint64_t inner = sparse_extent(p, &x->nest, SPARSE_K, step->at[SPARSE_K]);
        memset(m->has_row, 0, sizeof m->has_row);
        m->table_n = step->at[SPARSE_N] + 1;
        if (!step->is_gathered) {
            ck_assert_uint_eq(step->loads[3], inner * record);
            for (uint64_t k = begin; k < begin + inner; k++)
                m->has_row[k] = true;
        } else {
            uint64_t rows = count_selected(x, step, false, selected);
            if (rows * record != step->loads[3])
                rows = count_selected(x, step, true, selected);
            ck_assert_uint_eq(step->loads[3], rows * record);
            ck_assert_uint_lt(rows, inner);
            memcpy(m->has_row, selected, sizeof m->has_row);
        }
    }
    if (count)
        ck_assert_uint_eq(m->table_n, step->at[SPARSE_N] + 1);
}

static void bring_entries(struct machine *m, const struct sparse_step *step, const int *found,
                          int count)
{
    const struct matrix *x = m->x;
    uint64_t tile = step->at[SPARSE_M] * x->nest.trips[SPARSE_K] + step->at[SPARSE_K] + 1;
    if (step->loads[2] == 0) {
        if (count)
            ck_assert_msg(m->entries_tile == tile, "seed %llu: entries are not there",
                          (unsigned long long)m->seed);
        return;
    }
    ck_assert_uint_eq(step->loads[2], 4 * (uint64_t)count);
    uint64_t rows = 0;
    for (int i = 0; i < count; i++)
        rows += i == 0 || x->row_of[found[i]] != x->row_of[found[i - 1]];
    if (x->nest.is_listed)
        ck_assert_uint_eq(step->loads[1], 8 * rows);
    else
        ck_assert_uint_ge(step->loads[1], 4 * step->begun);
    if (!x->product.is_sampled)
        ck_assert_uint_eq(step->loads[0], 2 * (uint64_t)count);
    m->entries_tile = tile;
}

static void finish_rows(struct machine *m, const struct sparse_step *step, uint64_t first,
                        const int *found, int count)
{
    const struct matrix *x = m->x;
    uint64_t n0 = step->at[SPARSE_N] * x->nest.tile[SPARSE_N];
    uint64_t tile = step->at[SPARSE_M] * x->nest.trips[SPARSE_N] + step->at[SPARSE_N] + 1;
    bool is_last = step->at[SPARSE_K] + 1 == x->nest.trips[SPARSE_K];
    if (m->output_tile != tile) /* all else has left; this begins at nothing */
        for (int r = 0; r < SIDE; r++)
            for (int c = 0; c < SIDE; c++)
                m->sums[r][c] = 0;
    m->output_tile = tile;
    uint64_t moved = step->rows * step->columns;
    if (step->loads[STEP_PARTIAL]) {
        uint64_t begun = m->met->parts[step->part].rows_begun;
        ck_assert_uint_eq(step->loads[STEP_PARTIAL], 4 * step->begun * step->columns);
        for (uint64_t r = begun - step->begun; r < begun; r++)
            memcpy(&m->sums[r][n0], &m->memory_sums[r][n0], step->columns * sizeof(double));
    }
    for (int i = 0; i < count; i++)
        for (uint64_t c = n0; c < n0 + step->columns; c++)
            m->sums[x->row_of[found[i]]][c] +=
                x->values[found[i]] * x->table[x->columns[found[i]]][c];
    if (!step->store)
        return;
    ck_assert_uint_eq(step->store, (is_last ? 2 : 4) * moved);
    for (uint64_t r = first; r < first + step->rows; r++)
        for (uint64_t c = n0; c < n0 + step->columns; c++) {
            if (is_last) {
                m->results[r][c] = m->sums[r][c];
                m->stored[r][c]++;
            } else
                m->memory_sums[r][c] = m->sums[r][c];
            m->sums[r][c] = is_last ? GARBAGE : 0;
        }
}

static void finish_dots(struct machine *m, const struct sparse_step *step, const int *found,
                        int count)
{
    const struct matrix *x = m->x;
    uint64_t n0 = step->at[SPARSE_N] * x->nest.tile[SPARSE_N];
    uint64_t rows_tile = step->at[SPARSE_M] * x->nest.trips[SPARSE_N] + step->at[SPARSE_N] + 1;
    bool is_last = step->at[SPARSE_N] + 1 == x->nest.trips[SPARSE_N];
    if (step->loads[0])
        m->rows_tile = rows_tile;
    if (count)
        ck_assert_uint_eq(m->rows_tile, rows_tile);
    for (int i = 0; i < count; i++) {
        int e = found[i];
        if (step->loads[STEP_PARTIAL])
            m->dots[e] = m->memory_dots[e];
        for (uint64_t c = n0; c < n0 + step->columns; c++)
            m->dots[e] += x->dense[x->row_of[e]][c] * x->table[x->columns[e]][c];
        if (!step->store)
            continue;
        if (is_last) {
            m->finished[e] = m->dots[e];
            m->dot_stored[e]++;
        } else
            m->memory_dots[e] = m->dots[e];
        m->dots[e] = GARBAGE;
    }
    if (count && step->store)
        ck_assert_uint_eq(step->store, (is_last ? 2 : 4) * (uint64_t)count);
}

static void run_steps(struct machine *m)
{
    const struct matrix *x = m->x;
    for (uint64_t i = 0; i < m->met->step_count; i++) {
        const struct sparse_step *step = &m->met->steps[i];
        const uint64_t *trips = x->nest.trips;
        uint64_t key =
            1 + (step->at[SPARSE_M] * trips[SPARSE_K] + step->at[SPARSE_K]) * trips[SPARSE_N] +
            step->at[SPARSE_N];
        bool is_new = key != m->visit_key;
        m->offset = is_new ? 0 : m->offset;
        m->visit_key = key;
        int found[ENTRIES];
        int count = find_entries(m, step, found);
        ck_assert(x->nest.room == UINT64_MAX || (uint64_t)count <= x->nest.room);
        bring_entries(m, step, found, count);
        bring_table(m, step, found, count, is_new);
        for (int e = 0; e < count && x->product.table_bytes > 0; e++)
            ck_assert_msg(m->has_row[x->columns[found[e]]], "seed %llu: no row of the table",
                          (unsigned long long)m->seed);
        uint64_t first = m->met->parts[step->part].rows_end - step->rows;
        if (x->product.is_sampled)
            finish_dots(m, step, found, count);
        else
            finish_rows(m, step, first, found, count);
        m->offset += (uint64_t)count;
    }
}

static void check_results(const struct machine *m)
{
    const struct matrix *x = m->x;
    double wanted[SIDE][SIDE] = {{0}};
    for (uint64_t e = 0; e < x->product.entries; e++) {
        double dot = 0;
        for (uint64_t c = 0; c < x->product.size[SPARSE_N]; c++) {
            wanted[x->row_of[e]][c] += x->values[e] * x->table[x->columns[e]][c];
            dot += x->dense[x->row_of[e]][c] * x->table[x->columns[e]][c];
        }
        if (x->product.is_sampled) {
            ck_assert_int_eq(m->dot_stored[e], 1);
            ck_assert_double_eq(m->finished[e], dot);
        }
    }
    for (uint64_t r = 0; r < x->product.size[SPARSE_M] && !x->product.is_sampled; r++)
        for (uint64_t c = 0; c < x->product.size[SPARSE_N]; c++) {
            ck_assert_msg(m->stored[r][c] == 1, "seed %llu: row %llu stored %d times",
                          (unsigned long long)m->seed, (unsigned long long)r, m->stored[r][c]);
            ck_assert_msg(m->results[r][c] == wanted[r][c], "seed %llu: %g, not %g",
                          (unsigned long long)m->seed, m->results[r][c], wanted[r][c]);
        }
}

/* Where no tile is empty, none overflows and the table comes whole, what moves is what the
 * closed form says. */
static bool check_bytes(const struct machine *m)
{
    const struct matrix *x = m->x;
    uint64_t bytes = m->met->stores;
    double walked = sparse_rows_walked(&x->product, x->nest.trips[SPARSE_K]);
    bool is_plain = !x->nest.is_gathered && !x->nest.is_listed && m->met->overflows == 0 &&
                    walked == (double)(x->product.size[SPARSE_M] * x->nest.trips[SPARSE_K]) &&
                    m->met->tiles == x->nest.trips[SPARSE_M] * x->nest.trips[SPARSE_K];
    for (int load = 0; load < STEP_LOADS_MAX; load++)
        bytes += m->met->loads[load];
    for (uint64_t i = 0; i < m->met->step_count; i++)
        is_plain = is_plain && !m->met->steps[i].is_gathered;
    if (!is_plain)
        return false;
    struct sparse_model model;
    sparse_model_init(&model, &x->product, 0.99);
    struct sparse_cut cut = {.order = x->nest.order};
    for (int d = 0; d < SPARSE_DIMS; d++) {
        uint64_t size = x->product.size[d];
        cut.tile[d] = x->nest.tile[d] < size ? x->nest.tile[d] : size;
        cut.trips[d] = (double)x->nest.trips[d];
    }
    struct sparse_traffic traffic;
    sparse_model_traffic(&model, &cut, &traffic);
    ck_assert_msg(fabs((double)bytes - traffic.bytes) < 0.5, "seed %llu: %llu moved, not %g",
                  (unsigned long long)m->seed, (unsigned long long)bytes, traffic.bytes);
    return true;
}

START_TEST(steps_compute_the_product_with_what_they_bring)
{
    int plain = 0;
    for (int i = 0; i < PER_TEST; i++) {
        arena_init(&arena);
        uint64_t seed = (uint64_t)_i * PER_TEST + (uint64_t)i, state = seed * 7919 + 11;
        struct matrix *x = arena_alloc(&arena, sizeof *x);
        struct machine *m = arena_alloc(&arena, sizeof *m);
        sparse_case_matrix(x, &state);
        sparse_case_nest(x, &state);
        m->x = x;
        m->seed = seed;
        m->met = sparse_meet(&x->product, &x->nest, &x->primitive, 0, NULL, NULL, &arena);
        ck_assert(m->met != NULL);
        ck_assert_uint_eq(m->met->entries, x->product.entries);
        run_steps(m);
        check_results(m);
        plain += check_bytes(m);
        arena_free(&arena);
    }
    ck_assert_int_gt(plain, PER_TEST / 50);
}
END_TEST

Suite *sparse_values_suite(void);
Suite *sparse_values_suite(void)
{
    Suite *suite = suite_create("sparse_values");
    TCase *cases = tcase_create("sparse_values");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, steps_compute_the_product_with_what_they_bring, 0, 30);
    suite_add_tcase(suite, cases);
    return suite;
}
