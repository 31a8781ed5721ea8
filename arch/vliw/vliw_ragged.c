#include "arch/vliw/vliw_ragged.h"

#include <stdio.h>
#include <string.h>

/* Rows that the kernels are written and chosen for, and their columns. */
enum { ROWS = 32, LENGTH_MOST = 1024 };

static uint64_t mean_of(const struct vliw_ragged *ragged)
{
    uint64_t mean = ragged->rows ? (ragged->total + ragged->rows / 2) / ragged->rows : 0;
    return mean < 1 ? 1 : mean < LENGTH_MOST ? mean : LENGTH_MOST;
}

/* Lengths are chosen for in powers of two: a kernel for each would be scheduled for nothing. */
static uint64_t length_class(uint64_t mean)
{
    uint64_t length = 1;
    while (2 * length <= mean)
        length *= 2;
    return length;
}

static int write_arrays(char *text, size_t room, uint64_t length, const char *type,
                        const char *sum)
{
    return snprintf(text, room,
                    "kernel rows size R = %d size N = R * %llu\n"
                    "array row[R + 1] : i32 = ramp 0 by %llu\n"
                    "array col[N] : i32 = random 0 .. R - 1\n"
                    "array v[N] : %s array x[R] : %s array r[N] : %s\n",
                    ROWS, (unsigned long long)length, (unsigned long long)length, type, type,
                    sum);
}

static const char *sparse_body(const struct primitive *p)
{
    if (p->sparse.columns > 1)
        return NULL;
    return p->inputs[0].elements ? "s += v[j] * x[col[j]]" : "s += x[col[j]]";
}

/* Texts with both loops. The inner loop of a sparse product with many columns runs over them,
 * once for every entry. */
static void write_text(char *text, size_t room, const struct primitive *p, uint64_t length,
                       uint64_t width, const char *type, const char *sum)
{
    int at = write_arrays(text, room, length, type, sum);
    char *rest = text + at;
    room -= (size_t)at;
    switch (p->kind) {
    case PRIMITIVE_GATHER:
        snprintf(rest, room,
                 "array f[R] : i32 = ramp 0 by 1 array n[N] : i32 independent scalar k : i32\n"
                 "for i in 0 .. R { u : i32 = f[i] b : i32 = row[u] e : i32 = row[u + 1]\n"
                 "for j in b .. e { n[j - b + k] = col[j] } k += e - b }\n");
        return;
    case PRIMITIVE_MERGE:
        snprintf(rest, room,
                 "array w[N] : i32 array m[N] : i32\n"
                 "for i in 0 .. R { a : i32 = row[i] b : i32 = row[col[i]]\n"
                 "for j in row[i] .. row[i + 1] unroll 1 { p : i32 = col[a]\n"
                 "q : i32 = w[b] m[j] = min(p, q)\n"
                 "if p <= q { a += 1 } if q <= p { b += 1 } } }\n");
        return;
    case PRIMITIVE_SPARSE_CONTRACTION:
        if (sparse_body(p))
            snprintf(rest, room,
                     "for i in 0 .. R { s : %s = 0\n"
                     "for j in row[i] .. row[i + 1] { %s } r[i] = s }\n",
                     sum, sparse_body(p));
        else
            snprintf(rest, room,
                     "size W = %llu array b[R][W] : %s array c[R][W] : %s independent\n"
                     "for i in 0 .. R { for j in row[i] .. row[i + 1] { a : %s = v[j]\n"
                     "u : i32 = col[j] for l in 0 .. W { c[i][l] += %s(a * b[u][l]) } } }\n",
                     (unsigned long long)width, type, sum, type, sum);
        return;
    default: /* bags of records: one sum each */
        snprintf(rest, room,
                 "for i in 0 .. R { s : %s = 0\n"
                 "for j in row[i] .. row[i + 1] { s += %s(v[j]) } r[i] = s }\n",
                 sum, sum);
    }
}

/* The shape of the work; false: every loop entry is alike. */
static bool find_rows(const struct primitive *p, struct vliw_ragged *ragged)
{
    *ragged = (struct vliw_ragged){.width = 1};
    switch (p->kind) {
    case PRIMITIVE_SPARSE_CONTRACTION:
        ragged->rows = p->sparse.rows;
        ragged->total = p->sparse.non_zeros;
        ragged->width = p->sparse.columns;
        ragged->is_by_item = p->sparse.columns > 1;
        /* Products of two sparse matrices: a row of the second for every entry of the first. */
        if (p->sparse.columns == 1 && p->macs && p->macs != p->sparse.non_zeros) {
            ragged->rows = p->sparse.non_zeros;
            ragged->total = p->macs;
            ragged->is_row_an_entry = true;
        }
        return true;
    case PRIMITIVE_GATHER:
        ragged->rows = p->inputs[1].elements;
        ragged->total = p->gather.count;
        return p->input_count == 3 && p->gather.record == 1;
    case PRIMITIVE_MERGE:
        ragged->rows = p->merge.rows ? p->merge.rows : 1;
        ragged->total = p->merge.left + p->merge.right;
        return true;
    default:
        return false;
    }
}

