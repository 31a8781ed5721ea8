/* Do events fire in the order of (time, phase, insertion), whatever is scheduled when? */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/event.h"
#include "validation/unit/reference_heap.h"

enum { OWNERS = 300, FIRED_PER_SEED = 30000, SEEDS = 100 };

/* The kernel and the oracle side by side; what a firing event does is drawn from the seed. */
struct race {
    struct kernel kernel;
    struct event events[OWNERS];
    uint64_t sequence[OWNERS]; /* of the last insertion; 0: not pending */
    struct heap heap;
    uint64_t random, inserted, fired;
    uint64_t mistakes; /* counted, since an assertion each would take longer than the race */
    int magnitude;     /* bits of the largest delay */
};

static uint64_t draw(struct race *race)
{
    race->random = race->random * 6364136223846793005u + 1442695040888963407u;
    return (race->random >> 20) ^ (race->random >> 43);
}

static uint64_t draw_delay(struct race *race)
{
    switch (draw(race) % 4) {
    case 0:
        return 0;
    case 1:
        return draw(race) % 4;
    case 2:
        return 625 * (1 + draw(race) % 3);
    default:
        return draw(race) & ((UINT64_C(1) << draw(race) % (uint64_t)race->magnitude) - 1);
    }
}

static void insert(struct race *race, size_t owner)
{
    enum phase phase = (enum phase)(draw(race) % PHASE_COUNT);
    uint64_t when = race->kernel.now + draw_delay(race);
    kernel_reschedule(&race->kernel, &race->events[owner], when, phase);
    race->sequence[owner] = ++race->inserted;
    heap_push(&race->heap, (struct heap_entry){when * 8 + (uint64_t)phase, race->inserted,
                                               &race->sequence[owner]});
}

static void check_first(struct race *race, size_t owner)
{
    struct heap_entry first;
    do
        first = heap_pop(&race->heap);
    while (*(uint64_t *)first.owner != first.sequence); /* cancelled or moved since */
    race->mistakes += first.owner != &race->sequence[owner];
    race->mistakes += race->kernel.now != first.key / 8;
    race->sequence[owner] = 0;
}

static void act(struct kernel *kernel, struct event *event)
{
    struct race *race = event->owner;
    size_t owner = (size_t)(event - race->events);
    race->mistakes += event_is_pending(event);
    check_first(race, owner);
    if (++race->fired >= FIRED_PER_SEED)
        return;
    for (uint64_t acts = draw(race) % 4; acts > 0; acts--)
        insert(race, draw(race) % OWNERS);
    if (draw(race) % 4 == 0) {
        size_t victim = draw(race) % OWNERS;
        kernel_cancel(kernel, &race->events[victim]);
        race->sequence[victim] = 0;
    }
    if (kernel->pending == 0)
        insert(race, owner);
}

static struct race *make_race(int seed)
{
    struct race *race = calloc(1, sizeof *race);
    kernel_init(&race->kernel);
    race->random = (uint64_t)seed * 0x9e3779b97f4a7c15u + 1;
    race->magnitude = 1 + seed % 40;
    race->heap.capacity = 10 * FIRED_PER_SEED;
    race->heap.entries = calloc(race->heap.capacity, sizeof *race->heap.entries);
    for (size_t i = 0; i < OWNERS; i++)
        race->events[i] = (struct event){.fire = act, .owner = race};
    for (size_t i = 0; i < OWNERS; i++)
        insert(race, i);
    return race;
}

static void free_race(struct race *race)
{
    free(race->heap.entries);
    free(race);
}

START_TEST(order_equals_that_of_a_plain_heap)
{
    struct race *race = make_race(_i);
    ck_assert(kernel_run(&race->kernel));
    ck_assert_msg(race->fired >= FIRED_PER_SEED && race->mistakes == 0, "seed %d", _i);
    ck_assert_uint_eq(race->kernel.pending, 0);
    free_race(race);
}
END_TEST

/* Stopping between events, and scheduling in the gap, changes nothing about the order. */
START_TEST(running_in_spans_keeps_the_order)
{
    struct race *race = make_race(_i);
    uint64_t limit = 0;
    while (race->kernel.pending > 0) {
        race->mistakes += !kernel_run_until(&race->kernel, limit);
        race->mistakes += race->kernel.now < limit;
        race->mistakes += kernel_next_time(&race->kernel) <= limit;
        if (race->fired < FIRED_PER_SEED)
            insert(race, draw(race) % OWNERS);
        limit = race->kernel.now + draw_delay(race) + 1;
    }
    ck_assert_msg(race->fired >= FIRED_PER_SEED && race->mistakes == 0, "seed %d", _i);
    free_race(race);
}
END_TEST

struct log {
    char text[32];
};

