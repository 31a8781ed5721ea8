/* Do operators find a unit, their operands a memory, and the host link its price? */
#include <check.h>
#include <string.h>

#include "random_run.h"

enum { SEEDS = 40 };

/* The controller of `command` reorders what `bank` takes in the order of the offers. */
static const double REORDERED = 0.005;

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

static const char *const SHIPPED[][2] = {
    {"edge", "dram"}, {"gemmini", "dram"}, {"onnxim", "hbm"}, {"tpu-v1", "weights"}};

/* Latency 0: the device's own, so that all three fidelities know the same one. */
START_TEST(finer_memory_is_never_faster)
{
    static const char *const FIDELITIES[] = {"ideal", "bank", "command"};
    int chip = _i % 4;
    random_case_begin(&c, (uint64_t)_i, "fidelity", &arena);
    c.chip = SHIPPED[chip][0];
    random_trace_file(&c, RANDOM_PRODUCTS, 4);
    double before = 0;
    for (int i = 0; i < 3; i++) {
        struct run_result result;
        const char *sets[] = {
            arena_format(&arena, "memory.%s.fidelity=%s", SHIPPED[chip][1], FIDELITIES[i]),
            arena_format(&arena, "memory.%s.latency=0 s", SHIPPED[chip][1]), NULL};
        ck_assert(random_case_run(&c, sets, &result));
        double cycles = (double)result.totals.cycles;
        ck_assert_msg(cycles >= (1 - REORDERED) * before,
                      "%s: %s takes %g cycles, the one before %g", random_case_text(&c),
                      FIDELITIES[i], cycles, before);
        before = cycles;
    }
}
END_TEST

START_TEST(every_operand_is_read_and_every_result_written_where_nothing_stays)
{
    random_case_begin(&c, (uint64_t)_i, "bytes", &arena);
    c.chip = "gemmini";
    random_trace_file(&c, RANDOM_PRODUCTS, 6);
    struct run_result result;
    const char *sets[] = {"core.mesh.epilogue=none", NULL};
    ck_assert(random_case_run(&c, sets, &result));
    struct error err = {0};
    struct trace_reader *trace = trace_open(c.trace, &err);
    struct operator op;
    for (size_t i = 0; trace_next(trace, &op, &err); i++) {
        struct primitive_list list = {.arena = &arena};
        op.spec->lower(&op, &list);
        uint64_t in = 0, out = 0; /* one byte an element on this chip */
        for (size_t k = 0; k < list.count; k++) {
            for (uint32_t j = 0; j < list.items[k].input_count; j++)
                in += list.items[k].inputs[j].elements;
            /* Results of a transposed convolution that no product reaches are not written. */
            out += contraction_elements(&list.items[k].contraction, OPERAND_OUTPUT);
        }
        const struct operator_record *record = &result.operators[i].record;
        ck_assert_msg(record->dram_read_bytes >= in && record->dram_write_bytes >= out,
                      "seed %d, %s: read %llu of %llu, wrote %llu of %llu", _i, op.name,
                      (unsigned long long)record->dram_read_bytes, (unsigned long long)in,
                      (unsigned long long)record->dram_write_bytes, (unsigned long long)out);
    }
    trace_close(trace);
}
END_TEST

START_TEST(what_no_core_supports_runs_on_the_host_and_is_said)
{
    random_case_begin(&c, (uint64_t)_i, "host", &arena);
    random_chip_file(&c);
    random_trace_file(&c, RANDOM_ELEMENT_WORK, 5);
    struct run_result result;
    const char *sets[] = {"last_resort=host", "core.array.epilogue=none", NULL};
    ck_assert(random_case_run(&c, sets, &result));
    bool has_lanes = strcmp(result.chip->cores[1].core.name, "lanes") == 0;
    ck_assert_uint_gt(result.totals.cycles, 0);
    ck_assert_msg(has_lanes ? result.fallback_share == 0 : result.fallback_share > 0, "%s: %g",
                  random_case_text(&c), result.fallback_share);
}
END_TEST

