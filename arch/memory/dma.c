#include "arch/memory/dma.h"

#include <assert.h>

struct entry {
    struct dma *dma;
    struct dma_job job;
    struct entry *next; /* of its queue, or of the free list */
    uint64_t item;      /* transfer, then address, that is cut next */
    struct transfer_walk walk;
    uint64_t at, end;   /* of the contiguous run */
    uint64_t under_way; /* requests offered and not done */
    bool is_cut;        /* all requests offered */
};

struct dma_queue {
    struct entry *head, *tail, *current; /* current: being cut */
    uint64_t begun, released;
};

struct dma {
    struct dma_config config;
    struct arena *arena;
    struct memory *memory;
    struct dma_queue queues[DMA_QUEUES];
    struct entry *free;
    uint32_t under_way;
    bool is_pumping;
    struct dma_counts counts;
};

struct dma *dma_make(struct arena *arena, struct memory *memory,
                     const struct dma_config *config)
{
    assert(config->outstanding >= 1 && config->stream + DMA_QUEUES <= MEMORY_STREAMS);
    assert(config->request_bytes > 0 &&
           (config->request_bytes & (config->request_bytes - 1)) == 0);
    struct dma *dma = arena_alloc(arena, sizeof *dma);
    dma->config = *config;
    dma->arena = arena;
    dma->memory = memory;
    return dma;
}

/* Moves to the next contiguous run of the job; false after the last. */
static bool next_run(struct entry *entry)
{
    const struct dma_job *job = &entry->job;
    while (entry->item < job->transfer_count) {
        const struct transfer *transfer = &job->transfers[entry->item];
        if (transfer->bytes > 0 && transfer_next_run(transfer, &entry->walk, &entry->at)) {
            entry->end = entry->at + transfer->bytes;
            return true;
        }
        entry->item++;
        entry->walk = (struct transfer_walk){0};
    }
    uint64_t index = entry->item - job->transfer_count;
    if (index >= job->address_count || job->element_bytes == 0)
        return false;
    entry->item++;
    entry->at = job->addresses[index];
    entry->end = entry->at + job->element_bytes;
    return true;
}

static void finish(struct dma *dma, struct dma_queue *queue)
{
    while (queue->head != NULL && queue->head->is_cut && queue->head->under_way == 0) {
        struct entry *entry = queue->head;
        struct dma_job job = entry->job;
        queue->head = entry->next;
        entry->next = dma->free;
        dma->free = entry;
        if (job.done != NULL)
            job.done(job.context, job.tag);
    }
}

static void pump(struct dma *dma);

static void request_done(void *context, uint64_t tag)
{
    (void)tag;
    struct entry *entry = context;
    struct dma *dma = entry->dma;
    entry->under_way--;
    dma->under_way--;
    finish(dma, &dma->queues[entry->job.queue]);
    pump(dma);
}

static bool may_begin(const struct dma *dma, const struct dma_queue *queue)
{
    return dma->config.prefetch == 0 || queue->begun - queue->released < dma->config.prefetch;
}

/* The job of the queue that is to be cut, begun if it may be; NULL: nothing to do. */
static struct entry *current_of(struct dma *dma, struct dma_queue *queue)
{
    while (queue->current != NULL) {
        struct entry *entry = queue->current;
        if (entry->end == 0) { /* not begun */
            if (!may_begin(dma, queue))
                return NULL;
            queue->begun++;
            entry->end = entry->at = 1;
        }
        if (entry->at < entry->end || next_run(entry))
            return entry;
        entry->is_cut = true;
        queue->current = entry->next;
    }
    return NULL;
}

/* Offers the next request of a job; false where the port has no credit. */
static bool offer(struct dma *dma, struct entry *entry)
{
    uint64_t limit = (entry->at / dma->config.request_bytes + 1) * dma->config.request_bytes;
    uint64_t end = entry->end < limit ? entry->end : limit;
    struct transfer transfer = {.stream = dma->config.stream + entry->job.queue,
                                .is_write = entry->job.is_write,
                                .address = entry->at,
                                .bytes = end - entry->at,
                                .done = request_done,
                                .context = entry};
    if (!memory_offer(dma->memory, &transfer))
        return false;
    entry->at = end;
    entry->under_way++;
    dma->under_way++;
    dma->counts.requests++;
    dma->counts.bytes += transfer.bytes;
    return true;
}

static void pump(struct dma *dma)
{
    if (dma->is_pumping) /* a job's `done` submitted or released: the loop below goes on */
        return;
    dma->is_pumping = true;
    for (uint32_t q = 0; q < DMA_QUEUES && dma->under_way < dma->config.outstanding;) {
        struct entry *entry = current_of(dma, &dma->queues[q]);
        if (entry == NULL || !offer(dma, entry))
            q++;
        else
            q = 0;
    }
    dma->is_pumping = false;
    for (uint32_t q = 0; q < DMA_QUEUES; q++)
        finish(dma, &dma->queues[q]);
}

void dma_submit(struct dma *dma, const struct dma_job *job)
{
    assert(job->queue < DMA_QUEUES);
    struct dma_queue *queue = &dma->queues[job->queue];
    struct entry *entry = dma->free;
    if (entry != NULL)
        dma->free = entry->next;
    else
        entry = arena_alloc(dma->arena, sizeof *entry);
    *entry = (struct entry){.dma = dma, .job = *job};
    if (queue->head == NULL)
        queue->head = entry;
    else
        queue->tail->next = entry;
    queue->tail = entry;
    if (queue->current == NULL)
        queue->current = entry;
    dma->counts.jobs++;
    pump(dma);
}

void dma_release(struct dma *dma, uint32_t queue)
{
    dma->queues[queue].released++;
    pump(dma);
}

struct dma_counts dma_counts(const struct dma *dma)
{
    return dma->counts;
}
