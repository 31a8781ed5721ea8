/* Is the room that tiles get worth what the Pareto set says, and does joining those sets along
 * a window find what trying everything finds? */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "loops.h"
#include "arch/chip/look_join.h"
#include "random_run.h"

enum { SEEDS = 200, FRONT_SEEDS = 60, WINDOW = 4 };

static struct arena arena;
static struct random_case c;
static struct player *player;
static struct front_table fronts;
static struct play_totals totals;
static struct trace_reader *reader;
static struct error err;

static void set_up(void)
{
    arena_init(&arena);
    err = (struct error){0};
}

static void tear_down(void)
{
    random_case_end(&c);
    arena_free(&arena);
}

static void close_window(void)
{
    look_ahead_free(player->look);
    ahead_free(&player->ahead);
    front_table_free(&fronts);
    plan_cache_free(&player->plans);
    arena_free(&player->scratch);
    trace_close(reader);
}

/* A player that has read the window of a random network, and placed nothing. */
static bool open_window(int seed)
{
    random_case_begin(&c, (uint64_t)seed, "front", &arena);
    random_chip_file(&c);
    random_trace_file(&c, RANDOM_NETWORK, WINDOW);
    struct chip *chip = chip_load(&arena, c.chip, c.sets, c.set_count, &err);
    if (!chip)
        return false;
    reader = trace_open(c.trace, &err);
    ck_assert_msg(reader, "%s", err.text);
    player = player_make(chip, &arena);
    player->totals = &totals;
    player->err = &err;
    totals = (struct play_totals){0};
    plan_cache_init(&player->plans);
    held_table_init(&player->held, chip, &arena);
    player_make_workers(player);
    front_table_init(&fronts, &arena);
    player->fronts = &fronts;
    player->look = look_ahead_make(player, &arena);
    bool is_open =
        player->look && player_make_memories(player) &&
        ahead_init(&player->ahead, chip, reader, (uint64_t)chip->look_ahead, &arena, &err) &&
        ahead_fill(&player->ahead, &err);
    if (!is_open)
        close_window();
    return is_open;
}

/* The best end among all choices, without states merged, bounds, or ways left out. */
struct trial_all {
    struct look_end best;
    struct label labels[OUTLOOK_OPERATORS + 1];
    uint64_t tried;
};

static struct trial_all all;

static bool try_one(struct look_ahead *look, int32_t index, int32_t before,
                    const struct trial_choice *choice);

static void try_all(struct look_ahead *look, int32_t index, int32_t at)
{
    struct look_end end;
    if (index > 0 && look_may_end(look, index, &all.labels[at], &end) &&
        end.score < all.best.score)
        all.best = end;
    if (index < look->outlook.operator_count)
        look_choices(look, index, &all.labels[at].state, try_one, at);
}

static bool try_one(struct look_ahead *look, int32_t index, int32_t before,
                    const struct trial_choice *choice)
{
    struct label *label = &all.labels[before + 1];
    struct trial_trace trace;
    label->state = all.labels[before].state;
    label->cost = all.labels[before].cost;
    all.tried++;
    if (trial_operator(look->player, &look->outlook, index, choice, look->player->fronts,
                       &label->state, &label->cost, &trace)) {
        label->pending = look_pending(look, &look->states[index + 1], &label->state);
        try_all(look, index + 1, before + 1);
    }
    return !trace.is_idle;
}

/* Every operator fits, placed first come, first served. */
static bool has_plans(struct look_ahead *look)
{
    struct trial_state state = look->states[0];
    struct walk_cost cost = {0};
    struct trial_trace trace;
    for (int32_t i = 0; i < look->outlook.operator_count; i++)
        if (!trial_operator(player, &look->outlook, i, NULL, &fronts, &state, &cost, &trace))
            return false;
    return true;
}

START_TEST(the_join_finds_what_trying_every_way_finds)
{
    if (!open_window(_i))
        return;
    struct look_ahead *look = player->look;
    look_ahead_decide(look);
    int32_t count = look->outlook.operator_count;
    if (look->stretch_count == 0 || !has_plans(look)) { /* nothing to decide there */
        close_window();
        return;
    }
    const struct walk_cost *plain = &look->costs[count];
    double first = objective_score(look->objective, plain->seconds, plain->relative);
    all.best = (struct look_end){first, plain->bytes};
    all.tried = 0;
    all.labels[0] = (struct label){.state = look->states[0]};
    try_all(look, 0, 0);
    look_search(look);
    bool is_complete = look->found.is_complete;
    double gap = look->found.gap;
    struct look_end found = {first, plain->bytes};
    if (look->found.count) {
        struct label way = {.state = look->states[0]};
        struct trial_trace trace;
        for (int32_t i = 0; i < look->found.count; i++)
            ck_assert(trial_operator(player, &look->outlook, i, &look->chosen[i], &fronts,
                                     &way.state, &way.cost, &trace));
        way.pending = look_pending(look, &look->states[look->found.count], &way.state);
        ck_assert(look_may_end(look, look->found.count, &way, &found));
    }
    /* Differences of a thousandth are decided by bytes. */
    ck_assert_msg(!is_complete || found.score <= all.best.score * (1 + 1.001e-3),
                  "seed %d: %.6g joined, %.6g by trying %llu ways", _i, found.score,
                  all.best.score, (unsigned long long)all.tried);
    ck_assert_msg(found.score * (1 - gap) <= all.best.score * (1 + 1.001e-3),
                  "seed %d: %.6g joined, gap %g, but %.6g by trying all", _i, found.score, gap,
                  all.best.score);
    ck_assert(found.score >= all.best.score * (1 - 1e-9));
    close_window();
}
END_TEST

