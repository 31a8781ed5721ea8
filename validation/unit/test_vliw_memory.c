/* Are the memory events of a scheduled kernel those of a simulation that touches every byte's
 * line, access by access: cache lines that miss, leave and are written, and cycles lost in
 * banks? */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/chip/chip.h"
#include "arch/vliw/vliw.h"
#include "plain_memory.h"
#include "sim/kernel/random.h"

enum { SEEDS = 120 };

static struct arena arena;

static void setup(void)
{
    arena_init(&arena);
}

static void teardown(void)
{
    arena_free(&arena);
}

static const char *const CHIPS[] = {"c64x-plus", "c674x", "aie", "hvx", "vliw-teaching"};

/* A nest over two arrays, streams with any strides, some addresses computed from data. */
static const char *random_text(struct random *random)
{
    static const char *const TYPES[] = {"i16", "i32"};
    int64_t outer = 1 + (int64_t)random_below(random, 9),
            inner = 1 + (int64_t)random_below(random, 150);
    int64_t a = (int64_t)random_below(random, 200), b = 1 + (int64_t)random_below(random, 5);
    int64_t c = (int64_t)random_below(random, 90), d = (int64_t)random_below(random, 40);
    bool is_gather = random_chance(random, 1, 5), is_triangle = random_chance(random, 1, 4);
    int64_t extent = 9 * 200 + 160 * 40 + 200;
    const char *type = TYPES[random_below(random, 2)];
    return arena_format(
        &arena,
        "kernel k array x[%lld] : %s aligned %d array g[%lld] : i32 = random 0 .. 99\n"
        "array y[%lld] : %s aligned %d\n"
        "for i in 0 .. %lld {\nfor j in %s .. %lld {\n"
        "y[%lld * i + %lld * j] = x[%lld * i + %lld * j + %d] + x[%lld * j + 3] %s\n}\n}\n",
        (long long)extent, type, 4 << random_below(random, 4), (long long)extent,
        (long long)extent, type, 4 << random_below(random, 4), (long long)outer,
        is_triangle ? "i" : "0", (long long)inner, (long long)a, (long long)b, (long long)c,
        (long long)d, (int)random_below(random, 7), (long long)b,
        is_gather ? "+ g[x[j] & 63]" : "");
}

static struct kernel_plan *random_plan(int seed, const char *const *sets, size_t set_count,
                                       const struct core **core)
{
    struct random random = random_make((uint64_t)seed, "vliw-memory");
    const char *name = CHIPS[random_below(&random, sizeof CHIPS / sizeof CHIPS[0])];
    struct error err = {0};
    struct chip *chip = chip_load(&arena, name, sets, set_count, &err);
    ck_assert_msg(chip != NULL, "%s", err.text);
    *core = &chip->cores[0].core;
    struct loop_kernel *kernel = arena_alloc(&arena, sizeof *kernel);
    struct kernel_plan *plan = arena_alloc(&arena, sizeof *plan);
    const char *text = random_text(&random);
    ck_assert_msg(loop_parse(&arena, "k.loop", text, NULL, kernel, &err), "%s\n%s", err.text,
                  text);
    ck_assert_msg(kernel_plan(kernel, vliw_core_machine(*core),
                              (struct kernel_limits){.unroll_most = 4}, &arena, plan, &err),
                  "%s\n%s", err.text, text);
    ck_assert(!plan->lowered.needs_values);
    return plan;
}