static void note(struct kernel *kernel, struct event *event)
{
    static const char NAMES[] = "dwace";
    struct log *log = event->owner;
    (void)kernel;
    strncat(log->text, &NAMES[event_phase(event)], 1);
}

static struct kernel kernel;

static void set_up(void)
{
    kernel_init(&kernel);
}

START_TEST(phases_of_one_time_follow_each_other)
{
    struct log log = {""};
    struct event events[PHASE_COUNT];
    for (int i = PHASE_COUNT - 1; i >= 0; i--) {
        events[i] = (struct event){.fire = note, .owner = &log};
        kernel_schedule(&kernel, &events[i], 1000, (enum phase)i);
    }
    ck_assert(kernel_run(&kernel));
    ck_assert_str_eq(log.text, "dwace");
    ck_assert_uint_eq(kernel.now, 1000);
    ck_assert_uint_eq(kernel.fired, 5);
}
END_TEST

static void schedule_earlier_phase(struct kernel *at, struct event *event)
{
    struct event *other = event->owner;
    kernel_schedule(at, other, at->now, PHASE_DELIVER);
}

START_TEST(an_earlier_phase_of_the_present_time_comes_next)
{
    struct log log = {""};
    struct event answer = {.fire = note, .owner = &log};
    struct event counting = {.fire = note, .owner = &log};
    struct event asking = {.fire = schedule_earlier_phase, .owner = &answer};
    kernel_schedule(&kernel, &counting, 77777, PHASE_ACCOUNT);
    kernel_schedule(&kernel, &asking, 77777, PHASE_WORK);
    ck_assert(kernel_run(&kernel));
    ck_assert_str_eq(log.text, "dc");
}
END_TEST

START_TEST(rescheduling_counts_as_a_new_insertion)
{
    struct log log = {""};
    struct event first = {.fire = note, .owner = &log};
    struct event second = {.fire = note, .owner = &log};
    kernel_schedule(&kernel, &first, 5, PHASE_WORK);
    kernel_schedule(&kernel, &second, 5, PHASE_WORK);
    kernel_reschedule(&kernel, &first, 5, PHASE_WORK);
    kernel_run_until(&kernel, 4);
    ck_assert_str_eq(log.text, "");
    ck_assert_uint_eq(kernel_next_time(&kernel), 5);
    kernel_cancel(&kernel, &second);
    kernel_cancel(&kernel, &second);
    ck_assert_uint_eq(kernel.pending, 1);
    ck_assert(kernel_run(&kernel));
    ck_assert_str_eq(log.text, "w");
    ck_assert_uint_eq(kernel_next_time(&kernel), TIME_NEVER);
}
END_TEST

START_TEST(the_last_time_can_be_reached_and_no_later_one)
{
    struct log log = {""};
    struct event last = {.fire = note, .owner = &log};
    struct event late = {.fire = note, .owner = &log};
    kernel_schedule(&kernel, &last, TIME_MOST, PHASE_END);
    ck_assert(kernel_run(&kernel));
    ck_assert_str_eq(log.text, "e");
    kernel_schedule(&kernel, &late, TIME_NEVER, PHASE_WORK);
    ck_assert(kernel.is_out_of_time);
    ck_assert(!event_is_pending(&late));
    ck_assert(!kernel_run(&kernel));
}
END_TEST

static void stop(struct kernel *at, struct event *event)
{
    (void)event;
    kernel_stop(at);
}

START_TEST(a_stopped_run_goes_on_later)
{
    struct log log = {""};
    struct event stopping = {.fire = stop};
    struct event after = {.fire = note, .owner = &log};
    kernel_schedule(&kernel, &after, 3, PHASE_WORK);
    kernel_schedule(&kernel, &stopping, 3, PHASE_DELIVER);
    ck_assert(!kernel_run(&kernel));
    ck_assert_str_eq(log.text, "");
    ck_assert(kernel_run(&kernel));
    ck_assert_str_eq(log.text, "w");
}
END_TEST

Suite *event_suite(void)
{
    Suite *suite = suite_create("event");
    TCase *random = tcase_create("random");
    tcase_set_timeout(random, 60);
    tcase_add_loop_test(random, order_equals_that_of_a_plain_heap, 0, SEEDS);
    tcase_add_loop_test(random, running_in_spans_keeps_the_order, 0, SEEDS / 4);
    suite_add_tcase(suite, random);
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, set_up, NULL);
    tcase_add_test(rules, phases_of_one_time_follow_each_other);
    tcase_add_test(rules, an_earlier_phase_of_the_present_time_comes_next);
    tcase_add_test(rules, rescheduling_counts_as_a_new_insertion);
    tcase_add_test(rules, the_last_time_can_be_reached_and_no_later_one);
    tcase_add_test(rules, a_stopped_run_goes_on_later);
    suite_add_tcase(suite, rules);
    return suite;
}
