/* Networks on chip, and links between chips, as occupancy intervals: a packet holds each link
 * of its way for as many cycles as it has flits, from when its head arrives there and the link
 * is free. No flit is ticked. The head moves on before the tail arrives (cut-through); buffers
 * at the nodes are assumed to hold what waits. Wires are never free: every bit is counted on
 * every link.
 *
 * A multicast goes out on a tree: on links that several destinations share it passes once.
 * Routes are deterministic: dimension order in meshes and tori (columns, then rows), the
 * shorter way round rings (ties clockwise), through the lowest common node in trees. */
#ifndef ARCH_MEMORY_NETWORK_H
#define ARCH_MEMORY_NETWORK_H

#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"

enum network_topology {
    NETWORK_BUS,      /* one link that all nodes share and hear */
    NETWORK_CROSSBAR, /* a link out of every node and one into every node */
    NETWORK_RING,
    NETWORK_MESH,
    NETWORK_TORUS,
    NETWORK_TREE /* nodes are the leaves of a binary H-tree; a power of two of them */
};

struct network_config {
    enum network_topology topology;
    uint32_t columns, rows; /* nodes; rows 1 for all but mesh and torus */
    uint32_t link_bits;     /* moved by one link in a cycle: a flit */
    uint32_t hop_cycles;    /* head from one node to the next, at least 1 */
};

struct network_actions {
    uint64_t packets, deliveries; /* a multicast is one packet and several deliveries */
    uint64_t bit_hops;            /* bits x links */
    uint64_t wait_cycles;         /* heads that found a link taken */
};

struct network;

struct network *network_make(struct arena *arena, const struct network_config *config,
                             const char *owner, struct error *err);
uint32_t network_nodes(const struct network *network);
/* Sends `bits` from a node to others, not before `cycle`; calls need not be in order of time, a
 * later call waits for links that earlier calls hold. arrivals[i] is the cycle at whose
 * beginning the last bit is at destinations[i]; a node that sends to itself has it at `cycle`.
 * Returns the latest arrival. */
uint64_t network_multicast(struct network *network, uint64_t cycle, uint32_t source,
                           const uint32_t *destinations, uint32_t count, uint64_t bits,
                           uint64_t *arrivals);
uint64_t network_send(struct network *network, uint64_t cycle, uint32_t source,
                      uint32_t destination, uint64_t bits);
/* Links on the way between two nodes. */
uint32_t network_hops(const struct network *network, uint32_t source, uint32_t destination);
struct network_actions network_actions(const struct network *network);

#endif
