#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arch/chip/chip.h"
#include "arch/memory/dram_file.h"
#include "arch/technology/process.h"
#include "sim/cli/command.h"
#include "sim/cli/output.h"
#include "sim/config/config_place.h"
#include "sim/kernel/number.h"
#include "sim/report/report_text.h"
#include "sim/report/report_units.h"
#include "sim/study/gain_study.h"
#include "sim/study/validation.h"
#include "workloads/dense/workload.h"
#include "workloads/operator.h"

enum { COLUMNS_MAX = 8 };

/* A listing being written: aligned for people, or CSV with the same columns. */
struct listing {
    enum output_format format;
    const char *columns[COLUMNS_MAX];
    int widths[COLUMNS_MAX];
    int count;
    int rows; /* printed, the header apart */
};

/* One object a row: column names are keys. */
static void print_object(struct listing *listing, const char *const *cells)
{
    if (cells == listing->columns)
        return;
    fputs(listing->rows++ ? ",\n {" : "[{", stdout);
    for (int i = 0; i < listing->count; i++) {
        fputs(i ? ", " : "", stdout);
        report_json_text(listing->columns[i], stdout);
        fputs(": ", stdout);
        report_json_text(cells[i], stdout);
    }
    fputc('}', stdout);
}

static void print_row(struct listing *listing, const char *const *cells)
{
    if (listing->format == OUTPUT_JSON) {
        print_object(listing, cells);
        return;
    }
    for (int i = 0; i < listing->count; i++) {
        bool is_last = i == listing->count - 1;
        if (listing->format == OUTPUT_CSV && is_last)
            report_last_cell(cells[i], stdout);
        else if (listing->format == OUTPUT_CSV)
            report_cell(cells[i], stdout);
        else if (is_last)
            printf("%s\n", cells[i]);
        else
            printf("%-*s ", listing->widths[i], cells[i]);
    }
}

static bool list_chips(struct listing *listing, struct arena *arena, struct error *err)
{
    *listing = (struct listing){listing->format,
                                {"name", "process", "cores", "clock", "memories"},
                                {14, 12, 28, 10, 0},
                                5};
    print_row(listing, listing->columns);
    const char *const *names = place_list(arena, "chips");
    for (; *names; names++) {
        struct arena own = {0};
        struct chip *chip = chip_load(&own, *names, NULL, 0, err);
        if (!chip) {
            arena_free(&own);
            return false;
        }
        const char *cores = "", *memories = "";
        for (int32_t i = 0; i < chip->core_count; i++)
            if (!chip->cores[i].is_host)
                cores =
                    arena_format(&own, "%s%s%s:%s", cores, *cores ? " " : "",
                                 chip->cores[i].core.name, chip->cores[i].core.family->name);
        char text[UNIT_TEXT_BYTES];
        for (int32_t i = 0; i < chip->memory_count; i++)
            if (chip->memories[i].kind != MEMORY_LINK)
                memories = arena_format(&own, "%s%s%s:%s", memories, *memories ? " " : "",
                                        chip->memories[i].name,
                                        bytes_text(chip->memories[i].capacity, text));
        const char *cells[] = {*names, chip->process, cores,
                               unit_text(ratio_value(chip->main_clock.hz), "Hz", text),
                               memories};
        print_row(listing, cells);
        arena_free(&own);
    }
    return true;
}

static const char *number(struct arena *arena, double value)
{
    char text[NUMBER_TEXT_BYTES];
    return isnan(value) ? "" : arena_format(arena, "%s", number_rounded(value, 5, text));
}

static bool list_processes(struct listing *listing, struct arena *arena, struct error *err)
{
    *listing = (struct listing){
        listing->format,
        {"name", "kind", "family", "year", "mtr_per_mm2", "sram_um2", "wafer_usd", "summary"},
        {13, 6, 14, 5, 12, 9, 10, 0},
        8};
    print_row(listing, listing->columns);
    for (const char *const *names = place_list(arena, "processes"); *names; names++) {
        struct process_summary row;
        if (!process_summary_load(arena, *names, &row, err))
            return false;
        const char *cells[] = {row.name,
                               row.kind,
                               row.family,
                               row.year ? arena_format(arena, "%d", row.year) : "",
                               number(arena, row.logic_density_mtr_mm2),
                               number(arena, row.sram_cell_um2),
                               number(arena, row.wafer_price_usd),
                               row.summary};
        print_row(listing, cells);
    }
    return true;
}

