#include <stdio.h>
#include <string.h>

#include "arch/chip/chip.h"
#include "arch/memory/dram_config.h"
#include "arch/technology/process.h"
#include "sim/cli/command.h"
#include "sim/config/config.h"
#include "sim/report/report_loop.h"
#include "sim/report/report_mapping.h"
#include "sim/report/report_place.h"
#include "sim/study/gain_study.h"

static void heading(const char *text)
{
    printf("\n%s\n", text);
}

static int explain_chip(void)
{
    printf("A chip file: `core` sections, `memory` sections, `mapper`, `network`, `host`, "
           "and values of its own.\n");
    heading("top level");
    param_print(CHIP_PARAMS, stdout);
    heading("core NAME { ... }: every family");
    param_print(CORE_PARAMS, stdout);
    for (size_t i = 0; FAMILIES[i]; i++) {
        printf("\ncore NAME { family = \"%s\" }: %s\n", FAMILIES[i]->name,
               FAMILIES[i]->summary);
        param_print(FAMILIES[i]->params, stdout);
    }
    heading("memory NAME { ... }");
    param_print(MEMORY_PARAMS, stdout);
    heading("mapper { ... }");
    param_print(MAPPER_PARAMS, stdout);
    heading("network { ... }");
    param_print(NETWORK_PARAMS, stdout);
    heading("host { ... }");
    param_print(HOST_PARAMS, stdout);
    return 0;
}

static int unknown(const char *name, const char *what)
{
    struct error err = {0};
    error_set(&err, "'%s' is %s", name, what);
    return command_failed(&err);
}

static int explain_family(const char *name)
{
    for (size_t i = 0; FAMILIES[i]; i++) {
        const struct family *family = FAMILIES[i];
        if (name && strcmp(name, family->name) != 0)
            continue;
        printf("%s: %s\n", family->name, family->summary);
        if (!name)
            continue;
        param_print(family->params, stdout);
        heading("reasons its cycles are charged to");
        for (const enum reason *reason = family->reasons; *reason != REASON_COUNT; reason++)
            printf("  %-14s %s\n", REASONS[*reason].name, REASONS[*reason].meaning);
        printf(
            "\nand, as any core's, to the way of its data: network, port, bank-conflict, host, "
            "idle\n");
        return 0;
    }
    return name ? unknown(name, "no family; `cleave explain family` names them") : 0;
}

static int explain_reasons(void)
{
    printf("%-16s %-12s %s\n", "reason", "class", "meaning");
    for (int i = 0; i < REASON_COUNT; i++)
        printf("%-16s %-12s %s\n", REASONS[i].name, REASON_CLASS_NAMES[REASONS[i].class],
               REASONS[i].meaning);
    return 0;
}

static int explain_process(const char *name)
{
    struct arena arena = {0};
    struct error err = {0};
    struct process *process;
    int status = 0;
    if (!name) {
        param_print(QUANTITIES, stdout);
        return 0;
    }
    if (process_load(&arena, name, NULL, NULL, &process, &err))
        process_print_sheet(process, stdout);
    else
        status = command_failed(&err);
    arena_free(&arena);
    return status;
}

static int explain_study(void)
{
    const struct {
        const char *title;
        const struct param *table;
    } pages[] = {{"a study file", GAIN_STUDY_PARAMS},
                 {"\ncard NAME", GAIN_CARD_PARAMS},
                 {"\nassume", GAIN_ASSUME_PARAMS},
                 {"\nhistory", GAIN_HISTORY_PARAMS},
                 {"\ncompare", GAIN_COMPARE_PARAMS}};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        printf("%s\n", pages[i].title);
        param_print(pages[i].table, stdout);
    }
    return 0;
}

/* The page of one parameter, found in any table. */
static int explain_key(const char *key)
{
    const struct {
        const char *where;
        const struct param *table;
    } tables[] = {{"chip", CHIP_PARAMS},        {"core", CORE_PARAMS},
                  {"memory", MEMORY_PARAMS},    {"mapper", MAPPER_PARAMS},
                  {"network", NETWORK_PARAMS},  {"host", HOST_PARAMS},
                  {"memory file", DRAM_PARAMS}, {"process file", QUANTITIES}};
    const char *dot = strrchr(key, '.'), *last = dot ? dot + 1 : key;
    bool is_found = false;
    size_t families = 0;
    while (FAMILIES[families])
        families++;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0] + families; i++) {
        size_t family = i - sizeof tables / sizeof tables[0];
        bool is_family = i >= sizeof tables / sizeof tables[0];
        const struct param *row = is_family ? FAMILIES[family]->params : tables[i].table;
        for (; row->key; row++)
            if (strcmp(row->key, last) == 0) {
                struct param one[2] = {*row, {0}};
                printf("%s\n", is_family ? FAMILIES[family]->name : tables[i].where);
                param_print(one, stdout);
                is_found = true;
            }
    }
    if (!is_found)
        return unknown(key, "no kind and no parameter; `cleave explain` names the kinds");
    return 0;
}

