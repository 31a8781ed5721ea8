#include "sparse_case.h"

#include <string.h>

#include "random_loop.h"

static uint64_t draw(uint64_t *state, uint64_t most)
{
    return 1 + random_next(state) % most;
}

/* Small whole numbers: sums are exact in any order. */
static double number(uint64_t *state)
{
    return (double)(random_next(state) % 9) - 4;
}

static void fill_pattern(struct matrix *x, uint64_t *state)
{
    uint64_t rows = x->product.size[SPARSE_M], inner = x->product.size[SPARSE_K], count = 0;
    uint64_t kind = random_next(state) % 5, percent = draw(state, 100);
    uint64_t full = random_next(state) % rows;
    for (uint64_t r = 0; r < rows; r++) {
        for (uint64_t c = 0; c < inner; c++) {
            bool is_here = random_next(state) % 100 < percent;
            if (kind == 1) /* one full row, others nearly empty */
                is_here = r == full || random_next(state) % 50 == 0;
            else if (kind == 2)
                is_here = is_here && r % 2; /* every other row empty */
            else if (kind == 3)
                is_here = is_here && c < inner / 2; /* half of the table is never selected */
            else if (kind == 4)
                is_here = is_here && percent > 20; /* nothing at all, at times */
            if (!is_here)
                continue;
            x->columns[count] = (int64_t)c;
            x->row_of[count] = (int)r;
            x->values[count++] = number(state);
        }
        x->pointers[r + 1] = (int64_t)count;
    }
    x->product.entries = count;
}

void sparse_case_matrix(struct matrix *x, uint64_t *state)
{
    memset(x, 0, sizeof *x);
    struct sparse_product *p = &x->product;
    *p = (struct sparse_product){.size = {draw(state, SIDE), draw(state, SIDE),
                                          random_next(state) % 3 ? draw(state, SIDE) : 1},
                                 .column_bytes = 4,
                                 .pointer_bytes = 4,
                                 .table_bytes = random_next(state) % 5 ? 2 : 0,
                                 .row_bytes = 2,
                                 .sum_bytes = 4,
                                 .output_bytes_per_cycle = 1,
                                 .bytes_per_cycle = {1, 1, 1, 1},
                                 .macs = 1};
    p->is_sampled = random_next(state) % 3 == 0;
    p->result_bytes = p->is_sampled ? 2 : 0;
    p->value_bytes = p->is_sampled ? 0 : 2;
    fill_pattern(x, state);
    for (int r = 0; r < SIDE; r++)
        for (int c = 0; c < SIDE; c++) {
            x->table[r][c] = number(state);
            x->dense[r][c] = number(state);
        }
    x->contents[0] = (struct tensor_contents){p->size[SPARSE_M] + 1, x->pointers};
    x->contents[1] = (struct tensor_contents){p->entries, x->columns};
    for (int i = 0; i < 2; i++)
        x->tensors[i].contents = &x->contents[i];
    x->primitive = (struct primitive){.kind = PRIMITIVE_SPARSE_CONTRACTION,
                                      .streams = {&x->tensors[0], &x->tensors[1]}};
    x->primitive.sparse.rows = p->size[SPARSE_M];
}

void sparse_case_nest(struct matrix *x, uint64_t *state)
{
    struct sparse_nest *nest = &x->nest;
    for (int d = 0; d < SPARSE_DIMS; d++) {
        uint64_t size = x->product.size[d];
        nest->tile[d] = random_next(state) % 3 ? draw(state, size) : size + draw(state, 3);
        nest->trips[d] = (size - 1) / nest->tile[d] + 1;
        nest->order[d] = (uint8_t)d;
    }
    for (int i = SPARSE_DIMS - 1; i > 0; i--) {
        int j = (int)(random_next(state) % (uint64_t)(i + 1));
        uint8_t held = nest->order[i];
        nest->order[i] = nest->order[j];
        nest->order[j] = held;
    }
    nest->granule = 1;
    nest->is_listed = random_next(state) % 2;
    nest->is_gathered = x->product.table_bytes > 0 && random_next(state) % 2;
    nest->pieces = draw(state, 3);
    if (nest->pieces > nest->tile[SPARSE_M])
        nest->pieces = nest->tile[SPARSE_M];
    nest->room = random_next(state) % 2 ? UINT64_MAX : draw(state, 40);
    nest->records = random_next(state) % 2 || !nest->is_gathered ? UINT64_MAX : draw(state, 9);
}
