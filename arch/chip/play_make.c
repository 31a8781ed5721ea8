/* The furniture of a run: a player, its members, the ports of its memories. */
#include "arch/chip/play_state.h"

struct player *player_make(struct chip *chip, struct arena *arena)
{
    /* The event wheel inside asks for whole cache lines, the arena gives sixteen bytes. */
    const uintptr_t line = _Alignof(struct player);
    uintptr_t room = (uintptr_t)arena_alloc(arena, sizeof(struct player) + line);
    struct player *player = (struct player *)((room + line - 1) / line * line);
    player->chip = chip;
    player->arena = arena;
    player->fetched.arena = arena;
    kernel_init(&player->kernel);
    return player;
}

bool player_make_memories(struct player *player)
{
    struct chip *chip = player->chip;
    for (int32_t i = 0; i < chip->memory_count; i++) {
        struct chip_memory *memory = &chip->memories[i];
        if (memory->kind == MEMORY_SRAM)
            continue;
        struct memory_config config = {.name = memory->name,
                                       .fidelity = (enum memory_fidelity)memory->fidelity,
                                       .dram = memory->dram,
                                       .map = memory->map,
                                       .bandwidth = player->bandwidth_share[i].num
                                                        ? player->bandwidth_share[i]
                                                        : memory->bandwidth,
                                       .latency = memory->latency,
                                       .access_bytes = memory->burst,
                                       .credits = UINT32_MAX};
        player->memories[i] =
            memory_make(player->arena, &player->kernel, &chip->timebase, &config, player->err);
        if (!player->memories[i])
            return false;
    }
    return true;
}

static void make_worker(struct player *player, struct worker *worker, int32_t core,
                        int32_t member)
{
    const struct chip *chip = player->chip;
    worker->player = player;
    worker->core = core;
    worker->spent = account_make(worker->account.cycles, REASON_COUNT, &chip->main_clock);
    worker->member = member;
    worker->clock = clock_make(&chip->timebase, chip->cores[core].core.clock);
}

void player_make_workers(struct player *player)
{
    struct chip *chip = player->chip;
    int64_t count = 0;
    for (int32_t i = 0; i < chip->core_count; i++)
        count += chip->cores[i].core.count;
    player->workers = arena_array(player->arena, (size_t)count, sizeof *player->workers);
    for (int32_t i = 0; i < chip->core_count; i++) {
        const struct chip_core *core = &chip->cores[i];
        struct dma *shared = core->is_dma_shared ? dma_make(player->arena, &core->dma) : NULL;
        player->first_worker[i] = player->worker_count;
        for (int64_t member = 0; member < core->core.count; member++) {
            struct worker *worker = &player->workers[player->worker_count++];
            make_worker(player, worker, i, (int32_t)member);
            worker->dma = shared ? shared : dma_make(player->arena, &core->dma);
        }
    }
    player->first_worker[chip->core_count] = player->worker_count;
}

void player_make_worker(struct player *player, int32_t core)
{
    player->workers = arena_alloc(player->arena, sizeof *player->workers);
    make_worker(player, player->workers, core, 0);
    player->workers->dma = dma_make(player->arena, &player->chip->cores[core].dma);
    player->worker_count = 1;
}
