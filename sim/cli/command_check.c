#include <stdio.h>
#include <string.h>

#include "arch/chip/chip.h"
#include "arch/memory/dram_file.h"
#include "arch/technology/process.h"
#include "sim/cli/command.h"
#include "sim/study/gain_study.h"
#include "traces/loop.h"
#include "traces/trace.h"

/* What a file is follows from its ending, and what a config describes from its keys. */
static bool check_chip(struct arena *arena, const char *path, struct error *err)
{
    return chip_load(arena, path, NULL, 0, err) != NULL;
}

static bool check_memory(struct arena *arena, const char *path, struct error *err)
{
    struct dram_config config;
    struct dram_map map;
    return dram_file_load(arena, path, NULL, 0, &config, &map, NULL, err);
}

static bool check_process(struct arena *arena, const char *path, struct error *err)
{
    struct process *process;
    return process_load(arena, path, NULL, NULL, &process, err);
}

static bool check_trace(struct arena *arena, const char *path, struct error *err)
{
    (void)arena;
    return trace_check(path, err);
}

static bool check_study(struct arena *arena, const char *path, struct error *err)
{
    struct gain_facts facts;
    struct gain_study study;
    if (!gain_facts_load(arena, &facts, err))
        return false;
    bool is_good = gain_study_load(arena, &facts, path, "", &study, err);
    study_traces_remove(&study.traces);
    return is_good;
}

static bool check_loop(struct arena *arena, const char *path, struct error *err)
{
    struct loop_kernel kernel;
    return loop_load(arena, path, NULL, &kernel, err);
}

/* Keys that begin a line of one kind of config and of no other. */
static const struct {
    const char *key;
    bool (*check)(struct arena *arena, const char *path, struct error *err);
} KEYS[] = {
    {"core", check_chip},   {"standard", check_memory}, {"quantity", check_process},
    {"title", check_study}, {"card", check_study},      {"history", check_study},
};

enum { KEY_COUNT = sizeof KEYS / sizeof KEYS[0], LONGEST_LINE = 256 };

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

/* A config of which no line tells is taken for a chip, whose parser then says what it misses.
 */
static bool check_config(struct arena *arena, const char *path, struct error *err)
{
    bool (*check)(struct arena *, const char *, struct error *) = check_chip;
    FILE *file = fopen(path, "r");
    char line[LONGEST_LINE];
    bool is_known = !file;
    while (!is_known && fgets(line, sizeof line, file)) {
        size_t length = strcspn(line, " \t={\"\r\n");
        for (int k = 0; k < KEY_COUNT && !is_known; k++)
            if (strlen(KEYS[k].key) == length && memcmp(line, KEYS[k].key, length) == 0) {
                check = KEYS[k].check;
                is_known = true;
            }
    }
    if (file)
        fclose(file);
    return check(arena, path, err);
}

static int check_one(const char *path)
{
    struct arena arena = {0};
    struct error err = {0};
    /* A name without a folder is a file here, never a shipped config. */
    const char *file = strchr(path, '/') ? path : arena_format(&arena, "./%s", path);
    bool is_good = ends_with(path, ".conf")   ? check_config(&arena, file, &err)
                   : ends_with(path, ".loop") ? check_loop(&arena, path, &err)
                                              : check_trace(&arena, path, &err);
    if (is_good)
        printf("%s: good\n", path);
    else
        command_failed(&err);
    arena_free(&arena);
    return is_good ? 0 : 1;
}

int command_check(int argc, char **argv)
{
    int status = 0;
    if (argc < 1)
        return command_misused("check", "needs a file");
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1])
            return command_misused("check", "%s is no option of it", argv[i]);
        status = check_one(argv[i]) ? 1 : status;
    }
    return status;
}
