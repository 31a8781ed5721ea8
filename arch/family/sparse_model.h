/* What a cut of a sparse contraction moves and takes, while it is being chosen. Private to the
 * sparse rooms of arch/family. */
#ifndef ARCH_FAMILY_SPARSE_MODEL_H
#define ARCH_FAMILY_SPARSE_MODEL_H

#include "arch/family/sparse_search.h"

enum { SPARSE_ROOMS = 512 };

/* A nest, or for a bound the trips of the largest tiles of a family of nests and the room of
 * the smallest. */
struct sparse_cut {
    double trips[SPARSE_DIMS];
    uint64_t tile[SPARSE_DIMS];
    const uint8_t *order;
    bool is_gathered, is_bound; /* a bound rounds no piece to bursts */
};

struct sparse_model {
    const struct sparse_product *product;
    double quantile, deviations; /* of a normal distribution */
    double density;
    struct {
        uint64_t draws, most;
    } rooms[SPARSE_ROOMS]; /* quantiles are slow */
};

struct sparse_traffic {
    double loads[SPARSE_SIDES], returns, stores, bytes, cycles;
};

void sparse_model_init(struct sparse_model *model, const struct sparse_product *product,
                       double quantile);
/* Entries of a tile, with the quantile. */
uint64_t sparse_model_most(struct sparse_model *model, uint64_t rows, uint64_t inner);
/* Granules of the table that a tile of entries selects, with the quantile. */
double sparse_model_records(const struct sparse_model *model, uint64_t rows, uint64_t inner,
                            uint64_t granule);
/* Rows of a tile of `inner` columns that have entries, as a share. */
double sparse_model_filled(const struct sparse_model *model, double inner);
double sparse_model_footprint(struct sparse_model *model, const struct sparse_cut *cut);
/* Entries, and granules of a gathered table, that a tile has room for: their quantiles, and
 * what the footprint leaves, half of it for either where both may exceed. */
void sparse_model_rooms(struct sparse_model *model, const struct sparse_cut *cut,
                        uint64_t scratch_bytes, uint64_t *entries, uint64_t *records);
void sparse_model_traffic(const struct sparse_model *model, const struct sparse_cut *cut,
                          struct sparse_traffic *traffic);

#endif
