/* Do systolic plans use the mapper: its certificate, its objective, and never a slower tiling?
 */
#include <check.h>

#include "arch/chip/chip.h"

static const char *const CHIPS[] = {"gemmini", "edge", "tpu-v1"};

struct moved {
    double cycles;
    uint64_t bytes;
    bool is_complete;
    double gap;
};

/* Plans m x k by k x n with everything at rest outside, 64 bytes a cycle away. */
static struct moved plan_product(const char *chip_name, enum mapper_objective objective,
                                 int64_t m, int64_t k, int64_t n)
{
    struct arena arena = {0};
    struct error err = {0};
    struct chip *chip = chip_load(&arena, chip_name, NULL, 0, &err);
    ck_assert_msg(chip != NULL, "%s", err.text);
    struct core core = chip->cores[0].core;
    core.objective = objective;
    struct primitive primitive = {.kind = PRIMITIVE_CONTRACTION,
                                  .label = "",
                                  .repeat = 1,
                                  .input_count = 2,
                                  .macs = (uint64_t)(m * k * n),
                                  .contraction = contraction_product(1, m, k, n)};
    struct site site = {.scratch_bytes = 128 << 10,
                        .bytes_per_cycle = {64, 64},
                        .output_bytes_per_cycle = 64,
                        .input = {core.native, core.native},
                        .output = core.native};
    primitive.inputs[0].format = primitive.inputs[1].format = core.native;
    primitive.output.format = core.native;
    struct plan plan;
    ck_assert_msg(core.family->plan(&core, &primitive, &site, NULL, &arena, &plan, &err), "%s",
                  err.text);
    struct moved moved = {plan.estimate_cycles, 0, plan.is_search_complete, plan.search_gap};
    for (uint64_t i = 0; i < plan.step_count; i++) {
        struct step step;
        core.family->step(&core, &plan, i, &step);
        moved.bytes += step.load_bytes[0] + step.load_bytes[1] + step.store_bytes;
    }
    arena_free(&arena);
    return moved;
}

START_TEST(objectives_trade_cycles_for_bytes_and_searches_end)
{
    static const int64_t SHAPES[][3] = {
        {49, 512, 2048}, {784, 1152, 128}, {384, 768, 768}, {1, 2048, 1000}, {509, 333, 127}};
    const char *chip = CHIPS[_i % 3];
    const int64_t *s = SHAPES[_i / 3];
    struct moved fast = plan_product(chip, MAPPER_CYCLES, s[0], s[1], s[2]);
    struct moved cheap = plan_product(chip, MAPPER_COST, s[0], s[1], s[2]);
    ck_assert(fast.is_complete && fast.gap == 0);
    ck_assert_double_le(fast.cycles, cheap.cycles);
    ck_assert_uint_le(cheap.bytes, fast.bytes);
    /* Everything crosses the memory's port at least once. */
    ck_assert_uint_ge(cheap.bytes, (uint64_t)(s[0] * s[1] + s[1] * s[2] + s[0] * s[2]));
}
END_TEST

Suite *tiling_space_suite(void);
Suite *tiling_space_suite(void)
{
    Suite *suite = suite_create("tiling_space");
    TCase *cases = tcase_create("tiling_space");
    tcase_add_loop_test(cases, objectives_trade_cycles_for_bytes_and_searches_end, 0, 15);
    suite_add_tcase(suite, cases);
    return suite;
}
