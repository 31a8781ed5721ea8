#include "arch/memory/dram_config.h"

#include <stddef.h>

#define AT(field) offsetof(struct dram_config, field)
#define CLOCKS(name, field, least, fallback, meaning)                                          \
    {                                                                                          \
        name, PARAM_COUNT, UNIT_NONE, AT(field), fallback, least, 1000000, NULL, meaning       \
    }

static const char *const QUEUES[] = {"per-bank", "shared", NULL};
static const char *const SWITCHES[] = {"auto", "yes", "no", NULL};
static const char *const PAGES[] = {"open", "closed", NULL};
static const char *const REFRESHES[] = {"auto",     "rank-staggered", "rank-simultaneous",
                                        "per-bank", "none",           NULL};

const struct param DRAM_PARAMS[] = {
    {"standard", PARAM_TEXT, UNIT_NONE, AT(standard), NULL, 0, 0, NULL,
     "name of the standard and speed grade"},
    {"source", PARAM_TEXT, UNIT_NONE, AT(source), NULL, 0, 0, NULL,
     "where the values come from"},
    {"channels", PARAM_COUNT, UNIT_NONE, AT(channels), "1", 1, 1024, NULL,
     "independent channels, a power of two"},
    {"pseudo_channels", PARAM_COUNT, UNIT_NONE, AT(pseudo_channels), "1", 1, 16, NULL,
     "data buses that share a channel's command bus"},
    {"ranks", PARAM_COUNT, UNIT_NONE, AT(ranks), "1", 1, 64, NULL, "ranks on one data bus"},
    {"bank_groups", PARAM_COUNT, UNIT_NONE, AT(bank_groups), "1", 1, 64, NULL,
     "bank groups of a rank (1: no groups, the short timings hold)"},
    {"banks_per_group", PARAM_COUNT, UNIT_NONE, AT(banks_per_group), NULL, 1, 256, NULL,
     "banks of a group"},
    {"rows", PARAM_COUNT, UNIT_NONE, AT(rows), NULL, 1, 1 << 24, NULL, "rows of a bank"},
    {"row_bytes", PARAM_BYTES, UNIT_BYTE, AT(row_bytes), NULL, 8, 1 << 20, NULL,
     "bytes that one activate opens across the rank"},
    {"bus_width", PARAM_COUNT, UNIT_NONE, AT(bus_width), NULL, 4, 4096, NULL,
     "data bits of a channel, or of a pseudo channel"},
    {"burst_length", PARAM_COUNT, UNIT_NONE, AT(burst_length), NULL, 1, 256, NULL,
     "beats of one column access"},
    CLOCKS("burst_clocks", burst_clocks, 1, NULL, "clocks that one access holds the data bus"),
    {"tCK", PARAM_RATIO, UNIT_SECOND, AT(clock_period), NULL, 1e-12, 1e-6, NULL,
     "period of the command clock"},
    CLOCKS("AL", additive_latency, 0, "0", "additive latency"),
    CLOCKS("CL", read_latency, 1, NULL, "read command to first data"),
    CLOCKS("CWL", write_latency, 1, NULL, "write command to first data"),
    CLOCKS("tRCD", rcd_read, 1, NULL, "activate to read (and write, unless tRCD_WR is set)"),
    CLOCKS("tRCD_WR", rcd_write, 0, "0", "activate to write; 0: as tRCD"),
    CLOCKS("tRP", rp, 1, NULL, "precharge to activate"),
    CLOCKS("tRAS", ras, 1, NULL, "activate to precharge"),
    CLOCKS("tRC", rc, 0, "0", "activate to activate of a bank; 0: tRAS + tRP"),
    CLOCKS("tCCD_S", ccd_short, 1, NULL, "column to column command, other bank group"),
    CLOCKS("tCCD_L", ccd_long, 1, NULL, "column to column command, same bank group"),
    CLOCKS("tCCD_S_WR", ccd_short_write, 0, "0", "tCCD_S between writes; 0: as tCCD_S"),
    CLOCKS("tCCD_L_WR", ccd_long_write, 0, "0", "tCCD_L between writes; 0: as tCCD_L"),
    CLOCKS("tRRD_S", rrd_short, 1, NULL, "activate to activate, other bank group"),
    CLOCKS("tRRD_L", rrd_long, 1, NULL, "activate to activate, same bank group"),
    CLOCKS("tWTR_S", wtr_short, 0, NULL, "end of write data to read, other bank group"),
    CLOCKS("tWTR_L", wtr_long, 0, NULL, "end of write data to read, same bank group"),
    CLOCKS("tFAW", faw, 0, NULL, "window that holds at most four activates of a rank"),
    CLOCKS("t32AW", aw32, 0, "0", "window that holds at most 32 activates; 0: none"),
    CLOCKS("tWR", wr, 1, NULL, "end of write data to precharge"),
    CLOCKS("tRTP", rtp, 1, NULL, "read to precharge"),
    CLOCKS("tPPD", ppd, 0, "0", "precharge to precharge of another bank; 0: none"),
    CLOCKS("tRTRS", rank_switch, 0, "1", "data bus idle between two ranks"),
    CLOCKS("read_to_write_gap", read_to_write_gap, -1, "-1",
           "data bus idle between read and write data of a rank; -1: tRTRS (per-bank), 2 "
           "(shared)"),
    CLOCKS("tRFC", refresh_cycle, 1, NULL, "all-bank refresh to activate"),
    CLOCKS("tREFI", refresh_interval, 1, NULL, "mean interval of all-bank refreshes of a rank"),
    CLOCKS("tRFCpb", refresh_cycle_bank, 0, "0", "per-bank refresh to activate; 0: as tRFC"),
    CLOCKS("tRREFD", refresh_to_activate, 0, "0",
           "per-bank refresh to activate of another bank; 0: as tRRD_S"),
    CLOCKS("activate_clocks", activate_clocks, 1, "1",
           "clocks that an activate holds the row command bus"),
    CLOCKS("column_clocks", column_clocks, 1, "1",
           "clocks that a read or write holds the command bus"),
    {"mapping", PARAM_TEXT, UNIT_NONE, AT(mapping), NULL, 0, 0, NULL,
     "address bits above the burst, most significant first: two-letter fields ch pc ra bg ba "
     "ro "
     "co, a field may be split as in ro ba co4 ch co2 (all but one part with their bits)"},
    {"bank_hash", PARAM_BOOL, UNIT_NONE, AT(bank_hash), "no", 0, 0, NULL,
     "exclusive-or bank and bank group with the lowest row bits"},
    {"queue", PARAM_CHOICE, UNIT_NONE, AT(queue), "per-bank", 0, 0, QUEUES,
     "per-bank: command queues of the banks served in turn, fed from a transaction queue; "
     "shared: "
     "one read and one write buffer, oldest ready command first"},
    {"queue_depth", PARAM_COUNT, UNIT_NONE, AT(queue_depth), "8", 1, 4096, NULL,
     "entries of one bank's command queue (queue = per-bank)"},
    {"transaction_queue", PARAM_COUNT, UNIT_NONE, AT(transaction_queue), "32", 1, 65536, NULL,
     "reads of a channel that wait before the banks"},
    {"write_buffer", PARAM_COUNT, UNIT_NONE, AT(write_buffer), "32", 1, 65536, NULL,
     "writes of a channel that wait"},
    {"drain_start", PARAM_COUNT, UNIT_NONE, AT(drain_start), "0", 0, 65536, NULL,
     "writes waiting above which they go first; 0: 8 and banks idle (per-bank), 4/5 (shared)"},
    {"drain_stop", PARAM_COUNT, UNIT_NONE, AT(drain_stop), "0", 0, 65536, NULL,
     "writes waiting below which reads go first again (shared); 0: 1/5 of the buffer"},
    {"row_hit_cap", PARAM_COUNT, UNIT_NONE, AT(row_hit_cap), "-1", -1, 1000000, NULL,
     "row hits that may overtake an older miss of the bank; 0: any number, -1: 4 (per-bank), "
     "any "
     "(shared)"},
    {"page", PARAM_CHOICE, UNIT_NONE, AT(page), "open", 0, 0, PAGES,
     "open: rows stay open; closed: every access precharges"},
    {"refresh", PARAM_CHOICE, UNIT_NONE, AT(refresh), "auto", 0, 0, REFRESHES,
     "which banks are refreshed together; auto: rank-staggered (per-bank), rank-simultaneous "
     "(shared)"},
    {"precharge_all", PARAM_CHOICE, UNIT_NONE, AT(precharge_all), "auto", 0, 0, SWITCHES,
     "one command closes all banks before a refresh; auto: no (per-bank), yes (shared)"},
    {"command_buses", PARAM_COUNT, UNIT_NONE, AT(command_buses), "1", 1, 2, NULL,
     "2: a row and a column command in the same clock"},
    {"accept_clocks", PARAM_COUNT, UNIT_NONE, AT(accept_clocks), "-1", -1, 1000, NULL,
     "clocks until a write, or a read found in the write buffer, is answered; -1: 2 "
     "(per-bank), 0 "
     "(shared)"},
    {"merge_reads", PARAM_CHOICE, UNIT_NONE, AT(merge_reads), "auto", 0, 0, SWITCHES,
     "a read of a burst that another read already waits for takes no entry; auto: yes "
     "(per-bank), "
     "no (shared, where yes has no effect)"},
    {"forward_writes", PARAM_BOOL, UNIT_NONE, AT(forward_writes), "yes", 0, 0, NULL,
     "reads are answered from waiting writes, and writes to the same burst merge"},
    {0}};

