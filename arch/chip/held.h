/* Where tensors are while a trace plays: which memory holds them, at which address, whether
 * they have been computed. Keyed by tensor id; views share the entry of their owner. One room
 * gives out addresses and counts what rests where. Capacity grows with the tensors alive.
 *
 * A tensor that is backed has two entries: the one that is found lies in main memory, its copy
 * on chip. Readers take the copy while there is one; its room can be taken back at any time. */
#ifndef ARCH_CHIP_HELD_H
#define ARCH_CHIP_HELD_H

#include "arch/chip/rest.h"

struct held {
    uint64_t tensor;         /* id of the tensor it was made for */
    int32_t memory;          /* index of the chip's memory */
    bool is_resident;        /* on chip, read in place */
    bool is_ready;           /* computed, or given from the start */
    bool counts_host;        /* crosses the host link when it is first read */
    int32_t producer;        /* core whose work makes it, -1: given */
    struct lineage lineage;  /* of what is made */
    uint64_t ready_time;     /* ticks, once ready */
    uint64_t address, bytes; /* as stored on this chip */
    uint64_t reserved;       /* bytes of addresses it has got, padding included */
    uint64_t loaded;         /* bytes fetched so far, for the next address */
    struct storage storage;  /* how it lies, once laid out */
    bool is_laid_out;
    /* Where the nearest on-chip memory that takes its role had no room for it; else -1. */
    int32_t refused_by;
    bool is_chosen; /* it lies where the look-ahead wanted it */
    uint64_t refused_room;
    uint32_t users;    /* names that refer to it: its room is taken while there are any */
    uint32_t pins;     /* operators in flight that look at it */
    struct held *copy; /* on chip, of a backed tensor */
    struct held *next_free;
};

struct held_slot {
    uint64_t id; /* tensor id + 1; 0 is empty */
    struct held *held;
};

enum { LAYOUTS_NOTED = 4 };

/* Layouts that tensors of one role got in one memory. */
struct layout_use {
    struct storage items[LAYOUTS_NOTED];
    uint32_t count;
};

struct held_table {
    struct arena *arena;
    const struct chip *chip;
    struct held_slot *slots;
    size_t capacity, used;
    struct held *free;
    uint64_t occupied[CHIP_MEMORIES_MAX]; /* bytes resting in each memory */
    uint64_t peak[CHIP_MEMORIES_MAX];
    /* For arch/chip/address.c. */
    uint64_t next_address[CHIP_MEMORIES_MAX];
    struct layout_use layouts[CHIP_MEMORIES_MAX][2]; /* activations, weights */
};

void held_table_init(struct held_table *table, const struct chip *chip, struct arena *arena);
/* The entry of a tensor, or NULL. */
struct held *held_find(const struct held_table *table, const struct tensor *tensor);
struct held *held_find_id(const struct held_table *table, uint64_t tensor); /* of the owner */
/* Gives a tensor its place: the one wished for where there is room, else the nearest memory
 * whose role and room fit. `wish` may be NULL. */
struct held *held_place(struct held_table *table, const struct tensor *tensor,
                        const struct rest_wish *wish);
/* The entry to read from: the copy on chip where there is one. */
struct held *held_nearest(struct held *held);
/* Takes the room of a tensor's copy back; nothing where it has none. */
void held_leave(struct held_table *table, uint64_t tensor);
/* Room for a value without a name; the caller pins it, and it goes with the last pin. */
struct held *held_place_unnamed(struct held_table *table, uint64_t bytes);
/* A second name for what another tensor holds. */
void held_alias(struct held_table *table, const struct tensor *tensor, struct held *held);
/* While pinned, an entry is not given to another tensor. */
void held_pin(struct held *held);
void held_unpin(struct held_table *table, struct held *held);
/* No later operator uses the tensor: its room is free for those. */
void held_drop(struct held_table *table, const struct tensor *tensor);

#endif
