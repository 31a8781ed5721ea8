#include "arch/technology/sram.h"

#include <math.h>

#include "arch/technology/sram_table.h"

/* Supply of CACTI's 22 nm devices (tech_params/22nm.dat), the last before extrapolation. */
static const double CACTI_22_SUPPLY = 0.8;

/* The table's processes on both sides of a bit cell; *low the larger cell. */
static void nodes_around(const struct sram_table *table, double cell, int *low, int *high)
{
    *low = *high = 0;
    int largest = 0, smallest = 0;
    for (size_t i = 0; i < table->count; i++) {
        int nm = table->curves[i].nm;
        if (sram_table_cell_m2(nm) >= cell && (*low == 0 || nm < *low))
            *low = nm;
        if (sram_table_cell_m2(nm) <= cell && nm > *high)
            *high = nm;
        largest = nm > largest ? nm : largest;
        smallest = smallest == 0 || nm < smallest ? nm : smallest;
    }
    if (*low == 0)
        *low = largest;
    if (*high == 0)
        *high = smallest;
}

static void add_ports(struct sram_price *price, uint32_t ports)
{
    if (ports <= 1)
        return;
    /* Every further port adds a word line and a pair of bit lines; the cell's sides grow by
     * about a quarter each (8-transistor cells are 1.3 to 1.6 times the area; from memory). */
    double side = 1 + 0.25 * (ports - 1);
    struct sourced factor = {side, 0.2, MARK_DERIVED,
                             "cell sides x (1 + 0.25 for each further port) (from memory)"};
    price->read = sourced_times(price->read, factor, 1);
    price->write = sourced_times(price->write, factor, 1);
    price->area = sourced_times(price->area, factor, 2);
    price->leakage = sourced_times(price->leakage, factor, 1);
}

/* Words wider than the table's are cut into equal macros side by side. */
static double slices_of(const struct sram_table *table, const struct sram_macro *macro)
{
    double widest = 0;
    for (size_t i = 0; i < table->count; i++)
        widest = fmax(widest, exp(table->curves[i].width));
    return fmax(1, ceil(macro->width_bits / widest - 1e-9));
}

/* Below the table's smallest cell energies follow the length of the macro's wires and the
 * supply squared; leakage keeps CACTI's current per cell. */
static bool shrink(const struct process *process, double ratio, struct sram_price *price,
                   struct error *err)
{
    struct sourced supply;
    if (!process_need(process, QUANTITY_SUPPLY, &supply, err))
        return false;
    double volts = supply.value / CACTI_22_SUPPLY;
    double energy = sqrt(ratio) * volts * volts;
    price->read = sourced_weaken(sourced_scaled(price->read, energy), MARK_DERIVED, 0.35);
    price->write = sourced_weaken(sourced_scaled(price->write, energy), MARK_DERIVED, 0.35);
    price->leakage = sourced_weaken(sourced_scaled(price->leakage, volts), MARK_DERIVED, 0.7);
    price->access =
        sourced_weaken(sourced_scaled(price->access, sqrt(ratio)), MARK_DERIVED, 0.4);
    return true;
}

/* A size or width outside the table costs certainty. */
static double reach_sigma(const struct sram_macro *macro)
{
    double below = fmax(log(1024.0 / (double)macro->bytes), 0);
    double above = fmax(log((double)macro->bytes / 33554432.0), 0);
    double narrow = fmax(log(64.0 / macro->width_bits), 0);
    return 0.12 * (below + above + narrow);
}

/* The table's figures for a macro between the two processes around a bit cell. */
static bool figures_of(const struct process *process, double cell,
                       const struct sram_macro *macro, double *figures, struct error *err)
{
    const struct sram_table *table = process->shared->sram_index;
    double other[FIGURE_COUNT];
    int low, high;
    nodes_around(table, cell, &low, &high);
    if (!sram_table_figures(table, low, macro, false, figures) ||
        !sram_table_figures(table, high, macro, false, other))
        return error_set(err, "%s has no macro of these cells", process->shared->sram.path);
    double largest = sram_table_cell_m2(low), smallest = sram_table_cell_m2(high);
    double share = low == high ? 0 : log(cell / largest) / log(smallest / largest);
    for (int f = 0; f < FIGURE_COUNT; f++)
        figures[f] += share * (other[f] - figures[f]);
    return true;
}

/* Decoders, timing and amplifiers of a compiled macro that do not shrink with it are worth so
 * many bits: the foundry's own macros of 64 to 512 words of 8 bits in gf180mcu_fd_ip_sram are
 * 431.86 um wide and 232.88, 268.88, 340.88 and 484.88 um high (its LEF), which is linear with
 * 350 words at nought. CACTI has no such part. */
static const double FIXED_BITS = 2800;

