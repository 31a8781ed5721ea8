#include "arch/memory/dram_file.h"

#include "sim/config/config_place.h"

static const struct param *const FILE_TABLES[] = {DRAM_PARAMS, NULL};

static const struct config_schema DRAM_FILE_SCHEMA = {.name = "", .tables = FILE_TABLES};

bool dram_file_load(struct arena *arena, const char *memory, const char *const *sets,
                    size_t set_count, struct dram_config *config, struct dram_map *map,
                    struct config **file, struct error *err)
{
    const char *path = place_config(arena, "memories", memory, err);
    if (path == NULL)
        return false;
    struct config *loaded = config_load(arena, path, &DRAM_FILE_SCHEMA, err);
    if (loaded == NULL)
        return false;
    for (size_t i = 0; i < set_count; i++)
        if (!config_set(loaded, &DRAM_FILE_SCHEMA, sets[i], err))
            return false;
    const char *owner = arena_format(arena, "memory '%s'", memory);
    if (!config_fill(&loaded->root, DRAM_PARAMS, config, owner, err))
        return false;
    if (file != NULL)
        *file = loaded;
    const char *start = arena_format(arena, "memory '%s': ", memory);
    return dram_config_check(config, start, err) && dram_map_parse(map, config, start, err);
}
