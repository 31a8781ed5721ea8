/* Nests that do not fit: does every refusal name the resource, the excess and the smallest
 * change, and is that change enough and no larger than it must be? */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/chip/chip.h"
#include "sim/kernel/random.h"

static const char *const CHIPS[] = {"edge", "gemmini", "tpu-v1", "onnxim"};

static struct arena arena;
static struct chip *chip;
static const struct core *core;
static struct primitive product;
static struct site site;

static void setup(void)
{
    arena_init(&arena);
}

static void teardown(void)
{
    arena_free(&arena);
}

static void load(const char *name, int64_t m, int64_t k, int64_t n, uint64_t scratch)
{
    struct error err = {0};
    chip = chip_load(&arena, name, NULL, 0, &err);
    ck_assert_msg(chip != NULL, "%s", err.text);
    core = &chip->cores[0].core;
    struct number_format format = core->native;
    product = (struct primitive){.kind = PRIMITIVE_CONTRACTION,
                                 .label = "",
                                 .repeat = 1,
                                 .input_count = 2,
                                 .macs = (uint64_t)(m * k * n),
                                 .contraction = contraction_product(1, m, k, n)};
    product.inputs[0] =
        (struct primitive_operand){.elements = (uint64_t)(m * k), .format = format};
    product.inputs[1] =
        (struct primitive_operand){.elements = (uint64_t)(k * n), .format = format};
    product.output =
        (struct primitive_operand){.elements = (uint64_t)(m * n), .format = format};
    site = (struct site){.scratch_bytes = scratch,
                         .bytes_per_cycle = {64, 64},
                         .output_bytes_per_cycle = 64,
                         .input = {format, format},
                         .output = format};
}

/* Plans with tiles of these sizes; "" where they fit, else the sentence. */
static const char *try_tile(int64_t p, int64_t c, int64_t k)
{
    struct nest nest = {.contraction = product.contraction, .level_count = 2};
    const int64_t tile[] = {p, c, k};
    static const enum dim DIMS[] = {DIM_P, DIM_C, DIM_K};
    for (int i = 0; i < 2; i++) {
        nest.levels[i].name = i ? "scratch" : "memory";
        nest.levels[i].keep = 7;
        for (int d = 0; d < DIM_COUNT; d++) {
            nest.levels[i].factor[d] = 1;
            nest.levels[i].order[d] = (uint8_t)d;
        }
    }
    for (int i = 0; i < 3; i++) {
        int64_t size = product.contraction.size[DIMS[i]];
        nest.levels[1].factor[DIMS[i]] = tile[i];
        nest.levels[0].factor[DIMS[i]] = (size - 1) / tile[i] + 1;
    }
    struct error err = {0};
    struct plan plan;
    bool is_planned = core->family->plan(core, &product, &site, &nest, &arena, &plan, &err);
    ck_assert(is_planned != err.is_set);
    return is_planned ? "" : arena_copy_text(&arena, err.text);
}

/* "pinned tiles", "accumulator" or "weight tile". */
static const char *resource_of(const char *sentence)
{
    static const char *const RESOURCES[] = {"of scratch", "accumulator rows", "weight tile"};
    for (int i = 0; i < 3; i++)
        if (strstr(sentence, RESOURCES[i]))
            return RESOURCES[i];
    return "";
}

START_TEST(refused_tiles_fit_after_the_change_that_the_sentence_names)
{
    struct random random = random_make((uint64_t)_i, "pinned");
    int64_t m = 500 + (int64_t)random_below(&random, 1500);
    int64_t k = 500 + (int64_t)random_below(&random, 1500);
    int64_t n = 500 + (int64_t)random_below(&random, 1500);
    load(CHIPS[_i % 4], m, k, n, 16384 << random_below(&random, 6));
    int refused = 0;
    for (int round = 0; round < 25; round++) {
        int64_t tile[] = {1 + (int64_t)random_below(&random, (uint64_t)m),
                          1 + (int64_t)random_below(&random, (uint64_t)k),
                          1 + (int64_t)random_below(&random, (uint64_t)n)};
        const char *sentence = try_tile(tile[0], tile[1], tile[2]);
        if (!sentence[0])
            continue;
        refused++;
        const char *resource = resource_of(sentence), *few = strstr(sentence, " too few; ");
        ck_assert_msg(resource[0] && few, "seed %d: %s", _i, sentence);
        const char *cut = strstr(sentence, "cut the tile's ");
        if (!cut) {
            ck_assert_msg(strstr(sentence, "no dimension alone"), "seed %d: %s", _i, sentence);
            continue;
        }
        char dim;
        long long to;
        ck_assert_int_eq(sscanf(cut, "cut the tile's %c to %lld", &dim, &to), 2);
        int which = dim == 'P' ? 0 : dim == 'C' ? 1 : 2;
        ck_assert_msg(to >= 1 && to < tile[which], "seed %d: %s", _i, sentence);
        int64_t cured[] = {tile[0], tile[1], tile[2]}, greedy[] = {tile[0], tile[1], tile[2]};
        cured[which] = to;
        greedy[which] = to + 1;
        const char *after = try_tile(cured[0], cured[1], cured[2]);
        ck_assert_msg(strcmp(resource_of(after), resource) != 0 ||
                          (strcmp(resource, "weight tile") == 0 && strstr(after, " too few")),
                      "seed %d: %s\nand then %s", _i, sentence, after);
        after = try_tile(greedy[0], greedy[1], greedy[2]);
        ck_assert_msg(strcmp(resource_of(after), resource) == 0, "seed %d: %s\none more: %s",
                      _i, sentence, after);
    }
    ck_assert(_i % 4 == 3 || refused > 0); /* small stores refuse some of any such tiles */
}
END_TEST

