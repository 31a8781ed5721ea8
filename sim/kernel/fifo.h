/* A port between two units: a bounded queue of beats with credits. Beat by beat its law is
 *
 *     sent(i)    = max(ready(i), sent(i - 1) + spacing, credit(i))
 *     arrived(i) = sent(i) + latency
 *     taken(i)   = max(arrived(i), taken(i - 1) + service, time of the call)
 *     credit(i)  = 0 for the first `capacity` beats, then taken(i - capacity) + credit_latency
 *
 * but beats travel as runs, ahead of time: a producer sends what it will have ready, a consumer
 * takes what will arrive, and neither sees whether the other did so in one piece or beat by
 * beat.
 *
 * The producer is woken (its event is scheduled for the present, PHASE_DELIVER) when credits
 * come back after a send that could not be finished; the consumer when beats lie ahead after it
 * found the queue empty. Both events are the owners'. */
#ifndef SIM_KERNEL_FIFO_H
#define SIM_KERNEL_FIFO_H

#include "sim/kernel/event.h"
#include "sim/kernel/run.h"

struct fifo {
    uint64_t capacity;         /* beats; at least 1 */
    uint64_t spacing, service; /* ticks between beats sent, and between beats taken */
    uint64_t latency, credit_latency;
    struct event *producer, *consumer; /* kept; NULL: not woken */
    /* Its own. */
    struct kernel *kernel;
    struct run_queue credits;      /* times at which the next beats may be sent */
    struct run_queue arrivals;     /* times at which the beats under way arrive */
    uint64_t next_send, next_take; /* earliest times by spacing and service */
    uint64_t sent, taken;          /* beats so far */
    bool is_producer_waiting, is_consumer_waiting;
};

/* The fields above "its own" are set. Lives in the arena. */
void fifo_init(struct fifo *fifo, struct kernel *kernel, struct arena *arena);
/* Sends what credits allow; *ready is then the rest, which the producer keeps until it is
 * woken. Returns the number of beats sent. */
uint64_t fifo_send(struct fifo *fifo, struct run *ready);
/* Arrival times of the beats that come next as one run; count 0 where nothing is under way: the
 * consumer is then woken by the next send. */
struct run fifo_peek(struct fifo *fifo);
/* Takes `count` beats of that run (count <= its count), and says when. At most two runs. */
int fifo_take(struct fifo *fifo, uint64_t count, struct run taken[3]);

#endif
