/* Descriptions of irregular workloads; their rows stand in workload_table.c. */
#ifndef WORKLOADS_IRREGULAR_IRREGULAR_H
#define WORKLOADS_IRREGULAR_IRREGULAR_H

#include "workloads/dense/build.h"

void build_spmv(struct builder *b);
void build_spmm(struct builder *b);
void build_spgemm(struct builder *b);
void build_bfs(struct builder *b);
void build_pagerank(struct builder *b);

#endif
