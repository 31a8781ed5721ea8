/* Do the plans of the systolic family compute their products, and do their steps add up to what
 * the array and the loop nest say? Random small arrays, scratches and shapes. */
#include <check.h>
#include <string.h>

#include "arch/mapping/interpret.h"
#include "arch/systolic/systolic_detail.h"
#include "random_run.h"

enum { SEEDS = 300 };

static struct arena arena;
static struct random_case c;

static void setup(void)
{
    arena_init(&arena);
}

static void teardown(void)
{
    random_case_end(&c);
    arena_free(&arena);
}

struct subject {
    struct chip *chip;
    const struct core *core;
    struct primitive primitive;
    struct site site;
    struct plan plan;
};

static struct contraction random_convolution(struct random *r)
{
    struct contraction shape =
        contraction_product(1, 1, random_between(r, 1, 6), random_between(r, 1, 6));
    shape.size[DIM_N] = random_between(r, 1, 2);
    for (int axis = 1; axis < 3; axis++) {
        shape.stride[axis] = (int32_t)random_between(r, 1, 2);
        shape.dilation[axis] = (int32_t)random_between(r, 1, 2);
        shape.pad[axis] = (int32_t)random_between(r, 0, 1);
        shape.size[DIM_Z + axis] = random_between(r, 1, 7);
        shape.size[DIM_T + axis] = random_between(r, 1, 3);
        shape.extent[axis] = (shape.size[DIM_Z + axis] - 1) * shape.stride[axis] +
                             (shape.size[DIM_T + axis] - 1) * shape.dilation[axis] + 1;
        if (shape.extent[axis] > 2 * shape.pad[axis])
            shape.extent[axis] -= 2 * shape.pad[axis];
        else
            shape.pad[axis] = 0;
    }
    if (random_chance(r, 1, 3))
        shape.size[DIM_G] = random_between(r, 2, 5);
    return shape;
}

static void state_operands(struct subject *subject)
{
    struct primitive *p = &subject->primitive;
    struct number_format byte = number_format_integer(true, 8);
    const struct contraction *shape = &p->contraction;
    p->kind = PRIMITIVE_CONTRACTION;
    p->repeat = 1;
    p->label = "";
    p->input_count = 2;
    p->inputs[0] = (struct primitive_operand){
        .elements = contraction_elements(shape, OPERAND_INPUT), .format = byte};
    p->inputs[1] = (struct primitive_operand){
        .elements = contraction_elements(shape, OPERAND_WEIGHT), .format = byte};
    p->output = (struct primitive_operand){
        .elements = contraction_elements(shape, OPERAND_OUTPUT), .format = byte};
    p->macs = contraction_macs(shape);
    subject->site.input[0] = subject->site.input[1] = subject->site.output = byte;
}

/* False where the smallest tiles do not fit. */
static bool begin(int seed, bool is_product, struct subject *subject)
{
    struct error err = {0};
    random_case_begin(&c, (uint64_t)seed, "systolic", &arena);
    random_chip_file(&c);
    struct random *r = &c.random;
    *subject = (struct subject){.chip = chip_load(&arena, c.chip, NULL, 0, &err)};
    ck_assert_msg(subject->chip != NULL, "%s", err.text);
    subject->core = &subject->chip->cores[0].core;
    subject->primitive.contraction =
        is_product ? contraction_product(random_chance(r, 1, 3) ? random_between(r, 2, 4) : 1,
                                         random_between(r, 1, 60), random_between(r, 1, 60),
                                         random_between(r, 1, 60))
                   : random_convolution(r);
    state_operands(subject);
    subject->site.scratch_bytes = (uint64_t)random_between(r, 200, 20000);
    for (int i = 0; i < 2; i++)
        subject->site.bytes_per_cycle[i] = (double)random_between(r, 1, 64);
    subject->site.output_bytes_per_cycle = subject->site.bytes_per_cycle[0];
    bool is_planned = subject->core->family->plan(
        subject->core, &subject->primitive, &subject->site, NULL, &arena, &subject->plan, &err);
    ck_assert_msg(is_planned || strstr(err.text, "scratch") || strstr(err.text, "accumulator"),
                  "%s: %s", random_case_text(&c), err.text);
    return is_planned;
}

START_TEST(plans_compute_the_plain_product)
{
    struct subject subject;
    struct interpret_counts counts;
    struct error err = {0};
    if (!begin(_i, _i % 2, &subject))
        return;
    ck_assert(nest_check(subject.plan.nest, &err));
    ck_assert_msg(interpret_verify(subject.plan.nest, (uint64_t)_i, &arena, &counts, &err),
                  "%s: %s: %s", random_case_text(&c), subject.plan.description, err.text);
}
END_TEST

struct sums {
    uint64_t loads[2], stores, busy, setup;
};

