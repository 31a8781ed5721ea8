/* State shared by the files that play a kernel (kernel_play*.c). */
#ifndef ARCH_CHIP_KERNEL_PLAYER_H
#define ARCH_CHIP_KERNEL_PLAYER_H

#include "arch/chip/kernel_play.h"
#include "arch/vliw/kernel_stream.h"
#include "arch/vliw/kernel_tiles.h"

enum { SLOTS_MOST = 64 };

/* Regions up to and with a loop of the top; the last phase takes what follows. Members meet at
 * its end. */
struct loop_phase {
    const struct region *first, *end, *loop; /* loop NULL: straight-line code alone */
};

/* A line or a write on its way. */
struct kernel_slot {
    bool is_used, is_known;
    uint64_t due; /* cycle of the stream at which a load uses it; UINT64_MAX: nobody waits */
    uint64_t arrival; /* core cycle; when is_known */
};

struct kernel_player;

struct kernel_member {
    struct kernel_player *player;
    int64_t number;
    struct arena arena;
    struct kernel_stream stream;
    struct event wake;
    uint64_t origin;  /* core cycle at which the stream's cycle 0 lies */
    uint64_t stalls;  /* cycles waited since then */
    uint64_t drained; /* core cycle at which the next level has taken the last write */
    struct kernel_slot fills[SLOTS_MOST], stores[SLOTS_MOST];
    struct kernel_event event; /* next to happen */
    bool has_event, is_done, is_busy;
    void (*ended)(struct kernel_member *member); /* shared banks; may be NULL */
    uint64_t end;                                /* core cycle */
    struct kernel_cycles cycles;                 /* of its work so far */
    struct cycle_account account;                /* adds up to `end` */
    bool has_worked;
    /* DMA: passes [first, last) of the loop at hand in tiles; transfers under way by buffer,
     * those of arrays that stay last. */
    int64_t tile, tile_count, first, last, loaded;
    uint32_t loads_left[3], stores_left[3];
    bool is_computing, is_output_late;
};

struct kernel_player {
    struct kernel kernel; /* first: asks for whole cache lines */
    struct chip *chip;
    const struct core *core;
    const struct vliw_params *params;
    struct kernel_plan *plan;
    struct arena *arena;
    struct kernel_play *play;
    struct clock clock;
    struct memory *memory; /* NULL: no port was needed */
    const struct chip_memory *dram, *scratch, *next;
    struct cache_rules rules;
    struct line_cache next_cache;
    bool has_next, is_cached, shares_banks;
    uint64_t *bank_free; /* per bank: first core cycle in which it serves nobody */
    uint64_t bundles;
    uint64_t next_reads, next_writes, scratch_reads, scratch_writes; /* bytes */
    struct kernel_member *members;
    int64_t member_count, last; /* last: ended the last loop last */
    struct data_layout layout;
    const struct kernel_record *record; /* NULL: nothing hangs on data */
    /* The loop of the top that is being played; DMA: passes of a tile. */
    struct kernel_tiling tiling;
    const struct region *phase_first, *phase_end;
    int64_t loop_from, trips, tile;
    bool has_call;
    bool is_failed;
    struct error *err;
};

/* kernel_play_cache.c: plays the members' streams from their origins to the end. */
void kernel_play_streams(struct kernel_player *player);
/* Runs a stream without time: what it leaves in the caches. */
bool kernel_play_warm(struct kernel_member *member);

/* kernel_play_banks.c: plays the members' bundles where they share the banks of one memory. */
void kernel_play_banks(struct kernel_player *player);
/* Begins one member's stream at its origin, an event for every bundle; `ended` is called then.
 */
bool kernel_play_bundles(struct kernel_member *member);

/* kernel_play_dma.c: plays the tiles of one loop, split over the members that share it. */
bool kernel_play_tiles(struct kernel_player *player, const struct loop_phase *phase,
                       int64_t members, int64_t from, int64_t trips, bool has_call);

/* kernel_play_tile.c: passes of a tile, 1 or more; false with a sentence when none fits. */
bool kernel_tile_choose(struct kernel_player *player, int64_t copies, int64_t members,
                        int64_t trips, int64_t *best);
/* Whether an array's elements are brought before they are worked on. */
bool kernel_tile_loads(const struct array_use *use);
/* A member's stream over passes [from, to) of the loop at hand, to be run; or run through for
 * its cycles without waits. */
bool kernel_tile_begin(struct kernel_member *member, int64_t from, int64_t to, bool has_call);
bool kernel_tile_count(struct kernel_member *member, int64_t from, int64_t to, bool has_call,
                       struct kernel_cycles *cycles);

/* A kernel that is not tiled: brings all arrays before it, takes away those written after it.
 */
bool kernel_play_whole(struct kernel_player *player, bool is_before);

/* kernel_play_memory.c: the port of the chip's main memory, if it has one; what the cache is
 * and whether it can miss; actions of memories, standby and refresh to the end included. */
bool kernel_player_memory(struct kernel_player *player);
void kernel_player_cache(struct kernel_player *player);
void kernel_player_actions(struct kernel_player *player);
/* Bytes from or to main memory, at present. */
void kernel_player_transfer(struct kernel_player *player, struct kernel_member *member,
                            const struct transfer *transfer);
/* Without caches and banks nothing but the count of cycles is needed: into the stream's tally.
 */
bool kernel_player_count(struct kernel_member *member);
/* The first edge of the core's clock that has not passed. */
uint64_t kernel_player_edge(const struct kernel_player *player);

#endif
