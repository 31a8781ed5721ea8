#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "random_run.h"
#include "traces/trace.h"

enum { POOL = 8 };

/* A trace under construction: the tensors that later operators may read. */
struct draft {
    struct random_case *c;
    struct sink *sink;
    const struct tensor *pool[POOL];
    uint64_t uses[POOL];
    int pool_count, tensors, operators, last;
    struct number_format format;
};

static const struct tensor *declare(struct draft *d, enum tensor_role role, int32_t rank,
                                    const int64_t *shape, struct number_format format)
{
    struct tensor tensor = {.name = arena_format(d->c->arena, "t%d", d->tensors++),
                            .rank = rank,
                            .format = format,
                            .role = role,
                            .density = 1};
    memcpy(tensor.shape, shape, (size_t)rank * sizeof *shape);
    return d->sink->tensor(d->sink, &tensor);
}

static struct attribute integers(struct draft *d, const char *name, uint32_t count,
                                 const int64_t *values)
{
    int64_t *kept = arena_array(d->c->arena, count, sizeof *kept);
    memcpy(kept, values, count * sizeof *kept);
    return (struct attribute){
        .name = name, .kind = ATTRIBUTE_INTEGERS, .count = count, .integers = kept};
}

/* The result joins the pool, unless its shape does not suit the operator. */
static void apply(struct draft *d, const char *kind, const struct tensor **inputs,
                  uint32_t input_count, const struct attribute *attributes,
                  uint32_t attribute_count)
{
    struct tensor shape = {0};
    const struct tensor *result;
    struct error err = {0};
    struct operator op = {.name = arena_format(d->c->arena, "op%d", d->operators),
                          .spec = operator_find(kind),
                          .input_count = input_count,
                          .output_count = 1,
                          .attribute_count = attribute_count,
                          .inputs = inputs,
                          .outputs = &result,
                          .attributes = attributes};
    if (!operator_infer(&op, &shape, &err) || tensor_elements(&shape) == 0)
        return;
    bool is_last = d->operators == d->last;
    result =
        declare(d, is_last ? ROLE_OUTPUT : ROLE_TEMP, shape.rank, shape.shape, shape.format);
    d->sink->operator(d->sink, &op);
    d->operators++;
    int at = d->pool_count < POOL ? d->pool_count++ : (int)random_below(&d->c->random, POOL);
    d->pool[at] = result;
}

static int64_t size(struct draft *d, int64_t most)
{
    struct random *r = &d->c->random;
    int64_t top = random_chance(r, 1, 4) ? most : most / 4 > 1 ? most / 4 : most;
    return random_between(r, 1, top);
}

/* A tensor of the pool with this rank, or a new model input. */
static const struct tensor *pick(struct draft *d, int32_t rank, bool is_fresh)
{
    struct random *r = &d->c->random;
    for (int try = 0; try < 4 && d->pool_count && !is_fresh; try++) {
        const struct tensor *t = d->pool[random_below(r, (uint64_t)d->pool_count)];
        if (t->rank == rank && tensor_elements(t) < 1 << 20)
            return t;
    }
    int64_t shape[5];
    for (int i = 0; i < rank; i++)
        shape[i] = rank == 2 ? size(d, 300)
                   : i == 0  ? random_between(r, 1, 3)
                   : i == 1  ? size(d, 64)
                             : random_between(r, 1, rank == 5 ? 7 : 24);
    return declare(d, ROLE_INPUT, rank, shape, d->format);
}

static void add_matmul(struct draft *d, bool is_fresh)
{
    struct random *r = &d->c->random;
    int32_t rank = random_chance(r, 1, 4) ? 3 : 2;
    const struct tensor *a = pick(d, rank, is_fresh), *inputs[3] = {a};
    int64_t shape[3] = {a->shape[0], a->shape[rank - 1], size(d, 300)};
    if (rank == 2)
        inputs[1] = declare(d, ROLE_CONST, 2, shape + 1, d->format);
    else if (random_chance(r, 1, 2))
        inputs[1] = declare(d, ROLE_CONST, 2, shape + 1, d->format);
    else
        inputs[1] = declare(d, ROLE_INPUT, 3, shape, d->format);
    if (rank == 2 && random_chance(r, 1, 3)) {
        inputs[2] = declare(d, ROLE_CONST, 1, shape + 2, d->format);
        apply(d, "Gemm", inputs, 3, NULL, 0);
    } else
        apply(d, "MatMul", inputs, 2, NULL, 0);
}

