#include "sim/kernel/event.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static_assert(offsetof(struct event, link) == 0, "a link is the address of its event");
static_assert(PHASE_COUNT <= 8, "three bits hold the phase");
static_assert(NEAR_BITS + FAR_BITS * FAR_LEVELS == 60, "every time up to TIME_MOST has a slot");
static_assert(NEAR_SLOTS / 64 <= 64, "one word tells which words of the near bits are in use");

static void init_rings(struct event_link *heads, int count)
{
    for (int i = 0; i < count; i++)
        heads[i] = (struct event_link){&heads[i], &heads[i]};
}

void kernel_init(struct kernel *kernel)
{
    memset(kernel, 0, offsetof(struct kernel, present));
    init_rings(kernel->present, PHASE_COUNT);
    init_rings(kernel->near, NEAR_SLOTS);
    for (int level = 0; level < FAR_LEVELS; level++)
        init_rings(kernel->far[level], FAR_SLOTS);
}

static inline struct event *event_of(struct event_link *link)
{
    return (struct event *)(void *)link;
}

static inline void append(struct event_link *head, struct event_link *link)
{
    link->next = head;
    link->previous = head->previous;
    head->previous->next = link;
    head->previous = link;
}

static void insert_far(struct kernel *kernel, struct event *event, uint64_t differing)
{
    int level = (63 - NEAR_BITS - __builtin_clzll(differing)) / FAR_BITS;
    unsigned slot = (unsigned)(event->key >> (3 + NEAR_BITS + level * FAR_BITS)) % FAR_SLOTS;
    append(&kernel->far[level][slot], &event->link);
    kernel->far_bits[level][slot / 64] |= UINT64_C(1) << slot % 64;
    kernel->far_used |= 1u << level;
}

static inline void insert_near(struct kernel *kernel, struct event *event, unsigned slot,
                               unsigned phase)
{
    append(&kernel->near[slot], &event->link);
    kernel->near_phases[slot] |= (uint8_t)(1u << phase);
    kernel->near_bits[slot / 64] |= UINT64_C(1) << slot % 64;
    kernel->near_words |= UINT64_C(1) << slot / 64;
}

/* Appends to the ring of the event's time, counted from the base. */
static inline void insert(struct kernel *kernel, struct event *event, uint64_t when,
                          unsigned phase)
{
    uint64_t differing = when ^ kernel->base;
    if (differing >= NEAR_SLOTS) {
        insert_far(kernel, event, differing);
    } else if (differing) {
        insert_near(kernel, event, (unsigned)when % NEAR_SLOTS, phase);
    } else {
        append(&kernel->present[phase], &event->link);
        kernel->present_used |= 1u << phase;
    }
}

static inline void unlink_event(struct event *event)
{
    event->link.next->previous = event->link.previous;
    event->link.previous->next = event->link.next;
    event->link.next = NULL;
}

void kernel_schedule(struct kernel *kernel, struct event *event, uint64_t when,
                     enum phase phase)
{
    assert(!event_is_pending(event) && when >= kernel->now && event->fire);
    if (when > TIME_MOST) {
        kernel->is_out_of_time = kernel->is_stopped = true;
        return;
    }
    event->key = when << 3 | (uint64_t)phase;
    kernel->pending++;
    insert(kernel, event, when, phase);
}

void kernel_cancel(struct kernel *kernel, struct event *event)
{
    if (!event_is_pending(event))
        return;
    unlink_event(event);
    kernel->pending--;
}

void kernel_reschedule(struct kernel *kernel, struct event *event, uint64_t when,
                       enum phase phase)
{
    kernel_cancel(kernel, event);
    kernel_schedule(kernel, event, when, phase);
}

static inline bool is_empty(const struct event_link *head)
{
    return head->next == head;
}

/* The first ring in use of each kind, or NULL; bits of rings found empty are forgotten. */
static inline struct event_link *first_present(struct kernel *kernel)
{
    for (; kernel->present_used; kernel->present_used &= kernel->present_used - 1) {
        struct event_link *head = &kernel->present[__builtin_ctz(kernel->present_used)];
        if (!is_empty(head))
            return head;
    }
    return NULL;
}

static inline struct event_link *first_near(struct kernel *kernel)
{
    for (; kernel->near_words; kernel->near_words &= kernel->near_words - 1) {
        int word = __builtin_ctzll(kernel->near_words);
        uint64_t *bits = &kernel->near_bits[word];
        for (; *bits; *bits &= *bits - 1) {
            int slot = word * 64 + __builtin_ctzll(*bits);
            if (!is_empty(&kernel->near[slot]))
                return &kernel->near[slot];
            kernel->near_phases[slot] = 0;
        }
    }
    return NULL;
}

