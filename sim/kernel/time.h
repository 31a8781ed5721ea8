/* Time is an integer number of ticks since the start. A chip's timebase is chosen so that every
 * edge of every clock falls on a tick exactly: one tick is 1 / lcm of the clocks. Where that
 * would be finer than a femtosecond, a tick is a femtosecond and edges are computed from their
 * number, never by adding periods, so that no clock drifts: edge n is at floor(n x period).
 *
 * Edge 0 is at time 0. Cycle n of a clock is (edge n-1, edge n], so that counts of cycles in
 * consecutive spans add up without rounding. A clock faster than the ticks has several edges in
 * one: it keeps its rate, not its edges, so give timebase_choose every clock that matters.
 * Times beyond TIME_MOST saturate to TIME_NEVER. */
#ifndef SIM_KERNEL_TIME_H
#define SIM_KERNEL_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/ratio.h"

struct timebase {
    struct ratio ticks_per_second;
    bool is_exact; /* every clock given is a whole number of ticks */
};

struct clock {
    struct ratio hz;
    struct ratio period_ticks; /* den 1 where the timebase is exact for this clock */
};

/* Clocks in hertz, each above 0 and at most 10^12. count 0: femtoseconds. */
struct timebase timebase_choose(const struct ratio *clocks_hz, size_t count);
struct clock clock_make(const struct timebase *timebase, struct ratio hz);

/* Time of edge n, in ticks. */
uint64_t clock_edge(const struct clock *clock, uint64_t n);
/* Number of the last edge at or before time: whole cycles since the start. */
uint64_t clock_cycles_at(const struct clock *clock, uint64_t time);
/* Number of the first edge at or after time. */
uint64_t clock_next(const struct clock *clock, uint64_t time);
/* Edges in (start, end]; 0 where end <= start. */
uint64_t clock_cycles_between(const struct clock *clock, uint64_t start, uint64_t end);
/* Time of the edge `cycles` edges behind the first one at or after time. */
uint64_t clock_after(const struct clock *clock, uint64_t time, uint64_t cycles);

/* Ticks that cover a delay in seconds (rounded up), TIME_NEVER beyond TIME_MOST. */
uint64_t timebase_ticks(const struct timebase *timebase, struct ratio seconds);
/* Nearest double to the seconds of a time. */
double timebase_seconds(const struct timebase *timebase, uint64_t time);
/* Whole cycles of a clock that cover a delay in seconds (rounded up): at a clock of 1.6
 * GHz, 13.75 ns are 22 cycles. UINT64_MAX where they do not fit. */
uint64_t cycles_of_delay(struct ratio seconds, struct ratio hz);

#endif