static void add_convolution(struct draft *d, bool is_fresh)
{
    struct random *r = &d->c->random;
    int32_t axes = random_chance(r, 2, 3) ? 2 : random_chance(r, 1, 2) ? 1 : 3;
    const struct tensor *x = pick(d, axes + 2, is_fresh), *inputs[3] = {x};
    bool is_transposed = random_chance(r, 1, 6);
    int64_t group = 1, channels = x->shape[1];
    if (random_chance(r, 1, 3))
        group = random_chance(r, 1, 2) || channels % 2 ? channels : 2;
    int64_t out = group * random_between(r, 1, group > 4 ? 2 : 40);
    int64_t weight[5] = {out, channels / group}, strides[3], dilations[3], pads[6];
    if (is_transposed)
        weight[0] = channels, weight[1] = out / group;
    for (int i = 0; i < axes; i++) {
        weight[2 + i] = random_between(r, 1, 4);
        strides[i] = random_between(r, 1, 3);
        dilations[i] = random_chance(r, 1, 4) ? 2 : 1;
        pads[i] = pads[axes + i] = is_transposed ? 0 : random_between(r, 0, 2);
    }
    inputs[1] = declare(d, ROLE_CONST, axes + 2, weight, d->format);
    bool has_bias = random_chance(r, 1, 3);
    if (has_bias)
        inputs[2] = declare(d, ROLE_CONST, 1, &out, d->format);
    struct attribute attributes[] = {integers(d, "group", 1, &group),
                                     integers(d, "strides", (uint32_t)axes, strides),
                                     integers(d, "dilations", (uint32_t)axes, dilations),
                                     integers(d, "pads", 2 * (uint32_t)axes, pads)};
    apply(d, is_transposed ? "ConvTranspose" : "Conv", inputs, has_bias ? 3 : 2, attributes, 4);
}

static void add_element_work(struct draft *d, bool is_fresh)
{
    static const char *const KINDS[] = {"Relu", "Sigmoid", "Add",  "Mul",
                                        "Exp",  "Softmax", "Tanh", "Transpose"};
    struct random *r = &d->c->random;
    const char *kind = KINDS[random_below(r, sizeof KINDS / sizeof KINDS[0])];
    const struct tensor *x = pick(d, random_chance(r, 1, 2) ? 2 : 4, is_fresh);
    const struct tensor *inputs[2] = {x, x};
    bool is_binary = strcmp(kind, "Add") == 0 || strcmp(kind, "Mul") == 0;
    if (is_binary && random_chance(r, 2, 3))
        inputs[1] = declare(d, ROLE_CONST, 1, &x->shape[x->rank - 1], d->format);
    apply(d, kind, inputs, is_binary ? 2 : 1, NULL, 0);
}

static void add_pool(struct draft *d, bool is_fresh)
{
    const struct tensor *x = pick(d, 4, is_fresh), *inputs[1] = {x};
    int64_t kernel[2] = {2, 2};
    struct attribute attributes[] = {integers(d, "kernel_shape", 2, kernel),
                                     integers(d, "strides", 2, kernel)};
    apply(d, random_chance(&d->c->random, 1, 2) ? "MaxPool" : "AveragePool", inputs, 1,
          attributes, 2);
}

static void add_operator(struct draft *d, enum random_trace_kind kind)
{
    struct random *r = &d->c->random;
    bool is_product =
        kind == RANDOM_PRODUCTS || (kind == RANDOM_NETWORK && random_chance(r, 1, 2));
    bool is_fresh = kind == RANDOM_PRODUCTS;
    if (is_product && random_chance(r, 1, 2))
        add_matmul(d, is_fresh);
    else if (is_product)
        add_convolution(d, is_fresh);
    else if (random_chance(r, 1, 5))
        add_pool(d, is_fresh);
    else
        add_element_work(d, is_fresh);
}

void random_trace_file(struct random_case *c, enum random_trace_kind kind, int operators)
{
    struct error err = {0};
    char *path = arena_copy_text(c->arena, "/tmp/cleave-law-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    c->trace = path;
    struct draft d = {.c = c,
                      .sink = trace_writer_open(path, &err),
                      .last = operators - 1,
                      .format = random_chance(&c->random, 1, 2)
                                    ? number_format_float(8, 23)
                                    : number_format_integer(true, 8)};
    ck_assert_msg(d.sink != NULL, "%s", err.text);
    for (int try = 0; d.operators < operators && try < 50 * operators; try++)
        add_operator(&d, kind);
    ck_assert_msg(d.sink->finish(d.sink, &err), "%s: %s", random_case_text(c), err.text);
}
