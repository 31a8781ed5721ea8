/* How equal members of a core share a primitive. Every way to cut it is planned for its largest
 * share, with each member's part of scratch and bandwidth, and the one that finishes first when
 * it is walked is taken: where memory is the limit, fewer members that fetch a shared operand
 * less often win. */
#include "arch/chip/place.h"
#include "arch/chip/plan_walk.h"

static struct site part_of_site(const struct site *site, int64_t members)
{
    struct site part = *site;
    part.scratch_bytes /= (uint64_t)members;
    for (int i = 0; i < PRIMITIVE_INPUTS_MAX; i++)
        part.bytes_per_cycle[i] /= (double)members;
    part.output_bytes_per_cycle /= (double)members;
    return part;
}

/* Seconds of the largest share; negative where it has no plan. */
static double judge(struct chip *chip, struct plan_cache *plans, int32_t core,
                    const struct primitive *primitive, const struct nest *pinned,
                    const struct sharing *sharing, struct error *err)
{
    struct primitive share = *primitive;
    slice_primitive(&share, sharing->slicing, 0);
    const struct plan *plan =
        plan_cache_first(plans, chip, core, &share, &sharing->site, pinned, err);
    return plan ? plan_walk(&chip->cores[core].core, plan, &sharing->site, 0).seconds : -1;
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
        double seconds = judge(chip, plans, core, primitive, pinned, &tried, err);
        if (seconds < 0 && i < count - 1)
            *err = (struct error){0}; /* fewer members have more room */
        else if (seconds >= 0 && (best < 0 || seconds < best)) {
            best = seconds;
            *sharing = tried;
        }
        if (seconds >= 0 && (pinned || primitive->kind != PRIMITIVE_CONTRACTION))
            break;
    }
    if (best >= 0)
        *err = (struct error){0};
    return best >= 0;
}
