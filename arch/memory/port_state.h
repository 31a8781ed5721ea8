/* Inside a memory port: what the three fidelities share. Private to arch/memory/port_*.c.
 * A transfer under way is an entry with its own event; entries come from a free list. */
#ifndef ARCH_MEMORY_PORT_STATE_H
#define ARCH_MEMORY_PORT_STATE_H

#include "arch/memory/port.h"

struct memory_entry {
    struct event event;
    struct memory *memory;
    struct transfer transfer;
    struct memory_entry *next; /* of the free list, or of its stream */
    uint64_t bursts;
};

struct memory_stream {
    uint32_t under_way;
    uint64_t last_done; /* no later transfer is answered before it */
};

/* A server that moves bytes at the memory's bandwidth. When it falls free is computed from the
 * bytes since it last began to be busy, never added up, so cutting a transfer changes nothing.
 */
struct memory_server {
    uint64_t begin, bytes, free; /* of the busy period that ends at `free` */
    uint64_t busy_ticks;         /* of those before */
};

struct memory_model {
    void (*start)(struct memory *memory);
    /* Takes the entry and sees to memory_answer being called once its time is known. */
    void (*offer)(struct memory *memory, struct memory_entry *entry);
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
    struct memory_server server;
    struct memory_traffic traffic;
    struct dram_actions actions;
    void *state; /* the model's */
};

extern const struct memory_model MEMORY_IDEAL, MEMORY_BANK, MEMORY_COMMAND;

/* Time before which the entry cannot be answered at the memory's bandwidth; called once, when
 * it is offered. No fidelity answers sooner. */
uint64_t memory_serve(struct memory_entry *entry);

/* Schedules the answer, not before the stream's earlier ones. */
void memory_answer(struct memory_entry *entry, uint64_t time);

#endif
