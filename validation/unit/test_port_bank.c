/* Does a memory of fidelity `bank` keep the times of its DRAM: activates no closer than the
 * file allows, refreshes at their clocks? */
#include <check.h>
#include <stdlib.h>

#include "arch/memory/port.h"
#include "random_dram.h"

struct bank_bench {
    struct arena arena;
    struct kernel kernel;
    struct timebase timebase;
    struct clock clock;
    struct dram_config dram;
    struct dram_map map;
    struct memory *memory;
};

static struct bank_bench *bench_make(const char *const *sets, size_t count)
{
    struct bank_bench *bench = calloc(1, sizeof *bench);
    random_dram_load(&bench->arena, "ddr4-3200", sets, count, &bench->dram, &bench->map);
    struct ratio hertz = ratio_invert(bench->dram.clock_period);
    kernel_init(&bench->kernel);
    bench->timebase = timebase_choose(&hertz, 1);
    bench->clock = clock_make(&bench->timebase, hertz);
    struct memory_config config = {
        .name = "m", .fidelity = FIDELITY_BANK, .dram = &bench->dram, .map = &bench->map};
    bench->memory = memory_make(&bench->arena, &bench->kernel, &bench->timebase, &config, NULL);
    return bench;
}

static void bench_free(struct bank_bench *bench)
{
    arena_free(&bench->arena);
    free(bench);
}

struct offer {
    struct event event;
    struct bank_bench *bench;
    struct transfer transfer;
    uint64_t done; /* clock */
};

static void answer(void *context, uint64_t tag)
{
    struct offer *offer = context;
    (void)tag;
    offer->done = clock_cycles_at(&offer->bench->clock, offer->bench->kernel.now);
}

static void fire(struct kernel *kernel, struct event *event)
{
    (void)kernel;
    struct offer *offer = event->owner;
    ck_assert(memory_offer(offer->bench->memory, &offer->transfer));
}

/* Clock at which a transfer offered at one is answered. */
static uint64_t answered(struct bank_bench *bench, const struct transfer *transfer,
                         uint64_t clock)
{
    struct offer offer = {.bench = bench, .transfer = *transfer};
    offer.event = (struct event){.fire = fire, .owner = &offer};
    offer.transfer.done = answer;
    offer.transfer.context = &offer;
    kernel_schedule(&bench->kernel, &offer.event, clock_edge(&bench->clock, clock), PHASE_WORK);
    ck_assert(kernel_run(&bench->kernel));
    return offer.done;
}

/* A row in each of 16 banks and again in each: where the window of four is the shorter, the
 * distance of two activates is what holds them apart. */
START_TEST(activates_keep_their_distance)
{
    static const char *const SETS[][4] = {
        {"tFAW=1", "tRRD_S=20", "refresh=none", "mapping=rochrababgco"},
        {"tFAW=200", "tRRD_S=4", "refresh=none", "mapping=rochrababgco"}};
    struct bank_bench *bench = bench_make(SETS[_i], 4);
    enum { ROWS = 128 };
    struct transfer rows = {.bytes = 64};
    /* Bursts a row apart, so that each opens one of its own. */
    rows.strides[0] = (struct transfer_stride){ROWS, (int64_t)bench->dram.row_bytes};
    uint64_t clocks = answered(bench, &rows, 0);
    struct dram_actions actions = memory_actions(bench->memory, bench->kernel.now);
    ck_assert_uint_eq(actions.activates, ROWS);
    uint64_t apart = _i ? 200 / 4 : 20;
    ck_assert_uint_ge(clocks, (ROWS - 1) * apart);
    bench_free(bench);
}
END_TEST

/* The rank stops at the end of each interval. Data that arrive right then are not late; data
 * that would arrive a clock later wait for the whole refresh. */
START_TEST(a_refresh_begins_with_its_interval)
{
    struct transfer burst = {.bytes = 64};
    static const char *const SETS[] = {"refresh=rank-simultaneous"};
    struct bank_bench *bench = bench_make(SETS, 1);
    uint64_t latency = answered(bench, &burst, 0);
    uint64_t interval = (uint64_t)bench->dram.refresh_interval;
    uint64_t refresh = (uint64_t)bench->dram.refresh_cycle;
    bench_free(bench);
    for (uint64_t late = 0; late < 2; late++) {
        bench = bench_make(SETS, 1);
        ck_assert_uint_eq(answered(bench, &burst, interval - latency + late),
                          interval + late * (1 + refresh));
        bench_free(bench);
    }
}
END_TEST

Suite *port_bank_suite(void)
{
    Suite *suite = suite_create("port_bank");
    TCase *cases = tcase_create("bank");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, activates_keep_their_distance, 0, 2);
    tcase_add_test(cases, a_refresh_begins_with_its_interval);
    suite_add_tcase(suite, cases);
    return suite;
}
