/* Does the VLIW family keep its contract: machine tables are read or refused, loops are packed
 * as the machine allows, every schedule is legal, and no kernel text breaks the planner? */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "arch/chip/chip.h"
#include "arch/scheduling/schedule_check.h"
#include "arch/vliw/vliw.h"
#include "arch/vliw/vliw_state.h"
#include "random_loop.h"
#include "sim/study/loop_run.h"

static const char *const CHIPS[] = {"c64x-plus", "c674x", "aie", "hvx", "vliw-teaching"};

enum { CHIP_COUNT = sizeof CHIPS / sizeof CHIPS[0] };

static const struct vliw_machine *machine_of(struct arena *arena, const char *name)
{
    struct error err = {0};
    struct chip *chip = chip_load(arena, name, NULL, 0, &err);
    ck_assert_msg(chip != NULL, "%s", err.text);
    return vliw_core_machine(&chip->cores[0].core);
}

static void check_region(const struct region_schedule *region,
                         const struct vliw_machine *machine, const char *what)
{
    struct error err = {0};
    if (region->operations == 0)
        return;
    ck_assert_msg(schedule_check(&region->graph, &machine->resources, &region->schedule, &err),
                  "%s: %s", what, err.text);
    if (region->is_pipelined)
        ck_assert_int_ge(region->schedule.ii, region->bound.mii);
}

static void check_regions(const struct region *list, const struct vliw_machine *machine,
                          const char *what)
{
    for (const struct region *r = list; r; r = r->next) {
        if (r->schedule)
            check_region(r->schedule, machine, what);
        check_regions(r->body, machine, what);
        check_regions(r->other, machine, what);
    }
}

/* Plans a text; false when it is refused. */
static bool plan_text(struct arena *arena, const struct vliw_machine *machine, const char *text,
                      struct kernel_plan *plan, struct error *err)
{
    struct loop_kernel *kernel = arena_alloc(arena, sizeof *kernel);
    return loop_parse(arena, "k.loop", text, NULL, kernel, err) &&
           kernel_plan(kernel, machine, (struct kernel_limits){.unroll_most = 4}, arena, plan,
                       err);
}

/* Initiation intervals that follow from counting units by hand. */
static const struct {
    const char *chip, *text;
    int ii, res_mii, rec_mii;
} INTERVALS[] = {
    /* four 64-bit loads and two stores on two D units */
    {"c64x-plus",
     "kernel k array x[64] : i16 array y[64] : i16 array r[64] : i16\n"
     "for i in 0 .. 64 unroll 8 { r[i] = x[i] - y[i] }",
     3, 3, 0},
    /* eight products on two M units, dual dot products taken away and given back */
    {"c64x-plus",
     "kernel k array x[64] : i16 array y[64] : i16 scalar s : i32\n"
     "for i in 0 .. 64 unroll 8 avoid DDOTP2 { s += x[i] * y[i] }",
     2, 2, 1},
    /* y = a y + x: multiply 4 and add 4 */
    {"c674x",
     "kernel k array x[64] : f32 scalar y : f32 scalar a : f32 = 0.5\n"
     "for i in 0 .. 64 unroll 1 { y = a * y + x[i] }",
     8, 1, 8},
    /* two unaligned loads take both paths, and a store one: five slots of two paths */
    {"c64x-plus",
     "kernel k array x[130] : i32 aligned 4 array r[64] : i32\n"
     "for i in 0 .. 64 unroll 2 { r[i] = x[2 * i + 1] + x[2 * i + 2] }",
     3, 3, 0},
    /* one memory unit: a load and a store */
    {"vliw-teaching",
     "kernel k array x[64] : i32 for i in 0 .. 64 unroll 1 { x[i] = x[i] + 1 }", 2, 2, 0},
    /* the divider holds its unit for eight cycles */
    {"vliw-teaching",
     "kernel k array x[64] : f32 array r[64] : f32\n"
     "for i in 0 .. 64 unroll 1 { r[i] = x[i] / 3.0 }",
     8, 8, 0},
    /* 1024 products of 16 bits for 128 results in four passes of eight cycles; four loads each
     */
    {"aie",
     "kernel k array a[64][8] : i16 array b[8][2] : i16 array c[64][2] : i32\n"
     "for i in 0 .. 64 unroll 16 { for j in 0 .. 2 unroll 2 { s : i32 = 0\n"
     " for k in 0 .. 8 unroll 8 { s += a[i][k] * b[k][j] } c[i][j] = s } }",
     8, 8, 0},
};

