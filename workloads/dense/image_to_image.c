/* Networks whose result is an image or boxes in one. */
#include "workloads/dense/models.h"

static const struct tensor *dark(struct builder *b, const char *name, const struct tensor *x,
                                 int64_t out, int64_t kernel, int64_t stride)
{
    const char *outer = enter(b, "%s", name);
    x = conv(
        b, "conv", x,
        (struct window){.out = out, .kernel = kernel, .stride = stride, .pad = kernel / 2});
    x = unary(b, "LeakyRelu", "leaky", batch_norm(b, "bn", x));
    leave(b, outer);
    return x;
}

/* Five convolutions that every scale has before its boxes. */
static const struct tensor *neck(struct builder *b, const struct tensor *x, int64_t width)
{
    for (int i = 0; i < 5; i++)
        x = dark(b, arena_format(b->arena, "neck%d", i), x, i % 2 ? 2 * width : width,
                 i % 2 ? 3 : 1, 1);
    return x;
}

static void boxes(struct builder *b, const struct tensor *x, int64_t width)
{
    x = dark(b, "head", x, 2 * width, 3, 1);
    result(b, arena_format(b->arena, "%sboxes", b->scope));
    x = conv(b, "boxes", x, (struct window){.out = 3 * (80 + 5), .has_bias = true});
    squared_error(b, "loss", x);
}

/* Redmon, Farhadi, 2018: Darknet-53, boxes at three scales, 80 classes.
 * 65.86 BFLOP at 416 x 416 (the authors' site; two per MAC), 61,949,149 trained parameters. */
void build_yolo_v3(struct builder *b)
{
    static const int64_t BLOCKS[5] = {1, 2, 8, 8, 4};
    int64_t size = key(b, "size");
    const struct tensor *scale[5];
    const struct tensor *x = input(b, "image", SHAPE(b->batch, 3, size, size));
    x = dark(b, "stem", x, 32, 3, 1);
    for (int stage = 0; stage < 5; stage++) {
        const char *outer = enter(b, "stage%d", stage + 1);
        x = dark(b, "down", x, 64 << stage, 3, 2);
        for (int64_t i = 0; i < BLOCKS[stage]; i++) {
            const char *inner = enter(b, "%d", (int)i);
            const struct tensor *y = dark(b, "1", x, 32 << stage, 1, 1);
            x = add(b, "add", dark(b, "2", y, 64 << stage, 3, 1), x);
            leave(b, inner);
        }
        scale[stage] = x;
        leave(b, outer);
    }
    for (int level = 0; level < 3; level++) {
        int64_t width = 512 >> level;
        const char *outer = enter(b, "scale%d", level + 1);
        if (level) {
            x = upsample(b, "upsample", dark(b, "reduce", x, width, 1, 1), 2);
            x = concat(b, "concat", (const struct tensor *[]){x, scale[4 - level]}, 2, 1);
        }
        x = neck(b, x, width);
        boxes(b, x, width);
        leave(b, outer);
    }
}

static const struct tensor *twice(struct builder *b, const char *name, const struct tensor *x,
                                  int64_t width)
{
    const char *outer = enter(b, "%s", name);
    for (int i = 1; i < 3; i++) {
        const char *inner = enter(b, "%d", i);
        x = conv(b, "conv", x, (struct window){.out = width, .kernel = 3, .has_bias = true});
        x = relu(b, "relu", x);
        leave(b, inner);
    }
    leave(b, outer);
    return x;
}

/* The middle of x, as large as `like`. */
static const struct tensor *crop(struct builder *b, const char *name, const struct tensor *x,
                                 const struct tensor *like)
{
    if (!x || !like)
        return NULL;
    int64_t axes[] = {2, 3}, starts[2], ends[2];
    for (int i = 0; i < 2; i++) {
        starts[i] = (x->shape[2 + i] - like->shape[2 + i]) / 2;
        ends[i] = starts[i] + like->shape[2 + i];
    }
    struct attribute attributes[] = {attribute_integers(b, "starts", 2, starts),
                                     attribute_integers(b, "ends", 2, ends),
                                     attribute_integers(b, "axes", 2, axes)};
    return apply(b, "Slice", name, &x, 1, attributes, 3);
}

/* Ronneberger, Fischer, Brox, MICCAI 2015: 572 x 572, convolutions without padding, two
 * classes. 31,030,658 parameters (arithmetic on figure 1). */
void build_unet(struct builder *b)
{
    int64_t size = key(b, "size");
    const struct tensor *skip[4], *x = input(b, "image", SHAPE(b->batch, 1, size, size));
    for (int level = 0; level < 5; level++) {
        const char *outer = enter(b, "down%d", level + 1);
        if (level)
            x = max_pool(b, "pool", x, (struct window){.kernel = 2, .stride = 2});
        x = twice(b, "pair", x, 64 << level);
        if (level < 4)
            skip[level] = x;
        leave(b, outer);
    }
    for (int level = 3; level >= 0; level--) {
        const char *outer = enter(b, "up%d", level + 1);
        x = deconv(
            b, "up", x,
            (struct window){.out = 64 << level, .kernel = 2, .stride = 2, .has_bias = true});
        const struct tensor *parts[] = {crop(b, "crop", skip[level], x), x};
        x = twice(b, "pair", parts[0] && x ? concat(b, "concat", parts, 2, 1) : NULL,
                  64 << level);
        leave(b, outer);
    }
    result(b, "classes");
    x = conv(b, "classes", x, (struct window){.out = 2, .has_bias = true});
    if (b->is_training && x)
        loss(b, "loss", x, indices(b, "labels", SHAPE(b->batch, x->shape[2], x->shape[3])));
}

/* Radford, Metz, Chintala, ICLR 2016: a generator of 64 x 64 images and its discriminator.
 * 3,576,704 + 2,765,568 parameters (PyTorch's dcgan example). */
void build_dcgan(struct builder *b)
{
    const struct tensor *x = input(b, "noise", SHAPE(b->batch, 100, 1, 1));
    const char *outer = enter(b, "generator");
    for (int i = 0; i < 5; i++) {
        const char *inner = enter(b, "%d", i);
        x = deconv(b, "conv", x,
                   (struct window){.out = i < 4 ? 512 >> i : 3,
                                   .kernel = 4,
                                   .stride = i ? 2 : 1,
                                   .pad = i ? 1 : 0});
        x = i < 4 ? relu(b, "relu", batch_norm(b, "bn", x)) : unary(b, "Tanh", "tanh", x);
        leave(b, inner);
    }
    leave(b, outer);
    outer = enter(b, "discriminator");
    for (int i = 0; i < 5; i++) {
        const char *inner = enter(b, "%d", i);
        x = conv(b, "conv", x,
                 (struct window){.out = i < 4 ? 64 << i : 1,
                                 .kernel = 4,
                                 .stride = i < 4 ? 2 : 1,
                                 .pad = i < 4 ? 1 : 0});
        if (i > 0 && i < 4)
            x = batch_norm(b, "bn", x);
        if (i < 4)
            x = unary(b, "LeakyRelu", "leaky", x);
        leave(b, inner);
    }
    leave(b, outer);
    result(b, "real");
    x = unary(b, "Sigmoid", "sigmoid", x);
    if (b->is_training && x)
        loss(b, "loss", x, indices(b, "labels", SHAPE(b->batch)));
}
