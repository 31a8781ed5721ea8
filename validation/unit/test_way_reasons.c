/* Is the wait for a tile charged to the stage that it waits for: memory, network, ports, or the
 * store before it? */
#include <check.h>

#include "path_bench.h"

enum { EDGE = 0 };

static uint64_t lost(const struct run_result *result, enum reason reason)
{
    return result->totals.cores[0].account.cycles[reason];
}

/* A chip without a network never waits for one: what a narrow port holds up is the port's. */
START_TEST(a_narrow_port_is_charged_to_the_port)
{
    path_make_trace(_i ? PATH_CONVOLUTION : PATH_PRODUCT);
    const char *sets[] = {
        "memory.S!read_ports=4", "memory.S!write_ports=1",      "memory.S!banks=1",
        "memory.S!width=8 bit",  "memory.D!bandwidth=100 GB/s", NULL};
    struct run_result result = path_run(EDGE, sets);
    ck_assert_uint_gt(lost(&result, REASON_PORT) + lost(&result, REASON_BANK_CONFLICT), 0);
    ck_assert_uint_gt(lost(&result, REASON_PORT), result.totals.cycles / 10);
    ck_assert_uint_eq(lost(&result, REASON_NETWORK), 0);
}
END_TEST

/* The same the other way round. */
START_TEST(a_narrow_link_is_charged_to_the_network)
{
    path_make_trace(_i ? PATH_CONVOLUTION : PATH_PRODUCT);
    const char *sets[] = {"network.topology=bus", "network.link_width=8 bit",
                          "memory.D!bandwidth=100 GB/s", NULL};
    struct run_result result = path_run(EDGE, sets);
    ck_assert_uint_gt(lost(&result, REASON_NETWORK), result.totals.cycles / 4);
    ck_assert_uint_eq(lost(&result, REASON_PORT), 0);
}
END_TEST

static void add_product(struct sink *sink, const char *name, const struct tensor *left,
                        const struct tensor *right, const struct tensor *result)
{
    const struct tensor *inputs[] = {left, right};
    struct operator op = {.name = name,
                          .spec = operator_find("MatMul"),
                          .input_count = 2,
                          .output_count = 1,
                          .inputs = inputs,
                          .outputs = &result};
    sink->operator(sink, &op);
}

/* y = x w of so many rows. */
static void make_product(int64_t rows)
{
    struct sink *sink = path_open_trace();
    struct error err = {0};
    add_product(sink, "y", path_tensor(sink, "x", ROLE_INPUT, rows, 32),
                path_tensor(sink, "w", ROLE_CONST, 32, 96),
                path_tensor(sink, "y", ROLE_TEMP, rows, 96));
    ck_assert_msg(sink->finish(sink, &err), "%s", err.text);
}

/* Inputs on chip are not waited for, not by a cycle: all that is lost to memory is lost to
 * stores, up to the edge at which the next step begins. */
START_TEST(a_wait_for_stores_is_charged_to_the_output)
{
    make_product(1024);
    const char *sets[] = {"memory.S!residency=all",
                          "memory.S!roles=weights,io",
                          "memory.D!roles=activations",
                          "memory.D!bandwidth=0.37 GB/s",
                          "core.lanes.clock=700 MHz", /* stores may end between two edges */
                          NULL};
    struct run_result result = path_run(EDGE, sets);
    ck_assert_uint_gt(lost(&result, REASON_OUTPUT_WAIT), result.totals.cycles / 4);
    ck_assert_uint_eq(lost(&result, REASON_INPUT_WAIT), 0);
    ck_assert_uint_eq(lost(&result, REASON_WEIGHT_WAIT), 0);
}
END_TEST

/* z = (x w) v, each matrix one tile of 256 bytes: the second product cannot ask for the first
 * one's result before that is there, and then it comes in and its own goes out byte by byte. */
START_TEST(a_packet_enters_no_sooner_than_it_is_asked_for)
{
    struct sink *sink = path_open_trace();
    struct error err = {0};
    const struct tensor *between = path_tensor(sink, "y", ROLE_TEMP, 16, 16);
    add_product(sink, "y", path_tensor(sink, "x", ROLE_INPUT, 16, 16),
                path_tensor(sink, "w", ROLE_CONST, 16, 16), between);
    add_product(sink, "z", between, path_tensor(sink, "v", ROLE_CONST, 16, 16),
                path_tensor(sink, "z", ROLE_OUTPUT, 16, 16));
    ck_assert_msg(sink->finish(sink, &err), "%s", err.text);
    const char *sets[] = {"network.topology=crossbar",
                          "network.link_width=8 bit",
                          "memory.S!residency=none",
                          "memory.D!latency=0 s",
                          "memory.D!bandwidth=100 GB/s",
                          "core.C!dma_prefetch=1",
                          NULL};
    struct run_result result = path_run(EDGE, sets);
    ck_assert_uint_eq(result.operator_count, 2);
    ck_assert_uint_ge(result.operators[1].record.cycles, 256 + 256);
}
END_TEST

Suite *way_reasons_suite(void)
{
    Suite *suite = suite_create("way_reasons");
    TCase *tests = tcase_create("reasons");
    tcase_add_checked_fixture(tests, path_setup, path_teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, a_narrow_port_is_charged_to_the_port, 0, 2);
    tcase_add_loop_test(tests, a_narrow_link_is_charged_to_the_network, 0, 2);
    tcase_add_test(tests, a_wait_for_stores_is_charged_to_the_output);
    tcase_add_test(tests, a_packet_enters_no_sooner_than_it_is_asked_for);
    suite_add_tcase(suite, tests);
    return suite;
}
