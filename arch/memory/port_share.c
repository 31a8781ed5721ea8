#include "arch/memory/port_share.h"

/* Work is counted in fractions of a tick of the whole bandwidth, so finely that rounding at a
 * change of slope never adds up to a tick. */
enum { FINE_BITS = 16 };

struct share_stream {
    struct memory_entry *head, *tail; /* not answered yet */
    struct memory_entry *next;        /* the first of them that has not moved */
    uint128 mark;                     /* of the last */
    uint64_t answered;                /* when the last of those answered was, or will be */
};

struct memory_share {
    struct event timer;
    struct share_stream streams[MEMORY_STREAMS];
    uint64_t served; /* bit per stream with work */
    uint32_t count;
    uint64_t since; /* time of the last change of slope, or of the last rest */
    uint128 level;  /* at that time */
    uint64_t begin, busy_ticks;
    uint128 per_tick, per_byte;
};

static void timer_fire(struct kernel *kernel, struct event *event);

void memory_share_make(struct memory *memory)
{
    struct memory_share *share = arena_alloc(memory->arena, sizeof *share);
    share->per_tick = (uint128)memory->ticks_per_byte.den << FINE_BITS;
    share->per_byte = (uint128)memory->ticks_per_byte.num << FINE_BITS;
    share->timer.fire = timer_fire;
    share->timer.owner = memory;
    memory->share = share;
}

static uint128 level_at(const struct memory_share *share, uint64_t time)
{
    if (share->count == 0)
        return share->level;
    return share->level + (time - share->since) * share->per_tick / share->count;
}

/* The first tick at which the level is there. */
static uint64_t time_of(const struct memory_share *share, uint128 mark)
{
    if (mark <= share->level)
        return share->since;
    uint128 ticks =
        ((mark - share->level) * share->count + share->per_tick - 1) / share->per_tick;
    return ticks > TIME_MOST ? TIME_NEVER : share->since + (uint64_t)ticks;
}

static uint64_t answer_time(const struct memory_entry *entry, uint64_t moved)
{
    const struct memory *memory = entry->memory;
    uint64_t time = moved + (entry->transfer.is_write ? 0 : memory->latency_ticks);
    return time > entry->modelled ? time : entry->modelled;
}

/* Answers what has moved and is modelled, in the order of the stream. */
static void answer_stream(struct share_stream *stream)
{
    struct memory_entry *entry;
    while ((entry = stream->head) != stream->next && entry->is_modelled) {
        stream->head = entry->next;
        if (!entry->is_ahead)
            memory_answer(entry, answer_time(entry, entry->moved));
        entry->is_ahead = false;
        stream->answered = event_time(&entry->event);
    }
}

/* Streams that have moved all leave, each at its time. */
static void advance(struct memory *memory)
{
    struct memory_share *share = memory->share;
    uint64_t now = memory->kernel->now;
    while (share->count > 0) {
        struct share_stream *first = NULL;
        uint64_t number = 0;
        for (uint64_t left = share->served; left != 0; left &= left - 1) {
            struct share_stream *stream = &share->streams[__builtin_ctzll(left)];
            if (first == NULL || stream->next->mark < first->next->mark) {
                first = stream;
                number = left & -left;
            }
        }
        struct memory_entry *entry = first->next;
        uint64_t time = time_of(share, entry->mark);
        if (time > now)
            return;
        entry->moved = time;
        if (memory->model->moved != NULL)
            memory->model->moved(memory, entry);
        first->next = entry->next;
        if (first->next == NULL) {
            share->level = level_at(share, time);
            share->since = time;
            share->served &= ~number;
            if (--share->count == 0)
                share->busy_ticks += time - share->begin;
        }
        answer_stream(first);
    }
}

/* The only stream with work knows when its transfers will have moved. */
static void look_ahead(struct memory *memory, struct share_stream *stream)
{
    struct memory_share *share = memory->share;
    if (stream->head != stream->next) /* one that has moved waits for its model */
        return;
    for (struct memory_entry *entry = stream->next; entry != NULL && entry->is_modelled;
         entry = entry->next) {
        if (entry->is_ahead)
            continue;
        entry->is_ahead = true;
        memory_answer(entry, answer_time(entry, time_of(share, entry->mark)));
    }
}

static void take_back(struct memory *memory, uint32_t number)
{
    struct share_stream *stream = &memory->share->streams[number];
    for (struct memory_entry *entry = stream->next; entry != NULL && entry->is_ahead;
         entry = entry->next) {
        entry->is_ahead = false;
        kernel_cancel(memory->kernel, &entry->event);
        memory->streams[number].last_done = stream->answered;
    }
}

/* Looks ahead, or sleeps until something that waits for nothing else has moved, or before that
 * a stream leaves and the others go faster. */
static void plan(struct memory *memory)
{
    struct memory_share *share = memory->share;
    if (share->count == 1 && memory->model->moved == NULL) {
        kernel_cancel(memory->kernel, &share->timer);
        look_ahead(memory, &share->streams[__builtin_ctzll(share->served)]);
        return;
    }
    bool waits = false;
    uint128 mark = 0;
    for (uint64_t left = share->served; left != 0; left &= left - 1) {
        const struct share_stream *stream = &share->streams[__builtin_ctzll(left)];
        bool is_last = stream->next->is_modelled || memory->model->moved != NULL;
        uint128 next = is_last ? stream->next->mark : stream->mark;
        mark = left == share->served || next < mark ? next : mark;
        waits = waits || is_last;
    }
    if (!waits)
        return;
    uint64_t time = time_of(share, mark);
    if (!event_is_pending(&share->timer) || event_time(&share->timer) != time)
        kernel_reschedule(memory->kernel, &share->timer, time, PHASE_DELIVER);
}

static void timer_fire(struct kernel *kernel, struct event *event)
{
    (void)kernel;
    struct memory *memory = event->owner;
    advance(memory);
    plan(memory);
}

void memory_share_offer(struct memory_entry *entry)
{
    struct memory *memory = entry->memory;
    struct memory_share *share = memory->share;
    uint32_t number = entry->transfer.stream;
    uint64_t now = memory->kernel->now, bit = (uint64_t)1 << number;
    struct share_stream *stream = &share->streams[number];
    advance(memory);
    if ((share->served & bit) == 0) {
        if (share->count == 0)
            share->begin = now;
        if (share->count == 1)
            take_back(memory, (uint32_t)__builtin_ctzll(share->served));
        share->level = level_at(share, now);
        share->since = now;
        share->served |= bit;
        share->count++;
        stream->mark = share->level;
        stream->next = entry;
    }
    stream->mark += entry->bursts * memory->access_bytes * share->per_byte;
    entry->mark = stream->mark;
    entry->offered = now;
    entry->next = NULL;
    if (stream->head == NULL)
        stream->head = entry;
    else
        stream->tail->next = entry;
    stream->tail = entry;
    plan(memory);
}

void memory_modelled(struct memory_entry *entry, uint64_t time)
{
    struct memory *memory = entry->memory;
    entry->is_modelled = true;
    entry->modelled = time;
    advance(memory);
    answer_stream(&memory->share->streams[entry->transfer.stream]);
    plan(memory);
}

uint128 memory_share_burst(const struct memory *memory)
{
    return memory->access_bytes * memory->share->per_byte;
}

void memory_share_settle(struct memory *memory)
{
    advance(memory);
}

uint64_t memory_share_busy(struct memory *memory)
{
    struct memory_share *share = memory->share;
    advance(memory);
    return share->busy_ticks + (share->count > 0 ? memory->kernel->now - share->begin : 0);
}
