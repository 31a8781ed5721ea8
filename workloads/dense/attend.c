/* Multi-head attention in its products. Heads are views: nobody transposes them by hand. */
#include "workloads/dense/build.h"

#include <math.h>

/* Keys or values of a cache: the new ones are written behind those of earlier tokens. */
static const struct tensor *cached(struct builder *b, const char *name, const struct tensor *x,
                                   int64_t past)
{
    int64_t batch = x->shape[0], width = x->shape[2], length = past + x->shape[1];
    const char *outer = enter(b, "%s", name);
    const struct tensor *cache = declare(b, arena_format(b->arena, "%scache", b->scope),
                                         ROLE_STATE, b->format, SHAPE(batch, length, width));
    struct tensor view = *cache;
    view.view_of = cache;
    view.name = arena_format(b->arena, "%spast", b->scope);
    view.shape[1] = past;
    const struct tensor *parts[] = {b->sink->tensor(b->sink, &view), x};
    view.name = arena_format(b->arena, "%s%sall", b->pass, b->scope);
    view.shape[1] = length;
    const struct tensor *all = b->sink->tensor(b->sink, &view);
    struct attribute along = attribute_integer(b, "axis", 1);
    apply_many(b, "Concat", "append", parts, 2, &along, 1, &all, 1);
    leave(b, outer);
    return all;
}

static const struct tensor *rotate(struct builder *b, const char *name, const struct tensor *x,
                                   int64_t width)
{
    const char *outer = enter(b, "%s", name);
    const struct tensor *inputs[] = {x, constant(b, "cos", SHAPE(x->shape[1], width / 2)),
                                     constant(b, "sin", SHAPE(x->shape[1], width / 2))};
    x = apply(b, "RotaryEmbedding", "rotary", inputs, 3, NULL, 0);
    leave(b, outer);
    return x;
}

/* x attends to `memory` (itself where they are equal). x: batch x tokens x width. */
const struct tensor *attention(struct builder *b, const struct tensor *x,
                               const struct tensor *memory, struct attention a)
{
    if (!x || !memory)
        return NULL;
    int64_t batch = x->shape[0], tokens = x->shape[1], width = x->shape[2];
    int64_t heads = a.heads, shared = a.kv_heads ? a.kv_heads : heads;
    int64_t depth = a.head_width ? a.head_width : width / heads, group = heads / shared;
    const struct tensor *q = linear(b, "q", x, heads * depth, a.has_bias);
    const struct tensor *k = linear(b, "k", memory, shared * depth, a.has_bias);
    const struct tensor *v = linear(b, "v", memory, shared * depth, a.has_bias);
    if (!q || !k || !v)
        return NULL;
    if (a.is_rotary) {
        q = rotate(b, "q", q, depth);
        k = rotate(b, "k", k, depth);
    }
    if (a.past) {
        k = cached(b, "k", k, a.past);
        v = cached(b, "v", v, a.past);
    }
    int64_t length = k->shape[1], order[] = {0, 2, 1, 3};
    q = reshape(b, "q.heads", q, SHAPE(batch, tokens, heads, depth));
    q = transpose(b, "q.turn", q, 4, order);
    if (group > 1) /* heads that share a key are further rows of one product */
        q = reshape(b, "q.groups", q, SHAPE(batch, shared, group * tokens, depth));
    k = reshape(b, "k.heads", k, SHAPE(batch, length, shared, depth));
    k = transpose(b, "k.turn", k, 4, (int64_t[]){0, 2, 3, 1});
    v = reshape(b, "v.heads", v, SHAPE(batch, length, shared, depth));
    v = transpose(b, "v.turn", v, 4, order);
    const struct tensor *scores = matmul(b, "scores", q, k);
    scores = mul(b, "scale", scores, constant(b, "scale.factor", SHAPE(1)));
    if (a.is_causal && tokens > 1) {
        if (group > 1)
            scores = reshape(b, "mask.split", scores, SHAPE(batch, heads, tokens, length));
        scores = add(b, "mask", scores, constant(b, "mask.values", SHAPE(tokens, length)));
    }
    scores = softmax(b, "softmax", scores);
    if (a.is_causal && tokens > 1 && group > 1)
        scores = reshape(b, "mask.join", scores, SHAPE(batch, shared, group * tokens, length));
    const struct tensor *out = matmul(b, "mix", scores, v);
    if (group > 1)
        out = reshape(b, "out.groups", out, SHAPE(batch, heads, tokens, depth));
    out = transpose(b, "out.turn", out, 4, order);
    out = reshape(b, "out.join", out, SHAPE(batch, tokens, heads * depth));
    return linear(b, "out", out, width, a.has_bias || a.has_out_bias);
}
