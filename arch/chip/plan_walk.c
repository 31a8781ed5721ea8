/* The plan that the player would use, walked step by step with tiles fetched ahead as far as
 * their rooms allow, over one memory. Not the event simulation, but the same plan, the same
 * bytes, the same waits for tiles; nobody else asks the memory. */
#include "arch/chip/plan_walk.h"

#include <math.h>
#include <string.h>

enum { STEPS_WALKED = 4096 };

enum { TILES_AHEAD = 64, GAPS = 8 };

/* Of one load: when the steps began that took its last tiles. */
struct walk_load {
    double begins[TILES_AHEAD];
    uint64_t count;
};

/* When the memory had nothing to do. */
struct walk_gap {
    double begin, end;
};

/* Core cycles and bytes of main memory. */
struct walk {
    const struct plan *plan;
    const struct site *site;
    uint32_t early; /* loads whose first tiles are there when the walk begins: a bit each */
    double core_free, memory_free;
    struct walk_gap gaps[GAPS]; /* the last ones, oldest first */
    int32_t gap_count;
    double store_done[2]; /* of the two stores before */
    struct walk_load loads[PRIMITIVE_INPUTS_MAX];
    double last_fetch; /* when the last step began that took a new tile */
    uint64_t bytes;
    double scattered; /* bytes that move for each that the steps ask for, as operands lie */
};

static double later(double a, double b)
{
    return a > b ? a : b;
}

static uint64_t whole_bursts(uint64_t bytes, uint64_t burst)
{
    return burst > 1 ? (bytes + burst - 1) / burst * burst : bytes;
}

/* Tiles of a load that may be there at once, the one in use included. */
static uint64_t tiles_of(const struct plan *plan, int load, uint64_t bytes)
{
    uint64_t tiles = plan->load_room[load] / bytes;
    return tiles < 2 ? 2 : tiles < TILES_AHEAD ? tiles : TILES_AHEAD;
}

static void note_gap(struct walk *walk, double end)
{
    if (walk->gap_count == GAPS)
        memmove(walk->gaps, walk->gaps + 1, (size_t)--walk->gap_count * sizeof walk->gaps[0]);
    walk->gaps[walk->gap_count++] = (struct walk_gap){walk->memory_free, end};
}

/* When the memory is done with what it may begin at `earliest`. Operands are fetched apart: one
 * that waits for room leaves the memory to the others, and bursts interleave. */
static double serve(struct walk *walk, double earliest, double cycles)
{
    for (int32_t i = 0; i < walk->gap_count; i++) {
        struct walk_gap *gap = &walk->gaps[i];
        double begin = later(gap->begin, earliest);
        if (begin >= gap->end)
            continue;
        if (cycles <= gap->end - begin) {
            gap->begin = begin + cycles;
            return gap->begin;
        }
        cycles -= gap->end - begin;
        gap->end = begin;
    }
    if (earliest > walk->memory_free) {
        note_gap(walk, earliest);
        walk->memory_free = earliest;
    }
    walk->memory_free += cycles;
    return walk->memory_free;
}

/* When the tile is there; it leaves as soon as there is room for it and the memory is free. */
static double load_tile(struct walk *walk, int load, uint64_t bytes)
{
    const struct site *site = walk->site;
    struct walk_load *past = &walk->loads[load];
    uint64_t moved = whole_bursts(bytes, site->burst_bytes[load]), number = past->count;
    walk->bytes += moved;
    double cycles = (double)moved * walk->scattered / site->bytes_per_cycle[load];
    uint64_t tiles = tiles_of(walk->plan, load, bytes);
    if (number + 1 < tiles && walk->early >> load & 1)
        return 0;
    double earliest =
        number + 1 >= tiles ? past->begins[(number + 1 - tiles) % TILES_AHEAD] : 0;
    return serve(walk, earliest, cycles) + site->latency_cycles[load];
}

