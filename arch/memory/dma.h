/* A DMA engine in front of a memory port. A job is a list of transfers (each up to four strided
 * dimensions) and, for gather and scatter, a list of addresses. The engine cuts jobs into
 * requests that end at multiples of `request_bytes`, keeps at most `outstanding` of them under
 * way, and serves queues by priority: queue 0 first, request by request. A queue may run ahead
 * of what its consumer has released by `prefetch` jobs. Requests of a queue are one stream of
 * the port, so jobs of a queue are done in the order submitted. The engine, and jobs until they
 * are done, live in the arena; events are the memory's. */
#ifndef ARCH_MEMORY_DMA_H
#define ARCH_MEMORY_DMA_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/memory/port.h"

enum { DMA_QUEUES = 8 };

struct dma_config {
    uint64_t request_bytes; /* longest request, and its alignment; a power of two */
    uint32_t outstanding;   /* requests under way, at least 1 */
    uint32_t prefetch;      /* jobs of a queue begun and not released; 0: any number */
    uint32_t stream;        /* first of DMA_QUEUES streams of the port */
};

struct dma_job {
    uint32_t queue;
    bool is_write;
    const struct transfer *transfers; /* kept; address, bytes and strides of each are used */
    uint64_t transfer_count;
    const uint64_t *addresses; /* kept; gather or scatter of element_bytes at each */
    uint64_t address_count, element_bytes;
    uint64_t tag;
    void (*done)(void *context, uint64_t tag); /* NULL: nobody waits */
    void *context;
};

struct dma_counts {
    uint64_t jobs, requests, bytes;
};

struct dma;

struct dma *dma_make(struct arena *arena, struct memory *memory,
                     const struct dma_config *config);
void dma_submit(struct dma *dma, const struct dma_job *job);
/* The consumer of a queue has used up a job: one more may begin. */
void dma_release(struct dma *dma, uint32_t queue);
struct dma_counts dma_counts(const struct dma *dma);

#endif
