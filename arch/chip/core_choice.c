/* Which core takes a primitive: the one that would finish it first by its lower bound. */
#include "arch/chip/place.h"

static bool supports(const struct chip *chip, int32_t core, const struct primitive *primitive)
{
    const struct core *unit = &chip->cores[core].core;
    return !chip->cores[core].is_host && chip->cores[core].takes & 1u << primitive->kind &&
           unit->family->supports(unit, primitive);
}

static double bound_seconds(const struct chip *chip, int32_t core,
                            const struct primitive *primitive)
{
    const struct core *unit = &chip->cores[core].core;
    return (double)unit->family->bound(unit, primitive) / ratio_value(unit->clock);
}

/* Ties by core order. The unit of last resort takes what no other core supports. */
int32_t core_choose(const struct chip *chip, double *backlog, const struct primitive *primitive)
{
    int32_t best = chip->last_resort;
    double best_finish = 0;
    bool is_found = false;
    for (int32_t i = 0; i < chip->core_count; i++) {
        if (!supports(chip, i, primitive))
            continue;
        double finish = backlog[i] + bound_seconds(chip, i, primitive);
        if (!is_found || finish < best_finish) {
            is_found = true;
            best = i;
            best_finish = finish;
        }
    }
    if (is_found)
        backlog[best] = best_finish;
    return best;
}

int32_t core_fastest(const struct chip *chip, const struct primitive *primitive)
{
    int32_t best = chip->last_resort;
    double best_seconds = 0;
    bool is_found = false;
    for (int32_t i = 0; i < chip->core_count; i++) {
        if (!supports(chip, i, primitive))
            continue;
        double seconds = bound_seconds(chip, i, primitive);
        if (!is_found || seconds < best_seconds) {
            is_found = true;
            best = i;
            best_seconds = seconds;
        }
    }
    return best;
}

bool core_is_fallback(const struct chip *chip, int32_t core, const struct primitive *primitive)
{
    bool is_product = primitive->kind == PRIMITIVE_CONTRACTION ||
                      primitive->kind == PRIMITIVE_SPARSE_CONTRACTION;
    return chip->cores[core].is_host || (core == chip->last_resort && is_product);
}

void core_list(const struct player *player, const struct primitive *primitive, int32_t chosen,
               struct placed_part *part)
{
    const struct chip *chip = player->chip;
    *part = (struct placed_part){.kind = PRIMITIVE_NAMES[primitive->kind], .chosen = -1};
    for (int32_t i = 0; i < chip->core_count; i++) {
        if (!supports(chip, i, primitive))
            continue;
        /* The chosen one's backlog has the primitive in it already. */
        double seconds = bound_seconds(chip, i, primitive);
        double behind = i == chosen ? 0 : seconds;
        if (i == chosen)
            part->chosen = part->core_count;
        part->cores[part->core_count++] = (struct placed_core){
            chip->cores[i].core.name, seconds, player->backlog[i] + behind};
    }
}
