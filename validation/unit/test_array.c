/* The closed forms of arch/systolic equal the cycle-by-cycle array, which delivers the product.
 */
#include <check.h>
#include <stdlib.h>

#include "reference_array.h"

enum { CASES_PER_SEED = 250, SEEDS = 24, SIZE_MAX_ = 12 };

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static int64_t pick(uint64_t *state, int64_t low, int64_t high)
{
    return low + (int64_t)(next_random(state) % (uint64_t)(high - low + 1));
}

static struct array random_array(uint64_t *state)
{
    return (struct array){pick(state, 1, 6),
                          pick(state, 1, 6),
                          (enum array_dataflow)pick(state, 0, 2),
                          (enum array_drain)pick(state, 0, 2),
                          (enum array_edges)pick(state, 0, 1),
                          (enum array_preload)pick(state, 0, 1)};
}

static void check_case(uint64_t seed, int number, const struct array *array,
                       const struct array_block *block, uint64_t *state)
{
    int64_t a[SIZE_MAX_ * SIZE_MAX_], b[SIZE_MAX_ * SIZE_MAX_], out[SIZE_MAX_ * SIZE_MAX_];
    for (int i = 0; i < block->m * block->k; i++)
        a[i] = pick(state, -9, 9);
    for (int i = 0; i < block->k * block->n; i++)
        b[i] = pick(state, -9, 9);
    uint64_t reference = reference_array_run(array, block, a, b, out);
    struct array_cycles form = array_block_cycles(array, block, true);
    uint64_t closed = form.first_load + form.work + form.fill + form.drain + form.load;
    ck_assert_msg(closed == reference,
                  "seed %llu case %d: %lldx%lld dataflow %d drain %d edges %d preload %d, "
                  "m %lld k %lld n %lld beats %lld %lld: closed form %llu, array %llu",
                  (unsigned long long)seed, number, (long long)array->rows,
                  (long long)array->cols, array->dataflow, array->drain, array->edges,
                  array->preload, (long long)block->m, (long long)block->k, (long long)block->n,
                  (long long)block->beat, (long long)block->load_beat,
                  (unsigned long long)closed, (unsigned long long)reference);
    for (int i = 0; i < block->m; i++)
        for (int j = 0; j < block->n; j++) {
            int64_t sum = 0;
            for (int k = 0; k < block->k; k++)
                sum += a[i * block->k + k] * b[k * block->n + j];
            ck_assert_msg(
                sum == out[i * block->n + j],
                "seed %llu case %d: wrong product at %d %d (%lldx%lld, dataflow %d, "
                "drain %d, edges %d, preload %d, m %lld k %lld n %lld beats %lld %lld)",
                (unsigned long long)seed, number, i, j, (long long)array->rows,
                (long long)array->cols, array->dataflow, array->drain, array->edges,
                array->preload, (long long)block->m, (long long)block->k, (long long)block->n,
                (long long)block->beat, (long long)block->load_beat);
        }
}

START_TEST(closed_forms_equal_the_array_cycle_by_cycle)
{
    uint64_t seed = (uint64_t)_i + 1, state = seed;
    for (int number = 0; number < CASES_PER_SEED; number++) {
        struct array array = random_array(&state);
        struct array_block block = {pick(&state, 1, SIZE_MAX_), pick(&state, 1, SIZE_MAX_),
                                    pick(&state, 1, SIZE_MAX_), pick(&state, 1, 3),
                                    pick(&state, 1, 3)};
        check_case(seed, number, &array, &block, &state);
    }
}
END_TEST

START_TEST(a_fold_of_the_textbook_array_costs_what_the_paper_says)
{
    struct array array = {32, 32, DATAFLOW_OS, DRAIN_IN_PLACE, EDGES_FULL, PRELOAD_SINGLE};
    struct array_block block = {1, 512, 512, 1, 1};
    struct array_cycles cycles = array_block_cycles(&array, &block, true);
    ck_assert_uint_eq(cycles.work + cycles.fill + cycles.drain, 16 * (512 + 32 + 32 - 2));
    array.dataflow = DATAFLOW_WS;
    cycles = array_block_cycles(&array, &block, true);
    ck_assert_uint_eq(cycles.first_load + cycles.load + cycles.work + cycles.fill +
                          cycles.drain,
                      256 * (2 * 32 + 32 + 1 - 2));
}
END_TEST

START_TEST(blocks_in_a_row_cost_no_more_than_one_block_of_all)
{
    /* Cutting the streamed axis leaves work unchanged; only loads and skew may be added. */
    uint64_t state = 7;
    for (int i = 0; i < 2000; i++) {
        struct array array = random_array(&state);
        struct array_block whole = {2 * pick(&state, 1, 50), pick(&state, 1, 50),
                                    pick(&state, 1, 50), 1, 1};
        struct array_block half = whole;
        if (array.dataflow != DATAFLOW_WS)
            continue;
        half.m /= 2;
        ck_assert_uint_eq(array_block_cycles(&array, &whole, true).work,
                          2 * array_block_cycles(&array, &half, true).work);
    }
}
END_TEST

Suite *array_suite(void)
{
    Suite *suite = suite_create("array");
    TCase *tcase = tcase_create("closed forms");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, closed_forms_equal_the_array_cycle_by_cycle, 0, SEEDS);
    tcase_add_test(tcase, a_fold_of_the_textbook_array_costs_what_the_paper_says);
    tcase_add_test(tcase, blocks_in_a_row_cost_no_more_than_one_block_of_all);
    suite_add_tcase(suite, tcase);
    return suite;
}
