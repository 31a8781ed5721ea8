/* Does the way of a tile obey its laws on all shipped chips: engine, port, link, network,
 * buffer? More of anything never slows a run beyond what reordering does, wires are counted,
 * equal loads are fetched once, and accounts add up wherever the time went. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/study/run.h"
#include "traces/trace.h"
#include "workloads/dense/workload.h"

static const struct {
    const char *name, *dram, *sram, *core;
} CHIPS[] = {{"edge", "dram", "buffer", "array"},
             {"gemmini", "dram", "scratchpad", "mesh"},
             {"onnxim", "hbm", "spad", "mxu"},
             {"tpu-v1", "weights", "ub", "mxu"},
             {"scalesim", "dram", "sram", "array"},
             {"aie", "dram", "data", "tile"},
             {"aie-ml", "dram", "data", "tile"},
             {"c64x-plus", "dram", "l1d", "dsp"},
             {"c674x", "dram", "l1d", "dsp"},
             {"hvx", "dram", "l2", "hvx"},
             {"vliw-teaching", "dram", "local", "small"},
             {"mesh-teaching", "dram", "buffer", "array"}};
enum { CHIP_COUNT = sizeof CHIPS / sizeof CHIPS[0] };

/* A layer of each kind that a chip meets: dense, convolved, depthwise, attention, recurrent,
 * irregular. */
static const struct {
    const char *workload;
    struct workload_setting settings[7];
    size_t count;
} TRACES[] = {
    {"gemm", {{"m", "96"}, {"n", "112"}, {"k", "200"}}, 3},
    {"conv", {{"c", "64"}, {"h", "14"}, {"k", "48"}, {"stride", "2"}}, 4},
    {"conv", {{"c", "32"}, {"h", "14"}, {"k", "32"}, {"group", "32"}}, 4},
    {"attention", {{NULL, NULL}}, 0},
    {"gru-lm", {{"seq", "2"}, {"hidden", "40"}, {"layers", "1"}, {"vocabulary", "100"}}, 4},
    {"gemm", {{"m", "512"}, {"n", "16"}, {"k", "256"}}, 3},
    {"bfs", {{"graph", "rmat"}, {"scale", "8"}, {"seed", "3"}}, 3},
};
enum { TRACE_COUNT = sizeof TRACES / sizeof TRACES[0] };

static struct arena arena;
static char path[64];

static void setup(void)
{
    arena_init(&arena);
}

static void teardown(void)
{
    remove(path);
    arena_free(&arena);
}

static const struct tensor *tensor(struct sink *sink, const char *name, enum tensor_role role,
                                   int64_t rows, int64_t columns)
{
    struct tensor declaration = {.name = name,
                                 .rank = 2,
                                 .shape = {rows, columns},
                                 .format = number_format_float(8, 23),
                                 .role = role,
                                 .density = 1};
    return sink->tensor(sink, &declaration);
}

/* softmax(Q K) V of one head: 48 queries, 64 wide, over 80 keys. */
static bool build_attention(struct sink *sink)
{
    const struct tensor *query = tensor(sink, "q", ROLE_INPUT, 48, 64);
    const struct tensor *keys = tensor(sink, "k", ROLE_CONST, 64, 80);
    const struct tensor *values = tensor(sink, "v", ROLE_CONST, 80, 64);
    const struct tensor *scores = tensor(sink, "s", ROLE_TEMP, 48, 80);
    const struct tensor *shares = tensor(sink, "p", ROLE_TEMP, 48, 80);
    const struct tensor *result = tensor(sink, "y", ROLE_OUTPUT, 48, 64);
    const struct {
        const char *op;
        const struct tensor *in[2], *out;
    } OPERATORS[] = {{"MatMul", {query, keys}, scores},
                     {"Softmax", {scores}, shares},
                     {"MatMul", {shares, values}, result}};
    for (size_t i = 0; i < 3; i++) {
        struct operator op = {.name = OPERATORS[i].out->name,
                              .spec = operator_find(OPERATORS[i].op),
                              .input_count = OPERATORS[i].in[1] ? 2 : 1,
                              .output_count = 1};
        op.inputs = (const struct tensor **)OPERATORS[i].in;
        op.outputs = (const struct tensor **)&OPERATORS[i].out;
        sink->operator(sink, &op);
    }
    return true;
}

