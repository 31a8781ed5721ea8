/* Does the SRAM model say what CACTI says, and something sensible in between? */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arch/technology/sram.h"
#include "sim/study/cases.h"
#include "technology_fixture.h"

static struct sram_price at(const struct process *process, uint64_t bytes, uint32_t bits,
                            uint32_t ports, enum sram_cells cells)
{
    struct error err = {0};
    struct sram_price price;
    struct sram_macro macro = {bytes, bits, ports, cells};
    ck_assert_msg(sram_price_of(process, &macro, &price, &err), "%s", err.text);
    return price;
}

START_TEST(a_size_of_the_table_costs_what_the_table_says)
{
    /* 45 nm, high performance, 64 bit, 1 MiB: 67.6875 pJ a read, 954.932 + 27.4239 mW. */
    struct sram_macro macro = {1 << 20, 64, 1, SRAM_HIGH_PERFORMANCE};
    struct sram_price price;
    ck_assert(sram_table_read(technology.tables.sram_index, 45, &macro, false, &price));
    ck_assert_double_eq_tol(price.read.value, 67.6875e-12, 1e-18);
    ck_assert_double_eq_tol(price.leakage.value, 0.9823559, 1e-9);
    ck_assert_double_eq_tol(price.area.value, 3.16951e-6, 1e-12);
}
END_TEST

struct deviations {
    struct validation_sink sink;
    double all[2000];
    size_t count;
};

static void collect(struct validation_sink *sink, const struct validation_value *value)
{
    struct deviations *deviations = (struct deviations *)sink;
    if (!isnan(value->want))
        deviations->all[deviations->count++] = fabs(value->got / value->want - 1);
}

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

START_TEST(rows_left_out_one_at_a_time_are_met_within_five_percent_median_and_thirty_worst)
{
    static struct deviations found;
    found = (struct deviations){.sink = {collect}};
    struct error err = {0};
    for (size_t row = 0; row < technology.tables.sram.row_count; row++) {
        struct arena_mark mark = arena_mark(&technology.arena);
        ck_assert_msg(
            CASE_SRAM.run(&technology.tables.sram, row, &technology.arena, &found.sink, &err),
            "%s", err.text);
        arena_release(&technology.arena, mark);
    }
    ck_assert_uint_eq(found.count, 5 * 296);
    qsort(found.all, found.count, sizeof(double), rising);
    ck_assert_double_le(found.all[found.count / 2], 0.05);
    ck_assert_double_le(found.all[found.count - 1], 0.30);
    /* Leaving out must matter: interpolation that sees its own row would be exact. */
    ck_assert_double_gt(found.all[found.count / 2], 0.001);
}
END_TEST

START_TEST(large_buffers_leak_watts_only_in_high_performance_cells)
{
    struct process *process = technology_process("generic-45");
    double fast = at(process, 32 << 20, 256, 1, SRAM_HIGH_PERFORMANCE).leakage.value;
    double slow = at(process, 32 << 20, 256, 1, SRAM_LOW_STANDBY).leakage.value;
    ck_assert_double_gt(fast, 10);
    ck_assert_double_lt(slow, 0.05);
}
END_TEST

START_TEST(energy_and_area_rise_with_size_at_every_process)
{
    static const char *const NAMES[] = {"generic-45", "tsmc-40", "tsmc-28", "tsmc-16",
                                        "tsmc-n7"};
    struct process *process = technology_process(NAMES[_i]);
    for (uint64_t bytes = 256; bytes < 16 << 20; bytes *= 2) {
        struct sram_price less = at(process, bytes, 128, 1, SRAM_LOW_STANDBY);
        struct sram_price more = at(process, 2 * bytes, 128, 1, SRAM_LOW_STANDBY);
        ck_assert_double_gt(more.read.value, less.read.value);
        /* Small macros are mostly periphery, part of which is fixed. */
        ck_assert_double_gt(more.area.value, (bytes < 4096 ? 1.2 : 1.5) * less.area.value);
    }
}
END_TEST

START_TEST(the_macro_shrinks_with_the_sourced_cell_and_not_with_the_square_of_a_name)
{
    double before =
        at(technology_process("tsmc-28"), 1 << 20, 64, 1, SRAM_LOW_STANDBY).area.value;
    double after =
        at(technology_process("tsmc-n7"), 1 << 20, 64, 1, SRAM_LOW_STANDBY).area.value;
    /* Cells of 0.127 and 0.027 um2 with the same share of the macro within 15 %. */
    ck_assert_double_eq_tol(before / after, 0.127 / 0.027, 0.15 * 0.127 / 0.027);
    ck_assert_double_lt(before / after, 0.5 * 28.0 * 28.0 / 49.0);
}
END_TEST

START_TEST(a_macro_is_never_smaller_than_its_cells)
{
    struct process *process = technology_process("tsmc-28");
    for (uint64_t bytes = 64; bytes <= 64 << 20; bytes *= 4)
        ck_assert_double_gt(at(process, bytes, 64, 1, SRAM_LOW_STANDBY).area.value,
                            8.0 * (double)bytes * 0.127e-12);
}
END_TEST

