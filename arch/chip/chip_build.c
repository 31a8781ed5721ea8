/* From a checked config to a chip with its inventory. */
#include <string.h>

#include "arch/chip/chip_tables.h"
#include "arch/chip/kernel_play.h"
#include "arch/vector/vector.h"
#include "sim/config/config_place.h"

int32_t chip_memory_find(const struct chip *chip, const char *name)
{
    for (int32_t i = 0; i < chip->memory_count; i++)
        if (strcmp(chip->memories[i].name, name) == 0)
            return i;
    return -1;
}

struct number_format chip_stored_format(const struct chip *chip, struct number_format traced)
{
    if (traced.class == NUMBER_FLOAT && chip->stored_float.class != NUMBER_NONE)
        return chip->stored_float;
    return traced;
}

static const struct family *find_family(const char *name)
{
    for (size_t i = 0; FAMILIES[i]; i++)
        if (strcmp(FAMILIES[i]->name, name) == 0)
            return FAMILIES[i];
    return NULL;
}

static const char *family_names(struct arena *arena)
{
    const char *text = FAMILIES[0]->name;
    for (size_t i = 1; FAMILIES[i]; i++)
        text = arena_format(arena, "%s, %s", text, FAMILIES[i]->name);
    return text;
}

static bool read_takes(struct chip_core *core, const struct param_list *takes,
                       const struct config_section *section, struct error *err)
{
    core->takes = takes->count ? 0 : UINT32_MAX;
    for (size_t i = 0; i < takes->count; i++) {
        int kind = 0;
        while (kind < PRIMITIVE_KIND_COUNT &&
               strcmp(PRIMITIVE_NAMES[kind], takes->items[i]) != 0)
            kind++;
        if (kind == PRIMITIVE_KIND_COUNT)
            return error_set(err, "%stakes has '%s', which is no primitive",
                             config_place(section, "takes"), takes->items[i]);
        core->takes |= 1u << kind;
    }
    return true;
}

static bool read_dma(struct chip_core *core, const struct core_values *values,
                     struct config_section *section, struct error *err)
{
    core->dma = (struct dma_config){values->dma_request, (uint32_t)values->dma_outstanding};
    core->dma_prefetch = (uint64_t)values->dma_prefetch;
    core->dma_priority = values->dma_priority;
    core->is_dma_shared = values->dma_engines == 1;
    if (values->dma_request & (values->dma_request - 1))
        return error_set(err, "%sdma_request is %llu bytes, must be a power of two or 0",
                         config_place(section, "dma_request"),
                         (unsigned long long)values->dma_request);
    if (values->dma_outstanding == 0) { /* nothing ever waits for an engine */
        config_mark_inactive(section, "dma_priority");
        config_mark_inactive(section, "dma_engines");
    } else if (values->count == 1)
        config_mark_inactive(section, "dma_engines");
    return true;
}

static bool add_core(struct chip *chip, struct config_section *section,
                     const struct mapper_values *mapper, struct error *err)
{
    if (chip->core_count == CHIP_CORES_MAX - 1)
        return error_set(err, "%sa chip has at most %d core sections",
                         config_place(section, NULL), CHIP_CORES_MAX - 1);
    struct chip_core *made = &chip->cores[chip->core_count];
    struct core *core = &made->core;
    struct core_values values = {0};
    const char *owner = arena_format(chip->arena, "core '%s'", section->title);
    if (!config_fill_some(section, CORE_PARAMS, &values, owner, err))
        return false;
    const struct family *family = find_family(values.family);
    if (!family)
        return error_set(err, "%sfamily is '%s', must be one of %s",
                         config_place(section, "family"), values.family,
                         family_names(chip->arena));
    *core = (struct core){.name = section->title,
                          .family = family,
                          .clock = values.clock,
                          .count = values.count,
                          .mode = (enum mapper_mode)mapper->mode,
                          .objective = (enum mapper_objective)mapper->objective,
                          .template = mapper->template,
                          .rerank = mapper->rerank,
                          .fit_quantile = values.fit_quantile,
                          .costs = mapper->costs,
                          .inventory = &chip->inventory,
                          .scratch = -1,
                          .place = config_place(section, NULL),
                          .arena = chip->arena};
    if (!ratio_multiply(values.clock, chip->clock_factor, &core->clock))
        return error_set(err, "%sclock times clock_factor has too many digits",
                         config_place(section, "clock"));
    made->epilogue = values.epilogue;
    if (!family->meet) /* it plans no sparse operand */
        config_mark_inactive(section, "fit_quantile");
    if (!read_takes(made, &values.takes, section, err) ||
        !read_dma(made, &values, section, err))
        return false;
    made->scratch_memory = -1;
    if (values.native[0] && !number_format_parse(values.native, &core->native))
        return error_set(err, "%snative is '%s', wanted a number format like i8 or f16",
                         config_place(section, "native"), values.native);
    if (values.scratch[0]) {
        made->scratch_memory = chip_memory_find(chip, values.scratch);
        if (made->scratch_memory < 0 ||
            chip->memories[made->scratch_memory].kind != MEMORY_SRAM)
            return error_set(err, "%sscratch is '%s', which is no sram memory of this chip",
                             config_place(section, "scratch"), values.scratch);
        const struct chip_memory *memory = &chip->memories[made->scratch_memory];
        core->scratch = memory->part;
        core->scratch_bytes = memory->capacity;
        core->scratch_bits = (uint32_t)memory->width_bits;
    }
    core->params = arena_alloc(chip->arena, family->params_bytes);
    if (!config_fill(section, family->params, core->params, owner, err) ||
        (family->read && !family->read(core, section, err)) || !family->check(core, err))
        return false;
    chip->core_count++;
    return true;
}