START_TEST(lines_that_miss_are_those_of_a_cache_touched_access_by_access)
{
    const struct core *core;
    struct error err = {0};
    struct kernel_plan *plan = random_plan(_i, NULL, 0, &core);
    struct random random = random_make((uint64_t)_i, "cache");
    struct plain_cache *cache = arena_alloc(&arena, sizeof *cache);
    *cache =
        (struct plain_cache){.arena = &arena,
                             .rules = {.sets = 1 + (int64_t)random_below(&random, 40),
                                       .ways = 1 + (int64_t)random_below(&random, 5),
                                       .line_bytes = (int64_t)(4u << random_below(&random, 7)),
                                       .writes = (enum cache_writes)random_below(&random, 3)}};
    plain_run(plan, cache, &arena);
    struct kernel_stream stream;
    ck_assert(kernel_stream_begin(&stream, plan, plan->lowered.regions, NULL, &cache->rules,
                                  &arena, &err));
    for (size_t e = 0; e < cache->count; e++) {
        struct kernel_event got, want = cache->events[e];
        ck_assert_msg(kernel_stream_next(&stream, &got), "seed %d: %s", _i, err.text);
        ck_assert_msg(
            got.cycle == want.cycle && got.kind == want.kind && got.address == want.address &&
                got.bytes == want.bytes && got.latency == want.latency,
            "seed %d, event %zu: cycle %llu kind %d address %llu, wanted %llu %d %llu", _i, e,
            (unsigned long long)got.cycle, got.kind, (unsigned long long)got.address,
            (unsigned long long)want.cycle, want.kind, (unsigned long long)want.address);
    }
}
END_TEST

START_TEST(cycles_lost_in_banks_are_those_counted_cycle_by_cycle)
{
    struct random random = random_make((uint64_t)_i, "banks");
    const char *sets[] = {
        arena_format(&arena, "core.memory_banks=%d", 1 + (int)random_below(&random, 12)),
        arena_format(&arena, "core.bank_bytes=%d", 1 << random_below(&random, 6))};
    const struct core *core;
    struct error err = {0};
    struct kernel_plan *plan = random_plan(_i, sets, 2, &core);
    plain_run(plan, NULL, &arena);
    struct kernel_cycles want = plan->cycles;
    struct kernel_stream stream;
    struct kernel_event event = {.kind = KERNEL_READ};
    static const struct cache_rules NONE_AT_ALL = {0};
    ck_assert(kernel_stream_begin(&stream, plan, plan->lowered.regions, NULL, &NONE_AT_ALL,
                                  &arena, &err));
    while (event.kind != KERNEL_END)
        ck_assert_msg(kernel_stream_next(&stream, &event), "seed %d: %s", _i, err.text);
    ck_assert_msg(stream.tally.cycles.stall == want.stall, "seed %d: %llu stalls, wanted %llu",
                  _i, (unsigned long long)stream.tally.cycles.stall,
                  (unsigned long long)want.stall);
    ck_assert_uint_eq(event.cycle, want.total);
}
END_TEST

/* The addresses that the loops' own subscripts give, on a core that packs nothing. */
START_TEST(addresses_are_those_of_the_program)
{
    struct error err = {0};
    struct chip *chip = chip_load(&arena, "vliw-teaching", NULL, 0, &err);
    struct loop_kernel kernel;
    struct kernel_plan plan;
    const char *text = "kernel k array x[400] : i32 array y[9][11] : i32\n"
                       "for i in 2 .. 9 by 3 unroll 1 { for j in 1 .. 10 unroll 2 {\n"
                       "y[i][j] = x[7 * i + 30 * j + 5] } }";
    ck_assert(chip && loop_parse(&arena, "k.loop", text, NULL, &kernel, &err));
    ck_assert(kernel_plan(&kernel, vliw_core_machine(&chip->cores[0].core),
                          (struct kernel_limits){0}, &arena, &plan, &err));
    struct cache_rules rules = {.sets = 1, .ways = 1, .line_bytes = 4, .writes = CACHE_THROUGH};
    struct kernel_stream stream;
    ck_assert(
        kernel_stream_begin(&stream, &plan, plan.lowered.regions, NULL, &rules, &arena, &err));
    int64_t reads[64], writes[64], read_count = 0, write_count = 0, at = 0;
    for (struct kernel_event event = {0}; event.kind != KERNEL_END;) {
        ck_assert(kernel_stream_next(&stream, &event));
        if (event.kind == KERNEL_READ)
            reads[read_count++] =
                (int64_t)event.address - stream.layout.base[kernel.symbols->id];
        else if (event.kind == KERNEL_WRITE)
            writes[write_count++] =
                (int64_t)event.address - stream.layout.base[kernel.symbols->next->id];
        ck_assert_int_lt(read_count, 64);
        ck_assert_int_lt(write_count, 64);
    }
    ck_assert_int_eq(read_count, 27);
    ck_assert_int_eq(write_count, 27);
    for (int64_t i = 2; i < 9; i += 3)
        for (int64_t j = 1; j < 10; j++, at++) {
            bool is_read = false, is_written = false;
            for (int64_t k = 0; k < 27; k++) {
                is_read = is_read || reads[k] == 4 * (7 * i + 30 * j + 5);
                is_written = is_written || writes[k] == 4 * (11 * i + j);
            }
            ck_assert_msg(is_read && is_written, "i %lld j %lld", (long long)i, (long long)j);
        }
}
END_TEST

