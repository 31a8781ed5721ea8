#include "arch/mapping/space.h"

#include <gsl/gsl_cdf.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

const char *const SPACE_TEMPLATES[4] = {"ws", "os", "is", "rs"};

const struct relative_costs RELATIVE_COSTS = {1, 1, 2, 6, 200};

void space_set_costs(struct space *space, const struct relative_costs *costs)
{
    const double access_bytes = 2;
    int innermost = space->level_count - 1;
    bool is_register = false;
    for (int i = 0; i < space->axis_count; i++) {
        space->axes[i].cost_per_byte = costs->network / access_bytes;
        is_register = is_register || space->axes[i].inside == innermost;
    }
    for (int i = 0; i <= innermost; i++) {
        double access = i == 0                          ? costs->memory
                        : i == innermost && is_register ? costs->register_access
                                                        : costs->buffer;
        space->levels[i].read_cost = space->levels[i].write_cost = access / access_bytes;
    }
    space->mac_cost = costs->mac;
}

void space_default_costs(struct space *space)
{
    space_set_costs(space, &RELATIVE_COSTS);
}

static bool check_axes(const struct space *space, struct error *err)
{
    for (int i = 0; i < space->axis_count; i++) {
        const struct space_axis *axis = &space->axes[i];
        if (axis->inside < 1 || axis->inside > space->level_count || axis->fanout < 1)
            return error_set(err,
                             "mapper: axis '%s' stands inside level %d with %" PRId64
                             " instances, must be 1 to %d and at least 1",
                             axis->name, (int)axis->inside, axis->fanout,
                             (int)space->level_count);
        if (i > 0 && axis->inside < space->axes[i - 1].inside)
            return error_set(err,
                             "mapper: axis '%s' is listed inside '%s' but stands outside it",
                             axis->name, space->axes[i - 1].name);
    }
    return true;
}

bool space_check(const struct space *space, struct error *err)
{
    if (space->level_count < 1 || space->level_count > SPACE_LEVELS_MAX ||
        space->axis_count < 0 || space->axis_count > SPACE_AXES_MAX)
        return error_set(err, "mapper: %d levels and %d axes, must be 1 to %d and 0 to %d",
                         (int)space->level_count, (int)space->axis_count, SPACE_LEVELS_MAX,
                         SPACE_AXES_MAX);
    for (int i = 1; i < space->level_count; i++)
        if (!space->levels[i].keep_masks)
            return error_set(err, "mapper: level '%s' permits no set of kept operands",
                             space->levels[i].name);
    for (int o = 0; o < OPERAND_COUNT; o++)
        if (space->element_bytes[o] <= 0 || space->home[o] < 0 ||
            space->home[o] >= space->level_count)
            return error_set(err, "mapper: the %s has no size or rests nowhere",
                             OPERAND_NAMES[o]);
    if (space->cycles && (space->cycles_level < 1 || space->cycles_level >= space->level_count))
        return error_set(err, "mapper: cycles are stated for level %d, must be 1 to %d",
                         (int)space->cycles_level, (int)space->level_count - 1);
    return check_axes(space, err);
}

static bool reaches(uint64_t population, uint64_t marked, uint64_t draws, uint64_t count,
                    double quantile)
{
    return gsl_cdf_hypergeometric_P((unsigned)count, (unsigned)marked,
                                    (unsigned)(population - marked),
                                    (unsigned)draws) >= quantile;
}