/* Words and assignments of a page about a chip and a file. */
struct page_words {
    const char *chip, *file, **sets;
    size_t set_count;
};

static bool read_words(struct arena *arena, int argc, char **argv, struct page_words *words)
{
    *words = (struct page_words){.sets = arena_array(arena, (size_t)argc + 16, sizeof(char *))};
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--set") == 0 && i + 1 < argc)
            words->sets[words->set_count++] = argv[++i];
        else if (argv[i][0] == '-' && argv[i][1])
            return false;
        else if (!words->chip)
            words->chip = argv[i];
        else if (!words->file)
            words->file = argv[i];
        else
            return false;
    }
    return words->file != NULL;
}

/* schedule CHIP KERNEL.loop [--set PATH=VALUE]... */
static int explain_schedule(int argc, char **argv)
{
    struct arena arena = {0};
    struct error err = {0};
    struct loop_result result;
    struct page_words words;
    int status = 0;
    if (!read_words(&arena, argc, argv, &words))
        status = command_misused("explain", "schedule takes CHIP KERNEL.loop and --set");
    else if (loop_plan(&arena, words.chip, words.file, words.sets, words.set_count, &result,
                       &err))
        report_loop_schedule(&result, stdout);
    else
        status = command_failed(&err);
    arena_free(&arena);
    return status;
}

/* The same run with nothing at rest on chip, to see what residency saves. */
static bool run_without_residency(struct arena *arena, const struct run_request *request,
                                  const struct chip *chip, struct run_result *result,
                                  struct error *err)
{
    struct run_request bare = {
        .chip = request->chip, .trace = request->trace, .keep = RUN_KEEP_NONE};
    const char **sets =
        arena_array(arena, request->set_count + CHIP_MEMORIES_MAX, sizeof *sets);
    for (size_t i = 0; i < request->set_count; i++)
        if (!strstr(request->sets[i], ".residency="))
            sets[bare.set_count++] = request->sets[i];
    for (int32_t i = 0; i < chip->memory_count; i++)
        if (chip->memories[i].kind == MEMORY_SRAM)
            sets[bare.set_count++] =
                arena_format(arena, "memory.%s.residency=none", chip->memories[i].name);
    bare.sets = sets;
    return study_run(arena, &bare, result, err);
}

/* mapping CHIP TRACE [--set PATH=VALUE]... */
static int explain_mapping(int argc, char **argv)
{
    struct arena arena = {0};
    struct error err = {0};
    struct page_words words;
    if (!read_words(&arena, argc, argv, &words)) {
        arena_free(&arena);
        return command_misused("explain", "mapping takes CHIP TRACE and --set");
    }
    struct place_page *page = place_page_make(&arena);
    struct run_request request = {.chip = words.chip,
                                  .trace = words.file,
                                  .sets = words.sets,
                                  .set_count = words.set_count,
                                  .placed = place_page_take,
                                  .restart = place_page_restart,
                                  .context = page};
    struct run_result result, none;
    int status = 0;
    if (study_run(&arena, &request, &result, &err) &&
        run_without_residency(&arena, &request, result.chip, &none, &err)) {
        report_mapping(&result, stdout);
        place_page_print(page, &result, &none, stdout);
    } else
        status = command_failed(&err);
    arena_free(&arena);
    return status;
}

int command_explain(int argc, char **argv)
{
    if (argc > 0 && strcmp(argv[0], "schedule") == 0)
        return explain_schedule(argc - 1, argv + 1);
    const char *kind = argc > 0 ? argv[0] : NULL, *name = argc > 1 ? argv[1] : NULL;
    if (argc > 1 && strcmp(kind, "mapping") == 0)
        return explain_mapping(argc - 1, argv + 1);
    if (argc > 2)
        return command_misused("explain", "takes a kind and a name");
    if (!kind) {
        printf("explain chip | family [NAME] | memory | process [NAME] | reasons | study | "
               "mapping CHIP TRACE | schedule CHIP KERNEL.loop | PARAMETER\n");
        return 0;
    }
    if (strcmp(kind, "core") == 0)
        kind = "chip";
    if (strcmp(kind, "chip") == 0 || strcmp(kind, "chips") == 0)
        return explain_chip();
    if (strcmp(kind, "family") == 0 || strcmp(kind, "families") == 0)
        return explain_family(name);
    if (strcmp(kind, "reasons") == 0)
        return explain_reasons();
    if (strcmp(kind, "process") == 0)
        return explain_process(name);
    if (strcmp(kind, "memory") == 0) {
        param_print(DRAM_PARAMS, stdout);
        return 0;
    }
    if (strcmp(kind, "study") == 0)
        return explain_study();
    return explain_key(kind);
}
