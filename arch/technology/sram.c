#include "arch/technology/sram.h"

#include <math.h>
#include <string.h>

enum sram_figure { READ, WRITE, AREA, LEAKAGE, ACCESS, SHARE, FIGURE_COUNT };
enum { CURVES_MAX = 64 };

/* One process, cell type and width of the table: logarithms over the logarithm of size. */
struct sram_curve {
    int nm;
    enum sram_cells cells;
    double width;
    size_t count;
    double *size, *figures[FIGURE_COUNT];
};

struct sram_table {
    struct sram_curve curves[CURVES_MAX];
    size_t count;
};

/* CACTI's bit cell, the same multiple of its feature size at every node. */
static double cacti_cell_m2(int nm)
{
    double feature = nm * 1e-9;
    return 146 * feature * feature;
}

/* Supply of CACTI's 22 nm devices (tech_params/22nm.dat), the last before extrapolation. */
static const double CACTI_22_SUPPLY = 0.8;

static struct sram_curve *curve_of(struct sram_table *table, int nm, enum sram_cells cells,
                                   double width)
{
    for (size_t i = 0; i < table->count; i++) {
        struct sram_curve *curve = &table->curves[i];
        if (curve->nm == nm && curve->cells == cells && curve->width == width)
            return curve;
    }
    if (table->count == CURVES_MAX)
        return NULL;
    struct sram_curve *curve = &table->curves[table->count++];
    *curve = (struct sram_curve){.nm = nm, .cells = cells, .width = width};
    return curve;
}

static void insert(struct sram_curve *curve, double size, const double *figures)
{
    size_t at = curve->count++;
    for (; at > 0 && curve->size[at - 1] > size; at--) {
        curve->size[at] = curve->size[at - 1];
        for (int f = 0; f < FIGURE_COUNT; f++)
            curve->figures[f][at] = curve->figures[f][at - 1];
    }
    curve->size[at] = size;
    for (int f = 0; f < FIGURE_COUNT; f++)
        curve->figures[f][at] = figures[f];
}

static bool read_row(struct arena *arena, const struct table *rows, size_t row,
                     struct sram_table *table, struct error *err)
{
    static const char *const COLUMNS[] = {
        "size_bytes", "tech_nm",         "word_bits", "read_pJ",  "write_pJ",
        "leakage_mW", "gate_leakage_mW", "access_ns", "area_mm2", "cell_area_pct"};
    double cell[10];
    for (int i = 0; i < 10; i++) {
        if (!table_real(rows, row, COLUMNS[i], &cell[i], err))
            return false;
        if (!(cell[i] > 0))
            return error_set(err, "%s:%d: %s is not above 0", rows->path, rows->lines[row],
                             COLUMNS[i]);
    }
    enum sram_cells cells = strstr(table_text(rows, row, "cell_type"), "lstp")
                                ? SRAM_LOW_STANDBY
                                : SRAM_HIGH_PERFORMANCE;
    struct sram_curve *curve = curve_of(table, (int)cell[1], cells, log(cell[2]));
    if (!curve)
        return error_set(err, "%s:%d: more than %d kinds of macro", rows->path,
                         rows->lines[row], CURVES_MAX);
    if (!curve->size) {
        curve->size = arena_array(arena, rows->row_count, sizeof(double));
        for (int f = 0; f < FIGURE_COUNT; f++)
            curve->figures[f] = arena_array(arena, rows->row_count, sizeof(double));
    }
    insert(curve, log(cell[0]),
           (double[]){log(cell[3] * 1e-12), log(cell[4] * 1e-12), log(cell[8] * 1e-6),
                      log((cell[5] + cell[6]) * 1e-3), log(cell[7] * 1e-9),
                      log(cell[9] * 1e-2)});
    return true;
}

bool sram_table_make(struct arena *arena, const struct table *rows,
                     const struct sram_table **result, struct error *err)
{
    struct sram_table *table = arena_alloc(arena, sizeof *table);
    for (size_t row = 0; row < rows->row_count; row++)
        if (!read_row(arena, rows, row, table, err))
            return false;
    for (size_t i = 0; i < table->count; i++)
        if (table->curves[i].count < 2)
            return error_set(err, "%s: a macro kind at %d nm has one size, needs two or more",
                             rows->path, table->curves[i].nm);
    *result = table;
    return true;
}

static double blend(double low, double high, double share)
{
    return low + share * (high - low);
}

/* Figures at a size; the point `hidden` (an index, or count) takes no part. False where hiding
 * it leaves no neighbour on one side. */
static bool curve_at(const struct sram_curve *curve, double size, size_t hidden,
                     double *figures)
{
    size_t last = curve->count - 1, high = 1;
    if (hidden == 0 || hidden == last)
        return false;
    while (high < last && curve->size[high] < size)
        high++;
    size_t low = high - 1;
    if (high == hidden)
        high++;
    if (low == hidden)
        low--;
    double share = (size - curve->size[low]) / (curve->size[high] - curve->size[low]);
    for (int f = 0; f < FIGURE_COUNT; f++)
        figures[f] = blend(curve->figures[f][low], curve->figures[f][high], share);
    /* Cells cannot cover more than the macro, nor vanish in it. */
    figures[SHARE] = fmin(fmax(figures[SHARE], log(0.2)), log(0.9));
    return true;
}