/* A product of its own, with all operands in main memory. */
static struct front_question ask(struct site *site, struct primitive *primitive)
{
    struct site_memories memories = {.output = player->chip->memory_count - 1};
    const struct ahead_operator *ahead = NULL;
    for (uint64_t i = 0; ahead_at(&player->ahead, i) && !ahead; i++)
        if (ahead_at(&player->ahead, i)->list.count &&
            ahead_at(&player->ahead, i)->list.items[0].kind == PRIMITIVE_CONTRACTION)
            ahead = ahead_at(&player->ahead, i);
    if (!ahead)
        return (struct front_question){0};
    *primitive = ahead->list.items[0];
    int32_t main_memory = rest_main_memory(player->chip, ROLE_BIT_ACTIVATIONS);
    for (uint32_t i = 0; i < primitive->input_count; i++)
        memories.inputs[i] = main_memory;
    memories.output = main_memory;
    site_make(player, 0, primitive, &memories, player->held.occupied, site);
    return (struct front_question){0, primitive, ahead->hash, site, 0};
}

/* In sixteenths of the scratch, as rooms are given out. */
START_TEST(what_is_chosen_in_less_room_never_beats_the_choice_in_more)
{
    struct site site;
    struct primitive primitive;
    struct front_point points[16];
    if (!open_window(_i))
        return;
    struct front_question question = ask(&site, &primitive);
    const struct core *core = &player->chip->cores[0].core;
    int32_t count = 0;
    if (question.site && core->scratch_bytes >= 16) {
        while (count < 16) {
            site.scratch_bytes = core->scratch_bytes / 16 * (uint64_t)(16 - count);
            if (!front_choose(&fronts, player, &question, &points[count]))
                break;
            count++;
        }
    }
    for (int32_t more = 0; more < count; more++)
        for (int32_t less = more + 1; less < count; less++) {
            const struct walk_cost *a = &points[more].cost, *b = &points[less].cost;
            ck_assert_msg(b->bytes > a->bytes ||
                              objective_score(core->objective, b->seconds, b->relative) >=
                                  objective_score(core->objective, a->seconds, a->relative),
                          "seed %d: %d sixteenths beat %d", _i, 16 - less, 16 - more);
        }
    close_window();
}
END_TEST

START_TEST(no_point_of_a_set_beats_another_and_less_room_is_never_better)
{
    struct site site;
    struct primitive primitive;
    struct front_point points[FRONT_POINTS], best;
    if (!open_window(_i))
        return;
    struct front_question question = ask(&site, &primitive);
    if (!question.site || !player->chip->cores[0].core.family->product) {
        close_window();
        return;
    }
    int32_t count = front_list(&fronts, player, &question, points);
    for (int32_t i = 0; i < count; i++)
        for (int32_t k = 0; k < count; k++)
            ck_assert(i == k || points[i].needs_bytes < points[k].needs_bytes ||
                      points[i].cost.seconds < points[k].cost.seconds ||
                      points[i].cost.relative < points[k].cost.relative);
    for (int32_t i = 0; i < count; i++) {
        ck_assert_uint_le(points[i].needs_bytes, points[i].room_bytes);
        /* The plan of a point is the plan of its own needs. */
        site.scratch_bytes = points[i].needs_bytes;
        ck_assert(front_choose(&fronts, player, &question, &best));
        ck_assert(best.cost.seconds <= points[i].cost.seconds);
    }
    close_window();
}
END_TEST

Suite *front_suite(void);
Suite *front_suite(void)
{
    Suite *suite = suite_create("front");
    TCase *cases = tcase_create("front");
    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, the_join_finds_what_trying_every_way_finds, 0, LOOPS(SEEDS));
    tcase_add_loop_test(cases, no_point_of_a_set_beats_another_and_less_room_is_never_better, 0,
                        FRONT_SEEDS);
    tcase_add_loop_test(cases, what_is_chosen_in_less_room_never_beats_the_choice_in_more, 0,
                        FRONT_SEEDS);
    suite_add_tcase(suite, cases);
    return suite;
}
