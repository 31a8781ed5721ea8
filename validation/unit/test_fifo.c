/* Do runs of beats go through a bounded queue exactly as their beats would one by one, however
 * the producer and the consumer cut them? */
#include <check.h>
#include <string.h>

#include "sim/kernel/fifo.h"
#include "sim/kernel/random.h"

enum { MOST_BEATS = 200, SEEDS = 600 };

/* One producer, one queue, one consumer. Both cut runs at random where `is_cutting`. */
struct line {
    struct kernel kernel;
    struct arena arena;
    struct fifo fifo;
    struct event producer, consumer;
    struct random random;
    bool is_cutting, is_waiting_between;
    struct run ready[8]; /* what the producer will have */
    size_t runs, next;
    uint64_t taken[MOST_BEATS], count;
};

static uint64_t cut(struct line *line, uint64_t count)
{
    return line->is_cutting ? 1 + random_below(&line->random, count) : count;
}

/* Offers piece after piece; may leave the rest until the time when its first beat is ready. */
static void produce(struct kernel *kernel, struct event *event)
{
    struct line *line = event->owner;
    while (line->next < line->runs) {
        struct run *run = &line->ready[line->next];
        struct run piece = run_split(run, cut(line, run->count));
        uint64_t offered = piece.count;
        bool is_done = fifo_send(&line->fifo, &piece) == offered;
        if (!is_done && !run_join(&piece, *run) && run->count > 0)
            ck_abort_msg("a piece does not continue its run");
        if (!is_done) {
            *run = piece;
            return;
        }
        line->next += run->count == 0;
        if (line->is_waiting_between && line->next < line->runs) {
            uint64_t ready = line->ready[line->next].first;
            kernel_schedule(kernel, event, ready > kernel->now ? ready : kernel->now,
                            PHASE_WORK);
            return;
        }
    }
}

static void consume(struct kernel *kernel, struct event *event)
{
    struct line *line = event->owner;
    for (;;) {
        struct run arrivals = fifo_peek(&line->fifo), taken[3];
        if (!arrivals.count)
            return;
        int runs = fifo_take(&line->fifo, cut(line, arrivals.count), taken);
        uint64_t last = 0;
        for (int i = 0; i < runs; i++)
            for (uint64_t beat = 0; beat < taken[i].count; beat++)
                line->taken[line->count++] = last = run_time(taken[i], beat);
        if (line->is_waiting_between) {
            kernel_reschedule(kernel, event, last, PHASE_WORK);
            return;
        }
    }
}

/* A queue and a list of runs, both from the seed alone. */
static void make_line(struct line *line, uint64_t seed)
{
    struct random random = random_make(seed, "line");
    memset(line, 0, sizeof *line);
    kernel_init(&line->kernel);
    line->random = random_make(seed, "cuts");
    line->producer = (struct event){.fire = produce, .owner = line};
    line->consumer = (struct event){.fire = consume, .owner = line};
    line->fifo = (struct fifo){.capacity = 1 + random_below(&random, 12),
                               .spacing = random_below(&random, 4),
                               .service = random_below(&random, 6),
                               .latency = random_below(&random, 9),
                               .credit_latency = random_below(&random, 5),
                               .producer = &line->producer,
                               .consumer = &line->consumer};
    line->runs = 1 + (size_t)random_below(&random, 8);
    uint64_t time = random_below(&random, 5);
    for (size_t i = 0; i < line->runs; i++) {
        line->ready[i] =
            (struct run){time, random_below(&random, 5), 1 + random_below(&random, 20)};
        time = run_time(line->ready[i], line->ready[i].count - 1) + random_below(&random, 30);
    }
    fifo_init(&line->fifo, &line->kernel, &line->arena);
}

