/* Plays one scheduled kernel on the VLIW core of a chip, as events: its members run in
 * lock-step each, and wait for lines of the main memory that they share. What they ask for
 * follows from the schedule and real addresses (arch/vliw/kernel_stream.h); when it comes, from
 * the next level and the memory port.
 *
 * data = flat, or a cache that holds everything already: nothing waits. A scratch memory that
 * is a cache (cache_ways): its misses stop the whole core. A scratchpad (cache_ways = 0):
 * arrays rest in it where they fit, or come in tiles by DMA (kernel_tiles.h). Cores of several
 * members split each outermost loop whose passes are independent; otherwise one member works.
 * They share the scratch memory: the room and the banks of a scratchpad; of a cache each has
 * its part for itself. */
#ifndef ARCH_CHIP_KERNEL_PLAY_H
#define ARCH_CHIP_KERNEL_PLAY_H

#include "arch/chip/chip.h"
#include "arch/vliw/kernel_plan.h"

struct kernel_play {
    uint64_t cycles;              /* of the core, when the last member ends */
    struct cycle_account account; /* of that member; adds up to cycles */
    int64_t members;              /* that worked */
    struct kernel_cycles last;    /* of the member that ended last, waits apart */
    uint64_t fills, evictions;    /* lines into and out of the caches, all members */
    uint64_t dram_read_bytes, dram_write_bytes; /* whole bursts */
    struct plan_action *actions;                /* of memories, caches filled included */
    size_t action_count;
    uint64_t tile_count; /* DMA: tiles of all loops; 0: none */
    uint64_t events;
    const char *mapping[CHIP_MEMORIES_MAX]; /* address mapping of memories in use; NULL: none */
    const char *words;                      /* how data and loops were split, a line */
};

/* The plan's cycles and runs become those of all members together. Errors: arrays that neither
 * fit nor can be tiled; a kernel too long to be walked. */
bool kernel_play(struct chip *chip, const struct core *core, struct kernel_plan *plan,
                 struct arena *arena, struct kernel_play *play, struct error *err);

/* Is the next level of every VLIW core an SRAM of the chip, of a whole number of sets? */
bool kernel_play_check(const struct chip *chip, struct error *err);

#endif
