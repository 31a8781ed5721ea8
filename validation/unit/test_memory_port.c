/* Does the port of a main memory keep its promises, at every fidelity? Cutting transfers
 * changes nothing, streams are answered in order, no byte is lost, ideal is never slower than
 * bank nor bank than command, and more channels are never slower. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/memory/dram_file.h"
#include "arch/memory/port.h"

enum { JOBS_MOST = 40, STREAMS = 3, CASES = 60 };

struct job {
    struct transfer transfer;
    uint64_t when; /* ticks */
};

struct bench {
    struct arena arena;
    struct kernel kernel;
    struct timebase timebase;
    struct dram_config dram;
    struct dram_map map;
    struct memory *memory;
    struct event next;
    const struct job *jobs;
    int job_count, offered, answered;
    uint64_t done[JOBS_MOST];
    uint64_t last_tag[STREAMS];
    bool is_in_order, is_held;
};

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static uint64_t between(uint64_t *state, uint64_t low, uint64_t high)
{
    return low + next_random(state) % (high - low + 1);
}

static void offer_due(struct bench *bench);

static void answer(void *context, uint64_t tag)
{
    struct bench *bench = context;
    uint32_t stream = bench->jobs[tag].transfer.stream;
    bench->done[tag] = bench->kernel.now;
    bench->is_in_order = bench->is_in_order && tag + 1 > bench->last_tag[stream];
    bench->last_tag[stream] = tag + 1;
    bench->answered++;
    if (bench->is_held)
        offer_due(bench);
}

static void offer_fire(struct kernel *kernel, struct event *event)
{
    (void)kernel;
    offer_due(event->owner);
}

/* Jobs are offered strictly in order, each not before its time. */
static void offer_due(struct bench *bench)
{
    bench->is_held = false;
    while (bench->offered < bench->job_count) {
        const struct job *job = &bench->jobs[bench->offered];
        if (job->when > bench->kernel.now) {
            kernel_reschedule(&bench->kernel, &bench->next, job->when, PHASE_WORK);
            return;
        }
        struct transfer transfer = job->transfer;
        transfer.tag = (uint64_t)bench->offered;
        transfer.done = answer;
        transfer.context = bench;
        if (!memory_offer(bench->memory, &transfer)) {
            bench->is_held = true;
            return;
        }
        bench->offered++;
    }
}

static void load(struct bench *bench, const char *name, enum memory_fidelity fidelity,
                 const char *set, uint32_t credits)
{
    struct error err = {0};
    memset(bench, 0, sizeof *bench);
    ck_assert_msg(dram_file_load(&bench->arena, name, &set, set != NULL, &bench->dram,
                                 &bench->map, NULL, &err),
                  "%s", err.text);
    struct ratio clocks[] = {ratio_invert(bench->dram.clock_period), ratio_make(700000000, 1)};
    bench->timebase = timebase_choose(clocks, 2);
    kernel_init(&bench->kernel);
    struct memory_config config = {.name = name,
                                   .fidelity = fidelity,
                                   .dram = &bench->dram,
                                   .map = &bench->map,
                                   .credits = credits};
    bench->memory = memory_make(&bench->arena, &bench->kernel, &bench->timebase, &config, &err);
    ck_assert_msg(bench->memory != NULL, "%s", err.text);
    bench->is_in_order = true;
}

/* Runs the jobs; returns the time of the last answer. */
static uint64_t play(struct bench *bench, const struct job *jobs, int count)
{
    bench->jobs = jobs;
    bench->job_count = count;
    bench->next = (struct event){.fire = offer_fire, .owner = bench};
    kernel_schedule(&bench->kernel, &bench->next, 0, PHASE_WORK);
    ck_assert(kernel_run(&bench->kernel));
    ck_assert_int_eq(bench->answered, count);
    uint64_t last = 0;
    for (int i = 0; i < count; i++)
        last = bench->done[i] > last ? bench->done[i] : last;
    return last;
}

