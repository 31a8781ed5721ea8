/* What an NVDLA is made of, by its public parameters: flip-flops, gates and memories of each
 * block of the open int8 design (nvdla/hw, branch master), counted from its circuit description
 * at two configurations, nv_small and nv_large, and linear between them in the parameter that
 * sets the block's width.
 *
 * Arithmetic stands apart from other logic ("cmac.arithmetic", "cmac.logic"), so that a chip
 * that counts multiply-accumulates as actions can put its own units in its place. Both are
 * PART_LOGIC: gates as large as a two-input NAND. Winograd, weight compression, batching,
 * 16-bit formats, bridge DMA and reshape engine are not in the int8 design. */
#ifndef SIM_STUDY_NVDLA_PARTS_H
#define SIM_STUDY_NVDLA_PARTS_H

#include "arch/ledger/inventory.h"

/* The names of spec/defs in the repository, in lower case. */
struct nvdla_shape {
    double buffer_bytes, banks;         /* convolution buffer */
    double atomic_c, atomic_k;          /* channels and kernels a cycle; product: the MACs */
    double memory_atom;                 /* bytes */
    double memory_bits, memory_latency; /* of a bus, cycles that its queues cover */
    double buses;                       /* memory interfaces: 1, or 2 with the secondary */
    double sdp_throughput, planar_throughput; /* elements a cycle; planar: pooling and LRN */
};

/* The shape that the repository's own configurations have at so many MACs (64 to 2048), between
 * them geometric; below, the smallest with fewer kernels; above, the largest grown in both
 * directions. Both arguments above 0. */
struct nvdla_shape nvdla_shape_of(double macs, double buffer_bytes);

/* Adds the parts of all blocks; components are the blocks. */
void nvdla_parts(const struct nvdla_shape *shape, struct inventory *inventory);

#endif
