/* Do irregular primitives on a VLIW core cost what their own rows cost: the closed form of a
 * row against a walk over the kernel, uneven rows against even ones, empty rows,
 * permutations, shares, merges step by step, and banks that gathered addresses meet in? */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "arch/chip/chip.h"
#include "arch/vliw/index_stall.h"
#include "arch/vliw/vliw.h"
#include "arch/vliw/vliw_ragged.h"
#include "random_loop.h"

static const char *const CHIPS[] = {"c64x-plus", "c674x", "aie", "hvx", "vliw-teaching"};

enum { CHIP_COUNT = sizeof CHIPS / sizeof CHIPS[0], ROWS = 64, ENTRIES = 512 };

static struct arena arena;

static void setup(void)
{
    arena_init(&arena);
}

static void teardown(void)
{
    arena_free(&arena);
}

static const struct core *core_of(const char *name, const char *const *sets, size_t count)
{
    struct error err = {0};
    struct chip *chip = chip_load(&arena, name, sets, count, &err);
    ck_assert_msg(chip != NULL, "%s", err.text);
    return &chip->cores[0].core;
}

/* Lengths of ROWS rows that add up to ENTRIES: equal, or as uneven as `skew` draws make them.
 */
static void draw_rows(uint64_t *state, int skew, int64_t *pointers)
{
    int64_t lengths[ROWS] = {0};
    for (int e = 0; e < ENTRIES; e++) {
        uint32_t row = skew ? ROWS : (uint32_t)e;
        for (int d = 0; d < skew; d++) {
            uint32_t drawn = random_next(state) % ROWS;
            row = drawn < row ? drawn : row;
        }
        lengths[row % ROWS]++;
    }
    pointers[0] = 0;
    for (int r = 0; r < ROWS; r++)
        pointers[r + 1] = pointers[r] + lengths[r];
}

struct matrix {
    int64_t pointers[ROWS + 1], columns[ENTRIES];
    struct tensor_contents pointer_contents, column_contents;
    struct tensor pointer, column;
    struct primitive primitive;
};

static void fill_matrix(struct matrix *m, uint64_t seed, int skew, struct number_format format)
{
    uint64_t state = seed * 7919 + 1;
    draw_rows(&state, skew, m->pointers);
    for (int e = 0; e < ENTRIES; e++)
        m->columns[e] = random_next(&state) % ROWS;
    m->pointer_contents = (struct tensor_contents){ROWS + 1, m->pointers};
    m->column_contents = (struct tensor_contents){ENTRIES, m->columns};
    struct number_format index = number_format_integer(true, 32);
    m->pointer = (struct tensor){.format = index, .contents = &m->pointer_contents};
    m->column = (struct tensor){.format = index, .contents = &m->column_contents};
    struct primitive *p = &m->primitive;
    *p = (struct primitive){.kind = PRIMITIVE_SPARSE_CONTRACTION,
                            .label = "",
                            .repeat = 1,
                            .input_count = 4,
                            .macs = ENTRIES,
                            .streams = {&m->pointer, &m->column}};
    p->sparse.rows = ROWS;
    p->sparse.columns = 1;
    p->sparse.inner = ROWS;
    p->sparse.non_zeros = ENTRIES;
    p->inputs[0] = (struct primitive_operand){NULL, ENTRIES, format};
    p->inputs[1] = (struct primitive_operand){NULL, ROWS + 1, index};
    p->inputs[2] = (struct primitive_operand){NULL, ENTRIES, index};
    p->inputs[3] = (struct primitive_operand){NULL, ROWS, format};
    p->output = (struct primitive_operand){NULL, ROWS, format};
}

static struct plan plan_of(const struct core *core, const struct primitive *p)
{
    struct site site = {.scratch_bytes = 65536, /* all of it fits: no tile is cut */
                        .output = p->output.format};
    for (int i = 0; i < PRIMITIVE_INPUTS_MAX; i++)
        site.input[i] = p->inputs[i].format;
    struct primitive *kept = arena_alloc(&arena, sizeof *kept);
    struct plan plan;
    struct error err = {0};
    *kept = *p;
    ck_assert_msg(vliw_plan(core, kept, &site, NULL, &arena, &plan, &err), "%s", err.text);
    return plan;
}

static uint64_t busy_of(const struct core *core, const struct plan *plan)
{
    uint64_t total = 0;
    for (uint64_t s = 0; s < plan->step_count; s++) {
        struct step step;
        vliw_step(core, plan, s, &step);
        total += cycle_account_total(&step.busy);
    }
    return total;
}

static uint64_t cycles_of(const struct core *core, const struct primitive *p)
{
    struct plan plan = plan_of(core, p);
    const struct plan *met = vliw_meet(core, &plan, p, 0, &arena);
    ck_assert(met != NULL);
    const struct vliw_detail *detail = met->detail;
    uint64_t busy = busy_of(core, met);
    ck_assert_uint_eq(busy, cycle_account_total(&detail->account));
    return busy;
}

/* A triangle, whose rows the counter of kernels walks one by one, against the sum over its rows
 * of the closed form. */