static struct transfer random_transfer(uint64_t *state)
{
    struct transfer transfer = {.stream = (uint32_t)between(state, 0, STREAMS - 1),
                                .is_write = between(state, 0, 3) == 0,
                                .address = between(state, 0, 1 << 26),
                                .bytes = between(state, 1, 6000)};
    if (between(state, 0, 1) == 0)
        transfer.strides[0] = (struct transfer_stride){between(state, 1, 5),
                                                       (int64_t)between(state, 6000, 26000)};
    if (between(state, 0, 3) == 0)
        transfer.strides[1] = (struct transfer_stride){
            between(state, 1, 3), -(int64_t)between(state, 140000, 200000)};
    transfer.address += 1 << 20;
    return transfer;
}

static int random_jobs(uint64_t seed, struct job *jobs)
{
    uint64_t state = seed, when = 0;
    int count = (int)between(&state, 1, JOBS_MOST);
    for (int i = 0; i < count; i++) {
        jobs[i] = (struct job){random_transfer(&state), when};
        if (between(&state, 0, 2) == 0)
            when += between(&state, 0, 400000);
    }
    return count;
}

static const char *const NAMES[] = {"ddr4-3200", "hbm2"};

START_TEST(every_transfer_is_answered_in_order_and_in_whole_bursts)
{
    struct job jobs[JOBS_MOST];
    uint64_t seed = (uint64_t)_i + 1;
    int count = random_jobs(seed, jobs);
    for (int fidelity = 0; fidelity < 3; fidelity++) {
        struct bench *bench = malloc(sizeof *bench);
        load(bench, NAMES[seed % 2], (enum memory_fidelity)fidelity, NULL,
             1 + (uint32_t)seed % 5);
        play(bench, jobs, count);
        ck_assert_msg(bench->is_in_order, "seed %d fidelity %d", _i + 1, fidelity);
        uint64_t read = 0, written = 0, burst = bench->dram.access_bytes;
        for (int i = 0; i < count; i++) {
            uint64_t bytes = transfer_bursts(&jobs[i].transfer, burst) * burst;
            *(jobs[i].transfer.is_write ? &written : &read) += bytes;
        }
        struct memory_traffic traffic = memory_traffic(bench->memory);
        ck_assert_uint_eq(traffic.read_bytes, read);
        ck_assert_uint_eq(traffic.write_bytes, written);
        if (fidelity != FIDELITY_COMMAND) { /* where bursts may merge */
            struct dram_actions actions = memory_actions(bench->memory, bench->kernel.now);
            ck_assert_uint_eq(actions.reads * burst, read);
            ck_assert_uint_eq(actions.writes * burst, written);
        }
        arena_free(&bench->arena);
        free(bench);
    }
}
END_TEST

START_TEST(bursts_of_a_strided_transfer_are_those_counted_one_by_one)
{
    uint64_t state = (uint64_t)_i + 77, access_bytes = UINT64_C(1) << between(&state, 3, 7);
    struct transfer transfer = random_transfer(&state);
    uint64_t bursts = 0;
    for (uint64_t b = 0; b < (transfer.strides[1].count < 1 ? 1 : transfer.strides[1].count);
         b++)
        for (uint64_t a = 0;
             a < (transfer.strides[0].count < 1 ? 1 : transfer.strides[0].count); a++) {
            uint64_t at = transfer.address + a * (uint64_t)transfer.strides[0].bytes +
                          b * (uint64_t)transfer.strides[1].bytes;
            bursts += (at + transfer.bytes - 1) / access_bytes - at / access_bytes + 1;
        }
    ck_assert_uint_eq(transfer_bursts(&transfer, access_bytes), bursts);
}
END_TEST

