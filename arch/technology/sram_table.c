#include "arch/technology/sram_table.h"

#include <math.h>
#include <string.h>

double sram_table_cell_m2(int nm)
{
    double feature = nm * 1e-9;
    return 146 * feature * feature;
}

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
    if (cell[1] > 10000)
        return error_set(err, "%s:%d: tech_nm is above 10000", rows->path, rows->lines[row]);
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

/* Log-log between the two points around a size, or along the nearest two beyond the ends. The
 * point `hidden` (an index, or count: none) takes no part; it is no end. */
static void between_points(const struct sram_curve *curve, double size, size_t hidden,
                           double *figures)
{
    size_t last = curve->count - 1, high = 1;
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
}

static size_t index_of(const struct sram_curve *curve, double size)
{
    for (size_t i = 0; i < curve->count; i++)
        if (fabs(curve->size[i] - size) < 1e-9)
            return i;
    return curve->count;
}

/* Curves that share the width and either the process or the cells step from size to size much
 * like this one: the same process three times as much as the nearest other one. */
static double likeness(const struct sram_curve *curve, const struct sram_curve *other)
{
    if (other == curve || other->width != curve->width)
        return 0;
    if (other->nm == curve->nm)
        return 3;
    return other->cells == curve->cells ? 1 / fabs(log((double)other->nm / curve->nm)) : 0;
}

/* An end of a curve hidden: the nearest point left, and from there the steps of its likes. */
static bool beside_end(const struct sram_table *table, const struct sram_curve *curve,
                       size_t hidden, double *figures)
{
    size_t near = hidden == 0 ? 1 : hidden - 1;
    double weight = 0, step[FIGURE_COUNT] = {0};
    for (size_t i = 0; i < table->count; i++) {
        const struct sram_curve *other = &table->curves[i];
        double share = likeness(curve, other);
        size_t from = index_of(other, curve->size[near]);
        size_t to = index_of(other, curve->size[hidden]);
        if (share <= 0 || from == other->count || to == other->count)
            continue;
        weight += share;
        for (int f = 0; f < FIGURE_COUNT; f++)
            step[f] += share * (other->figures[f][to] - other->figures[f][from]);
    }
    for (int f = 0; f < FIGURE_COUNT; f++)
        figures[f] = curve->figures[f][near] + (weight > 0 ? step[f] / weight : 0);
    return weight > 0;
}

static bool curve_at(const struct sram_table *table, const struct sram_curve *curve,
                     double size, bool without, double *figures)
{
    size_t hidden = without ? index_of(curve, size) : curve->count;
    bool is_end = hidden == 0 || hidden == curve->count - 1;
    if (is_end && !beside_end(table, curve, hidden, figures))
        return false;
    if (!is_end)
        between_points(curve, size, hidden, figures);
    /* Cells cannot cover more than the macro, nor vanish in it. */
    figures[SHARE] = fmin(fmax(figures[SHARE], log(0.2)), log(0.9));
    return true;
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

bool sram_table_figures(const struct sram_table *table, int nm, const struct sram_macro *macro,
                        bool without, double *figures)
{
    const struct sram_curve *around[2];
    double width = log(macro->width_bits), size = log((double)macro->bytes);
    if (!curves_around(table, nm, macro->cells, width, around))
        return false;
    double other[FIGURE_COUNT];
    for (int side = 0; side < 2; side++)
        if (!curve_at(table, around[side], size, without, side ? other : figures))
            return false;
    if (around[0] == around[1])
        return true;
    double share = (width - around[0]->width) / (around[1]->width - around[0]->width);
    for (int f = 0; f < FIGURE_COUNT; f++)
        figures[f] = blend(figures[f], other[f], share);
    return true;
}

static const char SOURCE[] = "CACTI 7 (HewlettPackard/cacti@1ffd8df), cacti7_sram.csv";

void sram_price_from(const double *figures, struct sram_price *price)
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
    if (!sram_table_figures(table, nm, macro, without, figures))
        return false;
    sram_price_from(figures, price);
    return true;
}
