#include "reference_space.h"

enum {
    N = 1 << DIM_N,
    K = 1 << DIM_K,
    C = 1 << DIM_C,
    Z = 1 << DIM_Z,
    P = 1 << DIM_P,
    Q = 1 << DIM_Q,
    T = 1 << DIM_T,
    R = 1 << DIM_R,
    S = 1 << DIM_S
};

uint64_t space_draw(uint64_t *state, uint64_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % below;
}

struct contraction square_convolution(int64_t n, int64_t k, int64_t c, int64_t pq, int64_t rs,
                                      int32_t stride)
{
    struct contraction conv = contraction_product(1, 1, 1, 1);
    conv.size[DIM_N] = n;
    conv.size[DIM_K] = k;
    conv.size[DIM_C] = c;
    for (int axis = 1; axis < 3; axis++) {
        conv.size[DIM_Z + axis] = pq;
        conv.size[DIM_T + axis] = rs;
        conv.stride[axis] = stride;
        conv.pad[axis] = (int32_t)(rs / 2);
        conv.extent[axis] = pq * stride;
    }
    return conv;
}

/* Cycles of a weight-stationary array for m rows of inputs: the weights shift in behind the
 * stream of the tile before, so a short stream exposes them; refilling costs the rows. */
static uint64_t pass_cycles(const void *context, const int64_t tile[DIM_COUNT], bool is_still)
{
    const int64_t *rows = context;
    int64_t m = tile[DIM_N] * tile[DIM_Z] * tile[DIM_P] * tile[DIM_Q];
    return (uint64_t)(is_still || m > *rows ? m : *rows);
}

struct space systolic_space(const int64_t *rows)
{
    struct space s = {.level_count = 3, .axis_count = 2};
    s.levels[0] = (struct space_level){.name = "dram", .port_shared = SPACE_ALL};
    for (int o = 0; o < OPERAND_COUNT; o++)
        s.levels[0].read_bytes_per_cycle[o] = 48;
    s.levels[0].write_bytes_per_cycle = 48;
    s.levels[1] = (struct space_level){.name = "ub",
                                       .capacity_bytes = 24u << 20,
                                       .double_buffered = SPACE_INPUT,
                                       .keep_masks = SPACE_KEEP(SPACE_INPUT | SPACE_OUTPUT)};
    s.levels[2] = (struct space_level){.name = "array",
                                       .partition_bytes = {0, 65536 * 2, 4096 * 256 * 4},
                                       .double_buffered = SPACE_WEIGHT,
                                       .keep_masks = SPACE_KEEP(SPACE_WEIGHT | SPACE_OUTPUT),
                                       .holds_partials = true,
                                       .loops = N | Z | P | Q,
                                       .limit_dims = N | Z | P | Q,
                                       .limit = 4096};
    s.axes[0] = (struct space_axis){"rows", 3, *rows, C | T | R | S, 0};
    s.axes[1] = (struct space_axis){"cols", 3, *rows, K, 0};
    s.element_bytes[OPERAND_INPUT] = s.element_bytes[OPERAND_WEIGHT] = 1;
    s.element_bytes[OPERAND_OUTPUT] = 1;
    s.partial_bytes = 4;
    s.cycles = pass_cycles;
    s.context = rows;
    s.cycles_level = 2;
    s.cycles_operand = OPERAND_WEIGHT;
    space_default_costs(&s);
    return s;
}

struct space spatial_space(void)
{
    struct space s = {.level_count = 3, .axis_count = 2};
    s.levels[0] = (struct space_level){.name = "dram",
                                       .holds_partials = true,
                                       .read_bytes_per_cycle = {8, 8, 8},
                                       .write_bytes_per_cycle = 8,
                                       .port_shared = SPACE_ALL};
    s.levels[1] = (struct space_level){.name = "glb",
                                       .capacity_bytes = 128 << 10,
                                       .holds_partials = true,
                                       .keep_masks = SPACE_KEEP(SPACE_INPUT | SPACE_OUTPUT)};
    s.levels[2] = (struct space_level){.name = "pe",
                                       .partition_bytes = {24, 448, 48},
                                       .holds_partials = true,
                                       .keep_masks = SPACE_KEEP(SPACE_ALL)};
    s.axes[0] = (struct space_axis){"rows", 2, 12, C | R | S, 0};
    s.axes[1] = (struct space_axis){"cols", 2, 14, K | P | Q, 0};
    for (int o = 0; o < OPERAND_COUNT; o++)
        s.element_bytes[o] = 2;
    s.partial_bytes = 2;
    space_default_costs(&s);
    return s;
}

