/* SRAM macros against CACTI. A row that stands in the shipped table is left out of it first, so
 * the deviation is that of interpolation; any other row is interpolated as it is. Inputs:
 * size_bytes, tech_nm (a process of the table), cell_type (itrs-hp, itrs-lstp), word_bits. */
#include <math.h>
#include <string.h>

#include "arch/technology/sram.h"
#include "sim/study/cases.h"

static double wanted(const struct table *table, size_t row, const char *column)
{
    double value;
    return table_real(table, row, column, &value, NULL) ? value : NAN;
}

static void emit(struct validation_sink *sink, const char *key, double got, double want,
                 const char *unit)
{
    struct validation_value value = {.key = key, .got = got, .want = want, .unit = unit};
    sink->emit(sink, &value);
}

static bool run(const struct table *table, size_t row, struct arena *arena,
                struct validation_sink *sink, struct error *err)
{
    struct technology_tables *shared = arena_alloc(arena, sizeof *shared);
    int64_t bytes, nm, bits;
    if (!table_count(table, row, "size_bytes", &bytes, err) ||
        !table_count(table, row, "tech_nm", &nm, err) ||
        !table_count(table, row, "word_bits", &bits, err) ||
        !technology_tables_load(arena, shared, err))
        return false;
    const char *cells = table_text(table, row, "cell_type");
    if (strcmp(cells, "itrs-hp") != 0 && strcmp(cells, "itrs-lstp") != 0)
        return error_set(err, "%s:%d: cell_type is '%.40s', must be itrs-hp or itrs-lstp",
                         table->path, table->lines[row], cells);
    if (bytes < 1 || bits < 1 || bits > 65536)
        return error_set(err, "%s:%d: size_bytes and word_bits must be above 0", table->path,
                         table->lines[row]);
    struct sram_macro macro = {(uint64_t)bytes, (uint32_t)bits, 1,
                               strcmp(cells, "itrs-lstp") == 0 ? SRAM_LOW_STANDBY
                                                               : SRAM_HIGH_PERFORMANCE};
    struct sram_price price;
    if (!sram_table_read(shared->sram_index, (int)nm, &macro, true, &price))
        return error_set(err, "%s:%d: tech_nm is %d, must be a process of %s", table->path,
                         table->lines[row], (int)nm, shared->sram.path);
    const struct {
        const char *column, *unit;
        double got, size;
    } figures[] = {{"read_pJ", "pJ", price.read.value, 1e-12},
                   {"write_pJ", "pJ", price.write.value, 1e-12},
                   {"area_mm2", "mm2", price.area.value, 1e-6},
                   {"access_ns", "ns", price.access.value, 1e-9}};
    const char *macro_name = arena_format(arena, "%lld nm %s %lld B x %lld bit", (long long)nm,
                                          cells, (long long)bytes, (long long)bits);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        emit(sink, arena_format(arena, "%s %s", macro_name, figures[i].column),
             figures[i].got / figures[i].size, wanted(table, row, figures[i].column),
             figures[i].unit);
    emit(sink, arena_format(arena, "%s leakage_mW", macro_name), price.leakage.value * 1e3,
         wanted(table, row, "leakage_mW") + wanted(table, row, "gate_leakage_mW"), "mW");
    return true;
}

const struct validation_case CASE_SRAM = {
    .name = "sram",
    .summary = "SRAM macros interpolated with their own row left out, against CACTI 7",
    .tables = "../../configs/processes/tables/cacti7_sram.csv",
    .tolerance = "median at most 5 %, worst 30 %",
    .median_bar = 0.05,
    .worst_bar = 0.30,
    .needs = "cell_type",
    .results = "read_pJ write_pJ area_mm2 access_ns leakage_mW gate_leakage_mW",
    .run = run,
};
