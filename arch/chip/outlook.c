#include "arch/chip/outlook.h"

#include <string.h>

static size_t find_slot(const struct outlook *outlook, uint64_t id)
{
    size_t mask = sizeof outlook->slots / sizeof outlook->slots[0] - 1;
    size_t at = (size_t)(id * 0x9E3779B97F4A7C15u >> 40) & mask;
    while (outlook->slots[at].id && outlook->slots[at].id != id + 1)
        at = (at + 1) & mask;
    return at;
}

static uint8_t find_tensor(struct outlook *outlook, const struct player *player,
                           const struct tensor *tensor)
{
    if (!tensor)
        return OUTLOOK_NONE;
    const struct tensor *owner = tensor_owner(tensor);
    size_t at = find_slot(outlook, owner->id);
    if (outlook->slots[at].id)
        return outlook->slots[at].tensor;
    uint8_t number = (uint8_t)outlook->tensor_count++;
    outlook->slots[at] = (struct outlook_slot){owner->id + 1, number};
    outlook->tensors[number] = (struct outlook_tensor){
        .id = owner->id,
        .bytes = number_format_bytes(chip_stored_format(player->chip, owner->format),
                                     tensor_elements(owner)),
        .role = rest_role(owner)};
    struct outlook_tensor *added = &outlook->tensors[number];
    const struct held *held = held_find_id(&player->held, owner->id);
    added->place_bytes = held ? held->bytes : added->bytes;
    if (held && held->is_laid_out) {
        added->is_laid_out = true;
        added->storage = held->storage;
    }
    if (held && held->producer >= 0) {
        added->is_made = true;
        added->lineage = held->lineage;
    }
    return number;
}

/* Bytes that must come from main memory, whatever rests on chip: weights that no SRAM takes. */
static uint64_t least_bytes(const struct chip *chip, const struct primitive *primitive)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < primitive->input_count; i++) {
        const struct primitive_operand *operand = &primitive->inputs[i];
        bool is_taken = !operand->tensor;
        for (int32_t k = 0; k < chip->memory_count && !is_taken; k++)
            is_taken = chip->memories[k].kind == MEMORY_SRAM &&
                       rest_takes(&chip->memories[k], rest_role(tensor_owner(operand->tensor)));
        if (!is_taken)
            bytes += number_format_bytes(operand->format, operand->elements);
    }
    return bytes;
}

/* Transfers may hide behind the work of others, work behind nothing. */
static double least_seconds(const struct chip *chip, const struct primitive *primitive)
{
    double backlog[CHIP_CORES_MAX] = {0};
    return backlog[core_choose(chip, backlog, primitive)];
}

static void find_least(struct player *player, struct outlook_operator *seen)
{
    const struct primitive_list *list = &seen->ahead->list;
    if (list->count == 1 && list->items[0].kind == PRIMITIVE_MAP)
        return; /* may be fused */
    for (size_t i = 0; i < list->count; i++) {
        uint64_t bytes = least_bytes(player->chip, &list->items[i]);
        seen->least_bytes += bytes;
        seen->least_seconds += least_seconds(player->chip, &list->items[i]);
    }
}

static void find_lineage(struct outlook *outlook, struct outlook_operator *seen)
{
    const struct operator* op = & seen->ahead->op;
    seen->lineage = (struct lineage){.index = op->index};
    for (uint32_t i = 0; i < op->input_count; i++)
        if (op->inputs[i] && outlook->tensors[seen->inputs[i]].is_made)
            lineage_add(&seen->lineage, outlook->tensors[seen->inputs[i]].lineage);
    for (uint32_t i = 0; i < op->output_count; i++) {
        if (!op->outputs[i])
            continue;
        struct outlook_tensor *made = &outlook->tensors[seen->outputs[i]];
        bool is_view = seen->ahead->list.count == 0;
        const struct outlook_tensor *viewed = is_view && op->input_count && op->inputs[0]
                                                  ? &outlook->tensors[seen->inputs[0]]
                                                  : NULL;
        made->is_made = viewed ? viewed->is_made : !is_view;
        made->lineage = viewed ? viewed->lineage : seen->lineage;
    }
}