bool vliw_ragged_make(struct vliw_state *state, const struct primitive *p,
                      struct number_format format, struct vliw_ragged *ragged)
{
    if (!find_rows(p, ragged))
        return false;
    char key[128], text[2048], type[16], sum[16];
    struct number_format wide = vliw_sum_format(format);
    uint64_t length = length_class(mean_of(ragged));
    uint64_t width = ragged->is_by_item ? length_class(ragged->width) : 1;
    number_format_name(format, type);
    number_format_name(wide, sum);
    snprintf(key, sizeof key, "%s rows of %llu x %llu %s %s", PRIMITIVE_NAMES[p->kind],
             (unsigned long long)length, (unsigned long long)width, type,
             p->inputs[0].elements ? "weighted" : "pattern");
    write_text(text, sizeof text, p, length, width, type, sum);
    ragged->unit = vliw_nested_unit(state, key, text);
    return true;
}

static void add_entries(const struct vliw_ragged *ragged, uint64_t entries, uint64_t trips,
                        struct vliw_tally *tally)
{
    const struct vliw_unit *unit = ragged->unit;
    if (trips == 0 || entries == 0)
        return;
    uint64_t passes = trips / (uint64_t)unit->copies, rest = trips % (uint64_t)unit->copies;
    const struct region_schedule *loops[2] = {unit->loop, unit->rest ? unit->rest : unit->loop};
    uint64_t counts[2] = {passes, unit->rest ? rest : rest > 0};
    uint64_t setup = unit->setup_cycles;
    for (int part = 0; part < 2; part++) {
        if (counts[part] == 0)
            continue;
        const struct region_schedule *loop = loops[part];
        uint64_t inside = region_loop_cycles(loop, (int64_t)counts[part]);
        uint64_t kernel = counts[part] * (uint64_t)loop->schedule.ii;
        kernel = kernel < inside ? kernel : inside;
        int64_t above = loop->schedule.ii - loop->bound.res_mii;
        uint64_t waits = above > 0 && loop->is_pipelined ? counts[part] * (uint64_t)above : 0;
        waits = waits < kernel ? waits : kernel;
        tally->account.cycles[REASON_WORK] += entries * (kernel - waits);
        tally->account.cycles[REASON_DEPENDENCY] += entries * waits;
        tally->account.cycles[REASON_FILL] += entries * (inside - kernel);
        tally->account.cycles[REASON_RECONFIGURE] += entries * setup;
        setup = unit->loop_setup; /* no code stands between to hide it */
    }
    tally->entries += entries;
    tally->passes += entries * passes;
    tally->rest_passes += entries * counts[1];
}

void vliw_ragged_add(const struct vliw_ragged *ragged, uint64_t rows, uint64_t length,
                     struct vliw_tally *tally)
{
    const struct vliw_unit *unit = ragged->unit;
    if (ragged->is_by_item) {
        vliw_ragged_items(ragged, rows, rows * length, ragged->width, tally);
        return;
    }
    tally->account.cycles[REASON_RECONFIGURE] += rows * unit->row_cycles;
    add_entries(ragged, rows, length * ragged->width, tally);
}

void vliw_ragged_items(const struct vliw_ragged *ragged, uint64_t rows, uint64_t items,
                       uint64_t width, struct vliw_tally *tally)
{
    const struct vliw_unit *unit = ragged->unit;
    tally->account.cycles[REASON_RECONFIGURE] +=
        rows * unit->row_cycles + items * unit->item_cycles;
    add_entries(ragged, items, width, tally);
}

void vliw_ragged_mean(const struct vliw_ragged *ragged, struct vliw_tally *tally)
{
    uint64_t rows = ragged->rows ? ragged->rows : 1, each = ragged->total / rows;
    uint64_t longer = ragged->total - each * rows;
    vliw_ragged_add(ragged, rows - longer, each, tally);
    vliw_ragged_add(ragged, longer, each + 1, tally);
}
