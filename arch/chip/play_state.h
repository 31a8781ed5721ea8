/* Inside a run: jobs (operators in flight), their tasks (a primitive on one member of a core),
 * and workers (the members). Private to arch/chip. */
#ifndef ARCH_CHIP_PLAY_STATE_H
#define ARCH_CHIP_PLAY_STATE_H

#include "arch/chip/ahead.h"
#include "arch/chip/fetch.h"
#include "arch/chip/gather.h"
#include "arch/chip/held.h"
#include "arch/chip/plan_cache.h"
#include "arch/chip/play.h"
#include "arch/memory/sram_buffer.h"
#include "sim/kernel/account.h"
#include "sim/kernel/event.h"

enum { RING_ENTRIES = 64, JOB_NAME_BYTES = 64 };

struct task {
    struct job *job;
    struct task *next; /* of its worker's queue */
    struct worker *worker;
    const struct plan *plan;
    uint32_t group;                           /* position of its primitive in the operator */
    struct share_place place;                 /* of its share of a contraction */
    uint64_t steps, repeat;                   /* steps of all repetitions */
    uint64_t host_in_cycles, host_out_cycles; /* charged in the first and last step */
    struct held *inputs[STEP_LOADS_MAX], *output; /* NULL: lives between two primitives */
    bool is_started, is_done;
    uint32_t stores_under_way;
    uint64_t start_edge, end_edge, end_time;
    struct cycle_account account;
    /* Equal members may load the same tiles: bit per load; peers meet at the first of them. */
    uint32_t shared_loads, first_peer;
    struct gather gather;  /* records that lie scattered */
    struct flight *shared; /* of the first peer: fetches that others may still join */
};

struct job {
    struct player *player;
    uint64_t index;
    struct lineage lineage;
    char name[JOB_NAME_BYTES];
    const struct operator_spec *spec;
    struct task *tasks;
    uint32_t task_count, task_capacity, group_count, groups_done, tasks_left;
    struct job *fused_into; /* retires with it */
    const char *fused_name;
    struct held *pinned[OPERATOR_TENSORS_MAX * 4];
    uint32_t pin_count;
    struct held *outputs[OPERATOR_TENSORS_MAX];
    uint32_t output_count;
    struct held *copies[OPERATOR_TENSORS_MAX]; /* on chip, of outputs that are backed */
    uint32_t copy_count;
    bool is_retired, is_begun, is_fallback, is_converted;
    uint64_t ready_time; /* of what happened last so far: inputs, finished groups */
    uint64_t start_edge, edge, start_time, end_time; /* main clock edges and ticks */
    struct cycle_account account;
    uint64_t macs, ops, dram_read_bytes, dram_write_bytes;
    struct number_format precision, weight_precision; /* of the main primitive's operands */
    struct ledger ledger;
    struct arena met; /* plans that have met their index contents */
    const struct plan *main_plan;
    uint64_t main_repeat;
    int32_t main_core;
    char mapped_as[JOB_NAME_BYTES];
};

struct ring_entry {
    struct task *task;
    uint64_t number; /* of the step in its task */
    uint64_t index;  /* of the step in one repetition of the task's plan */
    struct step step;
    uint64_t offered[STEP_LOADS_MAX]; /* ticks, of what is under way */
    /* Ticks: when it left the memory, when the network had brought it, when it stood in the
     * buffer. The last is meant where it says arrival. */
    uint64_t left[STEP_LOADS_MAX], brought[STEP_LOADS_MAX], arrival[STEP_LOADS_MAX];
    uint32_t pending; /* loads not yet arrived */
    uint32_t wanted;  /* bit per load that the step has */
};

/* A load or store on its way beyond what a port answers for: over the network, a link, or into
 * a buffer. From a free list; `next` of those that load the same tile, or of a list. */
struct flight {
    struct event event;
    struct worker *worker;
    struct task *task;
    uint64_t entry; /* of the ring */
    uint32_t load;
    uint64_t bits;           /* that cross the network */
    struct ring_entry store; /* a copy: the ring goes on */
    struct flight *next, *sharers;
};

struct worker {
    struct player *player;
    int32_t core, member;
    uint32_t node; /* of the network */
    struct clock clock;
    struct dma *dma; /* its own, or its core's */
    struct event done;
    struct task *first, *last; /* queue; first is the one that computes */
    struct task *fetching;     /* whose steps go into the ring next */
    uint64_t fetch_step;
    struct ring_entry ring[RING_ENTRIES];
    uint64_t head, tail;             /* entries made and entries finished */
    uint64_t issued[STEP_LOADS_MAX]; /* entries whose load has been looked at */
    uint64_t loaded[STEP_LOADS_MAX]; /* bytes under way, waiting or in use */
    uint64_t in_use[STEP_LOADS_MAX]; /* of which by the step that computes */
    uint64_t storing;                /* bytes under way to memory */
    uint64_t store_free_time;        /* when the last store was done */
    uint64_t store_brought_time;     /* when the network had brought it to its memory */
    bool is_busy;
    uint64_t free_time;      /* ticks: previous task retired */
    uint64_t busy_end;       /* ticks: previous step's end */
    uint64_t overlap_cycles; /* how much of it a setup may overlap */
    struct cycle_account account;
    struct account spent; /* the same, as it is charged in cycles of the main clock */
    uint64_t work_end_edge;
};

