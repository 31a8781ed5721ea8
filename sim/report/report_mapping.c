#include "sim/report/report_mapping.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arch/mapping/mapping_file.h"

/* Operators with the same plan are shown once, under the first of them. */
static bool is_repeated(const struct run_result *result, size_t index)
{
    const char *mapping = result->operators[index].record.mapping;
    for (size_t i = 0; i < index; i++)
        if (result->operators[i].record.nest &&
            strcmp(result->operators[i].record.mapping, mapping) == 0)
            return true;
    return false;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void print_gaps(const struct run_result *result, FILE *out)
{
    double *gaps = malloc((result->operator_count + 1) * sizeof *gaps);
    size_t count = 0;
    fprintf(out, "# closed-form estimate beside the event simulation\n");
    fprintf(out, "# %5s  %-32s %12s %12s %8s %14s %14s\n", "index", "operator", "estimate",
            "events", "gap", "bytes", "moved");
    for (size_t i = 0; i < result->operator_count; i++) {
        const struct operator_record *record = &result->operators[i].record;
        if (record->estimate_cycles <= 0 || record->cycles == 0)
            continue;
        double gap = (double)record->cycles / record->estimate_cycles - 1;
        fprintf(out, "# %5" PRIu64 "  %-32.32s %12.0f %12" PRIu64 " %7.1f%%", record->index,
                record->name, record->estimate_cycles, record->cycles, 100 * gap);
        fprintf(out, " %14.0f %14" PRIu64 "\n", record->estimate_bytes,
                record->dram_read_bytes + record->dram_write_bytes);
        if (gaps)
            gaps[count++] = fabs(gap);
    }
    if (count) {
        qsort(gaps, count, sizeof *gaps, by_value);
        fprintf(out, "# gap: median %.1f %%, worst %.1f %% of %zu operators\n",
                100 * gaps[count / 2], 100 * gaps[count - 1], count);
    }
    free(gaps);
}

/* nest_print's page with a number sign in front of every line. */
static void print_page(const struct nest *nest, FILE *out)
{
    char *text = NULL;
    size_t size = 0;
    FILE *page = open_memstream(&text, &size);
    if (!page)
        return;
    nest_print(nest, page);
    fclose(page);
    for (char *line = text, *end; line && *line; line = end) {
        end = strchr(line, '\n');
        end = end ? end + 1 : line + strlen(line);
        fprintf(out, "#   %.*s", (int)(end - line), line);
    }
    free(text);
}

/* What re-ranking looked at: the candidates within 2 % of the best, played alone. */
static void print_ranking(const struct plan_ranking *ranking, FILE *out)
{
    fprintf(out, "#   candidates played alone, of %" PRIu32 " within 2 %% (core cycles):\n",
            ranking->count);
    for (uint32_t i = 0; i < ranking->count; i++) {
        const struct plan_played *played = &ranking->candidates[i];
        fprintf(out, "#   %c estimate %.0f, ", i == ranking->chosen ? '*' : ' ',
                played->estimate_cycles);
        if (played->cycles)
            fprintf(out, "played %" PRIu64, played->cycles);
        else
            fprintf(out, "stopped: far behind another");
        fprintf(out, ": %s\n", played->description);
    }
}

/* What the searches and the re-ranking came to, over all operators with a nest. */
static void print_searches(const struct run_result *result, FILE *out)
{
    size_t count = 0, complete = 0, played = 0, changed = 0;
    double worst = 0;
    for (size_t i = 0; i < result->operator_count; i++) {
        const struct operator_record *record = &result->operators[i].record;
        const struct plan_ranking *ranking = record->ranking;
        if (!record->nest)
            continue;
        count++;
        complete += record->is_search_complete;
        worst = record->search_gap > worst ? record->search_gap : worst;
        played += ranking != NULL;
        changed += ranking && ranking->chosen > 0;
    }
    if (!count)
        return;
    fprintf(out, "# search: complete for %zu of %zu operators, worst bound gap %.1f %%\n",
            complete, count, 100 * worst);
    fprintf(out,
            "# candidates: %zu operators had some played, %zu took another than the model's "
            "first\n",
            played, changed);
}

void report_mapping(const struct run_result *result, FILE *out)
{
    for (size_t i = 0; i < result->operator_count; i++) {
        const struct operator_record *record = &result->operators[i].record;
        if (!record->nest) {
            if (record->mapping[0] && record->cycles)
                fprintf(out, "\n# %s: %s on %s: %s\n", record->name, record->op, record->core,
                        record->mapping);
            continue;
        }
        if (!is_repeated(result, i)) {
            fprintf(out, "\n# %s on %s, search: %s", record->op, record->core,
                    record->is_search_complete ? "complete" : "bound gap");
            if (!record->is_search_complete)
                fprintf(out, " %.1f %%", 100 * record->search_gap);
            fputc('\n', out);
            print_page(record->nest, out);
            if (record->ranking)
                print_ranking(record->ranking, out);
        }
        mapping_file_write(out, record->name, 0, record->mapping);
    }
    fputc('\n', out);
    print_searches(result, out);
    print_gaps(result, out);
}