START_TEST(intervals_are_those_counted_by_hand)
{
    struct arena arena = {0};
    struct error err = {0};
    struct kernel_plan plan;
    const struct vliw_machine *machine = machine_of(&arena, INTERVALS[_i].chip);
    ck_assert_msg(plan_text(&arena, machine, INTERVALS[_i].text, &plan, &err), "%s", err.text);
    const struct region_schedule *loop = plan.loops[plan.loop_count - 1].main;
    ck_assert_int_eq(loop->schedule.ii, INTERVALS[_i].ii);
    ck_assert_int_eq(loop->bound.res_mii, INTERVALS[_i].res_mii);
    ck_assert_int_eq(loop->bound.rec_mii, INTERVALS[_i].rec_mii);
    check_regions(plan.lowered.regions, machine, INTERVALS[_i].chip);
    arena_free(&arena);
}
END_TEST

static const char *const TEXTS[] = {
    "kernel k size N = 100 array x[N] : i16 array y[N] : i16 = random 0 .. 9 scalar s : i32\n"
    "for i in 0 .. N { if x[i] > 3 { s += x[i] * y[i] } else { y[i] = x[i] } }",
    "kernel k array row[9] : i32 = ramp 0 by 3 array col[40] : i32 = random 0 .. 39\n"
    "array x[40] : i16 scalar s : i32 for i in 0 .. 8 { t : i32 = 0\n"
    " for j in row[i] .. row[i + 1] { t += x[col[j]] } s = max(s, t) }",
    "kernel k array x[64][64] : i16 array r[64][64] : i16 for i in 1 .. 63 { for j in 1 .. 63 "
    "{\n"
    " r[i][j] = i16((x[i - 1][j] + x[i + 1][j] + x[i][j - 1] + x[i][j + 1]) >> 2) } }",
    "kernel k size N = 96 array a[N] : i32 for i in 0 .. N - 3 { a[i + 3] = a[i] * 3 + (a[i] "
    ">> 1) }",
    "kernel k array x[256] : u8 array h[256] : i32 for i in 0 .. 200 { h[x[i]] += 1 }",
    "kernel k scalar n : i32 = 100 scalar c : i32 while n > 1 { n = n >> 1 c = c + 1 }",
};

enum { TEXT_COUNT = sizeof TEXTS / sizeof TEXTS[0] };

START_TEST(every_schedule_of_every_chip_is_legal)
{
    for (int c = 0; c < CHIP_COUNT; c++) {
        struct arena arena = {0};
        struct error err = {0};
        struct kernel_plan plan;
        const struct vliw_machine *machine = machine_of(&arena, CHIPS[c]);
        ck_assert_msg(plan_text(&arena, machine, TEXTS[_i], &plan, &err), "%s on %s: %s",
                      TEXTS[_i], CHIPS[c], err.text);
        check_regions(plan.lowered.regions, machine, CHIPS[c]);
        ck_assert_uint_gt(plan.cycles.total, plan.cycles.call);
        ck_assert_uint_eq(plan.cycles.total, plan.cycles.call + plan.cycles.blocks +
                                                 plan.cycles.kernel + plan.cycles.ramp +
                                                 plan.cycles.setup + plan.cycles.stall);
        arena_free(&arena);
    }
}
END_TEST