static const struct {
    const char *chip, *nest, *wanted;
} BAD[] = {
    {"edge", "memory:IWO[K32 P6] scratch:IWO[C7] rows{C32} cols{K16} array:W[P50]",
     "axis 'rows' unrolls C 32 times, it has 16 elements, 16 too few; cut C to 16 there"},
    {"edge", "memory:IWO[K32 P6] scratch:IWO[C13] rows{K16} cols{C16} array:W[P50]",
     "axis 'rows' unrolls K, along it the array unrolls C only"},
    {"edge", "memory:IWO[K32 P6] scratch:IWO[C13] rows{C16} cols{K16} more{C2} array:W[P50]",
     "axis 'more' is one too many"},
    {"edge", "memory:IWO[K32 P6] scratch:IWO[C25] rows{C8} cols{K16} array:W[P50]",
     "level 'scratch' loops over C 25 times, inside such a tile the array goes memory:IWO"},
    {"edge", "memory:IWO[K2 P2] scratch:IWO[C200 K250 P150]",
     "needs 2400 accumulator rows, there are 512, 1888 too few; cut the tile's P to 32"},
    {"tpu-v1", "memory:IWO[P3] scratch:IWO[K2] rows{C200} cols{K256} array:W[P100]",
     "the array takes 256 x 256, 256 columns too few; cut the tile's K to 256"},
    {"scalesim", "memory:IWO[K2] scratch:IWO[K8 P10] rows{P32} cols{K32} array:O[C200]",
     "tiles = whole"},
};

START_TEST(a_bad_nest_is_refused_in_the_words_of_its_mistake)
{
    load(BAD[_i].chip, 300, 200, 500, 512 << 10);
    struct nest nest;
    struct error err = {0};
    ck_assert_msg(nest_parse_line(BAD[_i].nest, &product.contraction, &arena, &nest, &err),
                  "%s", err.text);
    struct plan plan;
    ck_assert(!core->family->plan(core, &product, &site, &nest, &arena, &plan, &err));
    ck_assert_msg(strstr(err.text, BAD[_i].wanted), "got: %s\nwanted: %s", err.text,
                  BAD[_i].wanted);
}
END_TEST

START_TEST(what_a_plan_prints_is_taken_back)
{
    static const char *const ALL[] = {"edge", "gemmini", "tpu-v1", "onnxim", "scalesim"};
    struct random random = random_make((uint64_t)_i, "taken-back");
    int64_t m = 1 + (int64_t)random_below(&random, 700),
            k = 1 + (int64_t)random_below(&random, 700),
            n = 1 + (int64_t)random_below(&random, 700);
    load(ALL[_i % 5], m, k, n, 256 << 10);
    struct error err = {0};
    struct plan plan, again;
    ck_assert_msg(core->family->plan(core, &product, &site, NULL, &arena, &plan, &err), "%s",
                  err.text);
    struct contraction view = core->family->product(core, &product.contraction);
    struct nest nest;
    ck_assert_msg(nest_parse_line(plan.description, &view, &arena, &nest, &err), "%s",
                  err.text);
    ck_assert_msg(core->family->plan(core, &product, &site, &nest, &arena, &again, &err),
                  "seed %d: %s\n%s", _i, plan.description, err.text);
    ck_assert_str_eq(again.description, plan.description);
    ck_assert_uint_eq(again.step_count, plan.step_count);
    ck_assert_double_eq(again.estimate_cycles, plan.estimate_cycles);
}
END_TEST

Suite *pinned_suite(void);
Suite *pinned_suite(void)
{
    Suite *suite = suite_create("pinned");
    TCase *cases = tcase_create("pinned");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, refused_tiles_fit_after_the_change_that_the_sentence_names, 0,
                        60);
    tcase_add_loop_test(cases, a_bad_nest_is_refused_in_the_words_of_its_mistake, 0,
                        (int)(sizeof BAD / sizeof BAD[0]));
    tcase_add_loop_test(cases, what_a_plan_prints_is_taken_back, 0, 50);
    suite_add_tcase(suite, cases);
    return suite;
}
