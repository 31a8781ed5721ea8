/* Rules of where tensors may rest, the same for what is placed and for what is only tried:
 * roles, room, and the memory that a tensor gets when nothing is known of those to come.
 * `occupied` counts the bytes resting in each memory of the chip. Private to arch/chip. */
#ifndef ARCH_CHIP_REST_H
#define ARCH_CHIP_REST_H

#include "arch/chip/chip.h"
#include "workloads/tensor.h"

/* Which operators had to be done before one, among the 64 in front of it: bit d stands for
 * operator index - 1 - d. */
struct lineage {
    uint64_t index, before;
};

/* Operator `of.index` cannot begin before operator `other` is done. */
bool lineage_has(struct lineage of, uint64_t other);
/* One more that `of` waits for, and all that it waited for. */
void lineage_add(struct lineage *of, struct lineage other);

/* What is wanted for a tensor when it gets its place. */
struct rest_wish {
    int32_t memory; /* index, or REST_ANYWHERE */
    bool is_backed; /* in main memory as well: its place on chip may be taken back early */
};

enum { REST_ANYWHERE = -1 };

struct rest_place {
    int32_t memory;
    /* The nearest on-chip memory that takes its role but had no room, and its room; -1. */
    int32_t refused_by;
    uint64_t refused_room;
};

uint32_t rest_role(const struct tensor *tensor); /* one of enum memory_role */
/* Whether a memory takes tensors of a role between operators, room apart. */
bool rest_takes(const struct chip_memory *memory, uint32_t role);
/* Main memory for a role: one of another role rather than none, the host's as the last. */
int32_t rest_main_memory(const struct chip *chip, uint32_t role);
/* First come, first served: SRAM with room in the order of the file, else main memory. */
struct rest_place rest_choose(const struct chip *chip, const uint64_t *occupied, uint32_t role,
                              uint64_t bytes);
/* The place wished for where there is room, else first come, first served; `wish` may be NULL.
 * Returns the memory of the copy of what is backed, -1 where there is none. */
int32_t rest_grant(const struct chip *chip, const uint64_t *occupied, uint32_t role,
                   uint64_t bytes, const struct rest_wish *wish, struct rest_place *place);
/* Room for a core's tiles, in sixteenths of the capacity so that equal operators stay equal. */
uint64_t rest_scratch(const struct chip *chip, const uint64_t *occupied,
                      const struct chip_core *core);

#endif
