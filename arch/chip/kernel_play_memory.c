/* What a kernel's player needs of the chip's memories, and what it leaves in their ledgers. */
#include "arch/chip/kernel_player.h"
#include "arch/vliw/vliw.h"

void kernel_player_transfer(struct kernel_player *player, struct kernel_member *member,
                            const struct transfer *transfer)
{
    (void)member;
    uint64_t bursts = transfer_bursts(transfer, player->dram->burst);
    uint64_t bytes = bursts * player->dram->burst;
    *(transfer->is_write ? &player->play->dram_write_bytes : &player->play->dram_read_bytes) +=
        bytes;
    memory_offer(player->memory, transfer); /* credits never run out */
}

static const struct chip_memory *find_memory(const struct chip *chip, const char *name)
{
    int32_t index = *name ? chip_memory_find(chip, name) : -1;
    return index < 0 ? NULL : &chip->memories[index];
}

/* Keys that change nothing as the others stand. */
static void mark_inactive(const struct chip *chip, const struct core *core)
{
    static const char *const CACHE[] = {"cache_line",   "cache_writes", "cache_misses",
                                        "store_buffer", "next_level",   NULL};
    static const char *const NEXT[] = {"next_ways", "next_cycles", "next_write_cycles", NULL};
    const struct vliw_params *params = core->params;
    struct config_section *section = config_find(&chip->config->root, "core", core->name);
    bool has_cache = params->cache_ways > 0 && params->data != VLIW_DATA_FLAT;
    for (int k = 0; CACHE[k] && !has_cache; k++)
        config_mark_inactive(section, CACHE[k]);
    for (int k = 0; NEXT[k] && (!has_cache || !*params->next_level); k++)
        config_mark_inactive(section, NEXT[k]);
    if (params->memory_banks == 0)
        config_mark_inactive(section, "bank_bytes");
}

bool kernel_play_check(const struct chip *chip, struct error *err)
{
    for (int32_t c = 0; c < chip->core_count; c++) {
        const struct core *core = &chip->cores[c].core;
        if (core->family != &VLIW_FAMILY)
            continue;
        const struct vliw_params *params = core->params;
        mark_inactive(chip, core);
        const struct chip_memory *next = find_memory(chip, params->next_level);
        if (!*params->next_level)
            continue;
        if (!next || next->kind != MEMORY_SRAM || next->part == core->scratch)
            return error_set(err,
                             "%snext_level is '%s', must be an sram memory of this chip other "
                             "than scratch",
                             core->place, params->next_level);
        uint64_t set = (uint64_t)params->next_ways * params->cache_line;
        if (next->capacity < set)
            return error_set(err,
                             "%snext_ways x cache_line is %llu bytes, must be at most the %llu "
                             "of '%s'",
                             core->place, (unsigned long long)set,
                             (unsigned long long)next->capacity, next->name);
    }
    return true;
}

bool kernel_player_memory(struct kernel_player *player)
{
    struct chip *chip = player->chip;
    for (int32_t m = 0; m < chip->memory_count; m++) {
        struct chip_memory *memory = &chip->memories[m];
        if (memory->kind != MEMORY_DRAM || player->dram)
            continue;
        struct memory_config config = {.name = memory->name,
                                       .fidelity = (enum memory_fidelity)memory->fidelity,
                                       .dram = memory->dram,
                                       .map = memory->map,
                                       .bandwidth = memory->bandwidth,
                                       .latency = memory->latency,
                                       .access_bytes = memory->burst,
                                       .credits = UINT32_MAX};
        player->dram = memory;
        player->memory =
            memory_make(player->arena, &player->kernel, &chip->timebase, &config, player->err);
        if (!player->memory)
            return false;
        player->play->mapping[m] =
            arena_copy_text(player->arena, memory_mapping(player->memory));
    }
    return true;
}

void kernel_player_cache(struct kernel_player *player)
{
    const struct vliw_params *params = player->params;
    int64_t line = (int64_t)params->cache_line;
    uint64_t own = player->core->scratch_bytes / (uint64_t)player->core->count;
    if (params->cache_ways == 0 || params->data == VLIW_DATA_FLAT)
        return;
    int64_t sets = (int64_t)own / (params->cache_ways * line);
    player->rules = (struct cache_rules){.sets = sets > 0 ? sets : 1,
                                         .ways = params->cache_ways,
                                         .line_bytes = line,
                                         .writes = (enum cache_writes)params->cache_writes};
    /* Arrays lie in a row: so many lines fall evenly on the sets. */
    int64_t lines = ((player->layout.end - player->layout.first) + line - 1) / line + 1;
    bool is_held = params->data == VLIW_DATA_WARM && params->cache_writes == CACHE_ALLOCATE &&
                   lines <= player->rules.sets * player->rules.ways;
    player->is_cached = !is_held;
    if (is_held)
        player->rules.sets = 0;
    player->next = find_memory(player->chip, params->next_level);
    if (!player->next || !player->is_cached)
        return;
    player->has_next = true;
    line_cache_init(&player->next_cache,
                    (int64_t)player->next->capacity / (params->next_ways * line),
                    params->next_ways, player->arena);
}

static void add_action(struct kernel_player *player, int32_t meter, uint64_t count)
{
    struct kernel_play *play = player->play;
    if (meter < 0 || count == 0)
        return;
    play->actions = arena_grow(player->arena, play->actions, play->action_count,
                               play->action_count + 1, sizeof *play->actions);
    play->actions[play->action_count++] = (struct plan_action){meter, count};
}

static void add_accesses(struct kernel_player *player, int32_t part, enum action_kind action,
                         uint32_t bits, uint64_t bytes)
{
    struct number_format none = {0};
    if (bytes)
        add_action(player, inventory_meter(&player->chip->inventory, part, action, none, bits),
                   (bytes * 8 + bits - 1) / bits);
}

void kernel_player_actions(struct kernel_player *player)
{
    const struct chip_memory *dram = player->dram, *next = player->next;
    struct kernel_play *play = player->play;
    const struct core *core = player->core;
    add_accesses(player, core->scratch, ACTION_WRITE, core->scratch_bits,
                 player->scratch_writes);
    add_accesses(player, core->scratch, ACTION_READ, core->scratch_bits, player->scratch_reads);
    if (next) {
        uint32_t bits = (uint32_t)next->width_bits;
        add_accesses(player, next->part, ACTION_READ, bits, player->next_reads);
        add_accesses(player, next->part, ACTION_WRITE, bits, player->next_writes);
    }
    if (!dram)
        return;
    uint64_t end = clock_edge(&player->clock, play->cycles);
    end = end > player->kernel.now ? end : player->kernel.now;
    struct dram_actions actions = memory_actions(player->memory, end);
    add_action(player, dram->read, play->dram_read_bytes / dram->burst);
    add_action(player, dram->write, play->dram_write_bytes / dram->burst);
    uint64_t bits = 8 * (play->dram_read_bytes + play->dram_write_bytes);
    add_action(player, dram->transfer, bits);
    add_action(player, dram->wires, bits);
    add_action(player, dram->activate, actions.activates);
    add_action(player, dram->refresh, actions.refreshes);
    add_action(player, dram->standby_active, actions.active_clocks);
    add_action(player, dram->standby_precharged, actions.idle_clocks);
}
