/* Is what happens on a tile's way counted, charged and reproducible: wires, members that load
 * alike, ports that are too narrow, the host's link, gathers? */
#include <check.h>
#include <string.h>

#include "path_bench.h"

/* Two arrays that divide the rows of A want the same weights at the same time: one column of
 * tiles leaves them no other way to share the work. */
START_TEST(what_members_load_alike_is_fetched_once)
{
    path_make_trace(PATH_TALL_PRODUCT);
    const char *sets[] = {
        "core.C!count=2",       "network.topology=crossbar", "network.link_width=64 bit",
        "core.C!epilogue=none", "network.multicast=yes",     NULL};
    struct run_result shared = path_run(0, sets);
    sets[4] = "network.multicast=no";
    struct run_result apart = path_run(0, sets);
    ck_assert_uint_lt(shared.totals.dram_read_bytes, apart.totals.dram_read_bytes);
    ck_assert_uint_le(shared.totals.cycles, apart.totals.cycles);
    ck_assert_uint_lt(path_count(&shared, "network.wires.transfer"),
                      path_count(&apart, "network.wires.transfer"));
    /* Every member still gets all of its bits out of the switch. */
    ck_assert_uint_eq(path_count(&shared, "network.crosspoint.transfer"),
                      path_count(&apart, "network.crosspoint.transfer"));
}
END_TEST

/* To the last action, with everything that can wait for something. */
START_TEST(the_same_run_twice_is_the_same)
{
    path_make_trace(_i % PATH_TRACES);
    const char *sets[] = {"core.C!count=3",
                          "network.topology=torus",
                          "network.link_width=32 bit",
                          "memory.S!read_ports=1",
                          "memory.D!fidelity=command",
                          "core.C!dma_request=128 B",
                          "core.C!dma_outstanding=3",
                          NULL};
    struct run_result first = path_run(_i, sets), again = path_run(_i, sets);
    ck_assert_uint_eq(first.totals.cycles, again.totals.cycles);
    ck_assert_uint_eq(first.totals.ledger.count, again.totals.ledger.count);
    ck_assert_mem_eq(first.totals.ledger.counts, again.totals.ledger.counts,
                     first.totals.ledger.count * sizeof(uint64_t));
    path_check_accounts(&first, PATH_CHIP[_i].name);
}
END_TEST

/* Every byte over a memory's pins crosses a wire on the die. */
START_TEST(wires_are_never_free)
{
    path_make_trace(PATH_CONVOLUTION);
    struct run_result result = path_run(_i, NULL);
    const char *wires = arena_format(&path_arena, "%s.wires.transfer", PATH_CHIP[_i].dram);
    const char *pins = arena_format(&path_arena, "%s.phy.transfer", PATH_CHIP[_i].dram);
    ck_assert_uint_gt(path_count(&result, wires), 0);
    ck_assert_uint_eq(path_count(&result, wires), path_count(&result, pins));
}
END_TEST

/* A core that streams 16 bytes a cycle out of one bank of four cannot keep its pace. */
START_TEST(a_buffer_too_narrow_for_its_core_slows_it)
{
    path_make_trace(PATH_PRODUCT);
    const char *sets[] = {"memory.S!read_ports=1", "memory.S!write_ports=1", "memory.S!banks=1",
                          "memory.S!width=32 bit", NULL};
    struct run_result narrow = path_run(0, sets);
    sets[3] = "memory.S!width=256 bit";
    struct run_result wide = path_run(0, sets);
    uint64_t port = narrow.totals.cores[0].account.cycles[REASON_PORT];
    ck_assert_uint_gt(narrow.totals.cycles, wide.totals.cycles);
    ck_assert_uint_gt(port, narrow.totals.cycles / 4);
    /* Reads of the streamed operand alone take four cycles a word of the array's edge. */
    uint64_t reads = path_count(&narrow, "buffer.sram.read");
    ck_assert_uint_ge(narrow.totals.cycles, reads * 9 / 10);
    path_check_accounts(&narrow, "narrow");
}
END_TEST

