/* Where a primitive's operands rest, as the planner of a family sees it: the same for what is
 * placed and for what is only tried. */
#include <string.h>

#include "arch/chip/place.h"

static double bytes_per_cycle(const struct player *player, const struct core *core,
                              int32_t memory)
{
    if (memory < 0)
        return 1e9;
    double bandwidth =
        player->memories[memory] ? memory_peak_bandwidth(player->memories[memory]) : 1e18;
    return bandwidth / ratio_value(core->clock);
}

static bool is_on_chip(const struct chip *chip, int32_t memory)
{
    return memory < 0 || chip->memories[memory].kind == MEMORY_SRAM;
}

void site_make(const struct player *player, int32_t core_index,
               const struct primitive *primitive, const struct site_memories *memories,
               const uint64_t *occupied, struct site *site)
{
    const struct chip *chip = player->chip;
    const struct chip_core *core = &chip->cores[core_index];
    memset(site, 0, sizeof *site);
    for (uint32_t i = 0; i < primitive->input_count; i++) {
        int32_t memory = memories->inputs[i];
        site->is_resident[i] = !core->is_host && is_on_chip(chip, memory);
        site->input[i] = primitive->inputs[i].format;
        site->memory[i] = memory;
        site->bytes_per_cycle[i] = bytes_per_cycle(player, &core->core, memory);
        if (memory >= 0) {
            const struct chip_memory *rested = &chip->memories[memory];
            site->latency_cycles[i] =
                ratio_value(rested->latency) * ratio_value(core->core.clock);
            site->burst_bytes[i] = rested->burst;
        }
    }
    int32_t memory = memories->output;
    site->is_output_resident = !core->is_host && is_on_chip(chip, memory);
    site->output = primitive->output.format;
    site->output_memory = memory;
    site->output_bytes_per_cycle = bytes_per_cycle(player, &core->core, memory);
    site->output_burst_bytes = memory >= 0 ? chip->memories[memory].burst : 0;
    site->scratch_bytes = rest_scratch(chip, occupied, core);
}

bool site_keeps_unnamed(const struct chip *chip, const uint64_t *occupied, int32_t core_index,
                        const struct primitive_operand *operand)
{
    const struct chip_core *core = &chip->cores[core_index];
    if (core->is_host) /* in its own memory, on its side of the link */
        return true;
    return core->scratch_memory >= 0 &&
           number_format_bytes(operand->format, operand->elements) <=
               rest_scratch(chip, occupied, core) / 2;
}
