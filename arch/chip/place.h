/* Inside placing: steps that its files share. Private to arch/chip. */
#ifndef ARCH_CHIP_PLACE_H
#define ARCH_CHIP_PLACE_H

#include "arch/chip/ahead.h"
#include "arch/chip/front.h"
#include "arch/chip/play_state.h"
#include "arch/chip/slice.h"

/* place.c: a job keeps what it looks at. */
void place_pin(struct job *job, struct held *held);
/* place_pins.c: the user's nest for a contraction, in the dimensions that its family plans in.
 * Tensors lie where they would without it. NULL: none, or an error of the player. */
const struct nest *place_find_pinned(const struct player *player, const char *name,
                                     int32_t core, int32_t part,
                                     const struct primitive *primitive, struct error *err);
/* Says which operator has no plan, or where the nest stands that does not fit. */
bool place_blame(struct player *player, const struct job *job, const struct nest *pinned,
                 int32_t part);
/* core_choice.c: earliest finish by bound, in seconds; the work is added to that core's
 * backlog, seconds of work given out. */
int32_t core_choose(const struct chip *chip, double *backlog,
                    const struct primitive *primitive);
/* The shortest bound, in seconds, whatever else waits there. */
int32_t core_fastest(const struct chip *chip, const struct primitive *primitive);
bool core_is_fallback(const struct chip *chip, int32_t core, const struct primitive *primitive);
/* Who could have taken it, after it was given to `chosen`. */
void core_list(const struct player *player, const struct primitive *primitive, int32_t chosen,
               struct placed_part *part);

/* site.c: memories of a primitive's operands, -1 for values that stay in scratch. */
struct site_memories {
    int32_t inputs[PRIMITIVE_INPUTS_MAX], output;
};
void site_make(const struct player *player, int32_t core, const struct primitive *primitive,
               const struct site_memories *memories, const uint64_t *occupied,
               struct site *site);
/* Whether a value between two primitives stays in scratch, as half of it is enough. */
bool site_keeps_unnamed(const struct chip *chip, const uint64_t *occupied, int32_t core,
                        const struct primitive_operand *operand);

/* place_report.c: what more or less scratch would be worth to a product. */
void place_note_rooms(struct player *player, const struct front_question *question,
                      struct placed_part *note);
/* Tells the observer what was decided, where it wants to know. */
void place_report(struct player *player, const struct ahead_operator *ahead,
                  const struct job *job, const struct placed_part *parts, uint32_t part_count);

/* fuse.c: may element work be done on results as they leave the core? Asked for what is placed
 * and for what is only tried. */
struct fuse_root {
    int32_t core;           /* that works on the operator before, or on its root; -1: none */
    uint32_t group_count;   /* primitives of the root */
    uint32_t output_count;  /* of the operator before */
    struct lineage lineage; /* of the root */
};
struct fuse_operand {
    bool is_passed; /* the result of the operator before, used for the last time */
    bool is_resident;
    int32_t producer; /* core, -1: given */
    uint64_t maker;   /* the operator that made it */
    uint64_t bytes, elements;
};
/* `operands`: the inputs that are there; `bytes`: of the result. */
bool fuse_allows(const struct chip *chip, const struct fuse_root *root,
                 const struct primitive_list *list, const struct fuse_operand *operands,
                 uint32_t operand_count, uint64_t bytes);
/* What the next operator could be fused into; `passed` is what that hands on, or NULL. */
struct fuse_root fuse_root_of(const struct player *player, const struct held **passed);
/* The job before this one where the operator is fused into it, NULL where it is not; `passed`
 * is what it hands on. */
struct job *fuse_find(struct player *player, const struct operator* op,
                      const struct primitive_list *list, struct held **passed);
/* Fails, with a sentence, only where its lanes have no plan. */
bool fuse_into(struct player *player, const struct operator* op, struct job *job,
               struct job *root, struct held *passed, const struct primitive *primitive);

/* share.c: how many members of the core take part and what each of them does. `site` is that of
 * one member alone with memory and scratch; the plans' ones get their part. False: none fits.
 */
struct sharing {
    struct slicing slicing;
    struct site site; /* of each member */
};

bool share_primitive(struct chip *chip, struct plan_cache *plans, int32_t core,
                     const struct primitive *primitive, const struct site *site,
                     const struct nest *pinned, struct sharing *sharing, struct error *err);

#endif
