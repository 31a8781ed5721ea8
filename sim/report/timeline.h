/* Chrome trace events: complete events ("X") only, one track per core and memory; opens in
 * Perfetto. Capped: what is left out is counted and said in the last event. */
#ifndef SIM_REPORT_TIMELINE_H
#define SIM_REPORT_TIMELINE_H

#include <stdint.h>
#include <stdio.h>

enum { TIMELINE_TRACKS_MAX = 64 };

struct timeline {
    FILE *out;
    uint64_t written, left_out, most; /* events */
    char tracks[TIMELINE_TRACKS_MAX][32];
    int track_count;
};

void timeline_begin(struct timeline *timeline, FILE *out, uint64_t most);
void timeline_span(struct timeline *timeline, const char *track, const char *name,
                   double start_s, double end_s);
void timeline_end(struct timeline *timeline);

#endif