static bool is_power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* What is left to the controller that `queue` chooses, as observed in DRAMsim3 (per-bank) and
 * Ramulator 2.1 (shared). */
static void resolve_policy(struct dram_config *config)
{
    bool is_shared = config->queue == QUEUE_SHARED;
    if (config->read_to_write_gap < 0)
        config->read_to_write_gap = is_shared ? 2 : config->rank_switch;
    if (config->row_hit_cap < 0)
        config->row_hit_cap = is_shared ? 0 : 4;
    if (config->accept_clocks < 0)
        config->accept_clocks = is_shared ? 0 : 2;
    if (config->refresh == REFRESH_AUTO)
        config->refresh = is_shared ? REFRESH_SIMULTANEOUS : REFRESH_STAGGERED;
    if (config->precharge_all == 0)
        config->precharge_all = is_shared ? 1 : 2;
    if (config->merge_reads == 0)
        config->merge_reads = is_shared ? 2 : 1;
    config->closes_together = config->precharge_all == 1;
    config->merges_reads = config->merge_reads == 1;
}

bool dram_config_check(struct dram_config *config, const char *owner, struct error *err)
{
    resolve_policy(config);
    const struct {
        const char *key;
        uint64_t value;
    } powers[] = {{"channels", (uint64_t)config->channels},
                  {"pseudo_channels", (uint64_t)config->pseudo_channels},
                  {"ranks", (uint64_t)config->ranks},
                  {"bank_groups", (uint64_t)config->bank_groups},
                  {"banks_per_group", (uint64_t)config->banks_per_group},
                  {"rows", (uint64_t)config->rows},
                  {"row_bytes", config->row_bytes}};
    for (size_t i = 0; i < sizeof powers / sizeof powers[0]; i++)
        if (!is_power_of_two(powers[i].value))
            return error_set(err, "%s%s is %llu, must be a power of two", owner, powers[i].key,
                             (unsigned long long)powers[i].value);
    uint64_t bits = (uint64_t)config->bus_width * (uint64_t)config->burst_length;
    if (bits % 8 != 0 || !is_power_of_two(bits / 8))
        return error_set(
            err,
            "%sbus_width x burst_length is %llu bits, must be a power-of-two number "
            "of bytes",
            owner, (unsigned long long)bits);
    config->access_bytes = bits / 8;
    if (config->row_bytes < config->access_bytes)
        return error_set(err, "%srow_bytes is %llu, must be at least one burst of %llu", owner,
                         (unsigned long long)config->row_bytes,
                         (unsigned long long)config->access_bytes);
    config->bursts_per_row = (int64_t)(config->row_bytes / config->access_bytes);
    config->ranks_total = config->pseudo_channels * config->ranks;
    config->banks_total = config->ranks_total * config->bank_groups * config->banks_per_group;
    if (config->banks_total > 4096)
        return error_set(err, "%sa channel has %lld banks, must be at most 4096", owner,
                         (long long)config->banks_total);
    config->bytes = (uint64_t)(config->channels * config->banks_total) *
                    (uint64_t)config->rows * config->row_bytes;
    if (config->refresh != REFRESH_NONE && config->refresh_interval <= config->refresh_cycle)
        return error_set(err, "%stREFI is %lld, must be above tRFC (%lld)", owner,
                         (long long)config->refresh_interval, (long long)config->refresh_cycle);
    if (config->refresh == REFRESH_PER_BANK &&
        config->refresh_interval / config->banks_total * config->ranks_total < 1)
        return error_set(err, "%stREFI is %lld, must be at least the banks of a rank", owner,
                         (long long)config->refresh_interval);
    if (config->refresh == REFRESH_STAGGERED && config->refresh_interval < config->ranks_total)
        return error_set(err, "%stREFI is %lld, must be at least the number of ranks", owner,
                         (long long)config->refresh_interval);
    return true;
}