static size_t index_of(const struct sram_curve *curve, double size)
{
    for (size_t i = 0; i < curve->count; i++)
        if (fabs(curve->size[i] - size) < 1e-9)
            return i;
    return curve->count;
}

/* The curves next to a width at one process and cell type; equal where it is met exactly or
 * only one width exists. */
static bool curves_around(const struct sram_table *table, int nm, enum sram_cells cells,
                          double width, const struct sram_curve *around[2])
{
    around[0] = around[1] = NULL;
    for (size_t i = 0; i < table->count; i++) {
        const struct sram_curve *curve = &table->curves[i];
        if (curve->nm != nm || curve->cells != cells)
            continue;
        if (curve->width == width) {
            around[0] = around[1] = curve;
            return true;
        }
        for (int side = 0; side < 2; side++) {
            bool is_nearer =
                !around[side] || fabs(curve->width - width) < fabs(around[side]->width - width);
            if (is_nearer) {
                if (side == 0)
                    around[1] = around[0];
                around[side] = curve;
                break;
            }
        }
    }
    if (!around[1])
        around[1] = around[0];
    return around[0] != NULL;
}

static bool figures_at(const struct sram_table *table, int nm, const struct sram_macro *macro,
                       bool without, double *figures)
{
    const struct sram_curve *around[2];
    double width = log(macro->width_bits), size = log((double)macro->bytes);
    if (!curves_around(table, nm, macro->cells, width, around))
        return false;
    double other[FIGURE_COUNT];
    for (int side = 0; side < 2; side++)
        if (!curve_at(around[side], size,
                      without ? index_of(around[side], size) : around[side]->count,
                      side ? other : figures))
            return false;
    if (around[0] == around[1])
        return true;
    double share = (width - around[0]->width) / (around[1]->width - around[0]->width);
    for (int f = 0; f < FIGURE_COUNT; f++)
        figures[f] = blend(figures[f], other[f], share);
    return true;
}

static const char SOURCE[] = "CACTI 7 (HewlettPackard/cacti@1ffd8df), cacti7_sram.csv";

static void price_from(const double *figures, struct sram_price *price)
{
    struct sourced base = {0, 0.1, MARK_DERIVED, SOURCE};
    price->read = price->write = price->area = price->leakage = price->access = base;
    price->read.value = exp(figures[READ]);
    price->write.value = exp(figures[WRITE]);
    price->area.value = exp(figures[AREA]);
    price->leakage.value = exp(figures[LEAKAGE]);
    price->access.value = exp(figures[ACCESS]);
}

bool sram_table_read(const struct sram_table *table, int nm, const struct sram_macro *macro,
                     bool without, struct sram_price *price)
{
    double figures[FIGURE_COUNT];
    if (!figures_at(table, nm, macro, without, figures))
        return false;
    price_from(figures, price);
    return true;
}

/* The table's processes on both sides of a bit cell; *low the larger cell. */
static void nodes_around(const struct sram_table *table, double cell, int *low, int *high)
{
    *low = *high = 0;
    int largest = 0, smallest = 0;
    for (size_t i = 0; i < table->count; i++) {
        int nm = table->curves[i].nm;
        if (cacti_cell_m2(nm) >= cell && (*low == 0 || nm < *low))
            *low = nm;
        if (cacti_cell_m2(nm) <= cell && nm > *high)
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

static bool price_slice(const struct process *process, const struct sram_macro *macro,
                        struct sram_price *price, struct error *err)
{
    struct sourced cell;
    if (!process_need(process, QUANTITY_SRAM_CELL, &cell, err))
        return false;
    const struct sram_table *table = process->shared->sram_index;
    int low, high;
    nodes_around(table, cell.value, &low, &high);
    double largest = cacti_cell_m2(low), smallest = cacti_cell_m2(high);
    if (cell.value > largest * 1.0001 && !process->options.allow_extrapolate)
        return error_set(err,
                         "process '%s': its SRAM cell of %g um2 is larger than any of %s; "
                         "--extrapolate goes beyond",
                         process->name, cell.value * 1e12, process->shared->sram.path);
    double figures[FIGURE_COUNT], other[FIGURE_COUNT];
    if (!figures_at(table, low, macro, false, figures) ||
        !figures_at(table, high, macro, false, other))
        return error_set(err, "%s has no macro of these cells", process->shared->sram.path);
    double share = low == high ? 0 : log(cell.value / largest) / log(smallest / largest);
    for (int f = 0; f < FIGURE_COUNT; f++)
        figures[f] = blend(figures[f], other[f], share);
    price_from(figures, price);
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
    price->area =
        sourced_weaken(sourced_scaled(cell, bits / exp(figures[SHARE])), MARK_DERIVED, 0.1);
    double sigma = reach_sigma(macro);
    price->read = sourced_weaken(price->read, MARK_DERIVED, sigma);
    price->write = sourced_weaken(price->write, MARK_DERIVED, sigma);
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
