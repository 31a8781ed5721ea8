#include <math.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/cli/news.h"
#include "sim/cli/output.h"
#include "sim/kernel/arena.h"
#include "sim/report/report_validation.h"

int command_validate(int argc, char **argv)
{
    const char *table = NULL, *names[64];
    int name_count = 0;
    enum output_format format = OUTPUT_TABLE;
    bool has_all = false;
    for (int i = 0; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--all") == 0)
            has_all = true;
        else if (argv[i][0] != '-' && name_count < 64)
            names[name_count++] = argv[i];
        else if (strcmp(argv[i], "--table") == 0 && value)
            table = argv[++i];
        else if (strcmp(argv[i], "--format") == 0 && value &&
                 output_format_parse(value, &format))
            i++;
        else
            return command_misused("validate", "%s is unknown or lacks its value", argv[i]);
    }
    if (table && name_count != 1)
        return command_misused("validate", "--table goes with exactly one case");
    bool has_detail = name_count == 1 && !has_all, all_passed = true;
    if (name_count == 0)
        has_all = true;
    for (size_t i = 0; has_all && VALIDATION_CASES[i] && name_count < 64; i++)
        names[name_count++] = VALIDATION_CASES[i]->name;
    int checks = 0;
    struct news news;
    news_begin(&news, "cases");
    progress_start(&news.progress, (uint64_t)name_count);
    for (int i = 0; i < name_count; i++) {
        struct arena arena = {0};
        struct error err = {0};
        struct validation_result result;
        const struct validation_case *rule = validation_find(names[i]);
        if (!rule)
            error_set(&err, "'%s' is no case; `cleave list cases` names them", names[i]);
        bool is_done = rule && validation_run(rule, table, &arena, &result, &err);
        news_end(&news);
        if (!is_done) {
            arena_free(&arena);
            return command_failed(&err);
        }
        if (format == OUTPUT_JSON)
            report_validation_json(&result, stdout);
        else if (format == OUTPUT_CSV)
            report_validation_csv(&result, i == 0, stdout);
        else
            report_validation_table(&result, has_detail, i == 0, stdout);
        all_passed = all_passed && result.is_passed;
        checks += (int)result.compared;
        progress_step(&news.progress, 1);
        arena_free(&arena);
    }
    news_end(&news);
    if (format == OUTPUT_TABLE)
        printf("checks: %d\n", checks);
    return table || all_passed ? 0 : 1;
}
