/* Does packed code compute what the plain loop computes: lane by lane, through shuffles, wide
 * and unaligned accesses, accumulators, predicates, leftover passes and software pipelines, for
 * random kernels on every shipped core and on cores made of them at random? */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "loops.h"
#include "arch/chip/chip.h"
#include "arch/vliw/vliw.h"
#include "packed_kernel.h"
#include "random_kernel.h"

static const char *const CHIPS[] = {"c64x-plus", "c674x", "aie", "hvx", "vliw-teaching"};

/* Changes that make another machine of a shipped one. */
static const char *const CHANGES[] = {
    "core.rotating=yes",     "core.predication=no",     "core.predication=yes",
    "core.free_shuffle=yes", "core.free_shuffle=no",    "core.cross_paths=2",
    "core.cross_delay=1",    "core.loop_buffer=0",      "core.free_addressing=no",
    "core.issue=4",          "core.free_addressing=yes"};

enum { CHIP_COUNT = sizeof CHIPS / sizeof CHIPS[0], BATCHES = 20, KERNELS_PER_BATCH = 20 };

static bool is_close(struct loop_number a, struct loop_number b, struct number_format type)
{
    if (type.class != NUMBER_FLOAT)
        return a.integer == b.integer;
    if (isnan(a.real) || isnan(b.real))
        return isnan(a.real) == isnan(b.real);
    /* Sums are regrouped. */
    return fabs(a.real - b.real) <= 1e-3 * (1 + fabs(a.real)) || isinf(a.real) || isinf(b.real);
}

static void compare(const struct loop_kernel *kernel, const struct loop_values *plain,
                    const struct loop_values *packed, const char *text, const char *chip)
{
    for (const struct loop_symbol *s = kernel->symbols; s; s = s->next) {
        if (s->kind == LOOP_SCALAR)
            ck_assert_msg(is_close(plain->scalars[s->id], packed->scalars[s->id], s->type),
                          "%s: %s is %lld (%g), packed %lld (%g)\n%s", chip, s->name,
                          (long long)plain->scalars[s->id].integer, plain->scalars[s->id].real,
                          (long long)packed->scalars[s->id].integer,
                          packed->scalars[s->id].real, text);
        for (int64_t i = 0; s->kind == LOOP_ARRAY && i < s->elements; i++)
            ck_assert_msg(is_close(plain->arrays[s->id][i], packed->arrays[s->id][i], s->type),
                          "%s: %s[%lld] is %lld (%g), packed %lld (%g)\n%s", chip, s->name,
                          (long long)i, (long long)plain->arrays[s->id][i].integer,
                          plain->arrays[s->id][i].real,
                          (long long)packed->arrays[s->id][i].integer,
                          packed->arrays[s->id][i].real, text);
    }
}

/* 1: done and equal, 0: refused, or a step that is only counted. */
static int check_kernel(const struct vliw_machine *machine, const char *text, const char *chip,
                        struct packed_tally *tally)
{
    struct arena arena = {0};
    struct error err = {0};
    struct loop_kernel kernel;
    struct kernel_plan plan;
    struct loop_values plain, packed;
    char reason[160] = "";
    struct vliw_machine own = *machine;
    int done = 0;
    ck_assert_msg(loop_parse(&arena, "k.loop", text, NULL, &kernel, &err), "%s\n%s", err.text,
                  text);
    if (kernel_plan(&kernel, &own, (struct kernel_limits){.unroll_most = 8, .jam_most = 2},
                    &arena, &plan, &err)) {
        ck_assert_msg(loop_values_init(&plain, &kernel, true, &arena, &err) &&
                          loop_values_init(&packed, &kernel, true, &arena, &err) &&
                          loop_values_run(&plain),
                      "%s\n%s", err.text, text);
        enum packed_outcome outcome = packed_kernel_run(&plan, &packed, tally, reason);
        ck_assert_msg(outcome != PACKED_BROKEN, "%s: %s\n%s", chip, reason, text);
        done = outcome == PACKED_DONE;
        if (done)
            compare(&kernel, &plain, &packed, text, chip);
    }
    arena_free(&arena);
    return done;
}

static const struct vliw_machine *machine_of(struct arena *arena, const char *name,
                                             const char *const *sets, size_t count)
{
    struct error err = {0};
    struct chip *chip = chip_load(arena, name, sets, count, &err);
    ck_assert_msg(chip != NULL, "%s", err.text);
    return vliw_core_machine(&chip->cores[0].core);
}

START_TEST(packed_kernels_compute_what_the_plain_loop_computes)
{
    struct packed_tally tally = {0};
    int done = 0, tried = 0;
    for (int c = 0; c < CHIP_COUNT; c++) {
        struct arena arena = {0};
        uint64_t state = (uint64_t)_i * 1299709 + (uint64_t)c * 7919 + 1;
        const char *sets[3];
        size_t set_count = 0;
        /* Every other batch runs on cores changed at random. */
        for (int s = 0; _i % 2 && s < 2; s++) {
            const char *set =
                CHANGES[random_next(&state) % (sizeof CHANGES / sizeof CHANGES[0])];
            if (set_count == 0 || strncmp(set, sets[0], strcspn(set, "=")) != 0)
                sets[set_count++] = set;
        }
        const struct vliw_machine *machine = machine_of(&arena, CHIPS[c], sets, set_count);
        for (int k = 0; k < KERNELS_PER_BATCH; k++) {
            char text[RANDOM_KERNEL_BYTES];
            uint64_t seed = (uint64_t)_i * 10007 + (uint64_t)k * 31 + (uint64_t)c;
            random_kernel_make(text, seed, c == 1 || c == 2 || c == 4);
            done += check_kernel(machine, text, CHIPS[c], &tally);
            tried++;
        }
        arena_free(&arena);
    }
    ck_assert_msg(done * 10 >= tried * 7, "batch %d: %d of %d kernels ran", _i, done, tried);
    ck_assert_int_gt(tally.bundled_passes, 0);
    ck_assert_int_gt(tally.wide_operations, 0);
    ck_assert_int_gt(tally.unaligned, 0);
    ck_assert_int_gt(tally.products, 0);
    ck_assert_int_gt(tally.accumulators, 0);
}
END_TEST

Suite *packed_kernel_suite(void)
{
    Suite *suite = suite_create("packed_kernel");
    TCase *cases = tcase_create("values");
    tcase_set_timeout(cases, 300);
    tcase_add_loop_test(cases, packed_kernels_compute_what_the_plain_loop_computes, 0,
                        LOOPS(BATCHES));
    suite_add_tcase(suite, cases);
    return suite;
}
