/* How equal members of a core share a primitive. Every way to cut it is planned for its largest
 * share, with each member's part of scratch and bandwidth, and the one that is estimated to
 * finish first is taken: where memory is the limit, fewer members that fetch a shared operand
 * less often win. */
#include "arch/chip/place.h"

static struct site part_of_site(const struct site *site, int64_t members)
{
    struct site part = *site;
    part.scratch_bytes /= (uint64_t)members;
    for (int i = 0; i < PRIMITIVE_INPUTS_MAX; i++)
        part.bytes_per_cycle[i] /= (double)members;
    part.output_bytes_per_cycle /= (double)members;
    return part;
}

enum { STEPS_LOOKED_AT = 256 };

/* Where the family has no estimate of its own: the steps' work, or the time that their bytes
 * take on this member's part of the memory, whichever is longer. Of many steps every n-th is
 * asked. */
static double estimate_steps(const struct core *core, const struct plan *plan,
                             const struct site *site)
{
    double busy = 0, memory = 0;
    uint64_t stride = plan->step_count / STEPS_LOOKED_AT + 1, asked = 0;
    for (uint64_t i = 0; i < plan->step_count; i += stride, asked++) {
        struct step step;
        core->family->step(core, plan, i, &step);
        busy += (double)(cycle_account_total(&step.busy) + step.setup_cycles);
        for (int load = 0; load < PRIMITIVE_INPUTS_MAX; load++)
            if (step.load_bytes[load])
                memory += (double)step.load_bytes[load] / site->bytes_per_cycle[load];
        if (step.store_bytes)
            memory += (double)step.store_bytes / site->output_bytes_per_cycle;
    }
    double longer = busy > memory ? busy : memory;
    return longer * (double)plan->step_count / (double)asked;
}

/* Core cycles of the largest share; negative where it has no plan. */
static double judge(struct chip *chip, struct plan_cache *plans, int32_t core,
                    const struct primitive *primitive, const struct nest *pinned,
                    const struct sharing *sharing, struct error *err)
{
    const struct core *unit = &chip->cores[core].core;
    struct primitive share = *primitive;
    slice_primitive(&share, sharing->slicing, 0);
    const struct plan *plan =
        plan_cache_first(plans, chip, core, &share, &sharing->site, pinned, err);
    if (!plan)
        return -1;
    if (plan->estimate_cycles > 0)
        return plan->estimate_cycles;
    return estimate_steps(unit, plan, &sharing->site);
}

bool share_primitive(struct chip *chip, struct plan_cache *plans, int32_t core,
                     const struct primitive *primitive, const struct site *site,
                     const struct nest *pinned, struct sharing *sharing, struct error *err)
{
    struct slicing ways[SLICINGS_MAX];
    int count = slice_ways(primitive, chip->cores[core].core.count, ways);
    double best = -1;
    for (int i = 0; i < count; i++) {
        struct sharing tried = {ways[i], part_of_site(site, ways[i].count)};
        if (count == 1) {
            *sharing = tried;
            return true; /* planning it says whether it fits */
        }
        double cycles = judge(chip, plans, core, primitive, pinned, &tried, err);
        if (cycles < 0 && i < count - 1)
            *err = (struct error){0}; /* fewer members have more room */
        else if (cycles >= 0 && (best < 0 || cycles < best)) {
            best = cycles;
            *sharing = tried;
        }
        if (cycles >= 0 && (pinned || primitive->kind != PRIMITIVE_CONTRACTION))
            break;
    }
    if (best >= 0)
        *err = (struct error){0};
    return best >= 0;
}
