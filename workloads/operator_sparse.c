/* Irregular operators. A stored sparse matrix is three tensors in this order: row pointers
 * (rows + 1), column numbers (non-zeros), values (non-zeros; absent for a pattern). Their
 * contents, where the trace carries them, are checked here, so that models may index by them.
 *
 *   spmm / spmv      (pointers, columns, values, dense inner x n or inner)  -> rows x n or rows
 *   sddmm            (pointers, columns, A rows x k, B columns x k)         -> values
 *   spgemm           (A's three, B's three)             -> pointers, columns, values (declared)
 *   sptrsv           (pointers, columns, values, right-hand side rows)      -> rows
 *   bfs-step         (pointers, columns, frontier, visited rows)            -> next frontier
 *   pagerank-step    (pointers, columns, ranks rows)                        -> ranks
 *   triangle-count   (pointers, columns)                                    -> one count */
#include "workloads/lowering.h"

#include <string.h>

enum { POINTERS, COLUMNS, VALUES, DENSE };

static bool check_below(const struct operator* op, const char *what,
                        const struct tensor_contents *numbers, int64_t limit, struct error *err)
{
    for (uint64_t i = 0; numbers && i < numbers->count; i++)
        if (numbers->values[i] < 0 || numbers->values[i] >= limit)
            return operator_error(op, err, "%s %llu is %lld, must be 0 to %lld", what,
                                  (unsigned long long)i, (long long)numbers->values[i],
                                  (long long)limit - 1);
    return true;
}

static bool check_pattern(const struct operator* op, uint32_t first, int64_t columns,
                          struct error *err)
{
    const struct tensor *pointers = op->inputs[first], *numbers = op->inputs[first + 1];
    if (pointers->rank != 1 || numbers->rank != 1 || pointers->shape[0] < 1)
        return operator_error(op, err, "row pointers and columns must be vectors");
    const struct tensor_contents *p = pointers->contents, *n = numbers->contents;
    int64_t last = 0;
    for (uint64_t i = 0; p && i < p->count; i++) {
        if (p->values[i] < last || p->values[i] > numbers->shape[0])
            return operator_error(op, err, "row pointer %llu is %lld, must be %lld to %lld",
                                  (unsigned long long)i, (long long)p->values[i],
                                  (long long)last, (long long)numbers->shape[0]);
        last = p->values[i];
    }
    return check_below(op, "column", n, columns, err);
}

static int64_t rows_of(const struct operator* op, uint32_t first)
{
    return op->inputs[first]->shape[0] - 1;
}

static bool infer_sampled(const struct operator* op, struct tensor *outputs, struct error *err)
{
    const struct tensor *a = op->inputs[2], *b = op->inputs[3];
    if (a->rank != 2 || b->rank != 2 || a->shape[1] != b->shape[1] ||
        a->shape[0] != rows_of(op, 0))
        return operator_error(op, err, "dense operands must be rows x k and columns x k");
    copy_shape(&outputs[0], op->inputs[COLUMNS]);
    outputs[0].format = a->format;
    return check_pattern(op, 0, b->shape[0], err);
}

static bool infer_sparse_pair(const struct operator* op, struct tensor *outputs,
                              struct error *err)
{
    for (uint32_t i = 0; i < op->output_count; i++)
        outputs[i].rank = -1;
    return check_pattern(op, 0, rows_of(op, 3), err) && check_pattern(op, 3, INT64_MAX, err);
}

bool infer_sparse_product(const struct operator* op, struct tensor *outputs, struct error *err)
{
    if (operator_is(op, "sddmm"))
        return infer_sampled(op, outputs, err);
    if (operator_is(op, "spgemm"))
        return infer_sparse_pair(op, outputs, err);
    if (operator_is(op, "triangle-count")) {
        outputs[0].rank = 0;
        outputs[0].format = number_format_integer(false, 64);
        return op->inputs[0]->rank == 1 ? check_pattern(op, 0, rows_of(op, 0), err)
                                        : check_pattern(op, 0, INT64_MAX, err);
    }
    bool is_graph = operator_is(op, "bfs-step") || operator_is(op, "pagerank-step");
    const struct tensor *dense = op->inputs[is_graph ? op->input_count - 1 : DENSE];
    if (op->inputs[POINTERS]->rank != 1 || dense->rank < 1 || dense->rank > 2)
        return operator_error(op, err,
                              "needs a vector of pointers and a dense operand of rank 1 or 2");
    if (!check_pattern(op, 0, dense->shape[0], err))
        return false;
    outputs[0].format = dense->format;
    if (operator_is(op, "bfs-step")) /* the next frontier is as long as the graph makes it */
        return check_below(op, "vertex", op->inputs[2]->contents, rows_of(op, 0), err);
    outputs[0].rank = dense->rank;
    outputs[0].shape[0] = rows_of(op, 0);
    if (dense->rank == 2)
        outputs[0].shape[1] = dense->shape[1];
    double macs = (double)tensor_elements(op->inputs[COLUMNS]) *
                  (double)(dense->rank == 2 ? dense->shape[1] : 1);
    return macs < 7e16 || operator_error(op, err, "has more than 2^56 multiply-accumulates");
}

