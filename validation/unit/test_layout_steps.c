/* Do the steps of a plan find the operands where they lie? For random contractions, chips and
 * storages: every element that a step's tile needs lies in what the step moves, all steps
 * together bring all operands and write every result once, and the planner expects what moves.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layout_case.h"

enum { SEEDS = 150, BURST = LAYOUT_CASE_BURST };

static struct arena arena;

static void setup(void)
{
    arena_init(&arena);
}

static void teardown(void)
{
    arena_free(&arena);
}

/* ---- where an element lies, by the definition of the forms ---- */

struct element {
    int64_t group, image, channel, column, position[3], tap, depth;
};

static uint64_t element_offset(const struct layout_case *c, enum contraction_operand operand,
                               const struct element *e)
{
    const struct contraction *w = &c->whole;
    const int64_t *s = w->size;
    const struct operand_layout *known = &c->site.layout[operand];
    bool is_input = operand == OPERAND_INPUT;
    int64_t group = operand == OPERAND_WEIGHT && w->is_weight_shared ? 0 : e->group;
    int64_t channel = is_input ? group * s[DIM_C] + e->channel : group * s[DIM_K] + e->column;
    int64_t row = e->position[0] * s[DIM_P] + e->position[1];
    int64_t place = row * s[DIM_Q] + e->position[2];
    int64_t volume = s[DIM_Z] * s[DIM_P] * s[DIM_Q], index[LAYOUT_DIMENSIONS] = {0};
#define INDEX(...) memcpy(index, (int64_t[LAYOUT_DIMENSIONS]){__VA_ARGS__}, sizeof index)
    switch (known->form) {
    case FORM_POSITIONS:
        INDEX(group, e->image * volume + place, is_input ? e->channel : e->column);
        break;
    case FORM_INPUT_PLANES:
        INDEX(e->image, channel, e->position[0], e->position[1], e->position[2]);
        break;
    case FORM_OUTPUT_PLANES:
        INDEX(e->image, channel, place);
        break;
    case FORM_OUTPUT_ROWS:
        INDEX(e->image, channel, row, e->position[2]);
        break;
    case FORM_MATRIX:
        INDEX(group, e->depth, e->column);
        break;
    case FORM_FILTERS:
        INDEX(group, e->column, e->depth);
        break;
    case FORM_MATRIX_PACKED:
        INDEX(group, e->channel, e->tap, e->column);
        break;
    case FORM_FILTERS_PACKED:
        INDEX(group, e->column, e->channel, e->tap);
        break;
    case FORM_NONE:
        ck_abort();
    }
#undef INDEX
    for (int d = 0; d < known->layout.rank; d++) /* the test's own mistake otherwise */
        if (index[d] < 0 || index[d] >= known->layout.shape[d])
            ck_abort();
    return layout_offset_bits(&known->layout, index) / 8;
}

static int64_t origin(const struct layout_case *c, enum dim dim)
{
    return c->place.whole && c->place.dim == dim ? c->place.start : 0;
}

/* Output position of row m of the share; its image is returned. */
static int64_t find_row(const struct layout_case *c, int64_t m, int64_t position[3])
{
    const int64_t *s = c->share.contraction.size;
    for (int axis = 2; axis >= 0; axis--) {
        enum dim dim = (enum dim)(DIM_Z + axis);
        position[axis] = m % s[dim] + origin(c, dim);
        m /= s[dim];
    }
    return m + origin(c, DIM_N);
}

/* The element of an operand that row m, depth k and column n of the share's group g meet at;
 * false where it is padding. */
static bool find_element(const struct layout_case *c, enum contraction_operand operand,
                         int64_t g, int64_t m, int64_t k, int64_t n, struct element *e)
{
    const struct contraction *w = &c->whole;
    int64_t taps = w->size[DIM_T] * w->size[DIM_R] * w->size[DIM_S];
    bool is_inside = c->site.is_channel_inside;
    *e = (struct element){.group = g + origin(c, DIM_G),
                          .depth = k,
                          .channel = is_inside ? k % w->size[DIM_C] : k / taps,
                          .tap = is_inside ? k / w->size[DIM_C] : k % taps,
                          .column = n + origin(c, DIM_K)};
    e->image = find_row(c, m, e->position);
    if (operand != OPERAND_INPUT)
        return true;
    int64_t tap = e->tap, taps_at[3];
    for (int axis = 2; axis >= 0; axis--) {
        taps_at[axis] = tap % w->size[DIM_T + axis];
        tap /= w->size[DIM_T + axis];
    }
    for (int axis = 0; axis < 3; axis++) {
        e->position[axis] = e->position[axis] * w->stride[axis] +
                            taps_at[axis] * w->dilation[axis] - w->pad[axis];
        if (e->position[axis] < 0 || e->position[axis] >= w->extent[axis])
            return false;
    }
    return true;
}

