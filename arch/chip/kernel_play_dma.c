/* Scratchpads filled by DMA: the passes of an outermost loop come in tiles. While one tile is
 * worked on, the next one's inputs are on their way and the last one's results leave: two
 * buffers for every array that moves with the loop; arrays that do not stay while it runs. */
#include <assert.h>
#include <string.h>

#include "arch/chip/kernel_player.h"
#include "arch/vliw/lower_state.h"

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

static bool is_loaded(const struct array_use *use)
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
            sum.first_loads += is_loaded(use) ? box.bytes : 0;
            continue;
        }
        sum.moving += box.bytes;
        sum.loads += is_loaded(use) ? box.bytes : 0;
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
static bool begin_tile(struct kernel_member *member, const struct region *first,
                       const struct region *end, int64_t from, int64_t to, bool has_call)
{
    struct kernel_player *player = member->player;
    struct kernel_stream *stream = &member->stream;
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
static bool count_tile(struct kernel_member *member, const struct region *first,
                       const struct region *end, int64_t from, int64_t to, bool has_call,
                       struct kernel_cycles *cycles)
{
    struct kernel_player *player = member->player;
    struct kernel_stream *stream = &member->stream;
    struct kernel_event event = {.kind = KERNEL_READ};
    if (!begin_tile(member, first, end, from, to, has_call))
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
static bool estimate(struct kernel_player *player, const struct region *first,
                     const struct region *end, int64_t tile, int64_t trips, int64_t members,
                     double *cycles)
{
    struct tile_bytes bytes = bytes_of(&player->tiling, 0, 0, tile, trips);
    struct kernel_cycles work;
    if (!count_tile(&player->members[0], first, end, 0, tile, false, &work))
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
static bool try_tiles(struct kernel_player *player, const struct region *first,
                      const struct region *end, int64_t copies, int64_t members, int64_t trips,
                      int64_t *best)
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
            if (!estimate(player, first, end, tile, trips, members, &cycles))
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
static bool choose_tile(struct kernel_player *player, const struct region *first,
                        const struct region *end, int64_t copies, int64_t members,
                        int64_t trips, int64_t *best)
{
    struct kernel_plan *plan = player->plan;
    size_t runs = (size_t)plan->schedule_count, loops = (size_t)plan->loop_count;
    uint64_t *kept = arena_array(player->arena, runs + 1, sizeof *kept);
    struct kernel_loop *costs = arena_array(player->arena, loops + 1, sizeof *costs);
    memcpy(kept, plan->runs, runs * sizeof *kept);
    if (loops)
        memcpy(costs, plan->loops, loops * sizeof *costs);
    bool is_tried = try_tiles(player, first, end, copies, members, trips, best);
    memcpy(plan->runs, kept, runs * sizeof *kept);
    if (loops)
        memcpy(plan->loops, costs, loops * sizeof *costs);
    return is_tried && (*best || refuse(player, copies, members, trips));
}

/* A box of an array as up to four strided dimensions. */
static struct transfer transfer_of(const struct array_use *use, const struct array_box *box,
                                   uint64_t base)
{
    const struct loop_symbol *symbol = use->symbol;
    uint64_t element = symbol->type.bits >= 8 ? symbol->type.bits / 8 : 1;
    struct transfer transfer = {.bytes = element};
    uint64_t stride = element, offset = 0;
    int next = 0;
    bool is_whole = true; /* all faster dimensions lie in a row */
    for (int d = symbol->dimension_count - 1; d >= 0; d--) {
        offset += (uint64_t)box->low[d] * stride;
        if (is_whole)
            transfer.bytes *= (uint64_t)box->extent[d];
        else
            transfer.strides[next++] =
                (struct transfer_stride){(uint64_t)box->extent[d], (int64_t)stride};
        is_whole = is_whole && box->extent[d] == symbol->extent[d];
        stride *= (uint64_t)symbol->extent[d];
    }
    transfer.address = base + offset;
    return transfer;
}

static void advance(struct kernel_member *member);

/* What stays has a counter of its own beside the two buffers. */
enum move { MOVE_LOAD, MOVE_STORE };
enum { BUFFER_STAYING = 2 };

static void moved(void *context, uint64_t tag)
{
    struct kernel_member *member = context;
    struct kernel_player *player = member->player;
    int buffer = (int)(tag >> 1);
    if ((tag & 1) == MOVE_LOAD)
        member->loads_left[buffer]--;
    else
        member->stores_left[buffer]--;
    for (int64_t m = 0; m < player->member_count && !player->is_failed; m++)
        if (&player->members[m] == member || buffer == BUFFER_STAYING)
            advance(&player->members[m]);
}

/* Offers what a tile moves, or (stays) what all tiles need. */
static void offer_boxes(struct kernel_member *member, int64_t first, int64_t last, bool stays,
                        enum move move, int buffer)
{
    struct kernel_player *player = member->player;
    const struct kernel_tiling *tiling = &player->tiling;
    for (int u = 0; u < tiling->use_count; u++) {
        const struct array_use *use = &tiling->uses[u];
        bool is_moved = move == MOVE_LOAD ? is_loaded(use) : use->is_written;
        if (!is_moved || kernel_tiling_stays(use) != stays)
            continue;
        struct array_box box = kernel_tiling_box(tiling, use, player->loop_from, first, last);
        struct transfer transfer =
            transfer_of(use, &box, (uint64_t)player->layout.base[use->symbol->id]);
        transfer.is_write = move == MOVE_STORE;
        transfer.stream = (uint32_t)((2 * member->number + move) % MEMORY_STREAMS);
        transfer.tag = (uint64_t)buffer << 1 | (uint64_t)move;
        transfer.done = moved;
        transfer.context = member;
        *(move == MOVE_LOAD ? &member->loads_left[buffer] : &member->stores_left[buffer]) += 1;
        *(move == MOVE_LOAD ? &player->scratch_writes : &player->scratch_reads) += box.bytes;
        kernel_player_transfer(player, member, &transfer);
    }
}

static int64_t tile_first(const struct kernel_member *member, int64_t tile)
{
    return member->first + tile * member->player->tile;
}

static int64_t tile_last(const struct kernel_member *member, int64_t tile)
{
    int64_t last = tile_first(member, tile + 1);
    return last < member->last ? last : member->last;
}

static void charge(struct kernel_member *member, enum reason reason)
{
    uint64_t now = kernel_player_edge(member->player);
    if (now > member->end) {
        member->account.cycles[reason] += now - member->end;
        member->end = now;
    }
}

static bool changes_in_place(const struct kernel_tiling *tiling)
{
    for (int u = 0; u < tiling->use_count; u++)
        if (is_loaded(&tiling->uses[u]) && tiling->uses[u].is_written &&
            !kernel_tiling_stays(&tiling->uses[u]))
            return true;
    return false;
}

/* Inputs of a tile may come once the tile before last has been worked on, and has left where it
 * was changed in place. */
static void issue_loads(struct kernel_member *member)
{
    while (member->loaded < member->tile_count && member->loaded < member->tile + 2) {
        int buffer = (int)(member->loaded % 2);
        if (member->stores_left[buffer] > 0 && changes_in_place(&member->player->tiling))
            return;
        offer_boxes(member, tile_first(member, member->loaded),
                    tile_last(member, member->loaded), false, MOVE_LOAD, buffer);
        member->loaded++;
    }
}

static void tile_ended(struct kernel_member *member);
static void tile_done(struct kernel *kernel, struct event *event);

/* As long as its schedule takes, and where banks are shared, as the others let it. */
static bool run_tile(struct kernel_member *member)
{
    struct kernel_player *player = member->player;
    int64_t first = tile_first(member, member->tile), last = tile_last(member, member->tile);
    bool has_call = player->has_call && member->tile == 0;
    struct kernel_cycles work;
    member->is_computing = true;
    if (player->shares_banks) {
        if (!begin_tile(member, player->phase_first, player->phase_end, first, last, has_call))
            return false;
        member->stream.is_bundled = true;
        member->ended = tile_ended;
        member->origin = member->end;
        return kernel_play_bundles(member);
    }
    if (!count_tile(member, player->phase_first, player->phase_end, first, last, has_call,
                    &work))
        return false;
    kernel_cycles_add(&member->cycles, &work, 1);
    member->end += work.total;
    member->wake.fire = tile_done;
    kernel_schedule(&player->kernel, &member->wake, clock_edge(&player->clock, member->end),
                    PHASE_WORK);
    return true;
}

static void start_tile(struct kernel_member *member)
{
    struct kernel_player *player = member->player;
    int buffer = (int)(member->tile % 2);
    if (member->loaded <= member->tile || member->loads_left[buffer] > 0 ||
        player->members[0].loads_left[BUFFER_STAYING] > 0)
        return;
    if (member->stores_left[buffer] > 0) {
        member->is_output_late = true;
        return;
    }
    charge(member, member->is_output_late ? REASON_OUTPUT_WAIT : REASON_INPUT_WAIT);
    member->is_output_late = false;
    if (!run_tile(member)) {
        player->is_failed = true;
        kernel_stop(&player->kernel);
    }
}

static void advance(struct kernel_member *member)
{
    if (member->is_computing || member->is_done)
        return;
    issue_loads(member);
    if (member->tile < member->tile_count) {
        start_tile(member);
        return;
    }
    if (member->stores_left[0] || member->stores_left[1])
        return;
    charge(member, REASON_OUTPUT_WAIT);
    member->is_done = true;
}

static void tile_ended(struct kernel_member *member)
{
    member->is_computing = false;
    offer_boxes(member, tile_first(member, member->tile), tile_last(member, member->tile),
                false, MOVE_STORE, (int)(member->tile % 2));
    member->tile++;
    advance(member);
}

static void tile_done(struct kernel *kernel, struct event *event)
{
    (void)kernel;
    tile_ended(event->owner);
}

static void begin(struct kernel *kernel, struct event *event)
{
    (void)kernel;
    struct kernel_member *member = event->owner;
    if (member->number == 0)
        offer_boxes(member, 0, member->player->trips, true, MOVE_LOAD, BUFFER_STAYING);
    advance(member);
}

static bool run(struct kernel_player *player)
{
    return kernel_run(&player->kernel) && !player->is_failed && !player->err->is_set;
}

bool kernel_play_tiles(struct kernel_player *player, const struct loop_phase *phase,
                       int64_t members, int64_t from, int64_t trips, bool has_call)
{
    int64_t copies = phase->loop->copies;
    player->phase_first = phase->first;
    player->phase_end = phase->end;
    player->loop_from = from;
    player->trips = trips;
    player->has_call = has_call;
    player->tile = 0;
    if (trips > 0 &&
        !choose_tile(player, phase->first, phase->end, copies, members, trips, &player->tile))
        return false;
    int64_t each = (trips + members - 1) / members;
    each = (each + copies - 1) / copies * copies;
    for (int64_t m = 0; m < members; m++) {
        struct kernel_member *member = &player->members[m];
        member->first = m * each < trips ? m * each : trips;
        member->last = member->first + each < trips ? member->first + each : trips;
        int64_t own = member->last - member->first;
        member->tile_count = player->tile ? (own + player->tile - 1) / player->tile : 0;
        player->play->tile_count += (uint64_t)member->tile_count;
        member->tile = member->loaded = 0;
        member->is_done = member->is_computing = member->is_output_late = false;
        member->has_worked = member->has_worked || own > 0;
        member->wake = (struct event){.fire = begin, .owner = member};
        uint64_t start = clock_edge(&player->clock, member->origin);
        kernel_schedule(&player->kernel, &member->wake,
                        start > player->kernel.now ? start : player->kernel.now, PHASE_WORK);
    }
    if (!run(player))
        return false;
    for (int64_t m = 0; m < members; m++)
        assert(player->members[m].is_done);
    struct kernel_member *first_member = &player->members[0];
    offer_boxes(first_member, 0, trips, true, MOVE_STORE, BUFFER_STAYING);
    if (!run(player))
        return false;
    charge(first_member, REASON_OUTPUT_WAIT);
    return true;
}

static bool move_all(struct kernel_member *member, enum move move)
{
    struct kernel_player *player = member->player;
    const struct loop_kernel *kernel = player->plan->lowered.kernel;
    for (const struct loop_symbol *s = kernel->symbols; s; s = s->next) {
        if (s->kind != LOOP_ARRAY ||
            (move == MOVE_STORE && !loop_lower_stores(kernel->body, s)))
            continue;
        struct transfer transfer = {.address = (uint64_t)player->layout.base[s->id],
                                    .bytes =
                                        number_format_bytes(s->type, (uint64_t)s->elements),
                                    .is_write = move == MOVE_STORE,
                                    .stream = move};
        *(move == MOVE_LOAD ? &player->scratch_writes : &player->scratch_reads) +=
            transfer.bytes;
        kernel_player_transfer(player, member, &transfer);
    }
    if (!kernel_run(&player->kernel))
        return false;
    charge(member, move == MOVE_LOAD ? REASON_INPUT_WAIT : REASON_OUTPUT_WAIT);
    return true;
}

bool kernel_play_whole(struct kernel_player *player, bool is_before)
{
    struct kernel_member *member = &player->members[0];
    if (!kernel_run_until(&player->kernel, clock_edge(&player->clock, member->end)) ||
        !move_all(member, is_before ? MOVE_LOAD : MOVE_STORE))
        return false;
    member->origin = member->end;
    return true;
}
