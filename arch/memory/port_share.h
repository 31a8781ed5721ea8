/* How the streams of a memory share its bandwidth. Private to arch/memory/port_*.c.
 *
 * Each stream with work gets an equal share, burst by burst: where n streams have work, each
 * moves at one n-th of the bandwidth. Within a stream transfers go in the order offered. All
 * this is in closed form: the work that every served stream has got since it joined is one
 * level that rises with time, a transfer has moved once the level reaches its mark, and only a
 * stream that joins or leaves changes the slope. So nothing depends on how a transfer is cut,
 * and the memory never rests while there is work.
 *
 * An entry is answered once it has moved, its latency has passed, and the fidelity allows it
 * (memory_modelled, or the model's `moved`). While one stream is alone its answers are
 * scheduled ahead where they can be; they are taken back when another one joins. */
#ifndef ARCH_MEMORY_PORT_SHARE_H
#define ARCH_MEMORY_PORT_SHARE_H

#include "arch/memory/port_state.h"

void memory_share_make(struct memory *memory);
/* The entry joins its stream, now. */
void memory_share_offer(struct memory_entry *entry);
/* The entry cannot be answered before `time`, and could be then. Once, and after the offer. */
void memory_modelled(struct memory_entry *entry, uint64_t time);
/* The work of one burst: marks of its bursts lie so far below that of an entry. */
uint128 memory_share_burst(const struct memory *memory);
/* Before an answer that was scheduled ahead is given. */
void memory_share_settle(struct memory *memory);
/* Ticks with work up to now. */
uint64_t memory_share_busy(struct memory *memory);

#endif
