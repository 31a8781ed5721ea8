/* Mapping files: one loop nest per contraction of a network, to pin what was found or drawn up
 * by hand. Text, one entry a line:
 *
 *     # anything after a number sign at the start of a line
 *     "conv1" -> dram:IWO[P4] ub:IO[C2] array:WO[P112] rows{C3 R7} cols{K64}
 *     "attention.1" 2 -> dram:IWO[G12] ...
 *
 * The name is the operator's in the trace, in quotes (\" and \\ inside stand for themselves,
 * \xHH for a byte that is not printable); the number, 0 where it is left out, counts the
 * contractions that the operator lowers to. The rest is a line of nest.h. An operator twice is
 * refused; one that is missing is left to the mapper. */
#ifndef ARCH_MAPPING_MAPPING_FILE_H
#define ARCH_MAPPING_MAPPING_FILE_H

#include <stdio.h>

#include "arch/mapping/nest.h"

struct mapping_entry {
    const char *name;
    int32_t part;
    int32_t line;     /* in the file, from 1 */
    const char *nest; /* as written */
};

/* Everything is in the arena that it was read into. */
struct mapping_file {
    const char *path;
    struct mapping_entry *entries; /* by name and part */
    size_t count;
};

bool mapping_file_read(const char *path, struct arena *arena, struct mapping_file *file,
                       struct error *err);
/* NULL: the file says nothing of this operator. */
const struct mapping_entry *mapping_file_find(const struct mapping_file *file, const char *name,
                                              int32_t part);
/* The entry's nest for this contraction; a mistake is placed by file, line and operator. */
bool mapping_file_nest(const struct mapping_file *file, const struct mapping_entry *entry,
                       const struct contraction *c, struct arena *arena, struct nest *nest,
                       struct error *err);
/* Puts file, line and operator in front of a sentence about the entry's nest (from space_fits
 * or a family's plan). Always returns false. */
bool mapping_file_blame(const struct mapping_file *file, const struct mapping_entry *entry,
                        const struct error *why, struct error *err);

/* Writes a line that mapping_file_read reads back. */
void mapping_file_write(FILE *out, const char *name, int32_t part, const char *nest_line);

#endif
