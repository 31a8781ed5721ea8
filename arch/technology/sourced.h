/* A number and what is known about it: where it was read, how far it may be trusted. Every
 * constant of a process, a table row and a price carries one, so that a result can name the
 * weakest figure it rests on. Plain values; texts are borrowed from the arena of the tables. */
#ifndef ARCH_TECHNOLOGY_SOURCED_H
#define ARCH_TECHNOLOGY_SOURCED_H

#include <stdbool.h>

/* From strongest to weakest; a product of two values has the weaker mark. */
enum value_mark {
    MARK_SOURCED,      /* read in a document or data file named by the source */
    MARK_DERIVED,      /* computed from sourced values, or interpolated between them */
    MARK_CALIBRATED,   /* fitted to published measurements named by the source */
    MARK_FROM_MEMORY,  /* nobody opened the document */
    MARK_EXTRAPOLATED, /* beyond the sourced values; only on request */
    MARK_COUNT
};

extern const char *const VALUE_MARK_NAMES[MARK_COUNT + 1]; /* NULL-terminated */

/* The `sigma` is the standard deviation of the value's logarithm: 0.1 is about 10 %. */
struct sourced {
    double value; /* SI units */
    double sigma;
    enum value_mark mark;
    const char *source; /* NULL: the value is not known */
};

bool sourced_is_known(const struct sourced *value);
/* a x b^power: sigmas add in squares, the weaker mark and its source stay. */
struct sourced sourced_times(struct sourced a, struct sourced b, double power);
struct sourced sourced_scaled(struct sourced a, double factor);
/* a + b of the same unit; sigma weighted by size. */
struct sourced sourced_plus(struct sourced a, struct sourced b);
/* Weakens a value: at least this mark, `sigma` added in squares. */
struct sourced sourced_weaken(struct sourced a, enum value_mark mark, double sigma);

#endif
