#include "sim/report/report_dram.h"

#include <math.h>

#include "sim/report/json.h"
#include "sim/report/report_text.h"
#include "sim/report/report_units.h"

static const char *const QUEUE_NAMES[] = {"per-bank", "shared"};

static double utilization(const struct dram_result *result)
{
    return result->bandwidth / result->peak_bandwidth;
}

static double joules_per_bit(const struct report_dram *report)
{
    double bits = 8 * (double)report->result->moved_bytes;
    return bits > 0 ? report->energy_j / bits : NAN;
}

static void print_latency(const struct report_dram *report, FILE *out)
{
    char text[UNIT_TEXT_BYTES];
    double cycles = report->result->mean_read_latency;
    double period = ratio_value(report->config->clock_period);
    fprintf(out, "mean read latency   ");
    if (isnan(cycles))
        fprintf(out, "no reads\n");
    else
        fprintf(out, "%.1f cycles, %s\n", cycles, unit_text(cycles * period, "s", text));
}

static void print_energy(const struct report_dram *report, FILE *out)
{
    char text[UNIT_TEXT_BYTES], each[UNIT_TEXT_BYTES];
    fprintf(out, "energy              ");
    if (isnan(report->energy_j))
        fprintf(out, "not known: no sourced price for this memory\n");
    else
        fprintf(
            out, "%s, %s/bit at %.1f %% of the peak\n", unit_text(report->energy_j, "J", text),
            unit_text(joules_per_bit(report), "J", each), 100 * utilization(report->result));
}

void report_dram_table(const struct report_dram *report, FILE *out)
{
    const struct dram_result *result = report->result;
    const struct dram_actions *actions = &result->actions;
    char a[UNIT_TEXT_BYTES + 8], b[UNIT_TEXT_BYTES], c[UNIT_TEXT_BYTES];
    fprintf(out, "%s (%s), %s\n", report->memory, report->config->standard, report->traffic);
    fprintf(out, "mapping             %s, queue %s\n", report->config->mapping,
            QUEUE_NAMES[report->config->queue]);
    fprintf(out, "requests            %s\n", count_text(result->requests, a));
    fprintf(out, "cycles              %s, %s\n", count_text(result->cycles, a),
            unit_text(result->seconds, "s", b));
    fprintf(out, "bandwidth           %s, %.1f %% of %s\n",
            unit_text(result->bandwidth, "B/s", b), 100 * utilization(result),
            unit_text(result->peak_bandwidth, "B/s", c));
    fprintf(out, "row hits            ");
    if (isnan(result->row_hit_rate))
        fprintf(out, "no column commands\n");
    else
        fprintf(out, "%.2f %%\n", 100 * result->row_hit_rate);
    print_latency(report, out);
    fprintf(out, "activates           %s\n", count_text(actions->activates, a));
    fprintf(out, "reads               %s\n", count_text(actions->reads, a));
    fprintf(out, "writes              %s\n", count_text(actions->writes, a));
    fprintf(out, "refreshes           %s\n",
            count_text(actions->refreshes + actions->bank_refreshes, a));
    print_energy(report, out);
}

void report_dram_json(const struct report_dram *report, FILE *out)
{
    const struct dram_result *result = report->result;
    const struct dram_actions *actions = &result->actions;
    struct json json = json_begin(out);
    json_begin_object(&json, NULL);
    json_text(&json, "cleave", report->version);
    json_text(&json, "memory", report->memory);
    json_text(&json, "traffic", report->traffic);
    json_text(&json, "mapping", report->config->mapping);
    json_text(&json, "queue", QUEUE_NAMES[report->config->queue]);
    json_count(&json, "requests", result->requests);
    json_count(&json, "cycles", result->cycles);
    json_number(&json, "seconds", result->seconds);
    json_number(&json, "bandwidth_bytes_per_s", result->bandwidth);
    json_number(&json, "peak_bytes_per_s", result->peak_bandwidth);
    json_number(&json, "utilization", utilization(result));
    json_number(&json, "row_hit_rate", result->row_hit_rate);
    json_number(&json, "mean_read_latency_cycles", result->mean_read_latency);
    json_number(&json, "energy_j", report->energy_j);
    json_number(&json, "energy_j_per_bit", joules_per_bit(report));
    json_begin_object(&json, "actions");
    json_count(&json, "activate", actions->activates);
    json_count(&json, "precharge", actions->precharges);
    json_count(&json, "read", actions->reads);
    json_count(&json, "write", actions->writes);
    json_count(&json, "refresh", actions->refreshes);
    json_count(&json, "bank_refresh", actions->bank_refreshes);
    json_count(&json, "standby_active_clocks", actions->active_clocks);
    json_count(&json, "standby_precharged_clocks", actions->idle_clocks);
    json_end_object(&json);
    json_begin_array(&json, "warnings");
    if (isnan(report->energy_j))
        json_text(&json, NULL, "energy_j: no sourced price for this memory");
    json_end_array(&json);
    json_end_object(&json);
    fputc('\n', out);
}

void report_dram_csv(const struct report_dram *report, FILE *out)
{
    const struct dram_result *result = report->result;
    fprintf(out, "memory,traffic,mapping,requests,cycles,seconds,bandwidth_bytes_per_s,"
                 "utilization,row_hit_rate,mean_read_latency_cycles,energy_j\n");
    report_cell(report->memory, out);
    report_cell(report->traffic, out);
    report_cell(report->config->mapping, out);
    fprintf(out, "%llu,%llu,", (unsigned long long)result->requests,
            (unsigned long long)result->cycles);
    const double values[] = {result->seconds,           result->bandwidth,
                             utilization(result),       result->row_hit_rate,
                             result->mean_read_latency, report->energy_j};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (i > 0)
            fputc(',', out);
        report_number(values[i], out);
    }
    fputc('\n', out);
}
