/* Between ports and buffers: the network of the chip. What a port answers enters it as it
 * comes, so that its last bit leaves the memory when the port says so; a narrow network holds
 * it up. What several members load alike at the same time is fetched once and goes out as a
 * multicast; who comes too late fetches for himself. */
#include "arch/chip/play_state.h"

bool network_join(struct player *player)
{
    const struct chip_network *on_chip = &player->chip->network;
    if (!on_chip->is_there)
        return true;
    player->network =
        network_make(player->arena, &on_chip->config, "section 'network'", player->err);
    if (!player->network)
        return false;
    uint32_t node = 0, workers = (uint32_t)player->worker_count;
    for (uint32_t i = 0; i < workers; i++)
        if (!player->chip->cores[player->workers[i].core].is_host)
            player->workers[i].node = node++;
    for (int32_t i = 0; i < player->chip->memory_count; i++)
        if (player->chip->memories[i].kind != MEMORY_SRAM)
            player->memory_nodes[i] = node++;
    for (uint32_t i = 0; i < workers; i++) /* the host sits behind its link */
        if (player->chip->cores[player->workers[i].core].is_host)
            player->workers[i].node = player->memory_nodes[player->chip->host_memory];
    player->destinations = arena_array(player->arena, workers, sizeof(uint32_t));
    player->arrivals = arena_array(player->arena, workers, sizeof(uint64_t));
    return true;
}

struct flight *flight_take(struct worker *worker, uint64_t entry, uint32_t load)
{
    struct player *player = worker->player;
    struct flight *flight = player->free_flights;
    if (flight)
        player->free_flights = flight->next;
    else
        flight = arena_alloc(player->arena, sizeof *flight);
    flight->worker = worker;
    flight->entry = entry;
    flight->load = load;
    flight->next = flight->sharers = NULL;
    return flight;
}

void flight_free(struct flight *flight)
{
    struct player *player = flight->worker->player;
    flight->next = player->free_flights;
    player->free_flights = flight;
}

/* ---- loads that several members make ---- */

static struct task *first_peer(const struct task *task)
{
    return &task->job->tasks[task->first_peer];
}

static uint64_t step_of(const struct flight *flight)
{
    return flight->worker->ring[flight->entry % RING_ENTRIES].number;
}

struct flight *network_share(struct worker *worker, const struct task *task, uint64_t entry,
                             uint32_t load)
{
    struct flight *flight = flight_take(worker, entry, load);
    if (!worker->player->chip->network.multicasts || !(task->shared_loads >> load & 1))
        return flight;
    struct task *first = first_peer(task);
    for (struct flight *other = first->shared; other; other = other->next)
        if (other->load == load && step_of(other) == step_of(flight)) {
            flight->sharers = other->sharers;
            other->sharers = flight;
            return NULL;
        }
    flight->next = first->shared;
    first->shared = flight;
    return flight;
}

static void leave_shared(struct flight *flight)
{
    const struct ring_entry *entry = &flight->worker->ring[flight->entry % RING_ENTRIES];
    struct flight **link = &first_peer(entry->task)->shared;
    while (*link && *link != flight)
        link = &(*link)->next;
    if (*link)
        *link = flight->next;
    flight->next = NULL;
}

/* ---- packets ---- */

/* Cycle in which the head enters: as early as the bits leave the memory in time, not before
 * they were asked for. */
static uint64_t entry_cycle(const struct player *player, uint64_t offered, uint64_t bits)
{
    const struct chip_network *on_chip = &player->chip->network;
    uint64_t flits = (bits + on_chip->config.link_bits - 1) / on_chip->config.link_bits;
    uint64_t done = clock_next(&on_chip->clock, player->kernel.now);
    uint64_t asked = clock_next(&on_chip->clock, offered);
    uint64_t begin = done > flits ? done - flits : 0;
    return begin > asked ? begin : asked;
}

/* Arrivals as times in player->arrivals; bits and hops go to the job's account of actions. */
static void send(struct player *player, struct job *job, uint64_t cycle, uint32_t source,
                 uint32_t count, uint64_t bits)
{
    const struct chip_network *on_chip = &player->chip->network;
    struct network_actions before = network_actions(player->network);
    network_multicast(player->network, cycle, source, player->destinations, count, bits,
                      player->arrivals);
    struct network_actions after = network_actions(player->network);
    job->ledger.counts[on_chip->wires] += after.bit_hops - before.bit_hops;
    if (on_chip->crosspoint >= 0)
        job->ledger.counts[on_chip->crosspoint] +=
            bits * (after.deliveries - before.deliveries);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t time = clock_edge(&on_chip->clock, player->arrivals[i]);
        player->arrivals[i] = time > player->kernel.now ? time : player->kernel.now;
    }
}

static void flight_arrives(struct kernel *kernel, struct event *event)
{
    (void)kernel;
    struct flight *flight = event->owner;
    struct worker *worker = flight->worker;
    uint64_t entry = flight->entry;
    uint32_t load = flight->load;
    flight_free(flight);
    path_arrive(worker, entry, load);
}

static void land(struct flight *flight, uint64_t time,
                 void (*fire)(struct kernel *kernel, struct event *event))
{
    flight->event.fire = fire;
    flight->event.owner = flight;
    kernel_schedule(&flight->worker->player->kernel, &flight->event, time, PHASE_DELIVER);
}

void flight_land(struct flight *flight, uint64_t time)
{
    land(flight, time, flight_arrives);
}

/* Ports are taken when the tile is there, not before: reservations keep the order of time. */
static void flight_brought(struct kernel *kernel, struct event *event)
{
    struct flight *flight = event->owner;
    uint64_t time = path_brought(flight->worker, flight->entry, flight->load);
    if (time > kernel->now)
        flight_land(flight, time);
    else
        flight_arrives(kernel, event);
}

void network_bring(struct flight *flight, int32_t memory, uint64_t offered)
{
    struct player *player = flight->worker->player;
    leave_shared(flight);
    uint32_t count = 0;
    for (struct flight *each = flight; each; each = each->sharers)
        player->destinations[count++] = each->worker->node;
    struct job *job = flight->worker->ring[flight->entry % RING_ENTRIES].task->job;
    send(player, job, entry_cycle(player, offered, flight->bits), player->memory_nodes[memory],
         count, flight->bits);
    uint32_t i = 0;
    for (struct flight *each = flight, *next; each; each = next) {
        next = each->sharers;
        each->worker->ring[each->entry % RING_ENTRIES].left[each->load] = player->kernel.now;
        land(each, player->arrivals[i++], flight_brought);
    }
}

static void store_arrives(struct kernel *kernel, struct event *event)
{
    (void)kernel;
    struct flight *flight = event->owner;
    path_write(flight->worker, &flight->store);
    flight_free(flight);
}

void network_store(struct worker *worker, const struct ring_entry *entry, int32_t memory)
{
    struct player *player = worker->player;
    struct flight *flight = flight_take(worker, 0, 0);
    flight->store = *entry;
    player->destinations[0] = player->memory_nodes[memory];
    uint64_t cycle = clock_next(&player->chip->network.clock, player->kernel.now);
    send(player, entry->task->job, cycle, worker->node, 1, 8 * entry->step.store_bytes);
    flight->event.fire = store_arrives;
    flight->event.owner = flight;
    kernel_schedule(&player->kernel, &flight->event, player->arrivals[0], PHASE_DELIVER);
}
