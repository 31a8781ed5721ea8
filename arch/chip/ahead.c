#include "arch/chip/ahead.h"

#include <string.h>

bool ahead_init(struct ahead *ahead, const struct chip *chip, struct trace_reader *trace,
                uint64_t room, struct arena *arena, struct error *err)
{
    *ahead = (struct ahead){.chip = chip, .trace = trace, .room = room > 0 ? room : 1};
    ahead->ring = arena_array(arena, ahead->room, sizeof *ahead->ring);
    return trace_hold(trace, ahead->room, err);
}

void ahead_free(struct ahead *ahead)
{
    for (uint64_t i = 0; ahead->ring && i < ahead->room; i++)
        arena_free(&ahead->ring[i].arena);
}

/* Formats as stored here; results of products leave in the stored format, too. */
static void convert_formats(const struct chip *chip, struct primitive *primitive,
                            bool *is_converted)
{
    for (uint32_t i = 0; i < primitive->input_count; i++) {
        struct number_format *format = &primitive->inputs[i].format;
        struct number_format stored = chip_stored_format(chip, *format);
        *is_converted = *is_converted || !number_format_equal(stored, *format);
        *format = stored;
    }
    primitive->output.format = chip_stored_format(chip, primitive->output.format);
}

static void *copy(struct arena *arena, const void *from, size_t count, size_t size)
{
    void *to = arena_array(arena, count, size);
    if (count)
        memcpy(to, from, count * size);
    return to;
}

/* What is borrowed from the reader is copied; tensors are held by it. */
static void keep(struct ahead_operator *kept, const struct operator* op)
{
    struct arena *arena = &kept->arena;
    kept->op.name = arena_copy_text(arena, op->name);
    kept->op.inputs = copy(arena, op->inputs, op->input_count, sizeof *op->inputs);
    kept->op.outputs = copy(arena, op->outputs, op->output_count, sizeof *op->outputs);
    kept->op.is_last_use = copy(arena, op->is_last_use, op->input_count, sizeof(bool));
    kept->op.attributes = NULL;
    kept->op.attribute_count = 0;
    bool *is_unread = arena_array(arena, op->output_count, sizeof *is_unread);
    for (uint32_t i = 0; i < op->output_count; i++)
        is_unread[i] = op->outputs[i] && trace_is_last_use(op->outputs[i]);
    kept->is_unread = is_unread;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

/* Of the shapes and of the work; which tensors they are stands elsewhere. */
static uint64_t hash_primitive(uint64_t hash, const struct primitive *primitive)
{
    struct primitive copied;
    memcpy(&copied, primitive, sizeof copied);
    copied.label = NULL;
    for (int i = 0; i < PRIMITIVE_INPUTS_MAX; i++)
        copied.inputs[i].tensor = NULL;
    copied.output.tensor = NULL;
    memset(copied.streams, 0, sizeof copied.streams);
    const unsigned char *at = (const unsigned char *)&copied;
    for (size_t i = 0; i + 8 <= sizeof copied; i += 8) {
        uint64_t word;
        memcpy(&word, at + i, sizeof word);
        hash = mix(hash, word);
    }
    return hash;
}

static void lower(const struct ahead *ahead, struct ahead_operator *kept,
                  const struct operator* op)
{
    kept->list = (struct primitive_list){.arena = &kept->arena};
    op->spec->lower(op, &kept->list);
    kept->hash = mix(kept->list.count, op->spec->is_contraction);
    for (size_t i = 0; i < kept->list.count; i++) {
        struct primitive *primitive = &kept->list.items[i];
        kept->macs += op->spec->is_contraction ? primitive->macs * primitive->repeat : 0;
        kept->ops += primitive->ops * primitive->repeat;
        convert_formats(ahead->chip, primitive, &kept->is_converted);
        kept->hash = hash_primitive(kept->hash, primitive);
    }
}

static void take(struct ahead *ahead, const struct operator* op)
{
    struct ahead_operator *kept = &ahead->ring[ahead->next % ahead->room];
    struct arena arena = kept->arena;
    struct arena_mark mark = kept->mark;
    if (!mark.block) { /* a first block that stays */
        arena_alloc(&arena, 1);
        mark = arena_mark(&arena);
    }
    arena_release(&arena, mark);
    *kept = (struct ahead_operator){.op = *op, .arena = arena, .mark = mark};
    keep(kept, op);
    lower(ahead, kept, op);
    ahead->next++;
}

bool ahead_fill(struct ahead *ahead, struct error *err)
{
    while (!ahead->is_at_end && ahead->next - ahead->oldest < ahead->room) {
        struct operator op;
        if (trace_next(ahead->trace, &op, err))
            take(ahead, &op);
        else
            ahead->is_at_end = true;
    }
    return !err->is_set;
}

struct ahead_operator *ahead_at(struct ahead *ahead, uint64_t index)
{
    return index < ahead->next - ahead->oldest
               ? &ahead->ring[(ahead->oldest + index) % ahead->room]
               : NULL;
}

void ahead_drop(struct ahead *ahead)
{
    ahead->oldest++;
}