static struct primitive *append_sparse(const struct operator* op, struct primitive_list *list,
                                       uint64_t rows, uint64_t columns, uint64_t inner,
                                       const struct tensor *dense)
{
    struct primitive *p = primitive_append(list, PRIMITIVE_SPARSE_CONTRACTION);
    p->sparse.rows = rows;
    p->sparse.columns = columns;
    p->sparse.inner = inner;
    p->sparse.non_zeros = tensor_elements(op->inputs[COLUMNS]);
    p->macs = p->sparse.non_zeros * columns;
    p->ops = 2 * p->macs;
    p->input_count = 4; /* always values, pointers, columns, dense */
    bool has_values = op->spec->inputs_min == 4;
    p->inputs[0] = has_values ? operand_of(op->inputs[VALUES]) : (struct primitive_operand){0};
    p->inputs[1] = operand_of(op->inputs[POINTERS]);
    p->inputs[2] = operand_of(op->inputs[COLUMNS]);
    p->inputs[3] = operand_of(dense);
    p->streams[0] = op->inputs[POINTERS];
    p->streams[1] = op->inputs[COLUMNS];
    p->output = operand_of(op->outputs[0]);
    return p;
}

void lower_sparse_product(const struct operator* op, struct primitive_list *list)
{
    bool is_rank = operator_is(op, "pagerank-step");
    const struct tensor *dense = op->inputs[is_rank ? 2 : DENSE];
    uint64_t columns = dense->rank == 2 ? (uint64_t)dense->shape[1] : 1;
    struct primitive *p = append_sparse(op, list, (uint64_t)rows_of(op, 0), columns,
                                        (uint64_t)dense->shape[0], dense);
    if (!is_rank)
        return;
    p->ops = p->sparse.non_zeros; /* a pattern: sums only */
    p->macs = 0;
    p->output = operand_between(p->output.elements, dense->format);
    struct primitive *damp =
        append_map(list, "damp", p->output.elements, (struct element_work){2, 1},
                   operand_of(op->outputs[0]));
    add_input(damp, operand_between(damp->map.elements, dense->format));
}

/* One dot product of length k per stored position: rows of A gathered against rows of B. */
void lower_sampled_product(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *a = op->inputs[2], *b = op->inputs[3];
    uint64_t k = (uint64_t)a->shape[1];
    struct primitive *p =
        append_sparse(op, list, (uint64_t)a->shape[0], k, (uint64_t)b->shape[0], b);
    p->label = "sampled";
    p->inputs[0] = operand_of(a);
}

/* Products of A x B row by row (Gustavson): for every non-zero of A a row of B. Counted from
 * the contents where they are known, else from mean row lengths. */
static uint64_t pair_products(const struct operator* op)
{
    uint64_t a = tensor_elements(op->inputs[1]), b = tensor_elements(op->inputs[4]);
    uint64_t inner = (uint64_t)rows_of(op, 3);
    const struct tensor_contents *columns = op->inputs[1]->contents;
    const struct tensor_contents *pointers = op->inputs[3]->contents;
    if (!columns || !pointers)
        return inner ? (uint64_t)((double)a * (double)b / (double)inner + 0.5) : 0;
    uint64_t products = 0;
    for (uint64_t i = 0; i < columns->count; i++) {
        int64_t row = columns->values[i];
        products += (uint64_t)(pointers->values[row + 1] - pointers->values[row]);
    }
    return products;
}

