#include <string.h>

#include "arch/chip/kernel_player.h"

uint64_t kernel_player_edge(const struct kernel_player *player)
{
    return clock_next(&player->clock, player->kernel.now);
}

/* The regions up to and with the next loop of the top; the last phase takes what follows. */
static struct loop_phase next_phase(const struct region *first)
{
    struct loop_phase phase = {.first = first};
    const struct region *r = first;
    while (r && r->kind != REGION_LOOP && r->kind != REGION_NEST)
        r = r->next;
    phase.loop = r && r->statement->kind == LOOP_FOR ? r : NULL;
    const struct region *later = r ? r->next : NULL;
    while (later && later->kind == REGION_BLOCK)
        later = later->next;
    phase.end = later && r ? r->next : NULL;
    return phase;
}

static bool begin_stream(struct kernel_member *member, const struct loop_phase *phase,
                         int64_t from, int64_t to, bool has_call)
{
    struct kernel_player *player = member->player;
    const struct loop_statement *part = phase->loop ? phase->loop->statement : NULL;
    if (!member->stream.arena &&
        !kernel_stream_begin(&member->stream, player->plan, phase->first, phase->end,
                             &player->rules, player->arena, player->err))
        return false;
    member->stream.walk.end = phase->end;
    member->stream.record = player->record;
    member->stream.is_bundled = player->shares_banks;
    kernel_stream_restart(&member->stream, phase->first, part, from, to);
    if (!has_call)
        member->stream.tally.cycles = (struct kernel_cycles){0};
    return true;
}

/* Members share the loop's passes in equal stretches of whole copies. */
static int64_t stretch_of(const struct loop_phase *phase, int64_t trips, int64_t members)
{
    int64_t copies = phase->loop ? phase->loop->copies : 1;
    int64_t each = (trips + members - 1) / members;
    return (each + copies - 1) / copies * copies;
}

static bool trips_of(struct kernel_player *player, const struct loop_phase *phase,
                     int64_t *from, int64_t *trips)
{
    struct kernel_walk walk;
    *from = 0;
    *trips = 0;
    if (!phase->loop)
        return true;
    return kernel_walk_begin(&walk, player->plan, phase->first, phase->end, true, player->arena,
                             player->err) &&
           kernel_walk_trips(&walk, phase->loop->statement, from, trips);
}

bool kernel_player_count(struct kernel_member *member)
{
    struct kernel_stream *stream = &member->stream;
    struct kernel_step step;
    stream->walk.is_merged = true;
    while (kernel_walk_next(&stream->walk, &step)) {
        struct kernel_part parts[2];
        int count = kernel_step_parts(member->player->plan, &step, parts);
        kernel_tally_enter(&stream->tally, &step, count);
        for (int p = 0; p < count; p++)
            kernel_tally_add(&stream->tally, step.region, &parts[p], 0, step.times);
    }
    stream->walk.is_merged = false;
    return !member->player->err->is_set;
}

static void end_phase(struct kernel_player *player)
{
    uint64_t end = 0;
    for (int64_t m = 0; m < player->member_count; m++)
        if (player->members[m].end > end || m == 0) {
            end = player->members[m].end;
            player->last = m;
        }
    for (int64_t m = 0; m < player->member_count; m++) {
        struct kernel_member *member = &player->members[m];
        enum reason reason = member->has_worked ? REASON_IMBALANCE : REASON_IDLE;
        member->account.cycles[reason] += end - member->end;
        member->end = member->origin = end;
    }
}

static bool play_phase(struct kernel_player *player, const struct loop_phase *phase,
                       int64_t members, int64_t trips, bool has_call, bool is_warming)
{
    bool is_counted = !player->is_cached && player->params->memory_banks == 0;
    int64_t stretch = stretch_of(phase, trips, members);
    for (int64_t m = 0; m < members; m++) {
        struct kernel_member *member = &player->members[m];
        int64_t first = m * stretch, last = first + stretch;
        if (m > 0 && first >= trips)
            break;
        if (!begin_stream(member, phase, first, m == members - 1 ? INT64_MAX : last, has_call))
            return false;
        member->has_worked = true;
        member->is_busy = !is_counted;
        if (is_warming && !kernel_play_warm(member))
            return false;
        if (is_warming || !is_counted)
            continue;
        if (!kernel_player_count(member))
            return false;
        kernel_cycles_add(&member->cycles, &member->stream.tally.cycles, 1);
        member->end = member->origin + member->stream.tally.cycles.total;
    }
    if (player->shares_banks)
        kernel_play_banks(player);
    else if (!is_counted && !is_warming)
        kernel_play_streams(player);
    return !player->is_failed && !player->err->is_set;
}