static bool list_memories(struct listing *listing, struct arena *arena, struct error *err)
{
    *listing = (struct listing){listing->format,
                                {"name", "standard", "channels", "peak", "mapping"},
                                {14, 12, 9, 12, 0},
                                5};
    print_row(listing, listing->columns);
    for (const char *const *names = place_list(arena, "memories"); *names; names++) {
        struct dram_config config;
        struct dram_map map;
        char text[UNIT_TEXT_BYTES];
        if (!dram_file_load(arena, *names, NULL, 0, &config, &map, NULL, err))
            return false;
        const char *cells[] = {
            *names, config.standard, arena_format(arena, "%lld", (long long)config.channels),
            unit_text(dram_peak_bandwidth(&config), "B/s", text), config.mapping};
        print_row(listing, cells);
    }
    return true;
}

static bool list_operators(struct listing *listing, struct arena *arena, struct error *err)
{
    (void)arena;
    (void)err;
    *listing =
        (struct listing){listing->format, {"name", "counts_macs", "summary"}, {26, 12, 0}, 3};
    print_row(listing, listing->columns);
    size_t count;
    const struct operator_spec *table = operator_table(&count);
    for (size_t i = 0; i < count; i++) {
        const char *cells[] = {table[i].name, table[i].is_contraction ? "yes" : "no",
                               table[i].summary};
        print_row(listing, cells);
    }
    return true;
}

static bool list_workloads(struct listing *listing, struct arena *arena, struct error *err)
{
    (void)arena;
    (void)err;
    *listing = (struct listing){listing->format, {"name", "summary"}, {20, 0}, 2};
    print_row(listing, listing->columns);
    size_t count;
    const struct workload *table = workload_table(&count);
    for (size_t i = 0; i < count; i++) {
        const char *cells[] = {table[i].name, table[i].summary};
        print_row(listing, cells);
    }
    return true;
}

static bool list_cases(struct listing *listing, struct arena *arena, struct error *err)
{
    (void)arena;
    (void)err;
    *listing = (struct listing){listing->format, {"name", "summary", "bar"}, {12, 84, 0}, 3};
    print_row(listing, listing->columns);
    for (size_t i = 0; VALIDATION_CASES[i]; i++) {
        const char *cells[] = {VALIDATION_CASES[i]->name, VALIDATION_CASES[i]->summary,
                               VALIDATION_CASES[i]->tolerance};
        print_row(listing, cells);
    }
    return true;
}

static bool list_studies(struct listing *listing, struct arena *arena, struct error *err)
{
    *listing = (struct listing){listing->format, {"name", "title"}, {32, 0}, 2};
    print_row(listing, listing->columns);
    for (const char *const *names = place_list(arena, "studies"); *names; names++) {
        const char *path = place_config(arena, "studies", *names, err), *title = "";
        struct config *config = path ? config_load(arena, path, &GAIN_STUDY_SCHEMA, err) : NULL;
        if (!config)
            return false;
        const struct config_entry *entry = config_entry(&config->root, "title");
        if (entry)
            title = entry->text;
        const char *cells[] = {*names, title};
        print_row(listing, cells);
    }
    return true;
}

static const struct {
    const char *name;
    bool (*list)(struct listing *listing, struct arena *arena, struct error *err);
} KINDS[] = {{"chips", list_chips},         {"processes", list_processes},
             {"memories", list_memories},   {"operators", list_operators},
             {"workloads", list_workloads}, {"cases", list_cases},
             {"studies", list_studies}};

int command_list(int argc, char **argv)
{
    struct listing listing = {.format = OUTPUT_TABLE};
    const char *kind = NULL;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--format") == 0 && i + 1 < argc &&
            output_format_parse(argv[i + 1], &listing.format))
            i++;
        else if (argv[i][0] != '-' && !kind)
            kind = argv[i];
        else
            return command_misused("list", "%s is unknown or lacks its value", argv[i]);
    }
    for (size_t i = 0; kind && i < sizeof KINDS / sizeof KINDS[0]; i++)
        if (strcmp(kind, KINDS[i].name) == 0) {
            struct arena arena = {0};
            struct error err = {0};
            int status = KINDS[i].list(&listing, &arena, &err) ? 0 : command_failed(&err);
            if (listing.format == OUTPUT_JSON && status == 0)
                puts(listing.rows ? "]" : "[]");
            arena_free(&arena);
            return status;
        }
    return command_misused("list", "'%s' is nothing that can be listed", kind ? kind : "");
}
