#include "arch/chip/rest.h"

bool lineage_has(struct lineage of, uint64_t other)
{
    uint64_t distance = of.index - other - 1; /* huge where it comes later */
    return distance < 64 && of.before >> distance & 1;
}

void lineage_add(struct lineage *of, struct lineage other)
{
    uint64_t distance = of->index - other.index - 1;
    if (distance < 64)
        of->before |= (uint64_t)1 << distance;
    if (distance < 63)
        of->before |= other.before << (distance + 1);
}

uint32_t rest_role(const struct tensor *tensor)
{
    switch (tensor->role) {
    case ROLE_CONST:
        return ROLE_BIT_WEIGHTS;
    case ROLE_INPUT:
    case ROLE_OUTPUT:
        return ROLE_BIT_IO;
    case ROLE_STATE:
    case ROLE_TEMP:
        break;
    }
    return ROLE_BIT_ACTIVATIONS;
}

bool rest_takes(const struct chip_memory *memory, uint32_t role)
{
    if (!(memory->roles & role))
        return false;
    if (memory->kind != MEMORY_SRAM)
        return true;
    return memory->residency != RESIDENCY_NONE &&
           (role != ROLE_BIT_WEIGHTS || memory->residency == RESIDENCY_ALL);
}

/* Of an SRAM, for tiles. */
static uint64_t free_bytes(const struct chip *chip, const uint64_t *occupied, int32_t memory)
{
    uint64_t capacity = chip->memories[memory].capacity;
    return occupied[memory] < capacity ? capacity - occupied[memory] : 0;
}

/* An SRAM keeps a sixteenth free for tiles on their way where the file names no share. */
static uint64_t staging(const struct chip_memory *memory)
{
    return memory->staging ? memory->staging : memory->capacity / 16;
}

/* The same for further tensors: staging is kept. */
static uint64_t room_of(const struct chip *chip, const uint64_t *occupied, int32_t memory)
{
    uint64_t room = free_bytes(chip, occupied, memory);
    uint64_t kept = staging(&chip->memories[memory]);
    return room > kept ? room - kept : 0;
}

static bool fits(const struct chip *chip, const uint64_t *occupied, int32_t memory,
                 uint64_t bytes)
{
    uint64_t room = room_of(chip, occupied, memory);
    return room && bytes <= room;
}

int32_t rest_main_memory(const struct chip *chip, uint32_t role)
{
    int32_t any = chip->host_memory;
    for (int32_t i = chip->memory_count - 1; i >= 0; i--)
        if (chip->memories[i].kind == MEMORY_DRAM)
            any = i;
    for (int32_t i = 0; i < chip->memory_count; i++)
        if (chip->memories[i].kind != MEMORY_SRAM && rest_takes(&chip->memories[i], role))
            return i;
    return any;
}

struct rest_place rest_choose(const struct chip *chip, const uint64_t *occupied, uint32_t role,
                              uint64_t bytes)
{
    struct rest_place place = {.refused_by = -1};
    for (int32_t i = 0; i < chip->memory_count; i++) {
        const struct chip_memory *memory = &chip->memories[i];
        if (memory->kind != MEMORY_SRAM || !rest_takes(memory, role))
            continue;
        place.memory = i;
        if (fits(chip, occupied, i, bytes))
            return place;
        if (place.refused_by < 0) {
            place.refused_by = i;
            place.refused_room = room_of(chip, occupied, i);
        }
    }
    place.memory = rest_main_memory(chip, role);
    return place;
}

int32_t rest_grant(const struct chip *chip, const uint64_t *occupied, uint32_t role,
                   uint64_t bytes, const struct rest_wish *wish, struct rest_place *place)
{
    *place = rest_choose(chip, occupied, role, bytes);
    if (!wish || wish->memory == REST_ANYWHERE)
        return -1;
    bool is_sram = chip->memories[wish->memory].kind == MEMORY_SRAM;
    if (is_sram && !fits(chip, occupied, wish->memory, bytes))
        return -1;
    bool is_backed = is_sram && wish->is_backed;
    place->memory = is_backed ? rest_main_memory(chip, role) : wish->memory;
    return is_backed ? wish->memory : -1;
}

uint64_t rest_scratch(const struct chip *chip, const uint64_t *occupied,
                      const struct chip_core *core)
{
    if (core->scratch_memory < 0)
        return core->core.scratch_bytes;
    uint64_t grain = core->core.scratch_bytes / 16;
    uint64_t room = free_bytes(chip, occupied, core->scratch_memory);
    return grain ? room / grain * grain : room;
}
