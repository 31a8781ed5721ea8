#include "arch/memory/network.h"

#include <stdbool.h>
#include <string.h>

static const char *const NETWORK_TOPOLOGIES[] = {"bus",  "crossbar", "ring",
                                                 "mesh", "torus",    "h-tree"};

enum { NODES_MOST = 65536, WAYS = 4 }; /* east, west, south, north */

struct link {
    uint64_t free;   /* cycle from which it can be taken */
    uint64_t packet; /* the last one, and when its head left at the other end */
    uint64_t head;
};

struct network {
    struct network_config config;
    uint32_t nodes, levels; /* levels of a tree */
    struct link *links;
    struct network_actions actions;
};

static uint32_t level_count(uint32_t nodes)
{
    uint32_t levels = 0;
    while (1u << levels < nodes)
        levels++;
    return levels;
}

struct network *network_make(struct arena *arena, const struct network_config *config,
                             const char *owner, struct error *err)
{
    bool is_grid = config->topology == NETWORK_MESH || config->topology == NETWORK_TORUS;
    uint64_t nodes = (uint64_t)config->columns * config->rows;
    if (nodes == 0 || nodes > NODES_MOST || (!is_grid && config->rows != 1)) {
        error_set(err, "%s: a %s of %u x %u nodes cannot be, must be 1 to %d nodes%s", owner,
                  NETWORK_TOPOLOGIES[config->topology], config->columns, config->rows,
                  NODES_MOST, is_grid ? "" : " in one row");
        return NULL;
    }
    if (config->topology == NETWORK_TREE && (nodes & (nodes - 1)) != 0) {
        error_set(err, "%s: an h-tree has %llu leaves, must be a power of two", owner,
                  (unsigned long long)nodes);
        return NULL;
    }
    if (config->link_bits == 0 || config->hop_cycles == 0) {
        error_set(err, "%s: link width and hop cycles must be above 0", owner);
        return NULL;
    }
    struct network *network = arena_alloc(arena, sizeof *network);
    network->config = *config;
    network->nodes = (uint32_t)nodes;
    network->levels = level_count(network->nodes);
    network->links = arena_array(arena, WAYS * nodes + 1, sizeof *network->links);
    return network;
}

uint32_t network_nodes(const struct network *network)
{
    return network->nodes;
}

/* ---- routes: the next link from a node towards a destination, and where it leads ---- */

static int towards(uint32_t from, uint32_t to, uint32_t size, bool wraps)
{
    if (from == to)
        return 0;
    if (!wraps)
        return to > from ? 1 : -1;
    uint32_t ahead = to > from ? to - from : to + size - from;
    return 2 * ahead <= size ? 1 : -1;
}

static uint32_t moved(uint32_t at, int step, uint32_t size)
{
    return step > 0 ? (at + 1) % size : (at + size - 1) % size;
}

/* In grids, a position is a node. */
static uint32_t grid_link(const struct network *network, uint32_t *at, uint32_t to)
{
    uint32_t columns = network->config.columns, rows = network->config.rows, from = *at;
    bool wraps = network->config.topology != NETWORK_MESH;
    uint32_t x = from % columns, y = from / columns;
    int step = towards(x, to % columns, columns, wraps);
    if (step != 0) {
        *at = y * columns + moved(x, step, columns);
        return from * WAYS + (step > 0 ? 0 : 1);
    }
    step = towards(y, to / columns, rows, wraps);
    *at = moved(y, step, rows) * columns + x;
    return from * WAYS + (step > 0 ? 2 : 3);
}

/* In trees, positions are heap numbers: leaves are nodes .. 2 nodes - 1, the root is 1. A node
 * has a link to its parent and one from it. */
static uint32_t tree_link(uint32_t *at, uint32_t to)
{
    uint32_t from = *at, below = to;
    while (below > from && below >> 1 != from)
        below >>= 1;
    if (below > from) { /* an ancestor of the destination: one level down */
        *at = below;
        return 2 * below + 1;
    }
    *at = from >> 1;
    return 2 * from;
}

/* In crossbars the middle lies between the links: position `nodes`. */
static uint32_t crossbar_link(const struct network *network, uint32_t *at, uint32_t to)
{
    uint32_t link = *at == network->nodes ? 2 * to + 1 : 2 * *at;
    *at = *at == network->nodes ? to : network->nodes;
    return link;
}

static uint32_t next_link(const struct network *network, uint32_t *at, uint32_t to)
{
    switch (network->config.topology) {
    case NETWORK_BUS:
        *at = to;
        return 0;
    case NETWORK_CROSSBAR:
        return crossbar_link(network, at, to);
    case NETWORK_TREE:
        return tree_link(at, to);
    default:
        return grid_link(network, at, to);
    }
}

static uint32_t position_of(const struct network *network, uint32_t node)
{
    return network->config.topology == NETWORK_TREE ? network->nodes + node : node;
}

uint32_t network_hops(const struct network *network, uint32_t source, uint32_t destination)
{
    uint32_t at = position_of(network, source), to = position_of(network, destination),
             hops = 0;
    while (at != to) {
        next_link(network, &at, to);
        hops++;
    }
    return hops;
}

/* ---- packets ---- */

uint64_t network_multicast(struct network *network, uint64_t cycle, uint32_t source,
                           const uint32_t *destinations, uint32_t count, uint64_t bits,
                           uint64_t *arrivals)
{
    uint64_t flits = (bits + network->config.link_bits - 1) / network->config.link_bits;
    uint64_t packet = ++network->actions.packets, latest = cycle;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = position_of(network, source);
        uint32_t to = position_of(network, destinations[i]);
        uint64_t head = cycle;
        bool has_moved = at != to && flits > 0;
        while (has_moved && at != to) {
            struct link *link = &network->links[next_link(network, &at, to)];
            if (link->packet != packet) {
                uint64_t start = link->free > head ? link->free : head;
                network->actions.wait_cycles += start - head;
                network->actions.bit_hops += bits;
                *link =
                    (struct link){start + flits, packet, start + network->config.hop_cycles};
            }
            head = link->head;
        }
        arrivals[i] = has_moved ? head + flits - 1 : cycle;
        latest = arrivals[i] > latest ? arrivals[i] : latest;
        network->actions.deliveries++;
    }
    return latest;
}

uint64_t network_send(struct network *network, uint64_t cycle, uint32_t source,
                      uint32_t destination, uint64_t bits)
{
    uint64_t arrival;
    return network_multicast(network, cycle, source, &destination, 1, bits, &arrival);
}

struct network_actions network_actions(const struct network *network)
{
    return network->actions;
}
