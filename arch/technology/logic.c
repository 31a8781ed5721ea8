#include "arch/technology/logic.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arch/technology/operation_table.h"

const char *const OPERATION_NAMES[OPERATION_COUNT] = {"add", "mul", "mac", "reg"};

static const char FALLBACK_TABLE[] = "horowitz";

/* The energy at a process by one table. *is_known false: the table has no such operation. */
static bool energy_by(const struct process *process, const char *table,
                      const struct operation_query *query, struct sourced *energy,
                      bool *is_known, struct error *err);

/* Beyond its anchors a table has no process dependence of its own: it borrows the ratio that
 * the fallback table gives between the two gate energies. */
static bool transport(const struct process *process, const struct operation_query *query,
                      const struct operation_anchor *anchor, struct sourced *energy,
                      struct error *err)
{
    /* Registers toggle like adders; a lone multiply-accumulate like its multiplier. */
    struct operation_query like = *query;
    if (query->operation == OPERATION_REGISTER)
        like = (struct operation_query){OPERATION_ADD, {32, 32}, 0, false};
    else if (query->operation == OPERATION_MAC)
        like.operation = OPERATION_MULTIPLY;
    struct process there = *process;
    there.quantities[QUANTITY_GATE_ENERGY].value = anchor->gate_energy;
    struct sourced here_energy, there_energy;
    bool is_known;
    if (!energy_by(process, FALLBACK_TABLE, &like, &here_energy, &is_known, err) ||
        !energy_by(&there, FALLBACK_TABLE, &like, &there_energy, &is_known, err))
        return false;
    *energy = sourced_scaled(anchor->energy, here_energy.value / there_energy.value);
    *energy = sourced_weaken(
        *energy, here_energy.mark > MARK_DERIVED ? here_energy.mark : MARK_DERIVED, 0.3);
    return true;
}

static bool is_same(double a, double b)
{
    return fabs(a - b) <= 1e-9 * b;
}

static bool beyond(const struct process *process, const char *table,
                   const struct operation_query *query, double low, double high,
                   struct error *err)
{
    return error_set(err,
                     "process '%s': its gate energy of %g fJ lies beyond the anchors of table "
                     "'%s' (%g to %g fJ) for %s; --extrapolate goes beyond",
                     process->name, process->quantities[QUANTITY_GATE_ENERGY].value * 1e15,
                     table, low * 1e15, high * 1e15, OPERATION_NAMES[query->operation]);
}