/* ---- what steps move ---- */

struct cover {
    unsigned char *now, *ever; /* per byte: by this step; times by all steps */
    uint64_t bytes, bursts;
};

static void count_bursts(void *context, const struct transfer *transfer)
{
    ((struct cover *)context)->bursts += transfer_bursts(transfer, BURST);
}

static void mark_bytes(void *context, const struct transfer *transfer)
{
    struct cover *cover = context;
    struct transfer_walk walk = {0};
    uint64_t address;
    while (transfer_next_run(transfer, &walk, &address))
        for (uint64_t i = 0; i < transfer->bytes; i++) {
            if (address + i >= cover->bytes)
                ck_abort_msg("a transfer leaves its tensor");
            cover->now[address + i] = 1;
            if (cover->ever[address + i] < 255)
                cover->ever[address + i]++;
        }
}

static void mark(void *context, const struct transfer *transfer)
{
    count_bursts(context, transfer);
    mark_bytes(context, transfer);
}

/* False where the operand is not found by the step's tile. */
static bool move_tile(const struct layout_case *c, enum contraction_operand operand,
                      const struct step *step, struct cover *cover)
{
    struct layout_box boxes[OPERAND_BOXES_MAX];
    const struct operand_layout *known = &c->site.layout[operand];
    if (known->form == FORM_NONE || !(step->tiled >> operand & 1))
        return false;
    int count =
        operand_boxes(&c->share.contraction, &c->place, operand, known, &step->tile, boxes);
    memset(cover->now, 0, cover->bytes);
    /* Bursts are counted as they move; of a result, whose gaps are masked, bytes apart. */
    bool is_result = operand == OPERAND_OUTPUT;
    for (int i = 0; i < count; i++) {
        layout_region(&known->layout, &boxes[i], BURST, &(struct transfer){0},
                      is_result ? count_bursts : mark, cover);
        if (is_result)
            layout_region(&known->layout, &boxes[i], 0, &(struct transfer){0}, mark_bytes,
                          cover);
    }
    return count >= 0;
}

static bool moves(const struct step *step, enum contraction_operand operand)
{
    return operand == OPERAND_OUTPUT ? step->store_bytes > 0 : step->load_bytes[operand] > 0;
}

/* All that the tile needs of the operand lies in what the step moves. */
static void check_step(const struct layout_case *c, enum contraction_operand operand,
                       const struct step *step, const struct cover *cover)
{
    const struct product_tile *t = &step->tile;
    int64_t end[TILE_AXES];
    for (int axis = 0; axis < TILE_AXES; axis++)
        end[axis] = t->start[axis] + t->extent[axis];
    /* An operand does not depend on the axis it has not got. */
    if (operand == OPERAND_INPUT)
        end[TILE_N] = t->start[TILE_N] + 1;
    if (operand == OPERAND_WEIGHT)
        end[TILE_M] = t->start[TILE_M] + 1;
    if (operand == OPERAND_OUTPUT)
        end[TILE_K] = t->start[TILE_K] + 1;
    struct element e;
    for (int64_t g = t->start[TILE_GROUP]; g < end[TILE_GROUP]; g++)
        for (int64_t m = t->start[TILE_M]; m < end[TILE_M]; m++)
            for (int64_t k = t->start[TILE_K]; k < end[TILE_K]; k++)
                for (int64_t n = t->start[TILE_N]; n < end[TILE_N]; n++)
                    if (find_element(c, operand, g, m, k, n, &e) &&
                        !cover->now[element_offset(c, operand, &e)])
                        ck_abort_msg("seed %llu: %s at m %lld k %lld n %lld is not moved",
                                     (unsigned long long)c->seed, OPERAND_NAMES[operand],
                                     (long long)m, (long long)k, (long long)n);
}

