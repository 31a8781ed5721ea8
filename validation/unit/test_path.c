/* Do the laws of a tile's way hold on all shipped chips: engine, port, link, network, buffer?
 * More of anything never slows a run beyond what reordering does. */
#include <check.h>

#include "loops.h"
#include "path_bench.h"

/* Runs of a few hundred cycles differ by when a row opens: about its cycle time. */
static const double ROW_CYCLES = 32;

/* What all have, and values that must not slow one another, worst first. */
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

static void hold(const struct law *law, int chip, enum path_trace trace)
{
    path_make_trace(trace);
    uint64_t before = UINT64_MAX;
    for (int i = 0; i < 4 && law->values[i]; i++) {
        const char *sets[PATH_SETS_MOST] = {0};
        size_t count = 0;
        for (; law->base[count]; count++)
            sets[count] = law->base[count];
        sets[count] = law->values[i];
        struct run_result result = path_run(chip, sets);
        path_check_accounts(&result, law->values[i]);
        double most = (1 + law->tolerance) * (double)before + ROW_CYCLES;
        ck_assert_msg((double)result.totals.cycles <= most,
                      "%s on %s, %s: %llu cycles with %s, %llu before", law->name,
                      PATH_CHIP[chip].name, path_trace_name(trace),
                      (unsigned long long)result.totals.cycles, law->values[i],
                      (unsigned long long)before);
        before = result.totals.cycles;
    }
}

START_TEST(finer_fidelity_is_never_faster)
{
    hold(&FIDELITY, _i / PATH_TRACES, _i % PATH_TRACES);
}
END_TEST

/* Each law on every chip, with one trace or another. */
START_TEST(more_is_never_slower)
{
    int law = _i / PATH_CHIPS, chip = _i % PATH_CHIPS;
    hold(&LAWS[law], chip, (law + chip) % PATH_TRACES);
}
END_TEST

/* Prefetching helps an operator alone on a core alone (the last chip has four); what is fetched
 * ahead for a later one may come before what an earlier one needs, as the weight-wait of the
 * account then shows. */
START_TEST(one_product_gains_from_prefetching)
{
    path_make_trace(_i % 2 ? PATH_CONVOLUTION : PATH_PRODUCT);
    uint64_t before = UINT64_MAX;
    static const char *const STEPS[] = {"core.C!dma_prefetch=1", "core.C!dma_prefetch=4",
                                        "core.C!dma_prefetch=0"};
    for (int i = 0; i < 3; i++) {
        const char *sets[] = {STEPS[i], NULL};
        struct run_result result = path_run(_i / 2, sets);
        /* A tile fetched ahead shares the bandwidth with the one that is waited for. */
        bool is_gain = before == UINT64_MAX || result.totals.cycles <= before + before / 100;
        ck_assert_msg(is_gain, "%s, %s: %llu cycles, %llu before", PATH_CHIP[_i / 2].name,
                      STEPS[i], (unsigned long long)result.totals.cycles,
                      (unsigned long long)before);
        before = result.totals.cycles;
    }
}
END_TEST

Suite *path_suite(void)
{
    Suite *suite = suite_create("path");
    TCase *tests = tcase_create("laws");
    tcase_add_checked_fixture(tests, path_setup, path_teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, finer_fidelity_is_never_faster, 0,
                        LOOPS(PATH_CHIPS * PATH_TRACES));
    tcase_add_loop_test(tests, more_is_never_slower, 0, LOOPS(LAW_COUNT * PATH_CHIPS));
    tcase_add_loop_test(tests, one_product_gains_from_prefetching, 0,
                        LOOPS(2 * (PATH_CHIPS - 1)));
    suite_add_tcase(suite, tests);
    return suite;
}
