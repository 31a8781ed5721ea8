#include "sim/report/report_run.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/report_units.h"

enum { LINE_COLUMNS = 100 };

static void print_head(const struct run_result *result, FILE *out)
{
    const struct play_totals *totals = &result->totals;
    char a[UNIT_TEXT_BYTES], b[UNIT_TEXT_BYTES], c[UNIT_TEXT_BYTES], n[UNIT_TEXT_BYTES + 8];
    fprintf(out, "%s on %s at %s", result->trace, result->chip->name, result->process->name);
    fprintf(out, "   (%" PRIu64 " operators, %s)\n\n", totals->operators,
            unit_text((double)totals->macs, "MAC", a));
    if (result->fallback_share > 0)
        fprintf(out, "fallback: %.1f %% of cycles on %s\n\n", 100 * result->fallback_share,
                result->chip->cores[result->chip->last_resort].core.name);
    fprintf(out, "  time         %-12s %s cycles at %s\n", unit_text(result->seconds, "s", a),
            count_text(totals->cycles, n),
            unit_text(ratio_value(result->chip->main_clock.hz), "Hz", b));
    double rate = result->seconds > 0 ? (double)totals->ops / result->seconds : 0;
    fprintf(out, "  speed        %-12s utilisation %.1f %% of %s\n", unit_text(rate, "op/s", a),
            100 * result->utilization,
            unit_text(totals->contraction_peak * ratio_value(result->chip->main_clock.hz),
                      "MAC/s", b));
    fprintf(out, "  energy       %-12s %s average power, %s per MAC%s\n",
            unit_text(attojoules_in_joules(result->bill.energy), "J", a),
            unit_text(result->bill.power_w, "W", b),
            unit_text(totals->macs
                          ? attojoules_in_joules(result->bill.energy) / (double)totals->macs
                          : NAN,
                      "J", c),
            result->bill.is_energy_known ? "" : "; parts without a source left out");
    fprintf(out, "  area         %.1f mm2      %s transistors, %s a good die%s\n",
            bill_area_mm2(&result->bill), unit_text(result->bill.transistors, "", a),
            isnan(result->bill.die.cost_usd)
                ? "unknown cost"
                : (snprintf(b, sizeof b, "%.2f USD", result->bill.die.cost_usd), b),
            result->bill.is_area_known ? "" : "; parts without a source left out");
    fprintf(out, "  main memory  %-12s read, %s written\n\n",
            bytes_text(totals->dram_read_bytes, a), bytes_text(totals->dram_write_bytes, b));
}

static void print_operator(const struct run_operator *op, FILE *out)
{
    char a[UNIT_TEXT_BYTES], b[UNIT_TEXT_BYTES], n[UNIT_TEXT_BYTES + 8];
    fprintf(out, "%5" PRIu64 "  %-22.22s %-17.17s %-7.7s %11s %9s %9s %5.1f%%  %s\n",
            op->record.index, op->record.name, op->record.op, op->record.core,
            count_text(op->record.cycles, n), unit_text(op->seconds, "s", a),
            unit_text(op->energy_j, "J", b), 100 * op->utilization,
            REASON_CLASS_NAMES[op->bound]);
}

/* The operators kept, those without cycles as one line, the rest as another. */
static void print_operators(const struct run_result *result, FILE *out)
{
    char n[UNIT_TEXT_BYTES + 8];
    fprintf(out, "%5s  %-22s %-17s %-7s %11s %9s %9s %6s  %s\n", "index", "operator", "kind",
            "core", "cycles", "time", "energy", "use", "bound by");
    uint64_t cycles = cycle_account_total(&result->lost), shown = 0, count = 0;
    for (size_t i = 0; i < result->operator_count; i++) {
        const struct run_operator *op = &result->operators[i];
        if (op->record.cycles == 0)
            continue;
        print_operator(op, out);
        shown += op->record.cycles;
        count++;
    }
    if (result->idle_operators)
        fprintf(out, "%5" PRIu64 "  operators fused into the one before, or views: no cycles\n",
                result->idle_operators);
    uint64_t rest = result->totals.operators - count - result->idle_operators;
    if (rest)
        fprintf(out, "%5" PRIu64 "  smaller operators together %32s\n", rest,
                count_text(cycles - shown, n));
    fputc('\n', out);
}

static void print_share(const char *name, const char *value, double share, FILE *out)
{
    fprintf(out, "  %-22.22s %11s %5.1f %%  ", name, value, 100 * share);
    for (int i = 0; i < (int)(share * 40 + 0.5); i++)
        fputc('#', out);
    fputc('\n', out);
}

