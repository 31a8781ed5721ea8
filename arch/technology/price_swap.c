#include "arch/technology/price_swap.h"

#include <string.h>

#include "arch/technology/logic.h"

static attojoules component_energy(const struct bill_component *component)
{
    return component->dynamic + component->leakage + component->clock + component->interface;
}

/* Components by falling energy; equal ones stay in the order of the bill. */
static void rank(struct arena *arena, const struct bill *bill, struct price_swap *row)
{
    row->components = arena_array(arena, bill->component_count, sizeof *row->components);
    row->energies = arena_array(arena, bill->component_count, sizeof *row->energies);
    for (size_t i = 0; i < bill->component_count; i++) {
        attojoules energy = component_energy(&bill->components[i]);
        if (energy == 0)
            continue;
        size_t at = row->component_count++;
        for (; at > 0 && row->energies[at - 1] < energy; at--) {
            row->energies[at] = row->energies[at - 1];
            row->components[at] = row->components[at - 1];
        }
        row->energies[at] = energy;
        row->components[at] = bill->components[i].name;
    }
}

static size_t count_moved(const struct price_swap *first, const struct price_swap *row)
{
    size_t moved = 0;
    for (size_t i = 0; i < row->component_count; i++)
        moved += i >= first->component_count ||
                 strcmp(first->components[i], row->components[i]) != 0;
    return moved;
}

static bool add_row(struct arena *arena, const struct inventory *inventory,
                    const struct ledger *ledger, uint64_t cycles, const struct process *process,
                    const char *table, const struct price_options *options,
                    struct price_swap *row, struct error *err)
{
    struct process *swapped = arena_alloc(arena, sizeof *swapped);
    *swapped = *process;
    swapped->options.tables = table;
    struct bill bill;
    if (!price(arena, inventory, ledger, cycles, swapped, options, &bill, err))
        return false;
    *row = (struct price_swap){.table = table, .energy = bill.energy, .dynamic = bill.dynamic};
    rank(arena, &bill, row);
    return true;
}

bool price_swap_tables(struct arena *arena, const struct inventory *inventory,
                       const struct ledger *ledger, uint64_t cycles,
                       const struct process *process, const struct price_options *options,
                       struct price_swap **rows, size_t *count, struct error *err)
{
    const char *const *names = logic_table_names(arena, &process->shared->operations);
    size_t most = 1;
    for (size_t i = 0; names[i]; i++)
        most++;
    *rows = arena_array(arena, most, sizeof **rows);
    *count = 1;
    if (!add_row(arena, inventory, ledger, cycles, process, process->options.tables, options,
                 &(*rows)[0], err))
        return false;
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(names[i], process->options.tables) == 0)
            continue;
        struct price_swap *row = &(*rows)[(*count)++];
        if (!add_row(arena, inventory, ledger, cycles, process, names[i], options, row, err))
            return false;
        row->moved = count_moved(&(*rows)[0], row);
    }
    return true;
}