START_TEST(mutated_kernels_are_planned_or_refused)
{
    static const char *const WORDS[] = {"i",  "j", "+",         "*",     "x[i]",        "3",
                                        "-1", "0", "unroll 7 ", "i32",   "u8",          "f32",
                                        "y",  "s", ">> 1",      "by 3 ", "max(s, 2)",   "64",
                                        "(",  ")", "{",         "}",     "sequential ", "a[i]"};
    struct arena chips = {0};
    const struct vliw_machine *machine = machine_of(&chips, CHIPS[_i % CHIP_COUNT]);
    for (int k = 0; k < 40; k++) {
        struct arena arena = {0};
        struct error err = {0};
        struct kernel_plan plan;
        char text[2048];
        uint64_t state = (uint64_t)_i * 7919 + (uint64_t)k + 1;
        random_next(&state);
        strcpy(text, TEXTS[random_next(&state) % TEXT_COUNT]);
        size_t length = strlen(text);
        for (int edits = 1 + (int)(random_next(&state) % 3); edits > 0; edits--) {
            const char *word = WORDS[random_next(&state) % (sizeof WORDS / sizeof WORDS[0])];
            size_t at = 40 + random_next(&state) % (length - 40), cut = random_next(&state) % 4;
            cut = at + cut > length ? length - at : cut;
            size_t add = strlen(word);
            memmove(text + at + add, text + at + cut, length - at - cut + 1);
            memcpy(text + at, word, add);
            length = length + add - cut;
        }
        struct vliw_machine own = *machine;
        own.arena = &arena;
        bool is_planned = plan_text(&arena, &own, text, &plan, &err);
        ck_assert_msg(is_planned || err.is_set, "%s", text);
        if (is_planned)
            check_regions(plan.lowered.regions, machine, text);
        arena_free(&arena);
    }
    arena_free(&chips);
}
END_TEST

START_TEST(a_machine_table_is_refused_with_the_word_that_is_wrong)
{
    static const struct {
        const char *set, *part;
    } WRONG[] = {
        {"core.units=alu:2,alu:1", "unit 'alu' is listed twice"},
        {"core.units=alu", "unit 'alu' is malformed"},
        {"core.operations=add = add.i32 on fpu", "got 'fpu', wanted a unit"},
        {"core.operations=add = plus.i32 on alu", "got 'plus.i32', wanted a meaning"},
        {"core.operations=add = add.int on alu", "wanted a type"},
        {"core.operations=add = add.i32 on alu latency 0", "got '0', wanted a number in range"},
        {"core.operations=ld = load.24 on mem", "power of two"},
        {"core.operations=add = add.i32", "wanted 'on' and a unit"},
    };
    for (size_t w = 0; w < sizeof WRONG / sizeof WRONG[0]; w++) {
        struct arena arena = {0};
        struct error err = {0};
        const char *sets[] = {WRONG[w].set};
        ck_assert(chip_load(&arena, "vliw-teaching", sets, 1, &err) == NULL);
        ck_assert_msg(strstr(err.text, WRONG[w].part) != NULL, "got: %s", err.text);
        arena_free(&arena);
    }
}
END_TEST

START_TEST(cycles_do_not_depend_on_the_process)
{
    const char *text = "/validation/unit/../../traces/loops/dsplib/dsp_fir_r4.loop";
    char path[512];
    snprintf(path, sizeof path, "%s%s", CLEAVE_SOURCE_DIR, text);
    uint64_t cycles[2];
    static const char *const PROCESSES[] = {"process=tsmc-40", "process=tsmc-n7"};
    for (int p = 0; p < 2; p++) {
        struct arena arena = {0};
        struct error err = {0};
        struct loop_result result;
        ck_assert_msg(loop_run(&arena, "c64x-plus", path, &PROCESSES[p], 1, &result, &err),
                      "%s", err.text);
        cycles[p] = result.plan.cycles.total;
        arena_free(&arena);
    }
    ck_assert_uint_eq(cycles[0], cycles[1]);
}
END_TEST