/* Where the host computes nothing it has no clock; where nothing waits for its link either, and
 * nothing rests behind it, no rate. */
static void mark_host_inactive(struct chip *chip, bool is_overlapped)
{
    struct config_section *section = config_find(&chip->config->root, "host", NULL);
    bool has_memory = false;
    for (int32_t i = 0; i < chip->memory_count - 1; i++)
        has_memory = has_memory || chip->memories[i].kind != MEMORY_SRAM;
    config_mark_inactive(section, "clock");
    config_mark_inactive(section, "lanes");
    if (is_overlapped && has_memory) {
        config_mark_inactive(section, "bandwidth");
        config_mark_inactive(section, "latency");
    }
}

/* The host as a vector core on the far side of its link; it stages in its own cache. */
static bool add_host(struct chip *chip, const struct host_values *host, struct error *err)
{
    struct chip_memory *link = &chip->memories[chip->memory_count];
    chip->host_memory = chip->memory_count++;
    *link = (struct chip_memory){.name = "host",
                                 .kind = MEMORY_LINK,
                                 .capacity = UINT64_MAX / 2,
                                 .bandwidth = host->bandwidth,
                                 .latency = host->latency,
                                 .burst = 1,
                                 .device = host->link,
                                 .channels = 1,
                                 .width_bits = 1};
    chip_memory_parts(chip, link);
    if (chip->last_resort >= 0) {
        mark_host_inactive(chip, host->overlap == HOST_OVERLAP_FULL);
        return true;
    }
    struct chip_core *made = &chip->cores[chip->core_count];
    made->is_host = true;
    made->scratch_memory = -1;
    struct part cache = {.name = "host.cache",
                         .component = "host",
                         .kind = PART_SRAM,
                         .count = 1,
                         .bytes = 1u << 20,
                         .width_bits = 512,
                         .banks = 1,
                         .read_ports = 1,
                         .write_ports = 1,
                         .is_off_die = true,
                         .is_host = true};
    struct core *core = &made->core;
    *core = (struct core){.name = "host",
                          .family = &VECTOR_FAMILY,
                          .clock = host->clock,
                          .count = 1,
                          .scratch = inventory_add(&chip->inventory, &cache),
                          .scratch_bytes = 1u << 20,
                          .scratch_bits = 512,
                          .place = "host: ",
                          .costs = RELATIVE_COSTS,
                          .inventory = &chip->inventory,
                          .arena = chip->arena};
    core->params = arena_alloc(chip->arena, VECTOR_FAMILY.params_bytes);
    const char *lanes = arena_format(chip->arena, "%lld", (long long)host->lanes);
    for (const struct param *row = VECTOR_FAMILY.params; row->key; row++) {
        const char *text = strcmp(row->key, "lanes") == 0 ? lanes : row->fallback;
        if (!param_read(row, text, core->params, chip->arena, "host: ", err))
            return false;
    }
    chip->last_resort = chip->core_count++;
    return VECTOR_FAMILY.check(core, err);
}

static bool read_precision(struct chip *chip, const struct chip_values *values,
                           struct error *err)
{
    chip->precision = values->precision;
    if (strcmp(values->precision, "traced") == 0)
        return true;
    if (strcmp(values->precision, "native") != 0) {
        if (!number_format_parse(values->precision, &chip->stored_float))
            return error_set(err, "%sprecision is '%s', wanted native, traced or a format name",
                             config_place(&chip->config->root, "precision"), values->precision);
        return true;
    }
    for (int32_t i = 0; i < chip->core_count && chip->stored_float.class == NUMBER_NONE; i++)
        chip->stored_float = chip->cores[i].core.native;
    return true;
}

/* Ticks on which the edges of all cores and of the network fall, and those of the DRAM clocks
 * that are played where that is no finer than a femtosecond. */