START_TEST(a_link_that_does_not_overlap_costs_its_latency_and_its_bytes_over_its_bandwidth)
{
    random_case_begin(&c, (uint64_t)_i, "link", &arena);
    c.chip = "edge";
    random_trace_file(&c, RANDOM_PRODUCTS, 1);
    struct run_result full, none;
    const char *sets[] = {"host.overlap=none", "host.bandwidth=1 GB/s", "host.latency=2 us",
                          NULL};
    ck_assert(random_case_run(&c, NULL, &full) && random_case_run(&c, sets, &none));
    const struct chip_memory *link = &none.chip->memories[none.chip->host_memory];
    uint64_t bits = none.operators[0].record.ledger.counts[link->transfer];
    double seconds = (double)bits / 8 / 1e9 + 2 * 2e-6; /* inputs come, the result goes */
    double cycles = seconds * ratio_value(none.chip->main_clock.hz);
    double charged = (double)none.operators[0].record.account.cycles[REASON_HOST];
    ck_assert_msg(charged <= cycles + 1e-6 && charged > cycles - 2 - 1e-6, "seed %d: %g of %g",
                  _i, charged, cycles);
    ck_assert_uint_eq(full.operators[0].record.account.cycles[REASON_HOST], 0);
    ck_assert_uint_gt(none.totals.cycles, full.totals.cycles);
}
END_TEST

START_TEST(floats_are_converted_unless_they_are_kept_as_traced)
{
    random_case_begin(&c, (uint64_t)_i, "precision", &arena);
    c.chip = "edge";
    random_trace_file(&c, RANDOM_ELEMENT_WORK, 3);
    struct run_result native, traced;
    const char *sets[] = {"precision=traced", NULL};
    ck_assert(random_case_run(&c, NULL, &native) && random_case_run(&c, sets, &traced));
    bool is_float = traced.operators[0].record.precision.class == NUMBER_FLOAT;
    ck_assert_uint_eq(native.operators[0].record.precision.bits, 8);
    ck_assert_uint_eq(traced.operators[0].record.precision.bits, is_float ? 32 : 8);
    ck_assert(native.operators[0].record.is_converted == is_float);
    ck_assert(!traced.operators[0].record.is_converted);
}
END_TEST

static uint64_t spent_on(const struct run_result *result, const char *meter)
{
    struct inventory *inventory = &result->chip->inventory;
    for (size_t i = 0; i < inventory->meter_count; i++)
        if (strcmp(inventory_meter_name(inventory, (int32_t)i), meter) == 0)
            return result->totals.ledger.counts[i];
    ck_abort_msg("no meter %s", meter);
    return 0;
}

START_TEST(fused_element_work_spends_the_same_arithmetic_and_fewer_buffer_accesses)
{
    random_case_begin(&c, (uint64_t)_i, "fused", &arena);
    c.chip = "edge";
    random_trace_file(&c, RANDOM_NETWORK, 12);
    struct run_result fused, apart;
    const char *any[] = {"core.array.epilogue=any", NULL};
    const char *none[] = {"core.array.epilogue=none", NULL};
    ck_assert(random_case_run(&c, any, &fused) && random_case_run(&c, none, &apart));
    bool has_fused = false;
    for (size_t i = 0; i < fused.operator_count; i++)
        has_fused |= strncmp(fused.operators[i].record.mapped_as, "fused:", 6) == 0;
    static const char *const ARITHMETIC[] = {"lanes.lanes.compute.i8",
                                             "lanes.special.compute.i8"};
    for (int i = 0; i < 2; i++)
        ck_assert_msg(spent_on(&fused, ARITHMETIC[i]) == spent_on(&apart, ARITHMETIC[i]),
                      "%s: %s", random_case_text(&c), ARITHMETIC[i]);
    ck_assert_int_eq(has_fused, fused.totals.cycles != apart.totals.cycles ||
                                    spent_on(&fused, "buffer.sram.read") !=
                                        spent_on(&apart, "buffer.sram.read"));
}
END_TEST

Suite *place_suite(void)
{
    Suite *suite = suite_create("place");
    TCase *tests = tcase_create("laws");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, finer_memory_is_never_faster, 0, SEEDS);
    tcase_add_loop_test(
        tests, every_operand_is_read_and_every_result_written_where_nothing_stays, 0, SEEDS);
    tcase_add_loop_test(tests, what_no_core_supports_runs_on_the_host_and_is_said, 0, SEEDS);
    tcase_add_loop_test(
        tests, a_link_that_does_not_overlap_costs_its_latency_and_its_bytes_over_its_bandwidth,
        0, SEEDS);
    tcase_add_loop_test(tests, floats_are_converted_unless_they_are_kept_as_traced, 0, SEEDS);
    tcase_add_loop_test(tests,
                        fused_element_work_spends_the_same_arithmetic_and_fewer_buffer_accesses,
                        0, SEEDS);
    suite_add_tcase(suite, tests);
    return suite;
}
