#include <math.h>

#include "sim/report/json.h"
#include "sim/report/report_run.h"

static void write_account(struct json *json, const char *key,
                          const struct cycle_account *account)
{
    json_begin_object(json, key);
    for (int i = 0; i < REASON_COUNT; i++)
        if (account->cycles[i])
            json_count(json, REASONS[i].name, account->cycles[i]);
    json_end_object(json);
}

static uint64_t compute_cycles(const struct cycle_account *account)
{
    return cycle_account_total(account) - cycle_account_class(account, CLASS_MEMORY) -
           cycle_account_class(account, CLASS_HOST) - cycle_account_class(account, CLASS_IDLE);
}

static void write_loop(struct json *json, const struct plan_loop *loop)
{
    json_begin_object(json, NULL);
    json_number(json, "ii", loop->initiation_interval);
    json_number(json, "res_mii", loop->resource_bound);
    json_number(json, "rec_mii", loop->recurrence_bound);
    json_text(json, "binding", loop->binding);
    json_count(json, "stages", (uint64_t)loop->stages);
    json_count(json, "code_bytes", (uint64_t)loop->code_bytes);
    json_number(json, "occupancy", loop->occupancy);
    json_count(json, "operations", loop->operations);
    json_count(json, "entries", loop->entries);
    json_count(json, "passes", loop->passes);
    json_count(json, "cycles", loop->cycles);
    json_number(json, "ramp_share",
                loop->cycles ? (double)loop->ramp_cycles / (double)loop->cycles : 0);
    json_count(json, "length", (uint64_t)loop->length);
    json_count(json, "kernel_copies", (uint64_t)loop->kernel_copies);
    json_count(json, "max_live", (uint64_t)loop->max_live);
    json_bool(json, "loop_buffer", loop->is_buffered);
    if (loop->line) {
        json_count(json, "line", (uint64_t)loop->line);
        json_count(json, "unroll", (uint64_t)loop->unroll);
    }
    json_end_object(json);
}

/* Loops that a core schedules, and what of the operator's cycles their ramps take. */
static void write_loops(struct json *json, const struct operator_record *record)
{
    uint64_t ramp = 0;
    for (size_t i = 0; i < record->loop_count; i++)
        ramp += record->loops[i].ramp_cycles;
    if (record->code_bytes) {
        json_count(json, "code_bytes", record->code_bytes);
        json_number(json, "ramp_share",
                    record->cycles ? (double)ramp / (double)record->cycles : 0);
    }
    json_begin_array(json, "loops");
    for (size_t i = 0; i < record->loop_count; i++)
        write_loop(json, &record->loops[i]);
    json_end_array(json);
}

static void write_operator(struct json *json, const struct run_result *result,
                           const struct run_operator *op)
{
    const struct operator_record *record = &op->record;
    struct inventory *inventory = &result->chip->inventory;
    char format[16];
    number_format_name(record->precision, format);
    json_begin_object(json, NULL);
    json_count(json, "index", record->index);
    json_text(json, "name", record->name);
    json_text(json, "op", record->op);
    json_text(json, "core", record->core);
    json_text(json, "mapped_as", record->mapped_as);
    json_text(json, "precision", format);
    json_count(json, "start_cycle", record->start_cycle);
    json_count(json, "cycles", record->cycles);
    json_count(json, "compute_cycles", compute_cycles(&record->account));
    json_number(json, "seconds", op->seconds);
    json_number(json, "energy_j", op->energy_j);
    json_count(json, "macs", record->macs);
    json_count(json, "ops", record->ops);
    json_number(json, "utilization", op->utilization);
    json_text(json, "bound", REASON_CLASS_NAMES[op->bound]);
    json_count(json, "dram_read_bytes", record->dram_read_bytes);
    json_count(json, "dram_write_bytes", record->dram_write_bytes);
    write_account(json, "account", &record->account);
    json_begin_object(json, "actions");
    for (size_t i = 0; i < record->ledger.count; i++)
        if (record->ledger.counts[i])
            json_count(json, inventory_meter_name(inventory, (int32_t)i),
                       record->ledger.counts[i]);
    json_end_object(json);
    json_text(json, "mapping", record->mapping);
    json_begin_object(json, "search");
    json_bool(json, "complete", record->is_search_complete);
    json_number(json, "gap", record->search_gap);
    json_end_object(json);
    if (record->active_elements)
        json_count(json, "active_pes", record->active_elements);
    if (record->loop_count)
        write_loops(json, record);
    json_end_object(json);
}

