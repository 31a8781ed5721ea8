#include "sim/study/gain_attribution.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const double FACTORIAL[] = {1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800};

static int bits(uint32_t mask)
{
    int count = 0;
    for (; mask; mask &= mask - 1)
        count++;
    return count;
}

/* Share of the orders of n players in which exactly the given s stand before one player. */
static double order_share(int s, int n)
{
    return FACTORIAL[s] * FACTORIAL[n - 1 - s] / FACTORIAL[n];
}

/* Owen value of one factor: over sets of whole other groups, then over sets of its own group's
 * other members. The sets met are those of the orders that keep groups together. */
static void value_of(const double *logs, int factor, const uint32_t *members, int group_count,
                     int group, struct attribution *out)
{
    uint32_t self = 1U << factor, peers = members[group] & ~self;
    int peer_count = bits(members[group]);
    for (uint32_t outer = 0; outer < 1U << group_count; outer++) {
        if (outer >> group & 1)
            continue;
        uint32_t before = 0;
        for (int g = 0; g < group_count; g++)
            if (outer >> g & 1)
                before |= members[g];
        double outer_share = order_share(bits(outer), group_count);
        for (uint32_t inner = peers;; inner = (inner - 1) & peers) {
            double step = logs[before | inner | self] - logs[before | inner];
            out->value[factor] += outer_share * order_share(bits(inner), peer_count) * step;
            out->lowest[factor] = fmin(out->lowest[factor], step);
            out->highest[factor] = fmax(out->highest[factor], step);
            if (!inner)
                break;
        }
    }
}

void attribution_of(const double *logs, int count, const int *groups,
                    struct attribution *attribution)
{
    assert(count >= 1 && count <= ATTRIBUTION_FACTORS);
    uint32_t members[ATTRIBUTION_FACTORS] = {0}, all = (1U << count) - 1;
    int dense[ATTRIBUTION_FACTORS], group_count = 0;
    memset(attribution, 0, sizeof *attribution);
    attribution->count = count;
    for (int i = 0; i < count; i++) { /* groups in the order of their first members */
        int first = 0;
        while (first < i && !(groups && groups[first] == groups[i]))
            first++;
        dense[i] = first < i ? dense[first] : group_count++;
        members[dense[i]] |= 1U << i;
    }
    for (int i = 0; i < count; i++) {
        attribution->lowest[i] = INFINITY;
        attribution->highest[i] = -INFINITY;
        value_of(logs, i, members, group_count, dense[i], attribution);
        attribution->from_base[i] = logs[1U << i] - logs[0];
        attribution->from_new[i] = logs[all] - logs[all & ~(1U << i)];
        for (int j = 0; j < count; j++)
            if (j != i)
                attribution->interaction[i][j] =
                    logs[1U << i | 1U << j] + logs[0] - logs[1U << i] - logs[1U << j];
    }
}

/* L(a, b) = (a - b) / ln(a / b); L(a, a) = a, L(a, 0) = 0. */
static double logarithmic_mean(double a, double b)
{
    if (a <= 0 || b <= 0)
        return 0;
    double ratio = log(a / b);
    return fabs(ratio) < 1e-9 ? (a + b) / 2 : (a - b) / ratio;
}

static double row_product(const double *row, size_t factors)
{
    double product = 1;
    for (size_t k = 0; k < factors; k++)
        product *= row[k];
    return product;
}

/* L(a,b) ln(x/y) of a row whose sum changes between a (new) and b (old): the factors that went
 * to or came from zero share a - b, the others get nothing (limit of replacing zeros by an
 * infinitesimal). */
static double limit_share(const double *old, const double *new, size_t factors, size_t k,
                          double change)
{
    size_t zeros = 0;
    for (size_t i = 0; i < factors; i++)
        zeros += (old[i] == 0) != (new[i] == 0);
    return zeros && (old[k] == 0) != (new[k] == 0) ? change / (double)zeros : 0;
}

void attribution_lmdi(const double *old, const double *new, size_t rows, size_t factors,
                      double *logs)
{
    double old_sum = 0, new_sum = 0;
    for (size_t r = 0; r < rows; r++) {
        old_sum += row_product(old + r * factors, factors);
        new_sum += row_product(new + r *factors, factors);
    }
    double whole = logarithmic_mean(new_sum, old_sum);
    for (size_t k = 0; k < factors; k++)
        logs[k] = 0;
    for (size_t r = 0; r < rows; r++) {
        const double *x = old + r * factors, *y = new + r *factors;
        double before = row_product(x, factors), after = row_product(y, factors);
        for (size_t k = 0; k < factors; k++)
            logs[k] += before > 0 && after > 0
                           ? logarithmic_mean(after, before) * log(y[k] / x[k]) / whole
                           : limit_share(x, y, factors, k, after - before) / whole;
    }
}
