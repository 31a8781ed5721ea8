/* cleave trace show FILE [--format table|json|csv]: csv has one operator a row, for a roofline.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/cli/trace_command.h"
#include "sim/kernel/number.h"
#include "sim/report/json.h"
#include "traces/trace_summary.h"

/* "1.23 G": three digits and a decimal prefix. */
static const char *scaled(double value, char text[24])
{
    static const char *const PREFIXES[] = {"", "k", "M", "G", "T", "P", "E"};
    int prefix = 0;
    while (value >= 999.5 && prefix < 6) {
        value /= 1000;
        prefix++;
    }
    int digits = prefix == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    snprintf(text, 24, "%.*f %s", digits, value, PREFIXES[prefix]);
    return text;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

static uint64_t bytes_of(struct operator_work work)
{
    return work.read_bytes + work.written_bytes;
}

static void print_head(const char *path, const struct trace_summary *t)
{
    char a[24], b[24];
    printf("%s: %llu operators, %llu tensors\n\n", path,
           (unsigned long long)t->counts.operators, (unsigned long long)t->counts.tensors);
    printf("  multiply-accumulates %s (%llu)\n", scaled((double)t->total.macs, a),
           (unsigned long long)t->total.macs);
    printf("  operations           %s\n", scaled((double)t->total.ops, a));
    printf("  parameters           %s (%llu, %sB)\n", scaled((double)t->parameters, a),
           (unsigned long long)t->parameters, scaled((double)t->parameter_bytes, b));
    printf("  bytes                %sB read, %sB written: every tensor once per use\n",
           scaled((double)t->total.read_bytes, a), scaled((double)t->total.written_bytes, b));
    printf("  inputs, results      %sB, %sB", scaled((double)t->input_bytes, a),
           scaled((double)t->output_bytes, b));
    if (t->state_bytes)
        printf("; state %sB", scaled((double)t->state_bytes, a));
    printf(
        "\n  peak memory          %sB of values between operators, at operator %llu '%s'\n\n",
        scaled((double)t->peak_bytes, a), (unsigned long long)t->peak_index, t->peak_name);
}

static void print_kinds(const struct trace_summary *t)
{
    char macs[24], ops[24], bytes[24];
    printf("  %-24s %8s %10s %10s %6s %10s %9s\n", "kind", "count", "macs", "ops", "%", "bytes",
           "ops/byte");
    for (size_t i = 0; i < t->kind_count; i++) {
        const struct summary_kind *k = &t->kinds[i];
        uint64_t moved = bytes_of(k->work);
        printf("  %-24s %8llu %10s %10s %6.1f %9sB %9.2f\n", k->spec->name,
               (unsigned long long)k->count, scaled((double)k->work.macs, macs),
               scaled((double)k->work.ops, ops), share(k->work.ops, t->total.ops),
               scaled((double)moved, bytes), moved ? (double)k->work.ops / (double)moved : 0);
    }
}

static void print_bar(double percent)
{
    int width = (int)(percent / 2.5 + 0.5);
    printf("  %5.1f %% %.*s\n", percent, width, "########################################");
}

static void print_intensity(const struct trace_summary *t)
{
    printf("\n  arithmetic intensity (operations per byte)  operators, share of operations\n");
    for (int i = 0; i < SUMMARY_INTENSITIES; i++) {
        const struct summary_bin *b = &t->intensity[i];
        double limit = summary_intensity_limit(i);
        if (!b->count)
            continue;
        if (limit > 0)
            printf("  below %-7g", limit);
        else
            printf("  %-7g on   ", summary_intensity_limit(i - 1));
        printf(" %8llu", (unsigned long long)b->count);
        print_bar(share(b->ops, t->total.ops));
    }
}

static void print_largest(const struct trace_summary *t)
{
    char ops[24], bytes[24];
    printf("\n  largest operators\n");
    for (size_t i = 0; i < t->largest_count; i++) {
        const struct summary_operator *o = &t->largest[i];
        uint64_t moved = bytes_of(o->work);
        printf("  %6llu %-14s %-36.36s %10s %5.1f %% %9sB\n", (unsigned long long)o->index,
               o->spec->name, o->name, scaled((double)o->work.ops, ops),
               share(o->work.ops, t->total.ops), scaled((double)moved, bytes));
    }
}

static void print_lifetimes(const struct trace_summary *t)
{
    char bytes[24];
    printf("\n  lifetime of values between operators (in operators)\n");
    for (int i = 0; i < SUMMARY_LIFETIMES; i++) {
        const struct summary_bin *b = &t->lifetime[i];
        unsigned long long low = i < 2 ? 1ull << i : (1ull << (i - 1)) + 1, high = 1ull << i;
        if (!b->count)
            continue;
        if (i == SUMMARY_LIFETIMES - 1)
            printf("  %4llu or more", low);
        else if (low == high)
            printf("  %12llu", low);
        else
            printf("  %5llu to %3llu", low, high);
        printf(" %8llu values %10sB\n", (unsigned long long)b->count,
               scaled((double)b->bytes, bytes));
    }
}

static void work_json(struct json *json, struct operator_work work)
{
    json_count(json, "macs", work.macs);
    json_count(json, "ops", work.ops);
    json_count(json, "read_bytes", work.read_bytes);
    json_count(json, "written_bytes", work.written_bytes);
}

static void print_json(const char *path, const struct trace_summary *t)
{
    struct json json = json_begin(stdout);
    json_begin_object(&json, NULL);
    json_text(&json, "trace", path);
    json_count(&json, "operators", t->counts.operators);
    json_count(&json, "tensors", t->counts.tensors);
    work_json(&json, t->total);
    json_count(&json, "parameters", t->parameters);
    json_count(&json, "parameter_bytes", t->parameter_bytes);
    json_count(&json, "input_bytes", t->input_bytes);
    json_count(&json, "output_bytes", t->output_bytes);
    json_count(&json, "state_bytes", t->state_bytes);
    json_count(&json, "peak_bytes", t->peak_bytes);
    json_count(&json, "peak_operator", t->peak_index);
    json_begin_array(&json, "kinds");
    for (size_t i = 0; i < t->kind_count; i++) {
        json_begin_object(&json, NULL);
        json_text(&json, "op", t->kinds[i].spec->name);
        json_count(&json, "count", t->kinds[i].count);
        work_json(&json, t->kinds[i].work);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    putchar('\n');
}

static void print_csv_text(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void print_csv(struct trace_reader *reader, struct arena *arena, struct error *err)
{
    struct operator op;
    printf("index,name,op,macs,ops,read_bytes,written_bytes,ops_per_byte\n");
    while (trace_next(reader, &op, err)) {
        struct operator_work work = operator_work(&op, arena);
        uint64_t moved = bytes_of(work);
        printf("%llu,", (unsigned long long)op.index);
        print_csv_text(op.name);
        char intensity[NUMBER_TEXT_BYTES];
        printf(",%s,%llu,%llu,%llu,%llu,%s\n", op.spec->name, (unsigned long long)work.macs,
               (unsigned long long)work.ops, (unsigned long long)work.read_bytes,
               (unsigned long long)work.written_bytes,
               number_text(moved ? (double)work.ops / (double)moved : 0.0, intensity));
    }
}

static int show(const char *path, const char *format)
{
    struct error err = {0};
    struct arena arena = {0};
    struct trace_summary summary;
    struct trace_reader *reader = trace_open(path, &err);
    if (!reader)
        return command_failed(&err);
    if (strcmp(format, "csv") == 0)
        print_csv(reader, &arena, &err);
    else if (trace_summarize(reader, &arena, &summary, &err)) {
        if (strcmp(format, "json") == 0)
            print_json(path, &summary);
        else {
            print_head(path, &summary);
            print_kinds(&summary);
            print_intensity(&summary);
            print_largest(&summary);
            print_lifetimes(&summary);
        }
    }
    trace_close(reader);
    arena_free(&arena);
    return err.is_set ? command_failed(&err) : 0;
}

int trace_show(int argc, char **argv)
{
    const char *path = NULL, *format = "table";
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--format") == 0 && i + 1 < argc)
            format = argv[++i];
        else if (argv[i][0] == '-' && argv[i][1])
            return command_misused("trace", "show does not understand '%s'", argv[i]);
        else if (path)
            return command_misused("trace", "show takes one file");
        else
            path = argv[i];
    }
    if (!path)
        return command_misused("trace", "show needs a file");
    if (strcmp(format, "table") && strcmp(format, "json") && strcmp(format, "csv"))
        return command_misused("trace", "--format is '%s', must be table, json or csv", format);
    return show(path, format);
}
