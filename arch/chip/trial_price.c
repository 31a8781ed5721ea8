/* What a primitive costs where its operands rest: the plan that the player would use, walked
 * step by step with tiles fetched one ahead over one memory. Not the event simulation, but the
 * same plan, the same bytes, the same waits for tiles; nobody else asks the memory. */
#include <string.h>

#include "arch/chip/trial.h"

enum { PRICE_ENTRIES = 16384, STEPS_WALKED = 4096 };

struct price_entry {
    struct digest digest;
    struct trial_cost cost;
    bool is_planned, is_used;
};

void trial_prices_init(struct trial_prices *prices, struct arena *arena)
{
    plan_cache_init(&prices->plans);
    prices->entries = arena_array(arena, PRICE_ENTRIES, sizeof *prices->entries);
}

void trial_prices_free(struct trial_prices *prices)
{
    plan_cache_free(&prices->plans);
}

enum { TILES_AHEAD = 64 };

/* Of one load: when the steps began that took its last tiles. */
struct walk_load {
    double begins[TILES_AHEAD];
    uint64_t count;
};

/* Core cycles and bytes of main memory. */
struct walk {
    const struct plan *plan;
    const struct site *site;
    uint32_t early; /* loads whose first tile is there when the walk begins: a bit each */
    double core_free, memory_free;
    double store_done[2]; /* of the two stores before */
    struct walk_load loads[PRIMITIVE_INPUTS_MAX];
    double last_fetch; /* when the last step began that took a new tile */
    uint64_t bytes;
};

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

/* When the tile is there; it leaves as soon as there is room for it and the memory is free. */
static double load_tile(struct walk *walk, int load, uint64_t bytes)
{
    const struct site *site = walk->site;
    struct walk_load *past = &walk->loads[load];
    uint64_t moved = whole_bursts(bytes, site->burst_bytes[load]), number = past->count;
    walk->bytes += moved;
    if (number == 0 && walk->early >> load & 1)
        return 0;
    uint64_t tiles = tiles_of(walk->plan, load, bytes);
    double begin = walk->memory_free;
    if (number + 1 >= tiles && past->begins[(number + 1 - tiles) % TILES_AHEAD] > begin)
        begin = past->begins[(number + 1 - tiles) % TILES_AHEAD];
    walk->memory_free = begin + (double)moved / site->bytes_per_cycle[load];
    return walk->memory_free + site->latency_cycles[load];
}

static double later(double a, double b)
{
    return a > b ? a : b;
}

static void store_tile(struct walk *walk, uint64_t bytes)
{
    uint64_t moved = whole_bursts(bytes, walk->site->output_burst_bytes);
    walk->memory_free = later(walk->memory_free, walk->core_free) +
                        (double)moved / walk->site->output_bytes_per_cycle;
    walk->store_done[0] = walk->store_done[1];
    walk->store_done[1] = walk->memory_free;
    walk->bytes += moved;
}

static void walk_step(struct walk *walk, const struct step *step)
{
    double begin = walk->core_free;
    bool is_fetching = false;
    for (int i = 0; i < PRIMITIVE_INPUTS_MAX; i++) {
        if (!step->load_bytes[i])
            continue;
        double arrival = load_tile(walk, i, step->load_bytes[i]);
        if ((uint32_t)i == step->setup_load)
            arrival += (double)step->setup_cycles;
        begin = later(begin, arrival);
        is_fetching = true;
    }
    if (step->store_bytes)
        begin = later(begin, walk->store_done[0]);
    for (int i = 0; i < PRIMITIVE_INPUTS_MAX; i++)
        if (step->load_bytes[i]) {
            struct walk_load *load = &walk->loads[i];
            load->begins[load->count++ % TILES_AHEAD] = begin;
        }
    walk->last_fetch = is_fetching ? begin : walk->last_fetch;
    walk->core_free = begin + (double)cycle_account_total(&step->busy);
    if (step->store_bytes)
        store_tile(walk, step->store_bytes);
}

/* Of many steps every n-th stands for its neighbours. */
static double walk_plan(const struct core *core, struct walk *walk)
{
    const struct plan *plan = walk->plan;
    uint64_t stride = plan->step_count / STEPS_WALKED + 1, walked = 0;
    for (uint64_t i = 0; i < plan->step_count; i += stride, walked++) {
        struct step step;
        core->family->step(core, plan, i, &step);
        walk_step(walk, &step);
    }
    double scale = walked ? (double)plan->step_count / (double)walked : 0;
    double end = later(walk->core_free, walk->store_done[1]);
    walk->bytes = (uint64_t)((double)walk->bytes * scale);
    walk->last_fetch = end - later(walk->last_fetch, walk->memory_free);
    return end * scale / ratio_value(core->clock);
}

/* Twice: with the first tiles of what is given still to be fetched, and with them there. */
static struct trial_cost price_plan(const struct core *core, const struct plan *plan,
                                    const struct site *site, uint32_t given)
{
    struct walk walk = {.plan = plan, .site = site};
    struct trial_cost cost = {.seconds = walk_plan(core, &walk), .bytes = walk.bytes};
    cost.slack_seconds = later(walk.last_fetch, 0) / ratio_value(core->clock);
    struct walk early = {.plan = plan, .site = site, .early = given};
    double seconds = given ? walk_plan(core, &early) : cost.seconds;
    cost.lead_seconds = later(cost.seconds - seconds, 0);
    return cost;
}

static bool ask(struct trial_prices *prices, struct chip *chip, int32_t core,
                const struct primitive *primitive, const struct site *site, uint32_t given,
                struct trial_cost *cost)
{
    const struct core *unit = &chip->cores[core].core;
    struct sharing sharing;
    struct error err = {0};
    if (plan_cache_is_full(&prices->plans))
        plan_cache_clear(&prices->plans);
    if (!share_primitive(chip, &prices->plans, core, primitive, site, NULL, &sharing, &err))
        return false;
    *cost = (struct trial_cost){0};
    int64_t count = sharing.slicing.count, last = count > 2 ? count - 1 : 1;
    for (int64_t i = 0; i < count; i = i ? i + 1 : last) {
        struct primitive share = *primitive;
        slice_primitive(&share, sharing.slicing, i);
        const struct plan *plan =
            plan_cache_get(&prices->plans, chip, core, &share, &sharing.site, NULL, &err);
        if (!plan)
            return false;
        struct trial_cost one = price_plan(unit, plan, &sharing.site, given);
        /* All shares but the last are equal, and the first takes longest. */
        if (one.seconds > cost->seconds) {
            uint64_t bytes = cost->bytes;
            *cost = one;
            cost->bytes = bytes;
        }
        cost->bytes += one.bytes * (uint64_t)(i == 0 && count > 1 ? count - 1 : 1);
    }
    cost->seconds *= (double)primitive->repeat;
    cost->bytes *= primitive->repeat;
    return true;
}

bool trial_price(struct trial_prices *prices, const struct player *player, int32_t core,
                 const struct primitive *primitive, uint64_t known, const struct site *site,
                 uint32_t given, struct trial_cost *cost)
{
    struct digest digest = {known, (uint64_t)core << 32 | given};
    digest_bytes(&digest, site, sizeof *site);
    struct price_entry *entry = &prices->entries[digest.a % PRICE_ENTRIES];
    if (!entry->is_used || entry->digest.a != digest.a || entry->digest.b != digest.b) {
        *entry = (struct price_entry){.digest = digest, .is_used = true};
        entry->is_planned =
            ask(prices, player->chip, core, primitive, site, given, &entry->cost);
    }
    *cost = entry->cost;
    return entry->is_planned;
}
