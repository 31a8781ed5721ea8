/* What a memory file says about a DRAM: organisation, timing in clocks of its command clock,
 * and the policy of its controller. Filled from DRAM_PARAMS; dram_config_check derives the
 * rest. Terms and parameter names are JEDEC's. A memory file knows nothing of energy or price.
 */
#ifndef ARCH_MEMORY_DRAM_CONFIG_H
#define ARCH_MEMORY_DRAM_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/config/param.h"
#include "sim/kernel/error.h"
#include "sim/kernel/ratio.h"

enum dram_queue { QUEUE_PER_BANK, QUEUE_SHARED };
enum dram_page { PAGE_OPEN, PAGE_CLOSED };
/* AUTO: as the controller that `queue` chooses does; dram_config_check replaces it. */
enum dram_refresh {
    REFRESH_AUTO,
    REFRESH_STAGGERED,
    REFRESH_SIMULTANEOUS,
    REFRESH_PER_BANK,
    REFRESH_NONE
};

struct dram_config {
    const char *standard, *source;
    /* Organisation. A channel is bus_width bits; ranks share its data bus, pseudo channels
     * share only its command bus. row_bytes is what one activate opens across a rank. */
    int64_t channels, pseudo_channels, ranks, bank_groups, banks_per_group, rows;
    uint64_t row_bytes;
    int64_t bus_width, burst_length, burst_clocks;
    struct ratio clock_period; /* tCK, seconds */
    /* Timing, in clocks. */
    int64_t additive_latency, read_latency, write_latency; /* AL CL CWL */
    int64_t rcd_read, rcd_write, rp, ras, rc;
    int64_t ccd_short, ccd_long, ccd_short_write, ccd_long_write, rrd_short, rrd_long,
        wtr_short, wtr_long;
    int64_t faw, aw32, wr, rtp, ppd, rank_switch, read_to_write_gap;
    int64_t refresh_cycle, refresh_interval, refresh_cycle_bank, refresh_to_activate;
    int64_t activate_clocks, column_clocks;
    /* Policy. */
    const char *mapping;
    bool bank_hash;
    int queue, page, refresh;
    int64_t queue_depth, transaction_queue, write_buffer, drain_start, drain_stop, row_hit_cap;
    int64_t command_buses, accept_clocks;
    bool forward_writes;
    int merge_reads, precharge_all; /* 0 auto, 1 yes, 2 no */

    /* Derived by dram_config_check. */
    bool closes_together, merges_reads;
    uint64_t access_bytes; /* of one burst */
    uint64_t bytes;        /* whole memory */
    int64_t bursts_per_row;
    int64_t ranks_total; /* pseudo channels x ranks */
    int64_t banks_total; /* of one channel */
};

/* Least clocks from one command to the next, by where the second goes. `long` is within the
 * bank group, `short` elsewhere in the rank, `other` another rank on the same data bus. */
struct dram_timing {
    uint32_t act_act_bank, act_act_long, act_act_short, four_activates, many_activates;
    uint32_t act_read, act_write, act_precharge, act_refresh;
    uint32_t column_long, column_short, column_other, write_long, write_short;
    uint32_t read_write, read_write_other, read_precharge, read_activate;
    uint32_t write_read_long, write_read_short, write_read_other, write_precharge,
        write_activate;
    uint32_t read_refresh, write_refresh;
    uint32_t precharge_act, precharge_refresh, precharge_precharge;
    uint32_t refresh_act, refresh_interval, refresh_act_bank, refresh_act_other;
    uint32_t read_done, write_done; /* last data beat after the column command */
};

extern const struct param DRAM_PARAMS[];

/* Checks that the values fit together (powers of two, timing above zero, bounds that protect
 * the simulator) and fills the derived fields. `owner` starts the sentence. */
bool dram_config_check(struct dram_config *config, const char *owner, struct error *err);
struct dram_timing dram_timing_of(const struct dram_config *config);
/* Bytes per second when the data bus never rests, all channels. */
double dram_peak_bandwidth(const struct dram_config *config);

#endif
