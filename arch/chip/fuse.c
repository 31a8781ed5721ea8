/* Element work that is done on results as they leave their core costs no cycles of its own: the
 * operator becomes part of the one before it. */
#include <stdio.h>

#include "arch/chip/place.h"

/* The job before this one, when its results can be worked on as they leave the core. */
struct job *fuse_find(struct player *player, const struct operator* op,
                      const struct primitive_list *list, struct held **passed)
{
    if (list->count != 1 || list->items[0].kind != PRIMITIVE_MAP || player->next == 0 ||
        op->output_count != 1)
        return NULL;
    struct chip *chip = player->chip;
    struct job *previous = &player->jobs[(player->next - 1) % (uint64_t)chip->window];
    struct job *root = previous->fused_into ? previous->fused_into : previous;
    if (!root->main_plan || previous->output_count != 1)
        return NULL;
    const struct chip_core *core = &chip->cores[root->main_core];
    if (core->epilogue == EPILOGUE_NONE || root->group_count != 1 ||
        (core->epilogue == EPILOGUE_SIMPLE && list->items[0].map.work.transcendental))
        return NULL;
    *passed = NULL;
    for (uint32_t i = 0; i < op->input_count; i++) {
        if (!op->inputs[i])
            continue;
        struct held *held = place_input(player, op->inputs[i]);
        if (held == previous->outputs[0] && op->is_last_use[i])
            *passed = held;
        else if (held->producer >= 0 && held->producer != root->main_core)
            return NULL;
        else if (!held->is_resident && tensor_elements(op->inputs[i]) > 4096)
            return NULL; /* a second stream from memory is no epilogue */
    }
    uint64_t bytes = number_format_bytes(chip_stored_format(chip, op->outputs[0]->format),
                                         tensor_elements(op->outputs[0]));
    if (*passed && (*passed)->bytes != bytes)
        return NULL; /* results leave as they are, or not fused */
    return *passed ? root : NULL;
}

void fuse_into(struct player *player, const struct operator* op, struct job *job,
               struct job *root, struct held *passed, struct primitive *primitive)
{
    job->fused_into = root;
    snprintf(job->mapped_as, sizeof job->mapped_as, "fused:%.50s", root->name);
    job->precision = primitive->inputs[0].format;
    job->main_core = root->main_core;
    held_alias(&player->held, op->outputs[0], passed);
    job->outputs[job->output_count++] = passed;
    place_pin(job, passed);
}