/* Work that only the host does crosses its link both ways. */
START_TEST(what_the_host_computes_waits_for_its_link)
{
    path_make_trace(PATH_ATTENTION);
    const char *sets[] = {"last_resort=host", "core.lanes.takes=move", "host.bandwidth=16 GB/s",
                          "host.latency=0 s", NULL};
    struct run_result fast = path_run(0, sets);
    sets[2] = "host.bandwidth=10 MB/s";
    struct run_result slow = path_run(0, sets);
    sets[3] = "host.latency=1 ms";
    struct run_result late = path_run(0, sets);
    /* Scores go out, for their maximum and for the exponentials, and shares come back. */
    double seconds = 3 * 48 * 80 / 1e7;
    ck_assert_double_ge(slow.seconds, seconds);
    ck_assert_double_le(slow.seconds, fast.seconds + 1.1 * seconds);
    ck_assert_double_ge(late.seconds, slow.seconds + 1e-3); /* of reads; writes are posted */
    path_check_accounts(&slow, "host");
}
END_TEST

enum { RECORDS = 65536, LOOKUPS = 4096, RECORD_BYTES = 16 };

/* Records of a table in main memory, one after the other or as an index has them by chance; a
 * trace may leave the index out. */
enum order { ORDER_RISING, ORDER_BY_CHANCE, ORDER_UNKNOWN };

static void make_lookups(enum order order)
{
    struct error err = {0};
    struct sink *sink = path_open_trace();
    static int64_t values[LOOKUPS];
    uint64_t state = 7;
    for (int i = 0; i < LOOKUPS; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        values[i] = order == ORDER_RISING ? i : (int64_t)(state >> 33) % RECORDS;
    }
    struct tensor_contents contents = {LOOKUPS, values};
    struct tensor declaration = {.name = "index",
                                 .rank = 1,
                                 .shape = {LOOKUPS},
                                 .format = number_format_integer(true, 32),
                                 .role = ROLE_CONST,
                                 .contents = order == ORDER_UNKNOWN ? NULL : &contents,
                                 .density = 1};
    const struct tensor *index = sink->tensor(sink, &declaration);
    const struct tensor *table = path_tensor(sink, "table", ROLE_CONST, RECORDS, RECORD_BYTES);
    const struct tensor *records =
        path_tensor(sink, "records", ROLE_OUTPUT, LOOKUPS, RECORD_BYTES);
    const struct tensor *inputs[] = {table, index};
    struct operator op = {.name = "lookups",
                          .spec = operator_find("Gather"),
                          .input_count = 2,
                          .output_count = 1,
                          .inputs = inputs,
                          .outputs = &records};
    sink->operator(sink, &op);
    ck_assert_msg(sink->finish(sink, &err), "%s", err.text);
}

/* Sixteen bytes out of a row that is opened for them: a burst each, and an activation. */
START_TEST(a_gather_pays_for_bursts_and_rows)
{
    const char *sets[] = {"memory.D!fidelity=command", NULL};
    make_lookups(ORDER_RISING);
    struct run_result rising = path_run(0, sets);
    make_lookups(_i ? ORDER_UNKNOWN : ORDER_BY_CHANCE);
    struct run_result chance = path_run(0, sets);
    uint64_t rows = path_count(&rising, "dram.device.activate");
    ck_assert_uint_lt(rows, LOOKUPS / 16); /* a few rows, opened again after refreshes */
    ck_assert_uint_gt(path_count(&chance, "dram.device.activate"), LOOKUPS / 4);
    uint64_t more = chance.totals.dram_read_bytes - rising.totals.dram_read_bytes;
    uint64_t burst = chance.chip->memories[chip_memory_find(chance.chip, "dram")].burst;
    ck_assert_uint_ge(more, LOOKUPS * (burst - RECORD_BYTES) * 95 / 100);
    ck_assert_uint_gt(chance.totals.cycles, rising.totals.cycles);
    path_check_accounts(&chance, "gather");
}
END_TEST

Suite *path_ways_suite(void)
{
    Suite *suite = suite_create("path_ways");
    TCase *tests = tcase_create("ways");
    tcase_add_checked_fixture(tests, path_setup, path_teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, what_members_load_alike_is_fetched_once);
    tcase_add_loop_test(tests, the_same_run_twice_is_the_same, 0, PATH_CHIPS);
    tcase_add_loop_test(tests, wires_are_never_free, 0, PATH_CHIPS - 1); /* no network */
    tcase_add_test(tests, a_buffer_too_narrow_for_its_core_slows_it);
    tcase_add_test(tests, what_the_host_computes_waits_for_its_link);
    tcase_add_loop_test(tests, a_gather_pays_for_bursts_and_rows, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
