/* Does a DMA engine move every byte, in order, within its limits? */
#include <check.h>
#include <stdlib.h>

#include "arch/memory/dma.h"

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

struct dma_bench {
    struct arena arena;
    struct kernel kernel;
    struct memory *memory;
    struct dma *dma;
    uint64_t done[64], order[64];
    int count;
};

static void job_done(void *context, uint64_t tag)
{
    struct dma_bench *bench = context;
    bench->done[tag] = bench->kernel.now;
    bench->order[bench->count++] = tag;
}

static struct dma_bench *dma_bench_make(uint64_t request_bytes, uint32_t outstanding)
{
    struct dma_bench *bench = calloc(1, sizeof *bench);
    kernel_init(&bench->kernel);
    struct timebase timebase = timebase_choose(NULL, 0);
    struct memory_config memory = {.name = "m",
                                   .bandwidth = ratio_make(1000000000, 1),
                                   .latency = ratio_make(1, 10000000),
                                   .credits = 10000};
    struct dma_config config = {request_bytes, outstanding};
    bench->memory = memory_make(&bench->arena, &bench->kernel, &timebase, &memory, NULL);
    bench->dma = dma_make(&bench->arena, &config);
    return bench;
}

static void dma_bench_free(struct dma_bench *bench)
{
    arena_free(&bench->arena);
    free(bench);
}

START_TEST(every_job_is_moved_whole_and_in_order)
{
    uint64_t state = (uint64_t)_i + 2000, bytes = 0, last_of[2] = {0, 0};
    uint64_t request = between(&state, 0, 5) ? UINT64_C(64) << between(&state, 0, 4) : 0;
    struct dma_bench *bench = dma_bench_make(request, (uint32_t)between(&state, 0, 9));
    uint32_t queue_of[20];
    for (int i = 0; i < 20; i++) {
        struct transfer transfers[9] = {{0}};
        uint64_t count = between(&state, 1, 9);
        for (uint64_t t = 0; t < count; t++) {
            transfers[t].address = between(&state, 0, 1 << 20);
            transfers[t].bytes = between(&state, t == 0, 700); /* a job has a byte */
            transfers[t].strides[0] = (struct transfer_stride){between(&state, 1, 4), 1024};
            bytes += transfers[t].bytes * transfers[t].strides[0].count;
        }
        queue_of[i] = (uint32_t)between(&state, 0, 1);
        struct dma_job job = {.memory = bench->memory,
                              .queue = queue_of[i],
                              .stream = queue_of[i],
                              .is_write = between(&state, 0, 1) == 1,
                              .transfers = transfers,
                              .transfer_count = count,
                              .tag = (uint64_t)i,
                              .done = job_done,
                              .context = bench};
        dma_submit(bench->dma, &job);
    }
    ck_assert(kernel_run(&bench->kernel));
    ck_assert_int_eq(bench->count, 20);
    ck_assert_uint_eq(dma_counts(bench->dma).bytes, bytes);
    for (int i = 0; i < 20; i++) {
        uint64_t tag = bench->order[i], queue = queue_of[tag];
        ck_assert_msg(tag + 1 > last_of[queue], "seed %d", _i + 2000);
        last_of[queue] = tag + 1;
    }
    dma_bench_free(bench);
}
END_TEST

START_TEST(requests_end_at_their_alignment)
{
    struct dma_bench *bench = dma_bench_make(256, 4);
    struct transfer transfer = {.address = 200, .bytes = 1000};
    struct dma_job job = {.memory = bench->memory, .transfers = &transfer, .transfer_count = 1};
    dma_submit(bench->dma, &job);
    kernel_run(&bench->kernel);
    ck_assert_uint_eq(dma_counts(bench->dma).requests, 5); /* 56 + 3 x 256 + 176 */
    dma_bench_free(bench);
}
END_TEST

