#include "arch/memory/dma.h"

#include <assert.h>

/* A transfer of a job that waits to be cut. */
struct piece {
    struct transfer transfer;
    struct piece *next; /* of its job, or of the free list */
};

struct entry {
    struct dma *dma;
    struct dma_job job;
    struct entry *next;         /* of its queue, or of the free list */
    struct piece *first, *last; /* not yet cut */
    struct transfer_walk walk;
    uint64_t at, end;   /* of the contiguous run */
    uint64_t under_way; /* requests offered and not done */
    bool is_cut;        /* all requests offered */
};

struct dma_queue {
    struct entry *head, *tail; /* jobs that have a run left to offer */
};

struct dma {
    struct dma_config config;
    struct arena *arena;
    struct dma_queue queues[DMA_QUEUES];
    struct entry *free;
    struct piece *free_pieces;
    uint32_t under_way;
    struct dma_counts counts;
};

struct dma *dma_make(struct arena *arena, const struct dma_config *config)
{
    assert((config->request_bytes & (config->request_bytes - 1)) == 0);
    struct dma *dma = arena_alloc(arena, sizeof *dma);
    dma->config = *config;
    dma->arena = arena;
    return dma;
}

/* ---- engines without limits: the port takes whole transfers, the last one answers ---- */

static uint64_t run_count(const struct transfer *transfer)
{
    uint64_t runs = 1;
    for (int level = 0; level < TRANSFER_STRIDES; level++)
        runs *= transfer->strides[level].count > 1 ? transfer->strides[level].count : 1;
    return runs;
}

static void offer_whole(struct dma *dma, const struct dma_job *job, struct transfer *transfer,
                        bool is_last)
{
    transfer->stream = job->stream;
    transfer->is_write = job->is_write;
    transfer->tag = job->tag;
    transfer->done = is_last ? job->done : NULL;
    transfer->context = job->context;
    dma->counts.requests++;
    dma->counts.bytes += transfer->bytes * run_count(transfer);
    bool is_taken = memory_offer(job->memory, transfer);
    assert(is_taken);
    (void)is_taken;
}

static void submit_whole(struct dma *dma, const struct dma_job *job)
{
    struct transfer transfer;
    if (job->transfer_count == 0 && job->done != NULL)
        job->done(job->context, job->tag);
    for (uint64_t i = 0; i < job->transfer_count; i++) {
        transfer = job->transfers[i];
        offer_whole(dma, job, &transfer, i + 1 == job->transfer_count);
    }
}

/* ---- engines with limits ---- */

static void append_piece(struct dma *dma, struct entry *entry, const struct transfer *transfer)
{
    if (transfer->bytes == 0)
        return;
    struct piece *piece = dma->free_pieces;
    if (piece != NULL)
        dma->free_pieces = piece->next;
    else
        piece = arena_alloc(dma->arena, sizeof *piece);
    *piece = (struct piece){.transfer = *transfer};
    if (entry->first == NULL)
        entry->first = piece;
    else
        entry->last->next = piece;
    entry->last = piece;
}

static struct entry *copy_job(struct dma *dma, const struct dma_job *job)
{
    struct entry *entry = dma->free;
    if (entry != NULL)
        dma->free = entry->next;
    else
        entry = arena_alloc(dma->arena, sizeof *entry);
    *entry = (struct entry){.dma = dma, .job = *job};
    for (uint64_t i = 0; i < job->transfer_count; i++)
        append_piece(dma, entry, &job->transfers[i]);
    return entry;
}

/* Moves to the next contiguous run of the job; false after the last. */
static bool next_run(struct dma *dma, struct entry *entry)
{
    while (entry->first != NULL) {
        struct piece *piece = entry->first;
        if (transfer_next_run(&piece->transfer, &entry->walk, &entry->at)) {
            entry->end = entry->at + piece->transfer.bytes;
            return true;
        }
        entry->first = piece->next;
        entry->walk = (struct transfer_walk){0};
        piece->next = dma->free_pieces;
        dma->free_pieces = piece;
    }
    return false;
}

static void finish(struct dma *dma, struct entry *entry)
{
    struct dma_job job = entry->job;
    entry->next = dma->free;
    dma->free = entry;
    if (job.done != NULL)
        job.done(job.context, job.tag);
}

static void pump(struct dma *dma);

static void request_done(void *context, uint64_t tag)
{
    (void)tag;
    struct entry *entry = context;
    struct dma *dma = entry->dma;
    entry->under_way--;
    dma->under_way--;
    if (entry->is_cut && entry->under_way == 0)
        finish(dma, entry);
    pump(dma);
}

/* Offers the next request of the job at the queue's head, which leaves it with its last one. */
static void offer(struct dma *dma, struct dma_queue *queue)
{
    struct entry *entry = queue->head;
    uint64_t request = dma->config.request_bytes, end = entry->end;
    if (request > 0 && (entry->at / request + 1) * request < end)
        end = (entry->at / request + 1) * request;
    struct transfer transfer = {.stream = entry->job.stream,
                                .is_write = entry->job.is_write,
                                .address = entry->at,
                                .bytes = end - entry->at,
                                .done = request_done,
                                .context = entry};
    entry->at = end;
    entry->under_way++;
    dma->under_way++;
    dma->counts.requests++;
    dma->counts.bytes += transfer.bytes;
    if (entry->at == entry->end && !next_run(dma, entry)) {
        entry->is_cut = true;
        queue->head = entry->next;
    }
    bool is_taken = memory_offer(entry->job.memory, &transfer);
    assert(is_taken);
    (void)is_taken;
}

static void pump(struct dma *dma)
{
    uint32_t most = dma->config.outstanding > 0 ? dma->config.outstanding : UINT32_MAX;
    for (uint32_t q = 0; q < DMA_QUEUES; q++)
        while (dma->queues[q].head != NULL && dma->under_way < most)
            offer(dma, &dma->queues[q]);
}

void dma_submit(struct dma *dma, const struct dma_job *job)
{
    assert(job->queue < DMA_QUEUES);
    dma->counts.jobs++;
    if (dma->config.outstanding == 0 && dma->config.request_bytes == 0) {
        submit_whole(dma, job);
        return;
    }
    struct dma_queue *queue = &dma->queues[job->queue];
    struct entry *entry = copy_job(dma, job);
    if (!next_run(dma, entry)) {
        finish(dma, entry);
        return;
    }
    if (queue->head == NULL)
        queue->head = entry;
    else
        queue->tail->next = entry;
    queue->tail = entry;
    pump(dma);
}

struct dma_counts dma_counts(const struct dma *dma)
{
    return dma->counts;
}
