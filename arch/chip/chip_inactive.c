/* Keys of the mapper and of layouts that no core of a chip looks at. */
#include "arch/chip/chip_tables.h"

bool chip_takes_nests(const struct chip *chip)
{
    for (int32_t i = 0; i < chip->core_count; i++)
        if (chip->cores[i].core.family->product)
            return true;
    return false;
}

static void mark_all(struct config_section *section, const char *const *keys)
{
    for (; *keys; keys++)
        config_mark_inactive(section, *keys);
}

/* Whether a core searches nests of sparse contractions. */
static bool plans_sparse(const struct chip *chip)
{
    for (int32_t i = 0; i < chip->core_count; i++)
        if (chip->cores[i].core.family->meet)
            return true;
    return false;
}

/* Cores that make their own loops choose dense ones by cycles and move operands as runs; what
 * is not weighed has no cost, and where nothing rests nobody looks ahead. */
void chip_mark_inactive(struct chip *chip, const struct mapper_values *mapper)
{
    static const char *const CHOICES[] = {"template", "rerank", "cost_register", "cost_network",
                                          NULL};
    static const char *const COSTS[] = {"cost_register", "cost_mac",    "cost_network",
                                        "cost_buffer",   "cost_memory", NULL};
    static const char *const LAYOUTS[] = {"layout", "weight_layout", "activation_layout",
                                          "channel_block", NULL};
    struct config_section *root = &chip->config->root;
    struct config_section *section = config_find(root, "mapper", NULL);
    bool can_rest = false;
    for (int32_t i = 0; i < chip->memory_count; i++)
        can_rest = can_rest || (chip->memories[i].kind == MEMORY_SRAM &&
                                chip->memories[i].residency != RESIDENCY_NONE);
    if (!can_rest)
        config_mark_inactive(section, "look_ahead");
    if (mapper->mode != MAPPER_STATIONARY)
        config_mark_inactive(section, "template");
    if (mapper->objective == MAPPER_CYCLES)
        mark_all(section, COSTS);
    if (chip_takes_nests(chip))
        return;
    mark_all(section, CHOICES);
    if (!plans_sparse(chip)) {
        config_mark_inactive(section, "objective");
        mark_all(section, COSTS);
    }
    for (struct config_section *s = config_find(root, "memory", NULL); s;
         s = config_next(s, "memory"))
        mark_all(s, LAYOUTS);
}