static void print_bill(const struct run_result *result, FILE *out)
{
    char a[UNIT_TEXT_BYTES];
    double total = attojoules_in_joules(result->bill.energy);
    fprintf(out, "energy by component   (operations by table '%s')\n",
            result->process->options.tables);
    for (size_t i = 0; i < result->bill.component_count; i++) {
        double joules = attojoules_in_joules(run_component_energy(result, i));
        if (joules > 0)
            print_share(result->bill.components[i].name, unit_text(joules, "J", a),
                        total > 0 ? joules / total : 0, out);
    }
    double idle = attojoules_in_joules(run_idle_energy(result));
    if (idle > 0)
        print_share("idle", unit_text(idle, "J", a), total > 0 ? idle / total : 0, out);
    fprintf(out, "\narea by component\n");
    double area = bill_area_mm2(&result->bill);
    for (size_t i = 0; i < result->bill.component_count; i++) {
        double mm2 = (double)result->bill.components[i].area_nm2 * 1e-12;
        snprintf(a, sizeof a, "%.2f mm2", mm2);
        if (mm2 > 0)
            print_share(result->bill.components[i].name, a, area > 0 ? mm2 / area : 0, out);
    }
    fputc('\n', out);
}

/* Which ranks of components hold whatever table prices the operations. */
static void print_swaps(const struct run_result *result, FILE *out)
{
    enum { SHOWN = 5 };
    char a[UNIT_TEXT_BYTES];
    if (result->swap_count == 0)
        return;
    fprintf(out, "energy by table of operations   (ranks moved; largest components)\n");
    for (size_t i = 0; i < result->swap_count; i++) {
        const struct price_swap *row = &result->swaps[i];
        fprintf(out, "  %-16s %12s   %2zu  ", row->table,
                unit_text(attojoules_in_joules(row->energy), "J", a), row->moved);
        for (size_t k = 0; k < row->component_count && k < SHOWN; k++)
            fprintf(out, " %s", row->components[k]);
        fputc('\n', out);
    }
    fputc('\n', out);
}

/* What a user may try against each reason. */
static const char *advice(enum reason reason)
{
    switch (reason) {
    case REASON_FILL:
    case REASON_DRAIN:
        return "longer streams per fold: larger batch, or drain = overlapped";
    case REASON_WEIGHT_LOAD:
        return "more rows per weight tile (batch), or preload = double";
    case REASON_WEIGHT_WAIT:
        return "more memory bandwidth, larger batch, or weights kept on chip";
    case REASON_INPUT_WAIT:
        return "more memory bandwidth, or activations kept on chip";
    case REASON_OUTPUT_WAIT:
        return "more memory bandwidth, or results kept on chip";
    case REASON_RECONFIGURE:
        return "fewer, larger operators";
    case REASON_DEPENDENCY:
        return "more independent work per operator";
    case REASON_IMBALANCE:
        return "shapes that divide by the number of members";
    case REASON_PORT:
    case REASON_BANK_CONFLICT:
        return "wider paths or more banks";
    case REASON_NETWORK:
        return "wider links";
    case REASON_HOST:
        return "host.overlap = full, or a faster link";
    default:
        return "";
    }
}

static void print_lost(const struct run_result *result, FILE *out)
{
    char n[UNIT_TEXT_BYTES + 8];
    uint64_t total = cycle_account_total(&result->lost);
    bool is_listed[REASON_COUNT] = {false};
    fprintf(out, "where cycles went\n");
    print_share("work", count_text(result->lost.cycles[REASON_WORK], n),
                total ? (double)result->lost.cycles[REASON_WORK] / (double)total : 0, out);
    for (int place = 0; place < 3; place++) {
        int best = -1;
        for (int i = 0; i < REASON_COUNT; i++)
            if (i != REASON_WORK && !is_listed[i] && result->lost.cycles[i] &&
                (best < 0 || result->lost.cycles[i] > result->lost.cycles[best]))
                best = i;
        if (best < 0)
            break;
        is_listed[best] = true;
        print_share(REASONS[best].name, count_text(result->lost.cycles[best], n),
                    (double)result->lost.cycles[best] / (double)total, out);
        fprintf(out, "      %s; try: %s\n", REASONS[best].meaning, advice((enum reason)best));
    }
    fputc('\n', out);
}

/* A sentence under a head, wrapped at blanks. */
static void print_wrapped(const char *head, const char *text, FILE *out)
{
    int column = fprintf(out, "%s", head);
    while (*text) {
        int width = (int)strcspn(text, " ");
        if (column + width + 1 > LINE_COLUMNS)
            column = fprintf(out, "\n     ") - 1;
        column += fprintf(out, " %.*s", width, text);
        text += width;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

static bool is_among(const char *text, const char *const *texts)
{
    for (; *texts; texts++)
        if (strcmp(*texts, text) == 0)
            return true;
    return false;
}

/* A value that somebody wrote down and that changes nothing deserves its line; values by
 * default are counted, and --dump shows them all. */
static void print_values(const struct run_result *result, FILE *out)
{
    size_t defaults = 0;
    while (result->defaults[defaults])
        defaults++;
    for (const char *const *path = result->inactive; *path; path++)
        if (!is_among(*path, result->defaults))
            fprintf(out, "inactive: %s is set, but has no effect here\n", *path);
    if (defaults)
        fprintf(out, "defaults: %zu values (--dump shows them)\n", defaults);
}

void report_run_table(const struct run_result *result, FILE *out)
{
    print_head(result, out);
    print_operators(result, out);
    print_lost(result, out);
    print_bill(result, out);
    print_swaps(result, out);
    print_values(result, out);
    for (size_t i = 0; i < result->warning_count; i++)
        print_wrapped("note:", result->warnings[i], out);
}
