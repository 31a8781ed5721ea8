#include "sim/report/report_twin.h"

#include <inttypes.h>
#include <math.h>

#include "sim/report/json.h"
#include "sim/report/report_text.h"
#include "sim/report/report_units.h"

/* "channels 64 -> 65, extent 224 -> 223" */
static const char *moves_text(const struct twin *twin, char text[128])
{
    int used = 0;
    text[0] = '\0';
    for (int i = 0; i < twin->move_count && used < 120; i++)
        used += snprintf(text + used, (size_t)(128 - used), "%s%s %" PRId64 " -> %" PRId64,
                         i ? ", " : "", TWIN_DIMENSION_NAMES[twin->moves[i].dimension],
                         twin->moves[i].from, twin->moves[i].to);
    return text;
}

void report_twin_table(const struct twin_result *result, FILE *out)
{
    enum { SHOWN = 8 };
    char text[128], unit[UNIT_TEXT_BYTES];
    fprintf(out, "%s on %s and %zu near twins (work within %.0f %%)\n\n", result->trace,
            result->chip, result->count, 100 * TWIN_WORK_TOLERANCE);
    fprintf(out, "  benchmark         %s, speed 1\n", unit_text(result->seconds, "s", unit));
    fprintf(out, "  median twin       %.3f of its speed\n", result->median);
    fprintf(out, "  10th percentile   %.3f  (generality score)\n", result->tenth);
    fprintf(out, "  worst twin        %.3f\n", result->worst);
    if (!isnan(result->stack))
        fprintf(out,
                "  stack             %.3f  (twins planned afresh over twins held to the "
                "benchmark's plans)\n",
                result->stack);
    fprintf(out, "\nmean speed of the twins that moved it\n");
    int hurts = -1;
    for (int i = 0; i < TWIN_DIMENSIONS; i++) {
        if (!result->moved[i])
            continue;
        fprintf(out, "  %-10s %6.3f   %zu twins\n", TWIN_DIMENSION_NAMES[i],
                result->by_dimension[i], result->moved[i]);
        if (hurts < 0 || result->by_dimension[i] < result->by_dimension[hurts])
            hurts = i;
    }
    if (hurts >= 0 && result->by_dimension[hurts] < 0.98)
        fprintf(out, "  %s hurts most\n", TWIN_DIMENSION_NAMES[hurts]);
    fprintf(out, "\nslowest twins\n");
    for (size_t i = result->count > SHOWN ? result->count - SHOWN : 0; i < result->count; i++)
        fprintf(out, "  %6.3f   %s\n", result->rows[i].speed,
                moves_text(&result->rows[i].twin, text));
}

void report_twin_json(const struct twin_result *result, FILE *out)
{
    char text[128];
    struct json json = json_begin(out);
    json_begin_object(&json, NULL);
    json_text(&json, "cleave", CLEAVE_VERSION);
    json_text(&json, "chip", result->chip);
    json_text(&json, "trace", result->trace);
    json_count(&json, "work", result->work);
    json_number(&json, "seconds", result->seconds);
    json_number(&json, "median", result->median);
    json_number(&json, "tenth_percentile", result->tenth);
    json_number(&json, "worst", result->worst);
    json_number(&json, "generality", result->tenth);
    json_number(&json, "stack", result->stack);
    json_begin_object(&json, "by_dimension");
    for (int i = 0; i < TWIN_DIMENSIONS; i++)
        if (result->moved[i])
            json_number(&json, TWIN_DIMENSION_NAMES[i], result->by_dimension[i]);
    json_end_object(&json);
    json_begin_array(&json, "twins");
    for (size_t i = 0; i < result->count; i++) {
        const struct twin_row *row = &result->rows[i];
        json_begin_object(&json, NULL);
        json_text(&json, "moves", moves_text(&row->twin, text));
        json_count(&json, "macs", row->twin.macs);
        json_count(&json, "ops", row->twin.ops);
        json_number(&json, "seconds", row->seconds);
        json_number(&json, "speed", row->speed);
        json_number(&json, "held_speed", row->held_speed);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    fputc('\n', out);
}

void report_twin_csv(const struct twin_result *result, FILE *out)
{
    char text[128];
    fputs("moves,macs,ops,seconds,speed,held_speed\n", out);
    for (size_t i = 0; i < result->count; i++) {
        const struct twin_row *row = &result->rows[i];
        report_cell(moves_text(&row->twin, text), out);
        fprintf(out, "%" PRIu64 ",%" PRIu64 ",", row->twin.macs, row->twin.ops);
        report_number(row->seconds, out);
        fputc(',', out);
        report_number(row->speed, out);
        fputc(',', out);
        report_number(row->held_speed, out);
        fputc('\n', out);
    }
}