static void add_operator(struct outlook *outlook, struct player *player,
                         const struct ahead_operator *ahead)
{
    const struct operator* op = & ahead->op;
    struct outlook_operator *seen = &outlook->operators[outlook->operator_count++];
    seen->ahead = ahead;
    seen->least_seconds = 0;
    seen->least_bytes = 0;
    for (uint32_t i = 0; i < op->input_count; i++)
        seen->inputs[i] = find_tensor(outlook, player, op->inputs[i]);
    for (uint32_t i = 0; i < op->output_count; i++)
        seen->outputs[i] = find_tensor(outlook, player, op->outputs[i]);
    seen->parts = &outlook->parts[outlook->part_count];
    for (size_t i = 0; i < ahead->list.count; i++) {
        const struct primitive *primitive = &ahead->list.items[i];
        struct outlook_part *part = &outlook->parts[outlook->part_count++];
        for (uint32_t k = 0; k < primitive->input_count; k++)
            part->inputs[k] = find_tensor(outlook, player, primitive->inputs[k].tensor);
        part->output = find_tensor(outlook, player, primitive->output.tensor);
    }
    find_least(player, seen);
    find_lineage(outlook, seen);
}

/* Backwards: results of what may be fused lie where the first of them lay. */
static void find_last(struct outlook *outlook)
{
    for (int32_t i = 0; i < outlook->tensor_count; i++)
        outlook->tensors[i].last = outlook->operator_count;
    for (int32_t i = outlook->operator_count - 1; i >= 0; i--) {
        const struct outlook_operator *seen = &outlook->operators[i];
        const struct operator* op = & seen->ahead->op;
        const struct primitive_list *list = &seen->ahead->list;
        bool may_fuse = op->output_count == 1 && op->outputs[0] && list->count == 1 &&
                        list->items[0].kind == PRIMITIVE_MAP;
        int32_t later = may_fuse ? outlook->tensors[seen->outputs[0]].last : i;
        for (uint32_t k = 0; k < op->input_count; k++)
            if (op->inputs[k] && op->is_last_use[k])
                outlook->tensors[seen->inputs[k]].last = later;
        for (uint32_t k = 0; k < op->output_count; k++)
            if (op->outputs[k] && seen->ahead->is_unread[k])
                outlook->tensors[seen->outputs[k]].last = i;
    }
}

void outlook_make(struct outlook *outlook, struct player *player, int32_t limit)
{
    outlook->operator_count = outlook->tensor_count = outlook->part_count = 0;
    memset(outlook->slots, 0, sizeof outlook->slots);
    memset(outlook->parts, 0, sizeof outlook->parts);
    outlook->is_end = player->ahead.is_at_end;
    for (int32_t i = 0; i < limit; i++) {
        const struct ahead_operator *ahead = ahead_at(&player->ahead, (uint64_t)i);
        if (!ahead)
            break;
        size_t parts = ahead->list.count;
        size_t tensors = ahead->op.input_count + ahead->op.output_count;
        if ((size_t)outlook->part_count + parts > OUTLOOK_PARTS ||
            (size_t)outlook->tensor_count + tensors >= OUTLOOK_TENSORS)
            break;
        add_operator(outlook, player, ahead);
    }
    find_last(outlook);
    outlook->is_end =
        outlook->is_end && !ahead_at(&player->ahead, (uint64_t)outlook->operator_count);
}

void outlook_digest(const struct outlook *outlook, struct digest *digest)
{
    digest_add(digest, (uint64_t)outlook->operator_count * 2 + outlook->is_end);
    for (int32_t i = 0; i < outlook->operator_count; i++) {
        const struct outlook_operator *seen = &outlook->operators[i];
        const struct operator* op = & seen->ahead->op;
        digest_add(digest, seen->ahead->hash);
        digest_add(digest, (uint64_t)op->input_count << 32 | op->output_count);
        digest_bytes(digest, seen->inputs, op->input_count);
        digest_bytes(digest, seen->outputs, op->output_count);
        digest_bytes(digest, op->is_last_use, op->input_count);
        digest_bytes(digest, seen->ahead->is_unread, op->output_count);
        for (uint32_t k = 0; k < op->input_count; k++)
            if (op->inputs[k])
                digest_add(digest, tensor_elements(op->inputs[k]));
    }
    digest_bytes(digest, outlook->parts,
                 (size_t)outlook->part_count * sizeof outlook->parts[0]);
    uint64_t first = outlook->operators[0].ahead->op.index;
    for (int32_t i = 0; i < outlook->tensor_count; i++) {
        const struct outlook_tensor *held = &outlook->tensors[i];
        digest_add(digest, held->is_made ? first - held->lineage.index : 0);
        digest_add(digest, held->is_made ? held->lineage.before : 0);
        digest_add(digest, held->is_laid_out);
        digest_bytes(digest, &held->storage, sizeof held->storage);
        digest_add(digest, outlook->tensors[i].bytes);
        digest_add(digest, outlook->tensors[i].place_bytes);
        digest_add(digest, outlook->tensors[i].role);
    }
}
