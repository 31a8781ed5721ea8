/* Do runs answer to their chip as hardware does: more of anything is never slower, what does
 * not matter changes nothing? */
#define _POSIX_C_SOURCE 200809L
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loops.h"
#include "random_run.h"
#include "sim/report/report_run.h"

enum { SEEDS = 100, OPERATORS = 10 };

/* Tiles are chosen by estimates: a run may be a little slower, and by a memory latency or so.
 */
static const double ESTIMATED = 1.02, LATENCY_CYCLES = 50;
/* Members share one memory, and a network is cut otherwise for more of them: an operator that
 * ends earlier may meet another one at the memory that mattered more (Graham's anomalies). So
 * much slower may a network become by having more members, on chips this small. */
static const double ANOMALY = 1.13;

static struct arena arena;
static struct random_case c;

static void setup(void)
{
    arena_init(&arena);
}

static void teardown(void)
{
    random_case_end(&c);
    arena_free(&arena);
}

static void begin(int seed, enum random_trace_kind kind, int operators)
{
    random_case_begin(&c, (uint64_t)seed, "play", &arena);
    random_chip_file(&c);
    random_trace_file(&c, kind, operators);
}

/* A network, or a single operator, which has no other one to wait for. */
static bool begin_either(int seed)
{
    bool is_network = seed % 2 != 0;
    begin(seed, is_network ? RANDOM_NETWORK : RANDOM_PRODUCTS, is_network ? OPERATORS : 1);
    return is_network;
}

/* The value of a quantity in the run's chip, times `factor`, as a --set. */
static const char *scaled(const struct run_result *result, const char *path, int factor)
{
    const struct chip_memory *sram = &result->chip->memories[0];
    const struct chip_memory *dram = &result->chip->memories[1];
    if (strcmp(path, "memory.sram.capacity") == 0)
        return arena_format(&arena, "%s=%llu B", path,
                            (unsigned long long)(sram->capacity * (uint64_t)factor));
    return arena_format(&arena, "%s=%.0f B/s", path,
                        ratio_value(dram->bandwidth) * (double)factor);
}

static void check_never_slower(const char *path, const char *what, bool is_network)
{
    struct run_result first;
    if (!is_network)
        c.sets[c.set_count++] = "core.array.count=1";
    if (!random_case_run(&c, NULL, &first))
        return;
    uint64_t before = first.totals.cycles;
    for (int factor = 2; factor <= 16; factor *= 2) {
        struct run_result more;
        const char *sets[] = {scaled(&first, path, factor), NULL};
        ck_assert(random_case_run(&c, sets, &more));
        ck_assert_msg((double)more.totals.cycles <= ESTIMATED * (double)before + LATENCY_CYCLES,
                      "%s: %d times the %s takes %llu cycles, half of it %llu",
                      random_case_text(&c), factor, what,
                      (unsigned long long)more.totals.cycles, (unsigned long long)before);
        before = more.totals.cycles;
    }
}

START_TEST(more_memory_bandwidth_is_never_slower)
{
    check_never_slower("memory.dram.bandwidth", "bandwidth", begin_either(_i));
}
END_TEST

START_TEST(more_scratch_is_never_slower)
{
    check_never_slower("memory.sram.capacity", "capacity", begin_either(_i));
}
END_TEST

START_TEST(more_members_are_never_slower)
{
    double tolerance = begin_either(_i) ? ANOMALY : ESTIMATED;
    uint64_t before = UINT64_MAX;
    for (int count = 1; count <= 4; count *= 2) {
        struct run_result result;
        const char *sets[] = {arena_format(&arena, "core.array.count=%d", count), NULL};
        if (!random_case_run(&c, sets, &result))
            return;
        ck_assert_msg(count == 1 || (double)result.totals.cycles <=
                                        tolerance * (double)before + LATENCY_CYCLES,
                      "%s: %d members take %llu cycles, half %llu", random_case_text(&c), count,
                      (unsigned long long)result.totals.cycles, (unsigned long long)before);
        before = result.totals.cycles;
    }
}
END_TEST