static bool energy_by(const struct process *process, const char *table,
                      const struct operation_query *query, struct sourced *energy,
                      bool *is_known, struct error *err)
{
    struct operation_anchor anchors[OPERATION_ANCHORS_MAX];
    size_t count;
    if (!operation_anchors(&process->shared->operations, table, query, anchors, &count, err))
        return false;
    *is_known = count > 0;
    if (count == 0)
        return true;
    struct sourced gate;
    if (!process_need(process, QUANTITY_GATE_ENERGY, &gate, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (is_same(anchors[i].gate_energy, gate.value)) {
            *energy = anchors[i].energy;
            return true;
        }
    double least = anchors[0].gate_energy, most = anchors[count - 1].gate_energy;
    bool is_beyond = gate.value < least || gate.value > most;
    if (count == 1 || (is_beyond && strcmp(table, FALLBACK_TABLE) != 0))
        return transport(process, query, &anchors[gate.value < least ? 0 : count - 1], energy,
                         err);
    if (is_beyond && !process->options.allow_extrapolate)
        return beyond(process, table, query, least, most, err);
    size_t high = 1;
    while (high + 1 < count && anchors[high].gate_energy < gate.value)
        high++;
    const struct operation_anchor *a = &anchors[high - 1], *b = &anchors[high];
    double share = log(gate.value / a->gate_energy) / log(b->gate_energy / a->gate_energy);
    double slope =
        log(b->energy.value / a->energy.value) / log(b->gate_energy / a->gate_energy);
    /* The weaker anchor's mark, at least derived; least certain half-way between them, and by
     * what the process's own coordinate is unsure of. */
    *energy = a->energy.mark > b->energy.mark ? a->energy : b->energy;
    energy->value = a->energy.value * exp(slope * log(gate.value / a->gate_energy));
    double between = is_beyond ? 0.5 : share * (1 - share);
    *energy = sourced_weaken(*energy, is_beyond ? MARK_EXTRAPOLATED : MARK_DERIVED,
                             hypot(between, slope * gate.sigma));
    return true;
}

/* Cell area: the anchor nearest in gate energy that has one, moved by logic density. */
static bool area_by(const struct process *process, const char *table,
                    const struct operation_query *query, struct sourced *area,
                    struct error *err)
{
    struct operation_anchor anchors[OPERATION_ANCHORS_MAX];
    size_t count;
    struct operation_query areas = *query;
    areas.is_area = true;
    *area = (struct sourced){0};
    if (!operation_anchors(&process->shared->operations, table, &areas, anchors, &count, err))
        return false;
    if (count == 0)
        return true;
    struct sourced density, gate;
    if (!process_need(process, QUANTITY_LOGIC_DENSITY, &density, err) ||
        !process_need(process, QUANTITY_GATE_ENERGY, &gate, err))
        return false;
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (fabs(log(anchors[i].gate_energy / gate.value)) <
            fabs(log(anchors[best].gate_energy / gate.value)))
            best = i;
    *area = sourced_scaled(anchors[best].energy, anchors[best].density);
    *area = sourced_weaken(sourced_times(*area, density, -1), MARK_DERIVED, 0.3);
    return true;
}

static const struct sourced *stated(const struct process *process, enum operation operation,
                                    struct number_format format)
{
    char name[24], text[16];
    /* Two's complement or not: the same adders and multipliers. */
    if (format.class == NUMBER_UNSIGNED)
        format.class = NUMBER_SIGNED;
    number_format_name(format, text);
    snprintf(name, sizeof name, "%s-%s", OPERATION_NAMES[operation], text);
    for (size_t i = 0; i < process->operation_count; i++)
        if (strcmp(process->operations[i].name, name) == 0)
            return &process->operations[i].energy;
    return NULL;
}

static bool price_by_tables(const struct process *process, const struct operation_query *query,
                            struct logic_price *price, bool *is_known, struct error *err)
{
    const char *names[2] = {process->options.tables, FALLBACK_TABLE};
    bool has_area = false;
    *is_known = false;
    *price = (struct logic_price){0};
    for (int i = 0; i < 2; i++) {
        if (!*is_known) {
            if (!energy_by(process, names[i], query, &price->energy, is_known, err))
                return false;
            price->table = names[i];
        }
        if (!has_area) {
            if (!area_by(process, names[i], query, &price->area, err))
                return false;
            has_area = sourced_is_known(&price->area);
        }
    }
    return true;
}

static bool has_operation(const struct process *process, const struct operation_query *query,
                          bool *has, struct error *err)
{
    struct operation_anchor anchors[OPERATION_ANCHORS_MAX];
    size_t count;
    if (!operation_anchors(&process->shared->operations, process->options.tables, query,
                           anchors, &count, err))
        return false;
    *has = count > 0;
    return true;
}

static bool price_of(const struct process *process, const struct operation_query *query,
                     struct number_format exact, struct logic_price *price, struct error *err)
{
    bool is_known;
    if (!price_by_tables(process, query, price, &is_known, err))
        return false;
    const struct sourced *own = stated(process, query->operation, exact);
    if (own) {
        price->energy = *own;
        price->table = "process";
        return true;
    }
    if (is_known)
        return true;
    char text[16];
    number_format_name(exact, text);
    return error_set(err, "%s has no energy for %s of %s", process->shared->operations.path,
                     OPERATION_NAMES[query->operation], text);
}

/* Bits that a multiplier multiplies: all of an integer, the significand of a float. */
static double significand_bits(struct number_format format)
{
    return format.class == NUMBER_FLOAT ? format.mantissa + 1.0 : format.bits;
}

static double exponent_bits(struct number_format a, struct number_format b)
{
    double e = a.class == NUMBER_FLOAT ? a.exponent : 0;
    double f = b.class == NUMBER_FLOAT ? b.exponent : 0;
    return fmax(e, f);
}

static struct number_format exact_format(struct number_format a, struct number_format b)
{
    return number_format_equal(a, b) ? a : (struct number_format){0};
}

bool logic_add(const struct process *process, struct number_format format,
               struct logic_price *price, struct error *err)
{
    double bits = significand_bits(format);
    struct operation_query query = {
        OPERATION_ADD, {bits, bits}, exponent_bits(format, format), false};
    return price_of(process, &query, format, price, err);
}

bool logic_multiply(const struct process *process, struct number_format a,
                    struct number_format b, struct logic_price *price, struct error *err)
{
    struct operation_query query = {OPERATION_MULTIPLY,
                                    {significand_bits(a), significand_bits(b)},
                                    exponent_bits(a, b),
                                    false};
    return price_of(process, &query, exact_format(a, b), price, err);
}

bool logic_mac(const struct process *process, struct number_format a, struct number_format b,
               struct number_format result, struct logic_price *price, struct error *err)
{
    struct operation_query query = {
        OPERATION_MAC, {significand_bits(a), significand_bits(b)}, exponent_bits(a, b), false};
    struct number_format exact = exact_format(a, b);
    bool has;
    if (!has_operation(process, &query, &has, err))
        return false;
    if (has || stated(process, OPERATION_MAC, exact))
        return price_of(process, &query, exact, price, err);
    struct logic_price sum;
    if (result.class == NUMBER_NONE)
        result = a;
    if (!logic_multiply(process, a, b, price, err) || !logic_add(process, result, &sum, err))
        return false;
    price->energy = sourced_plus(price->energy, sum.energy);
    if (sourced_is_known(&price->area) && sourced_is_known(&sum.area))
        price->area = sourced_plus(price->area, sum.area);
    else
        price->area = (struct sourced){0};
    return true;
}

bool logic_register(const struct process *process, struct logic_price *price, struct error *err)
{
    struct operation_query query = {OPERATION_REGISTER, {1, 1}, 0, false};
    bool has;
    if (!has_operation(process, &query, &has, err))
        return false;
    if (has)
        return price_of(process, &query, number_format_integer(false, 1), price, err);
    price->table = "process";
    return process_need(process, QUANTITY_REGISTER_ENERGY, &price->energy, err) &&
           process_need(process, QUANTITY_REGISTER_AREA, &price->area, err);
}

const char *const *logic_table_names(struct arena *arena, const struct table *operations)
{
    const char **names = arena_array(arena, operations->row_count + 1, sizeof *names);
    size_t count = 0;
    for (size_t row = 0; row < operations->row_count; row++) {
        const char *name = table_text(operations, row, "table");
        bool is_new = true;
        for (size_t i = 0; i < count; i++)
            is_new &= strcmp(names[i], name) != 0;
        if (is_new)
            names[count++] = name;
    }
    return names;
}