static void say(struct kernel_player *player, const char *words)
{
    struct kernel_play *play = player->play;
    if (strstr(play->words, words) == NULL && strlen(play->words) < 400)
        play->words =
            arena_format(player->arena, "%s%s%s", play->words, *play->words ? "; " : "", words);
}

static void say_split(struct kernel_player *player, int64_t members, bool is_dma)
{
    const struct loop_statement *loop = player->tiling.loop;
    if (is_dma)
        say(player,
            arena_format(player->arena, "line %d comes by DMA in tiles of %lld of its passes",
                         loop->line, (long long)player->tile));
    if (player->member_count == 1)
        return;
    say(player,
        members > 1
            ? arena_format(player->arena, "%lld members share line %d", (long long)members,
                           loop->line)
            : arena_format(player->arena, "one member runs line %d: its passes %s", loop->line,
                           player->tiling.is_parallel ? "are too few to share"
                                                      : "depend on each other"));
}

/* One time through the kernel; warming leaves only what the caches hold. */
static bool play_phases(struct kernel_player *player, bool is_dma, bool is_warming)
{
    bool is_split = is_dma || player->member_count > 1, has_call = true;
    const struct region *at = player->plan->lowered.regions;
    while (at || has_call) {
        struct loop_phase phase = is_split ? next_phase(at) : (struct loop_phase){.first = at};
        int64_t from = 0, trips = 0, members = 1;
        if (!trips_of(player, &phase, &from, &trips))
            return false;
        if (phase.loop) {
            kernel_tiling_init(&player->tiling, player->plan->lowered.kernel,
                               phase.loop->statement, player->arena);
            int64_t most = (trips + phase.loop->copies - 1) / phase.loop->copies;
            members = !player->tiling.is_parallel   ? 1
                      : most < player->member_count ? (most > 0 ? most : 1)
                                                    : player->member_count;
        }
        if (members > player->play->members)
            player->play->members = members;
        if (is_dma && phase.loop
                ? !kernel_play_tiles(player, &phase, members, from, trips, has_call)
                : !play_phase(player, &phase, members, trips, has_call, is_warming))
            return false;
        if (!is_warming)
            end_phase(player);
        if (!is_warming && phase.loop && is_split)
            say_split(player, members, is_dma);
        at = phase.end;
        has_call = false;
    }
    return true;
}

static void fill_play(struct kernel_player *player)
{
    struct kernel_play *play = player->play;
    struct kernel_plan *plan = player->plan;
    const struct kernel_member *last = &player->members[player->last];
    struct kernel_cycles all = {0};
    for (int64_t m = 0; m < player->member_count; m++)
        kernel_cycles_add(&all, &player->members[m].cycles, 1);
    plan->cycles = all;
    play->last = last->cycles;
    play->account = kernel_account(&last->cycles);
    cycle_account_add(&play->account, &last->account);
    play->cycles = cycle_account_total(&play->account);
    play->events = player->kernel.fired;
}

static void say_data(struct kernel_player *player, bool is_dma)
{
    static const char *const WORDS[] = {"warm", "cold"};
    int data = player->params->data;
    if (data == VLIW_DATA_FLAT)
        say(player, "flat memory: no access waits");
    else if (player->is_cached)
        say(player, arena_format(player->arena, "%s caches", WORDS[data]));
    else if (!is_dma)
        say(player,
            arena_format(player->arena, "all arrays rest in '%s'", player->scratch->name));
}

static bool is_jammed(const struct region *list)
{
    for (const struct region *r = list; r; r = r->next)
        if ((r->kind == REGION_NEST && r->copies > 1) || is_jammed(r->body) ||
            is_jammed(r->other))
            return true;
    return false;
}