void lower_sparse_sparse(const struct operator* op, struct primitive_list *list)
{
    uint64_t products = pair_products(op);
    uint64_t out = op->output_count > 1 ? tensor_elements(op->outputs[1]) : products;
    struct primitive *fetch = primitive_append(list, PRIMITIVE_SPARSE_CONTRACTION);
    fetch->label = "products";
    fetch->sparse.rows = (uint64_t)rows_of(op, 0);
    fetch->sparse.inner = (uint64_t)rows_of(op, 3);
    fetch->sparse.non_zeros = tensor_elements(op->inputs[1]);
    fetch->sparse.columns = 1;
    fetch->macs = products;
    fetch->ops = 2 * products;
    fetch->input_count = 4;
    fetch->inputs[0] = operand_of(op->inputs[2]);
    fetch->inputs[1] = operand_of(op->inputs[0]);
    fetch->inputs[2] = operand_of(op->inputs[1]);
    fetch->inputs[3] = operand_of(op->inputs[5]);
    fetch->streams[0] = op->inputs[0];
    fetch->streams[1] = op->inputs[1];
    fetch->streams[2] = op->inputs[3];
    fetch->output = operand_between(products, op->inputs[2] ? op->inputs[2]->format
                                                            : number_format_float(8, 23));
    struct primitive *merge = primitive_append(list, PRIMITIVE_MERGE);
    merge->label = "rows";
    merge->merge.left = products;
    merge->merge.right = 0;
    merge->merge.matches = products > out ? products - out : 0;
    merge->merge.rows = fetch->sparse.rows;
    memcpy(merge->streams, fetch->streams, sizeof merge->streams);
    add_input(merge, fetch->output);
    add_input(merge, operand_of(op->inputs[4]));
    merge->output = operand_of(op->outputs[op->output_count - 1]);
}

/* Rows in dependent order: each waits for the unknowns it uses. */
void lower_solve(const struct operator* op, struct primitive_list *list)
{
    uint64_t rows = (uint64_t)rows_of(op, 0), entries = tensor_elements(op->inputs[COLUMNS]);
    append_sparse(op, list, rows, 1, rows, op->inputs[DENSE]);
    struct primitive *order = primitive_append(list, PRIMITIVE_CHASE);
    order->label = "dependences";
    order->chase.chains = rows ? (entries + rows - 1) / rows : 1;
    order->chase.depth = rows;
    order->chase.record = 1;
    order->ops = rows; /* one division a row */
    add_input(order, operand_of(op->inputs[DENSE]));
    order->output = operand_of(op->outputs[0]);
}

/* Neighbours of the frontier are gathered; each is looked up among the visited ones and those
 * found first are written. The attribute `edges` counts the neighbours. */
void lower_frontier(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *columns = op->inputs[COLUMNS], *frontier = op->inputs[2];
    const struct tensor *visited = op->inputs[op->input_count - 1];
    int64_t stated = operator_integer(op, "edges", -1);
    uint64_t vertices = tensor_elements(frontier), all = tensor_elements(columns);
    uint64_t rows = (uint64_t)rows_of(op, 0);
    uint64_t edges = stated >= 0 ? (uint64_t)stated
                     : rows      ? (uint64_t)((double)all * (double)vertices / (double)rows)
                                 : 0;
    struct primitive *expand = primitive_append(list, PRIMITIVE_GATHER);
    expand->label = "neighbours";
    expand->gather.count = edges;
    expand->gather.record = 1;
    expand->gather.universe = all;
    expand->input_count = 3;
    expand->inputs[0] = operand_of(columns);
    expand->inputs[1] = operand_of(frontier);
    expand->inputs[2] = operand_of(op->inputs[POINTERS]);
    expand->streams[0] = op->inputs[POINTERS];
    expand->streams[1] = columns;
    expand->streams[2] = frontier;
    expand->output = operand_between(edges, columns->format);
    struct primitive *mark = primitive_append(list, PRIMITIVE_SCATTER);
    mark->label = "visited";
    mark->gather.count = edges;
    mark->gather.record = 1;
    mark->gather.universe = tensor_elements(visited);
    mark->ops = edges; /* one comparison each */
    mark->input_count = 2;
    mark->inputs[0] = operand_of(visited);
    mark->inputs[1] = operand_between(edges, columns->format);
    memcpy(mark->streams, expand->streams, sizeof mark->streams);
    mark->output = operand_of(op->outputs[0]);
}

