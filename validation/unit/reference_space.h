/* Cores and contractions that the mapper's tests share. */
#ifndef VALIDATION_UNIT_REFERENCE_SPACE_H
#define VALIDATION_UNIT_REFERENCE_SPACE_H

#include "arch/mapping/search.h"

/* A small linear congruential generator: the tests' index is its seed. */
uint64_t space_draw(uint64_t *state, uint64_t below);

/* n images, k outputs, c inputs, pq x pq pixels out, rs x rs filter, padded to keep the size.
 */
struct contraction square_convolution(int64_t n, int64_t k, int64_t c, int64_t pq, int64_t rs,
                                      int32_t stride);
/* The space of space.h's example, *rows x *rows elements (kept): 24 MiB, accumulators of 4096 x
 * 256 x 4 bytes, 48 bytes a cycle. */
struct space systolic_space(const int64_t *rows);
/* 12 x 14 elements with register files behind a shared buffer, as the Eyeriss chip has. */
struct space spatial_space(void);
/* A small core drawn at random: two or three memories, up to two axes. */
struct space random_space(uint64_t *rng);
/* Any kind of core: partitions, padded and compressed operands, costs and bypasses of all
 * sorts, up to four memories. */
struct space wild_space(uint64_t *rng);
/* Takes every tile; who has an `accepts` of its own is not known to be symmetric. */
bool takes_any_tile(const void *context, int level, const int64_t tile[DIM_COUNT]);
/* Makes height and width alike, in a contraction and in a core. */
void make_square(struct space *space, struct contraction *c);
/* is_binary: sizes are powers of two. */
struct contraction random_contraction(uint64_t *rng, bool is_binary);

#endif