static void write_cores(struct json *json, const struct run_result *result,
                        struct cycle_account *sum)
{
    const struct chip *chip = result->chip;
    json_begin_array(json, "cores");
    for (int32_t i = 0; i < result->totals.core_count; i++) {
        const struct core_record *core = &result->totals.cores[i];
        if (chip->cores[i].is_host && i != chip->last_resort)
            continue;
        cycle_account_add(sum, &core->account);
        json_begin_object(json, NULL);
        json_text(json, "name", core->name);
        json_text(json, "family", core->family);
        json_count(json, "count", core->count);
        json_number(json, "clock_hz", ratio_value(core->clock));
        json_count(json, "cycles", cycle_account_total(&core->account));
        write_account(json, "account", &core->account);
        json_end_object(json);
    }
    json_end_array(json);
}

enum { ATTO = 18, NM2_IN_MM2 = 12 };

static void known_or_null(struct json *json, const char *key, bool is_known, attojoules value,
                          int decimals)
{
    if (is_known)
        json_scaled(json, key, value, decimals);
    else
        json_nothing(json, key);
}

/* Energies and areas are written exactly, so that components add up to the total. */
static void write_bill(struct json *json, const struct run_result *result)
{
    const struct bill *bill = &result->bill;
    json_begin_object(json, "energy");
    for (size_t i = 0; i < bill->component_count; i++)
        known_or_null(json, bill->components[i].name, bill->components[i].is_energy_known,
                      run_component_energy(result, i), ATTO);
    json_scaled(json, "idle", run_idle_energy(result), ATTO);
    json_end_object(json);
    json_begin_object(json, "area");
    for (size_t i = 0; i < bill->component_count; i++)
        known_or_null(json, bill->components[i].name, bill->components[i].is_area_known,
                      bill->components[i].area_nm2, NM2_IN_MM2);
    json_end_object(json);
    json_begin_object(json, "parts");
    for (size_t i = 0; i < result->chip->inventory.part_count; i++)
        json_count(json, result->chip->inventory.parts[i].name,
                   result->chip->inventory.parts[i].count);
    json_end_object(json);
}

static void write_memories(struct json *json, const struct run_result *result)
{
    const struct chip *chip = result->chip;
    static const char *const KINDS[] = {"sram", "dram", "link"};
    static const char *const RESIDENCIES[] = {"none", "activations", "all"};
    json_begin_object(json, "memories");
    for (int32_t i = 0; i < chip->memory_count; i++) {
        const struct chip_memory *memory = &chip->memories[i];
        json_begin_object(json, memory->name);
        json_text(json, "kind", KINDS[memory->kind]);
        json_text(json, "fidelity",
                  memory->kind == MEMORY_SRAM ? "ideal" : MEMORY_FIDELITIES[memory->fidelity]);
        json_text(json, "mapping", result->totals.memory_mapping[i]);
        if (memory->kind == MEMORY_DRAM) {
            json_begin_object(json, "layout");
            json_text(json, "weights", result->totals.layouts[i][1]);
            json_text(json, "activations", result->totals.layouts[i][0]);
            json_end_object(json);
        }
        json_count(json, "read_bytes", result->totals.traffic[i].read_bytes);
        json_count(json, "write_bytes", result->totals.traffic[i].write_bytes);
        json_text(json, "residency", RESIDENCIES[memory->residency]);
        json_count(json, "capacity_bytes", memory->capacity);
        json_count(json, "resident_peak_bytes", result->totals.resident_peak[i]);
        json_end_object(json);
    }
    json_end_object(json);
}