struct player {
    struct chip *chip;
    struct kernel kernel;
    struct arena *arena, *totals_arena;
    struct arena scratch; /* of one placement */
    struct ahead ahead;
    struct look_ahead *look;    /* NULL: first come, first served */
    struct front_table *fronts; /* NULL: nobody asks */
    const struct play_pins *pins;
    struct play_observer *observer;
    struct play_totals *totals;
    struct error *err;
    struct plan_cache plans;
    struct held_table held;
    struct memory *memories[CHIP_MEMORIES_MAX];      /* ports; NULL for SRAM */
    struct ratio bandwidth_share[CHIP_MEMORIES_MAX]; /* bytes a second; num 0: all of it */
    struct fetch_list fetched;                       /* transfers on their way to an engine */
    struct network *network;                         /* NULL: wires alone */
    uint32_t memory_nodes[CHIP_MEMORIES_MAX];
    uint32_t *destinations; /* of one packet, and when it arrives at each */
    uint64_t *arrivals;
    struct port_buffer *buffers[CHIP_MEMORIES_MAX]; /* NULL: ports never limit */
    struct flight *free_flights;
    uint64_t shown[CHIP_MEMORIES_MAX]; /* ticks: end of the last span of a memory */
    struct worker *workers;
    int32_t worker_count, first_worker[CHIP_CORES_MAX + 1];
    double backlog[CHIP_CORES_MAX]; /* seconds of work given out, by bound */
    /* Multiply-accumulates done on each core, and main cycles they would take at peak rate. */
    double macs_done[CHIP_CORES_MAX], macs_cycles[CHIP_CORES_MAX];
    struct job *jobs;      /* ring of `window` */
    uint64_t oldest, next; /* jobs reported and jobs made */
    bool is_at_end, is_failed, is_placing, is_poking, must_poke;
};

/* place.c: turns an operator into a job with tasks in the queues; false with err. */
bool place_operator(struct player *player, const struct ahead_operator *ahead, struct job *job);

/* play_worker.c */
void worker_enqueue(struct worker *worker, struct task *task);
void worker_advance(struct worker *worker);
/* From an event: this worker first, then whoever waits for what it finished. */
void worker_wake(struct worker *worker);

/* play_network.c: makes the network and gives everybody a node; false with err. */
bool network_join(struct player *player);
struct flight *flight_take(struct worker *worker, uint64_t entry, uint32_t load);
void flight_free(struct flight *flight);
/* The load arrives at that time, by an event. */
void flight_land(struct flight *flight, uint64_t time);
/* A flight for a load that must be fetched, or NULL: it comes with a peer's. */
struct flight *network_share(struct worker *worker, const struct task *task, uint64_t entry,
                             uint32_t load);
/* The port of the memory has answered: to all that share the load. */
void network_bring(struct flight *flight, int32_t memory, uint64_t offered);
void network_store(struct worker *worker, const struct ring_entry *entry, int32_t memory);

/* play_buffer.c: extra cycles of a step, because the ports are too few or others hold them. */
struct port_wait {
    uint64_t port, conflict;
};

void buffers_make(struct player *player);
/* When bytes that come until `time` are all written; takes the ports for them. */
uint64_t buffer_fill(struct worker *worker, const struct plan *plan, uint32_t load,
                     uint64_t bytes, uint64_t time);
void buffer_drain(struct worker *worker, uint64_t bytes);
/* Of a step that begins at an edge of the worker's clock and takes `total` cycles by itself. */
struct port_wait buffer_use(struct worker *worker, const struct ring_entry *entry,
                            uint64_t edge, uint64_t total);

/* play_path.c: a load has come to the buffer, now: returns when its ports have taken it; a load
 * is there; the network has brought a store to its memory. */
uint64_t path_brought(struct worker *worker, uint64_t number, uint32_t load);
void path_arrive(struct worker *worker, uint64_t number, uint32_t load);
void path_write(struct worker *worker, const struct ring_entry *entry);
/* Fetches a load of entry `number` of the ring, whose room is taken already; its
 * arrival is noted there, at once where the tile is on chip. Stores what the step made. */
void path_load(struct worker *worker, struct ring_entry *entry, uint64_t number, uint32_t load);
void path_store(struct worker *worker, const struct ring_entry *entry);

/* play_charge.c: of products the second operand is the weights; of others all are inputs. */
bool task_loads_weights(const struct task *task, uint32_t load);
/* Charges what lies between the last charge and `time`. */
void worker_charge(struct worker *worker, struct task *task, enum reason reason, uint64_t time);
/* Charges a wait for stores until `time`: to the network, and to the memory. */
void worker_charge_store(struct worker *worker, struct task *task, uint64_t time);
/* All has arrived: when does the step start? What it waited for is charged. */
uint64_t worker_settle_start(struct worker *worker, struct ring_entry *entry);

/* play.c: a player without memories, workers and jobs; then those. With one core: no worker but
 * its first member. */
struct player *player_make(struct chip *chip, struct arena *arena);
bool player_make_memories(struct player *player);
void player_make_workers(struct player *player);
void player_make_worker(struct player *player, int32_t core);
void player_task_done(struct player *player, struct task *task);
void player_poke(struct player *player);
uint64_t player_edges(const struct player *player, uint64_t time);
void player_span(struct player *player, const char *track, const char *name, uint64_t start,
                 uint64_t end);
bool task_inputs_ready(const struct task *task, uint64_t *when);

#endif
