#include "arch/technology/sourced.h"

#include <math.h>
#include <stddef.h>

const char *const VALUE_MARK_NAMES[MARK_COUNT + 1] = {
    "sourced", "derived", "calibrated", "from-memory", "extrapolated", NULL};

bool sourced_is_known(const struct sourced *value)
{
    return value->source != NULL;
}

static void take_weaker(struct sourced *result, const struct sourced *other)
{
    if (other->mark > result->mark) {
        result->mark = other->mark;
        result->source = other->source;
    }
}

struct sourced sourced_times(struct sourced a, struct sourced b, double power)
{
    struct sourced result = a;
    result.value = a.value * pow(b.value, power);
    result.sigma = hypot(a.sigma, power * b.sigma);
    take_weaker(&result, &b);
    return result;
}

struct sourced sourced_scaled(struct sourced a, double factor)
{
    a.value *= factor;
    return a;
}

struct sourced sourced_plus(struct sourced a, struct sourced b)
{
    struct sourced result = a;
    result.value = a.value + b.value;
    if (result.value > 0)
        result.sigma = hypot(a.sigma * a.value, b.sigma * b.value) / result.value;
    take_weaker(&result, &b);
    return result;
}

struct sourced sourced_weaken(struct sourced a, enum value_mark mark, double sigma)
{
    if (mark > a.mark)
        a.mark = mark;
    a.sigma = hypot(a.sigma, sigma);
    return a;
}
