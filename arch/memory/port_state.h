/* Inside a memory port: what the three fidelities share. Private to arch/memory/port_*.c.
 * A transfer under way is an entry with its own event; entries come from a free list. */
#ifndef ARCH_MEMORY_PORT_STATE_H
#define ARCH_MEMORY_PORT_STATE_H

#include "arch/memory/port.h"

__extension__ typedef unsigned __int128 uint128;

struct memory_share;

struct memory_entry {
    struct event event;
    struct memory *memory;
    struct transfer transfer;
    struct memory_entry *next; /* of the free list, or of its stream */
    struct memory_entry *next_in_bank;
    uint64_t bursts;
    /* Of memory_share: level at which it has moved; times from which it has, and from which
     * its fidelity lets it be answered; its answer is scheduled ahead. */
    uint128 mark;
    uint64_t offered, moved, modelled;
    bool is_modelled, is_ahead;
};

struct memory_stream {
    uint32_t under_way;
    uint64_t last_done; /* no later transfer is answered before it */
};

struct memory_model {
    void (*start)(struct memory *memory);
    /* Takes the entry, offers it to the share, and sees to it that it is modelled. */
    void (*offer)(struct memory *memory, struct memory_entry *entry);
    /* NULL: entries are modelled by the time they moved, or tell when they are. Else called
     * once an entry has moved, in the order of that, and models it. */
    void (*moved)(struct memory *memory, struct memory_entry *entry);
    /* DRAM actions up to the time, traffic apart. */
    void (*actions)(struct memory *memory, uint64_t time, struct dram_actions *actions);
};

struct memory {
    struct memory_config config;
    const struct memory_model *model;
    struct arena *arena;
    struct kernel *kernel;
    struct timebase timebase;
    struct clock clock; /* of the DRAM's commands */
    struct ratio ticks_per_byte;
    uint64_t access_bytes, latency_ticks;
    uint32_t credits;
    struct memory_stream streams[MEMORY_STREAMS];
    struct memory_entry *free;
    struct memory_share *share;
    struct memory_traffic traffic;
    struct dram_actions actions;
    void *state; /* the model's */
};

extern const struct memory_model MEMORY_IDEAL, MEMORY_BANK, MEMORY_COMMAND;

/* Schedules the answer, not before the stream's earlier ones. */
void memory_answer(struct memory_entry *entry, uint64_t time);

#endif