START_TEST(a_row_costs_what_the_walk_over_the_kernel_says)
{
    const struct core *core = core_of(CHIPS[_i], NULL, 0);
    struct vliw_state *state = core->state;
    for (int seed = 0; seed < 6; seed++) {
        char text[1024];
        int slope = 1 + seed % 3;
        snprintf(text, sizeof text,
                 "kernel k array col[512] : i32 = random 0 .. 9\n"
                 "array x[10] : i16 array v[512] : i16 array y[%d] : i32\n"
                 "for i in 0 .. %d { s : i32 = 0 for j in 0 .. %d * i unroll %d {\n"
                 "s += v[j] * x[col[j]] } y[i] = s }",
                 ROWS, ROWS, slope, 1 << seed % 4);
        const struct vliw_unit *unit = vliw_nested_unit(state, text, text);
        ck_assert(unit->loop != NULL);
        struct vliw_ragged ragged = {.unit = unit, .width = 1};
        struct vliw_tally tally = {.entries = 0};
        for (int r = 0; r < ROWS; r++)
            vliw_ragged_add(&ragged, 1, (uint64_t)(slope * r), &tally);
        struct loop_kernel kernel;
        struct kernel_plan plan;
        struct error err = {0};
        ck_assert_msg(loop_parse(&arena, "k.loop", text, NULL, &kernel, &err) &&
                          kernel_plan(&kernel, &state->machine, (struct kernel_limits){0},
                                      &arena, &plan, &err),
                      "%s", err.text);
        uint64_t outside = plan.cycles.call + plan.cycles.stall;
        for (const struct region *r = plan.lowered.regions; r; r = r->next)
            if (r->kind == REGION_BLOCK)
                outside += (uint64_t)r->schedule->tail_cycles;
        ck_assert_msg(cycle_account_total(&tally.account) + outside == plan.cycles.total,
                      "%s seed %d: %llu + %llu, walked %llu", CHIPS[_i], seed,
                      (unsigned long long)cycle_account_total(&tally.account),
                      (unsigned long long)outside, (unsigned long long)plan.cycles.total);
    }
}
END_TEST

START_TEST(uneven_rows_cost_more_and_their_order_nothing)
{
    const struct core *core = core_of(CHIPS[_i], NULL, 0);
    struct number_format format =
        core->native.class != NUMBER_NONE ? core->native : number_format_float(8, 23);
    struct matrix even, uneven, turned;
    for (uint64_t seed = 1; seed < 5; seed++) {
        fill_matrix(&even, seed, 0, format);
        fill_matrix(&uneven, seed, 5, format);
        turned = uneven;
        for (int r = 0; r <= ROWS; r++) /* the last row first */
            turned.pointers[r] = ENTRIES - uneven.pointers[ROWS - r];
        turned.pointer_contents.values = turned.pointers;
        turned.column_contents.values = turned.columns;
        turned.pointer.contents = &turned.pointer_contents;
        turned.column.contents = &turned.column_contents;
        turned.primitive.streams[0] = &turned.pointer;
        turned.primitive.streams[1] = &turned.column;
        uint64_t flat = cycles_of(core, &even.primitive);
        uint64_t steep = cycles_of(core, &uneven.primitive);
        ck_assert_uint_ne(flat, steep);
        ck_assert_uint_eq(steep, cycles_of(core, &turned.primitive));
        /* Equal rows are the plan's own mean. */
        struct plan mean = plan_of(core, &even.primitive);
        ck_assert_uint_eq(flat, busy_of(core, &mean));
    }
}
END_TEST

START_TEST(shares_of_rows_add_up_to_the_whole)
{
    const struct core *core = core_of("c674x", NULL, 0);
    struct matrix m;
    fill_matrix(&m, 3, 4, core->native);
    uint64_t whole = cycles_of(core, &m.primitive), parts = 0;
    for (uint64_t first = 0; first < ROWS; first += 16) {
        struct primitive share = m.primitive;
        share.sparse.rows = 16;
        share.sparse.non_zeros = share.macs = ENTRIES / 4;
        share.inputs[0].elements = share.inputs[2].elements = ENTRIES / 4;
        share.inputs[1].elements = share.output.elements = 16;
        struct plan plan = plan_of(core, &share);
        const struct plan *met = vliw_meet(core, &plan, &share, first, &arena);
        parts += busy_of(core, met);
    }
    const struct vliw_state *state = core->state;
    ck_assert_uint_eq(parts, whole + 3 * (uint64_t)state->machine.params->call_cycles);
}
END_TEST

