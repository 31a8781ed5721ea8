#include "arch/vliw/vliw.h"

struct vliw_state {
    struct vliw_machine machine;
};

static bool check(struct core *core, struct error *err)
{
    struct vliw_state *state = arena_alloc(core->arena, sizeof *state);
    core->state = state;
    return vliw_machine_build(&state->machine, core->params, core->place, core->arena, err);
}

const struct vliw_machine *vliw_core_machine(const struct core *core)
{
    const struct vliw_state *state = core->state;
    return &state->machine;
}

static void parts(struct core *core, struct inventory *inventory)
{
    (void)core;
    (void)inventory;
}
static const enum reason REASONS_USED[] = {REASON_WORK, REASON_COUNT};
const struct family VLIW_FAMILY = {
    .name = "vliw",
    .summary = "issue slots filled by a modulo scheduler",
    .params = VLIW_PARAMS,
    .params_bytes = sizeof(struct vliw_params),
    .reasons = REASONS_USED,
    .check = check,
    .parts = parts,
};
