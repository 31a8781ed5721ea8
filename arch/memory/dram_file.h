/* Memory files: configs/memories/NAME.conf, keys of DRAM_PARAMS at the top level and no
 * section. */
#ifndef ARCH_MEMORY_DRAM_FILE_H
#define ARCH_MEMORY_DRAM_FILE_H

#include "arch/memory/dram_config.h"
#include "arch/memory/dram_map.h"
#include "sim/config/config.h"

/* Name of a shipped memory or path of a file, with `sets` ("KEY=VALUE") applied; kept texts lie
 * in the arena. *file is the config for dumps, or not wanted where NULL. */
bool dram_file_load(struct arena *arena, const char *memory, const char *const *sets,
                    size_t set_count, struct dram_config *config, struct dram_map *map,
                    struct config **file, struct error *err);

#endif
