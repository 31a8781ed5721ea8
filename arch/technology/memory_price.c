#include "arch/technology/memory_price.h"

#include <math.h>
#include <string.h>

/* Row whose `column` is the longest prefix of the name; row_count: none. */
static size_t find_prefix(const struct table *table, const char *column, const char *name)
{
    size_t best = table->row_count, length = 0;
    for (size_t row = 0; name && row < table->row_count; row++) {
        const char *prefix = table_text(table, row, column);
        size_t bytes = strlen(prefix);
        if (bytes > length && strncmp(prefix, name, bytes) == 0) {
            best = row;
            length = bytes;
        }
    }
    return best;
}

struct row_reader {
    const struct table *table;
    size_t row;
    struct sourced stamp; /* mark, sigma and source of the whole row */
    struct error *err;
};

static bool open_row(const struct table *table, size_t row, struct row_reader *reader,
                     struct error *err)
{
    *reader = (struct row_reader){.table = table, .row = row, .err = err};
    if (!table_real(table, row, "sigma", &reader->stamp.sigma, err))
        return false;
    const char *mark = table_text(table, row, "mark");
    for (int i = 0; i < MARK_COUNT; i++)
        if (strcmp(VALUE_MARK_NAMES[i], mark) == 0) {
            reader->stamp.mark = (enum value_mark)i;
            reader->stamp.source = table_text(table, row, "source");
            return true;
        }
    return error_set(err, "%s:%d: mark is '%.40s', which is none", table->path,
                     table->lines[row], mark);
}

/* An empty cell is a figure that is not known. */
static bool read_figure(const struct row_reader *reader, const char *column, double unit,
                        struct sourced *figure)
{
    *figure = (struct sourced){0};
    if (!*table_text(reader->table, reader->row, column))
        return true;
    *figure = reader->stamp;
    if (!table_real(reader->table, reader->row, column, &figure->value, reader->err))
        return false;
    if (figure->value < 0)
        return error_set(reader->err, "%s:%d: %s is below 0", reader->table->path,
                         reader->table->lines[reader->row], column);
    figure->value *= unit;
    return true;
}

static bool read_number(const struct row_reader *reader, const char *column, double unit,
                        double *value)
{
    struct sourced figure;
    if (!read_figure(reader, column, unit, &figure))
        return false;
    *value = figure.value;
    return true;
}

bool memory_price_of(const struct table *memories, const char *name, struct memory_price *price,
                     bool *found, struct error *err)
{
    struct row_reader reader;
    size_t row = find_prefix(memories, "memory", name);
    *price = (struct memory_price){0};
    *found = row < memories->row_count;
    if (!*found)
        return true;
    price->technology = table_text(memories, row, "memory");
    return open_row(memories, row, &reader, err) &&
           read_number(&reader, "width_bits", 1, &price->width_bits) &&
           read_number(&reader, "clock_MHz", 1e6, &price->clock_hz) &&
           read_figure(&reader, "activate_pJ", 1e-12, &price->activate) &&
           read_figure(&reader, "refresh_pJ", 1e-12, &price->refresh) &&
           read_figure(&reader, "read_pJ_bit", 1e-12, &price->read_bit) &&
           read_figure(&reader, "write_pJ_bit", 1e-12, &price->write_bit) &&
           read_figure(&reader, "io_pJ_bit", 1e-12, &price->io_bit) &&
           read_figure(&reader, "device_pJ_bit", 1e-12, &price->device_bit) &&
           read_figure(&reader, "system_pJ_bit", 1e-12, &price->system_bit) &&
           read_figure(&reader, "standby_active_mW", 1e-3, &price->standby_active) &&
           read_figure(&reader, "standby_precharged_mW", 1e-3, &price->standby_precharged);
}

bool interface_price_of(const struct table *interfaces, const char *name,
                        struct interface_price *price, bool *found, struct error *err)
{
    struct row_reader reader;
    size_t row = find_prefix(interfaces, "interface", name);
    *price = (struct interface_price){0};
    *found = row < interfaces->row_count;
    if (!*found)
        return true;
    price->technology = table_text(interfaces, row, "interface");
    return open_row(interfaces, row, &reader, err) &&
           read_number(&reader, "width_bits", 1, &price->width_bits) &&
           read_figure(&reader, "area_mm2", 1e-6, &price->area) &&
           read_figure(&reader, "idle_W", 1, &price->idle) &&
           read_figure(&reader, "transfer_pJ_bit", 1e-12, &price->transfer_bit);
}

/* One converter row at its resolution. */
static bool read_converter(const struct table *converters, size_t row, double *bits,
                           struct converter_price *price, struct error *err)
{
    struct row_reader reader;
    return open_row(converters, row, &reader, err) && read_number(&reader, "bits", 1, bits) &&
           read_figure(&reader, "energy_pJ", 1e-12, &price->energy) &&
           read_figure(&reader, "area_um2", 1e-12, &price->area);
}

static struct sourced between(struct sourced a, struct sourced b, double share)
{
    struct sourced result = a.mark > b.mark ? a : b;
    result.value = exp(log(a.value) + share * log(b.value / a.value));
    double away = share < 0 ? -share : share > 1 ? share - 1 : share * (1 - share);
    return sourced_weaken(result, MARK_DERIVED, fmin(away, 2));
}

/* One converter of a table, and its resolution; 0 bits: none. */
struct converter_row {
    double bits;
    struct converter_price price;
};

/* Of the rows on one side, the two nearest. */
static void keep_nearest(struct converter_row rows[2], const struct converter_row *row,
                         double bits)
{
    if (rows[0].bits == 0 || fabs(row->bits - bits) < fabs(rows[0].bits - bits)) {
        rows[1] = rows[0];
        rows[0] = *row;
    } else if (rows[1].bits == 0 || fabs(row->bits - bits) < fabs(rows[1].bits - bits)) {
        rows[1] = *row;
    }
}

bool converter_price_of(const struct table *converters, const char *kind, double bits,
                        struct converter_price *price, struct error *err)
{
    struct converter_row below[2] = {0}, above[2] = {0};
    for (size_t i = 0; i < converters->row_count; i++) {
        struct converter_row row;
        if (strcmp(table_text(converters, i, "kind"), kind) != 0)
            continue;
        if (!read_converter(converters, i, &row.bits, &row.price, err))
            return false;
        if (row.bits == bits) {
            *price = row.price;
            return true;
        }
        keep_nearest(row.bits < bits ? below : above, &row, bits);
    }
    /* Between two rows where it lies between, else on the line through the two nearest. */
    const struct converter_row *low = below[0].bits > 0 ? &below[0] : &above[0];
    const struct converter_row *high = below[0].bits > 0 && above[0].bits > 0 ? &above[0]
                                       : below[0].bits > 0                    ? &below[1]
                                                                              : &above[1];
    if (low->bits == 0)
        return error_set(err, "%s has no %s", converters->path, kind);
    *price = low->price;
    if (high->bits == 0) {
        /* One resolution only: taken as it is, with the doubt that deserves. */
        price->energy = sourced_weaken(low->price.energy, MARK_DERIVED, 0.7);
        price->area = sourced_weaken(low->price.area, MARK_DERIVED, 0.7);
        return true;
    }
    double share = log(bits / low->bits) / log(high->bits / low->bits);
    price->energy = between(low->price.energy, high->price.energy, share);
    price->area = between(low->price.area, high->price.area, share);
    return true;
}
