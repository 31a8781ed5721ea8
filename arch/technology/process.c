#include "arch/technology/process.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "arch/technology/sram.h"
#include "sim/config/config.h"
#include "sim/config/config_place.h"
#include "workloads/number_format.h"

const struct param QUANTITIES[QUANTITY_COUNT + 1] = {
    {"supply", PARAM_REAL, UNIT_VOLT, 0, NULL, 0.1, 10, NULL, "nominal core supply"},
    {"gate-energy", PARAM_REAL, UNIT_JOULE, 0, NULL, 1e-19, 1e-12, NULL,
     "one switching gate; the coordinate between anchors of arithmetic"},
    {"gate-delay", PARAM_REAL, UNIT_SECOND, 0, NULL, 1e-14, 1e-8, NULL,
     "of the same gate: device speed"},
    {"logic-density", PARAM_REAL, UNIT_PER_SQUARE_METRE, 0, NULL, 1e9, 1e16, NULL,
     "transistors, from measured cells where there are any"},
    {"advertised-density", PARAM_REAL, UNIT_PER_SQUARE_METRE, 0, NULL, 1e9, 1e16, NULL,
     "transistors as marketed; no price uses it"},
    {"cell-utilisation", PARAM_REAL, UNIT_NONE, 0, NULL, 0.01, 1, NULL,
     "cells over placed and routed area"},
    {"floorplan-utilisation", PARAM_REAL, UNIT_NONE, 0, NULL, 0.01, 1, NULL,
     "logic and buffers over these and the die area that no block covers"},
    {"chip-fill", PARAM_REAL, UNIT_NONE, 0, NULL, 0.01, 2, NULL,
     "transistor density of whole chips over logic density"},
    {"sram-cell", PARAM_REAL, UNIT_SQUARE_METRE, 0, NULL, 1e-16, 1e-10, NULL,
     "six-transistor bit cell"},
    {"dram-cell", PARAM_REAL, UNIT_SQUARE_METRE, 0, NULL, 1e-17, 1e-10, NULL, "DRAM bit cell"},
    {"register-energy", PARAM_REAL, UNIT_JOULE, 0, NULL, 1e-18, 1e-11, NULL,
     "one flip-flop bit written"},
    {"register-area", PARAM_REAL, UNIT_SQUARE_METRE, 0, NULL, 1e-15, 1e-8, NULL,
     "one flip-flop bit"},
    {"gate-area", PARAM_REAL, UNIT_SQUARE_METRE, 0, NULL, 1e-15, 1e-8, NULL, "two-input NAND"},
    {"wire-energy", PARAM_REAL, UNIT_JOULE, 0, NULL, 1e-16, 1e-10, NULL,
     "one transition along one millimetre"},
    {"clock-energy", PARAM_REAL, UNIT_JOULE, 0, NULL, 1e-18, 1e-11, NULL,
     "one cycle of one register bit, tree included"},
    {"logic-leakage", PARAM_REAL, UNIT_WATT, 0, NULL, 0, 10, NULL,
     "a square millimetre of placed logic"},
    {"background", PARAM_REAL, UNIT_WATT, 0, NULL, 0, 100, NULL,
     "a square millimetre of die that no named block covers, clocks running"},
    {"wafer-price", PARAM_REAL, UNIT_DOLLAR, 0, NULL, 1, 1e7, NULL, "a processed wafer"},
    {"wafer-diameter", PARAM_REAL, UNIT_METRE, 0, NULL, 0.01, 1, NULL, "of that wafer"},
    {"defect-density", PARAM_REAL, UNIT_PER_SQUARE_METRE, 0, NULL, 0, 1e8, NULL,
     "defects that kill a die"},
    {"design-cost", PARAM_REAL, UNIT_DOLLAR, 0, NULL, 0, 1e12, NULL, "once per design"},
    {"fab-energy", PARAM_REAL, UNIT_JOULE, 0, NULL, 0, 1e10, NULL,
     "electricity of the fab a cm2 of wafer"},
    {"fab-gas", PARAM_REAL, UNIT_NONE, 0, NULL, 0, 1e6, NULL,
     "g CO2 equivalent of process gases a cm2 of wafer"},
    {0}};

static const char *const KINDS[] = {"logic", "dram", NULL};

struct head {
    const char *summary, *family, *foundry, *curve;
    int kind;
    int64_t year;
    struct param_list labels;
};

