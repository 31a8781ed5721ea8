#include "arch/scheduling/initiation_interval.h"

#include <limits.h>
#include <string.h>

enum { ROLE_LIMIT = RESOURCE_LIMIT, SUBSET_ROLE_LIMIT = 12, SEARCH_BUDGET = 100000 };

/* One way of a class of operations, with clusters merged: slots taken of each role. */
struct way {
    int alternative; /* of the first operation of the class */
    int longest;     /* longest single reservation: must fit into II */
    int use[ROLE_LIMIT];
};

/* Operations with the same alternatives are counted together. */
struct operation_class {
    const struct alternative *alternatives;
    int alternative_count, count;
    int way_count;
    struct way *ways;
    int *chosen; /* operations per way, from the search */
};

struct search {
    struct operation_class *classes;
    int class_count, role_count;
    int instances[ROLE_LIMIT]; /* over all clusters */
    int grain[ROLE_LIMIT];     /* greatest common divisor of all reservations of the role */
    bool has_long_stays[ROLE_LIMIT], takes_twice[ROLE_LIMIT];
    int *class_of;            /* per operation */
    int64_t left[ROLE_LIMIT]; /* slots not yet given away, during the search */
    int ii, budget;
};

static int gcd(int a, int b)
{
    while (b) {
        int rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static bool ways_equal(const struct way *a, const struct way *b)
{
    return a->longest == b->longest && memcmp(a->use, b->use, sizeof a->use) == 0;
}

static void class_add_ways(struct search *search, struct operation_class *class,
                           const struct resource_set *resources, struct arena *arena)
{
    class->ways = arena_array(arena, (size_t) class->alternative_count, sizeof *class->ways);
    class->chosen = arena_array(arena, (size_t) class->alternative_count, sizeof(int));
    for (int a = 0; a < class->alternative_count; a++) {
        const struct alternative *alternative = &class->alternatives[a];
        struct way way = {.alternative = a};
        for (int r = 0; r < alternative->reservation_count; r++) {
            const struct reservation *reservation = &alternative->reservations[r];
            int role = resources->resources[reservation->resource].role;
            if (reservation->cycles > 1)
                search->has_long_stays[role] = true;
            if (way.use[role] > 0)
                search->takes_twice[role] = true;
            way.use[role] += reservation->cycles;
            if (reservation->cycles > way.longest)
                way.longest = reservation->cycles;
            search->grain[role] = gcd(search->grain[role], reservation->cycles);
        }
        bool is_new = true;
        for (int w = 0; w < class->way_count; w++)
            is_new = is_new && !ways_equal(&class->ways[w], &way);
        if (is_new)
            class->ways[class->way_count++] = way;
    }
}

static void search_init(struct search *search, const struct dependence_graph *graph,
                        const struct resource_set *resources)
{
    size_t n = (size_t)graph->operation_count;
    *search =
        (struct search){.class_of = arena_array(graph->arena, n + 1, sizeof(int)),
                        .classes = arena_array(graph->arena, n + 1, sizeof *search->classes)};
    for (int r = 0; r < resources->count; r++) {
        search->instances[resources->resources[r].role] += resources->resources[r].count;
        if (resources->resources[r].role >= search->role_count)
            search->role_count = resources->resources[r].role + 1;
    }
    for (int i = 0; i < graph->operation_count; i++) {
        const struct operation *operation = &graph->operations[i];
        int c = 0;
        while (c < search->class_count &&
               (search->classes[c].alternatives != operation->alternatives ||
                search->classes[c].alternative_count != operation->alternative_count))
            c++;
        struct operation_class *class = &search->classes[c];
        if (c == search->class_count) {
            search->class_count++;
            class->alternatives = operation->alternatives;
            class->alternative_count = operation->alternative_count;
            class_add_ways(search, class, resources, graph->arena);
        }
        class->count++;
        search->class_of[i] = c;
    }
}

/* Slots of a role in II cycles: an instance serves only whole reservations. */
static int64_t capacity(const struct search *search, int role, int ii)
{
    int grain = search->grain[role] ? search->grain[role] : 1;
    return (int64_t)search->instances[role] * (ii / grain * grain);
}

/* Uses of the roles in `set` that cannot be avoided, per operation of the class. */
static int least_use(const struct search *search, const struct operation_class *class,
                     uint64_t set)
{
    int least = INT_MAX;
    for (int w = 0; w < class->way_count; w++) {
        int use = 0;
        for (int role = 0; role < search->role_count; role++)
            if (set >> role & 1)
                use += class->ways[w].use[role];
        if (use < least)
            least = use;
    }
    return least;
}

static void bound_by_set(const struct search *search, uint64_t set,
                         struct initiation_interval *bound)
{
    int64_t use = 0, instances = 0;
    for (int c = 0; c < search->class_count; c++)
        use += (int64_t)search->classes[c].count * least_use(search, &search->classes[c], set);
    for (int role = 0; role < search->role_count; role++)
        if (set >> role & 1)
            instances += search->instances[role];
    if (instances == 0)
        return;
    int64_t ii = (use + instances - 1) / instances;
    double exact = (double)use / (double)instances;
    if (exact > bound->res_bound) {
        bound->res_bound = exact;
        bound->binding_roles = set;
        bound->res_mii = (int)ii;
    }
}

/* Puts stays [next, count), longest first, into bins with room[]. */
static bool pack(const int *stays, int next, int count, int *room, int bins, int *budget)
{
    if (next == count)
        return true;
    for (int b = 0; b < bins; b++) {
        bool is_tried = room[b] < stays[next];
        for (int earlier = 0; earlier < b; earlier++)
            is_tried = is_tried || room[earlier] == room[b];
        if (is_tried)
            continue;
        if (--*budget < 0)
            return true;
        room[b] -= stays[next];
        bool fits = pack(stays, next + 1, count, room, bins, budget);
        room[b] += stays[next];
        if (fits)
            return true;
    }
    return false;
}

/* Whether the chosen ways can be dealt out to whole instances of a role: stays of several
 * cycles do not split over units. */
static bool role_packs(struct search *search, int role)
{
    enum { STAY_LIMIT = 256, BIN_LIMIT = 64 };
    int stays[STAY_LIMIT], count = 0, room[BIN_LIMIT], bins = search->instances[role];
    if (bins > BIN_LIMIT)
        return true;
    for (int c = 0; c < search->class_count; c++)
        for (int w = 0; w < search->classes[c].way_count; w++)
            for (int k = 0; k < search->classes[c].chosen[w]; k++) {
                int stay = search->classes[c].ways[w].use[role];
                if (stay == 0)
                    continue;
                if (count == STAY_LIMIT)
                    return true;
                int at = count++;
                for (; at > 0 && stays[at - 1] < stay; at--)
                    stays[at] = stays[at - 1];
                stays[at] = stay;
            }
    if (count == 0 || stays[0] == 1)
        return true;
    for (int b = 0; b < bins; b++)
        room[b] = search->ii;
    int budget = 2000;
    return pack(stays, 0, count, room, bins, &budget);
}

static bool all_pack(struct search *search)
{
    for (int role = 0; role < search->role_count; role++)
        if (search->has_long_stays[role] && !search->takes_twice[role] &&
            !role_packs(search, role))
            return false;
    return true;
}

/* Gives the operations of class c (the rest of them from way w on) to ways; true when all
 * classes from there on fit into what is left. */
static bool assign(struct search *search, int c, int w, int rest)
{
    if (search->budget-- <= 0)
        return true;
    if (rest == 0) {
        for (int later = w; c < search->class_count && later < search->classes[c].way_count;
             later++)
            search->classes[c].chosen[later] = 0;
        if (++c >= search->class_count)
            return all_pack(search);
        w = 0;
        rest = search->classes[c].count;
    }
    struct operation_class *class = &search->classes[c];
    if (w == class->way_count)
        return false;
    const struct way *way = &class->ways[w];
    int64_t most = way->longest <= search->ii ? rest : 0;
    for (int role = 0; role < search->role_count; role++)
        if (way->use[role] > 0 && search->left[role] / way->use[role] < most)
            most = search->left[role] / way->use[role];
    bool is_last = w == class->way_count - 1;
    for (int64_t give = most; give >= 0; give--) {
        if (is_last && give < rest)
            return false;
        for (int role = 0; role < search->role_count; role++)
            search->left[role] -= give * way->use[role];
        class->chosen[w] = (int)give;
        bool fits = assign(search, c, w + 1, rest - (int)give);
        for (int role = 0; role < search->role_count; role++)
            search->left[role] += give * way->use[role];
        if (fits)
            return true;
    }
    return false;
}

static bool is_feasible(struct search *search, int ii)
{
    search->ii = ii;
    search->budget = SEARCH_BUDGET;
    for (int role = 0; role < search->role_count; role++)
        search->left[role] = capacity(search, role, ii);
    return search->class_count == 0 || assign(search, 0, 0, search->classes[0].count);
}

/* Fewer choices first, so that the search fails early. */
static void sort_classes(struct search *search, int operation_count)
{
    for (int i = 1; i < search->class_count; i++)
        for (int j = i; j > 0; j--) {
            struct operation_class *a = &search->classes[j - 1], *b = &search->classes[j];
            if (a->way_count <= b->way_count)
                break;
            struct operation_class swap = *a;
            *a = *b;
            *b = swap;
            for (int k = 0; k < operation_count; k++)
                search->class_of[k] = search->class_of[k] == j       ? j - 1
                                      : search->class_of[k] == j - 1 ? j
                                                                     : search->class_of[k];
        }
}

struct initiation_interval initiation_interval(const struct dependence_graph *graph,
                                               const struct resource_set *resources)
{
    struct initiation_interval bound = {
        .preferred_alternative =
            arena_array(graph->arena, (size_t)graph->operation_count + 1, sizeof(int))};
    struct arena_mark mark = arena_mark(graph->arena);
    struct search search;
    search_init(&search, graph, resources);
    sort_classes(&search, graph->operation_count);
    for (int role = 0; role < search.role_count; role++)
        bound_by_set(&search, UINT64_C(1) << role, &bound);
    if (search.role_count <= SUBSET_ROLE_LIMIT)
        for (uint64_t set = 1; set < UINT64_C(1) << search.role_count; set++)
            bound_by_set(&search, set, &bound);
    for (int c = 0; c < search.class_count; c++) {
        int shortest = INT_MAX;
        for (int w = 0; w < search.classes[c].way_count; w++)
            if (search.classes[c].ways[w].longest < shortest)
                shortest = search.classes[c].ways[w].longest;
        if (shortest > bound.res_mii)
            bound.res_mii = shortest;
    }
    if (bound.res_mii < 1)
        bound.res_mii = 1;
    while (!is_feasible(&search, bound.res_mii))
        bound.res_mii++;
    for (int i = 0; i < graph->operation_count; i++) {
        struct operation_class *class = &search.classes[search.class_of[i]];
        int w = 0;
        while (w + 1 < class->way_count && class->chosen[w] <= 0)
            w++;
        class->chosen[w]--;
        bound.preferred_alternative[i] = class->ways[w].alternative;
    }
    arena_release(graph->arena, mark);
    bound.rec_mii = recurrence_mii(graph);
    bound.mii = bound.rec_mii > bound.res_mii ? bound.rec_mii : bound.res_mii;
    return bound;
}

const char *initiation_interval_binding(const struct initiation_interval *bound,
                                        const struct resource_set *resources,
                                        struct arena *arena)
{
    if (bound->rec_mii > bound->res_mii)
        return "recurrence";
    const char *text = "";
    uint64_t named = 0;
    for (int r = 0; r < resources->count; r++) {
        int role = resources->resources[r].role;
        if (!(bound->binding_roles >> role & 1) || named >> role & 1)
            continue;
        named |= UINT64_C(1) << role;
        text = *text ? arena_format(arena, "%s+%s", text, resources->resources[r].name)
                     : resources->resources[r].name;
    }
    return *text ? text : "none";
}
