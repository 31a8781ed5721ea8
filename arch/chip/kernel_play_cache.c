/* Caches as events: lines come when the next level or the memory port answers, and the whole
 * core stands still while it needs one that has not come. */
#include <assert.h>

#include "arch/chip/kernel_player.h"

static void step(struct kernel_member *member);

/* Streams of the memory port: reads and writes of a member apart. */
static uint32_t stream_of(const struct kernel_member *member, bool is_write)
{
    return (uint32_t)((2 * member->number + is_write) % MEMORY_STREAMS);
}

static void answered(void *context, uint64_t tag)
{
    struct kernel_member *member = context;
    struct kernel_player *player = member->player;
    struct kernel_slot *slot =
        tag >> 8 ? &member->stores[tag & 255] : &member->fills[tag & 255];
    slot->arrival = kernel_player_edge(player);
    if (player->has_next && !(tag >> 8))
        slot->arrival += (uint64_t)player->params->next_cycles;
    slot->is_known = true;
    if (!player->is_failed)
        step(member);
}

static void offer(struct kernel_member *member, uint64_t address, int64_t bytes, bool is_write,
                  uint64_t tag, bool is_awaited)
{
    struct transfer transfer = {.stream = stream_of(member, is_write),
                                .is_write = is_write,
                                .address = address,
                                .bytes = (uint64_t)bytes,
                                .tag = tag,
                                .done = is_awaited ? answered : NULL,
                                .context = member};
    kernel_player_transfer(member->player, member, &transfer);
}

/* Looks a line up in the next level, and puts it there. */
static bool next_holds(struct kernel_player *player, struct kernel_member *member,
                       const struct kernel_event *event, bool is_timed)
{
    uint64_t bytes = (uint64_t)player->rules.line_bytes, line = event->address / bytes, victim;
    bool is_write = event->kind == KERNEL_WRITE;
    if (line_cache_use(&player->next_cache, line, is_write))
        return true;
    if (line_cache_fill(&player->next_cache, line, is_write, &victim) && is_timed)
        offer(member, victim * bytes, player->rules.line_bytes, true, 0, false);
    /* A whole line written needs nothing of what was there. */
    return is_write && event->bytes == player->rules.line_bytes;
}

/* The core cycle at which something asked for at `now` comes; false: the memory will say. */
static bool ask(struct kernel_member *member, const struct kernel_event *event, uint64_t now,
                uint64_t tag, uint64_t *arrival)
{
    struct kernel_player *player = member->player;
    bool is_write = event->kind == KERNEL_WRITE;
    uint64_t bytes = (uint64_t)player->rules.line_bytes;
    if (!player->has_next) {
        offer(member, event->address, event->bytes, is_write, tag, true);
        return false;
    }
    *arrival = now + (uint64_t)player->params->next_cycles + (uint64_t)event->latency;
    if (is_write) { /* one behind the other */
        uint64_t begin = member->drained > now ? member->drained : now;
        *arrival = member->drained = begin + (uint64_t)player->params->next_write_cycles;
    }
    *(is_write ? &player->next_writes : &player->next_reads) += (uint64_t)event->bytes;
    if (next_holds(player, member, event, true))
        return true;
    player->next_writes += bytes; /* filled from main memory first */
    offer(member, event->address / bytes * bytes, player->rules.line_bytes, false, tag, true);
    return false;
}

static void wait_until(struct kernel_member *member, uint64_t arrival, uint64_t now,
                       enum reason reason)
{
    if (arrival <= now)
        return;
    member->stalls += arrival - now;
    member->account.cycles[reason] += arrival - now;
}

/* Loads whose use comes before this event must have their lines; false: one is still to come.
 */
static bool settle_uses(struct kernel_member *member, uint64_t cycle)
{
    for (;;) {
        struct kernel_slot *first = NULL;
        for (int s = 0; s < member->player->params->cache_misses; s++) {
            struct kernel_slot *slot = &member->fills[s];
            if (slot->is_used && slot->due <= cycle && (!first || slot->due < first->due))
                first = slot;
        }
        if (!first)
            return true;
        if (!first->is_known)
            return false;
        wait_until(member, first->arrival, member->origin + member->stalls + first->due,
                   REASON_INPUT_WAIT);
        first->is_used = false;
    }
}

enum room { ROOM_FREE, ROOM_WAITED, ROOM_LATER };

/* A free slot; or the core waits for the first to come, and must look again; or that one is
 * not known for sure before *when (0: before an answer). */