uint64_t space_occupancy(uint64_t population, uint64_t marked, uint64_t draws, double quantile)
{
    if (draws >= population || marked == 0)
        return marked;
    double share = (double)marked / (double)population, n = (double)draws;
    double sigma = sqrt(n * share * (1 - share) * (double)(population - draws) /
                        (double)(population > 1 ? population - 1 : 1));
    double limit = ceil(n * share + sigma * gsl_cdf_ugaussian_Pinv(quantile) + 0.5);
    uint64_t most = draws < marked ? draws : marked;
    if (draws >= 4096 || population >= UINT32_MAX)
        return limit < 0 ? 0 : limit > (double)most ? most : (uint64_t)limit;
    /* The smallest count whose cumulative probability suffices, searched outwards from the
     * normal limit. */
    uint64_t low = 0, high = limit < 0 ? 0 : limit > (double)most ? most : (uint64_t)limit;
    for (uint64_t step = 1; high < most && !reaches(population, marked, draws, high, quantile);
         step *= 2) {
        low = high + 1;
        high = most - high > step ? high + step : most;
    }
    for (uint64_t step = 1; low < high; step *= 2) {
        uint64_t below = high - low > step ? high - step : low;
        if (!reaches(population, marked, draws, below, quantile)) {
            low = below + 1;
            break;
        }
        high = below;
    }
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (reaches(population, marked, draws, middle, quantile))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

uint64_t space_bytes(const struct space *space, const struct contraction *c, int level,
                     enum contraction_operand operand, uint64_t elements)
{
    double bytes = operand == OPERAND_OUTPUT && level > 0 && space->levels[level].holds_partials
                       ? space->partial_bytes
                       : space->element_bytes[operand];
    double density = space->density[operand];
    if (density > 0 && density < 1) {
        uint64_t population = contraction_elements(c, operand);
        uint64_t marked = (uint64_t)llround(density * (double)population);
        elements = space_occupancy(population, marked, elements,
                                   space->fit_quantile > 0 ? space->fit_quantile : 0.999);
        bytes += space->position_bytes[operand];
    }
    return (uint64_t)ceil((double)elements * bytes);
}

/* The innermost memory that can keep the operand. */
static int innermost_keeper(const struct space *space, enum contraction_operand operand)
{
    for (int i = space->level_count - 1; i > 0; i--)
        for (unsigned mask = 0; mask < 8; mask++)
            if ((space->levels[i].keep_masks >> mask & 1) && (mask >> operand & 1))
                return i;
    return 0;
}

static bool restrict_rows(struct space *space, struct error *err)
{
    enum { R = 1 << DIM_R, P = 1 << DIM_P, S = 1 << DIM_S, ANY = (1 << DIM_COUNT) - 1 };
    if (space->axis_count < 2)
        return error_set(err, "mapper: row stationary needs two axes, the core has %d",
                         (int)space->axis_count);
    struct space_axis *rows = &space->axes[space->axis_count - 2];
    struct space_axis *columns = &space->axes[space->axis_count - 1];
    if (!(rows->dims & R) || !(columns->dims & P))
        return error_set(err,
                         "mapper: row stationary unrolls R along '%s' and P along '%s', which "
                         "the core does not allow",
                         rows->name, columns->name);
    /* What is left of an axis takes more filters (rows) and more filters (columns). */
    rows->dims &= R | 1u << DIM_C | 1u << DIM_K;
    columns->dims &= P | 1u << DIM_K | 1u << DIM_C;
    for (int i = 0; i < space->level_count; i++) {
        uint32_t all = space->levels[i].loops ? space->levels[i].loops : ANY;
        bool is_inside = i == space->level_count - 1;
        space->levels[i].loops = all & ~(uint32_t)(is_inside ? R : S | R);
    }
    return true;
}

bool space_restrict(struct space *space, const char *name, struct error *err)
{
    static const enum contraction_operand STILL[] = {OPERAND_WEIGHT, OPERAND_OUTPUT,
                                                     OPERAND_INPUT};
    if (strcmp(name, "rs") == 0)
        return restrict_rows(space, err);
    for (int t = 0; t < 3; t++) {
        if (strcmp(name, SPACE_TEMPLATES[t]) != 0)
            continue;
        /* The loops that stand outside the keeper leave its tile still. */
        int keeper = innermost_keeper(space, STILL[t]);
        for (int i = 0; i < (keeper ? keeper : 1); i++)
            space->levels[i].stationary = (uint8_t)(1u << STILL[t]);
        return true;
    }
    return error_set(err, "mapper: no template '%s'; there are ws, os, is, rs", name);
}
