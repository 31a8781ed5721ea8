/* Do the memories of shipped chips keep time exactly, and obey the laws of their fidelities? */
#include <check.h>
#include <string.h>

#include "arch/chip/chip.h"
#include "sim/kernel/time.h"

static const char *const CHIPS[] = {"aie",    "aie-ml",       "c64x-plus", "c674x",
                                    "edge",   "gemmini",      "hvx",       "onnxim",
                                    "tpu-v1", "vliw-teaching"};
enum { CHIP_COUNT = sizeof CHIPS / sizeof CHIPS[0] };

START_TEST(every_command_clock_has_its_edges_on_ticks)
{
    static const char *const FIDELITIES[] = {"memory.fidelity=bank", "memory.fidelity=command"};
    struct arena arena = {0};
    struct error err = {0};
    struct chip *chip = chip_load(&arena, CHIPS[_i / 2], &FIDELITIES[_i % 2], 1, &err);
    ck_assert_msg(chip != NULL, "%s", err.text);
    ck_assert_msg(chip->timebase.is_exact, "%s", CHIPS[_i / 2]);
    int clocks = 0;
    for (int32_t i = 0; i < chip->memory_count; i++) {
        const struct dram_config *dram = chip->memories[i].dram;
        if (dram == NULL)
            continue;
        struct clock clock = clock_make(&chip->timebase, ratio_invert(dram->clock_period));
        ck_assert_msg(clock.period_ticks.den == 1, "%s: tCK is %llu/%llu ticks", CHIPS[_i / 2],
                      (unsigned long long)clock.period_ticks.num,
                      (unsigned long long)clock.period_ticks.den);
        clocks++;
    }
    ck_assert_int_ge(clocks, 1);
    arena_free(&arena);
}
END_TEST

Suite *memory_chip_suite(void)
{
    Suite *suite = suite_create("memory_chip");
    TCase *tests = tcase_create("laws");
    tcase_add_loop_test(tests, every_command_clock_has_its_edges_on_ticks, 0, 2 * CHIP_COUNT);
    suite_add_tcase(suite, tests);
    return suite;
}