/* Addresses computed from data are those that the data gives, whatever the unrolling; a pass
 * that an `if` leaves out touches nothing. */
START_TEST(gathers_follow_the_data)
{
    static const int64_t COLUMNS[] = {5, 90, 33, 7, 61, 2, 77};
    struct error err = {0};
    struct chip *chip = chip_load(&arena, "vliw-teaching", NULL, 0, &err);
    struct loop_kernel kernel;
    struct kernel_plan plan;
    bool has_if = _i > 3;
    const char *text = arena_format(
        &arena,
        "kernel k array x[100] : i32 array c[7] : i32 = {5, 90, 33, 7, 61, 2, 77}\n"
        "array y[4] : i32\n"
        "for r in 0 .. 3 { s : i32 = 0\nfor j in 0 .. 7 unroll %d { %s s += x[c[j]] %s }\n"
        "y[r] = s }",
        1 + _i % 4, has_if ? "if c[j] > 30 {" : "", has_if ? "}" : "");
    ck_assert_msg(chip && loop_parse(&arena, "k.loop", text, NULL, &kernel, &err), "%s",
                  err.text);
    ck_assert_msg(kernel_plan(&kernel, vliw_core_machine(&chip->cores[0].core),
                              (struct kernel_limits){.jam_most = 1}, &arena, &plan, &err),
                  "%s", err.text);
    struct kernel_record record;
    ck_assert(kernel_record_is_of_use(&plan));
    ck_assert_msg(kernel_record_make(&record, &plan, &arena, &err), "%s", err.text);
    struct cache_rules rules = {.sets = 1, .ways = 1, .line_bytes = 4, .writes = CACHE_THROUGH};
    struct kernel_stream stream;
    ck_assert(
        kernel_stream_begin(&stream, &plan, plan.lowered.regions, NULL, &rules, &arena, &err));
    stream.record = &record;
    int64_t seen[100] = {0}, base = stream.layout.base[kernel.symbols->id];
    for (struct kernel_event event = {0}; event.kind != KERNEL_END;) {
        ck_assert(kernel_stream_next(&stream, &event));
        int64_t element = ((int64_t)event.address - base) / 4;
        if (event.kind == KERNEL_READ && element >= 0 && element < 100)
            seen[element]++;
    }
    int64_t others = 0, all = 0;
    for (int e = 0; e < 100; e++)
        all += seen[e];
    for (int k = 0; k < 7; k++) {
        int64_t want = !has_if || COLUMNS[k] > 30 ? 3 : 0;
        ck_assert_msg(seen[COLUMNS[k]] == want, "element %lld %lld times, wanted %lld",
                      (long long)COLUMNS[k], (long long)seen[COLUMNS[k]], (long long)want);
        others += seen[COLUMNS[k]];
    }
    ck_assert_int_eq(all, others);
    /* The record counts the same steps as the walk. */
    ck_assert_uint_eq(stream.tally.cycles.total, plan.cycles.total);
}
END_TEST

Suite *vliw_memory_suite(void)
{
    Suite *suite = suite_create("vliw_memory");
    TCase *cases = tcase_create("vliw_memory");
    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, lines_that_miss_are_those_of_a_cache_touched_access_by_access, 0,
                        SEEDS);
    tcase_add_loop_test(cases, cycles_lost_in_banks_are_those_counted_cycle_by_cycle, 0, SEEDS);
    tcase_add_test(cases, addresses_are_those_of_the_program);
    tcase_add_loop_test(cases, gathers_follow_the_data, 0, 8);
    suite_add_tcase(suite, cases);
    return suite;
}
