#include "sim/study/gain_energy.h"

#include <math.h>
#include <string.h>

#include "sim/study/gain_attribution.h"
#include "sim/study/gain_notes.h"

/* Two designs share no component by name, but all of them compute, keep, move and wait. */
enum spender { SPENDS_ARITHMETIC, SPENDS_BUFFERS, SPENDS_MEMORY, SPENDS_OTHER, SPENDERS };

static enum spender spender_of(enum part_kind kind)
{
    switch (kind) {
    case PART_MAC:
    case PART_MULTIPLIER:
    case PART_ADDER:
    case PART_SPECIAL:
    case PART_CELL_ARRAY:
        return SPENDS_ARITHMETIC;
    case PART_SRAM:
    case PART_REGISTER:
    case PART_REGISTER_FILE:
        return SPENDS_BUFFERS;
    case PART_DRAM:
    case PART_PHY:
    case PART_LINK:
        return SPENDS_MEMORY;
    default:
        return SPENDS_OTHER;
    }
}

/* Joules by spender: a component is what its first part is. */
static void gather(const struct chip *chip, const struct bill *bill, double joules[SPENDERS])
{
    for (int i = 0; i < SPENDERS; i++)
        joules[i] = 0;
    for (size_t i = 0; i < bill->component_count; i++) {
        const struct bill_component *c = &bill->components[i];
        enum spender spender = SPENDS_OTHER;
        for (size_t p = 0; p < chip->inventory.part_count; p++)
            if (strcmp(chip->inventory.parts[p].component, c->name) == 0) {
                spender = spender_of(chip->inventory.parts[p].kind);
                break;
            }
        joules[spender] +=
            attojoules_in_joules(c->dynamic + c->leakage + c->clock + c->interface);
    }
}

void gain_split_energy(const struct run_result *a, struct run_result *b, struct arena *arena,
                       struct gain_report *report)
{
    double before[SPENDERS], there[SPENDERS], after[SPENDERS];
    double old[2 * SPENDERS], new[2 * SPENDERS], logs[2];
    struct error flaw = {0};
    report->energy = (struct gain_energy){NAN, NAN, NAN, NAN, NAN};
    if (!a->bill.is_energy_known || !b->bill.is_energy_known) {
        gain_note(report,
                  arena_format(arena,
                               "energy is not compared: some energies of %s have no source",
                               a->bill.is_energy_known ? b->chip->name : a->chip->name));
        return;
    }
    gather(a->chip, &a->bill, before);
    gather(b->chip, &b->bill, after);
    report->energy.a_joules = attojoules_in_joules(a->bill.energy);
    report->energy.b_joules = attojoules_in_joules(b->bill.energy);
    report->energy.total = report->energy.b_joules / report->energy.a_joules;
    if (!run_price(arena, b, a->chip->process, &flaw) || !b->bill.is_energy_known) {
        gain_note(report,
                  arena_format(arena, "energy is not split: %s at %s cannot be priced: %s",
                               b->chip->name, a->chip->process, flaw.text));
        return;
    }
    gather(b->chip, &b->bill, there);
    for (int i = 0; i < SPENDERS; i++) {
        old[2 * i] = before[i];
        new[2 * i] = there[i];
        old[2 * i + 1] = 1;
        new[2 * i + 1] = there[i] > 0 ? after[i] / there[i] : 1;
    }
    attribution_lmdi(old, new, SPENDERS, 2, logs);
    report->energy.architecture = exp(logs[0]);
    report->energy.technology = exp(logs[1]);
}