/* Runs the kernel on values where addresses or trips hang on them and are followed. */
static bool record_data(struct kernel_player *player, bool follows)
{
    const struct kernel_plan *plan = player->plan;
    bool is_needed = plan->lowered.needs_values, is_gather = kernel_record_is_of_use(plan);
    if (!follows || (!is_needed && !is_gather))
        return true;
    if (!is_needed && (player->member_count > 1 || is_jammed(plan->lowered.regions))) {
        say(player, "addresses computed from data fall at random");
        return true;
    }
    struct kernel_record *record = arena_alloc(player->arena, sizeof *record);
    player->record = record;
    return kernel_record_make(record, plan, player->arena, player->err);
}

static bool play_warm_or_cold(struct kernel_player *player, bool is_dma)
{
    struct kernel_plan *plan = player->plan;
    kernel_tally_clear(plan);
    if (player->is_cached && player->params->data == VLIW_DATA_WARM) {
        if (!play_phases(player, false, true))
            return false;
        kernel_tally_clear(plan);
    }
    return play_phases(player, is_dma, false);
}

static bool play_all(struct kernel_player *player)
{
    const struct vliw_params *params = player->params;
    struct kernel_plan *plan = player->plan;
    uint64_t bytes = (uint64_t)(player->layout.end - player->layout.first);
    bool fits = bytes <= player->core->scratch_bytes;
    bool is_dma = params->cache_ways == 0 && params->data != VLIW_DATA_FLAT &&
                  (params->data == VLIW_DATA_COLD || !fits);
    kernel_player_cache(player);
    if ((is_dma || player->is_cached) && !player->dram && !player->has_next)
        return error_set(player->err, "%s: chip '%s' has no main memory to bring data from",
                         plan->lowered.kernel->path, player->chip->name);
    say_data(player, is_dma);
    bool follows = player->is_cached || params->memory_banks > 0;
    bool is_data = plan->lowered.needs_values;
    player->shares_banks = params->memory_banks > 0 && params->cache_ways == 0 &&
                           player->core->count > 1 && !is_data;
    if (player->shares_banks) {
        player->bank_free =
            arena_array(player->arena, (size_t)params->memory_banks, sizeof *player->bank_free);
        say(player, "members share the banks");
    }
    if (is_data && is_dma && !fits)
        return error_set(
            player->err,
            "%s: the arrays take %llu bytes, '%s' holds %llu, and loops whose trips depend on "
            "data cannot be tiled",
            plan->lowered.kernel->path, (unsigned long long)bytes, player->scratch->name,
            (unsigned long long)player->core->scratch_bytes);
    if (is_data && player->core->count > 1) {
        say(player, "one member runs: trips depend on data");
        player->member_count = 1;
    }
    if (!record_data(player, follows))
        return false;
    if (!is_data)
        return play_warm_or_cold(player, is_dma);
    if (is_dma && !kernel_play_whole(player, true))
        return false;
    if (follows && !play_warm_or_cold(player, false))
        return false;
    if (!follows) {
        player->members[0].cycles = plan->cycles;
        player->members[0].end += plan->cycles.total;
    }
    return !is_dma || kernel_play_whole(player, false);
}

bool kernel_play(struct chip *chip, const struct core *core, struct kernel_plan *plan,
                 struct arena *arena, struct kernel_play *play, struct error *err)
{
    const uintptr_t line = _Alignof(struct kernel_player);
    uintptr_t room = (uintptr_t)arena_alloc(arena, sizeof(struct kernel_player) + line);
    struct kernel_player *player = (struct kernel_player *)((room + line - 1) / line * line);
    *play = (struct kernel_play){.members = 1, .words = ""};
    player->chip = chip;
    player->core = core;
    player->params = core->params;
    player->plan = plan;
    player->arena = arena;
    player->play = play;
    player->err = err;
    player->clock = clock_make(&chip->timebase, core->clock);
    for (int32_t m = 0; m < chip->memory_count; m++)
        if (chip->memories[m].part == core->scratch)
            player->scratch = &chip->memories[m];
    kernel_init(&player->kernel);
    player->member_count = core->count;
    player->members = arena_array(arena, (size_t)core->count, sizeof *player->members);
    for (int64_t m = 0; m < core->count; m++) {
        player->members[m].player = player;
        player->members[m].number = m;
    }
    data_layout_init(&player->layout, plan->lowered.kernel, plan->machine, arena);
    if (!kernel_player_memory(player) || !play_all(player))
        return false;
    if (player->kernel.is_out_of_time)
        return error_set(err, "%s: simulated time ran beyond its range",
                         plan->lowered.kernel->path);
    fill_play(player);
    kernel_player_actions(player);
    return true;
}