/* Every edge intersects the neighbour lists of its two ends. */
void lower_intersect(const struct operator* op, struct primitive_list *list)
{
    uint64_t edges = tensor_elements(op->inputs[COLUMNS]), rows = (uint64_t)rows_of(op, 0);
    const struct tensor_contents *p = op->inputs[POINTERS]->contents;
    const struct tensor_contents *c = op->inputs[COLUMNS]->contents;
    uint64_t left = 0, right = 0;
    for (uint64_t v = 0; p && c && v + 1 < p->count; v++)
        for (int64_t e = p->values[v]; e < p->values[v + 1]; e++) {
            left += (uint64_t)(p->values[v + 1] - p->values[v]);
            right += (uint64_t)(p->values[c->values[e] + 1] - p->values[c->values[e]]);
        }
    if (!p || !c)
        left = right = rows ? (uint64_t)((double)edges * (double)edges / (double)rows) : 0;
    struct primitive *merge = primitive_append(list, PRIMITIVE_MERGE);
    merge->label = "neighbours";
    merge->merge.left = left;
    merge->merge.right = right;
    merge->merge.matches = (uint64_t)operator_integer(op, "triangles", 0);
    merge->merge.rows = edges;
    merge->streams[0] = op->inputs[POINTERS];
    merge->streams[1] = op->inputs[COLUMNS];
    merge->ops = left + right;
    add_input(merge, operand_of(op->inputs[COLUMNS]));
    add_input(merge, operand_of(op->inputs[POINTERS]));
    merge->output = operand_of(op->outputs[0]);
}

/* stencil (grid): every point from its `neighbours`, `sweeps` times. */
void lower_stencil(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0];
    int64_t neighbours = operator_integer(op, "neighbours", 5);
    int64_t sweeps = operator_integer(op, "sweeps", 1);
    struct primitive *p = primitive_append(list, PRIMITIVE_STENCIL);
    p->stencil.points = tensor_elements(in);
    p->stencil.neighbours = neighbours < 1 ? 1 : (uint64_t)neighbours;
    p->stencil.sweeps = sweeps < 1 ? 1 : (uint64_t)sweeps;
    p->ops = 2 * p->stencil.points * p->stencil.neighbours * p->stencil.sweeps;
    add_input(p, operand_of(in));
    p->output = operand_of(op->outputs[0]);
}

/* smith-waterman (a, b): one cell per pair of letters, three neighbours each. */
void lower_wavefront(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *a = op->inputs[0], *b = op->inputs[1];
    struct primitive *p = primitive_append(list, PRIMITIVE_STENCIL);
    p->stencil.points = tensor_elements(a) * tensor_elements(b);
    p->stencil.neighbours = 3;
    p->stencil.sweeps = 1;
    p->stencil.is_wavefront = true;
    p->ops = 5 * p->stencil.points;
    add_input(p, operand_of(a));
    add_input(p, operand_of(b));
    p->output = operand_of(op->outputs[0]);
}

/* decision-forest (nodes, samples) and hash-probe (table, keys): `depth` dependent look-ups for
 * each of the samples and, in a forest, `trees`. */
void lower_chase(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *nodes = op->inputs[0], *samples = op->inputs[1];
    int64_t depth = operator_integer(op, "depth", 1), trees = operator_integer(op, "trees", 1);
    uint64_t count = samples->rank ? (uint64_t)samples->shape[0] : 1;
    struct primitive *p = primitive_append(list, PRIMITIVE_CHASE);
    p->chase.chains = count * (uint64_t)(trees < 1 ? 1 : trees);
    p->chase.depth = (uint64_t)(depth < 1 ? 1 : depth);
    p->chase.record = nodes->rank > 1 ? (uint64_t)nodes->shape[nodes->rank - 1] : 1;
    p->ops = p->chase.chains * p->chase.depth;
    add_input(p, operand_of(nodes));
    add_input(p, operand_of(samples));
    p->output = operand_of(op->outputs[0]);
}

/* Radix 2: log2(length) stages, each a butterfly of 10 real operations per pair of points. */
void lower_fourier(const struct operator* op, struct primitive_list *list)
{
    const struct tensor *in = op->inputs[0], *out = op->outputs[0];
    uint64_t length = 1, stages = 0;
    for (int32_t i = 0; i < in->rank; i++)
        if ((uint64_t)in->shape[i] > length)
            length = (uint64_t)in->shape[i];
    while (stages < 62 && (uint64_t)1 << stages < length)
        stages++;
    struct primitive *p = primitive_append(list, PRIMITIVE_STENCIL);
    p->label = "butterflies";
    p->stencil.points = tensor_elements(in);
    p->stencil.neighbours = 2;
    p->stencil.sweeps = stages ? stages : 1;
    p->ops = 5 * p->stencil.points * p->stencil.sweeps;
    add_input(p, operand_of(in));
    p->output = operand_of(out);
}
