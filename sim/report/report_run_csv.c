#include <inttypes.h>

#include "sim/report/report_run.h"
#include "sim/report/report_text.h"

static const char *const COLUMNS[] = {"trace",
                                      "index",
                                      "name",
                                      "op",
                                      "core",
                                      "mapped_as",
                                      "precision",
                                      "start_cycle",
                                      "cycles",
                                      "compute_cycles",
                                      "seconds",
                                      "energy_j",
                                      "macs",
                                      "ops",
                                      "utilization",
                                      "bound",
                                      "dram_read_bytes",
                                      "dram_write_bytes",
                                      "mapping"};

static void count_cell(uint64_t value, FILE *out)
{
    fprintf(out, "%" PRIu64 ",", value);
}

static void number_cell(double value, FILE *out)
{
    report_number(value, out);
    fputc(',', out);
}

void report_run_csv_header(FILE *out)
{
    for (size_t i = 0; i < sizeof COLUMNS / sizeof COLUMNS[0]; i++)
        fprintf(out, "%s,", COLUMNS[i]);
    for (int i = 0; i < REASON_COUNT; i++)
        fprintf(out, "account.%s%s", REASONS[i].name, i < REASON_COUNT - 1 ? "," : "\n");
}

void report_run_csv_operator(const struct run_result *result, const struct run_operator *op,
                             FILE *out)
{
    const struct operator_record *record = &op->record;
    const struct cycle_account *account = &record->account;
    char format[16];
    number_format_name(record->precision, format);
    report_cell(result->trace, out);
    count_cell(record->index, out);
    report_cell(record->name, out);
    report_cell(record->op, out);
    report_cell(record->core, out);
    report_cell(record->mapped_as, out);
    report_cell(format, out);
    count_cell(record->start_cycle, out);
    count_cell(record->cycles, out);
    count_cell(record->cycles - cycle_account_class(account, CLASS_MEMORY) -
                   cycle_account_class(account, CLASS_HOST) -
                   cycle_account_class(account, CLASS_IDLE),
               out);
    number_cell(op->seconds, out);
    number_cell(op->energy_j, out);
    count_cell(record->macs, out);
    count_cell(record->ops, out);
    number_cell(op->utilization, out);
    report_cell(REASON_CLASS_NAMES[op->bound], out);
    count_cell(record->dram_read_bytes, out);
    count_cell(record->dram_write_bytes, out);
    report_cell(record->mapping, out);
    for (int j = 0; j < REASON_COUNT; j++)
        fprintf(out, "%" PRIu64 "%s", account->cycles[j], j < REASON_COUNT - 1 ? "," : "\n");
}

void report_run_csv(const struct run_result *result, bool has_header, FILE *out)
{
    if (has_header)
        report_run_csv_header(out);
    for (size_t i = 0; i < result->operator_count; i++)
        report_run_csv_operator(result, &result->operators[i], out);
}