START_TEST(accesses_that_meet_in_a_bank_stall_the_core)
{
    /* Two streams of 8 bytes a pass, 256 bytes apart: with 8 banks of 4 bytes they always meet,
     * with the second one 8 bytes further they never do. */
    static const char *const TEXT =
        "kernel k array x[%d] : i32 array y[64] : i32 scalar s : i32\n"
        "for i in 0 .. 64 unroll 2 multiple 2 { s += x[i] ^ y[i] }";
    for (int apart = 0; apart < 2; apart++) {
        struct arena arena = {0};
        struct error err = {0};
        struct kernel_plan plan;
        char text[256];
        const char *sets[] = {"core.memory_banks=8", "core.bank_bytes=4"};
        struct chip *chip = chip_load(&arena, "c64x-plus", sets, 2, &err);
        ck_assert_msg(chip != NULL, "%s", err.text);
        snprintf(text, sizeof text, TEXT, apart ? 66 : 64);
        ck_assert(
            plan_text(&arena, vliw_core_machine(&chip->cores[0].core), text, &plan, &err));
        const struct region_schedule *loop = plan.loops[0].main;
        bool is_together = loop->schedule.ii == 1;
        ck_assert(is_together);
        ck_assert_uint_eq(plan.cycles.stall, apart ? 0 : 32);
        arena_free(&arena);
    }
}
END_TEST

START_TEST(a_product_does_all_its_terms_and_no_faster_than_its_multipliers)
{
    static const struct number_format FORMATS[] = {
        {NUMBER_SIGNED, 8, 0, 0}, {NUMBER_SIGNED, 16, 0, 0}, {NUMBER_SIGNED, 32, 0, 0}};
    struct arena arena = {0};
    struct error err = {0};
    struct chip *chip = chip_load(&arena, CHIPS[_i], NULL, 0, &err);
    ck_assert_msg(chip != NULL, "%s", err.text);
    const struct core *core = &chip->cores[0].core;
    int scheduled = 0;
    for (int f = 0; f < 3; f++)
        for (int64_t rows = 1; rows <= 4; rows *= 2)
            for (int64_t columns = 4; columns <= 16; columns *= 4)
                for (int64_t terms = 1; terms <= 16; terms *= 4) {
                    const struct vliw_unit *unit = vliw_product_unit(
                        core->state, FORMATS[f],
                        &(struct product_shape){rows, columns, terms, terms % 4 ? 1 : 4});
                    if (!unit->loop)
                        continue;
                    uint64_t macs = (uint64_t)(rows * columns * unit->copies);
                    double peak = core->family->peak(core, true, FORMATS[f], FORMATS[f]);
                    ck_assert_msg(unit->work.macs >= macs, "%s: %s has %llu of %llu products",
                                  CHIPS[_i], unit->key, (unsigned long long)unit->work.macs,
                                  (unsigned long long)macs);
                    ck_assert_msg(unit->loop->schedule.ii * peak >= (double)macs,
                                  "%s: %s in %d cycles", CHIPS[_i], unit->key,
                                  unit->loop->schedule.ii);
                    scheduled++;
                }
    ck_assert_int_ge(scheduled, 9);
    arena_free(&arena);
}
END_TEST

Suite *vliw_suite(void)
{
    Suite *suite = suite_create("vliw");
    TCase *cases = tcase_create("kernels");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, intervals_are_those_counted_by_hand, 0,
                        (int)(sizeof INTERVALS / sizeof INTERVALS[0]));
    tcase_add_loop_test(cases, every_schedule_of_every_chip_is_legal, 0, TEXT_COUNT);
    tcase_add_loop_test(cases, mutated_kernels_are_planned_or_refused, 0, 10);
    tcase_add_test(cases, a_machine_table_is_refused_with_the_word_that_is_wrong);
    tcase_add_test(cases, accesses_that_meet_in_a_bank_stall_the_core);
    tcase_add_test(cases, cycles_do_not_depend_on_the_process);
    tcase_add_loop_test(cases, a_product_does_all_its_terms_and_no_faster_than_its_multipliers,
                        0, CHIP_COUNT);
    suite_add_tcase(suite, cases);
    return suite;
}
