/* Rombach et al., CVPR 2022, and its version 1 configuration: the U-Net that removes noise from
 * a 64 x 64 latent, told by 77 text vectors. 859,520,964 parameters (the published weights). */
#include "workloads/dense/models.h"

enum { WIDTH = 320, CONTEXT = 768, CONTEXT_TOKENS = 77, HEADS = 8, TIME = 4 * WIDTH };

static const struct tensor *swish(struct builder *b, const char *name, const struct tensor *x)
{
    return unary(b, "Swish", name, x);
}

static const struct tensor *conv3(struct builder *b, const char *name, const struct tensor *x,
                                  int64_t out, int64_t stride)
{
    return conv(
        b, name, x,
        (struct window){.out = out, .kernel = 3, .stride = stride, .pad = 1, .has_bias = true});
}

static const struct tensor *residual(struct builder *b, const char *name,
                                     const struct tensor *x, const struct tensor *time,
                                     int64_t out)
{
    if (!x)
        return NULL;
    const char *outer = enter(b, "%s", name);
    const struct tensor *skip = x;
    int64_t in = x->shape[1];
    x = conv3(b, "conv1", swish(b, "swish1", group_norm(b, "norm1", x, 32)), out, 1);
    const struct tensor *t = linear(b, "time", swish(b, "swish.time", time), out, true);
    t = reshape(b, "time.shape", t, SHAPE(b->batch, out, 1, 1));
    x = add(b, "time.add", x, t);
    x = conv3(b, "conv2", swish(b, "swish2", group_norm(b, "norm2", x, 32)), out, 1);
    if (in != out)
        skip = conv(b, "skip", skip, (struct window){.out = out, .has_bias = true});
    x = add(b, "add", x, skip);
    leave(b, outer);
    return x;
}

/* Self-attention, attention to the text, and a gated feed-forward layer, each with a residual.
 */
static const struct tensor *transform(struct builder *b, const char *name,
                                      const struct tensor *x, const struct tensor *text)
{
    if (!x)
        return NULL;
    const char *outer = enter(b, "%s", name);
    const struct tensor *skip = x;
    int64_t width = x->shape[1], height = x->shape[2], side = x->shape[3];
    struct attention heads = {.heads = HEADS, .has_out_bias = true};
    x = group_norm(b, "norm", x, 32);
    x = conv(b, "in", x, (struct window){.out = width, .has_bias = true});
    x = reshape(b, "tokens", x, SHAPE(b->batch, width, height * side));
    x = transpose(b, "tokens.turn", x, 3, (int64_t[]){0, 2, 1});
    for (int i = 0; i < 2; i++) {
        const char *inner = enter(b, i ? "cross" : "self");
        const struct tensor *n = layer_norm(b, "norm", x);
        x = add(b, "add", attention(b, n, i ? text : n, heads), x);
        leave(b, inner);
    }
    const struct tensor *n = layer_norm(b, "norm3", x);
    const struct tensor *gate = unary(b, "Gelu", "gelu", linear(b, "gate", n, 4 * width, true));
    n = mul(b, "gated", linear(b, "up", n, 4 * width, true), gate);
    x = add(b, "add3", linear(b, "down", n, width, true), x);
    x = transpose(b, "image.turn", x, 3, (int64_t[]){0, 2, 1});
    x = reshape(b, "image", x, SHAPE(b->batch, width, height, side));
    x = add(b, "add", conv(b, "out", x, (struct window){.out = width, .has_bias = true}), skip);
    leave(b, outer);
    return x;
}

void build_diffusion_unet(struct builder *b)
{
    static const int64_t MULTIPLE[4] = {1, 2, 4, 4};
    int64_t size = key(b, "size");
    const struct tensor *skips[12], *x = input(b, "latent", SHAPE(b->batch, 4, size, size));
    const struct tensor *text = input(b, "text", SHAPE(b->batch, CONTEXT_TOKENS, CONTEXT));
    const struct tensor *time = input(b, "time", SHAPE(b->batch, WIDTH));
    int count = 0;
    time = swish(b, "time.swish", linear(b, "time.1", time, TIME, true));
    time = linear(b, "time.2", time, TIME, true);
    skips[count++] = x = conv3(b, "in", x, WIDTH, 1);
    for (int level = 0; level < 4; level++) {
        const char *outer = enter(b, "down%d", level);
        for (int i = 0; i < 2; i++) {
            x = residual(b, i ? "res1" : "res0", x, time, WIDTH * MULTIPLE[level]);
            if (level < 3)
                x = transform(b, i ? "text1" : "text0", x, text);
            skips[count++] = x;
        }
        if (level < 3)
            skips[count++] = x = conv3(b, "half", x, WIDTH * MULTIPLE[level], 2);
        leave(b, outer);
    }
    x = residual(b, "middle.res0", x, time, TIME);
    x = transform(b, "middle.text", x, text);
    x = residual(b, "middle.res1", x, time, TIME);
    for (int level = 3; level >= 0; level--) {
        const char *outer = enter(b, "up%d", level);
        for (int i = 0; i < 3; i++) {
            const char *inner = enter(b, "%d", i);
            const struct tensor *parts[] = {x, skips[--count]};
            x = parts[0] && parts[1] ? concat(b, "concat", parts, 2, 1) : NULL;
            x = residual(b, "res", x, time, WIDTH * MULTIPLE[level]);
            if (level < 3)
                x = transform(b, "text", x, text);
            leave(b, inner);
        }
        if (level)
            x = conv3(b, "double", upsample(b, "upsample", x, 2), WIDTH * MULTIPLE[level], 1);
        leave(b, outer);
    }
    x = swish(b, "out.swish", group_norm(b, "out.norm", x, 32));
    result(b, "noise");
    squared_error(b, "loss", conv3(b, "out", x, 4, 1));
}
