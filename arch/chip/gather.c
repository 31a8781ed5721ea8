#include "arch/chip/gather.h"

#include <string.h>

/* The operand that lies scattered. */
static const struct primitive_operand *scattered(const struct primitive *primitive)
{
    return primitive->kind == PRIMITIVE_GATHER ? &primitive->inputs[0] : &primitive->output;
}

struct gather gather_make(const struct primitive *whole, const struct primitive *share,
                          uint64_t first, struct arena *arena)
{
    struct gather gather = {0};
    bool is_indexed = whole->kind == PRIMITIVE_GATHER || whole->kind == PRIMITIVE_SCATTER;
    if (!is_indexed || whole->streams[1] || !whole->streams[0] || share->gather.count == 0)
        return gather;
    const struct primitive_operand *operand = scattered(share);
    if (operand->elements < share->gather.count * share->gather.record)
        return gather; /* all of it is moved, whatever the index says */
    gather.count = share->gather.count;
    gather.first = first;
    gather.universe = whole->gather.universe;
    gather.record_bytes = number_format_bytes(operand->format, share->gather.record);
    const struct tensor_contents *contents = whole->streams[0]->contents;
    if (!contents || contents->count == 0 || whole->gather.count % contents->count != 0 ||
        gather.universe % (whole->gather.count / contents->count) != 0)
        return gather;
    gather.places = contents->count;
    int64_t *index = arena_array(arena, (size_t)gather.count, sizeof *index);
    /* An index along an inner axis is used again for every outer one. */
    uint64_t along = gather.universe / (whole->gather.count / contents->count);
    for (uint64_t i = 0; i < gather.count; i++) {
        int64_t value = contents->values[(first + i) % gather.places];
        uint64_t outer = (first + i) / gather.places;
        index[i] = value + (int64_t)(outer * along) + (value < 0 ? (int64_t)along : 0);
    }
    gather.index = index;
    return gather;
}

/* Evenly spread, the same in every run. Source: the finaliser of splitmix64, S. Vigna. */
static uint64_t draw(uint64_t number)
{
    uint64_t z = (number + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static uint64_t record_at(const struct gather *gather, uint64_t number)
{
    number %= gather->count; /* a repetition begins again */
    uint64_t record =
        gather->index ? (uint64_t)gather->index[number] : draw(gather->first + number);
    return record % gather->universe;
}

void gather_emit(struct gather *gather, uint64_t base, uint64_t bytes, struct fetch_list *list)
{
    struct transfer run = {0};
    while (bytes > 0) {
        uint64_t offset = gather->moved % gather->record_bytes;
        uint64_t record = record_at(gather, gather->moved / gather->record_bytes);
        uint64_t address = base + record * gather->record_bytes + offset;
        uint64_t piece = gather->record_bytes - offset;
        piece = piece < bytes ? piece : bytes;
        if (run.bytes > 0 && run.address + run.bytes != address) {
            fetch_emit(list, &run);
            run.bytes = 0;
        }
        if (run.bytes == 0)
            run.address = address;
        run.bytes += piece;
        gather->moved += piece;
        bytes -= piece;
    }
    if (run.bytes > 0)
        fetch_emit(list, &run);
}