START_TEST(small_and_narrow_macros_are_never_smaller_than_their_cells_either)
{
    static const char *const NAMES[] = {"generic-45", "tsmc-28", "tsmc-16", "tsmc-n7"};
    static const double CELLS_UM2[] = {0.346, 0.127, 0.074, 0.027};
    for (uint64_t bytes = 16; bytes <= 4096; bytes *= 2)
        for (uint32_t width = 4; width <= 256 && width <= 8 * bytes; width *= 2) {
            double area =
                at(technology_process(NAMES[_i]), bytes, width, 1, SRAM_HIGH_PERFORMANCE)
                    .area.value;
            ck_assert_msg(area * 1e12 > 8.0 * (double)bytes * CELLS_UM2[_i], "%s: %d x %d bit",
                          NAMES[_i], (int)bytes, (int)width);
        }
}
END_TEST

/* gf180mcu_fd_ip_sram, its LEF: macros of 8-bit words, all 431.86 um wide; heights in um. */
START_TEST(small_macros_shrink_no_faster_than_a_foundry_s_own)
{
    static const double WORDS[] = {64, 128, 256, 512},
                        HEIGHTS[] = {232.88, 268.88, 340.88, 484.88};
    struct process *process = technology_process("tsmc-28");
    double largest = at(process, 512, 8, 1, SRAM_HIGH_PERFORMANCE).area.value;
    for (int i = 0; i < 4; i++) {
        double area = at(process, (uint64_t)WORDS[i], 8, 1, SRAM_HIGH_PERFORMANCE).area.value;
        ck_assert_msg(fabs(area / largest / (HEIGHTS[i] / HEIGHTS[3]) - 1) < 0.02,
                      "%g words: %g", WORDS[i], area / largest);
    }
}
END_TEST

START_TEST(a_word_wider_than_the_table_is_cut_into_equal_macros)
{
    struct process *process = technology_process("tsmc-28");
    struct sram_price wide = at(process, 1 << 20, 2048, 1, SRAM_LOW_STANDBY);
    struct sram_price slice = at(process, 1 << 17, 256, 1, SRAM_LOW_STANDBY);
    ck_assert_double_eq_tol(wide.read.value, 8 * slice.read.value, 1e-9 * wide.read.value);
    ck_assert_double_eq_tol(wide.area.value, 8 * slice.area.value, 1e-9 * wide.area.value);
}
END_TEST

START_TEST(a_second_port_costs_area_and_energy)
{
    struct process *process = technology_process("tsmc-28");
    struct sram_price one = at(process, 8192, 64, 1, SRAM_HIGH_PERFORMANCE);
    struct sram_price two = at(process, 8192, 64, 2, SRAM_HIGH_PERFORMANCE);
    ck_assert_double_gt(two.area.value, 1.2 * one.area.value);
    ck_assert_double_gt(two.read.value, one.read.value);
}
END_TEST

START_TEST(cells_larger_than_the_tables_are_refused_unless_asked)
{
    struct error err = {0};
    struct process *process = technology_process("generic-130");
    struct sram_macro macro = {8192, 64, 1, SRAM_HIGH_PERFORMANCE};
    struct sram_price price;
    ck_assert(!sram_price_of(process, &macro, &price, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "--extrapolate"));
    process->options.allow_extrapolate = true;
    err = (struct error){0};
    ck_assert(sram_price_of(process, &macro, &price, &err));
    ck_assert_int_eq(price.read.mark, MARK_EXTRAPOLATED);
}
END_TEST

Suite *technology_sram_suite(void)
{
    Suite *suite = suite_create("technology_sram");
    TCase *tests = tcase_create("sram");
    tcase_add_checked_fixture(tests, technology_setup, technology_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_size_of_the_table_costs_what_the_table_says);
    tcase_add_test(
        tests, rows_left_out_one_at_a_time_are_met_within_five_percent_median_and_thirty_worst);
    tcase_add_test(tests, large_buffers_leak_watts_only_in_high_performance_cells);
    tcase_add_loop_test(tests, energy_and_area_rise_with_size_at_every_process, 0, 5);
    tcase_add_test(tests,
                   the_macro_shrinks_with_the_sourced_cell_and_not_with_the_square_of_a_name);
    tcase_add_test(tests, a_macro_is_never_smaller_than_its_cells);
    tcase_add_loop_test(
        tests, small_and_narrow_macros_are_never_smaller_than_their_cells_either, 0, 4);
    tcase_add_test(tests, small_macros_shrink_no_faster_than_a_foundry_s_own);
    tcase_add_test(tests, a_word_wider_than_the_table_is_cut_into_equal_macros);
    tcase_add_test(tests, a_second_port_costs_area_and_energy);
    tcase_add_test(tests, cells_larger_than_the_tables_are_refused_unless_asked);
    suite_add_tcase(suite, tests);
    return suite;
}
