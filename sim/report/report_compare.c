#include "sim/report/report_compare.h"

#include <inttypes.h>
#include <math.h>

#include "sim/kernel/number.h"
#include "sim/report/json.h"
#include "sim/report/report_text.h"

static void print_known(double value, FILE *out)
{
    char text[NUMBER_TEXT_BYTES];
    fprintf(out, "%10s ", isnan(value) ? "unknown" : number_rounded(value, 4, text));
}

void report_compare_table(const struct comparison *comparison, FILE *out)
{
    fprintf(out, "%-16s %-12s %9s %10s  %s\n", "chip", "process", "clock MHz", "area mm2",
            "what was done to it");
    for (size_t r = 0; r < comparison->row_count; r++) {
        const struct compare_row *row = &comparison->rows[r];
        fprintf(out, "%-16s %-12s %9.0f ", row->chip, row->process, row->clock_hz / 1e6);
        print_known(row->area_mm2, out);
        fprintf(out, " %s\n", row->rule);
    }
    for (size_t i = 0; i < comparison->trace_count; i++) {
        fprintf(out, "\n%s\n  %-16s %10s %10s %10s %8s %8s %8s\n", comparison->traces[i].label,
                "chip", "seconds", "joules", "watts", "use %", "host %", "speed");
        for (size_t r = 0; r < comparison->row_count; r++) {
            const struct compare_cell *cell = &comparison->rows[r].cells[i];
            char speed[NUMBER_TEXT_BYTES];
            fprintf(out, "  %-16s ", comparison->rows[r].chip);
            print_known(cell->seconds, out);
            print_known(cell->energy_j, out);
            print_known(cell->power_w, out);
            fprintf(out, "%8.1f %8.1f %7sx\n", 100 * cell->utilization,
                    100 * cell->fallback_share, number_rounded(cell->speed, 4, speed));
        }
    }
    if (comparison->trace_count > 1) {
        fprintf(out, "\nspeed over %s, geometric mean of all traces\n",
                comparison->rows[0].chip);
        for (size_t r = 0; r < comparison->row_count; r++)
            fprintf(out, "  %-16s %7.4gx\n", comparison->rows[r].chip,
                    comparison->rows[r].speed);
    }
}

void report_compare_json(const struct comparison *comparison, const char *version, FILE *out)
{
    struct json json = json_begin(out);
    json_begin_object(&json, NULL);
    json_text(&json, "cleave", version);
    json_begin_array(&json, "chips");
    for (size_t r = 0; r < comparison->row_count; r++) {
        const struct compare_row *row = &comparison->rows[r];
        json_begin_object(&json, NULL);
        json_text(&json, "chip", row->chip);
        json_text(&json, "process", row->process);
        json_text(&json, "rule", row->rule);
        json_number(&json, "scale", row->scale);
        json_number(&json, "clock_factor", row->clock_factor);
        json_number(&json, "main_clock_hz", row->clock_hz);
        json_number(&json, "area_mm2", row->area_mm2);
        json_number(&json, "transistors", row->transistors);
        json_number(&json, "speed", row->speed);
        json_begin_array(&json, "runs");
        for (size_t i = 0; i < comparison->trace_count; i++) {
            const struct compare_cell *cell = &row->cells[i];
            json_begin_object(&json, NULL);
            json_text(&json, "trace", comparison->traces[i].label);
            json_count(&json, "cycles", cell->cycles);
            json_number(&json, "seconds", cell->seconds);
            json_number(&json, "energy_j", cell->energy_j);
            json_number(&json, "power_w", cell->power_w);
            json_count(&json, "macs", cell->macs);
            json_number(&json, "utilization", cell->utilization);
            json_number(&json, "fallback_share", cell->fallback_share);
            json_number(&json, "speed", cell->speed);
            json_end_object(&json);
        }
        json_end_array(&json);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    fputc('\n', out);
}

void report_compare_csv(const struct comparison *comparison, FILE *out)
{
    fputs(
        "chip,trace,process,scale,clock_factor,main_clock_hz,area_mm2,cycles,seconds,energy_j,"
        "power_w,utilization,fallback_share,speed,rule\n",
        out);
    for (size_t r = 0; r < comparison->row_count; r++)
        for (size_t i = 0; i < comparison->trace_count; i++) {
            const struct compare_row *row = &comparison->rows[r];
            const struct compare_cell *cell = &row->cells[i];
            const double numbers[] = {
                row->scale,           row->clock_factor,    row->clock_hz,  row->area_mm2,
                (double)cell->cycles, cell->seconds,        cell->energy_j, cell->power_w,
                cell->utilization,    cell->fallback_share, cell->speed};
            report_cell(row->chip, out);
            report_cell(comparison->traces[i].label, out);
            report_cell(row->process, out);
            for (size_t n = 0; n < sizeof numbers / sizeof numbers[0]; n++) {
                report_number(numbers[n], out);
                fputc(',', out);
            }
            report_last_cell(row->rule, out);
        }
}