static struct event_link *first_far(struct kernel *kernel)
{
    for (; kernel->far_used; kernel->far_used &= kernel->far_used - 1) {
        int level = __builtin_ctz(kernel->far_used);
        for (int word = 0; word < FAR_SLOTS / 64; word++) {
            uint64_t *bits = &kernel->far_bits[level][word];
            for (; *bits; *bits &= *bits - 1) {
                struct event_link *head =
                    &kernel->far[level][word * 64 + __builtin_ctzll(*bits)];
                if (!is_empty(head))
                    return head;
            }
        }
    }
    return NULL;
}

static uint64_t least_time(const struct event_link *head)
{
    uint64_t least = UINT64_MAX;
    for (struct event_link *link = head->next; link != head; link = link->next)
        if (event_of(link)->key < least)
            least = event_of(link)->key;
    return least >> 3;
}

/* Moves the base to the least time of the ring and its events to where they belong from there,
 * in order: that time becomes the present. Rings below must be empty. */
static void deal_out(struct kernel *kernel, struct event_link *head, uint64_t least)
{
    struct event_link *link = head->next;
    *head = (struct event_link){head, head};
    kernel->base = least;
    while (link != head) {
        struct event_link *next = link->next;
        struct event *event = event_of(link);
        insert(kernel, event, event_time(event), event_phase(event));
        link = next;
    }
}

/* Takes the first event of a ring, and forgets the ring's bit when it was the last: without a
 * branch, since whether it is cannot be foretold. */
static inline struct event *take_near(struct kernel *kernel, struct event_link *head)
{
    struct event *event = event_of(head->next);
    size_t slot = (size_t)(head - kernel->near), word = slot / 64;
    unlink_event(event);
    bool was_last = is_empty(head);
    kernel->near_phases[slot] &= (uint8_t)(was_last - 1);
    kernel->near_bits[word] &= ~((uint64_t)was_last << slot % 64);
    kernel->base = event_time(event);
    return event;
}

/* Something is scheduled for the present. What its near ring still holds, all of one phase, was
 * inserted earlier. */
static struct event *take_present(struct kernel *kernel, struct event_link *head)
{
    struct event *event = event_of(head->next);
    struct event_link *older = &kernel->near[kernel->base % NEAR_SLOTS];
    if (!is_empty(older) && event_phase(event_of(older->next)) <= event_phase(event))
        return take_near(kernel, older);
    unlink_event(event);
    return event;
}

/* The next event at or before the limit, taken out; NULL where there is none. The base moves
 * only when an event is taken, because until then earlier ones may still be scheduled. */
static inline struct event *take_first(struct kernel *kernel, uint64_t limit)
{
    struct event_link *head = first_present(kernel);
    if (head)
        return kernel->base <= limit ? take_present(kernel, head) : NULL;
    head = first_near(kernel);
    uint64_t time;
    if (head) {
        uint8_t *phases = &kernel->near_phases[head - kernel->near];
        time = event_time(event_of(head->next));
        if (time > limit)
            return NULL;
        if ((*phases & (*phases - 1)) == 0)
            return take_near(kernel, head);
        *phases = 0;
    } else {
        head = first_far(kernel);
        if (!head)
            return NULL;
        time = least_time(head);
    }
    if (time > limit)
        return NULL;
    deal_out(kernel, head, time);
    return take_present(kernel, first_present(kernel));
}

static bool play(struct kernel *kernel, uint64_t limit)
{
    if (kernel->is_out_of_time)
        return false;
    kernel->is_stopped = false;
    for (;;) {
        struct event *event = take_first(kernel, limit);
        if (!event)
            return true;
        kernel->now = event_time(event);
        kernel->pending--;
        kernel->fired++;
        event->fire(kernel, event);
        if (kernel->is_stopped)
            return false;
    }
}

bool kernel_run(struct kernel *kernel)
{
    return play(kernel, TIME_MOST);
}

bool kernel_run_until(struct kernel *kernel, uint64_t limit)
{
    if (!play(kernel, limit))
        return false;
    if (limit > kernel->now)
        kernel->now = limit;
    return true;
}

void kernel_stop(struct kernel *kernel)
{
    kernel->is_stopped = true;
}

uint64_t kernel_next_time(struct kernel *kernel)
{
    struct event_link *head = first_present(kernel);
    if (!head)
        head = first_near(kernel);
    if (!head)
        head = first_far(kernel);
    return head ? least_time(head) : TIME_NEVER;
}
