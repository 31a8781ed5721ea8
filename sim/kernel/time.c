#include "sim/kernel/time.h"

#include <assert.h>

#include "sim/kernel/event.h"

__extension__ typedef unsigned __int128 uint128;

static const uint64_t FEMTOSECONDS = UINT64_C(1000000000000000);
static const uint64_t FASTEST_HZ = UINT64_C(1000000000000);

/* lcm of two fractions: lcm of the numerators over gcd of the denominators. False above 10^15.
 */
static bool least_common_multiple(struct ratio a, struct ratio b, struct ratio *result)
{
    uint128 num = (uint128)(a.num / greatest_common_divisor(a.num, b.num)) * b.num;
    uint64_t den = greatest_common_divisor(a.den, b.den);
    if (num > (uint128)den * FEMTOSECONDS || num > INT64_MAX)
        return false;
    *result = ratio_make((uint64_t)num, den);
    return true;
}

struct timebase timebase_choose(const struct ratio *clocks_hz, size_t count)
{
    struct timebase timebase = {{FEMTOSECONDS, 1}, false};
    if (!count)
        return timebase;
    struct ratio rate = clocks_hz[0];
    for (size_t i = 0; i < count; i++) {
        assert(clocks_hz[i].num > 0 && ratio_value(clocks_hz[i]) <= (double)FASTEST_HZ);
        if (!least_common_multiple(rate, clocks_hz[i], &rate))
            return timebase;
    }
    return (struct timebase){rate, true};
}

struct clock clock_make(const struct timebase *timebase, struct ratio hz)
{
    assert(hz.num > 0);
    struct clock clock = {hz, {1, 1}};
    /* A clock with an absurdly long decimal has a period next to the exact one. */
    if (!ratio_multiply(timebase->ticks_per_second, ratio_invert(hz), &clock.period_ticks)) {
        double period = ratio_value(timebase->ticks_per_second) / ratio_value(hz);
        uint64_t den = UINT64_C(1) << 20;
        uint64_t num = period < 1e12 ? (uint64_t)(period * (double)den) : TIME_MOST;
        clock.period_ticks = ratio_make(num ? num : 1, den);
    }
    return clock;
}

static uint64_t saturate(uint128 time)
{
    return time > TIME_MOST ? TIME_NEVER : (uint64_t)time;
}

uint64_t clock_edge(const struct clock *clock, uint64_t n)
{
    uint128 product = (uint128)n * clock->period_ticks.num;
    return saturate(clock->period_ticks.den == 1 ? product : product / clock->period_ticks.den);
}

/* floor(n num / den) <= time means n num < (time + 1) den. */
uint64_t clock_cycles_at(const struct clock *clock, uint64_t time)
{
    struct ratio period = clock->period_ticks;
    if (period.den == 1)
        return time / period.num;
    return (uint64_t)((((uint128)time + 1) * period.den - 1) / period.num);
}

uint64_t clock_next(const struct clock *clock, uint64_t time)
{
    return time ? clock_cycles_at(clock, time - 1) + 1 : 0;
}

uint64_t clock_cycles_between(const struct clock *clock, uint64_t start, uint64_t end)
{
    return end > start ? clock_cycles_at(clock, end) - clock_cycles_at(clock, start) : 0;
}

uint64_t clock_after(const struct clock *clock, uint64_t time, uint64_t cycles)
{
    uint64_t first = clock_next(clock, time);
    return cycles > TIME_MOST ? TIME_NEVER : clock_edge(clock, first + cycles);
}

uint64_t timebase_ticks(const struct timebase *timebase, struct ratio seconds)
{
    uint64_t ticks = cycles_of_delay(seconds, timebase->ticks_per_second);
    return ticks > TIME_MOST ? TIME_NEVER : ticks;
}

double timebase_seconds(const struct timebase *timebase, uint64_t time)
{
    return (double)time * (double)timebase->ticks_per_second.den /
           (double)timebase->ticks_per_second.num;
}

uint64_t cycles_of_delay(struct ratio seconds, struct ratio hz)
{
    if (!seconds.num)
        return 0;
    struct ratio a = ratio_make(seconds.num, hz.den), b = ratio_make(hz.num, seconds.den);
    uint128 num = (uint128)a.num * b.num, den = (uint128)a.den * b.den;
    uint128 cycles = num / den + (num % den != 0);
    return cycles > UINT64_MAX ? UINT64_MAX : (uint64_t)cycles;
}
