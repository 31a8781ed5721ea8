/* How large a tile of an outermost loop is: what fits twice, and of that what is estimated to
 * be fastest. */
#include <string.h>

#include "arch/chip/kernel_player.h"

enum { TRIALS = 20 };

static uint64_t divide_up(uint64_t a, uint64_t b)
{
    return (a + b - 1) / b;
}

struct tile_bytes {
    uint64_t staying, moving; /* moving: of one tile */
    uint64_t loads, stores;   /* of one tile that move */
    uint64_t first_loads;     /* of what stays */
};

bool kernel_tile_loads(const struct array_use *use)
{
    return use->is_read || use->is_partly_written;
}

/* Passes [first, last) of a loop of `trips`: the whole of what stays, the boxes of the rest. */
static struct tile_bytes bytes_of(const struct kernel_tiling *tiling, int64_t from,
                                  int64_t first, int64_t last, int64_t trips)
{
    struct tile_bytes sum = {0};
    for (int u = 0; u < tiling->use_count; u++) {
        const struct array_use *use = &tiling->uses[u];
        bool stays = kernel_tiling_stays(use);
        struct array_box box =
            kernel_tiling_box(tiling, use, from, stays ? 0 : first, stays ? trips : last);
        if (stays) {
            sum.staying += box.bytes;
            sum.first_loads += kernel_tile_loads(use) ? box.bytes : 0;
            continue;
        }
        sum.moving += box.bytes;
        sum.loads += kernel_tile_loads(use) ? box.bytes : 0;
        sum.stores += use->is_written ? box.bytes : 0;
    }
    return sum;
}

/* Bytes in the scratchpad for tiles of so many passes: the largest at either end of the loop.
 */
static uint64_t room_of(const struct kernel_tiling *tiling, int64_t from, int64_t tile,
                        int64_t trips, int64_t members)
{
    struct tile_bytes head = bytes_of(tiling, from, 0, tile, trips);
    struct tile_bytes tail = bytes_of(tiling, from, trips - tile, trips, trips);
    uint64_t moving = head.moving > tail.moving ? head.moving : tail.moving;
    uint64_t tiles = divide_up((uint64_t)trips, (uint64_t)tile);
    uint64_t buffers = tiles > (uint64_t)members ? 2 : 1;
    return head.staying + buffers * (uint64_t)members * moving;
}

/* The member's stream over passes [from, to) of the loop, to be run. */
bool kernel_tile_begin(struct kernel_member *member, int64_t from, int64_t to, bool has_call)
{
    struct kernel_player *player = member->player;
    struct kernel_stream *stream = &member->stream;
    const struct region *first = player->phase_first, *end = player->phase_end;
    if (!stream->arena && !kernel_stream_begin(stream, player->plan, first, end, &player->rules,
                                               player->arena, player->err))
        return false;
    stream->walk.end = end;
    stream->walk.is_merged = player->params->memory_banks == 0;
    stream->is_bundled = false;
    kernel_stream_restart(stream, first, player->tiling.loop, from, to);
    if (!has_call)
        stream->tally.cycles = (struct kernel_cycles){0};
    return true;
}

/* Cycles of passes [from, to) without waits. */
bool kernel_tile_count(struct kernel_member *member, int64_t from, int64_t to, bool has_call,
                       struct kernel_cycles *cycles)
{
    struct kernel_player *player = member->player;
    struct kernel_stream *stream = &member->stream;
    struct kernel_event event = {.kind = KERNEL_READ};
    if (!kernel_tile_begin(member, from, to, has_call))
        return false;
    if (stream->walk.is_merged) {
        if (!kernel_player_count(member))
            return false;
    } else {
        while (event.kind != KERNEL_END && kernel_stream_next(stream, &event))
            continue;
    }
    *cycles = stream->tally.cycles;
    return !player->err->is_set;
}

/* The estimate by which a tile size is chosen: the first tile comes, work and transfers of all
 * go on side by side, the last results leave. */
static bool estimate(struct kernel_player *player, int64_t tile, int64_t trips, int64_t members,
                     double *cycles)
{
    struct tile_bytes bytes = bytes_of(&player->tiling, 0, 0, tile, trips);
    struct kernel_cycles work;
    if (!kernel_tile_count(&player->members[0], 0, tile, false, &work))
        return false;
    double hertz = ratio_value(player->core->clock);
    double rate = memory_peak_bandwidth(player->memory) / hertz;
    double latency = ratio_value(player->dram->latency) * hertz;
    double tiles = (double)divide_up((uint64_t)trips, (uint64_t)(tile * members));
    double load = latency + (double)bytes.loads * (double)members / rate;
    double both = latency + (double)(bytes.loads + bytes.stores) * (double)members / rate;
    double each = (double)work.total > both ? (double)work.total : both;
    *cycles = (double)bytes.first_loads / rate + load + tiles * each +
              (double)bytes.stores * (double)members / rate;
    return true;
}

/* Largest tiles first; `best` stays 0 when none fits. */
static bool try_tiles(struct kernel_player *player, int64_t copies, int64_t members,
                      int64_t trips, int64_t *best)
{
    int64_t from = player->loop_from;
    uint64_t capacity = player->core->scratch_bytes;
    int64_t each = ((trips + members - 1) / members + copies - 1) / copies * copies;
    double least = 0;
    *best = 0;
    for (int t = 0; t < TRIALS && each >= 1; t++) {
        int64_t tile = each < trips ? each : trips;
        double cycles = 0;
        if (room_of(&player->tiling, from, tile, trips, members) <= capacity) {
            if (!estimate(player, tile, trips, members, &cycles))
                return false;
            if (*best == 0 || cycles < least) {
                least = cycles;
                *best = tile;
            }
        }
        if (each <= copies)
            break;
        each = (each / 2 + copies - 1) / copies * copies;
    }
    return true;
}

static bool refuse(struct kernel_player *player, int64_t copies, int64_t members, int64_t trips)
{
    struct tile_bytes least =
        bytes_of(&player->tiling, player->loop_from, 0, copies < trips ? copies : trips, trips);
    return error_set(
        player->err,
        "%s:%d: the smallest tile of this loop, %lld of its passes, takes 2 x %llu "
        "bytes for each of %lld members beside %llu bytes that all passes need; "
        "'%s' holds %llu",
        player->plan->lowered.kernel->path, player->tiling.loop->line, (long long)copies,
        (unsigned long long)least.moving, (long long)members, (unsigned long long)least.staying,
        player->scratch->name, (unsigned long long)player->core->scratch_bytes);
}

/* The trials leave no trace in what the plan has counted. */
bool kernel_tile_choose(struct kernel_player *player, int64_t copies, int64_t members,
                        int64_t trips, int64_t *best)
{
    struct kernel_plan *plan = player->plan;
    size_t runs = (size_t)plan->schedule_count, loops = (size_t)plan->loop_count;
    uint64_t *kept = arena_array(player->arena, runs + 1, sizeof *kept);
    struct kernel_loop *costs = arena_array(player->arena, loops + 1, sizeof *costs);
    memcpy(kept, plan->runs, runs * sizeof *kept);
    if (loops)
        memcpy(costs, plan->loops, loops * sizeof *costs);
    bool is_tried = try_tiles(player, copies, members, trips, best);
    memcpy(plan->runs, kept, runs * sizeof *kept);
    if (loops)
        memcpy(plan->loops, costs, loops * sizeof *costs);
    return is_tried && (*best || refuse(player, copies, members, trips));
}