static void write_swaps(struct json *json, const struct run_result *result)
{
    if (result->swap_count == 0)
        return;
    json_begin_array(json, "by_table");
    for (size_t i = 0; i < result->swap_count; i++) {
        const struct price_swap *row = &result->swaps[i];
        json_begin_object(json, NULL);
        json_text(json, "table", row->table);
        json_scaled(json, "energy_j", row->energy, ATTO);
        json_count(json, "ranks_moved", row->moved);
        json_begin_object(json, "energy");
        for (size_t k = 0; k < row->component_count; k++)
            json_scaled(json, row->components[k], row->energies[k], ATTO);
        json_end_object(json);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_total(struct json *json, const struct run_result *result)
{
    const struct play_totals *totals = &result->totals;
    const struct bill *bill = &result->bill;
    double joules = bill->is_energy_known ? attojoules_in_joules(bill->energy) : NAN;
    json_begin_object(json, "total");
    json_count(json, "cycles", totals->cycles);
    json_number(json, "seconds", result->seconds);
    known_or_null(json, "energy_j", bill->is_energy_known, bill->energy, ATTO);
    json_number(json, "power_w", bill->is_energy_known ? bill->power_w : NAN);
    known_or_null(json, "area_mm2", bill->is_area_known, bill->area_nm2, NM2_IN_MM2);
    json_number(json, "transistors", bill->transistors);
    json_number(json, "die_cost_usd", bill->die.cost_usd);
    json_count(json, "macs", totals->macs);
    json_count(json, "ops", totals->ops);
    json_count(json, "operators", totals->operators);
    json_number(json, "utilization", result->utilization);
    json_number(json, "fallback_share", result->fallback_share);
    json_count(json, "dram_read_bytes", totals->dram_read_bytes);
    json_count(json, "dram_write_bytes", totals->dram_write_bytes);
    json_number(json, "ops_per_joule", joules > 0 ? (double)totals->ops / joules : NAN);
    json_number(json, "ops_per_second_per_transistor",
                result->seconds > 0 ? (double)totals->ops / result->seconds / bill->transistors
                                    : NAN);
    json_number(json, "ops_per_second_per_dollar",
                result->seconds > 0 ? (double)totals->ops / result->seconds / bill->die.cost_usd
                                    : NAN);
    json_number(json, "die_carbon_g", bill->die.carbon_g);
    json_number(json, "answer_cost_usd", die_share(bill->die.cost_usd, result->seconds));
    json_number(json, "answer_carbon_g", die_share(bill->die.carbon_g, result->seconds));
    json_end_object(json);
}

static void write_head(struct json *json, const struct run_result *result)
{
    const struct chip *chip = result->chip;
    char hash[24];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)result->config_hash);
    json_begin_object(json, NULL);
    json_text(json, "cleave", CLEAVE_VERSION);
    json_text(json, "chip", chip->name);
    json_text(json, "trace", result->trace);
    json_text(json, "config_hash", hash);
    json_number(json, "main_clock_hz", ratio_value(chip->main_clock.hz));
    json_text(json, "process", result->process->name);
    json_text(json, "tables", result->process->options.tables);
    json_text(json, "scope", chip->scope);
    json_texts(json, "inactive", result->inactive);
    json_texts(json, "defaults", result->defaults);
    json_begin_array(json, "warnings");
    for (size_t i = 0; i < result->warning_count; i++)
        json_text(json, NULL, result->warnings[i]);
    json_end_array(json);
}

static void write_tail(struct json *json, const struct run_result *result)
{
    struct cycle_account sum = {0};
    write_cores(json, result, &sum);
    write_account(json, "cycle_account", &sum);
    write_bill(json, result);
    write_memories(json, result);
    write_swaps(json, result);
    write_total(json, result);
    json_end_object(json);
}

void report_run_json(const struct run_result *result, FILE *out)
{
    struct json json = json_begin(out);
    write_head(&json, result);
    json_begin_array(&json, "operators");
    for (size_t i = 0; i < result->operator_count; i++)
        write_operator(&json, result, &result->operators[i]);
    json_end_array(&json);
    write_tail(&json, result);
    fputc('\n', out);
}

void report_run_json_operator(const struct run_result *result,
                              const struct run_operator *operator, bool is_first, FILE *spool)
{
    struct json json = json_begin(spool);
    if (!is_first)
        fputs(", ", spool);
    write_operator(&json, result, operator);
}

void report_run_json_spooled(const struct run_result *result, FILE *spool, FILE *out)
{
    struct json json = json_begin(out);
    char block[1 << 16];
    size_t count;
    write_head(&json, result);
    json_begin_array(&json, "operators");
    rewind(spool);
    while ((count = fread(block, 1, sizeof block, spool)) > 0)
        fwrite(block, 1, count, out);
    json_end_array(&json);
    write_tail(&json, result);
    fputc('\n', out);
}
