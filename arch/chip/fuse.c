/* Element work that is done on results as they leave their core costs no cycles of its own: the
 * operator becomes part of the one before it. Its arithmetic is spent all the same, on the
 * lanes that would have done it; what fusing saves is the way to a buffer and back. */
#include <stdio.h>

#include "arch/chip/place.h"

enum { SMALL_ELEMENTS = 4096 }; /* a second operand of so many is no stream */

bool fuse_allows(const struct chip *chip, const struct fuse_root *root,
                 const struct primitive_list *list, const struct fuse_operand *operands,
                 uint32_t operand_count, uint64_t bytes)
{
    if (root->core < 0 || root->group_count != 1 || root->output_count != 1 ||
        list->count != 1 || list->items[0].kind != PRIMITIVE_MAP)
        return false;
    int epilogue = chip->cores[root->core].epilogue;
    if (epilogue == EPILOGUE_NONE ||
        (epilogue == EPILOGUE_SIMPLE && list->items[0].map.work.transcendental))
        return false;
    bool is_passed = false;
    for (uint32_t i = 0; i < operand_count; i++) {
        const struct fuse_operand *operand = &operands[i];
        if (operand->is_passed) {
            is_passed = true;
            if (operand->bytes != bytes)
                return false; /* results leave as they are, or not fused */
        } else if (operand->producer >= 0 && operand->producer != root->core &&
                   !lineage_has(root->lineage, operand->maker))
            return false; /* the root could be done before it */
        else if (!operand->is_resident && operand->elements > SMALL_ELEMENTS)
            return false; /* a second stream from memory is no epilogue */
    }
    return is_passed;
}

static const struct job *previous_job(const struct player *player)
{
    return player->next ? &player->jobs[(player->next - 1) % (uint64_t)player->chip->window]
                        : NULL;
}

struct fuse_root fuse_root_of(const struct player *player, const struct held **passed)
{
    const struct job *previous = previous_job(player);
    *passed = NULL;
    if (!previous)
        return (struct fuse_root){.core = -1};
    const struct job *job = previous->fused_into ? previous->fused_into : previous;
    if (previous->output_count == 1)
        *passed = previous->outputs[0];
    return (struct fuse_root){job->main_plan ? job->main_core : -1, job->group_count,
                              previous->output_count, job->lineage};
}

struct job *fuse_find(struct player *player, const struct operator* op,
                      const struct primitive_list *list, struct held **passed)
{
    struct chip *chip = player->chip;
    const struct held *handed;
    struct fuse_root root = fuse_root_of(player, &handed);
    if (root.core < 0 || op->output_count != 1 || !op->outputs[0])
        return NULL;
    struct fuse_operand operands[OPERATOR_TENSORS_MAX];
    uint32_t count = 0;
    *passed = NULL;
    for (uint32_t i = 0; i < op->input_count; i++) {
        if (!op->inputs[i])
            continue;
        struct held *held = held_find(&player->held, op->inputs[i]);
        bool is_passed = held == handed && op->is_last_use[i];
        *passed = is_passed ? held : *passed;
        operands[count++] =
            (struct fuse_operand){.is_passed = is_passed,
                                  .is_resident = held_nearest(held)->is_resident,
                                  .producer = held->producer,
                                  .maker = held->lineage.index,
                                  .bytes = held->bytes,
                                  .elements = tensor_elements(op->inputs[i])};
    }
    uint64_t bytes = number_format_bytes(chip_stored_format(chip, op->outputs[0]->format),
                                         tensor_elements(op->outputs[0]));
    if (!fuse_allows(chip, &root, list, operands, count, bytes))
        return NULL;
    struct job *previous = &player->jobs[(player->next - 1) % (uint64_t)chip->window];
    return previous->fused_into ? previous->fused_into : previous;
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
               struct job *root, struct held *passed, const struct primitive *primitive)
{
    job->fused_into = root;
    snprintf(job->mapped_as, sizeof job->mapped_as, "fused:%.50s", root->name);
    job->precision = primitive->inputs[0].format;
    job->main_core = root->main_core;
    passed->lineage = job->lineage;
    held_alias(&player->held, op->outputs[0], passed);
    job->outputs[job->output_count++] = passed;
    place_pin(job, passed);
    return spend_arithmetic(player, job, primitive);
}
