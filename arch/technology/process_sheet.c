/* The sheet of a process: what `cleave explain process NAME` prints. */
#include <math.h>
#include <stdio.h>

#include "arch/technology/cost.h"
#include "arch/technology/logic.h"
#include "arch/technology/process.h"
#include "arch/technology/sram.h"
#include "sim/kernel/number.h"

/* The unit in which people read a quantity. */
struct shown_unit {
    const char *name;
    double size;
};

static struct shown_unit shown_unit_of(enum quantity quantity)
{
    switch (quantity) {
    case QUANTITY_GATE_DELAY:
        return (struct shown_unit){"ps", 1e-12};
    case QUANTITY_FAB_ENERGY:
        return (struct shown_unit){"kWh/cm2", 3.6e6};
    case QUANTITY_FAB_GAS:
        return (struct shown_unit){"g/cm2", 1};
    case QUANTITY_LOGIC_LEAKAGE:
    case QUANTITY_BACKGROUND:
        return (struct shown_unit){"mW/mm2", 1e-3};
    case QUANTITY_WIRE_ENERGY:
        return (struct shown_unit){"fJ/mm", 1e-15};
    case QUANTITY_WAFER_DIAMETER:
        return (struct shown_unit){"mm", 1e-3};
    case QUANTITY_LOGIC_DENSITY:
    case QUANTITY_ADVERTISED_DENSITY:
        return (struct shown_unit){"MTr/mm2", 1e12};
    case QUANTITY_DEFECT_DENSITY:
        return (struct shown_unit){"/cm2", 1e4};
    default:
        break;
    }
    switch (QUANTITIES[quantity].unit) {
    case UNIT_VOLT:
        return (struct shown_unit){"V", 1};
    case UNIT_JOULE:
        return (struct shown_unit){"fJ", 1e-15};
    case UNIT_SQUARE_METRE:
        return (struct shown_unit){"um2", 1e-12};
    case UNIT_DOLLAR:
        return (struct shown_unit){"USD", 1};
    default:
        return (struct shown_unit){"", 1};
    }
}

static void print_line(FILE *out, const char *name, const struct sourced *value,
                       struct shown_unit unit, const char *table)
{
    char digits[NUMBER_TEXT_BYTES], number[NUMBER_TEXT_BYTES + 8];
    snprintf(number, sizeof number, "%s %s",
             number_rounded(value->value / unit.size, 4, digits), unit.name);
    fprintf(out, "  %-22s %-18s %-12s %5.2f  %s%s%s\n", name, number,
            VALUE_MARK_NAMES[value->mark], value->sigma, table ? table : "", table ? ": " : "",
            value->source);
}

static void print_quantities(const struct process *process, FILE *out)
{
    fprintf(out, "  %-22s %-18s %-12s %5s  %s\n", "quantity", "value", "mark", "sigma",
            "source");
    for (int i = 0; i < QUANTITY_COUNT; i++)
        if (process_has(process, (enum quantity)i))
            print_line(out, QUANTITIES[i].key, &process->quantities[i],
                       shown_unit_of((enum quantity)i), NULL);
        else
            fprintf(out, "  %-22s %s\n", QUANTITIES[i].key, "not known");
}

typedef bool operation_price(const struct process *process, struct number_format format,
                             struct logic_price *price, struct error *err);

static bool square(const struct process *process, struct number_format format,
                   struct logic_price *price, struct error *err)
{
    return logic_multiply(process, format, format, price, err);
}

static bool print_operation(const struct process *process, const char *name,
                            operation_price *operation, const char *format_name, FILE *out)
{
    struct number_format format;
    struct logic_price price;
    struct error err = {0};
    if (!number_format_parse(format_name, &format))
        return false;
    if (!operation(process, format, &price, &err)) {
        fprintf(out, "  %s\n", err.text);
        return false;
    }
    char title[32];
    snprintf(title, sizeof title, "%s %s", name, format_name);
    print_line(out, title, &price.energy, (struct shown_unit){"fJ", 1e-15}, price.table);
    if (sourced_is_known(&price.area)) {
        snprintf(title, sizeof title, "%s %s area", name, format_name);
        print_line(out, title, &price.area, (struct shown_unit){"um2", 1e-12}, NULL);
    }
    return true;
}