/* Triangles of a small graph: entry (u, v) merges the rows of u and v until one ends. */
START_TEST(merges_take_the_steps_of_their_lists)
{
    /* rows: 0: 1 2 3   1: 0 2   2: 0 1   3: 0 */
    static const int64_t POINTERS[] = {0, 3, 5, 7, 8}, COLUMNS[] = {1, 2, 3, 0, 2, 0, 1, 0};
    /* by hand, for the entries in order: lists 123 and 02, 123 and 01, 123 and 0, ... */
    static const uint64_t STEPS[] = {3, 2, 1, 3, 2, 2, 2, 1};
    struct tensor_contents p = {5, POINTERS}, c = {8, COLUMNS};
    struct tensor pointers = {.contents = &p}, columns = {.contents = &c};
    const struct core *core = core_of("vliw-teaching", NULL, 0);
    struct number_format index = number_format_integer(true, 32);
    struct primitive merge = {.kind = PRIMITIVE_MERGE,
                              .label = "",
                              .repeat = 1,
                              .input_count = 2,
                              .inputs = {{NULL, 8, index}, {NULL, 5, index}},
                              .output = {NULL, 1, index},
                              .streams = {&pointers, &columns}};
    merge.merge.rows = 8;
    merge.merge.left = merge.merge.right = 18;
    struct vliw_ragged ragged;
    struct vliw_tally tally = {.entries = 0};
    ck_assert(vliw_ragged_make(core->state, &merge, index, &ragged));
    for (int e = 0; e < 8; e++)
        vliw_ragged_add(&ragged, 1, STEPS[e], &tally);
    const struct vliw_state *state = core->state;
    ck_assert_uint_eq(cycles_of(core, &merge),
                      cycle_account_total(&tally.account) +
                          (uint64_t)state->machine.params->call_cycles);
}
END_TEST

/* Indices that all fall into one bank wait for one another, indices side by side never do, and
 * a core of one bank knows no conflicts. */
START_TEST(gathered_addresses_meet_in_banks)
{
    static const char *const BANKED[] = {"core.memory_banks=8", "core.bank_bytes=4"};
    int64_t apart[256], together[256];
    for (int i = 0; i < 256; i++) {
        apart[i] = i;
        together[i] = i * 8;
    }
    struct number_format word = number_format_integer(true, 32);
    uint64_t stalls[3];
    for (int k = 0; k < 3; k++) {
        struct tensor_contents contents = {256, k == 1 ? together : apart};
        struct tensor index = {.contents = &contents};
        const struct core *core = core_of("c64x-plus", BANKED, k == 2 ? 0 : 2);
        struct primitive p = {.kind = PRIMITIVE_GATHER,
                              .label = "",
                              .repeat = 1,
                              .input_count = 2,
                              .inputs = {{NULL, 256, word}, {NULL, 256, word}},
                              .output = {NULL, 256, word},
                              .streams = {&index}};
        p.gather.count = 256;
        p.gather.record = 1;
        p.gather.universe = 2048;
        struct plan plan = plan_of(core, &p);
        const struct plan *met = vliw_meet(core, &plan, &p, 0, &arena);
        const struct vliw_detail *detail = met->detail;
        stalls[k] = detail->account.cycles[REASON_BANK_CONFLICT];
        ck_assert_uint_eq(busy_of(core, met), busy_of(core, &plan) + stalls[k]);
    }
    ck_assert_uint_gt(stalls[1], stalls[0]);
    ck_assert_uint_ge(stalls[1], 64);
    ck_assert_uint_eq(stalls[2], 0);
}
END_TEST

/* Records that nobody asks for stay where they are. */
START_TEST(only_records_that_are_asked_for_are_brought)
{
    const struct core *core = core_of("c674x", NULL, 0);
    int64_t values[64];
    for (int i = 0; i < 64; i++)
        values[i] = 5 + i % 3;
    struct tensor_contents contents = {64, values};
    struct tensor index = {.contents = &contents};
    struct number_format word = number_format_integer(true, 32), value = core->native;
    struct primitive p = {.kind = PRIMITIVE_GATHER,
                          .label = "",
                          .repeat = 1,
                          .input_count = 2,
                          .inputs = {{NULL, 64 * 16, value}, {NULL, 64, word}},
                          .output = {NULL, 64 * 16, value},
                          .streams = {&index}};
    p.gather.count = 64;
    p.gather.record = 16;
    p.gather.universe = 1000;
    struct plan plan = plan_of(core, &p);
    const struct plan *met = vliw_meet(core, &plan, &p, 0, &arena);
    const struct vliw_detail *detail = met->detail;
    ck_assert_uint_eq(detail->bytes[0], 3 * 16 * number_format_bytes(value, 1));
}
END_TEST

Suite *vliw_ragged_suite(void)
{
    Suite *suite = suite_create("vliw_ragged");
    TCase *cases = tcase_create("rows");
    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, a_row_costs_what_the_walk_over_the_kernel_says, 0, CHIP_COUNT);
    tcase_add_loop_test(cases, uneven_rows_cost_more_and_their_order_nothing, 0, CHIP_COUNT);
    tcase_add_test(cases, shares_of_rows_add_up_to_the_whole);
    tcase_add_test(cases, merges_take_the_steps_of_their_lists);
    tcase_add_test(cases, gathered_addresses_meet_in_banks);
    tcase_add_test(cases, only_records_that_are_asked_for_are_brought);
    suite_add_tcase(suite, cases);
    return suite;
}