struct space random_space(uint64_t *rng)
{
    static const char *const NAMES[] = {"dram", "buf", "pe"};
    struct space s = {.level_count = 2 + (int32_t)space_draw(rng, 2),
                      .axis_count = (int32_t)space_draw(rng, 3)};
    for (int i = 0; i < s.level_count; i++) {
        struct space_level *l = &s.levels[i];
        l->name = NAMES[i];
        l->holds_partials = space_draw(rng, 4) > 0;
        l->port_shared = (uint8_t)space_draw(rng, 8);
        l->keep_masks = (uint8_t)(SPACE_KEEP(SPACE_ALL) | space_draw(rng, 256));
        l->capacity_bytes = i ? 8u << space_draw(rng, i == 1 ? 9 : 6) : 0;
        l->double_buffered = (uint8_t)space_draw(rng, 8);
        if (i == 2 && space_draw(rng, 3) == 0)
            l->partition_bytes[OPERAND_WEIGHT] = 2u << space_draw(rng, 5);
        if (space_draw(rng, 4) == 0)
            l->loops = i ? (uint32_t)space_draw(rng, 1 << DIM_COUNT) : 0;
        for (int o = 0; o < OPERAND_COUNT; o++)
            l->read_bytes_per_cycle[o] = (double)space_draw(rng, 9);
        l->write_bytes_per_cycle = (double)space_draw(rng, 9);
    }
    for (int a = 0; a < s.axis_count; a++)
        s.axes[a] = (struct space_axis){a ? "cols" : "rows", 0, 1 + (int64_t)space_draw(rng, 8),
                                        (uint32_t)space_draw(rng, 1 << DIM_COUNT), 0};
    for (int a = 0; a < s.axis_count; a++)
        s.axes[a].inside = 1 + (int32_t)space_draw(rng, (uint64_t)s.level_count);
    if (s.axis_count == 2 && s.axes[1].inside < s.axes[0].inside)
        s.axes[1].inside = s.axes[0].inside;
    for (int o = 0; o < OPERAND_COUNT; o++)
        s.element_bytes[o] = 1 + (double)space_draw(rng, 2);
    s.partial_bytes = 4;
    if (space_draw(rng, 4) == 0)
        s.home[space_draw(rng, 3)] = 1;
    space_default_costs(&s);
    return s;
}

static void draw_level(uint64_t *rng, struct space_level *l)
{
    for (int o = 0; o < OPERAND_COUNT; o++)
        if (space_draw(rng, 3) == 0)
            l->partition_bytes[o] = 4u << space_draw(rng, 6);
    if (space_draw(rng, 3) == 0) {
        l->read_cost = (double)space_draw(rng, 50);
        l->write_cost = (double)space_draw(rng, 50);
    }
    if (space_draw(rng, 6) == 0)
        l->stationary = (uint8_t)space_draw(rng, 8);
}

struct space wild_space(uint64_t *rng)
{
    enum { ANY = (1 << DIM_COUNT) - 1 };
    struct space s = random_space(rng);
    for (int i = 1; i < s.level_count; i++)
        draw_level(rng, &s.levels[i]);
    for (int a = 0; a < s.axis_count; a++) {
        s.axes[a].dims = space_draw(rng, 2) ? ANY : s.axes[a].dims;
        s.axes[a].cost_per_byte = (double)space_draw(rng, 5);
    }
    for (int o = 0; o < OPERAND_COUNT; o++)
        if (space_draw(rng, 4) == 0) {
            s.density[o] = 0.1 + 0.1 * (double)space_draw(rng, 9);
            s.position_bytes[o] = (double)space_draw(rng, 2);
        }
    s.padded = space_draw(rng, 3) ? 0 : (uint8_t)space_draw(rng, 8);
    s.partial_bytes = 1 + (double)space_draw(rng, 6);
    if (s.level_count == 3 && space_draw(rng, 4) == 0) {
        s.levels[s.level_count++] = s.levels[2];
        s.levels[3].name = "reg";
        s.levels[3].capacity_bytes = 4u << space_draw(rng, 4);
        s.levels[3].keep_masks = (uint8_t)(1u << space_draw(rng, 8) | SPACE_KEEP(SPACE_ALL));
    }
    return s;
}

bool takes_any_tile(const void *context, int level, const int64_t tile[DIM_COUNT])
{
    (void)context, (void)level, (void)tile;
    return true;
}

static uint32_t square_dims(uint32_t dims)
{
    dims &= ~(uint32_t)(Q | S);
    return dims | (dims >> DIM_P & 1) << DIM_Q | (dims >> DIM_R & 1) << DIM_S;
}

void make_square(struct space *space, struct contraction *c)
{
    for (int a = 0; a < space->axis_count; a++)
        space->axes[a].dims = square_dims(space->axes[a].dims);
    for (int i = 0; i < space->level_count; i++)
        space->levels[i].loops = square_dims(space->levels[i].loops);
    c->size[DIM_Q] = c->size[DIM_P];
    c->size[DIM_S] = c->size[DIM_R];
    c->stride[2] = c->stride[1];
    c->extent[2] = c->extent[1];
}

struct contraction random_contraction(uint64_t *rng, bool is_binary)
{
    struct contraction c = contraction_product(1, 1, 1, 1);
    static const uint8_t DIMS[] = {DIM_G, DIM_N, DIM_K, DIM_C, DIM_P, DIM_Q, DIM_R, DIM_S};
    for (int i = 0; i < 4; i++) {
        int d = DIMS[space_draw(rng, sizeof DIMS)];
        int64_t limit = d >= DIM_T ? 4 : 13;
        c.size[d] = is_binary ? (int64_t)1 << space_draw(rng, d >= DIM_T ? 2 : 4)
                              : 1 + (int64_t)space_draw(rng, (uint64_t)limit);
    }
    c.is_weight_shared = space_draw(rng, 4) == 0;
    for (int axis = 1; axis < 3; axis++) {
        c.stride[axis] = 1 + (int32_t)space_draw(rng, 2);
        c.extent[axis] = (c.size[DIM_Z + axis] - 1) * c.stride[axis] + c.size[DIM_T + axis];
    }
    return c;
}
