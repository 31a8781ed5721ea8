/* News of a long run, at most a few times a second. The library never prints: whoever wants
 * news supplies a function. progress_step may be called as often as there is something to
 * count; it looks at the clock once in a while and calls the function when the interval has
 * passed. Wall time decides only when news arrives, never a result. */
#ifndef SIM_KERNEL_PROGRESS_H
#define SIM_KERNEL_PROGRESS_H

#include <stdint.h>

struct progress {
    /* `done` of `total` steps (0: unknown) after so many seconds of wall time. NULL: silence.
     */
    void (*report)(void *context, uint64_t done, uint64_t total, double seconds);
    void *context;
    double interval_seconds; /* between two calls; 0 means 0.2 */
    uint64_t total, done;
    /* Its own. */
    double started, reported;
    uint64_t next_look; /* steps done at which the clock is looked at again */
    uint64_t stride;    /* steps between two looks; adapts to their speed */
};

void progress_start(struct progress *progress, uint64_t total);
void progress_step(struct progress *progress, uint64_t steps);

#endif