static void print_arithmetic(const struct process *process, FILE *out)
{
    static const char *const FORMATS[] = {"i4",    "i8",   "i16", "i32",
                                          "f4e3m", "bf16", "f16", "f32"};
    fprintf(out, "\narithmetic, one operation, by table '%s'\n", process->options.tables);
    for (size_t i = 0; i < sizeof FORMATS / sizeof FORMATS[0]; i++)
        if (!print_operation(process, "add", logic_add, FORMATS[i], out) ||
            !print_operation(process, "mul", square, FORMATS[i], out))
            return;
}

static void print_memory(const struct process *process, FILE *out)
{
    static const uint64_t SIZES[] = {1024, 8192, 65536, 1048576, 8388608};
    fprintf(out,
            "\nSRAM, one bank, 64-bit word (high performance up to 64 KiB, low standby "
            "power above)\n"
            "  %-10s %10s %10s %12s %10s %10s  %s\n",
            "bytes", "read pJ", "write pJ", "area mm2", "leak mW", "access ns", "sigma");
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        struct sram_macro macro = {SIZES[i], 64, 1,
                                   SIZES[i] > 65536 ? SRAM_LOW_STANDBY : SRAM_HIGH_PERFORMANCE};
        struct sram_price price;
        struct error err = {0};
        if (!sram_price_of(process, &macro, &price, &err)) {
            fprintf(out, "  %s\n", err.text);
            return;
        }
        fprintf(out, "  %-10llu %10.4g %10.4g %12.4g %10.4g %10.4g  %.2f\n",
                (unsigned long long)SIZES[i], price.read.value * 1e12, price.write.value * 1e12,
                price.area.value * 1e6, price.leakage.value * 1e3, price.access.value * 1e9,
                price.read.sigma);
    }
    fprintf(out, "  derived from CACTI 7 by bit cell area and supply (cacti7_sram)\n");
}

/* What dies of two sizes cost. */
static void print_cost(const struct process *process, FILE *out)
{
    static const double DIES_MM2[] = {100, 400};
    if (!process_has(process, QUANTITY_WAFER_PRICE) ||
        !process_has(process, QUANTITY_DEFECT_DENSITY))
        return;
    fprintf(out, "\na good die   (negative binomial with clustering 3)\n");
    for (size_t i = 0; i < sizeof DIES_MM2 / sizeof DIES_MM2[0]; i++) {
        struct yield_options options = yield_options_default();
        struct die_cost cost = die_cost_of(process, DIES_MM2[i] * 1e-6, &options);
        fprintf(out, "  %3.0f mm2   yield %.3f, %.0f dies a wafer, %.2f USD", DIES_MM2[i],
                cost.yield, cost.gross_dies, cost.cost_usd);
        if (!isnan(cost.carbon_g))
            fprintf(out, ", %.2f kg CO2 equivalent", cost.carbon_g / 1000);
        fputc('\n', out);
    }
}

void process_print_sheet(const struct process *process, FILE *out)
{
    fprintf(out, "%s: %s\n", process->name, process->summary);
    fprintf(out, "  family %s", process->family);
    if (*process->foundry)
        fprintf(out, ", %s", process->foundry);
    if (process->year)
        fprintf(out, ", first volume production %d", process->year);
    if (process->labels.count) {
        fprintf(out, ", published labels");
        for (size_t i = 0; i < process->labels.count; i++)
            fprintf(out, " %s", process->labels.items[i]);
    }
    fprintf(out, "\n\n");
    print_quantities(process, out);
    print_arithmetic(process, out);
    if (process_has(process, QUANTITY_SRAM_CELL))
        print_memory(process, out);
    print_cost(process, out);
    fprintf(out,
            "\nmarks: sourced, read in the source; derived, computed from sourced figures; "
            "calibrated, fitted to the source;\nfrom-memory, nobody opened the document; "
            "extrapolated, used with --extrapolate only. sigma: standard deviation of the "
            "logarithm.\n");
}
