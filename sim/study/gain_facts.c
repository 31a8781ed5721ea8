#include "sim/study/gain_facts.h"

#include <math.h>
#include <string.h>

#include "sim/config/config_place.h"
#include "sim/study/gain_spelling.h"

bool gain_table(struct arena *arena, const char *name, struct table *table, struct error *err)
{
    return table_load(
        arena, arena_format(arena, "%s/configs/studies/tables/%s", place_root(arena), name),
        table, err);
}

bool gain_cell(const struct table *table, size_t row, const char *column, double *value,
               struct error *err)
{
    *value = NAN;
    return *table_text(table, row, column) == '\0' ||
           table_real(table, row, column, value, err);
}

/* One number column of a table, where it goes and what it is multiplied by to be in SI units.
 */
struct field {
    const char *column;
    size_t offset;
    double scale;
};

static bool fill(const struct table *table, size_t row, const struct field *fields,
                 size_t count, void *target, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        double value;
        if (!gain_cell(table, row, fields[i].column, &value, err))
            return false;
        *(double *)((char *)target + fields[i].offset) = value * fields[i].scale;
    }
    return true;
}

#define CHIP(column, field, scale)                                                             \
    {                                                                                          \
        column, offsetof(struct gain_chip, field), scale                                       \
    }
static const struct field CHIP_FIELDS[] = {
    CHIP("transistors_millions", transistors, 1e6),
    CHIP("die_area_mm2", area_mm2, 1),
    CHIP("clock_MHz", clock_hz, 1e6),
    CHIP("power_W", power_w, 1),
    CHIP("offchip_GBps", bandwidth_bytes_per_s, 1e9),
    CHIP("onchip_MiB", memory_mib, 1),
    CHIP("peak_int8_TOPS", peak_i8, 1e12),
    CHIP("peak_fp16_bf16_TFLOPS", peak_f16, 1e12),
    CHIP("peak_fp32_TFLOPS", peak_f32, 1e12),
};

#define PROCESS(column, field)                                                                 \
    {                                                                                          \
        column, offsetof(struct gain_process, field), 1                                        \
    }
static const struct field PROCESS_FIELDS[] = {
    PROCESS("gate_delay_rel", delay),
    PROCESS("gate_delay_sigma", delay_sigma),
    PROCESS("inverter_energy_coordinate", energy_coordinate),
    PROCESS("density_mtr_mm2", density),
    PROCESS("density_sigma", density_sigma),
};

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool load_chips(struct arena *arena, struct gain_facts *facts, struct error *err)
{
    struct table t;
    if (!gain_table(arena, "chips.csv", &t, err))
        return false;
    facts->chip_count = t.row_count;
    facts->chips = arena_array(arena, t.row_count, sizeof *facts->chips);
    for (size_t i = 0; i < t.row_count; i++) {
        struct gain_chip *chip = &facts->chips[i];
        if (!fill(&t, i, CHIP_FIELDS, LENGTH(CHIP_FIELDS), chip, err))
            return false;
        chip->key = table_text(&t, i, "key");
        chip->name = table_text(&t, i, "chip");
        chip->process = table_text(&t, i, "process");
        chip->format = table_text(&t, i, "training_format");
        chip->area_kind = table_text(&t, i, "die_area_kind");
        chip->power_kind = table_text(&t, i, "power_kind");
        chip->memory_type = table_text(&t, i, "offchip_type");
        chip->mlperf_name = table_text(&t, i, "mlperf_name");
        chip->from_memory = table_text(&t, i, "from_memory_fields");
        chip->notes = table_text(&t, i, "notes");
        chip->source = table_text(&t, i, "source");
        struct gain_spelling spelling;
        char model[64];
        gain_spell(chip->mlperf_name, &spelling);
        gain_spelling_model(&spelling, model, sizeof model);
        chip->silicon = *model ? arena_copy_text(arena, model) : chip->key;
    }
    return true;
}

static bool load_processes(struct arena *arena, struct gain_facts *facts, struct error *err)
{
    struct table t;
    if (!gain_table(arena, "processes.csv", &t, err))
        return false;
    facts->process_count = t.row_count;
    facts->processes = arena_array(arena, t.row_count, sizeof *facts->processes);
    for (size_t i = 0; i < t.row_count; i++) {
        struct gain_process *process = &facts->processes[i];
        if (!fill(&t, i, PROCESS_FIELDS, LENGTH(PROCESS_FIELDS), process, err))
            return false;
        process->key = table_text(&t, i, "key");
        process->labels = table_text(&t, i, "labels_nm");
        process->delay_source = table_text(&t, i, "delay_source");
        process->density_source = table_text(&t, i, "density_source");
    }
    return true;
}