/* The share of cells in a macro of CACTI's sizes and widths. */
static bool table_share(const struct process *process, double cell,
                        const struct sram_macro *macro, uint64_t bytes, double *share,
                        struct error *err)
{
    enum { NARROWEST = 64 };
    double figures[FIGURE_COUNT];
    struct sram_macro like = *macro;
    like.bytes = bytes;
    /* Words narrower than the table's share their columns and save nothing: continuing the
     * table would make a macro of 11-bit words smaller than its cells. */
    if (like.width_bits < NARROWEST)
        like.width_bits = NARROWEST;
    if (!figures_of(process, cell, &like, figures, err))
        return false;
    *share = exp(figures[SHARE]);
    return true;
}

/* The share of cells in a macro. From 1 KiB upwards CACTI's, unless it has less of a fixed part
 * than a foundry's macros; below, CACTI's fixed part at 1 KiB or the foundry's, whichever is
 * larger, and what grows with the bits as CACTI has it at 32 KiB. For 448 bytes of 16-bit words
 * this gives 0.44; accelergy's eyeriss_like example has 0.31. */
static bool cell_share(const struct process *process, double cell,
                       const struct sram_macro *macro, double *share, struct error *err)
{
    enum { SMALLEST = 1024, LARGE = 32768 };
    uint64_t bytes = macro->bytes > SMALLEST ? macro->bytes : SMALLEST;
    double large, near, bits = 8.0 * (double)macro->bytes, base = 8.0 * (double)bytes;
    if (!table_share(process, cell, macro, LARGE, &large, err) ||
        !table_share(process, cell, macro, bytes, &near, err))
        return false;
    double fixed = fmax(FIXED_BITS / large, base / near - base / large);
    *share = bits / (bits / large + fixed);
    return true;
}

static bool price_slice(const struct process *process, const struct sram_macro *macro,
                        struct sram_price *price, struct error *err)
{
    struct sourced cell;
    if (!process_need(process, QUANTITY_SRAM_CELL, &cell, err))
        return false;
    int low, high;
    nodes_around(process->shared->sram_index, cell.value, &low, &high);
    double largest = sram_table_cell_m2(low), smallest = sram_table_cell_m2(high);
    if (cell.value > largest * 1.0001 && !process->options.allow_extrapolate)
        return error_set(err,
                         "process '%s': its SRAM cell of %g um2 is larger than any of %s; "
                         "--extrapolate goes beyond",
                         process->name, cell.value * 1e12, process->shared->sram.path);
    double figures[FIGURE_COUNT], share;
    if (!figures_of(process, cell.value, macro, figures, err) ||
        !cell_share(process, cell.value, macro, &share, err))
        return false;
    sram_price_from(figures, price);
    if (cell.value > largest * 1.0001) {
        /* Larger cells than the table's: the same wires, longer. */
        double energy = sqrt(cell.value / largest);
        price->read =
            sourced_weaken(sourced_scaled(price->read, energy), MARK_EXTRAPOLATED, 0.5);
        price->write =
            sourced_weaken(sourced_scaled(price->write, energy), MARK_EXTRAPOLATED, 0.5);
        price->leakage = sourced_weaken(price->leakage, MARK_EXTRAPOLATED, 1);
    } else if (cell.value < smallest * 0.9999) {
        if (!shrink(process, cell.value / smallest, price, err))
            return false;
    }
    double bits = 8.0 * (double)macro->bytes;
    double unsure = hypot(0.1, 0.5 * FIXED_BITS / (bits + FIXED_BITS));
    price->area = sourced_weaken(sourced_scaled(cell, bits / share), MARK_DERIVED, unsure);
    /* Wires grow with the side of the cell: half of what the cell's area is unsure of. */
    double sigma = hypot(reach_sigma(macro), cell.sigma / 2);
    price->read = sourced_weaken(price->read, cell.mark, sigma);
    price->write = sourced_weaken(price->write, cell.mark, sigma);
    add_ports(price, macro->ports);
    return true;
}

bool sram_price_of(const struct process *process, const struct sram_macro *macro,
                   struct sram_price *price, struct error *err)
{
    double slices = slices_of(process->shared->sram_index, macro);
    struct sram_macro slice = *macro;
    slice.bytes = (uint64_t)fmax(1, (double)macro->bytes / slices);
    slice.width_bits = (uint32_t)ceil(macro->width_bits / slices);
    if (!price_slice(process, &slice, price, err))
        return false;
    price->read = sourced_scaled(price->read, slices);
    price->write = sourced_scaled(price->write, slices);
    price->leakage = sourced_scaled(price->leakage, slices);
    price->area = sourced_scaled(price->area, (double)macro->bytes / (double)slice.bytes);
    return true;
}
