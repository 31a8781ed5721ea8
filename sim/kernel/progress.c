#include "sim/kernel/progress.h"

#include <stddef.h>
#include <time.h>

static const double DEFAULT_INTERVAL_SECONDS = 0.2;

static double wall_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double interval(const struct progress *progress)
{
    return progress->interval_seconds > 0 ? progress->interval_seconds
                                          : DEFAULT_INTERVAL_SECONDS;
}

void progress_start(struct progress *progress, uint64_t total)
{
    progress->total = total;
    progress->done = 0;
    progress->stride = progress->next_look = 1;
    progress->started = progress->reported = progress->report ? wall_seconds() : 0;
}

void progress_step(struct progress *progress, uint64_t steps)
{
    progress->done += steps;
    if (!progress->report || progress->done < progress->next_look)
        return;
    double now = wall_seconds(), passed = now - progress->reported;
    if (passed >= interval(progress)) {
        progress->reported = now;
        progress->report(progress->context, progress->done, progress->total,
                         now - progress->started);
    }
    /* About ten looks an interval: steps that turn out slow halve the stride, fast ones double
     * it. */
    if (passed > interval(progress) / 2 && progress->stride > 1)
        progress->stride /= 2;
    else if (passed < interval(progress) / 10)
        progress->stride *= 2;
    progress->next_look = progress->done + progress->stride;
}
