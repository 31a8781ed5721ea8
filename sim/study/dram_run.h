/* Memory traffic alone: a pattern or a file of requests through the channels of one memory,
 * offered strictly in order, as fast as accepted or paced. Patterns and their address formulas
 * are those of the reference traces: `KIND:key=value,...` with KIND one of seq stride rand
 * triad gather tile mixed and keys n granule footprint write_pct gap_num gap_den seed stride
 * record width pitch height percent (bytes, or counts; sizes take units as elsewhere). */
#ifndef SIM_STUDY_DRAM_RUN_H
#define SIM_STUDY_DRAM_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/memory/dram_channel.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"

enum dram_pattern_kind {
    PATTERN_SEQ,
    PATTERN_STRIDE,
    PATTERN_RAND,
    PATTERN_TRIAD,
    PATTERN_GATHER,
    PATTERN_TILE,
    PATTERN_MIXED,
    PATTERN_FILE
};

struct dram_pattern {
    int kind;
    uint64_t n, granule, footprint, write_pct, gap_num, gap_den, seed;
    uint64_t stride, record, width, pitch, height, percent;
    /* PATTERN_FILE; arrays of n. */
    const uint64_t *addresses, *arrivals;
    const bool *writes;
};

struct dram_request_line {
    uint64_t address, arrival;
    bool is_write;
};

struct dram_result {
    uint64_t requests, reads, cycles;
    uint64_t moved_bytes; /* that the data buses moved for the requests */
    double seconds, bandwidth,
        peak_bandwidth;                     /* bytes moved per second; never above the peak */
    double row_hit_rate, mean_read_latency; /* cycles, from acceptance to data */
    struct dram_totals totals;
    struct dram_actions actions;
};

/* Is the text a pattern ("KIND" or "KIND:...") rather than the name of a file? */
bool dram_pattern_named(const char *text);
/* A granule of 0 is the memory's burst. */
bool dram_pattern_parse(const char *text, const struct dram_config *config,
                        struct dram_pattern *pattern, struct error *err);
/* Lines `0xADDRESS READ|WRITE CYCLE`, cycles never falling; plain or gzip. */
bool dram_pattern_load(struct arena *arena, const char *path, struct dram_pattern *pattern,
                       struct error *err);
/* Checks what the formulas divide by. */
bool dram_pattern_check(const struct dram_pattern *pattern, struct error *err);
struct dram_request_line dram_pattern_line(const struct dram_pattern *pattern, uint64_t index);

/* The pattern has been checked. Nothing can fail. */
struct dram_result dram_run(struct arena *arena, const struct dram_config *config,
                            const struct dram_map *map, const struct dram_pattern *pattern);

#endif
