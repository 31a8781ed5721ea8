/* Matrix Market files (Boisvert, Pozo, Remington, NISTIR 5935, 1996), plain or gzip: coordinate
 * matrices, real, integer or pattern, general, symmetric or skew-symmetric. The pattern is
 * read; values are looked over. Refused with line: what is malformed, out of range, missing or
 * more than the header says. */
#ifndef WORKLOADS_IRREGULAR_MATRIX_MARKET_H
#define WORKLOADS_IRREGULAR_MATRIX_MARKET_H

#include "workloads/irregular/csr.h"

bool matrix_market_read(const char *path, struct csr *csr, struct error *err);

#endif