static bool load_formats(struct arena *arena, struct gain_facts *facts, struct error *err)
{
    struct table t;
    if (!gain_table(arena, "formats.csv", &t, err))
        return false;
    facts->format_count = t.row_count;
    facts->formats = arena_array(arena, t.row_count, sizeof *facts->formats);
    for (size_t i = 0; i < t.row_count; i++) {
        struct gain_format *format = &facts->formats[i];
        format->name = table_text(&t, i, "format");
        format->drawn_as = table_text(&t, i, "drawn_as");
        format->source = table_text(&t, i, "source");
        if (!table_real(&t, i, "mac_pj_45nm", &format->mac_pj, err) ||
            !table_real(&t, i, "sigma", &format->sigma, err))
            return false;
    }
    return true;
}

static bool load_constants(struct arena *arena, struct gain_facts *facts, struct error *err)
{
    const struct {
        const char *key;
        struct gain_constant *constant;
    } rows[] = {
        {"energy_exponent", &facts->energy_exponent},
        {"activity", &facts->activity},
        {"gate_energy_45nm_fj", &facts->gate_energy_45nm_fj},
        {"leakage_share", &facts->leakage_share},
        {"clustering", &facts->clustering},
        {"count_sigma", &facts->count_sigma},
        {"time_sigma", &facts->time_sigma},
        {"area_bound_sigma", &facts->area_bound_sigma},
        {"power_tdp_sigma", &facts->power_tdp_sigma},
        {"power_measured_sigma", &facts->power_measured_sigma},
    };
    struct table t;
    if (!gain_table(arena, "figures.csv", &t, err))
        return false;
    for (size_t k = 0; k < LENGTH(rows); k++) {
        size_t i = 0;
        while (i < t.row_count && strcmp(table_text(&t, i, "key"), rows[k].key) != 0)
            i++;
        if (i == t.row_count)
            return error_set(err, "%s: the figure '%s' is missing", t.path, rows[k].key);
        if (!table_real(&t, i, "value", &rows[k].constant->value, err) ||
            !table_real(&t, i, "sigma", &rows[k].constant->sigma, err))
            return false;
        rows[k].constant->source = table_text(&t, i, "source");
    }
    return true;
}

bool gain_facts_load(struct arena *arena, struct gain_facts *facts, struct error *err)
{
    memset(facts, 0, sizeof *facts);
    return load_chips(arena, facts, err) && load_processes(arena, facts, err) &&
           load_formats(arena, facts, err) && load_constants(arena, facts, err);
}

/* Adds ", KEY" to a sentence as long as there is room. */
static void append(char *text, size_t size, const char *key)
{
    size_t used = strlen(text);
    if (used + strlen(key) + 3 < size) {
        strcat(text, used ? ", " : "");
        strcat(text, key);
    }
}

const struct gain_chip *gain_find_chip(const struct gain_facts *facts, const char *key,
                                       struct error *err)
{
    char near[300] = "", all[300] = "";
    for (size_t i = 0; i < facts->chip_count; i++) {
        const struct gain_chip *chip = &facts->chips[i];
        if (strcmp(chip->key, key) == 0)
            return chip;
        if (*key && chip->key[0] == key[0])
            append(near, sizeof near, chip->key);
        append(all, sizeof all, chip->key);
    }
    error_set(err, "'%s' is no chip of the database; %s: %s", key,
              *near ? "near keys" : "keys begin with", *near ? near : all);
    return NULL;
}

const struct gain_process *gain_find_process(const struct gain_facts *facts, const char *key,
                                             struct error *err)
{
    char all[400] = "";
    for (size_t i = 0; i < facts->process_count; i++) {
        if (strcmp(facts->processes[i].key, key) == 0)
            return &facts->processes[i];
        append(all, sizeof all, facts->processes[i].key);
    }
    error_set(err, "'%s' is no process that cards may name: %s", key, all);
    return NULL;
}

const struct gain_format *gain_find_format(const struct gain_facts *facts, const char *name,
                                           struct error *err)
{
    char all[200] = "";
    for (size_t i = 0; i < facts->format_count; i++) {
        if (strcmp(facts->formats[i].name, name) == 0)
            return &facts->formats[i];
        append(all, sizeof all, facts->formats[i].name);
    }
    error_set(err, "'%s' is no number format with a known energy: %s", name, all);
    return NULL;
}