static const struct param HEAD[] = {
    {"summary", PARAM_TEXT, UNIT_NONE, offsetof(struct head, summary), "", 0, 0, NULL,
     "one line for people"},
    {"family", PARAM_TEXT, UNIT_NONE, offsetof(struct head, family), NULL, 0, 0, NULL,
     "processes that share tools and cells"},
    {"foundry", PARAM_TEXT, UNIT_NONE, offsetof(struct head, foundry), "", 0, 0, NULL,
     "who makes it"},
    {"kind", PARAM_CHOICE, UNIT_NONE, offsetof(struct head, kind), "logic", 0, 0, KINDS,
     "what the process is made for"},
    {"year", PARAM_COUNT, UNIT_NONE, offsetof(struct head, year), "0", 0, 2100, NULL,
     "first volume production; 0: not known"},
    {"curve", PARAM_TEXT, UNIT_NONE, offsetof(struct head, curve), "", 0, 0, NULL,
     "row of the supply curves"},
    {"labels", PARAM_LIST, UNIT_NONE, offsetof(struct head, labels), "", 0, 0, NULL,
     "published node labels of the family"},
    {0}};

struct statement {
    const char *value, *source;
    int mark;
    double sigma;
};

static const struct param STATEMENT[] = {
    {"value", PARAM_TEXT, UNIT_NONE, offsetof(struct statement, value), NULL, 0, 0, NULL,
     "with its unit"},
    {"mark", PARAM_CHOICE, UNIT_NONE, offsetof(struct statement, mark), NULL, 0, 0,
     VALUE_MARK_NAMES, "how far it may be trusted"},
    {"sigma", PARAM_REAL, UNIT_NONE, offsetof(struct statement, sigma), "0", 0, 10, NULL,
     "standard deviation of its logarithm"},
    {"source", PARAM_TEXT, UNIT_NONE, offsetof(struct statement, source), NULL, 0, 0, NULL,
     "where it was read"},
    {0}};

static const struct config_schema CHILDREN[] = {
    {"quantity", true, true, (const struct param *const[]){STATEMENT, NULL}, NULL}, {0}};
static const struct config_schema PROCESS_SCHEMA = {
    "", false, false, (const struct param *const[]){HEAD, NULL}, CHILDREN};

static bool load_table(struct arena *arena, const char *name, struct table *table,
                       struct error *err)
{
    return table_load(
        arena,
        arena_format(arena, "%s/configs/processes/tables/%s.csv", place_root(arena), name),
        table, err);
}

bool technology_tables_load(struct arena *arena, struct technology_tables *tables,
                            struct error *err)
{
    return load_table(arena, "operations", &tables->operations, err) &&
           load_table(arena, "cacti7_sram", &tables->sram, err) &&
           load_table(arena, "memories", &tables->memories, err) &&
           load_table(arena, "interfaces", &tables->interfaces, err) &&
           load_table(arena, "converters", &tables->converters, err) &&
           load_table(arena, "supply_curves", &tables->curves, err) &&
           sram_table_make(arena, &tables->sram, &tables->sram_index, err);
}

/* Titles other than quantities are operations: add-FORMAT, mul-FORMAT, mac-FORMAT. */
static bool is_operation(const char *title)
{
    struct number_format format;
    return (strncmp(title, "add-", 4) == 0 || strncmp(title, "mul-", 4) == 0 ||
            strncmp(title, "mac-", 4) == 0) &&
           number_format_parse(title + 4, &format);
}

static bool read_statement(struct process *process, struct config_section *section,
                           struct error *err)
{
    static const struct param OPERATION = {"value", PARAM_REAL, UNIT_JOULE,     0, NULL, 1e-18,
                                           1e-6,    NULL,       "one operation"};
    const char *owner = arena_format(process->arena, "quantity '%s'", section->title);
    struct statement said;
    if (!config_fill(section, STATEMENT, &said, owner, err))
        return false;
    const struct param *row = QUANTITIES;
    while (row->key && strcmp(row->key, section->title) != 0)
        row++;
    if (!row->key && !is_operation(section->title))
        return error_set(
            err,
            "%sis none: quantities are those that 'cleave explain process' prints, "
            "and add-FORMAT, mul-FORMAT, mac-FORMAT",
            arena_format(process->arena, "%s:%d: %s ", process->path, section->line, owner));
    if (!*said.source)
        return error_set(err, "%ssource is empty, must say where the value was read",
                         config_place(section, "source"));
    struct param typed = row->key ? *row : OPERATION;
    typed.key = "value";
    struct sourced value = {0, said.sigma, (enum value_mark)said.mark, said.source};
    const char *place = config_place(section, "value");
    if (!param_read(&typed, said.value, &value.value, process->arena, place, err))
        return false;
    if (row->key)
        process->quantities[row - QUANTITIES] = value;
    else
        process->operations[process->operation_count++] =
            (struct process_operation){section->title, value};
    return true;
}

static bool read_statements(struct process *process, struct config *config, struct error *err)
{
    size_t count = 0;
    for (struct config_section *at = config_find(&config->root, "quantity", NULL); at;
         at = config_next(at, "quantity"))
        count++;
    process->operations = arena_array(process->arena, count + 1, sizeof *process->operations);
    for (struct config_section *at = config_find(&config->root, "quantity", NULL); at;
         at = config_next(at, "quantity"))
        if (!read_statement(process, at, err))
            return false;
    return true;
}

