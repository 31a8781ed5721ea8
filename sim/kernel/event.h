/* The kernel plays events in the order of (time, phase, insertion): exactly that of a sorted
 * list, whatever the host. Time is in ticks (sim/kernel/time.h says how long one is).
 *
 * An event is a field of the thing it happens to. The owner keeps it, and moves nothing while
 * it is pending; the kernel never allocates, copies or frees one:
 *
 *     struct core { struct event done; ... };
 *     core->done = (struct event){.fire = core_done, .owner = core};
 *     kernel_schedule(kernel, &core->done, kernel->now + 12, PHASE_WORK);
 *     kernel_run(kernel);
 *
 * An event may schedule itself and others while it fires, at the present time too: an earlier
 * phase of the present time then comes next. Scheduling, cancelling and rescheduling take
 * constant time.
 *
 * The pending set is a radix wheel. An event lies at the level of the highest digit in which
 * its time differs from the base (the time last reached), in the ring of that digit, in order
 * of insertion; the lowest digit is wide, so that most delays land there at once. When the
 * levels below are empty, the first ring in use is dealt out to them, in order. Events of one
 * time are in one ring; where that ring holds several phases, or where events are scheduled for
 * the present, there is a ring per phase. So what was inserted first stays first. */
#ifndef SIM_KERNEL_EVENT_H
#define SIM_KERNEL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

/* Within one tick: what arrives is seen by units, what units ask for is arbitrated, then
 * counted. */
enum phase {
    PHASE_DELIVER,   /* transfers, credits and answers arrive */
    PHASE_WORK,      /* units act on what is there */
    PHASE_ARBITRATE, /* shared resources choose among requests */
    PHASE_ACCOUNT,   /* counters and samples */
    PHASE_END,       /* last: an operator or the run ends */
    PHASE_COUNT
};

/* Latest time that can be scheduled, and what time arithmetic saturates to beyond it. */
#define TIME_MOST ((UINT64_C(1) << 60) - 1)
#define TIME_NEVER UINT64_MAX

struct kernel;

struct event_link {
    struct event_link *next, *previous;
};

struct event {
    struct event_link link; /* the kernel's; NULL while not pending; must stand first */
    uint64_t key;           /* the kernel's: time * 8 + phase */
    void (*fire)(struct kernel *kernel, struct event *event);
    void *owner;
};

/* Digits of a time: 12 bits, then six of 8: 60 in all. */
enum { NEAR_BITS = 12, FAR_BITS = 8, FAR_LEVELS = 6 };
enum { NEAR_SLOTS = 1 << NEAR_BITS, FAR_SLOTS = 1 << FAR_BITS };

struct kernel {
    uint64_t now;
    uint64_t pending, fired; /* events waiting; events fired so far */
    bool is_stopped;         /* kernel_stop */
    bool is_out_of_time;     /* something was scheduled beyond TIME_MOST and is lost */
    /* The wheel's. Rings run through their heads; a bit may be set for an empty ring, because
     * an event that is cancelled does not know where it lies. */
    uint64_t base;
    uint32_t present_used; /* bit per phase */
    uint32_t far_used;     /* bit per level */
    uint64_t near_words;   /* bit per word of near_bits */
    uint64_t near_bits[NEAR_SLOTS / 64];
    uint8_t near_phases[NEAR_SLOTS]; /* bit per phase that the ring may hold */
    uint64_t far_bits[FAR_LEVELS][FAR_SLOTS / 64];
    _Alignas(64) struct event_link present[PHASE_COUNT];
    _Alignas(64) struct event_link near[NEAR_SLOTS];
    struct event_link far[FAR_LEVELS][FAR_SLOTS];
};

/* 90 KiB: keep it in an arena, not on a stack. */
void kernel_init(struct kernel *kernel);

/* The event is not pending; when >= kernel->now. A time beyond TIME_MOST stops the kernel: the
 * run returns false and is_out_of_time is set. */
void kernel_schedule(struct kernel *kernel, struct event *event, uint64_t when,
                     enum phase phase);
/* The same, pending or not; counts as a new insertion. */
void kernel_reschedule(struct kernel *kernel, struct event *event, uint64_t when,
                       enum phase phase);
/* Nothing where it is not pending. */
void kernel_cancel(struct kernel *kernel, struct event *event);

/* Fires events until none is left (true) or the kernel is stopped or out of time (false). */
bool kernel_run(struct kernel *kernel);
/* Only those up to and including `limit`; kernel->now is then at least `limit`. */
bool kernel_run_until(struct kernel *kernel, uint64_t limit);
/* From within an event: the run returns after it. A later run goes on. */
void kernel_stop(struct kernel *kernel);
/* Time of the next event, TIME_NEVER where there is none. Linear in the events of one slot. */
uint64_t kernel_next_time(struct kernel *kernel);

static inline bool event_is_pending(const struct event *event)
{
    return event->link.next;
}

/* Of a pending event, or of one that fires. */
static inline uint64_t event_time(const struct event *event)
{
    return event->key >> 3;
}

static inline enum phase event_phase(const struct event *event)
{
    return (enum phase)(event->key & 7);
}

#endif
