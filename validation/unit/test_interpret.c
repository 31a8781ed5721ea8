/* Does every loop nest compute its operator, and do the closed forms count what it moves?
 * Random contractions, levels, axes, orders and keep masks; imperfect factors everywhere. */
#include <check.h>
#include <inttypes.h>

#include "arch/mapping/interpret.h"

static uint64_t draw(uint64_t *state, uint64_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % below;
}

static struct contraction random_contraction(uint64_t *rng)
{
    struct contraction c = {.is_weight_shared = draw(rng, 4) == 0,
                            .is_input_shared = draw(rng, 4) == 0};
    uint64_t macs = 1;
    for (int d = 0; d < DIM_COUNT; d++)
        c.size[d] = 1;
    for (int i = 0; i < 6; i++) {
        int d = (int)draw(rng, DIM_COUNT);
        int64_t size = 1 + (int64_t)draw(rng, d >= DIM_T ? 4 : 7);
        if (c.size[d] == 1 && macs * (uint64_t)size <= 1500) {
            c.size[d] = size;
            macs *= (uint64_t)size;
        }
    }
    for (int axis = 0; axis < 3; axis++) {
        c.stride[axis] = 1 + (int32_t)draw(rng, 3);
        c.dilation[axis] = 1 + (int32_t)draw(rng, 3);
        int64_t span = (c.size[DIM_Z + axis] - 1) * c.stride[axis] +
                       (c.size[DIM_T + axis] - 1) * c.dilation[axis] + 1;
        c.pad[axis] = (int32_t)draw(rng, 3);
        c.extent[axis] = span - c.pad[axis] - (int64_t)draw(rng, 3) + 1;
        if (c.extent[axis] < 1)
            c.extent[axis] = 1;
    }
    return c;
}

static void random_level(struct nest_level *level, bool is_spatial, uint64_t *rng)
{
    static const char *const NAMES[] = {"a", "b", "c", "d"};
    *level = (struct nest_level){.name = NAMES[draw(rng, 4)], .is_spatial = is_spatial};
    level->keep = is_spatial ? 0 : (uint8_t)draw(rng, 8);
    for (int d = 0; d < DIM_COUNT; d++) {
        level->factor[d] = 1;
        level->order[d] = (uint8_t)d;
    }
    for (int d = DIM_COUNT - 1; !is_spatial && d > 0; d--) {
        int other = (int)draw(rng, (uint64_t)d + 1);
        uint8_t swap = level->order[d];
        level->order[d] = level->order[other];
        level->order[other] = swap;
    }
}

/* Cuts every dimension over the levels; tiles need not divide it. */
static struct nest random_nest(const struct contraction *c, uint64_t *rng)
{
    struct nest nest = {.contraction = *c, .level_count = 1 + (int32_t)draw(rng, 6)};
    for (int i = 0; i < nest.level_count; i++)
        random_level(&nest.levels[i], i > 0 && draw(rng, 3) == 0, rng);
    nest.levels[0].keep = 7;
    for (int d = 0; d < DIM_COUNT; d++) {
        int64_t covered = 1, rest = c->size[d];
        for (int i = nest.level_count - 1; i > 0; i--) {
            int64_t factor = draw(rng, 2) ? 1 : 1 + (int64_t)draw(rng, (uint64_t)rest);
            nest.levels[i].factor[d] = factor;
            covered *= factor;
            rest = (c->size[d] - 1) / covered + 1;
        }
        nest.levels[0].factor[d] = rest;
    }
    return nest;
}

static void compare_counts(const struct nest *nest, const struct interpret_counts *counts,
                           uint64_t seed, struct arena *arena)
{
    for (int i = 0; i <= nest->level_count; i++) {
        for (int o = 0; o < OPERAND_COUNT; o++) {
            ck_assert_msg(counts->fills[i][o] == nest_fills(nest, i, o),
                          "seed %" PRIu64 ", %s at level %d: moved %" PRIu64
                          ", closed form %" PRIu64 "\n%s",
                          seed, OPERAND_NAMES[o], i, counts->fills[i][o],
                          nest_fills(nest, i, o), nest_print_line(nest, arena));
            ck_assert_msg(counts->reads[i][o] == nest_reads(nest, i, o),
                          "seed %" PRIu64 ", %s at level %d: read %" PRIu64
                          ", closed form %" PRIu64 "\n%s",
                          seed, OPERAND_NAMES[o], i, counts->reads[i][o],
                          nest_reads(nest, i, o), nest_print_line(nest, arena));
        }
        ck_assert_msg(counts->partial_refills[i] == nest_partial_refills(nest, i),
                      "seed %" PRIu64 ", level %d: %" PRIu64
                      " partial sums came back, closed form %" PRIu64 "\n%s",
                      seed, i, counts->partial_refills[i], nest_partial_refills(nest, i),
                      nest_print_line(nest, arena));
    }
}

START_TEST(random_nests_compute_the_operator_and_move_what_is_counted)
{
    struct arena arena = {0};
    for (uint64_t k = 0; k < 100; k++) {
        uint64_t seed = (uint64_t)_i * 100 + k, rng = seed * 7919 + 1;
        struct contraction c = random_contraction(&rng);
        struct nest nest = random_nest(&c, &rng);
        struct error err = {0};
        ck_assert_msg(nest_check(&nest, &err), "%s", err.text);
        struct interpret_counts counts;
        ck_assert_msg(interpret_verify(&nest, seed, &arena, &counts, &err),
                      "seed %" PRIu64 ": %s", seed, err.text);
        compare_counts(&nest, &counts, seed, &arena);
        arena_free(&arena);
    }
}
END_TEST

START_TEST(a_nest_that_misses_values_is_found_out)
{
    struct arena arena = {0};
    struct contraction c = contraction_product(1, 4, 6, 5);
    uint64_t rng = 5;
    struct nest nest = random_nest(&c, &rng);
    for (int i = 0; i < nest.level_count; i++)
        nest.levels[i].factor[DIM_C] = 1;
    nest.levels[0].factor[DIM_C] = 5; /* of 6 */
    struct error err = {0};
    ck_assert(!nest_check(&nest, &err));
    err = (struct error){0};
    struct interpret_counts counts;
    ck_assert(!interpret_verify(&nest, 1, &arena, &counts, &err));
    arena_free(&arena);
}
END_TEST

START_TEST(the_plain_operator_is_the_definition_worked_by_hand)
{
    /* One image row 1 2 3 with padding 1, filter 10 20 30: 1*20+2*30, 1*10+2*20+3*30, ... */
    struct contraction c = contraction_product(1, 1, 1, 1);
    c.size[DIM_Q] = 3;
    c.size[DIM_S] = 3;
    c.pad[2] = 1;
    c.extent[2] = 3;
    uint64_t input[] = {1, 2, 3}, weight[] = {10, 20, 30}, output[3] = {0};
    struct interpret_values values = {{input, weight, output}};
    interpret_plain(&c, &values);
    ck_assert_uint_eq(output[0], 80);
    ck_assert_uint_eq(output[1], 140);
    ck_assert_uint_eq(output[2], 80);
}
END_TEST

Suite *interpret_suite(void);
Suite *interpret_suite(void)
{
    Suite *suite = suite_create("interpret");
    TCase *cases = tcase_create("interpret");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, random_nests_compute_the_operator_and_move_what_is_counted, 0,
                        40);
    tcase_add_test(cases, a_nest_that_misses_values_is_found_out);
    tcase_add_test(cases, the_plain_operator_is_the_definition_worked_by_hand);
    suite_add_tcase(suite, cases);
    return suite;
}
