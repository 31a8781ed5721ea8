/* The port of a main memory: split transactions on an event kernel. A transfer is offered, and
 * answered later by its `done`; nothing ever "returns a latency". Behind the port stands one of
 * three fidelities, all taking the same transfers and counting the same actions:
 *
 *   ideal    a first-access latency and one server of the peak bandwidth; every row opened once
 *   bank     banks and data buses as reservations, in the order of the offers
 *   command  every DRAM command, scheduled by the controller that the memory file describes
 *
 * Order: transfers of one stream are answered in the order offered. Transfers of several
 * streams share the memory burst by burst. A transfer cut at bursts into several, offered at
 * the same time, is answered (its last part) at the same time as the whole. Credits: a stream
 * may have `credits` transfers under way; memory_offer then returns false and the caller waits
 * for one of its `done`, which is called in PHASE_DELIVER. Cost: events of the kernel are few
 * per transfer whatever its size. */
#ifndef ARCH_MEMORY_PORT_H
#define ARCH_MEMORY_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/memory/dram_channel.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"
#include "sim/kernel/event.h"
#include "sim/kernel/time.h"

enum memory_fidelity { FIDELITY_IDEAL, FIDELITY_BANK, FIDELITY_COMMAND };
/* "ideal" "bank" "command", NULL: for a parameter table. */
extern const char *const MEMORY_FIDELITIES[];

enum { TRANSFER_STRIDES = 3, MEMORY_STREAMS = 64 };

struct transfer_stride {
    uint64_t count; /* 0 or 1: none */
    int64_t bytes;  /* from one repetition to the next */
};

/* `bytes` contiguous bytes, repeated over up to three strides (strides[0] moves fastest): four
 * dimensions in all. Each contiguous run moves whole bursts. Addresses wrap at the capacity. */
struct transfer {
    uint32_t stream; /* below MEMORY_STREAMS */
    bool is_write;
    uint64_t address, bytes;
    struct transfer_stride strides[TRANSFER_STRIDES];
    uint64_t tag;
    /* Called at the time of completion (kernel->now): reads when the last byte has arrived,
     * writes when the memory has taken it. May offer again. NULL: nobody waits. */
    void (*done)(void *context, uint64_t tag);
    void *context;
};

struct memory_config {
    const char *name; /* of the memory in messages; kept */
    enum memory_fidelity fidelity;
    const struct dram_config *dram; /* kept; NULL: no DRAM behind it, `ideal` only */
    const struct dram_map *map;     /* kept; of the same DRAM */
    struct ratio bandwidth; /* bytes per second; num 0: what the DRAM's data buses move; where
                             * set it caps `bank` and `command` as well */
    /* `ideal` only: seconds to the first byte; num 0: those of a read command of the DRAM. */
    struct ratio latency;
    uint64_t access_bytes; /* of a burst without DRAM; 0: 64 */
    uint32_t credits;      /* transfers of a stream under way; 0: 16 */
};

struct memory;

/* Fails with a sentence where neither a DRAM nor a bandwidth is given, or the fidelity needs a
 * DRAM that is missing. The memory lives in the arena, its events in the kernel (kept). */
struct memory *memory_make(struct arena *arena, struct kernel *kernel,
                           const struct timebase *timebase, const struct memory_config *config,
                           struct error *err);
/* False without credit; nothing is then kept. Transfers of 0 bytes are answered at once. */
bool memory_offer(struct memory *memory, const struct transfer *transfer);

/* Bytes moved in whole bursts so far, of transfers offered. */
struct memory_traffic {
    uint64_t read_bytes, write_bytes;
};
struct memory_traffic memory_traffic(const struct memory *memory);
/* Actions up to `time`, not before kernel->now; standby and refresh go on while it idles. */
struct dram_actions memory_actions(struct memory *memory, uint64_t time);
double memory_peak_bandwidth(const struct memory *memory);
/* The address mapping in force, or "" without DRAM. */
const char *memory_mapping(const struct memory *memory);

/* Walks the contiguous runs of a transfer: zeroed state first; false at the end. */
struct transfer_walk {
    uint64_t index[TRANSFER_STRIDES];
    bool is_begun;
};
bool transfer_next_run(const struct transfer *transfer, struct transfer_walk *walk,
                       uint64_t *address);

/* Whole bursts that a transfer moves. */
uint64_t transfer_bursts(const struct transfer *transfer, uint64_t access_bytes);

#endif
