#include "sim/report/timeline.h"

#include <inttypes.h>
#include <string.h>

#include "sim/report/report_text.h"

void timeline_begin(struct timeline *timeline, FILE *out, uint64_t most)
{
    *timeline = (struct timeline){.out = out, .most = most};
    fputs("{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n", out);
    fputs("{\"name\": \"process_name\", \"ph\": \"M\", \"pid\": 1, \"args\": {\"name\": "
          "\"cleave\"}}",
          out);
}

/* Its number; tracks beyond the last share it. */
static int find_track(struct timeline *timeline, const char *track)
{
    for (int i = 0; i < timeline->track_count; i++)
        if (strncmp(timeline->tracks[i], track, sizeof timeline->tracks[i] - 1) == 0)
            return i;
    if (timeline->track_count == TIMELINE_TRACKS_MAX)
        return TIMELINE_TRACKS_MAX - 1;
    int made = timeline->track_count++;
    snprintf(timeline->tracks[made], sizeof timeline->tracks[made], "%s", track);
    fprintf(timeline->out,
            ",\n{\"name\": \"thread_name\", \"ph\": \"M\", \"pid\": 1, \"tid\": %d, \"args\": "
            "{\"name\": ",
            made);
    report_json_text(track, timeline->out);
    fputs("}}", timeline->out);
    return made;
}

void timeline_span(struct timeline *timeline, const char *track, const char *name,
                   double start_s, double end_s)
{
    if (timeline->written == timeline->most) {
        timeline->left_out++;
        return;
    }
    timeline->written++;
    int number = find_track(timeline, track);
    fputs(",\n{\"ph\": \"X\", \"pid\": 1, \"tid\": ", timeline->out);
    fprintf(timeline->out, "%d, \"name\": ", number);
    report_json_text(name, timeline->out);
    fputs(", \"ts\": ", timeline->out);
    report_number(start_s * 1e6, timeline->out);
    fputs(", \"dur\": ", timeline->out);
    report_number((end_s - start_s) * 1e6, timeline->out);
    fputc('}', timeline->out);
}

void timeline_end(struct timeline *timeline)
{
    fprintf(timeline->out,
            "\n], \"otherData\": {\"events_written\": %" PRIu64
            ", \"events_left_out\": %" PRIu64 "}}\n",
            timeline->written, timeline->left_out);
}
