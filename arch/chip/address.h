/* Where tensors lie in main memory: base addresses and layouts. One room gives them out.
 *
 * A tensor is laid out when a contraction first uses it: as its memory's keys say for its role,
 * or else as the core wants it (weights that a systolic array fetches whole as padded tiles,
 * its other constants tile by tile, anything else row-major). Whoever uses it later finds it as
 * it lies. Addresses are given in one direction, whole pages, and wrap at the capacity: only
 * the pattern matters. */
#ifndef ARCH_CHIP_ADDRESS_H
#define ARCH_CHIP_ADDRESS_H

#include "arch/chip/held.h"

/* Gives the tensor at least so many bytes of addresses, if it has not got them yet. */
void address_reserve(struct held_table *table, struct held *held, uint64_t bytes);
/* How an operand of a contraction lies, seen with its own dimensions; form FORM_NONE where the
 * tensor is not what the contraction takes it for (stretched, or a part of it), or has no main
 * memory. Chooses and keeps the layout at the first call. */
struct operand_layout address_lay_out(struct held_table *table, struct held *held,
                                      const struct core *core, const struct contraction *c,
                                      enum contraction_operand operand,
                                      struct number_format format, bool is_weight,
                                      bool is_channel_inside);
/* The same without giving anything out: for what is only tried. `storage` is how the tensor
 * lies already, NULL where it would be chosen now. */
struct operand_layout address_would_lie(const struct chip *chip, int32_t memory, uint64_t bytes,
                                        const struct storage *storage, const struct core *core,
                                        const struct contraction *c,
                                        enum contraction_operand operand,
                                        struct number_format format, bool is_weight,
                                        bool is_channel_inside);
/* The layouts that tensors of a memory have got so far, by role: "tile-padded 256 x 256",
 * several joined by "+", "" where none. */
const char *address_layouts(const struct held_table *table, int32_t memory, bool is_weight,
                            struct arena *arena);

#endif
