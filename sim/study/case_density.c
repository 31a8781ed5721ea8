/* Transistors of real chips from die area and node label, the area of a published block, and
 * what a published die is made of. A row with die_mm2 and node_nm: transistors = area x logic
 * density of the label's family x the fill of whole chips. A row with macs_int8 and
 * conv_buffer_KB: cells and memories of an int8 NVDLA of that size at the families of 28 and
 * 16 nm. */
#include <math.h>
#include <string.h>

#include "arch/technology/price.h"
#include "sim/study/cases.h"
#include "sim/study/die_row.h"
#include "sim/study/nvdla_parts.h"

static double wanted(const struct table *table, size_t row, const char *column)
{
    double value;
    return table_real(table, row, column, &value, NULL) ? value : NAN;
}

static bool load_label(const char *label, struct arena *arena, struct process **process,
                       struct error *err)
{
    const char *name = process_of_label(arena, "", label, err);
    if (!name)
        return error_set(err, "no process family has the label '%.20s'", label);
    return process_load(arena, name, NULL, NULL, process, err);
}

/* The rows that chip-fill (configs/processes) was calibrated on say so themselves. */
static bool is_fitted(const struct table *table, size_t row)
{
    return strcmp(table_text(table, row, "fitted"), "yes") == 0;
}

static bool run_chip(const struct table *table, size_t row, struct arena *arena,
                     struct validation_sink *sink, struct error *err)
{
    double die;
    struct process *process;
    struct sourced density, fill;
    if (!table_real(table, row, "die_mm2", &die, err) ||
        !load_label(table_text(table, row, "node_nm"), arena, &process, err) ||
        !process_need(process, QUANTITY_LOGIC_DENSITY, &density, err) ||
        !process_need(process, QUANTITY_CHIP_FILL, &fill, err))
        return false;
    struct validation_value value = {
        .key = arena_format(arena, "%s on %s", table_text(table, row, "chip"), process->name),
        .got = die * 1e-6 * density.value * fill.value * 1e-9,
        .want = wanted(table, row, "transistors_B"),
        .unit = "billion",
        .is_fitted = is_fitted(table, row),
        .is_report = strcmp(table_text(table, row, "area_kind"), "upper bound") == 0};
    sink->emit(sink, &value);
    return true;
}

/* Vendors state the area of a block's cells, as synthesis sums them; a price has the room
 * between placed cells in it. */
static bool cell_area(const char *label, const struct inventory *inventory, struct arena *arena,
                      double *area_mm2, struct error *err)
{
    struct process *process;
    struct price_list *list;
    struct sourced utilisation;
    struct price_options options = price_options_default(ratio_make(1000000000, 1));
    if (!load_label(label, arena, &process, err) ||
        !process_need(process, QUANTITY_CELL_UTILISATION, &utilisation, err) ||
        !price_list_make(arena, inventory, process, &options, &list, err))
        return false;
    *area_mm2 = 0;
    for (size_t i = 0; i < inventory->part_count; i++) {
        bool is_placed = inventory->parts[i].kind != PART_SRAM;
        *area_mm2 +=
            1e-12 * (double)list->part_area_nm2[i] * (is_placed ? utilisation.value : 1);
    }
    return true;
}

static bool run_block(const struct table *table, size_t row, struct arena *arena,
                      struct validation_sink *sink, struct error *err)
{
    static const char *const LABELS[] = {"28", "16"};
    double macs, buffer;
    if (!table_real(table, row, "macs_int8", &macs, err) ||
        !table_real(table, row, "conv_buffer_KB", &buffer, err))
        return false;
    if (!(macs >= 1 && macs < 1e9) || !(buffer > 0 && buffer < 1e9))
        return error_set(err, "%s:%d: macs_int8 and conv_buffer_KB must be above 0",
                         table->path, table->lines[row]);
    struct inventory inventory;
    struct nvdla_shape shape = nvdla_shape_of(macs, buffer * 1024);
    inventory_init(&inventory, arena);
    nvdla_parts(&shape, &inventory);
    for (int i = 0; i < 2; i++) {
        struct validation_value value = {
            .key = arena_format(arena, "nvdla %.0f macs %.0f KB at %s nm", macs, buffer,
                                LABELS[i]),
            .want = wanted(table, row, arena_format(arena, "area_mm2_%snm", LABELS[i])),
            .unit = "mm2",
            .bar = 0.20,
            .is_fitted = i == 0 && is_fitted(table, row)};
        if (!cell_area(LABELS[i], &inventory, arena, &value.got, err))
            return false;
        sink->emit(sink, &value);
    }
    return true;
}

static bool run(const struct table *table, size_t row, struct arena *arena,
                struct validation_sink *sink, struct error *err)
{
    if (table_column(table, "quantity") >= 0)
        return die_row(table, row, arena, sink, err);
    return table_column(table, "macs_int8") >= 0 ? run_block(table, row, arena, sink, err)
                                                 : run_chip(table, row, arena, sink, err);
}

const struct validation_case CASE_DENSITY = {
    .name = "density",
    .summary = "transistors of chips from die area, NVDLA's area, TPU v1's die and power",
    .tables = "chip_density.csv nvdla_area.csv tpuv1_die.csv",
    .tolerance =
        "median 15 %, worst 25 % (chips at one node differ by 1.8 times; areas that are "
        "upper bounds reported only); areas of NVDLA, shares and power of TPU v1 20 %",
    .median_bar = 0.15,
    .worst_bar = 0.25,
    .results = "transistors_B area_mm2_28nm area_mm2_16nm value",
    .run = run,
};
