#include "arch/scheduling/reservation_table.h"

#include <assert.h>
#include <string.h>

void table_init(struct reservation_table *table, const struct resource_set *resources,
                int cycles, int limit_cycles, bool is_modulo, struct arena *arena)
{
    assert(resources->count <= RESOURCE_LIMIT && cycles >= 1 && limit_cycles >= cycles);
    *table = (struct reservation_table){.is_modulo = is_modulo};
    for (int r = 0; r < resources->count; r++) {
        table->row_first[r] = table->row_count;
        table->row_count += resources->resources[r].count;
    }
    for (int r = resources->count; r <= RESOURCE_LIMIT; r++)
        table->row_first[r] = table->row_count;
    table->occupant = arena_array(arena, (size_t)table->row_count * (size_t)limit_cycles + 1,
                                  sizeof *table->occupant);
    table->cycles = cycles;
}

void table_reset(struct reservation_table *table, int cycles)
{
    table->cycles = cycles;
    memset(table->occupant, 0,
           (size_t)table->row_count * (size_t)cycles * sizeof *table->occupant);
}

static int *cell(const struct reservation_table *table, int row, int time)
{
    assert(time >= 0 && (table->is_modulo || time < table->cycles));
    return &table->occupant[(size_t)row * (size_t)table->cycles +
                            (size_t)(table->is_modulo ? time % table->cycles : time)];
}

static bool row_is_free(const struct reservation_table *table, int row, int first, int cycles)
{
    if (cycles > table->cycles)
        return false;
    const int *cells = &table->occupant[(size_t)row * (size_t)table->cycles];
    int at = table->is_modulo ? first % table->cycles : first;
    assert(at + cycles <= table->cycles || table->is_modulo);
    for (int c = 0; c < cycles; c++) {
        if (cells[at])
            return false;
        if (++at == table->cycles)
            at = 0;
    }
    return true;
}

static bool take_row(struct reservation_table *table, const struct reservation *reservation,
                     int time, int mark)
{
    int first = time + reservation->first;
    for (int row = table->row_first[reservation->resource];
         row < table->row_first[reservation->resource + 1]; row++)
        if (row_is_free(table, row, first, reservation->cycles)) {
            for (int c = 0; c < reservation->cycles; c++)
                *cell(table, row, first + c) = mark;
            return true;
        }
    return false;
}

static void give_back_mark(struct reservation_table *table,
                           const struct alternative *alternative, int time, int mark)
{
    for (int r = 0; r < alternative->reservation_count; r++) {
        const struct reservation *reservation = &alternative->reservations[r];
        for (int row = table->row_first[reservation->resource];
             row < table->row_first[reservation->resource + 1]; row++)
            for (int c = 0; c < reservation->cycles && c < table->cycles; c++) {
                int *held = cell(table, row, time + reservation->first + c);
                if (*held == mark)
                    *held = 0;
            }
    }
}

static bool try_take(struct reservation_table *table, const struct alternative *alternative,
                     int time, int mark)
{
    for (int r = 0; r < alternative->reservation_count; r++)
        if (!take_row(table, &alternative->reservations[r], time, mark)) {
            give_back_mark(table, alternative, time, mark);
            return false;
        }
    return true;
}

/* Two reservations of one resource must not be given the same instance. */
static bool has_repeats(const struct alternative *alternative)
{
    for (int r = 1; r < alternative->reservation_count; r++)
        for (int s = 0; s < r; s++)
            if (alternative->reservations[r].resource == alternative->reservations[s].resource)
                return true;
    return false;
}

static bool has_free_row(const struct reservation_table *table,
                         const struct reservation *reservation, int time)
{
    for (int row = table->row_first[reservation->resource];
         row < table->row_first[reservation->resource + 1]; row++)
        if (row_is_free(table, row, time + reservation->first, reservation->cycles))
            return true;
    return false;
}

bool table_fits(struct reservation_table *table, const struct alternative *alternative,
                int time)
{
    enum { PROBE = -1 };
    for (int r = 0; r < alternative->reservation_count; r++)
        if (!has_free_row(table, &alternative->reservations[r], time))
            return false;
    if (!has_repeats(alternative))
        return true;
    if (!try_take(table, alternative, time, PROBE))
        return false;
    give_back_mark(table, alternative, time, PROBE);
    return true;
}

void table_take(struct reservation_table *table, const struct alternative *alternative,
                int time, int operation)
{
    bool has_taken = try_take(table, alternative, time, operation + 1);
    assert(has_taken);
    (void)has_taken;
}

void table_give_back(struct reservation_table *table, const struct alternative *alternative,
                     int time, int operation)
{
    give_back_mark(table, alternative, time, operation + 1);
}

static bool is_listed(const int *list, int count, int operation)
{
    for (int i = 0; i < count; i++)
        if (list[i] == operation)
            return true;
    return false;
}

/* Cost of clearing one row: operations to evict, weighted by how much they were wanted. */
static int64_t clearing_cost(const struct reservation_table *table, int row, int first,
                             int cycles, const int *rank, const int *evicted, int count)
{
    int64_t cost = 0;
    int last = 0;
    for (int c = 0; c < cycles; c++) {
        int held = *cell(table, row, first + c);
        if (held && held != last && !is_listed(evicted, count, held - 1))
            cost += (INT64_C(1) << 32) - rank[held - 1];
        last = held;
    }
    return cost;
}

int table_conflicts(const struct reservation_table *table,
                    const struct alternative *alternative, int time, const int *rank,
                    int *evicted, int limit)
{
    int count = 0;
    for (int r = 0; r < alternative->reservation_count; r++) {
        const struct reservation *reservation = &alternative->reservations[r];
        if (reservation->cycles > table->cycles)
            return -1;
        int first = time + reservation->first, best = -1;
        int64_t best_cost = 0;
        /* Two reservations of one resource take different instances: skip those used before. */
        int skip = 0;
        for (int s = 0; s < r; s++)
            skip += alternative->reservations[s].resource == reservation->resource;
        for (int row = table->row_first[reservation->resource] + skip;
             row < table->row_first[reservation->resource + 1]; row++) {
            int64_t cost =
                clearing_cost(table, row, first, reservation->cycles, rank, evicted, count);
            if (best < 0 || cost < best_cost) {
                best = row;
                best_cost = cost;
            }
        }
        if (best < 0)
            return -1;
        for (int c = 0; c < reservation->cycles; c++) {
            int held = *cell(table, best, first + c);
            if (held && !is_listed(evicted, count, held - 1)) {
                if (count == limit)
                    return -1;
                evicted[count++] = held - 1;
            }
        }
    }
    return count;
}
