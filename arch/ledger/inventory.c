#include "arch/ledger/inventory.h"

#include <assert.h>
#include <string.h>

const char *const PART_KIND_NAMES[PART_KIND_COUNT] = {
    "mac",  "multiplier", "adder",      "special",   "register", "register-file",
    "sram", "wire",       "crossbar",   "scheduler", "logic",    "clock-tree",
    "dac",  "adc",        "cell-array", "dram",      "phy",      "link"};

const char *const ACTION_NAMES[ACTION_KIND_COUNT] = {
    "compute",  "read",    "write",          "transfer",
    "activate", "refresh", "standby_active", "standby_precharged",
    "decode",   "gated"};

void inventory_init(struct inventory *inventory, struct arena *arena)
{
    *inventory = (struct inventory){.arena = arena};
}

static size_t next_capacity(size_t capacity)
{
    return capacity ? 2 * capacity : 32;
}

int32_t inventory_add(struct inventory *inventory, const struct part *part)
{
    if (inventory->part_count == inventory->part_capacity) {
        size_t capacity = next_capacity(inventory->part_capacity);
        inventory->parts = arena_grow(inventory->arena, inventory->parts, inventory->part_count,
                                      capacity, sizeof *part);
        inventory->part_capacity = capacity;
    }
    for (size_t i = 0; i < inventory->part_count; i++)
        assert(strcmp(inventory->parts[i].name, part->name) != 0);
    inventory->parts[inventory->part_count] = *part;
    return (int32_t)inventory->part_count++;
}

int32_t inventory_meter(struct inventory *inventory, int32_t part, enum action_kind action,
                        struct number_format format, uint32_t bits)
{
    for (size_t i = 0; i < inventory->meter_count; i++) {
        const struct meter *meter = &inventory->meters[i];
        if (meter->part == part && meter->action == action && meter->bits == bits &&
            number_format_equal(meter->format, format))
            return (int32_t)i;
    }
    if (inventory->meter_count == inventory->meter_capacity) {
        size_t capacity = next_capacity(inventory->meter_capacity);
        inventory->meters = arena_grow(inventory->arena, inventory->meters,
                                       inventory->meter_count, capacity, sizeof(struct meter));
        inventory->meter_capacity = capacity;
    }
    inventory->meters[inventory->meter_count] =
        (struct meter){part, action, format, bits, NULL};
    return (int32_t)inventory->meter_count++;
}

const char *inventory_meter_name(const struct inventory *inventory, int32_t index)
{
    struct meter *meter = &inventory->meters[index];
    if (meter->name)
        return meter->name;
    const char *part = inventory->parts[meter->part].name;
    const char *action = ACTION_NAMES[meter->action];
    char format[16];
    number_format_name(meter->format, format);
    meter->name = meter->format.class == NUMBER_NONE
                      ? arena_format(inventory->arena, "%s.%s", part, action)
                      : arena_format(inventory->arena, "%s.%s.%s", part, action, format);
    return meter->name;
}

struct ledger ledger_make(struct arena *arena, const struct inventory *inventory)
{
    return (struct ledger){arena_array(arena, inventory->meter_count, sizeof(uint64_t)),
                           inventory->meter_count};
}

void ledger_add(struct ledger *sum, const struct ledger *more)
{
    assert(sum->count == more->count);
    for (size_t i = 0; i < sum->count; i++)
        sum->counts[i] += more->counts[i];
}
