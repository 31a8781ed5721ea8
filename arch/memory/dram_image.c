#include "arch/memory/dram_image.h"

#include <string.h>

struct dram_image {
    uint64_t *words, *others; /* of the image, and of the state compared with it */
    uint64_t *hits;           /* of the banks: at the image, then gained since */
    size_t count;
    uint64_t clock, order, span;
    struct dram_totals totals;
    struct dram_actions actions;
};

struct writer {
    const struct dram_channel *channel;
    uint64_t *at, last;    /* burst accepted last */
    bool is_fit, has_miss; /* has_miss: of the bank being written */
};

struct dram_image *dram_image_make(const struct dram_channel *channel)
{
    struct arena *arena = channel->arena;
    struct dram_image *image = arena_alloc(arena, sizeof *image);
    size_t groups = channel->bank_count >> channel->group_shift;
    size_t words = 16 + (size_t)channel->bank_count * (DRAM_COMMANDS + 4) +
                   groups * DRAM_COMMANDS + (size_t)channel->rank_count * (DRAM_COMMANDS + 1) +
                   (size_t)channel->request_count * 3;
    image->words = arena_array(arena, words, sizeof(uint64_t));
    image->others = arena_array(arena, words, sizeof(uint64_t));
    image->hits = arena_array(arena, channel->bank_count, sizeof(uint64_t));
    return image;
}

/* Clocks that have passed are all the same. */
static void put_clock(struct writer *writer, uint64_t clock)
{
    uint64_t now = writer->channel->now;
    *writer->at++ = clock > now ? clock - now : 0;
}

static void put_clocks(struct writer *writer, const uint64_t *clocks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_clock(writer, clocks[i]);
}

static void put_list(struct writer *writer, const struct dram_bank *bank,
                     const struct dram_list *list)
{
    const struct dram_channel *channel = writer->channel;
    *writer->at++ = list->count;
    for (uint32_t i = list->head; i != DRAM_NONE; i = channel->requests[i].next) {
        const struct dram_request *request = &channel->requests[i];
        writer->has_miss = writer->has_miss || request->row != bank->row;
        /* One that waits for so long may have left the ring of requests. */
        writer->is_fit = writer->is_fit && request->riders == DRAM_NONE &&
                         channel->accepted - request->serial <= channel->reach;
        *writer->at++ = (uint64_t)request->row << 2 | (uint64_t)request->is_counted << 1 |
                        request->is_write;
        *writer->at++ = writer->last - request->burst;
        *writer->at++ = channel->accepted - request->serial;
    }
}

/* Row hits count up to the cap that they are compared with where a miss waits. */
static uint64_t hits_seen(const struct dram_channel *channel, uint32_t hits, bool has_miss)
{
    uint64_t cap = has_miss ? (uint64_t)channel->config->row_hit_cap : 1;
    cap = cap > 0 ? cap : 1;
    return hits < cap ? hits : cap;
}

static bool write(const struct dram_channel *channel, uint64_t last, uint64_t *words,
                  size_t *count)
{
    struct writer writer = {channel, words, last, true, false};
    *writer.at++ = channel->turn;
    *writer.at++ = channel->draining;
    *writer.at++ = channel->is_writing;
    put_clock(&writer, channel->last_data);
    put_clock(&writer, channel->command_free);
    for (uint32_t i = 0; i < channel->bank_count; i++) {
        const struct dram_bank *bank = &channel->banks[i];
        *writer.at++ = bank->is_open ? (uint64_t)bank->row + 1 : 0;
        writer.has_miss = false;
        put_clock(&writer, bank->ready_refresh);
        put_list(&writer, bank, &bank->queue);
        put_list(&writer, bank, &bank->waiting[0]);
        put_list(&writer, bank, &bank->waiting[1]);
        *writer.at++ = hits_seen(channel, bank->hits, writer.has_miss);
        writer.is_fit = writer.is_fit && bank->opened_for == DRAM_NONE;
    }
    for (int command = 0; command < DRAM_COMMANDS; command++) {
        put_clocks(&writer, channel->bank_ready[command], channel->bank_count);
        put_clocks(&writer, channel->group_ready[command],
                   channel->bank_count >> channel->group_shift);
        put_clocks(&writer, channel->rank_ready[command], channel->rank_count);
    }
    for (uint32_t i = 0; i < channel->rank_count; i++)
        put_clock(&writer, channel->ranks[i].ready_refresh);
    *count = (size_t)(writer.at - words);
    return writer.is_fit && channel->refresh_count == 0;
}

bool dram_image_take(struct dram_image *image, const struct dram_channel *channel,
                     uint64_t last)
{
    if (!write(channel, last, image->words, &image->count))
        return false;
    for (uint32_t i = 0; i < channel->bank_count; i++)
        image->hits[i] = channel->banks[i].hits;
    image->clock = channel->now;
    image->order = channel->order;
    image->totals = channel->totals;
    image->actions = channel->actions;
    return true;
}

/* Nothing but reads and writes issued, each for a request of its own. */
static bool is_run(const struct dram_image *image, const struct dram_channel *channel)
{
    const struct dram_actions *now = &channel->actions, *then = &image->actions;
    const struct dram_totals *counts = &channel->totals, *before = &image->totals;
    return now->activates == then->activates && now->precharges == then->precharges &&
           now->refreshes == then->refreshes && now->bank_refreshes == then->bank_refreshes &&
           counts->merged == before->merged && counts->forwarded == before->forwarded &&
           counts->row_misses == before->row_misses &&
           counts->row_conflicts == before->row_conflicts;
}

