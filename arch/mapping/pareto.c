#include <stdlib.h>

#include "arch/mapping/search.h"

static bool is_dominated(const struct search_candidate *one, const struct search_candidate *by)
{
    return by->estimate.cycles <= one->estimate.cycles &&
           by->estimate.cost <= one->estimate.cost &&
           by->estimate.resident_bytes <= one->estimate.resident_bytes;
}

static int32_t add_to_pareto(struct search_candidate *set, int32_t count,
                             const struct search_candidate *one)
{
    for (int32_t i = 0; i < count; i++)
        if (is_dominated(one, &set[i]))
            return count;
    int32_t kept = 0;
    for (int32_t i = 0; i < count; i++)
        if (!is_dominated(&set[i], one))
            set[kept++] = set[i];
    if (kept < SEARCH_PARETO_MAX)
        set[kept++] = *one;
    return kept;
}

static int compare_residence(const void *a, const void *b)
{
    const struct search_candidate *left = a, *right = b;
    uint64_t l = left->estimate.resident_bytes, r = right->estimate.resident_bytes;
    return l > r ? -1 : l < r;
}

int32_t search_pareto(const struct space *space, const struct contraction *c,
                      const struct search_options *options,
                      struct search_candidate out[SEARCH_PARETO_MAX], struct error *err)
{
    struct space shrunk = *space;
    struct search_result result;
    int32_t count = 0;
    if (!search_best(space, c, options, &result, err))
        return 0;
    for (int step = 1; step <= 10; step++) {
        for (int i = 0; i < result.count; i++)
            count = add_to_pareto(out, count, &result.best[i]);
        /* 1, 3/4, 1/2, 3/8, 1/4, ... of the room, or of what the whole problem filled. */
        uint64_t used = result.best[0].estimate.resident_bytes;
        uint64_t room = (step % 2 ? space->levels[1].capacity_bytes / 4 * 3
                                  : space->levels[1].capacity_bytes) >>
                        (step / 2);
        if (space->level_count < 2 || room == 0)
            break;
        if (room >= used)
            continue;
        shrunk.levels[1].capacity_bytes = room;
        struct error too_small = {0};
        if (!search_best(&shrunk, c, options, &result, &too_small))
            break;
    }
    qsort(out, (size_t)count, sizeof out[0], compare_residence);
    return count;
}