static uint64_t latest(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The law of fifo.h, beat by beat. */
static uint64_t taken_by_law(const struct line *line, uint64_t *taken)
{
    const struct fifo *fifo = &line->fifo;
    uint64_t n = 0, sent = 0;
    for (size_t i = 0; i < line->runs; i++)
        for (uint64_t beat = 0; beat < line->ready[i].count; beat++, n++) {
            uint64_t ready = line->ready[i].first + beat * line->ready[i].interval;
            uint64_t credit =
                n < fifo->capacity ? 0 : taken[n - fifo->capacity] + fifo->credit_latency;
            sent = latest(latest(ready, credit), n ? sent + fifo->spacing : 0);
            taken[n] = latest(sent + fifo->latency, n ? taken[n - 1] + fifo->service : 0);
        }
    return n;
}

static void check_line(uint64_t seed, bool is_cutting, bool is_waiting_between)
{
    static struct line line;
    uint64_t law[MOST_BEATS];
    make_line(&line, seed);
    line.is_cutting = is_cutting;
    line.is_waiting_between = is_waiting_between;
    uint64_t beats = taken_by_law(&line, law);
    kernel_schedule(&line.kernel, &line.producer, 0, PHASE_WORK);
    ck_assert(kernel_run(&line.kernel));
    ck_assert_msg(line.count == beats, "seed %lu: %lu beats of %lu", seed, line.count, beats);
    for (uint64_t i = 0; i < beats; i++)
        if (line.taken[i] != law[i])
            ck_abort_msg("seed %lu: beat %lu is taken at %lu, must be %lu", seed, i,
                         line.taken[i], law[i]);
    ck_assert_uint_eq(line.fifo.credits.beats, line.fifo.capacity);
    arena_free(&line.arena);
}

START_TEST(whole_runs_follow_the_law_of_beats)
{
    check_line((uint64_t)_i, false, false);
}
END_TEST

START_TEST(cutting_runs_changes_nothing)
{
    check_line((uint64_t)_i, true, false);
}
END_TEST

START_TEST(taking_them_one_event_after_the_other_changes_nothing)
{
    check_line((uint64_t)_i, true, true);
}
END_TEST

START_TEST(a_gate_is_the_envelope_of_its_lines)
{
    struct random random = random_make((uint64_t)_i, "gate");
    uint64_t count = 1 + random_below(&random, 40), spacing = random_below(&random, 6);
    struct run ready = {random_below(&random, 100), random_below(&random, 9), count};
    struct run gate = {random_below(&random, 100), random_below(&random, 9), count};
    uint64_t earliest = random_below(&random, 100), beat = 0, before = 0;
    struct run out[3];
    int runs = run_gate(ready, gate, earliest, spacing, out);
    for (int i = 0; i < runs; i++)
        for (uint64_t j = 0; j < out[i].count; j++, beat++) {
            uint64_t go = latest(run_time(ready, beat), run_time(gate, beat));
            go = latest(latest(go, earliest), beat ? before + spacing : 0);
            ck_assert_msg(run_time(out[i], j) == go, "seed %d, beat %lu", _i, beat);
            before = go;
        }
    ck_assert_uint_eq(beat, count);
}
END_TEST

START_TEST(a_steady_stream_allocates_nothing)
{
    static struct line line;
    make_line(&line, 1);
    size_t before = line.arena.bytes_used;
    for (uint64_t i = 0; i < 100000; i++) {
        struct run beat = {i * 7, 0, 1}, taken[3];
        fifo_send(&line.fifo, &beat);
        fifo_take(&line.fifo, fifo_peek(&line.fifo).count, taken);
        kernel_cancel(&line.kernel, &line.consumer);
    }
    ck_assert_uint_eq(line.arena.bytes_used, before);
    arena_free(&line.arena);
}
END_TEST

START_TEST(the_end_of_time_is_not_passed)
{
    struct run far = {TIME_MOST - 5, UINT64_MAX / 2, 100}, out[3];
    struct run gate = {0, UINT64_MAX, 100};
    ck_assert_uint_eq(run_time(far, 0), TIME_MOST - 5);
    ck_assert_uint_eq(run_time(far, 1), TIME_NEVER);
    int runs = run_gate(far, gate, 3, UINT64_MAX, out);
    uint64_t beats = 0;
    for (int i = 0; i < runs; i++)
        beats += out[i].count;
    ck_assert_uint_eq(beats, 100);
}
END_TEST

Suite *fifo_suite(void)
{
    Suite *suite = suite_create("fifo");
    TCase *laws = tcase_create("laws");
    tcase_add_loop_test(laws, whole_runs_follow_the_law_of_beats, 0, SEEDS / 6);
    tcase_add_loop_test(laws, cutting_runs_changes_nothing, 0, SEEDS / 6);
    tcase_add_loop_test(laws, taking_them_one_event_after_the_other_changes_nothing, 0,
                        SEEDS / 6);
    tcase_add_loop_test(laws, a_gate_is_the_envelope_of_its_lines, 0, SEEDS / 6);
    tcase_add_test(laws, a_steady_stream_allocates_nothing);
    tcase_add_test(laws, the_end_of_time_is_not_passed);
    suite_add_tcase(suite, laws);
    return suite;
}