START_TEST(cutting_transfers_at_bursts_changes_no_time)
{
    struct job whole[JOBS_MOST], cut[JOBS_MOST];
    uint64_t seed = (uint64_t)_i + 1000, state = seed;
    int wholes = 0, cuts = 0, last_cut[JOBS_MOST];
    for (uint64_t when = 0; cuts + 4 <= JOBS_MOST; when += between(&state, 0, 300000)) {
        struct transfer transfer = {.stream = (uint32_t)between(&state, 0, 1),
                                    .is_write = between(&state, 0, 3) == 0,
                                    .address = between(&state, 0, 1 << 20) * 64,
                                    .bytes = between(&state, 4, 300) * 64};
        whole[wholes] = (struct job){transfer, when};
        uint64_t left = transfer.bytes / 64;
        for (int i = 0; i < 3 && left > 1; i++) {
            uint64_t bursts = between(&state, 1, left - 1);
            transfer.bytes = bursts * 64;
            cut[cuts++] = (struct job){transfer, when};
            transfer.address += bursts * 64;
            left -= bursts;
        }
        transfer.bytes = left * 64;
        last_cut[wholes++] = cuts;
        cut[cuts++] = (struct job){transfer, when};
    }
    for (int fidelity = 0; fidelity < 3; fidelity++) {
        struct bench *a = malloc(sizeof *a), *b = malloc(sizeof *b);
        load(a, NAMES[seed % 2], (enum memory_fidelity)fidelity, NULL, 1000);
        load(b, NAMES[seed % 2], (enum memory_fidelity)fidelity, NULL, 1000);
        play(a, whole, wholes);
        play(b, cut, cuts);
        for (int i = 0; i < wholes; i++)
            ck_assert_msg(a->done[i] == b->done[last_cut[i]],
                          "seed %d fidelity %d job %d: %lu %lu", _i + 1000, fidelity, i,
                          a->done[i], b->done[last_cut[i]]);
        arena_free(&a->arena);
        arena_free(&b->arena);
        free(a);
        free(b);
    }
}
END_TEST

START_TEST(finer_fidelity_is_never_faster)
{
    struct job jobs[JOBS_MOST];
    int count = random_jobs((uint64_t)_i + 2000, jobs);
    uint64_t last[3];
    for (int fidelity = 0; fidelity < 3; fidelity++) {
        struct bench *bench = malloc(sizeof *bench);
        load(bench, NAMES[_i % 2], (enum memory_fidelity)fidelity, NULL, 1000);
        last[fidelity] = play(bench, jobs, count);
        arena_free(&bench->arena);
        free(bench);
    }
    ck_assert_msg(last[0] <= last[1], "seed %d: ideal %lu bank %lu", _i + 2000, last[0],
                  last[1]);
    ck_assert_msg((double)last[1] <= (double)last[2] * 1.02, "seed %d: bank %lu command %lu",
                  _i + 2000, last[1], last[2]);
}
END_TEST

START_TEST(more_channels_are_not_slower_for_long_reads)
{
    for (int fidelity = 0; fidelity < 3; fidelity++) {
        uint64_t before = UINT64_MAX;
        for (int channels = 1; channels <= 8; channels *= 2) {
            char set[32];
            snprintf(set, sizeof set, "channels=%d", channels);
            struct job job = {.transfer = {.bytes = 1 << 20}};
            struct bench *bench = malloc(sizeof *bench);
            load(bench, "hbm2", (enum memory_fidelity)fidelity, set, 0);
            uint64_t last = play(bench, &job, 1);
            ck_assert_msg(last <= before, "fidelity %d channels %d", fidelity, channels);
            before = last;
            arena_free(&bench->arena);
            free(bench);
        }
    }
}
END_TEST

START_TEST(a_large_transfer_costs_few_events)
{
    const uint64_t most[] = {4, 4, 40};
    for (int fidelity = 0; fidelity < 3; fidelity++) {
        struct job job = {.transfer = {.bytes = 4 << 20}};
        struct bench *bench = malloc(sizeof *bench);
        load(bench, "ddr4-3200", (enum memory_fidelity)fidelity, NULL, 0);
        play(bench, &job, 1);
        ck_assert_uint_le(bench->kernel.fired, most[fidelity]);
        arena_free(&bench->arena);
        free(bench);
    }
}
END_TEST

