/* The mapper: the best loop nest of a space, found exactly and certified.
 *
 * Searched: every spatial unrolling that cannot be enlarged; every permitted set of kept
 * operands; for each memory's loops the three stationary orders (they replace all permutations:
 * the dimensions an operand does not depend on are disjoint between operands, so the innermost
 * loop can hold only one of them still, and holds it best with its whole set innermost); and
 * tiles that cut what is left in equal pieces (divisors, and rounded-up quotients). Branch and
 * bound: a branch is dropped only when a lower bound (traffic that no tiles and no order around
 * those chosen avoid, the array fully used) is no better than the best nest known. Of
 * unrollings that the model cannot tell apart (axes at one place, height and width of square
 * layers) one is searched.
 *
 * What "complete" means, and what not:
 * - best of the searched set under the closed-form model of space.h, no more. Tile sizes are
 *   equal cuts of what the axes leave. On 2,825 small random cores and each objective, tiles of
 *   any whole size never won: more than an equal cut takes room without sparing a trip.
 * - a dimension with more than 64 distinct cuts (two levels; 24 for three, 10 for four) uses
 *   divisors and cuts about a quarter apart, and every level holds a whole number of the next
 *   inner level's tiles. With up to 90 cuts, the 35 shapes of validation/bench on two cores
 * with register files gained over 1 % in 11 and 3 % of cases by cost (worst 2.5 and 1.4 %), 11
 * and 9 % by product (2.1 and 1.3 %), none by cycles; on systolic cores none at all.
 * - every axis is filled: an unrolling that could grow is not tried, though it may move less.
 *   By cycles none of the same shapes gained 1 %. By product 20 % did on a core of 64 x 16
 *   multipliers whose memory is the bottleneck (worst 35 %), none on one of 12 x 14; by cost
 *   66 % of the shapes on the latter (median 1.9 %, worst 8 %) and 43 % on the former: fewer
 *   elements share fewer deliveries. Their searches by cost were not all complete, so these are
 *   least gains.
 * - the model counts a loop with more than one trip as moving the tiles of its dimension even
 *   where, at an edge, it makes only one trip: never less than nest_fills, a little more at
 *   ragged edges. `estimate` of the result comes from nest_fills.
 * - by cycles, ties are broken by cost only as far as a tenth of the cost nobody can avoid.
 * - fill and drain, bank conflicts and tails are left to the event simulation; candidates
 * within 2 % come along for it, the winner's one-step-smaller neighbours among them.
 * - where two operands do not depend on the same dimension (both shared between groups), the
 *   three orders are a restriction.
 *
 * The limit is a count of evaluations, not of seconds: the same input gives the same nest on
 * every machine, under any load. At the 1 M evaluations a second that validation asks for, the
 * default of 100,000 is 0.1 s. When it runs out, the best nest so far is returned with the gap
 * between it and the smallest bound among the branches left. */
#ifndef ARCH_MAPPING_SEARCH_H
#define ARCH_MAPPING_SEARCH_H

#include "arch/mapping/space.h"

enum search_objective { SEARCH_CYCLES, SEARCH_COST, SEARCH_PRODUCT };

enum { SEARCH_CANDIDATES = 4 };

struct search_options {
    enum search_objective objective; /* cycles: ties, to one part in a million, by cost */
    uint64_t evaluations;            /* 0: 100,000 */
    bool is_exhaustive;              /* no bounds: for tests */
};

struct search_candidate {
    struct nest nest;
    struct estimate estimate;
    double score; /* of the objective, by the model of the search */
};

struct search_result {
    struct search_candidate best[SEARCH_CANDIDATES]; /* best first, all within 2 % */
    int32_t count;
    bool is_complete;
    double gap; /* (best - bound) / best over the branches not searched; 0 when complete */
    uint64_t evaluations;
};

/* False with a sentence when no mapping fits: which level is too small for the smallest tile.
 * Names in the nests are the space's. */
bool search_best(const struct space *space, const struct contraction *c,
                 const struct search_options *options, struct search_result *result,
                 struct error *err);

#endif