static const char *name_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = arena_copy_text(arena, slash ? slash + 1 : path);
    size_t length = strlen(name);
    if (length > 5 && strcmp(name + length - 5, ".conf") == 0)
        name[length - 5] = '\0';
    return name;
}

/* The file alone, without tables. */
static struct process *read_file(struct arena *arena, const char *name, struct error *err)
{
    const char *path = place_config(arena, "processes", name, err);
    struct config *config = path ? config_load(arena, path, &PROCESS_SCHEMA, err) : NULL;
    struct head head;
    if (!config || !config_fill(&config->root, HEAD, &head, "process", err))
        return NULL;
    struct process *process = arena_alloc(arena, sizeof *process);
    *process = (struct process){.name = name_of(arena, path),
                                .path = path,
                                .family = head.family,
                                .foundry = head.foundry,
                                .summary = head.summary,
                                .kind = (enum process_kind)head.kind,
                                .year = (int)head.year,
                                .curve = head.curve,
                                .labels = head.labels,
                                .arena = arena};
    return read_statements(process, config, err) ? process : NULL;
}

static bool has_table(const struct table *operations, const char *name)
{
    for (size_t row = 0; row < operations->row_count; row++)
        if (strcmp(table_text(operations, row, "table"), name) == 0)
            return true;
    return false;
}

bool process_load(struct arena *arena, const char *name, const struct process_options *options,
                  const struct technology_tables *shared, struct process **result,
                  struct error *err)
{
    struct process *process = read_file(arena, name, err);
    if (!process)
        return false;
    if (!shared) {
        struct technology_tables *tables = arena_alloc(arena, sizeof *tables);
        if (!technology_tables_load(arena, tables, err))
            return false;
        shared = tables;
    }
    process->shared = shared;
    if (options)
        process->options = *options;
    if (!process->options.tables || !*process->options.tables)
        process->options.tables = "horowitz";
    if (!has_table(&shared->operations, process->options.tables))
        return error_set(err, "tables: '%.60s' is no table of operations in %s",
                         process->options.tables, shared->operations.path);
    *result = process;
    return true;
}

bool process_has(const struct process *process, enum quantity quantity)
{
    return sourced_is_known(&process->quantities[quantity]);
}

bool process_need(const struct process *process, enum quantity quantity, struct sourced *value,
                  struct error *err)
{
    *value = process->quantities[quantity];
    if (sourced_is_known(value) &&
        (value->mark != MARK_EXTRAPOLATED || process->options.allow_extrapolate))
        return true;
    if (sourced_is_known(value))
        return error_set(err,
                         "%s: process '%s' states '%s' (%s) as an extrapolation only; "
                         "--extrapolate accepts it",
                         process->path, process->name, QUANTITIES[quantity].key,
                         QUANTITIES[quantity].meaning);
    return error_set(err, "%s: process '%s' states no quantity '%s' (%s)", process->path,
                     process->name, QUANTITIES[quantity].key, QUANTITIES[quantity].meaning);
}

static bool has_label(const struct process *process, const char *label)
{
    for (size_t i = 0; i < process->labels.count; i++)
        if (strcmp(process->labels.items[i], label) == 0)
            return true;
    return false;
}

const char *process_of_label(struct arena *arena, const char *foundry, const char *label,
                             struct error *err)
{
    const char *found = NULL;
    for (const char *const *name = place_list(arena, "processes"); *name; name++) {
        struct process *process = read_file(arena, *name, err);
        if (!process)
            return NULL;
        bool is_foundry = !*foundry || strcmp(process->foundry, foundry) == 0;
        if (process->kind != PROCESS_LOGIC || !is_foundry || !has_label(process, label))
            continue;
        /* Without a foundry named, the largest one's process speaks for the label. */
        if (!found || strcmp(process->foundry, "TSMC") == 0)
            found = process->name;
    }
    return found;
}

static double value_or_nan(const struct process *process, enum quantity quantity, double unit)
{
    return process_has(process, quantity) ? process->quantities[quantity].value / unit : NAN;
}

bool process_summary_load(struct arena *arena, const char *name, struct process_summary *row,
                          struct error *err)
{
    struct process *process = read_file(arena, name, err);
    if (!process)
        return false;
    *row = (struct process_summary){
        .name = process->name,
        .family = process->family,
        .foundry = process->foundry,
        .kind = KINDS[process->kind],
        .summary = process->summary,
        .year = process->year,
        .logic_density_mtr_mm2 = value_or_nan(process, QUANTITY_LOGIC_DENSITY, 1e12),
        .sram_cell_um2 = value_or_nan(process, QUANTITY_SRAM_CELL, 1e-12),
        .wafer_price_usd = value_or_nan(process, QUANTITY_WAFER_PRICE, 1)};
    return true;
}
