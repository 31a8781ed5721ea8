#include "sim/study/loop_run.h"

#include <string.h>

#include "arch/vliw/vliw.h"

bool loop_run_is_kernel(const char *path)
{
    size_t length = strlen(path);
    return length > 5 && strcmp(path + length - 5, ".loop") == 0;
}

static bool plan_on(struct arena *arena, struct chip *chip, const char *path,
                    const char *const *sizes, struct loop_result *result, struct error *err)
{
    *result = (struct loop_result){.chip = chip};
    for (int32_t c = 0; c < chip->core_count && !result->core; c++)
        if (chip->cores[c].core.family == &VLIW_FAMILY)
            result->core = &chip->cores[c].core;
    if (!result->core)
        return error_set(err,
                         "%s: chip '%s' has no core of family vliw to run a loop kernel on",
                         path, chip->name);
    result->machine = vliw_core_machine(result->core);
    return loop_load(arena, path, sizes, &result->kernel, err) &&
           kernel_plan(&result->kernel, result->machine, (struct kernel_limits){0}, arena,
                       &result->plan, err);
}

/* Passes of a loop around loops that run side by side on one member cannot run on two, and make
 * tiles larger: where there are several members, or nothing fits, the kernel without them may
 * do better. */
static bool play_best(struct arena *arena, struct loop_result *result, struct error *err)
{
    struct kernel_plan plan;
    struct kernel_play play;
    struct error first = {0}, second = {0};
    bool is_played =
        kernel_play(result->chip, result->core, &result->plan, arena, &result->play, &first);
    if (is_played && result->core->count == 1)
        return true;
    bool is_thin = kernel_plan(&result->kernel, result->machine,
                               (struct kernel_limits){.jam_most = 1}, arena, &plan, &second) &&
                   kernel_play(result->chip, result->core, &plan, arena, &play, &second);
    if (is_thin && (!is_played || play.cycles < result->play.cycles)) {
        result->plan = plan;
        result->play = play;
    }
    return is_played || is_thin || error_set(err, "%s", first.text);
}

bool loop_run_on(struct arena *arena, struct chip *chip, const char *path,
                 const char *const *sizes, struct loop_result *result, struct error *err)
{
    if (!plan_on(arena, chip, path, sizes, result, err) || !play_best(arena, result, err))
        return false;
    result->account = result->play.account;
    result->cycles = result->play.cycles;
    result->seconds = (double)result->cycles / ratio_value(result->core->clock);
    return true;
}

/* "loop.NAME=VALUE" is for the kernel, the rest for the chip. */
static struct chip *load_chip(struct arena *arena, const char *name, const char *const *sets,
                              size_t set_count, const char ***sizes, struct error *err)
{
    const char **others = arena_array(arena, set_count + 1, sizeof *others);
    size_t size_count = 0, other_count = 0;
    *sizes = arena_array(arena, set_count + 1, sizeof **sizes);
    for (size_t s = 0; s < set_count; s++) {
        if (strncmp(sets[s], "loop.", 5) == 0)
            (*sizes)[size_count++] = sets[s] + 5;
        else
            others[other_count++] = sets[s];
    }
    return chip_load(arena, name, others, other_count, err);
}

bool loop_run(struct arena *arena, const char *chip_name, const char *path,
              const char *const *sets, size_t set_count, struct loop_result *result,
              struct error *err)
{
    const char **sizes;
    struct chip *chip = load_chip(arena, chip_name, sets, set_count, &sizes, err);
    return chip && loop_run_on(arena, chip, path, sizes, result, err);
}

bool loop_plan(struct arena *arena, const char *chip_name, const char *path,
               const char *const *sets, size_t set_count, struct loop_result *result,
               struct error *err)
{
    const char **sizes;
    struct chip *chip = load_chip(arena, chip_name, sets, set_count, &sizes, err);
    return chip && plan_on(arena, chip, path, sizes, result, err);
}
