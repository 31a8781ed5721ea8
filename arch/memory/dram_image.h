/* The state of a channel as numbers that do not change when all clocks, bursts and request
 * numbers are moved by the same amounts. When its requests were accepted is no part of it: that
 * decides nothing while no bank is opened. Private to arch/memory/dram_*.c. */
#ifndef ARCH_MEMORY_DRAM_IMAGE_H
#define ARCH_MEMORY_DRAM_IMAGE_H

#include "arch/memory/dram_state.h"

struct dram_image;

/* Over so many periods, each `shift` bursts and `requests` requests long; the requests accepted
 * meanwhile stand in the channel's ring. */
struct dram_move {
    uint64_t periods, shift, requests;
    uint64_t clocks, orders; /* found by dram_image_move */
};

struct dram_image *dram_image_make(const struct dram_channel *channel);
/* `last` is the burst accepted last. False where a run of row hits leaves no such state. */
bool dram_image_take(struct dram_image *image, const struct dram_channel *channel,
                     uint64_t last);
/* Is the present state, `span` clocks later, the one of the image, with nothing but reads and
 * writes issued since? What these changed in counts is kept for the move. */
bool dram_image_repeats(struct dram_image *image, const struct dram_channel *channel,
                        uint64_t last, uint64_t span);
/* Moves the channel, in the state of dram_image_repeats. */
void dram_image_move(const struct dram_image *image, struct dram_channel *channel,
                     struct dram_move *move);

#endif
