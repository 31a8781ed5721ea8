/* Members that share the banks of one data memory: a bank serves one word a cycle, whoever asks
 * first; a core stands still until all accesses of its bundle are served. */
#include "arch/chip/kernel_player.h"

enum { BUNDLES_MOST = 1 << 28 };

/* First byte of a bundle's access; ACCESS_NOWHERE in passes that there are none of. */
static int64_t address_of(const struct kernel_event *bundle, int number)
{
    const struct kernel_access *access = &bundle->accesses[number];
    int64_t pass = bundle->iteration - access->stage;
    return pass < 0 || pass >= bundle->passes ? ACCESS_NOWHERE : access_address(access, pass);
}

/* Whether an earlier access of the bundle has read the word already. */
static bool is_read(const struct kernel_event *bundle, int number, uint64_t word, uint64_t size)
{
    for (int a = 0; a < number; a++) {
        const struct kernel_access *other = &bundle->accesses[a];
        int64_t first = address_of(bundle, a);
        if (!other->is_write && first >= 0 && (uint64_t)first / size <= word &&
            word <= (uint64_t)(first + other->bytes - 1) / size)
            return true;
    }
    return false;
}

/* Serves one access; returns the cycle in which its last word is served. */
static uint64_t serve(struct kernel_player *player, const struct kernel_event *bundle,
                      int number, uint64_t now)
{
    const struct kernel_access *access = &bundle->accesses[number];
    const uint64_t size = (uint64_t)player->params->bank_bytes;
    int64_t byte = address_of(bundle, number);
    uint64_t last = now;
    if (byte == ACCESS_NOWHERE)
        return now;
    for (uint64_t w = (uint64_t)byte / size; w * size < (uint64_t)(byte + access->bytes); w++) {
        if (!access->is_write && is_read(bundle, number, w, size))
            continue;
        uint64_t *free = &player->bank_free[w % (uint64_t)player->params->memory_banks];
        uint64_t served = *free > now ? *free : now;
        *free = served + 1;
        last = served > last ? served : last;
    }
    return last;
}

static void wake(struct kernel *kernel, struct event *event)
{
    struct kernel_member *member = event->owner;
    struct kernel_player *player = member->player;
    for (;;) {
        uint64_t now = member->origin + member->stalls + member->event.cycle;
        if (clock_edge(&player->clock, now) > kernel->now) {
            kernel_schedule(kernel, event, clock_edge(&player->clock, now), PHASE_WORK);
            return;
        }
        if (member->event.kind == KERNEL_END) {
            member->end = now;
            kernel_cycles_add(&member->cycles, &member->stream.tally.cycles, 1);
            if (member->ended)
                member->ended(member);
            return;
        }
        uint64_t last = now;
        for (int a = 0; a < member->event.access_count; a++) {
            uint64_t served = serve(player, &member->event, a, now);
            last = served > last ? served : last;
        }
        member->stalls += last - now;
        member->account.cycles[REASON_BANK_CONFLICT] += last - now;
        if (++player->bundles > BUNDLES_MOST)
            error_set(player->err,
                      "%s: more than %d bundles meet in shared banks, too many to follow "
                      "(memory_banks = 0 follows none)",
                      player->plan->lowered.kernel->path, BUNDLES_MOST);
        if (player->err->is_set || !kernel_stream_next(&member->stream, &member->event)) {
            player->is_failed = true;
            kernel_stop(kernel);
            return;
        }
    }
}

bool kernel_play_bundles(struct kernel_member *member)
{
    struct kernel_player *player = member->player;
    member->stalls = 0;
    if (!kernel_stream_next(&member->stream, &member->event)) {
        player->is_failed = true;
        return false;
    }
    member->wake = (struct event){.fire = wake, .owner = member};
    uint64_t time = clock_edge(&player->clock, member->origin + member->event.cycle);
    kernel_schedule(&player->kernel, &member->wake,
                    time > player->kernel.now ? time : player->kernel.now, PHASE_WORK);
    return true;
}

void kernel_play_banks(struct kernel_player *player)
{
    for (int64_t m = 0; m < player->member_count; m++) {
        struct kernel_member *member = &player->members[m];
        if (!member->is_busy)
            continue;
        member->is_busy = false;
        member->ended = NULL;
        if (!kernel_play_bundles(member))
            return;
    }
    if (!kernel_run(&player->kernel))
        player->is_failed = true;
}
