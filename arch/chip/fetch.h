/* What a step's loads and its store move: lists of transfers for the DMA engine. Here, and
 * nowhere else, a tile becomes addresses. Private to arch/chip.
 *
 * A list is emptied, filled and handed on within one call; it keeps its room. */
#ifndef ARCH_CHIP_FETCH_H
#define ARCH_CHIP_FETCH_H

#include "arch/memory/dma.h"
#include "sim/kernel/arena.h"

struct worker;
struct ring_entry;
struct held;

struct fetch_list {
    struct arena *arena; /* where it grows */
    struct transfer *transfers;
    size_t transfer_count, transfer_capacity;
};

/* Appends a transfer; `list` is a struct fetch_list: fit to be handed to layout_region. */
void fetch_emit(void *list, const struct transfer *transfer);

/* Whole bursts that its runs touch: what a port moves of the list where nothing cuts it. */
uint64_t fetch_bursts(const struct fetch_list *list, uint64_t burst);

/* Bytes of all its runs. */
uint64_t fetch_bytes(const struct fetch_list *list);

/* Fills the list with what load `load` of the step in the ring brings (STEP_PARTIAL: partial
 * sums of the output), or with what the step stores. The tensor rests in `held`; the step's
 * place in its plan is entry->index. An operand of a contraction whose layout is known moves
 * the part of it that the step's tile needs; the list stays empty where that is padding alone.
 * Anything else moves as the next stretch of the tensor, tile behind tile. */
void fetch_load(const struct worker *worker, const struct ring_entry *entry, uint32_t load,
                struct held *held, struct fetch_list *list);
void fetch_store(const struct worker *worker, const struct ring_entry *entry, struct held *held,
                 struct fetch_list *list);

#endif
