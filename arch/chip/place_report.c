/* What placing decided, as a record for the observer. Only made where one asks for it. */
#include <string.h>

#include "arch/chip/place.h"

static void note_operand(const struct player *player, const struct tensor *tensor,
                         bool is_output, bool is_last_use, struct placed_operand *operand)
{
    const struct chip *chip = player->chip;
    struct held *entry = held_find(&player->held, tensor);
    const struct held *held = held_nearest(entry);
    const struct tensor *owner = tensor_owner(tensor);
    *operand = (struct placed_operand){.tensor = entry->tensor,
                                       .name = owner->name,
                                       .is_renamed = entry->tensor != owner->id,
                                       .memory = chip->memories[held->memory].name,
                                       .role = owner->role,
                                       .is_output = is_output,
                                       .is_last_use = is_last_use,
                                       .bytes = held->bytes,
                                       .address = held->address,
                                       .storage = held->storage,
                                       .is_addressed = held->reserved > 0,
                                       .is_laid_out = held->is_laid_out,
                                       .refused_by = ""};
    if (held != entry)
        operand->reason = REST_BACKED;
    else if (held->is_resident)
        operand->reason = REST_ON_CHIP;
    else if (held->refused_by < 0)
        operand->reason = held->is_chosen ? REST_FOR_OTHERS : REST_NOT_ALLOWED;
    else {
        operand->reason = REST_NO_ROOM;
        operand->refused_by = chip->memories[held->refused_by].name;
        operand->needed_bytes = held->bytes;
        operand->room_bytes = held->refused_room;
    }
}

static struct placed_room describe(const struct front_point *point)
{
    return (struct placed_room){point->needs_bytes, point->cost.seconds, point->cost.relative,
                                point->cost.bytes};
}

/* Others may beat the plan that is played, where all the room that was left was used: it is
 * listed among them. */
static void note_played(const struct front_point *played, struct placed_part *note)
{
    int32_t at = 0;
    while (at < note->room_count && note->rooms[at].needs_bytes > played->needs_bytes)
        at++;
    note->room_played = at;
    if (at < note->room_count && note->rooms[at].needs_bytes == played->needs_bytes)
        return;
    if (note->room_count == PLACED_ROOMS_MAX)
        note->room_count--;
    if (at > note->room_count)
        note->room_played = at = note->room_count;
    memmove(&note->rooms[at + 1], &note->rooms[at],
            (size_t)(note->room_count - at) * sizeof note->rooms[0]);
    note->rooms[at] = describe(played);
    note->room_count++;
}

void place_note_rooms(struct player *player, const struct front_question *question,
                      struct placed_part *note)
{
    struct front_point points[FRONT_POINTS];
    struct front_point played = front_in_room(player->fronts, player, question);
    note->room_count = front_list(player->fronts, player, question, points);
    note->room_played = -1;
    for (int32_t i = 0; i < note->room_count; i++)
        note->rooms[i] = describe(&points[i]);
    if (played.is_planned)
        note_played(&played, note);
}

void place_report(struct player *player, const struct ahead_operator *ahead,
                  const struct job *job, const struct placed_part *parts, uint32_t part_count)
{
    const struct operator* op = & ahead->op;
    struct placed_operand operands[2 * OPERATOR_TENSORS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < op->input_count; i++)
        if (op->inputs[i])
            note_operand(player, op->inputs[i], false, op->is_last_use[i], &operands[count++]);
    for (uint32_t i = 0; i < op->output_count; i++)
        if (op->outputs[i])
            note_operand(player, op->outputs[i], true, ahead->is_unread[i], &operands[count++]);
    struct place_record record = {.index = op->index,
                                  .name = op->name,
                                  .op = op->spec->name,
                                  .fused_into = job->fused_into ? job->fused_into->name : NULL,
                                  .operands = operands,
                                  .operand_count = count,
                                  .parts = parts,
                                  .part_count = part_count};
    player->observer->placed(player->observer, &record);
}
