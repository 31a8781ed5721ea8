#include "plain_memory.h"

#include <check.h>
#include <string.h>

static void plain_emit(struct plain_cache *cache, struct kernel_event event)
{
    if (cache->count == cache->room) {
        size_t room = cache->room ? 2 * cache->room : 256;
        cache->events =
            arena_grow(cache->arena, cache->events, cache->count, room, sizeof *cache->events);
        cache->room = room;
    }
    cache->events[cache->count++] = event;
}

static bool plain_use(struct plain_cache *cache, uint64_t line, bool is_write, bool may_fill,
                      struct plain_line *victim)
{
    int64_t set = (int64_t)(line % (uint64_t)cache->rules.sets);
    struct plain_line *lines = cache->lines + set * cache->rules.ways;
    int held = cache->held[set], at = 0;
    while (at < held && lines[at].line != line)
        at++;
    bool is_hit = at < held;
    if (!is_hit && !may_fill)
        return false;
    struct plain_line now = is_hit ? lines[at] : (struct plain_line){line, false};
    now.is_dirty = now.is_dirty || is_write;
    if (!is_hit && held == cache->rules.ways)
        *victim = lines[at = held - 1];
    else if (!is_hit)
        cache->held[set]++;
    memmove(lines + 1, lines, (size_t)at * sizeof *lines);
    lines[0] = now;
    return is_hit;
}

static void plain_access(struct plain_cache *cache, const struct kernel_access *access,
                         int64_t byte, uint64_t cycle)
{
    int64_t size = cache->rules.line_bytes, end = byte + access->bytes;
    for (int64_t line = byte / size; line <= (end - 1) / size; line++) {
        enum cache_writes writes = cache->rules.writes;
        struct plain_line victim = {0, false};
        bool is_read = !access->is_write;
        bool is_hit =
            plain_use(cache, (uint64_t)line, access->is_write && writes != CACHE_THROUGH,
                      is_read || writes == CACHE_ALLOCATE, &victim);
        int64_t from = line * size > byte ? line * size : byte;
        int64_t to = (line + 1) * size < end ? (line + 1) * size : end;
        if (access->is_write &&
            (writes == CACHE_THROUGH || (writes == CACHE_AROUND && !is_hit)))
            plain_emit(cache, (struct kernel_event){cycle, KERNEL_WRITE, (uint64_t)from,
                                                    to - from, 0});
        else if (!is_hit)
            plain_emit(cache,
                       (struct kernel_event){cycle, is_read ? KERNEL_READ : KERNEL_FETCH,
                                             (uint64_t)(line * size), size, access->latency});
        if (victim.is_dirty)
            plain_emit(cache, (struct kernel_event){cycle, KERNEL_WRITE,
                                                    victim.line * (uint64_t)size, size, 0});
    }
}

/* Words in one bank, counted by going over all banks for every cycle. */
static uint64_t plain_stalls(const struct access_list *list, int64_t passes, int64_t banks,
                             int64_t word)
{
    uint64_t stalls = 0;
    int last = 0;
    for (int a = 0; a < list->count; a++)
        last = list->accesses[a].slot > last ? list->accesses[a].slot : last;
    for (int64_t k = 0; k < passes + list->stages - 1; k++)
        for (int slot = 0; slot <= last; slot++) {
            struct {
                int64_t word;
                bool is_write;
            } seen[4096];
            int count = 0;
            for (int a = 0; a < list->count; a++) {
                const struct kernel_access *access = &list->accesses[a];
                int64_t pass = k - access->stage;
                if (access->slot != slot || pass < 0 || pass >= passes)
                    continue;
                int64_t byte = access_address(access, pass);
                for (int64_t b = byte; b < byte + access->bytes; b++) {
                    bool is_there = false;
                    for (int s = 0; s < count; s++)
                        is_there = is_there || (seen[s].word == b / word &&
                                                (!access->is_write) && !seen[s].is_write);
                    bool is_first = b == byte || b % word == 0;
                    if (!is_there && is_first) {
                        ck_assert_int_lt(count, 4096);
                        seen[count].word = b / word;
                        seen[count++].is_write = access->is_write;
                    }
                }
            }
            uint64_t most = 0;
            for (int64_t bank = 0; bank < banks; bank++) {
                uint64_t here = 0;
                for (int s = 0; s < count; s++)
                    here += seen[s].word % banks == bank;
                most = here > most ? here : most;
            }
            stalls += most > 1 ? most - 1 : 0;
        }
    return stalls;
}

/* Elements that a loop finds in registers are read when it is entered. */
static void plain_inputs(struct plain_cache *cache, const struct flow *flow,
                         const struct data_layout *layout, const int64_t *index, uint64_t cycle)
{
    for (int n = 0; n < flow->node_count && flow->is_loop; n++) {
        const struct flow_node *node = &flow->nodes[n];
        if (node->kind != FLOW_INPUT || !node->symbol || node->symbol->kind != LOOP_ARRAY ||
            node->uses == 0 || node->address != NONE)
            continue;
        int64_t element = node->affine.constant;
        for (int level = 0; level < flow->level; level++)
            element += node->affine.coefficient[level] * index[level];
        int64_t bytes = node->symbol->type.bits / 8;
        struct kernel_access access = {.bytes = bytes};
        plain_access(cache, &access, layout->base[node->symbol->id] + element * bytes, cycle);
    }
}

void plain_run(struct kernel_plan *plan, struct plain_cache *cache, struct arena *arena)
{
    struct kernel_walk walk;
    struct kernel_step step;
    struct data_layout layout;
    struct error err = {0};
    data_layout_init(&layout, plan->lowered.kernel, plan->machine, arena);
    ck_assert(kernel_walk_begin(&walk, plan, plan->lowered.regions, NULL, false, arena, &err));
    struct kernel_tally tally = kernel_tally_begin(plan);
    int64_t banks = plan->machine->params->memory_banks;
    while (kernel_walk_next(&walk, &step)) {
        struct kernel_part parts[2];
        int count = kernel_step_parts(plan, &step, parts);
        for (int p = 0; p < count; p++) {
            struct access_list list;
            access_list_init(&list, parts[p].schedule, parts[p].flow, &layout, arena);
            access_list_enter(&list, parts[p].flow, walk.index, parts[p].first);
            uint64_t stalls = banks ? plain_stalls(&list, parts[p].passes, banks,
                                                   plan->machine->params->bank_bytes)
                                    : 0;
            uint64_t start = tally.cycles.total;
            start += kernel_tally_add(&tally, step.region, &parts[p], stalls, 1);
            if (cache)
                plain_inputs(cache, parts[p].flow, &layout, walk.index, start);
            for (int64_t k = 0; cache && k < parts[p].passes + list.stages - 1; k++)
                for (int a = 0; a < list.count; a++) {
                    int64_t pass = k - list.accesses[a].stage;
                    if (pass >= 0 && pass < parts[p].passes)
                        plain_access(cache, &list.accesses[a],
                                     access_address(&list.accesses[a], pass),
                                     start + (uint64_t)(k * list.ii + list.accesses[a].slot));
                }
        }
    }
    ck_assert_msg(!err.is_set, "%s", err.text);
    if (cache)
        plain_emit(cache,
                   (struct kernel_event){.cycle = tally.cycles.total, .kind = KERNEL_END});
    plan->cycles = tally.cycles;
}
