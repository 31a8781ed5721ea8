/* Transistors of real chips from die area and node label, how a published block shrinks, and
 * what a published die is made of. A row with die_mm2 and node_nm: transistors = area x logic
 * density of the label's family x the fill of whole chips. A row with macs_int8 and
 * conv_buffer_KB: the area of these parts at the families of 28 and 16 nm, as a ratio (the
 * block's other parts are not published). */
#include <math.h>
#include <string.h>

#include "arch/technology/price.h"
#include "sim/study/cases.h"
#include "sim/study/die_row.h"

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

static bool block_area(const char *label, double macs, double buffer_bytes, struct arena *arena,
                       double *area, struct error *err)
{
    struct process *process;
    struct inventory inventory;
    struct price_list *list;
    if (!load_label(label, arena, &process, err))
        return false;
    inventory_init(&inventory, arena);
    struct number_format i8 = number_format_integer(true, 8);
    struct part mac = {.name = "macs",
                       .component = "macs",
                       .kind = PART_MAC,
                       .count = (uint64_t)macs,
                       .operand = {i8, i8},
                       .result = number_format_integer(true, 32)};
    struct part buffer = {.name = "buffer",
                          .component = "buffer",
                          .kind = PART_SRAM,
                          .count = 1,
                          .bytes = (uint64_t)buffer_bytes,
                          .width_bits = 512,
                          .banks = 16,
                          .read_ports = 1,
                          .write_ports = 1};
    inventory_add(&inventory, &mac);
    inventory_add(&inventory, &buffer);
    struct price_options options = price_options_default(ratio_make(1000000000, 1));
    if (!price_list_make(arena, &inventory, process, &options, &list, err))
        return false;
    *area = (double)(list->part_area_nm2[0] + list->part_area_nm2[1]) * 1e-12;
    return true;
}

static bool run_block(const struct table *table, size_t row, struct arena *arena,
                      struct validation_sink *sink, struct error *err)
{
    double macs, buffer, before, after;
    if (!table_real(table, row, "macs_int8", &macs, err) ||
        !table_real(table, row, "conv_buffer_KB", &buffer, err))
        return false;
    if (!(macs >= 1 && macs < 1e9) || !(buffer > 0 && buffer < 1e9))
        return error_set(err, "%s:%d: macs_int8 and conv_buffer_KB must be above 0",
                         table->path, table->lines[row]);
    if (!block_area("28", macs, buffer * 1024, arena, &before, err) ||
        !block_area("16", macs, buffer * 1024, arena, &after, err))
        return false;
    struct validation_value value = {
        .key = arena_format(arena, "%.0f macs %.0f KB area at 16 over 28 nm", macs, buffer),
        .got = after / before,
        .want = wanted(table, row, "area_mm2_16nm") / wanted(table, row, "area_mm2_28nm"),
        .unit = ""};
    sink->emit(sink, &value);
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
    .summary = "transistors of chips from die area, NVDLA's shrink, TPU v1's die and power",
    .tables = "chip_density.csv nvdla_area.csv tpuv1_die.csv",
    .tolerance =
        "median 15 %, worst 25 % (chips at one node differ by 1.8 times; areas that are "
        "upper bounds reported only); shares and power of TPU v1 20 %",
    .median_bar = 0.15,
    .worst_bar = 0.25,
    .run = run,
};
