#include "arch/mapping/queue.h"

#include <math.h>
#include <string.h>

enum {
    TRIALS = 100, /* tiles judged for a floor */
    CHUNK = 200,  /* evaluations of a first look */
    TASTE = 2000, /* of one at the first few, for a mapping to hold the others against */
    TASTED = 6
};

struct queue {
    struct search *s;
    struct inward *inward;
    int32_t *heap; /* numbers of configurations, least bound on top */
    int32_t count;
};

static bool is_before(const struct queue *q, int32_t a, int32_t b)
{
    const struct configuration *items = q->s->list.items;
    return items[a].bound != items[b].bound ? items[a].bound < items[b].bound : a < b;
}

static void push(struct queue *q, int32_t one)
{
    int32_t at = q->count++;
    for (int32_t up; at > 0 && is_before(q, one, q->heap[up = (at - 1) / 2]); at = up)
        q->heap[at] = q->heap[up];
    q->heap[at] = one;
}

static int32_t pop(struct queue *q)
{
    int32_t top = q->heap[0], last = q->heap[--q->count], at = 0;
    for (int32_t child; (child = 2 * at + 1) < q->count; at = child) {
        if (child + 1 < q->count && is_before(q, q->heap[child + 1], q->heap[child]))
            child++;
        if (!is_before(q, q->heap[child], last))
            break;
        q->heap[at] = q->heap[child];
    }
    q->heap[at] = last;
    return top;
}

/* Looks at a configuration more closely than before, with so many evaluations at first and four
 * times as many every time after. */
static void look(struct queue *q, struct configuration *one, uint64_t first, uint64_t limit)
{
    enum { LOOKS_MOST = 20 };
    struct branch *b = q->s->b;
    struct inward *in = q->inward;
    branch_enter(b, &q->s->unrollings[one->unrolling], one->keep);
    b->limit = b->best_count ? limit : UINT64_MAX;
    one->is_done = !inward_enter(in) || (!one->looks && !inward_sharpen(in, TRIALS));
    if (one->is_done)
        return;
    if (!one->looks) {
        memcpy(one->extra_cost, in->extra_cost, sizeof in->extra_cost);
        memcpy(one->extra_cycles, in->extra_cycles, sizeof in->extra_cycles);
    }
    memcpy(in->extra_cost, one->extra_cost, sizeof in->extra_cost);
    memcpy(in->extra_cycles, one->extra_cycles, sizeof in->extra_cycles);
    uint64_t most = first << 2 * one->looks;
    if (!b->best_count || b->evaluations + most < limit)
        b->limit = b->evaluations + most;
    double left = inward_search(in);
    one->is_done = left == INFINITY;
    one->bound = left > one->bound ? left : one->bound;
    if (one->looks < LOOKS_MOST)
        one->looks++;
}

/* A search that takes long may lack a good mapping to hold the rest against: steps from the
 * best ones to better neighbours, and from there away at random and up again. */
static void improve(struct search *s, uint64_t limit)
{
    enum { STARTS = 4, SHAKES = 24 };
    struct branch *b = s->b;
    struct choice starts[STARTS];
    uint64_t state = 1;
    int count = b->best_count < STARTS ? b->best_count : STARTS;
    memcpy(starts, b->best, (size_t)count * sizeof starts[0]);
    b->limit = limit;
    for (int i = 0; i < count; i++) {
        struct arena_mark mark = arena_mark(s->arena);
        branch_enter(b, &starts[i].unrolling, starts[i].keep);
        if (branch_prepare(b, s->arena)) {
            branch_climb(b, &starts[i]);
            struct choice now = b->local;
            for (int k = 0; k < SHAKES && b->evaluations < limit; k++)
                if (branch_shake(b, &now, &state) && b->local.score < now.score)
                    now = b->local;
        }
        arena_release(s->arena, mark);
    }
    b->local.score = -INFINITY;
}

static void search_through(struct queue *q, uint64_t limit)
{
    struct search *s = q->s;
    struct branch *b = s->b;
    bool is_improved = false;
    for (int32_t i = 0; i < s->list.count; i++) {
        struct configuration *one = &s->list.items[i];
        if (i < TASTED && !branch_is_cut(b, one->bound))
            look(q, one, TASTE, limit);
        if (!one->is_done)
            push(q, i);
    }
    while (q->count) {
        struct configuration *one = &s->list.items[q->heap[0]];
        if (branch_is_cut(b, one->bound))
            return;
        if (b->best_count && b->evaluations >= limit) {
            b->open_bound = one->bound;
            s->is_complete = false;
            return;
        }
        if (!is_improved && b->best_count && b->evaluations >= limit / 4) {
            improve(s, limit / 8 * 3);
            is_improved = true;
            continue;
        }
        int32_t at = pop(q);
        look(q, one, CHUNK, limit);
        if (!one->is_done)
            push(q, at);
    }
}

void queue_search(struct search *s, uint64_t limit)
{
    struct arena kept = {0}; /* outlives the marks of the search's own */
    struct queue q = {.s = s, .inward = arena_alloc(&kept, sizeof *q.inward)};
    inward_init(q.inward, s->b, &kept);
    q.heap = arena_array(&kept, (size_t)s->list.count, sizeof q.heap[0]);
    s->b->local.score = -INFINITY;
    search_through(&q, limit);
    arena_free(&kept);
}
