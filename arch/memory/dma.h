/* A DMA engine between the units that ask for data and the ports of memories. A job is a list
 * of transfers, each up to four strided dimensions. The engine cuts jobs into requests that
 * end at multiples of `request_bytes`, keeps at most `outstanding` of them under way, and
 * serves queues by priority: queue 0 first, request by request; within a queue jobs are cut in
 * the order submitted. A job is done when the last of its requests is; jobs of one stream of a
 * memory are done in their order.
 *
 * An engine without limits offers whole transfers at once and adds no event of its own. Jobs
 * are copied; engine and copies live in the arena, copies are used again. */
#ifndef ARCH_MEMORY_DMA_H
#define ARCH_MEMORY_DMA_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/memory/port.h"

enum { DMA_QUEUES = 8 };

struct dma_config {
    uint64_t request_bytes; /* longest request, and its alignment; a power of two; 0: transfers
                               are not cut */
    uint32_t outstanding;   /* requests under way; 0: any number */
};

struct dma_job {
    struct memory *memory; /* kept; has credits for all that its streams have under way */
    uint32_t queue, stream;
    bool is_write;
    const struct transfer *transfers; /* borrowed; address, bytes and strides are used */
    uint64_t transfer_count;
    uint64_t tag;
    void (*done)(void *context, uint64_t tag); /* NULL: nobody waits */
    void *context;
};

struct dma_counts {
    uint64_t jobs, requests, bytes;
};

struct dma;

struct dma *dma_make(struct arena *arena, const struct dma_config *config);
/* A job without a byte is done at once, before this returns. */
void dma_submit(struct dma *dma, const struct dma_job *job);
struct dma_counts dma_counts(const struct dma *dma);

#endif
