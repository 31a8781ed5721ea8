/* Workloads of one operator. */
#include "workloads/dense/models.h"

/* A (m x k) is the input, B (k x n) is const. */
void build_gemm(struct builder *b)
{
    int64_t m = key(b, "m"), n = key(b, "n"), k = key(b, "k");
    const struct tensor *inputs[] = {input(b, "A", SHAPE(m, k)), weight(b, "B", SHAPE(k, n))};
    result(b, "C");
    apply(b, "Gemm", "gemm", inputs, 2, NULL, 0);
}

/* y = M x: M (m x k) is const and read by rows; x one row of k. */
void build_gemv(struct builder *b)
{
    int64_t m = key(b, "m"), k = key_given(b, "n") ? key(b, "n") : key(b, "k");
    if (k < 1) {
        error_set(b->err, "workload 'gemv' needs --k (columns of M)");
        return;
    }
    const struct tensor *inputs[] = {input(b, "x", SHAPE(1, k)), weight(b, "M", SHAPE(m, k))};
    struct attribute turned = attribute_integer(b, "transB", 1);
    result(b, "y");
    apply(b, "Gemm", "gemv", inputs, 2, &turned, 1);
}

void build_conv(struct builder *b)
{
    int64_t h = key(b, "h"), w = key(b, "w"), c = key(b, "c");
    int64_t r = key(b, "r"), s = key(b, "s");
    const struct tensor *x = input(b, "x", SHAPE(key(b, "n"), c, h, w ? w : h));
    result(b, "y");
    conv(b, "conv", x,
         (struct window){.out = key(b, "k"),
                         .kernel = r,
                         .kernel_width = s ? s : r,
                         .stride = key(b, "stride"),
                         .pad = key(b, "pad"),
                         .dilation = key(b, "dilation"),
                         .group = key(b, "group")});
}

void build_vec_add(struct builder *b)
{
    int64_t n = key(b, "n");
    const struct tensor *x = input(b, "x", SHAPE(n)), *y = input(b, "y", SHAPE(n));
    result(b, "z");
    add(b, "vec-add", x, y);
}

/* z = a x + y */
void build_axpy(struct builder *b)
{
    int64_t n = key(b, "n");
    const struct tensor *inputs[] = {input(b, "a", SHAPE(1)), input(b, "x", SHAPE(n)),
                                     input(b, "y", SHAPE(n))};
    result(b, "z");
    apply(b, "axpy", "axpy", inputs, 3, NULL, 0);
}

void build_dot_prod(struct builder *b)
{
    int64_t n = key(b, "n");
    const struct tensor *inputs[] = {input(b, "x", SHAPE(1, n)), input(b, "y", SHAPE(n, 1))};
    result(b, "z");
    apply(b, "MatMul", "dot-prod", inputs, 2, NULL, 0);
}

void build_prefix_sum(struct builder *b)
{
    const struct tensor *x = input(b, "x", SHAPE(key(b, "n")));
    struct attribute axis = attribute_integer(b, "axis", 0);
    result(b, "y");
    apply(b, "CumSum", "prefix-sum", &x, 1, &axis, 1);
}
