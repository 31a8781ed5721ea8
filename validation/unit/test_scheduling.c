/* Does scheduling keep its contract: bounds are bounds, schedules are legal, and the bundles
 * compute what the plain loop computes, on thousands of random loops and machines? */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "arch/scheduling/bundle_interpret.h"
#include "arch/scheduling/list_schedule.h"
#include "arch/scheduling/modulo_schedule.h"
#include "arch/scheduling/schedule_check.h"
#include "random_loop.h"

enum { CASES_PER_TEST = 200 };

/* The i-th slot is taken by one of `units` in one cycle, with the given latency. */
static struct operation simple(struct arena *arena, int first_unit, int units, int latency,
                               int busy)
{
    struct alternative *alternatives = arena_array(arena, (size_t)units, sizeof *alternatives);
    for (int u = 0; u < units; u++) {
        struct reservation *reservation = arena_alloc(arena, sizeof *reservation);
        *reservation = (struct reservation){first_unit + u, 0, busy};
        alternatives[u] = (struct alternative){"unit", -1, latency, 1, reservation};
    }
    return (struct operation){.name = "op",
                              .alternative_count = units,
                              .alternatives = alternatives,
                              .has_result = true};
}

START_TEST(res_mii_counts_the_units_that_can_do_the_work)
{
    /* Two loads on D; five adds on L or S, and D is full: ceil(5 / 2) = 3. */
    struct arena arena = {0};
    struct resource resources[] = {{"D", 1, 0, -1}, {"L", 1, 1, -1}, {"S", 1, 2, -1}};
    struct resource_set set = {resources, 3};
    struct dependence_graph graph;
    graph_init(&graph, &arena);
    struct operation load = simple(&arena, 0, 1, 5, 1), add = simple(&arena, 1, 2, 1, 1);
    for (int i = 0; i < 2; i++)
        graph_add_operation(&graph, load);
    for (int i = 0; i < 5; i++)
        graph_add_operation(&graph, add);
    graph_freeze(&graph);
    struct initiation_interval bound = initiation_interval(&graph, &set);
    ck_assert_int_eq(bound.res_mii, 3);
    ck_assert_int_eq(bound.rec_mii, 0);
    ck_assert_str_eq(initiation_interval_binding(&bound, &set, &arena), "L+S");
    arena_free(&arena);
}
END_TEST

START_TEST(a_busy_unit_bounds_ii_by_whole_stays)
{
    /* Three operations that hold one of two units for two cycles: an II of 3 holds one each. */
    struct arena arena = {0};
    struct resource resources[] = {{"M", 2, 0, -1}};
    struct resource_set set = {resources, 1};
    struct dependence_graph graph;
    graph_init(&graph, &arena);
    struct operation multiply = simple(&arena, 0, 1, 7, 2);
    for (int i = 0; i < 3; i++)
        graph_add_operation(&graph, multiply);
    graph_freeze(&graph);
    struct initiation_interval bound = initiation_interval(&graph, &set);
    ck_assert_int_eq(bound.res_mii, 4);
    struct schedule schedule =
        modulo_schedule(&graph, &set, &bound, (struct modulo_options){0});
    ck_assert_int_eq(schedule.ii, 4);
    arena_free(&arena);
}
END_TEST

START_TEST(rec_mii_is_latency_over_distance)
{
    /* A cycle of latency 4 + 4 over distance 1, and one of 7 over 3: 8 wins; over 2 it is 4. */
    for (int distance = 1; distance <= 2; distance++) {
        struct arena arena = {0};
        struct resource resources[] = {{"M", 8, 0, -1}};
        struct resource_set set = {resources, 1};
        struct dependence_graph graph;
        graph_init(&graph, &arena);
        struct operation four = simple(&arena, 0, 1, 4, 1), seven = simple(&arena, 0, 1, 7, 1);
        int a = graph_add_operation(&graph, four), b = graph_add_operation(&graph, four);
        int c = graph_add_operation(&graph, seven);
        graph_add_value(&graph, a, b, 0, 0);
        graph_add_value(&graph, b, a, 0, distance);
        graph_add_value(&graph, c, c, 0, 3);
        graph_freeze(&graph);
        ck_assert_int_eq(initiation_interval(&graph, &set).rec_mii, distance == 1 ? 8 : 4);
        arena_free(&arena);
    }
}
END_TEST

