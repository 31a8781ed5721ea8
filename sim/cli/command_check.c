#include <stdio.h>
#include <string.h>

#include "arch/chip/chip.h"
#include "arch/memory/dram_file.h"
#include "arch/technology/process.h"
#include "sim/cli/command.h"
#include "sim/study/gain_study.h"
#include "traces/loop.h"
#include "traces/trace.h"

/* What a file is follows from what stands in it, for configs from the folder it lies in. */
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

static const struct {
    const char *folder, *ending;
    bool (*check)(struct arena *arena, const char *path, struct error *err);
} KINDS[] = {
    {"/memories/", ".conf", check_memory},
    {"/processes/", ".conf", check_process},
    {"/studies/", ".conf", check_study},
    {"", ".conf", check_chip},
    {"", ".loop", check_loop},
    {"", "", check_trace},
};

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

static int check_one(const char *path)
{
    struct arena arena = {0};
    struct error err = {0};
    size_t kind = 0;
    const char *rooted = arena_format(&arena, "/%s", path);
    while (!(strstr(rooted, KINDS[kind].folder) && ends_with(path, KINDS[kind].ending)))
        kind++;
    /* A name without a folder is a file here, never a shipped config. */
    const char *file = ends_with(path, ".conf") && !strchr(path, '/')
                           ? arena_format(&arena, "./%s", path)
                           : path;
    int status = 0;
    if (KINDS[kind].check(&arena, file, &err))
        printf("%s: good\n", path);
    else
        status = command_failed(&err);
    arena_free(&arena);
    return status;
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