static void make_trace(int number)
{
    snprintf(path, sizeof path, "/tmp/cleave-path-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    struct error err = {0};
    struct sink *sink = trace_writer_open(path, &err);
    ck_assert_msg(sink != NULL, "%s", err.text);
    bool is_built =
        TRACES[number].count == 0
            ? build_attention(sink)
            : workload_build(workload_find(TRACES[number].workload), TRACES[number].settings,
                             TRACES[number].count, sink, &err);
    ck_assert_msg(is_built && sink->finish(sink, &err), "%s", err.text);
}

enum { SETS_MOST = 8 };

/* Sets ends with NULL; %s of each is the name of the memory or core that it is about. */
static struct run_result run(int chip, const char *const *sets, struct arena *in)
{
    const char *made[SETS_MOST];
    size_t count = 0;
    for (; sets && sets[count]; count++) {
        ck_assert_uint_lt(count, SETS_MOST);
        const char *which = strncmp(sets[count], "memory.D", 8) == 0   ? CHIPS[chip].dram
                            : strncmp(sets[count], "memory.S", 8) == 0 ? CHIPS[chip].sram
                                                                       : CHIPS[chip].core;
        const char *key = strchr(sets[count], '!');
        made[count] =
            key ? arena_format(in, "%.*s.%s.%s", (int)(strchr(sets[count], '.') - sets[count]),
                               sets[count], which, key + 1)
                : sets[count];
    }
    struct run_request request = {
        .chip = CHIPS[chip].name, .trace = path, .sets = made, .set_count = count};
    struct run_result result;
    struct error err = {0};
    ck_assert_msg(study_run(in, &request, &result, &err), "%s %s: %s", CHIPS[chip].name,
                  count ? made[count - 1] : "", err.text);
    return result;
}

static void check_accounts(const struct run_result *result, const char *what)
{
    for (size_t i = 0; i < result->operator_count; i++)
        ck_assert_msg(cycle_account_total(&result->operators[i].record.account) ==
                          result->operators[i].record.cycles,
                      "%s: operator %zu", what, i);
    for (int32_t i = 0; i < result->totals.core_count; i++)
        ck_assert_msg(cycle_account_total(&result->totals.cores[i].account) ==
                          result->totals.cycles,
                      "%s: core %d", what, i);
}

/* Each row: what both have, and values that must not slow one another, worst first. */
/* Runs of a few hundred cycles differ by when a row opens: about its cycle time. */
static const double ROW_CYCLES = 32;

struct law {
    const char *name, *base[4], *values[4];
    double tolerance;
};

static const struct law FIDELITY = {
    "fidelity",
    {"memory.D!latency=0 s"},
    {"memory.D!fidelity=command", "memory.D!fidelity=bank", "memory.D!fidelity=ideal"},
    0.03};

static const struct law LAWS[] = {
    {"bandwidth",
     {NULL},
     {"memory.D!bandwidth=1 GB/s", "memory.D!bandwidth=2 GB/s", "memory.D!bandwidth=8 GB/s"},
     0.03},
    {"channels",
     {"memory.D!fidelity=command", "memory.D!bandwidth=0 B/s"},
     {"memory.D!channels=1", "memory.D!channels=2", "memory.D!channels=4"},
     0.03},
    /* Requests under way share the bandwidth: what is fetched ahead takes some of it from what
     * is needed next. */
    {"outstanding requests",
     {"core.C!dma_request=256 B"},
     {"core.C!dma_outstanding=1", "core.C!dma_outstanding=4", "core.C!dma_outstanding=0"},
     0.06},
    {"read ports",
     {"memory.S!write_ports=1"},
     {"memory.S!read_ports=1", "memory.S!read_ports=2", "memory.S!read_ports=0"},
     0.03},
    {"write ports",
     {"memory.S!read_ports=1", "memory.S!turnaround=4"},
     {"memory.S!write_ports=0", "memory.S!write_ports=1", "memory.S!write_ports=2"},
     0.03},
    {"turnaround",
     {"memory.S!read_ports=1"},
     {"memory.S!turnaround=16", "memory.S!turnaround=2", "memory.S!turnaround=0"},
     0.03},
    {"links",
     {"network.topology=mesh", "core.C!count=3"},
     {"network.link_width=8 bit", "network.link_width=64 bit", "network.link_width=512 bit"},
     0.03},
    {"hops",
     {"network.topology=ring", "core.C!count=3"},
     {"network.hop_cycles=40", "network.hop_cycles=4", "network.hop_cycles=1"},
     0.03},
    {"wires without delay",
     {"core.C!count=2", "network.multicast=no"},
     {"network.topology=bus", "network.topology=none"},
     0.03},
};
enum { LAW_COUNT = sizeof LAWS / sizeof LAWS[0] };

static void hold(const struct law *law, int chip, int trace)
{
    make_trace(trace);
    uint64_t before = UINT64_MAX;
    for (int i = 0; i < 4 && law->values[i]; i++) {
        const char *sets[SETS_MOST] = {0};
        size_t count = 0;
        for (; law->base[count]; count++)
            sets[count] = law->base[count];
        sets[count] = law->values[i];
        struct run_result result = run(chip, sets, &arena);
        check_accounts(&result, law->values[i]);
        double most = (1 + law->tolerance) * (double)before + ROW_CYCLES;
        ck_assert_msg((double)result.totals.cycles <= most,
                      "%s on %s, %s: %llu cycles with %s, %llu before", law->name,
                      CHIPS[chip].name, TRACES[trace].workload,
                      (unsigned long long)result.totals.cycles, law->values[i],
                      (unsigned long long)before);
        before = result.totals.cycles;
    }
}

START_TEST(finer_fidelity_is_never_faster)
{
    hold(&FIDELITY, _i / TRACE_COUNT, _i % TRACE_COUNT);
}
END_TEST

/* Each law on every chip, with one trace or another. */
START_TEST(more_is_never_slower)
{
    int law = _i / CHIP_COUNT, chip = _i % CHIP_COUNT;
    hold(&LAWS[law], chip, (law + chip) % TRACE_COUNT);
}
END_TEST

/* Prefetching helps an operator alone on a core alone (the last chip has four); what is fetched
 * ahead for a later one may come before what an earlier one needs, as the weight-wait of the
 * account then shows. */
START_TEST(one_product_gains_from_prefetching)
{
    make_trace(_i % 2);
    uint64_t before = UINT64_MAX;
    static const char *const STEPS[] = {"core.C!dma_prefetch=1", "core.C!dma_prefetch=4",
                                        "core.C!dma_prefetch=0"};
    for (int i = 0; i < 3; i++) {
        const char *sets[] = {STEPS[i], NULL};
        struct run_result result = run(_i / 2, sets, &arena);
        /* A tile fetched ahead shares the bandwidth with the one that is waited for. */
        bool is_gain = before == UINT64_MAX || result.totals.cycles <= before + before / 100;
        ck_assert_msg(is_gain, "%s, %s: %llu cycles, %llu before", CHIPS[_i / 2].name, STEPS[i],
                      (unsigned long long)result.totals.cycles, (unsigned long long)before);
        before = result.totals.cycles;
    }
}
END_TEST

static uint64_t count_of(const struct run_result *result, const char *meter)
{
    uint64_t count = 0;
    const struct inventory *inventory = &result->chip->inventory;
    for (size_t i = 0; i < inventory->meter_count; i++)
        if (strcmp(inventory_meter_name(inventory, (int32_t)i), meter) == 0)
            count += result->totals.ledger.counts[i];
    return count;
}

/* Two arrays that divide the rows of A want the same weights at the same time: one column of
 * tiles leaves them no other way to share the work. */
START_TEST(what_members_load_alike_is_fetched_once)
{
    make_trace(5);
    const char *sets[] = {
        "core.C!count=2",       "network.topology=crossbar", "network.link_width=64 bit",
        "core.C!epilogue=none", "network.multicast=yes",     NULL};
    struct run_result shared = run(0, sets, &arena);
    sets[4] = "network.multicast=no";
    struct run_result apart = run(0, sets, &arena);
    ck_assert_uint_lt(shared.totals.dram_read_bytes, apart.totals.dram_read_bytes);
    ck_assert_uint_le(shared.totals.cycles, apart.totals.cycles);
    ck_assert_uint_lt(count_of(&shared, "network.wires.transfer"),
                      count_of(&apart, "network.wires.transfer"));
    /* Every member still gets all of its bits out of the switch. */
    ck_assert_uint_eq(count_of(&shared, "network.crosspoint.transfer"),
                      count_of(&apart, "network.crosspoint.transfer"));
}
END_TEST

/* To the last action, with everything that can wait for something. */
START_TEST(the_same_run_twice_is_the_same)
{
    make_trace(_i % TRACE_COUNT);
    const char *sets[] = {"core.C!count=3",
                          "network.topology=torus",
                          "network.link_width=32 bit",
                          "memory.S!read_ports=1",
                          "memory.D!fidelity=command",
                          "core.C!dma_request=128 B",
                          "core.C!dma_outstanding=3",
                          NULL};
    struct run_result first = run(_i, sets, &arena), again = run(_i, sets, &arena);
    ck_assert_uint_eq(first.totals.cycles, again.totals.cycles);
    ck_assert_uint_eq(first.totals.ledger.count, again.totals.ledger.count);
    ck_assert_mem_eq(first.totals.ledger.counts, again.totals.ledger.counts,
                     first.totals.ledger.count * sizeof(uint64_t));
    check_accounts(&first, CHIPS[_i].name);
}
END_TEST

/* Every byte over a memory's pins crosses a wire on the die. */
START_TEST(wires_are_never_free)
{
    make_trace(1);
    struct run_result result = run(_i, NULL, &arena);
    const char *wires = arena_format(&arena, "%s.wires.transfer", CHIPS[_i].dram);
    const char *pins = arena_format(&arena, "%s.phy.transfer", CHIPS[_i].dram);
    ck_assert_uint_gt(count_of(&result, wires), 0);
    ck_assert_uint_eq(count_of(&result, wires), count_of(&result, pins));
}
END_TEST

/* A core that streams 16 bytes a cycle out of one bank of four cannot keep its pace. */
START_TEST(a_buffer_too_narrow_for_its_core_slows_it)
{
    make_trace(0);
    const char *sets[] = {"memory.S!read_ports=1", "memory.S!write_ports=1", "memory.S!banks=1",
                          "memory.S!width=32 bit", NULL};
    struct run_result narrow = run(0, sets, &arena);
    sets[3] = "memory.S!width=256 bit";
    struct run_result wide = run(0, sets, &arena);
    uint64_t port = narrow.totals.cores[0].account.cycles[REASON_PORT];
    ck_assert_uint_gt(narrow.totals.cycles, wide.totals.cycles);
    ck_assert_uint_gt(port, narrow.totals.cycles / 4);
    /* Reads of the streamed operand alone take four cycles a word of the array's edge. */
    uint64_t reads = count_of(&narrow, "buffer.sram.read");
    ck_assert_uint_ge(narrow.totals.cycles, reads * 9 / 10);
    check_accounts(&narrow, "narrow");
}
END_TEST

/* Work that only the host does crosses its link both ways. */
START_TEST(what_the_host_computes_waits_for_its_link)
{
    make_trace(3);
    const char *sets[] = {"last_resort=host", "core.lanes.takes=move", "host.bandwidth=16 GB/s",
                          "host.latency=0 s", NULL};
    struct run_result fast = run(0, sets, &arena);
    sets[2] = "host.bandwidth=10 MB/s";
    struct run_result slow = run(0, sets, &arena);
    sets[3] = "host.latency=1 ms";
    struct run_result late = run(0, sets, &arena);
    /* Scores go out, for their maximum and for the exponentials, and shares come back. */
    double seconds = 3 * 48 * 80 / 1e7;
    ck_assert_double_ge(slow.seconds, seconds);
    ck_assert_double_le(slow.seconds, fast.seconds + 1.1 * seconds);
    ck_assert_double_ge(late.seconds, slow.seconds + 1e-3); /* of reads; writes are posted */
    check_accounts(&slow, "host");
}
END_TEST

enum { RECORDS = 65536, LOOKUPS = 4096, RECORD_BYTES = 16 };

/* Records of a table in main memory, one after the other or as an index has them by chance; a
 * trace may leave the index out. */
enum order { ORDER_RISING, ORDER_BY_CHANCE, ORDER_UNKNOWN };

static void make_lookups(enum order order)
{
    snprintf(path, sizeof path, "/tmp/cleave-path-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    struct error err = {0};
    struct sink *sink = trace_writer_open(path, &err);
    ck_assert_msg(sink != NULL, "%s", err.text);
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
    const struct tensor *table = tensor(sink, "table", ROLE_CONST, RECORDS, RECORD_BYTES);
    const struct tensor *records = tensor(sink, "records", ROLE_OUTPUT, LOOKUPS, RECORD_BYTES);
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
    struct run_result rising = run(0, sets, &arena);
    remove(path);
    make_lookups(_i ? ORDER_UNKNOWN : ORDER_BY_CHANCE);
    struct run_result chance = run(0, sets, &arena);
    uint64_t rows = count_of(&rising, "dram.device.activate");
    ck_assert_uint_lt(rows, LOOKUPS / 16); /* a few rows, opened again after refreshes */
    ck_assert_uint_gt(count_of(&chance, "dram.device.activate"), LOOKUPS / 4);
    uint64_t more = chance.totals.dram_read_bytes - rising.totals.dram_read_bytes;
    uint64_t burst = chance.chip->memories[chip_memory_find(chance.chip, "dram")].burst;
    ck_assert_uint_ge(more, LOOKUPS * (burst - RECORD_BYTES) * 95 / 100);
    ck_assert_uint_gt(chance.totals.cycles, rising.totals.cycles);
    check_accounts(&chance, "gather");
}
END_TEST

Suite *path_suite(void)
{
    Suite *suite = suite_create("path");
    TCase *tests = tcase_create("laws");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, finer_fidelity_is_never_faster, 0, CHIP_COUNT * TRACE_COUNT);
    tcase_add_loop_test(tests, more_is_never_slower, 0, LAW_COUNT * CHIP_COUNT);
    tcase_add_loop_test(tests, one_product_gains_from_prefetching, 0, 2 * (CHIP_COUNT - 1));
    tcase_add_test(tests, what_members_load_alike_is_fetched_once);
    tcase_add_loop_test(tests, the_same_run_twice_is_the_same, 0, CHIP_COUNT);
    tcase_add_loop_test(tests, wires_are_never_free, 0, CHIP_COUNT - 1); /* no network */
    tcase_add_test(tests, a_buffer_too_narrow_for_its_core_slows_it);
    tcase_add_test(tests, what_the_host_computes_waits_for_its_link);
    tcase_add_loop_test(tests, a_gather_pays_for_bursts_and_rows, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
