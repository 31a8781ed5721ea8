/* Inside sram: the CACTI rows as curves over size. Figures are natural logarithms of SI values.
 */
#ifndef ARCH_TECHNOLOGY_SRAM_TABLE_H
#define ARCH_TECHNOLOGY_SRAM_TABLE_H

#include <stddef.h>

#include "arch/technology/sram.h"

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
double sram_table_cell_m2(int nm);
bool sram_table_figures(const struct sram_table *table, int nm, const struct sram_macro *macro,
                        bool without, double *figures);
void sram_price_from(const double *figures, struct sram_price *price);

#endif
