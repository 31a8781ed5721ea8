#include <stdlib.h>
#include <string.h>

#include "sim/cli/command.h"
#include "sim/cli/news.h"
#include "sim/cli/output.h"
#include "sim/report/report_twin.h"

enum { SETS_MAX = 64, TWINS_DEFAULT = 64, TWINS_MAX = 100000 };

static int read_words(int argc, char **argv, struct twin_request *request, const char **sets,
                      enum output_format *format, const char **output)
{
    request->sets = sets;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        char *end = NULL;
        if (strcmp(word, "--hold-mapping") == 0) {
            request->holds_mapping = true;
            continue;
        }
        if (word[0] != '-') {
            if (request->trace)
                return command_misused("twin", "takes one chip and one trace");
            *(request->chip ? &request->trace : &request->chip) = word;
            continue;
        }
        if (!value)
            return command_misused("twin", "%s is unknown or lacks its value", word);
        i++;
        if (strcmp(word, "-n") == 0) {
            request->count = strtoll(value, &end, 10);
            if (*end || request->count < 1 || request->count > TWINS_MAX)
                return command_misused("twin", "-n is '%s', must be 1 to %d", value, TWINS_MAX);
        } else if (strcmp(word, "--seed") == 0) {
            request->seed = strtoull(value, &end, 10);
            if (*end)
                return command_misused("twin", "--seed is '%s', wanted a number", value);
        } else if (strcmp(word, "--set") == 0 && request->set_count < SETS_MAX)
            sets[request->set_count++] = value;
        else if (strcmp(word, "--format") == 0 && output_format_parse(value, format))
            continue;
        else if (strcmp(word, "-o") == 0)
            *output = value;
        else
            return command_misused("twin", "%s %s is no option of it", word, value);
    }
    if (!request->trace)
        return command_misused("twin", "a chip and a trace are needed");
    return 0;
}

int command_twin(int argc, char **argv)
{
    const char *sets[SETS_MAX], *path = NULL;
    enum output_format format = OUTPUT_TABLE;
    struct twin_request request = {.count = TWINS_DEFAULT, .seed = 1};
    int status = read_words(argc, argv, &request, sets, &format, &path);
    if (status)
        return status;
    struct news news;
    news_begin(&news, "twins");
    request.progress = &news.progress;
    struct arena arena = {0};
    struct error err = {0};
    struct twin_result result;
    struct output output = {0};
    bool is_done = twin_study(&arena, &request, &result, &err);
    news_end(&news);
    if (!is_done || !output_open(&output, path, &err))
        status = command_failed(&err);
    else {
        if (format == OUTPUT_JSON)
            report_twin_json(&result, output.file);
        else if (format == OUTPUT_CSV)
            report_twin_csv(&result, output.file);
        else
            report_twin_table(&result, output.file);
        if (!output_close(&output, &err))
            status = command_failed(&err);
    }
    output_abandon(&output);
    arena_free(&arena);
    return status;
}
