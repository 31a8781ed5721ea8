/* Inside placing: steps that its files share. Private to arch/chip. */
#ifndef ARCH_CHIP_PLACE_H
#define ARCH_CHIP_PLACE_H

#include "arch/chip/play_state.h"
#include "arch/chip/slice.h"

/* place.c: where a tensor is that an operator reads; a job keeps what it looks at. */
struct held *place_input(struct player *player, const struct tensor *tensor);
void place_pin(struct job *job, struct held *held);

/* core_choice.c: earliest finish by bound, in seconds; the work is added to that core's. */
int32_t core_choose(struct player *player, const struct primitive *primitive);
/* The shortest bound, in seconds, whatever else waits there. */
int32_t core_fastest(const struct chip *chip, const struct primitive *primitive);
bool core_is_fallback(const struct chip *chip, int32_t core, const struct primitive *primitive);
/* Who could have taken it, after it was given to `chosen`. */
void core_list(const struct player *player, const struct primitive *primitive, int32_t chosen,
               struct placed_part *part);

/* place_report.c: tells the observer what was decided, where it wants to know. `parts` has
 * room for all of the operator's primitives, or is NULL where nobody wants to know. */
void place_report(struct player *player, const struct operator* op, const struct job *job,
                  const struct placed_part *parts, uint32_t part_count);

/* fuse.c: the job before this one, when its results can be worked on as they leave the core;
 * `passed` is what it hands on. Fusing fails, with a sentence, only where its lanes have no
 * plan. */
struct job *fuse_find(struct player *player, const struct operator* op,
                      const struct primitive_list *list, struct held **passed);
bool fuse_into(struct player *player, const struct operator* op, struct job *job,
               struct job *root, struct held *passed, struct primitive *primitive);

/* share.c: how many members of the core take part and what each of them does. `site` is that of
 * one member alone with memory and scratch; the plans' ones get their part. False: none fits.
 */
struct sharing {
    struct slicing slicing;
    struct site site; /* of each member */
};

bool share_primitive(struct player *player, int32_t core, const struct primitive *primitive,
                     const struct site *site, const struct nest *pinned,
                     struct sharing *sharing);

#endif