static uint32_t larger(int64_t a, int64_t b)
{
    return (uint32_t)(a > b ? a : b);
}

/* Timings are stated between the ends of commands. A command that takes several clocks is
 * recorded at its first: what follows it waits longer, what precedes it may be closer. */
struct dram_timing dram_timing_of(const struct dram_config *c)
{
    struct dram_timing t = {0};
    int64_t extra = c->activate_clocks - 1, tail = c->column_clocks - 1;
    int64_t read = c->additive_latency + c->read_latency;
    int64_t write = c->additive_latency + c->write_latency;
    int64_t burst = c->burst_clocks;
    bool grouped = c->bank_groups > 1;
    int64_t write_short = c->ccd_short_write > 0 ? c->ccd_short_write : c->ccd_short;
    int64_t write_long = c->ccd_long_write > 0 ? c->ccd_long_write : c->ccd_long;
    t.column_short = larger(burst, c->ccd_short);
    t.column_long = grouped ? larger(burst, c->ccd_long) : t.column_short;
    t.column_other = (uint32_t)(burst + c->rank_switch);
    t.write_short = larger(burst, write_short);
    t.write_long = grouped ? larger(burst, write_long) : t.write_short;
    t.act_act_bank = (uint32_t)(c->rc > 0 ? c->rc : c->ras + c->rp);
    t.act_act_short = larger(c->rrd_short, c->activate_clocks);
    t.act_act_long = grouped ? larger(c->rrd_long, c->activate_clocks) : t.act_act_short;
    t.four_activates = (uint32_t)c->faw;
    t.many_activates = (uint32_t)c->aw32;
    t.act_read = larger(c->rcd_read - c->additive_latency + extra - tail, 1);
    t.act_write = larger((c->rcd_write > 0 ? c->rcd_write : c->rcd_read) - c->additive_latency +
                             extra - tail,
                         1);
    t.act_precharge = (uint32_t)(c->ras + extra);
    /* That controller counts from the precharge, however soon after the activate it came. */
    t.act_refresh = c->queue == QUEUE_PER_BANK ? 0 : (uint32_t)(t.act_act_bank + extra);
    t.read_write = larger(read + burst + c->read_to_write_gap - write, 1);
    t.read_write_other = larger(read + burst + c->rank_switch - write, 1);
    t.read_precharge = (uint32_t)(c->additive_latency + c->rtp + tail);
    t.write_read_short = (uint32_t)(write + burst + c->wtr_short);
    t.write_read_long = grouped ? (uint32_t)(write + burst + c->wtr_long) : t.write_read_short;
    t.write_read_other = larger(write + burst + c->rank_switch - read, 1);
    t.write_precharge = (uint32_t)(write + burst + c->wr + tail);
    t.precharge_act = larger(c->rp - extra, 1);
    t.precharge_refresh = (uint32_t)c->rp;
    t.read_refresh = (uint32_t)(t.read_precharge + c->rp);
    /* The per-bank controller's model lets an auto-precharge wait for the burst to end. */
    t.read_activate =
        larger(t.read_refresh - extra + (c->queue == QUEUE_PER_BANK ? burst : 0), 1);
    t.write_refresh = (uint32_t)(t.write_precharge + c->rp);
    t.write_activate = larger(t.write_precharge + c->rp - extra, 1);
    t.precharge_precharge = (uint32_t)c->ppd;
    t.refresh_act = larger(c->refresh_cycle - extra, 1);
    t.refresh_act_bank = larger(
        (c->refresh_cycle_bank > 0 ? c->refresh_cycle_bank : c->refresh_cycle) - extra, 1);
    t.refresh_act_other =
        larger((c->refresh_to_activate > 0 ? c->refresh_to_activate : c->rrd_short) - extra, 1);
    t.refresh_interval = (uint32_t)c->refresh_interval;
    t.read_done = (uint32_t)(read + burst);
    t.write_done = (uint32_t)(write + burst);
    return t;
}

double dram_peak_bandwidth(const struct dram_config *config)
{
    double clocks = (double)config->burst_clocks;
    if ((double)config->ccd_short > clocks)
        clocks = (double)config->ccd_short;
    return (double)(config->channels * config->pseudo_channels) * (double)config->access_bytes /
           (clocks * ratio_value(config->clock_period));
}