/* All that the share needs was moved; results exactly once where no block holds several. */
static void check_all(const struct layout_case *c, enum contraction_operand operand,
                      const struct cover *cover)
{
    int64_t m, k, n;
    contraction_as_product(&c->share.contraction, &m, &k, &n);
    struct step all = {.tile = {{0, 0, 0, 0}, {c->share.contraction.size[DIM_G], m, k, n}}};
    struct cover ever = *cover;
    ever.now = cover->ever;
    check_step(c, operand, &all, &ever);
    const struct layout *layout = &c->site.layout[operand].layout;
    for (int d = 0; d < layout->rank; d++)
        if (layout->block[d] > 1)
            return;
    for (uint64_t i = 0; i < cover->bytes && operand == OPERAND_OUTPUT; i++)
        if (cover->ever[i] > 1)
            ck_abort_msg("seed %llu: byte %llu of the result is written again",
                         (unsigned long long)c->seed, (unsigned long long)i);
}

/* Bytes that the steps move of the operand in whole bursts; negative where it does not lie as
 * tiles find it. */
static double play_operand(const struct layout_case *c, enum contraction_operand operand)
{
    struct cover cover = {.bytes = c->site.layout[operand].form == FORM_NONE
                                       ? 1
                                       : layout_bytes(&c->site.layout[operand].layout)};
    cover.now = calloc(cover.bytes, 1);
    cover.ever = calloc(cover.bytes, 1);
    bool is_found = true;
    for (uint64_t i = 0; i < c->plan.step_count && is_found; i++) {
        struct step step;
        c->core->family->step(c->core, &c->plan, i, &step);
        if (!moves(&step, operand))
            continue;
        is_found = move_tile(c, operand, &step, &cover);
        if (is_found)
            check_step(c, operand, &step, &cover);
    }
    if (is_found)
        check_all(c, operand, &cover);
    free(cover.now);
    free(cover.ever);
    return is_found ? (double)(cover.bursts * BURST) : -1;
}

static const enum storage_kind KINDS[] = {STORAGE_ROW_MAJOR, STORAGE_TILE_PADDED,
                                          STORAGE_CHANNEL_PACKED};

START_TEST(steps_move_what_their_tiles_need)
{
    struct layout_case c;
    if (!layout_case_make(&c, (uint64_t)_i, KINDS[_i % 3], &arena))
        return;
    for (int operand = 0; operand < OPERAND_COUNT; operand++)
        play_operand(&c, (enum contraction_operand)operand);
}
END_TEST

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Tensors are so small that a tile's place is no fair sample: half of the plans are met
 * closely, all of them together within a sixth. */
START_TEST(the_planner_expects_the_bytes_that_steps_move)
{
    double expected = 0, moved = 0, off[SEEDS];
    size_t found = 0;
    for (int i = 0; i < SEEDS; i++) {
        struct layout_case c;
        bool is_whole = layout_case_make(&c, (uint64_t)i, KINDS[_i], &arena);
        double bytes = 0;
        for (int operand = 0; operand < OPERAND_COUNT && is_whole; operand++) {
            double part = play_operand(&c, (enum contraction_operand)operand);
            is_whole = part >= 0;
            bytes += part;
        }
        if (is_whole) {
            off[found++] = fabs(c.plan.estimate_bytes / bytes - 1);
            expected += c.plan.estimate_bytes;
            moved += bytes;
        }
        arena_free(&arena);
        arena_init(&arena);
    }
    ck_assert_uint_gt(found, SEEDS / 2);
    qsort(off, found, sizeof *off, by_value);
    ck_assert_msg(off[found / 2] < 0.03, "median off by %.3f", off[found / 2]);
    ck_assert_msg(fabs(expected / moved - 1) < 1.0 / 6, "expected %.0f, moved %.0f", expected,
                  moved);
}
END_TEST

Suite *layout_steps_suite(void)
{
    Suite *suite = suite_create("layout_steps");
    TCase *cases = tcase_create("laws");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, steps_move_what_their_tiles_need, 0, SEEDS);
    tcase_add_loop_test(cases, the_planner_expects_the_bytes_that_steps_move, 0, 3);
    suite_add_tcase(suite, cases);
    return suite;
}
