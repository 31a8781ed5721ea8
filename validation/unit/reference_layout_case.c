#include "layout_case.h"

#include <check.h>

#include "sim/kernel/random.h"

static int64_t draw(struct random *random, int64_t low, int64_t high)
{
    return low + (int64_t)random_below(random, (uint64_t)(high - low + 1));
}

static struct contraction random_contraction(struct random *r)
{
    struct contraction c = contraction_product(random_chance(r, 1, 4) ? draw(r, 2, 4) : 1,
                                               draw(r, 1, 40), draw(r, 1, 40), draw(r, 1, 40));
    if (random_chance(r, 1, 3)) {
        c.order[OPERAND_INPUT] = (uint8_t)draw(r, 0, 1);
        c.order[OPERAND_WEIGHT] = (uint8_t)draw(r, 0, 1);
        c.is_weight_shared = random_chance(r, 1, 4);
        return c;
    }
    c.size[DIM_N] = draw(r, 1, 3);
    c.size[DIM_C] = draw(r, 1, 12);
    for (int axis = random_chance(r, 1, 4) ? 0 : 1; axis < 3; axis++) {
        c.size[DIM_Z + axis] = draw(r, 1, 6);
        c.size[DIM_T + axis] = draw(r, 1, 3);
        c.stride[axis] = (int32_t)draw(r, 1, 2);
        c.dilation[axis] = (int32_t)draw(r, 1, 2);
        c.pad[axis] = (int32_t)draw(r, 0, 2);
        int64_t reach = (c.size[DIM_Z + axis] - 1) * c.stride[axis] +
                        (c.size[DIM_T + axis] - 1) * c.dilation[axis] + 1;
        c.extent[axis] = reach > c.pad[axis] + 1 ? reach - c.pad[axis] - draw(r, 0, 1) : 1;
    }
    for (int operand = 0; operand < OPERAND_COUNT; operand++)
        c.order[operand] = ORDER_CHANNEL_FIRST;
    return c;
}

static void set_site(struct random *r, struct layout_case *c, enum storage_kind kind)
{
    c->site.scratch_bytes = (uint64_t)256 << draw(r, 0, 5);
    for (int i = 0; i < PRIMITIVE_INPUTS_MAX; i++) {
        c->site.bytes_per_cycle[i] = 4;
        c->site.burst_bytes[i] = LAYOUT_CASE_BURST;
        c->site.input[i] = number_format_integer(true, 8);
        c->site.memory[i] = -1;
    }
    c->site.output_bytes_per_cycle = 4;
    c->site.output_burst_bytes = LAYOUT_CASE_BURST;
    c->site.output = number_format_integer(true, 8);
    c->site.output_memory = -1;
    struct storage storage = {(int32_t)kind, (int32_t)draw(r, 1, 9), (int32_t)draw(r, 1, 9)};
    for (int i = 0; i < OPERAND_COUNT; i++) {
        c->site.layout[i] = operand_layout(&c->whole, (enum contraction_operand)i, storage, 8,
                                           c->site.is_channel_inside);
        if (i == 0)
            c->site.is_channel_inside = operand_is_packed(&c->whole, &c->site.layout[i]);
    }
}

static void random_share(struct random *r, struct layout_case *c)
{
    struct primitive *p = &c->share;
    *p = (struct primitive){.kind = PRIMITIVE_CONTRACTION,
                            .label = "",
                            .repeat = 1,
                            .input_count = 2,
                            .contraction = c->whole,
                            .macs = contraction_macs(&c->whole)};
    for (int i = 0; i < 2; i++)
        p->inputs[i] = (struct primitive_operand){
            NULL, contraction_elements(&c->whole, (enum contraction_operand)i),
            number_format_integer(true, 8)};
    p->output = (struct primitive_operand){
        NULL, contraction_elements(&c->whole, OPERAND_OUTPUT), number_format_integer(true, 8)};
    struct slicing ways[SLICINGS_MAX];
    int count = slice_ways(p, draw(r, 1, 3), ways);
    struct slicing way = ways[draw(r, 0, count - 1)];
    int64_t index = draw(r, 0, way.count - 1);
    c->place = slice_place(p, way, index);
    slice_primitive(p, way, index);
}

bool layout_case_make(struct layout_case *c, uint64_t seed, enum storage_kind kind,
                      struct arena *arena)
{
    static const char *const DATAFLOWS[] = {"ws", "os", "is"};
    struct random r = random_make(seed, "layout");
    *c = (struct layout_case){.seed = seed};
    c->whole = random_contraction(&r);
    random_share(&r, c);
    set_site(&r, c, kind);
    const char *sets[] = {
        arena_format(arena, "core.array.rows=%d", (int)draw(&r, 1, 12)),
        arena_format(arena, "core.array.cols=%d", (int)draw(&r, 1, 12)),
        arena_format(arena, "core.array.dataflow=%s", DATAFLOWS[draw(&r, 0, 2)]),
        arena_format(arena, "core.array.accumulator_rows=%d", (int)draw(&r, 0, 1) * 64),
        random_chance(&r, 1, 4) ? "core.array.groups=packed" : "core.array.groups=apart"};
    struct error err = {0};
    struct chip *chip = chip_load(arena, "edge", sets, sizeof sets / sizeof sets[0], &err);
    ck_assert_msg(chip != NULL, "%s", err.text);
    c->core = &chip->cores[0].core;
    bool is_planned =
        c->core->family->plan(c->core, &c->share, &c->site, NULL, arena, &c->plan, &err);
    c->plan.site = &c->site;
    return is_planned;
}
