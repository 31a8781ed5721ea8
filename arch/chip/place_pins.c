/* Nests that the user pins, and whom to blame where one does not fit. */
#include "arch/chip/place.h"

const struct nest *place_find_pinned(const struct player *player, const char *name,
                                     int32_t core, int32_t part,
                                     const struct primitive *primitive, struct error *err)
{
    if (!player->pins || primitive->kind != PRIMITIVE_CONTRACTION)
        return NULL;
    struct contraction view = primitive->contraction;
    const struct core *unit = &player->chip->cores[core].core;
    if (unit->family->product)
        view = unit->family->product(unit, &primitive->contraction);
    const struct nest *pinned = player->pins->find(player->pins, name, part, &view, err);
    if (pinned && !unit->family->product)
        error_set(err,
                  "%sa core of family %s makes its own loops and takes no nest; leave the "
                  "operator out of the mapping file",
                  unit->place, unit->family->name);
    return pinned;
}

bool place_blame(struct player *player, const struct job *job, const struct nest *pinned,
                 int32_t part)
{
    struct error why = *player->err;
    if (pinned && player->pins->blame)
        player->pins->blame(player->pins, job->name, part, player->err);
    else {
        *player->err = (struct error){0};
        error_set(player->err, "operator '%s': %s", job->name, why.text);
    }
    return false;
}