START_TEST(list_schedules_are_legal)
{
    for (int k = 0; k < CASES_PER_TEST; k++) {
        struct arena arena = {0};
        struct random_loop loop;
        struct error err = {0};
        uint64_t seed = (uint64_t)_i * CASES_PER_TEST + (uint64_t)k;
        random_loop_make(&loop, seed, 40, RANDOM_TANGLED, &arena);
        struct schedule schedule = list_schedule(&loop.graph, &loop.resources);
        ck_assert_msg(schedule_check(&loop.graph, &loop.resources, &schedule, &err),
                      "seed %llu: %s", (unsigned long long)seed, err.text);
        arena_free(&arena);
    }
}
END_TEST

static void check_values(const struct random_loop *loop, const struct dependence_graph *graph,
                         const struct schedule *schedule, uint64_t seed, bool is_rotating)
{
    struct arena *arena = graph->arena;
    (void)loop;
    struct register_use use = register_use(graph, schedule, is_rotating);
    if (use.kernel_copies > 16)
        return;
    struct bundle_code code = bundle_code(graph, schedule, &use);
    size_t n = (size_t)graph->operation_count;
    uint64_t *plain = arena_array(arena, n, 8), *bundled = arena_array(arena, n, 8);
    struct random_memory first = {.graph = graph}, second = {.graph = graph};
    for (int c = 0; c < 64; c++)
        first.cells[c] = second.cells[c] = (uint64_t)c * 31 + 5;
    struct loop_meaning plain_meaning = random_meaning(&first);
    struct loop_meaning bundle_meaning = random_meaning(&second);
    int64_t iterations = schedule->stage_count + (int64_t)(seed % 9);
    loop_interpret(graph, &plain_meaning, iterations, plain);
    int64_t cycles =
        bundle_interpret(graph, schedule, &code, &bundle_meaning, iterations, bundled);
    ck_assert_msg(memcmp(plain, bundled, n * 8) == 0, "seed %llu: results differ",
                  (unsigned long long)seed);
    ck_assert_msg(memcmp(first.cells, second.cells, sizeof first.cells) == 0,
                  "seed %llu: memories differ", (unsigned long long)seed);
    ck_assert_int_eq(cycles, (iterations + schedule->stage_count - 1) * schedule->ii);
}

START_TEST(bundles_compute_what_the_plain_loop_computes)
{
    for (int k = 0; k < CASES_PER_TEST; k++) {
        struct arena arena = {0};
        struct random_loop loop;
        struct error err = {0};
        uint64_t seed = 100000 + (uint64_t)_i * CASES_PER_TEST + (uint64_t)k;
        random_loop_make(&loop, seed, 24, RANDOM_CLUSTERED, &arena);
        struct dependence_graph graph =
            cluster_assign(&loop.graph, &loop.resources, &loop.rules);
        struct initiation_interval bound = initiation_interval(&graph, &loop.resources);
        struct schedule schedule =
            modulo_schedule(&graph, &loop.resources, &bound, (struct modulo_options){0});
        ck_assert_msg(schedule_check(&graph, &loop.resources, &schedule, &err), "seed %llu: %s",
                      (unsigned long long)seed, err.text);
        ck_assert_int_ge(schedule.ii, bound.mii);
        check_values(&loop, &graph, &schedule, seed, false);
        check_values(&loop, &graph, &schedule, seed, true);
        arena_free(&arena);
    }
}
END_TEST

START_TEST(the_checker_notices_a_schedule_moved_by_one_cycle)
{
    int noticed = 0, moved = 0;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct arena arena = {0};
        struct random_loop loop;
        random_loop_make(&loop, seed, 20, RANDOM_TANGLED, &arena);
        struct initiation_interval bound = initiation_interval(&loop.graph, &loop.resources);
        struct schedule schedule =
            modulo_schedule(&loop.graph, &loop.resources, &bound, (struct modulo_options){0});
        for (int i = 0; i < schedule.operation_count; i++) {
            struct error err = {0};
            int time = schedule.time[i];
            schedule.time[i] += loop.graph.in_first[i + 1] > loop.graph.in_first[i] ? -7 : 7;
            moved++;
            if (schedule.time[i] < 0 ||
                !schedule_check(&loop.graph, &loop.resources, &schedule, &err))
                noticed++;
            schedule.time[i] = time;
        }
        arena_free(&arena);
    }
    ck_assert_int_gt(noticed * 2, moved);
}
END_TEST