static struct sums add_steps(const struct subject *subject)
{
    struct sums sums = {0};
    for (uint64_t i = 0; i < subject->plan.step_count; i++) {
        struct step step;
        subject->core->family->step(subject->core, &subject->plan, i, &step);
        sums.loads[0] += step.load_bytes[0];
        sums.loads[1] += step.load_bytes[1];
        sums.stores += step.store_bytes;
        sums.busy += cycle_account_total(&step.busy);
        sums.setup += step.setup_cycles;
    }
    return sums;
}

START_TEST(steps_load_what_the_nest_fetches_and_store_every_result_once)
{
    struct subject subject;
    if (!begin(_i, true, &subject))
        return;
    const struct systolic_params *params = subject.core->params;
    const struct nest *nest = subject.plan.nest;
    struct sums sums = add_steps(&subject);
    const struct systolic_detail *detail = subject.plan.detail;
    ck_assert_uint_eq(sums.stores, subject.primitive.output.elements);
    if (detail->problem.packed > 1)
        return; /* its weights have zeros beside them */
    ck_assert_msg(sums.loads[0] == nest_fills(nest, 1, OPERAND_INPUT), "%s: %s: %llu of %llu",
                  random_case_text(&c), subject.plan.description,
                  (unsigned long long)sums.loads[0],
                  (unsigned long long)nest_fills(nest, 1, OPERAND_INPUT));
    if (!params->weight_fifo)
        ck_assert_msg(sums.loads[1] == nest_fills(nest, 1, OPERAND_WEIGHT),
                      "%s: %s: %llu of %llu", random_case_text(&c), subject.plan.description,
                      (unsigned long long)sums.loads[1],
                      (unsigned long long)nest_fills(nest, 1, OPERAND_WEIGHT));
}
END_TEST

START_TEST(no_operand_is_loaded_less_than_once)
{
    struct subject subject;
    if (!begin(_i, false, &subject))
        return;
    struct sums sums = add_steps(&subject);
    for (int i = 0; i < 2; i++)
        ck_assert_msg(sums.loads[i] >= subject.primitive.inputs[i].elements,
                      "%s: %s: operand %d: %llu bytes of %llu", random_case_text(&c),
                      subject.plan.description, i, (unsigned long long)sums.loads[i],
                      (unsigned long long)subject.primitive.inputs[i].elements);
    ck_assert_uint_eq(sums.stores, subject.primitive.output.elements);
}
END_TEST

/* Folds that follow one another apart cost the same in one block or in several, as long as no
 * axis is cut whose pieces stream through the array (that would load the held operand again).
 */
START_TEST(steps_take_the_cycles_of_the_whole_block)
{
    struct subject subject;
    if (!begin(_i, true, &subject))
        return;
    const struct systolic_params *params = subject.core->params;
    const struct systolic_detail *detail = subject.plan.detail;
    const struct systolic_state *state = subject.core->state;
    const struct tiling *tiling = &detail->tiling;
    const struct tiling_axis *time = params->dataflow == DATAFLOW_WS   ? &tiling->m
                                     : params->dataflow == DATAFLOW_OS ? &tiling->k
                                                                       : &tiling->n;
    if (params->drain == DRAIN_OVERLAPPED || params->preload == PRELOAD_DOUBLE ||
        time->count > 1)
        return;
    const struct tiling_problem *problem = &detail->problem;
    struct array_block block = {problem->m, problem->k, problem->n, problem->beat,
                                problem->load_beat};
    struct array_cycles whole = array_block_cycles(&state->array, &block, true);
    uint64_t cycles = whole.first_load + whole.load + whole.work + whole.fill + whole.drain;
    uint64_t control = (uint64_t)params->startup + (uint64_t)problem->groups *
                                                       array_folds(&state->array, &block) *
                                                       (uint64_t)params->command;
    struct sums sums = add_steps(&subject);
    ck_assert_msg(sums.busy + sums.setup == (uint64_t)problem->groups * cycles + control,
                  "%s: %s: %llu cycles of %llu", random_case_text(&c), subject.plan.description,
                  (unsigned long long)(sums.busy + sums.setup),
                  (unsigned long long)((uint64_t)problem->groups * cycles + control));
}
END_TEST

Suite *systolic_suite(void)
{
    Suite *suite = suite_create("systolic");
    TCase *tests = tcase_create("plans");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, plans_compute_the_plain_product, 0, SEEDS);
    tcase_add_loop_test(tests, steps_load_what_the_nest_fetches_and_store_every_result_once, 0,
                        SEEDS);
    tcase_add_loop_test(tests, no_operand_is_loaded_less_than_once, 0, SEEDS);
    tcase_add_loop_test(tests, steps_take_the_cycles_of_the_whole_block, 0, SEEDS);
    suite_add_tcase(suite, tests);
    return suite;
}
