#include "sim/study/dram_energy.h"

#include <math.h>
#include <string.h>

#include "arch/technology/price.h"

/* Prices of memory devices are the same beside every process; this one has all quantities. */
static const char ANY_PROCESS[] = "generic-45";

/* "configs/memories/ddr4-3200.conf" is priced as "ddr4-3200". */
static const char *stem_of(struct arena *arena, const char *memory)
{
    const char *slash = strrchr(memory, '/');
    char *stem = arena_copy_text(arena, slash != NULL ? slash + 1 : memory);
    char *dot = strrchr(stem, '.');
    if (dot != NULL)
        *dot = '\0';
    return stem;
}

bool dram_energy(struct arena *arena, const char *memory, const struct dram_config *config,
                 const struct dram_result *result, double *joules, struct error *err)
{
    const struct dram_actions *actions = &result->actions;
    struct number_format none = {0};
    struct inventory inventory;
    struct process *process;
    struct price_list *prices;
    struct process_options options = {0};
    inventory_init(&inventory, arena);
    struct part part = {.name = "dram",
                        .component = "dram",
                        .kind = PART_DRAM,
                        .count = 1,
                        .bytes = config->bytes,
                        .bits = (uint64_t)config->bus_width,
                        .width_bits = (uint32_t)config->access_bytes * 8,
                        .memory = stem_of(arena, memory),
                        .clock = ratio_invert(config->clock_period),
                        .is_off_die = true};
    int32_t index = inventory_add(&inventory, &part);
    const struct {
        enum action_kind kind;
        uint32_t bits;
        uint64_t count;
    } counts[] = {
        {ACTION_READ, part.width_bits, actions->reads},
        {ACTION_WRITE, part.width_bits, actions->writes},
        {ACTION_ACTIVATE, 0, actions->activates},
        {ACTION_REFRESH, 0,
         actions->refreshes + actions->bank_refreshes * (uint64_t)config->ranks_total /
                                  (uint64_t)config->banks_total},
        {ACTION_STANDBY_ACTIVE, 0, actions->active_clocks},
        {ACTION_STANDBY_PRECHARGED, 0, actions->idle_clocks}};
    enum { COUNTS = sizeof counts / sizeof counts[0] };
    int32_t meters[COUNTS];
    for (int i = 0; i < COUNTS; i++)
        meters[i] = inventory_meter(&inventory, index, counts[i].kind, none, counts[i].bits);
    struct ledger ledger = ledger_make(arena, &inventory);
    for (int i = 0; i < COUNTS; i++)
        ledger.counts[meters[i]] += counts[i].count;
    struct price_options price_options = price_options_default(part.clock);
    if (!process_load(arena, ANY_PROCESS, &options, NULL, &process, err) ||
        !price_list_make(arena, &inventory, process, &price_options, &prices, err))
        return false;
    *joules = price_is_known(prices, &ledger)
                  ? attojoules_in_joules(price_dynamic(prices, &ledger))
                  : NAN;
    return true;
}
