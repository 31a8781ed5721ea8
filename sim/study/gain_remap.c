#include "sim/study/gain_remap.h"

#include <math.h>
#include <string.h>

#include "sim/study/run.h"

/* The nests of a run, given to another run of the same operators. */
struct held_nests {
    struct play_pins pins; /* first */
    const struct run_result *home;
};

static const struct nest *find(const struct play_pins *pins, const char *operator, int32_t part,
                               const struct contraction *view, struct error *err)
{
    const struct held_nests *held = (const struct held_nests *)pins;
    (void)err;
    for (size_t i = 0; i < held->home->operator_count && part == 0; i++) {
        const struct operator_record *record = &held->home->operators[i].record;
        if (record->nest && strcmp(record->name, operator) == 0 &&
            memcmp(&record->nest->contraction, view, sizeof *view) == 0)
            return record->nest;
    }
    return NULL;
}

static bool run_design(struct arena *arena, const struct chip_design *design, const char *trace,
                       const struct play_pins *pins, bool is_total_only,
                       struct run_result *result, struct error *err)
{
    struct run_request request = {.chip = design->chip,
                                  .trace = trace,
                                  .sets = design->sets,
                                  .set_count = design->set_count,
                                  .pins = pins,
                                  .keep = (is_total_only) ? RUN_KEEP_NONE : RUN_KEEP_ALL};
    return study_run(arena, &request, result, err);
}

bool gain_remap(struct mixtures *mixtures, struct arena *arena, double *value, const char **why,
                struct error *err)
{
    const struct mixture_side *a = &mixtures->sides[0], *b = &mixtures->sides[1];
    const char *trace = a->simulation->trace.path;
    struct move_sets moved = {0};
    struct run_result home, anew, held;
    struct error flaw = {0};
    *value = NAN;
    move_process(arena, a->chip, b->chip->process,
                 a->delay == b->delay ? 1 : a->delay / b->delay, &moved);
    move_memory(arena, a->chip, b->chip, &moved);
    if (!moved.count) {
        *why = "neither process nor memory differs";
        return true;
    }
    struct chip_design away = move_apply(arena, a->chip, &a->simulation->design, &moved);
    struct arena scratch = {0};
    bool is_good =
        run_design(&scratch, &a->simulation->design, trace, NULL, false, &home, err) &&
        run_design(&scratch, &away, trace, NULL, true, &anew, err);
    if (is_good) {
        struct held_nests nests = {{find, NULL}, &home};
        if (run_design(&scratch, &away, trace, &nests.pins, true, &held, &flaw))
            *value = held.seconds / anew.seconds;
        else
            *why = arena_copy_text(arena, flaw.text);
        mixtures->simulated += 3;
    }
    arena_free(&scratch);
    return is_good;
}