bool dram_image_repeats(struct dram_image *image, const struct dram_channel *channel,
                        uint64_t last, uint64_t span)
{
    const struct dram_totals *counts = &channel->totals, *before = &image->totals;
    size_t count;
    if (channel->now - image->clock != span || counts->last_done - before->last_done != span ||
        !is_run(image, channel) || !write(channel, last, image->others, &count) ||
        count != image->count ||
        memcmp(image->words, image->others, count * sizeof(uint64_t)) != 0)
        return false;
    for (uint32_t i = 0; i < channel->bank_count; i++)
        image->hits[i] = channel->banks[i].hits - image->hits[i];
    image->span = span;
    image->order = channel->order - image->order;
    image->actions.reads = channel->actions.reads - image->actions.reads;
    image->actions.writes = channel->actions.writes - image->actions.writes;
    image->totals = (struct dram_totals){.reads = counts->reads - before->reads,
                                         .writes = counts->writes - before->writes,
                                         .row_hits = counts->row_hits - before->row_hits,
                                         .reads_done = counts->reads_done - before->reads_done,
                                         .read_latency_clocks = counts->read_latency_clocks -
                                                                before->read_latency_clocks};
    return true;
}

/* Clocks still to come are as far away as before. */
static void move_clocks(uint64_t *clocks, size_t count, uint64_t now, uint64_t by)
{
    for (size_t i = 0; i < count; i++)
        clocks[i] += clocks[i] > now ? by : 0;
}

static void move_times(struct dram_channel *channel, uint64_t by)
{
    uint64_t now = channel->now;
    for (int command = 0; command < DRAM_COMMANDS; command++) {
        move_clocks(channel->bank_ready[command], channel->bank_count, now, by);
        move_clocks(channel->group_ready[command], channel->bank_count >> channel->group_shift,
                    now, by);
        move_clocks(channel->rank_ready[command], channel->rank_count, now, by);
    }
    for (uint32_t i = 0; i < channel->bank_count; i++)
        move_clocks(&channel->banks[i].ready_refresh, 1, now, by);
    for (uint32_t i = 0; i < channel->rank_count; i++)
        move_clocks(&channel->ranks[i].ready_refresh, 1, now, by);
    move_clocks(&channel->last_data, 1, now, by);
    move_clocks(&channel->command_free, 1, now, by);
    channel->now += by;
    channel->totals.last_done += by;
    channel->is_stale = true;
    channel->is_opened_fresh = false;
    channel->fresh = 0;
}

static void move_request(struct dram_channel *channel, uint32_t index,
                         const struct dram_move *move)
{
    struct dram_request *request = &channel->requests[index];
    struct dram_pending *pending =
        request->is_write ? &channel->writes_pending : &channel->reads_pending;
    request->is_pending = dram_pending_find(pending, request->burst) == index;
    if (request->is_pending)
        dram_pending_drop(pending, request->burst);
    request->burst += move->periods * move->shift;
    request->order += move->orders;
    request->serial += move->periods * move->requests;
    request->accepted = channel->taken[request->serial & channel->taken_mask].clock;
    request->tag = channel->taken[request->serial & channel->taken_mask].tag;
}

static void enter_request(struct dram_channel *channel, uint32_t index)
{
    const struct dram_request *request = &channel->requests[index];
    if (request->is_pending)
        dram_pending_add(request->is_write ? &channel->writes_pending : &channel->reads_pending,
                         request->burst, index);
}

/* All leave their tables before any enters: one may take the burst that another had. */
static void move_requests(struct dram_channel *channel, const struct dram_move *move)
{
    for (int is_entering = 0; is_entering < 2; is_entering++)
        for (uint32_t i = 0; i < channel->bank_count; i++) {
            struct dram_bank *bank = &channel->banks[i];
            const struct dram_list *lists[] = {&bank->queue, &bank->waiting[0],
                                               &bank->waiting[1]};
            for (int k = 0; k < 3; k++)
                for (uint32_t at = lists[k]->head; at != DRAM_NONE;
                     at = channel->requests[at].next)
                    if (is_entering)
                        enter_request(channel, at);
                    else
                        move_request(channel, at, move);
        }
}

void dram_image_move(const struct dram_image *image, struct dram_channel *channel,
                     struct dram_move *move)
{
    uint64_t periods = move->periods;
    move->clocks = periods * image->span;
    move->orders = periods * image->order;
    move_times(channel, move->clocks);
    move_requests(channel, move);
    channel->order += move->orders;
    for (uint32_t i = 0; i < channel->bank_count; i++)
        channel->banks[i].hits += (uint32_t)(periods * image->hits[i]);
    struct dram_totals *totals = &channel->totals;
    totals->reads += periods * image->totals.reads;
    totals->writes += periods * image->totals.writes;
    totals->row_hits += periods * image->totals.row_hits;
    totals->reads_done += periods * image->totals.reads_done;
    totals->read_latency_clocks += periods * image->totals.read_latency_clocks;
    channel->actions.reads += periods * image->actions.reads;
    channel->actions.writes += periods * image->actions.writes;
}
