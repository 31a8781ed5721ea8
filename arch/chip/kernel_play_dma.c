/* Scratchpads filled by DMA: the passes of an outermost loop come in tiles. While one tile is
 * worked on, the next one's inputs are on their way and the last one's results leave: two
 * buffers for every array that moves with the loop; arrays that do not stay while it runs. */
#include <assert.h>

#include "arch/chip/kernel_player.h"
#include "arch/vliw/lower_state.h"

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
        bool is_moved = move == MOVE_LOAD ? kernel_tile_loads(use) : use->is_written;
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
        if (kernel_tile_loads(&tiling->uses[u]) && tiling->uses[u].is_written &&
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
        if (!kernel_tile_begin(member, first, last, has_call))
            return false;
        member->stream.is_bundled = true;
        member->ended = tile_ended;
        member->origin = member->end;
        return kernel_play_bundles(member);
    }
    if (!kernel_tile_count(member, first, last, has_call, &work))
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
    if (trips > 0 && !kernel_tile_choose(player, copies, members, trips, &player->tile))
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