START_TEST(a_memory_without_dram_needs_a_bandwidth_and_is_ideal)
{
    struct arena arena = {0};
    struct kernel *kernel = malloc(sizeof *kernel);
    kernel_init(kernel);
    struct timebase timebase = timebase_choose(NULL, 0);
    struct memory_config config = {.name = "host"};
    struct error err = {0};
    ck_assert_ptr_null(memory_make(&arena, kernel, &timebase, &config, &err));
    ck_assert_str_eq(err.text, "memory 'host' has no bandwidth: give one, or a DRAM");
    config.bandwidth = ratio_make(1000000000, 1);
    config.latency = ratio_make(1, 10000000);
    err = (struct error){0};
    struct memory *memory = memory_make(&arena, kernel, &timebase, &config, &err);
    ck_assert_msg(memory != NULL, "%s", err.text);
    struct transfer transfer = {.bytes = 1000};
    ck_assert(memory_offer(memory, &transfer));
    kernel_run(kernel);
    /* 16 bursts of 64 bytes at 1 GB/s are 1024 ns, after 100 ns, in femtoseconds. */
    ck_assert_uint_eq(kernel->now, UINT64_C(1124000000));
    config.fidelity = FIDELITY_COMMAND;
    ck_assert_ptr_null(memory_make(&arena, kernel, &timebase, &config, &err));
    free(kernel);
    arena_free(&arena);
}
END_TEST

/* Two bursts of traffic with a rest between them: rows are open while data move, and only then.
 */
START_TEST(an_ideal_memory_stands_active_while_it_moves_data)
{
    enum { BURSTS = 64 };
    struct bench *bench = malloc(sizeof *bench);
    load(bench, "ddr4-3200", FIDELITY_IDEAL, NULL, 0);
    uint64_t bytes = BURSTS * bench->dram.access_bytes;
    struct job jobs[] = {{{.bytes = bytes}, 0}, {{.address = 1 << 20, .bytes = bytes}, 0}};
    struct clock clock = clock_make(&bench->timebase, ratio_invert(bench->dram.clock_period));
    jobs[1].when = clock_edge(&clock, 4000);
    play(bench, jobs, 2);
    struct dram_actions actions = memory_actions(bench->memory, clock_edge(&clock, 8000));
    uint64_t busy = 2 * BURSTS * (uint64_t)bench->dram.burst_clocks;
    ck_assert_uint_eq(actions.active_clocks, busy * (uint64_t)bench->dram.ranks_total);
    ck_assert_uint_eq(actions.active_clocks + actions.idle_clocks,
                      8000 * (uint64_t)bench->dram.ranks_total);
    arena_free(&bench->arena);
    free(bench);
}
END_TEST

Suite *memory_port_suite(void)
{
    Suite *suite = suite_create("memory_port");
    TCase *cases = tcase_create("port");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, every_transfer_is_answered_in_order_and_in_whole_bursts, 0,
                        CASES);
    tcase_add_loop_test(cases, bursts_of_a_strided_transfer_are_those_counted_one_by_one, 0,
                        50);
    tcase_add_loop_test(cases, cutting_transfers_at_bursts_changes_no_time, 0, CASES);
    tcase_add_loop_test(cases, finer_fidelity_is_never_faster, 0, CASES);
    tcase_add_test(cases, more_channels_are_not_slower_for_long_reads);
    tcase_add_test(cases, a_large_transfer_costs_few_events);
    tcase_add_test(cases, an_ideal_memory_stands_active_while_it_moves_data);
    tcase_add_test(cases, a_memory_without_dram_needs_a_bandwidth_and_is_ideal);
    suite_add_tcase(suite, cases);
    return suite;
}