START_TEST(more_outstanding_requests_hide_more_latency)
{
    uint64_t before = UINT64_MAX;
    for (uint32_t outstanding = 1; outstanding <= 8; outstanding *= 2) {
        struct dma_bench *bench = dma_bench_make(64, outstanding);
        struct transfer transfer = {.bytes = 64 * 100};
        struct dma_job job = {
            .memory = bench->memory, .transfers = &transfer, .transfer_count = 1};
        dma_submit(bench->dma, &job);
        kernel_run(&bench->kernel);
        ck_assert_uint_le(bench->kernel.now, before);
        if (outstanding == 1) /* 64 ns on the bus and 100 ns of latency, one after another */
            ck_assert_uint_eq(bench->kernel.now, UINT64_C(100) * 164 * 1000000);
        before = bench->kernel.now;
        dma_bench_free(bench);
    }
    ck_assert_uint_eq(before, UINT64_C(6500) * 1000000);
}
END_TEST

START_TEST(urgent_jobs_overtake)
{
    struct dma_bench *bench = dma_bench_make(64, 2);
    struct transfer transfer = {.bytes = 6400};
    struct dma_job job = {.memory = bench->memory,
                          .queue = 1,
                          .stream = 1,
                          .transfers = &transfer,
                          .transfer_count = 1,
                          .done = job_done,
                          .context = bench};
    dma_submit(bench->dma, &job);
    job.tag = 1;
    dma_submit(bench->dma, &job);
    job.queue = job.stream = 0;
    job.tag = 2;
    dma_submit(bench->dma, &job);
    kernel_run(&bench->kernel);
    ck_assert_int_eq(bench->count, 3);
    ck_assert_uint_eq(bench->order[0], 2);
    ck_assert_uint_eq(bench->order[1], 0);
    /* The two requests that were under way already, and then the urgent job's hundred. */
    ck_assert_uint_le(bench->done[2], UINT64_C(102) * 164 * 1000000);
    dma_bench_free(bench);
}
END_TEST

/* Engines without limits must not be told from a port that is asked directly. */
START_TEST(an_engine_without_limits_is_the_port_itself)
{
    uint64_t state = (uint64_t)_i + 2500;
    struct dma_bench *bench = dma_bench_make(0, 0);
    struct dma_bench *direct = dma_bench_make(0, 0);
    for (uint64_t i = 0; i < 10; i++) {
        struct transfer transfer = {.address = between(&state, 0, 1 << 20),
                                    .bytes = between(&state, 1, 700),
                                    .strides = {{between(&state, 1, 4), 1024}}};
        struct dma_job job = {.memory = bench->memory,
                              .transfers = &transfer,
                              .transfer_count = 1,
                              .tag = i,
                              .done = job_done,
                              .context = bench};
        dma_submit(bench->dma, &job);
        transfer.tag = i;
        transfer.done = job_done;
        transfer.context = direct;
        ck_assert(memory_offer(direct->memory, &transfer));
    }
    kernel_run(&bench->kernel);
    kernel_run(&direct->kernel);
    ck_assert_int_eq(bench->count, 10);
    for (int i = 0; i < 10; i++)
        ck_assert_msg(bench->done[i] == direct->done[i], "seed %d", _i + 2500);
    dma_bench_free(bench);
    dma_bench_free(direct);
}
END_TEST

Suite *memory_dma_suite(void)
{
    Suite *suite = suite_create("memory_dma");
    TCase *cases = tcase_create("dma");
    tcase_add_loop_test(cases, every_job_is_moved_whole_and_in_order, 0, 60);
    tcase_add_test(cases, requests_end_at_their_alignment);
    tcase_add_test(cases, more_outstanding_requests_hide_more_latency);
    tcase_add_test(cases, urgent_jobs_overtake);
    tcase_add_loop_test(cases, an_engine_without_limits_is_the_port_itself, 0, 20);
    suite_add_tcase(suite, cases);
    return suite;
}