/* On one cluster MII is that of the loop; on several, that of the loop with its operations
 * dealt out, whose crossings take slots and time of their own. */
START_TEST(ii_equals_mii_in_at_least_95_percent_of_random_loops)
{
    enum random_kind kind = _i ? RANDOM_TYPICAL_CLUSTERED : RANDOM_TYPICAL;
    int met = 0, cases = 1000, clustered = 0;
    for (int k = 0; k < cases; k++) {
        struct arena arena = {0};
        struct random_loop loop;
        struct error err = {0};
        random_loop_make(&loop, 500000 + (uint64_t)k, 60, kind, &arena);
        struct dependence_graph graph =
            cluster_assign(&loop.graph, &loop.resources, &loop.rules);
        struct initiation_interval whole = initiation_interval(&loop.graph, &loop.resources);
        struct initiation_interval bound = cluster_interval(&graph, &loop.resources);
        struct schedule schedule =
            modulo_schedule(&graph, &loop.resources, &bound, (struct modulo_options){0});
        ck_assert_msg(schedule_check(&graph, &loop.resources, &schedule, &err), "case %d: %s",
                      k, err.text);
        ck_assert_int_ge(schedule.ii, whole.mii);
        ck_assert_int_ge(schedule.ii, bound.mii);
        met += schedule.ii == bound.mii;
        clustered += loop.rules.cluster_count > 1;
        arena_free(&arena);
    }
    ck_assert_int_eq(clustered > cases / 3, _i);
    ck_assert_msg(met * 100 >= cases * 95, "II = MII in %d of %d", met, cases);
}
END_TEST

START_TEST(a_body_of_200_operations_takes_few_placements)
{
    /* How long that takes is the benchmark's; at a quarter of a microsecond each, 10 ms are
     * 200 placements an operation. */
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct arena arena = {0};
        struct random_loop loop;
        struct dependence_graph graph;
        random_loop_make(&loop, seed, 20, RANDOM_CLUSTERED, &arena);
        random_body_make(&graph, &loop, 200, seed, &arena);
        struct dependence_graph placed = cluster_assign(&graph, &loop.resources, &loop.rules);
        struct initiation_interval bound = initiation_interval(&placed, &loop.resources);
        struct schedule schedule =
            modulo_schedule(&placed, &loop.resources, &bound, (struct modulo_options){0});
        int n = placed.operation_count;
        ck_assert_msg(schedule.placements >= n && schedule.placements <= 200 * n,
                      "seed %d: %lld placements of %d operations", (int)seed,
                      (long long)schedule.placements, n);
        arena_free(&arena);
    }
}
END_TEST

Suite *scheduling_suite(void)
{
    Suite *suite = suite_create("scheduling");
    TCase *bounds = tcase_create("bounds");
    tcase_add_test(bounds, res_mii_counts_the_units_that_can_do_the_work);
    tcase_add_test(bounds, a_busy_unit_bounds_ii_by_whole_stays);
    tcase_add_test(bounds, rec_mii_is_latency_over_distance);
    suite_add_tcase(suite, bounds);
    TCase *schedules = tcase_create("schedules");
    tcase_set_timeout(schedules, 60);
    tcase_add_loop_test(schedules, list_schedules_are_legal, 0, 5);
    tcase_add_loop_test(schedules, bundles_compute_what_the_plain_loop_computes, 0, 15);
    tcase_add_test(schedules, the_checker_notices_a_schedule_moved_by_one_cycle);
    tcase_add_loop_test(schedules, ii_equals_mii_in_at_least_95_percent_of_random_loops, 0, 2);
    tcase_add_test(schedules, a_body_of_200_operations_takes_few_placements);
    suite_add_tcase(suite, schedules);
    return suite;
}
