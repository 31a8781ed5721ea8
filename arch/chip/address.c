#include "arch/chip/address.h"

#include <string.h>

enum { PAGE_BYTES = 4096 };

void address_reserve(struct held_table *table, struct held *held, uint64_t bytes)
{
    if (bytes <= held->reserved)
        return;
    held->reserved = (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    held->address = table->next_address[held->memory];
    table->next_address[held->memory] += held->reserved;
}

/* A block of channels fills a burst where the file names no other size. */
static int32_t channel_block(const struct chip_memory *memory, uint32_t element_bits)
{
    if (memory->channel_block > 0)
        return (int32_t)memory->channel_block;
    uint64_t fitting = 8 * memory->burst / (element_bits ? element_bits : 8);
    return fitting > 1 ? (int32_t)fitting : 1;
}

/* The role's own key goes before the memory's, that before the core's wish. */
static struct storage choose_storage(const struct chip_memory *memory, const struct core *core,
                                     enum contraction_operand operand, bool is_weight,
                                     uint32_t element_bits)
{
    struct storage storage = {STORAGE_ROW_MAJOR, 1, 1};
    if (core->family->storage)
        storage = core->family->storage(core, operand, is_weight);
    int pinned = is_weight ? memory->weight_layout : memory->activation_layout;
    if (pinned == LAYOUT_AUTO)
        pinned = memory->layout;
    if (pinned != LAYOUT_AUTO)
        storage.kind = pinned - 1;
    if (storage.kind == STORAGE_CHANNEL_PACKED)
        storage.columns = channel_block(memory, element_bits);
    return storage;
}

static void note_layout(struct held_table *table, int32_t memory, bool is_weight,
                        struct storage storage)
{
    struct layout_use *use = &table->layouts[memory][is_weight];
    if (storage.kind == STORAGE_TILED || storage.kind == STORAGE_ROW_MAJOR)
        storage.rows = storage.columns = 0;
    for (uint32_t i = 0; i < use->count; i++)
        if (memcmp(&use->items[i], &storage, sizeof storage) == 0)
            return;
    if (use->count < LAYOUTS_NOTED)
        use->items[use->count++] = storage;
}

struct operand_layout address_would_lie(const struct chip *chip, int32_t memory, uint64_t bytes,
                                        const struct storage *storage, const struct core *core,
                                        const struct contraction *c,
                                        enum contraction_operand operand,
                                        struct number_format format, bool is_weight,
                                        bool is_channel_inside)
{
    const struct chip_memory *in = &chip->memories[memory];
    if (in->kind != MEMORY_DRAM || bytes == 0)
        return (struct operand_layout){0};
    struct storage chosen =
        storage ? *storage : choose_storage(in, core, operand, is_weight, format.bits);
    struct operand_layout result =
        operand_layout(c, operand, chosen, format.bits, is_channel_inside);
    if (result.form == FORM_NONE)
        return result;
    uint64_t elements = 1;
    for (int d = 0; d < result.layout.rank; d++)
        elements *= (uint64_t)result.layout.shape[d];
    if (number_format_bytes(format, elements) != bytes)
        return (struct operand_layout){0};
    return result;
}

struct operand_layout address_lay_out(struct held_table *table, struct held *held,
                                      const struct core *core, const struct contraction *c,
                                      enum contraction_operand operand,
                                      struct number_format format, bool is_weight,
                                      bool is_channel_inside)
{
    const struct chip_memory *memory = &table->chip->memories[held->memory];
    if (memory->kind != MEMORY_DRAM || held->bytes == 0)
        return (struct operand_layout){0};
    if (!held->is_laid_out) {
        held->storage = choose_storage(memory, core, operand, is_weight, format.bits);
        held->is_laid_out = true;
        note_layout(table, held->memory, is_weight, held->storage);
    }
    struct operand_layout result =
        address_would_lie(table->chip, held->memory, held->bytes, &held->storage, core, c,
                          operand, format, is_weight, is_channel_inside);
    if (result.form != FORM_NONE)
        address_reserve(table, held, layout_bytes(&result.layout));
    return result;
}

const char *address_layouts(const struct held_table *table, int32_t memory, bool is_weight,
                            struct arena *arena)
{
    const struct layout_use *use = &table->layouts[memory][is_weight];
    char name[STORAGE_TEXT_BYTES];
    const char *text = "";
    for (uint32_t i = 0; i < use->count; i++)
        text = arena_format(arena, "%s%s%s", text, i ? " + " : "",
                            storage_text(use->items[i], name));
    return text;
}
