/* Graphs as the GAP benchmark suite generates them (Beamer, Asanovic, Patterson, 2015): 2^scale
 * vertices, `degree` edges each on the mean, symmetric, without self-loops or repeats.
 * rmat: recursive quadrants .57 .19 .19 .05 (Chakrabarti et al., SDM 2004), vertices
 * renumbered; uniform: both ends even; grid: a square mesh of four neighbours. Deterministic by
 * seed. */
#ifndef WORKLOADS_IRREGULAR_GRAPH_H
#define WORKLOADS_IRREGULAR_GRAPH_H

#include "workloads/irregular/csr.h"

bool graph_make(const char *kind, int scale, int64_t degree, uint64_t seed, struct csr *graph,
                struct error *err);

#endif
