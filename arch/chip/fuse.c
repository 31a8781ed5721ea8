/* Element work that is done on results as they leave their core costs no cycles of its own: the
 * operator becomes part of the one before it. Its arithmetic is spent all the same, on the
 * lanes that would have done it; what fusing saves is the way to a buffer and back. */
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

/* Operands come and go as the root's results do: buffers and wires are the root's, and counted
 * there. */
static bool is_arithmetic(const struct inventory *inventory, int32_t meter)
{
    enum part_kind kind = inventory->parts[inventory->meters[meter].part].kind;
    return kind == PART_MAC || kind == PART_MULTIPLIER || kind == PART_ADDER ||
           kind == PART_SPECIAL || kind == PART_REGISTER || kind == PART_SCHEDULER;
}

static bool spend_arithmetic(struct player *player, struct job *job,
                             const struct primitive *primitive)
{
    struct chip *chip = player->chip;
    int32_t lanes = core_fastest(chip, primitive);
    struct site site = {.is_output_resident = true,
                        .output = primitive->output.format,
                        .output_bytes_per_cycle = 1e9,
                        .scratch_bytes = chip->cores[lanes].core.scratch_bytes};
    for (uint32_t i = 0; i < primitive->input_count; i++) {
        site.is_resident[i] = true;
        site.input[i] = primitive->inputs[i].format;
        site.bytes_per_cycle[i] = 1e9;
    }
    const struct plan *plan =
        plan_cache_get(&player->plans, chip, lanes, primitive, &site, NULL, player->err);
    if (!plan)
        return false;
    for (size_t i = 0; i < plan->action_count; i++)
        if (is_arithmetic(&chip->inventory, plan->actions[i].meter))
            job->ledger.counts[plan->actions[i].meter] +=
                plan->actions[i].count * primitive->repeat;
    return true;
}

bool fuse_into(struct player *player, const struct operator* op, struct job *job,
               struct job *root, struct held *passed, struct primitive *primitive)
{
    job->fused_into = root;
    snprintf(job->mapped_as, sizeof job->mapped_as, "fused:%.50s", root->name);
    job->precision = primitive->inputs[0].format;
    job->main_core = root->main_core;
    held_alias(&player->held, op->outputs[0], passed);
    job->outputs[job->output_count++] = passed;
    place_pin(job, passed);
    return spend_arithmetic(player, job, primitive);
}