static enum room find_room(struct kernel_member *member, struct kernel_slot *slots,
                           int64_t count, uint64_t now, enum reason reason, int *free,
                           uint64_t *when)
{
    const struct kernel_slot *soonest = NULL;
    bool is_known = true;
    for (int s = 0; s < count; s++) {
        struct kernel_slot *slot = &slots[s];
        if (slot->is_used && slot->is_known && slot->arrival <= now)
            slot->is_used = false;
        if (!slot->is_used) {
            *free = s;
            return ROOM_FREE;
        }
        is_known = is_known && slot->is_known;
        if (slot->is_known && (!soonest || slot->arrival < soonest->arrival))
            soonest = slot;
    }
    *when = soonest ? soonest->arrival : 0;
    if (!soonest || (!is_known && soonest->arrival > kernel_player_edge(member->player)))
        return ROOM_LATER;
    wait_until(member, soonest->arrival, now, reason);
    return ROOM_WAITED;
}

static void finish(struct kernel_member *member, uint64_t now)
{
    member->is_done = true;
    member->is_busy = false;
    member->end = now;
    kernel_cycles_add(&member->cycles, &member->stream.tally.cycles, 1);
}

/* Does what is due; false: the core waits, and an event will call again. */
static bool happen(struct kernel_member *member)
{
    struct kernel_player *player = member->player;
    const struct kernel_event *event = &member->event;
    if (!settle_uses(member, event->cycle))
        return false;
    uint64_t now = member->origin + member->stalls + event->cycle;
    uint64_t time = clock_edge(&player->clock, now);
    if (time > player->kernel.now) {
        kernel_reschedule(&player->kernel, &member->wake, time, PHASE_WORK);
        return false;
    }
    if (event->kind == KERNEL_END) {
        finish(member, now);
        return false;
    }
    bool is_write = event->kind == KERNEL_WRITE;
    struct kernel_slot *slots = is_write ? member->stores : member->fills;
    int64_t count = is_write ? player->params->store_buffer : player->params->cache_misses;
    int free = 0;
    uint64_t when = 0;
    enum room room = find_room(member, slots, count, now,
                               is_write ? REASON_OUTPUT_WAIT : REASON_INPUT_WAIT, &free, &when);
    if (room == ROOM_LATER) {
        if (when)
            kernel_reschedule(&player->kernel, &member->wake, clock_edge(&player->clock, when),
                              PHASE_WORK);
        return false;
    }
    if (room == ROOM_WAITED)
        return true;
    struct kernel_slot *slot = &slots[free];
    *slot = (struct kernel_slot){.is_used = true, .due = UINT64_MAX};
    if (event->kind == KERNEL_READ)
        slot->due = event->cycle + (uint64_t)event->latency;
    slot->is_known =
        ask(member, event, now, (uint64_t)is_write << 8 | (uint64_t)free, &slot->arrival);
    uint64_t *lines = is_write ? &player->play->evictions : &player->play->fills;
    *lines += 1;
    *(is_write ? &player->scratch_reads : &player->scratch_writes) += (uint64_t)event->bytes;
    member->has_event = false;
    return true;
}

static void step(struct kernel_member *member)
{
    struct kernel_player *player = member->player;
    while (!member->is_done) {
        if (!member->has_event) {
            if (!kernel_stream_next(&member->stream, &member->event)) {
                player->is_failed = true;
                kernel_stop(&player->kernel);
                return;
            }
            member->has_event = true;
        }
        if (!happen(member))
            return;
    }
}

static void wake(struct kernel *kernel, struct event *event)
{
    (void)kernel;
    step(event->owner);
}

void kernel_play_streams(struct kernel_player *player)
{
    for (int64_t m = 0; m < player->member_count; m++) {
        struct kernel_member *member = &player->members[m];
        if (!member->is_busy)
            continue;
        member->is_done = member->has_event = false;
        member->stalls = 0;
        member->wake = (struct event){.fire = wake, .owner = member};
        uint64_t time = clock_edge(&player->clock, member->origin);
        kernel_schedule(&player->kernel, &member->wake,
                        time > player->kernel.now ? time : player->kernel.now, PHASE_WORK);
    }
    if (!kernel_run(&player->kernel))
        player->is_failed = true;
    for (int64_t m = 0; m < player->member_count && !player->is_failed; m++)
        assert(!player->members[m].is_busy); /* nobody waits for what never comes */
}

bool kernel_play_warm(struct kernel_member *member)
{
    struct kernel_player *player = member->player;
    struct kernel_event event = {.kind = KERNEL_READ};
    while (event.kind != KERNEL_END) {
        if (!kernel_stream_next(&member->stream, &event))
            return false;
        if (!player->has_next || event.kind == KERNEL_END)
            continue;
        next_holds(player, member, &event, false);
    }
    return true;
}
