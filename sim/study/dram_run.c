#include "sim/study/dram_run.h"

#include <math.h>

struct driver {
    const struct dram_config *config;
    const struct dram_map *map;
    struct dram_channel **channels;
    uint8_t offset_bits;
};

static uint64_t accept(struct driver *driver, const struct dram_request_line *line,
                       uint64_t clock)
{
    struct dram_place place = dram_map_place(driver->map, line->address);
    struct dram_channel *channel = driver->channels[place.channel];
    struct dram_offer offer = {.burst = line->address >> driver->offset_bits,
                               .bank = place.bank,
                               .row = place.row,
                               .is_write = line->is_write};
    dram_channel_run(channel, clock);
    while (!dram_channel_offer(channel, &offer))
        clock = dram_channel_step(channel);
    return clock;
}

static void drain(struct dram_channel *channel)
{
    while (dram_channel_totals(channel)->reads_done < dram_channel_totals(channel)->reads)
        dram_channel_step(channel);
}

static void add_totals(struct dram_totals *sum, const struct dram_totals *one)
{
    sum->reads += one->reads;
    sum->writes += one->writes;
    sum->merged += one->merged;
    sum->forwarded += one->forwarded;
    sum->row_hits += one->row_hits;
    sum->row_misses += one->row_misses;
    sum->row_conflicts += one->row_conflicts;
    sum->read_latency_clocks += one->read_latency_clocks;
    sum->reads_done += one->reads_done;
    sum->last_done = one->last_done > sum->last_done ? one->last_done : sum->last_done;
}

static struct dram_result collect(const struct driver *driver, uint64_t granule)
{
    struct dram_result result = {0};
    int64_t channels = driver->config->channels;
    for (int64_t i = 0; i < channels; i++)
        drain(driver->channels[i]);
    for (int64_t i = 0; i < channels; i++)
        add_totals(&result.totals, dram_channel_totals(driver->channels[i]));
    result.cycles = result.totals.last_done + 1;
    for (int64_t i = 0; i < channels; i++) {
        dram_channel_run(driver->channels[i], result.totals.last_done);
        struct dram_actions actions = dram_channel_actions(driver->channels[i], result.cycles);
        dram_actions_add(&result.actions, &actions);
    }
    result.reads = result.totals.reads;
    result.requests = result.reads + result.totals.writes;
    result.seconds = (double)result.cycles * ratio_value(driver->config->clock_period);
    /* What crossed the data buses: reads that were merged or found in a write moved nothing,
     * and writes that wait in a buffer at the end have not moved yet. */
    result.moved_bytes = (result.actions.reads + result.actions.writes) * granule;
    result.bandwidth = (double)result.moved_bytes / result.seconds;
    result.peak_bandwidth = dram_peak_bandwidth(driver->config);
    /* Per-bank queues count column commands that found their row used, shared buffers count
     * requests by the state of their bank when first considered. */
    uint64_t looked =
        driver->config->queue == QUEUE_SHARED
            ? result.totals.row_hits + result.totals.row_misses + result.totals.row_conflicts
            : result.actions.reads + result.actions.writes;
    result.row_hit_rate = looked > 0 ? (double)result.totals.row_hits / (double)looked : NAN;
    result.mean_read_latency =
        result.reads > 0 ? (double)result.totals.read_latency_clocks / (double)result.reads
                         : NAN;
    return result;
}

struct dram_result dram_run(struct arena *arena, const struct dram_config *config,
                            const struct dram_map *map, const struct dram_pattern *pattern)
{
    struct driver driver = {.config = config, .map = map, .offset_bits = map->offset_bits};
    driver.channels = arena_array(arena, (size_t)config->channels, sizeof *driver.channels);
    for (int64_t i = 0; i < config->channels; i++)
        driver.channels[i] = dram_channel_make(arena, config, NULL, NULL);
    uint64_t clock = 0;
    for (uint64_t i = 0; i < pattern->n; i++) {
        struct dram_request_line line = dram_pattern_line(pattern, i);
        if (line.arrival > clock)
            clock = line.arrival;
        clock = accept(&driver, &line, clock);
    }
    /* A request moves one burst, however long its granule. */
    bool is_part = pattern->granule > 0 && pattern->granule < config->access_bytes;
    return collect(&driver, is_part ? pattern->granule : config->access_bytes);
}