static void store_tile(struct walk *walk, uint64_t bytes)
{
    uint64_t moved = whole_bursts(bytes, walk->site->output_burst_bytes);
    double cycles = (double)moved * walk->scattered / walk->site->output_bytes_per_cycle;
    walk->store_done[0] = walk->store_done[1];
    walk->store_done[1] = later(serve(walk, walk->core_free, cycles), walk->store_done[0]);
    walk->bytes += moved;
}

/* The loads of a step leave: returns when all of them are there. */
static double fetch_step(struct walk *walk, const struct step *step)
{
    double there = 0;
    for (int i = 0; i < PRIMITIVE_INPUTS_MAX; i++) {
        if (!step->load_bytes[i])
            continue;
        double arrival = load_tile(walk, i, step->load_bytes[i]);
        if ((uint32_t)i == step->setup_load)
            arrival += (double)step->setup_cycles;
        there = later(there, arrival);
    }
    return there;
}

static double begin_step(struct walk *walk, const struct step *step, double there)
{
    double begin = later(walk->core_free, there);
    bool is_fetching = false;
    if (step->store_bytes)
        begin = later(begin, walk->store_done[0]);
    for (int i = 0; i < PRIMITIVE_INPUTS_MAX; i++)
        if (step->load_bytes[i]) {
            struct walk_load *load = &walk->loads[i];
            load->begins[load->count++ % TILES_AHEAD] = begin;
            is_fetching = true;
        }
    walk->last_fetch = is_fetching ? begin : walk->last_fetch;
    return begin;
}

/* Of many steps every n-th stands for its neighbours. */
static double walk_steps(const struct core *core, struct walk *walk)
{
    const struct plan *plan = walk->plan;
    uint64_t stride = plan->step_count / STEPS_WALKED + 1, walked = 0;
    struct step steps[2];
    core->family->step(core, plan, 0, &steps[0]);
    double there = fetch_step(walk, &steps[0]);
    for (uint64_t i = 0; i < plan->step_count; i += stride, walked++) {
        const struct step *step = &steps[walked % 2];
        struct step *next = &steps[(walked + 1) % 2];
        double begin = begin_step(walk, step, there);
        if (i + stride < plan->step_count) { /* its tiles are asked for before this one ends */
            core->family->step(core, plan, i + stride, next);
            there = fetch_step(walk, next);
        }
        walk->core_free = begin + (double)cycle_account_total(&step->busy);
        if (step->store_bytes)
            store_tile(walk, step->store_bytes);
    }
    double scale = walked ? (double)plan->step_count / (double)walked : 0;
    double end = later(walk->core_free, walk->store_done[1]);
    walk->bytes = (uint64_t)((double)walk->bytes * scale);
    walk->last_fetch = end - later(walk->last_fetch, walk->memory_free);
    return end * scale / ratio_value(core->clock);
}

static double walk_with(const struct core *core, struct walk *walk, uint32_t early,
                        double scattered)
{
    *walk = (struct walk){
        .plan = walk->plan, .site = walk->site, .early = early, .scattered = scattered};
    return walk_steps(core, walk);
}

struct walk_cost plan_walk(const struct core *core, const struct plan *plan,
                           const struct site *site, uint32_t given)
{
    struct walk walk = {.plan = plan, .site = site};
    struct walk_cost cost = {.seconds = walk_with(core, &walk, 0, 1), .bytes = walk.bytes};
    double scattered = 1;
    if (plan->estimate_bytes > 0 && walk.bytes)
        scattered = plan->estimate_bytes / (double)walk.bytes;
    if (fabs(scattered - 1) > 1e-3) {
        cost.seconds = walk_with(core, &walk, 0, scattered);
        cost.bytes = (uint64_t)plan->estimate_bytes;
    }
    cost.relative = plan->estimate_cost +
                    ((double)cost.bytes - (double)plan->memory_bytes) / 2 * core->costs.memory;
    cost.slack_seconds = later(walk.last_fetch, 0) / ratio_value(core->clock);
    double seconds = given ? walk_with(core, &walk, given, scattered) : cost.seconds;
    cost.lead_seconds = later(cost.seconds - seconds, 0);
    return cost;
}
