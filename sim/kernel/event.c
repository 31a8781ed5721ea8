#include "sim/kernel/event.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static_assert(offsetof(struct event, link) == 0, "a link is the address of its event");
static_assert(PHASE_COUNT <= 8, "three bits hold the phase");
static_assert(WHEEL_BITS * WHEEL_LEVELS >= 63, "every time up to TIME_MOST has a level");

void kernel_init(struct kernel *kernel)
{
    memset(kernel, 0, sizeof *kernel);
    for (int level = 0; level < WHEEL_LEVELS; level++)
        for (int slot = 0; slot < WHEEL_SLOTS; slot++) {
            struct event_link *head = &kernel->slots[level][slot];
            *head = (struct event_link){head, head};
        }
}

static inline struct event *event_of(struct event_link *link)
{
    return (struct event *)(void *)link;
}

/* Appends to the slot of the event's key, counted from the base. */
static inline void insert(struct kernel *kernel, struct event *event)
{
    uint64_t key = event->key, differing = key ^ kernel->base;
    int level = differing < WHEEL_SLOTS ? 0 : (63 - __builtin_clzll(differing)) / WHEEL_BITS;
    unsigned slot = (unsigned)(key >> (level * WHEEL_BITS)) & (WHEEL_SLOTS - 1);
    struct event_link *head = &kernel->slots[level][slot];
    event->link.next = head;
    event->link.previous = head->previous;
    head->previous->next = &event->link;
    head->previous = &event->link;
    kernel->used[level][slot / 64] |= UINT64_C(1) << slot % 64;
    kernel->levels |= 1u << level;
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
        kernel->is_out_of_time = true;
        return;
    }
    event->key = when << 3 | (uint64_t)phase;
    kernel->pending++;
    insert(kernel, event);
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

/* The first slot in use at the lowest level, or NULL; forgets slots found empty. */
static struct event_link *first_slot(struct kernel *kernel, int *level)
{
    while (kernel->levels) {
        int lowest = __builtin_ctz(kernel->levels);
        uint64_t *used = kernel->used[lowest];
        for (int word = 0; word < WHEEL_WORDS; word++)
            while (used[word]) {
                int slot = word * 64 + __builtin_ctzll(used[word]);
                struct event_link *head = &kernel->slots[lowest][slot];
                if (head->next != head) {
                    *level = lowest;
                    return head;
                }
                used[word] &= used[word] - 1;
            }
        kernel->levels &= kernel->levels - 1;
    }
    return NULL;
}

static uint64_t least_key(const struct event_link *head)
{
    uint64_t least = UINT64_MAX;
    for (struct event_link *link = head->next; link != head; link = link->next)
        if (event_of(link)->key < least)
            least = event_of(link)->key;
    return least;
}

/* Moves the base to the least key of the slot and its events to the levels below, in order. The
 * least key arrives at level 0: all levels below are empty. Phases do not count, so that an
 * earlier phase of the present time still has its place. */
static void deal_out(struct kernel *kernel, struct event_link *head, uint64_t least)
{
    struct event_link *link = head->next;
    *head = (struct event_link){head, head};
    kernel->base = least & ~UINT64_C(7);
    while (link != head) {
        struct event_link *next = link->next;
        insert(kernel, event_of(link));
        link = next;
    }
}

/* The next event at or before the limit, taken out; NULL where there is none. The base moves
 * only when an event is taken, because until then earlier ones may still be scheduled. */
static struct event *take_first(struct kernel *kernel, uint64_t limit)
{
    int level;
    struct event_link *head = first_slot(kernel, &level);
    if (!head)
        return NULL;
    if (level > 0) {
        uint64_t least = least_key(head);
        if (least >> 3 > limit)
            return NULL;
        deal_out(kernel, head, least);
        head = first_slot(kernel, &level);
    }
    struct event *event = event_of(head->next);
    if (event_time(event) > limit)
        return NULL;
    unlink_event(event);
    return event;
}

static bool play(struct kernel *kernel, uint64_t limit)
{
    kernel->is_stopped = false;
    while (!kernel->is_out_of_time) {
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
    return false;
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

uint64_t kernel_next_time(const struct kernel *kernel)
{
    for (int level = 0; level < WHEEL_LEVELS; level++)
        for (int slot = 0; slot < WHEEL_SLOTS; slot++) {
            const struct event_link *head = &kernel->slots[level][slot];
            if (head->next != head)
                return least_key(head) >> 3;
        }
    return TIME_NEVER;
}
