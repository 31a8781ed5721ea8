#include "arch/chip/front.h"

#include "arch/chip/place.h"

enum { FRONTS = 8192 };

struct front {
    struct digest digest;
    struct front_point points[FRONT_POINTS]; /* as they were asked for */
    int32_t count;
};

void front_table_init(struct front_table *table, struct arena *arena)
{
    plan_cache_init(&table->plans);
    table->arena = arena;
    table->fronts = arena_array(arena, FRONTS, sizeof *table->fronts);
}

void front_table_free(struct front_table *table)
{
    plan_cache_free(&table->plans);
}

double objective_score(enum mapper_objective objective, double seconds, double relative)
{
    switch (objective) {
    case MAPPER_COST:
        return relative;
    case MAPPER_PRODUCT:
        return seconds * relative;
    default:
        return seconds;
    }
}

/* Rooms are whole sixteenths, so that equal operators stay equal. */
static uint64_t grain_of(const struct core *core)
{
    return core->scratch_bytes / 16 ? core->scratch_bytes / 16 : 1;
}

/* All shares but the last are equal, and the first takes longest. */
static void add_share(struct front_point *point, const struct walk_cost *share, uint64_t times)
{
    struct walk_cost sum = point->cost;
    if (share->seconds > sum.seconds) {
        sum.seconds = share->seconds;
        sum.lead_seconds = share->lead_seconds;
        sum.slack_seconds = share->slack_seconds;
    }
    sum.bytes += share->bytes * times;
    sum.relative += share->relative * (double)times;
    point->cost = sum;
}

/* Plans it in a room, all members and repetitions. */
static struct front_point make_point(struct front_table *table, struct chip *chip,
                                     const struct front_question *question, uint64_t room)
{
    struct front_point point = {.room_bytes = room, .needs_bytes = room};
    struct site site = *question->site;
    struct sharing sharing;
    struct error err = {0};
    const struct primitive *primitive = question->primitive;
    site.scratch_bytes = room;
    if (plan_cache_is_full(&table->plans))
        plan_cache_clear(&table->plans);
    if (!share_primitive(chip, &table->plans, question->core, primitive, &site, NULL, &sharing,
                         &err))
        return point;
    int64_t count = sharing.slicing.count, last = count > 2 ? count - 1 : 1;
    for (int64_t i = 0; i < count; i = i ? i + 1 : last) {
        struct primitive share = *primitive;
        slice_primitive(&share, sharing.slicing, i);
        const struct plan *plan = plan_cache_get(&table->plans, chip, question->core, &share,
                                                 &sharing.site, NULL, &err);
        if (!plan)
            return point;
        struct walk_cost cost =
            plan_walk(&chip->cores[question->core].core, plan, &sharing.site, question->given);
        add_share(&point, &cost, (uint64_t)(i == 0 && count > 1 ? count - 1 : 1));
        if (i == 0 && plan->scratch_bytes)
            point.needs_bytes = plan->scratch_bytes * (uint64_t)count;
    }
    if (point.needs_bytes > room)
        point.needs_bytes = room;
    point.cost.seconds *= (double)primitive->repeat;
    point.cost.bytes *= primitive->repeat;
    point.cost.relative *= (double)primitive->repeat;
    point.is_planned = true;
    return point;
}

static struct front *find_front(struct front_table *table,
                                const struct front_question *question)
{
    struct site site = *question->site;
    site.scratch_bytes = 0;
    struct digest digest = {question->known, (uint64_t)question->core << 32 | question->given};
    digest_bytes(&digest, &site, sizeof site);
    struct front **slot = &table->fronts[digest.a % FRONTS];
    if (!*slot)
        *slot = arena_alloc(table->arena, sizeof **slot);
    if ((*slot)->digest.a != digest.a || (*slot)->digest.b != digest.b)
        **slot = (struct front){.digest = digest};
    return *slot;
}

/* The step of the staircase that a room stands on. */
static struct front_point find_point(struct front_table *table, const struct player *player,
                                     struct front *front, const struct front_question *question,
                                     uint64_t room)
{
    for (int32_t i = 0; i < front->count; i++) {
        const struct front_point *point = &front->points[i];
        if (point->needs_bytes <= room && room <= point->room_bytes)
            return *point;
    }
    struct front_point made = make_point(table, player->chip, question, room);
    if (front->count < FRONT_POINTS)
        front->points[front->count++] = made;
    return made;
}

/* The room of the next step down; 0: there is none. */
static uint64_t next_room(const struct core *core, const struct front_point *point)
{
    uint64_t grain = grain_of(core);
    return point->is_planned && point->needs_bytes ? (point->needs_bytes - 1) / grain * grain
                                                   : 0;
}

/* A smaller tile must not move more: no way may lose bytes to first come, first served. Equals
 * in all leave the room to others. */
static bool is_smaller_better(enum mapper_objective objective,
                              const struct front_point *smaller, const struct front_point *best)
{
    const struct walk_cost *a = &smaller->cost, *b = &best->cost;
    double score = objective_score(objective, a->seconds, a->relative);
    double least = objective_score(objective, b->seconds, b->relative);
    return a->bytes <= b->bytes &&
           (score < least ||
            (score <= least && a->seconds <= b->seconds && a->relative <= b->relative));
}

bool front_choose(struct front_table *table, const struct player *player,
                  const struct front_question *question, struct front_point *best)
{
    const struct core *core = &player->chip->cores[question->core].core;
    struct front *front = find_front(table, question);
    *best = find_point(table, player, front, question, question->site->scratch_bytes);
    struct front_point step = *best;
    while (step.is_planned && step.needs_bytes < step.room_bytes) {
        uint64_t below = next_room(core, &step);
        if (!below)
            break;
        step = find_point(table, player, front, question, below);
        if (step.is_planned && is_smaller_better(core->objective, &step, best))
            *best = step;
    }
    return best->is_planned;
}

struct front_point front_in_room(struct front_table *table, const struct player *player,
                                 const struct front_question *question)
{
    return find_point(table, player, find_front(table, question), question,
                      question->site->scratch_bytes);
}

static bool is_as_good(const struct front_point *a, const struct front_point *b)
{
    return a->cost.seconds <= b->cost.seconds && a->cost.relative <= b->cost.relative &&
           a->needs_bytes <= b->needs_bytes;
}

int32_t front_list(struct front_table *table, const struct player *player,
                   const struct front_question *question,
                   struct front_point points[FRONT_POINTS])
{
    const struct core *core = &player->chip->cores[question->core].core;
    struct front *front = find_front(table, question);
    int32_t count = 0;
    for (uint64_t room = core->scratch_bytes; room;) {
        struct front_point point = find_point(table, player, front, question, room);
        if (!point.is_planned)
            break;
        int32_t kept = 0;
        for (int32_t i = 0; i < count; i++)
            if (!is_as_good(&point, &points[i]))
                points[kept++] = points[i];
        if (kept < FRONT_POINTS)
            points[kept++] = point;
        count = kept;
        room = next_room(core, &point);
    }
    return count;
}