START_TEST(the_same_input_gives_the_same_bytes)
{
    begin(_i, RANDOM_NETWORK, OPERATORS);
    char *text[2] = {NULL, NULL};
    size_t size[2];
    for (int i = 0; i < 2; i++) {
        struct run_result result;
        if (!random_case_run(&c, NULL, &result))
            return;
        FILE *out = open_memstream(&text[i], &size[i]);
        report_run_json(&result, out);
        fclose(out);
    }
    ck_assert_uint_eq(size[0], size[1]);
    ck_assert_int_eq(memcmp(text[0], text[1], size[0]), 0);
    free(text[0]);
    free(text[1]);
}
END_TEST

START_TEST(the_window_changes_no_work)
{
    begin(_i, RANDOM_NETWORK, OPERATORS);
    struct run_result first, other;
    if (!random_case_run(&c, NULL, &first))
        return;
    const char *sets[] = {arena_format(&arena, "window=%d", 2 + _i % 7), NULL};
    ck_assert(random_case_run(&c, sets, &other));
    ck_assert_uint_eq(first.totals.macs, other.totals.macs);
    ck_assert_uint_eq(first.totals.ops, other.totals.ops);
    ck_assert_uint_eq(first.totals.dram_read_bytes, other.totals.dram_read_bytes);
    ck_assert_uint_eq(first.totals.dram_write_bytes, other.totals.dram_write_bytes);
    for (size_t i = 0; i < first.operator_count; i++) {
        const struct ledger *a = &first.operators[i].record.ledger;
        const struct ledger *b = &other.operators[i].record.ledger;
        ck_assert_msg(memcmp(a->counts, b->counts, a->count * sizeof *a->counts) == 0,
                      "%s: %s: operator %zu acts otherwise", random_case_text(&c), sets[0], i);
    }
}
END_TEST

START_TEST(twice_all_clocks_and_memory_speeds_take_the_same_cycles)
{
    begin(_i, RANDOM_NETWORK, OPERATORS);
    struct run_result slow, fast;
    if (!random_case_run(&c, NULL, &slow))
        return;
    const struct chip_memory *dram = &slow.chip->memories[1], *host = dram + 1;
    const char *sets[] = {
        "clock_factor=2",
        scaled(&slow, "memory.dram.bandwidth", 2),
        arena_format(&arena, "memory.dram.latency=%.4f ns", ratio_value(dram->latency) * 5e8),
        arena_format(&arena, "host.bandwidth=%.0f B/s", 2 * ratio_value(host->bandwidth)),
        "host.clock=4 GHz",
        "host.latency=0.5 us",
        NULL};
    ck_assert(random_case_run(&c, sets, &fast));
    ck_assert_msg(slow.totals.cycles == fast.totals.cycles,
                  "%s: %llu cycles, %llu at twice the speed", random_case_text(&c),
                  (unsigned long long)slow.totals.cycles,
                  (unsigned long long)fast.totals.cycles);
}
END_TEST

Suite *play_suite(void)
{
    Suite *suite = suite_create("play");
    TCase *tests = tcase_create("laws");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, more_memory_bandwidth_is_never_slower, 0, LOOPS(SEEDS));
    tcase_add_loop_test(tests, more_scratch_is_never_slower, 0, LOOPS(SEEDS));
    tcase_add_loop_test(tests, more_members_are_never_slower, 0, LOOPS(SEEDS));
    tcase_add_loop_test(tests, the_same_input_gives_the_same_bytes, 0, LOOPS(SEEDS));
    tcase_add_loop_test(tests, the_window_changes_no_work, 0, LOOPS(SEEDS));
    tcase_add_loop_test(tests, twice_all_clocks_and_memory_speeds_take_the_same_cycles, 0,
                        LOOPS(SEEDS));
    suite_add_tcase(suite, tests);
    return suite;
}