static void choose_times(struct chip *chip, struct network_values *network)
{
    struct ratio clocks[CHIP_CORES_MAX + CHIP_MEMORIES_MAX + 1];
    size_t cores = 0, count;
    for (int32_t i = 0; i < chip->core_count; i++)
        clocks[cores++] = chip->cores[i].core.clock;
    if (network->clock.num == 0)
        network->clock = clocks[0];
    clocks[cores++] = network->clock;
    count = cores;
    for (int32_t i = 0; i < chip->memory_count; i++)
        if (chip->memories[i].dram && chip->memories[i].fidelity != FIDELITY_IDEAL)
            clocks[count++] = ratio_invert(chip->memories[i].dram->clock_period);
    chip->timebase = timebase_choose(clocks, count);
    if (!chip->timebase.is_exact)
        chip->timebase = timebase_choose(clocks, cores);
    chip->main_clock = clock_make(&chip->timebase, clocks[0]);
}

static bool find_last_resort(struct chip *chip, const char *name, struct error *err)
{
    chip->last_resort = -1;
    if (strcmp(name, "host") == 0)
        return true;
    for (int32_t i = 0; i < chip->core_count; i++)
        if (strcmp(chip->cores[i].core.name, name) == 0 &&
            chip->cores[i].core.family == &VECTOR_FAMILY) {
            chip->last_resort = i;
            return true;
        }
    return error_set(err, "%slast_resort is '%s', must be host or a vector core of this chip",
                     config_place(&chip->config->root, "last_resort"), name);
}

static bool build(struct chip *chip, struct error *err)
{
    struct config_section *root = &chip->config->root;
    struct chip_values values = {0};
    struct mapper_values mapper = {0};
    struct host_values host = {0};
    struct network_values network = {0};
    if (!config_fill(root, CHIP_PARAMS, &values, "chip", err) ||
        !config_fill(config_find(root, "mapper", NULL), MAPPER_PARAMS, &mapper, "mapper",
                     err) ||
        !config_fill(config_find(root, "host", NULL), HOST_PARAMS, &host, "host", err) ||
        !config_fill(config_find(root, "network", NULL), NETWORK_PARAMS, &network, "network",
                     err))
        return false;
    chip->process = values.process;
    chip->tables = values.tables;
    chip->scope = values.scope ? "system" : "chip";
    chip->cap_watts = values.power_cap;
    chip->cap_policy = values.cap ? "throttle" : "report";
    chip->may_extrapolate = values.extrapolate;
    chip->window = values.window;
    chip->clock_factor = ratio_make((uint64_t)(values.clock_factor * 10000 + 0.5), 10000);
    chip->host_overlap = host.overlap;
    chip->mapper_mode = mapper.mode;
    chip->look_ahead = mapper.look_ahead;
    for (struct config_section *s = config_find(root, "memory", NULL); s;
         s = config_next(s, "memory"))
        if (!chip_memory_add(chip, s, err))
            return false;
    for (int32_t i = 0; i < chip->memory_count; i++)
        chip_memory_parts(chip, &chip->memories[i]);
    for (struct config_section *s = config_find(root, "core", NULL); s;
         s = config_next(s, "core"))
        if (!add_core(chip, s, &mapper, err))
            return false;
    if (mapper.mode == MAPPER_STATIONARY && !chip_takes_nests(chip))
        return error_set(err,
                         "%s: mapper.mode is stationary, but every core of this chip makes its "
                         "own loops and follows no template",
                         chip->path);
    if (chip->core_count == 0 || chip->memory_count == 0)
        return error_set(err, "%s: a chip needs at least one core and one memory section",
                         chip->path);
    if (!kernel_play_check(chip, err) || !find_last_resort(chip, values.last_resort, err) ||
        !add_host(chip, &host, err) || !read_precision(chip, &values, err) ||
        !config_check_sets(chip->config, err))
        return false;
    choose_times(chip, &network);
    if (!chip_network_read(chip, &network, err))
        return false;
    chip_mark_inactive(chip, &mapper);
    for (int32_t i = 0; i < chip->core_count; i++)
        chip->cores[i].core.family->parts(&chip->cores[i].core, &chip->inventory);
    return true;
}

struct chip *chip_load(struct arena *arena, const char *name_or_path, const char *const *sets,
                       size_t set_count, struct error *err)
{
    const char *path = place_config(arena, "chips", name_or_path, err);
    if (!path)
        return NULL;
    const struct config_schema *schema = chip_schema(arena);
    struct chip *chip = arena_alloc(arena, sizeof *chip);
    chip->arena = arena;
    chip->path = path;
    chip->config = config_load(arena, path, schema, err);
    if (!chip->config)
        return NULL;
    const char *base = strrchr(path, '/');
    char *name = arena_copy_text(arena, base ? base + 1 : path);
    char *dot = strrchr(name, '.');
    if (dot)
        *dot = '\0';
    chip->name = name;
    for (size_t i = 0; i < set_count; i++)
        if (!config_set(chip->config, schema, sets[i], err))
            return NULL;
    inventory_init(&chip->inventory, arena);
    return build(chip, err) ? chip : NULL;
}
