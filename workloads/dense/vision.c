/* Networks for images, as their papers (and torchvision, where it has them) state them. */
#include "workloads/dense/models.h"

static const struct tensor *images(struct builder *b, int64_t channels, int64_t size)
{
    if (key_given(b, "size"))
        size = key(b, "size");
    return input(b, "image", SHAPE(b->batch, channels, size, size));
}

static const struct tensor *conv_relu(struct builder *b, const char *name,
                                      const struct tensor *x, struct window w)
{
    w.has_bias = true;
    const char *outer = enter(b, "%s", name);
    x = relu(b, "relu", conv(b, "conv", x, w));
    leave(b, outer);
    return x;
}

/* Classes, and in training the loss against labels. */
static void classify(struct builder *b, const char *name, const struct tensor *x)
{
    result(b, "logits");
    x = linear(b, name, x, 1000, true);
    if (b->is_training)
        loss(b, "loss", x, indices(b, "labels", SHAPE(b->batch)));
}

/* Krizhevsky, "One weird trick", 2014, one tower: torchvision's alexnet.
 * 714,188,480 MACs, 61,100,840 parameters (torchvision 0.14). */
void build_alexnet(struct builder *b)
{
    const struct tensor *x = images(b, 3, 224);
    struct window pool = {.kernel = 3, .stride = 2};
    x = conv_relu(b, "conv1", x,
                  (struct window){.out = 64, .kernel = 11, .stride = 4, .pad = 2});
    x = max_pool(b, "pool1", x, pool);
    x = conv_relu(b, "conv2", x, (struct window){.out = 192, .kernel = 5, .pad = 2});
    x = max_pool(b, "pool2", x, pool);
    x = conv_relu(b, "conv3", x, (struct window){.out = 384, .kernel = 3, .pad = 1});
    x = conv_relu(b, "conv4", x, (struct window){.out = 256, .kernel = 3, .pad = 1});
    x = conv_relu(b, "conv5", x, (struct window){.out = 256, .kernel = 3, .pad = 1});
    x = flatten(b, "flatten", max_pool(b, "pool5", x, pool));
    x = relu(b, "relu6", linear(b, "fc6", x, 4096, true));
    x = relu(b, "relu7", linear(b, "fc7", x, 4096, true));
    classify(b, "fc8", x);
}

static const struct tensor *neighbours(struct builder *b, const char *name,
                                       const struct tensor *x)
{
    struct attribute size = attribute_integer(b, "size", 5);
    return apply(b, "LRN", name, &x, 1, &size, 1);
}

/* Krizhevsky, Sutskever, Hinton, NIPS 2012: two GPUs are two groups in layers 2, 4 and 5.
 * 724,406,816 MACs, 60,965,224 parameters (Caffe's model of it, 227 x 227 inputs). */
void build_alexnet_2012(struct builder *b)
{
    const struct tensor *x = images(b, 3, 227);
    struct window pool = {.kernel = 3, .stride = 2};
    x = conv_relu(b, "conv1", x, (struct window){.out = 96, .kernel = 11, .stride = 4});
    x = max_pool(b, "pool1", neighbours(b, "norm1", x), pool);
    x = conv_relu(b, "conv2", x,
                  (struct window){.out = 256, .kernel = 5, .pad = 2, .group = 2});
    x = max_pool(b, "pool2", neighbours(b, "norm2", x), pool);
    x = conv_relu(b, "conv3", x, (struct window){.out = 384, .kernel = 3, .pad = 1});
    x = conv_relu(b, "conv4", x,
                  (struct window){.out = 384, .kernel = 3, .pad = 1, .group = 2});
    x = conv_relu(b, "conv5", x,
                  (struct window){.out = 256, .kernel = 3, .pad = 1, .group = 2});
    x = flatten(b, "flatten", max_pool(b, "pool5", x, pool));
    x = relu(b, "relu6", linear(b, "fc6", x, 4096, true));
    x = relu(b, "relu7", linear(b, "fc7", x, 4096, true));
    classify(b, "fc8", x);
}

/* Simonyan, Zisserman, 2014, configuration D.
 * 15,470,264,320 MACs, 138,357,544 parameters (torchvision 0.14). */
void build_vgg16(struct builder *b)
{
    static const int64_t STAGES[5][2] = {{2, 64}, {2, 128}, {3, 256}, {3, 512}, {3, 512}};
    const struct tensor *x = images(b, 3, 224);
    for (int stage = 0; stage < 5; stage++) {
        const char *outer = enter(b, "stage%d", stage + 1);
        for (int64_t i = 0; i < STAGES[stage][0]; i++)
            x = conv_relu(b, arena_format(b->arena, "%d", (int)i + 1), x,
                          (struct window){.out = STAGES[stage][1], .kernel = 3, .pad = 1});
        x = max_pool(b, "pool", x, (struct window){.kernel = 2, .stride = 2});
        leave(b, outer);
    }
    x = flatten(b, "flatten", x);
    x = relu(b, "relu6", linear(b, "fc6", x, 4096, true));
    x = relu(b, "relu7", linear(b, "fc7", x, 4096, true));
    classify(b, "fc8", x);
}

/* Convolution, normalisation and, where named, an activation. */
static const struct tensor *conv_norm(struct builder *b, const char *name,
                                      const struct tensor *x, struct window w,
                                      const char *activation)
{
    const char *outer = enter(b, "%s", name);
    x = batch_norm(b, "bn", conv(b, "conv", x, w));
    if (activation)
        x = unary(b, activation, "act", x);
    leave(b, outer);
    return x;
}

/* He et al., CVPR 2016. */
static const struct tensor *residual(struct builder *b, const struct tensor *x, int64_t width,
                                     int64_t stride, bool is_bottleneck)
{
    const struct tensor *shortcut = x;
    int64_t out = is_bottleneck ? 4 * width : width;
    if (is_bottleneck) { /* the stride on the 3x3, as torchvision has it */
        x = conv_norm(b, "1", x, (struct window){.out = width}, "Relu");
        x = conv_norm(b, "2", x,
                      (struct window){.out = width, .kernel = 3, .stride = stride, .pad = 1},
                      "Relu");
        x = conv_norm(b, "3", x, (struct window){.out = out}, NULL);
    } else {
        x = conv_norm(b, "1", x,
                      (struct window){.out = width, .kernel = 3, .stride = stride, .pad = 1},
                      "Relu");
        x = conv_norm(b, "2", x, (struct window){.out = width, .kernel = 3, .pad = 1}, NULL);
    }
    if (shortcut && (stride != 1 || shortcut->shape[1] != out))
        shortcut = conv_norm(b, "shortcut", shortcut,
                             (struct window){.out = out, .stride = stride}, NULL);
    return relu(b, "relu", add(b, "add", x, shortcut));
}

static void residual_network(struct builder *b, const int64_t depth[4], bool is_bottleneck)
{
    const struct tensor *x = images(b, 3, 224);
    x = conv_norm(b, "stem", x, (struct window){.out = 64, .kernel = 7, .stride = 2, .pad = 3},
                  "Relu");
    x = max_pool(b, "pool", x, (struct window){.kernel = 3, .stride = 2, .pad = 1});
    for (int stage = 0; stage < 4; stage++)
        for (int64_t i = 0; i < depth[stage]; i++) {
            const char *outer = enter(b, "layer%d.%d", stage + 1, (int)i);
            x = residual(b, x, 64 << stage, stage && !i ? 2 : 1, is_bottleneck);
            leave(b, outer);
        }
    classify(b, "fc", flatten(b, "flatten", global_pool(b, "average", x)));
}

/* 1,814,073,344 MACs, 11,689,512 parameters (torchvision 0.14). */
void build_resnet18(struct builder *b)
{
    residual_network(b, (int64_t[]){2, 2, 2, 2}, false);
}

/* 4,089,184,256 MACs, 25,557,032 parameters (torchvision 0.14). */
void build_resnet50(struct builder *b)
{
    residual_network(b, (int64_t[]){3, 4, 6, 3}, true);
}

/* Sandler et al., CVPR 2018, table 2: expansion, channels, repeats, stride.
 * 300,774,272 MACs, 3,504,872 parameters (torchvision 0.14). */
void build_mobilenet_v2(struct builder *b)
{
    static const int64_t BLOCKS[][4] = {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2},
                                        {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2},
                                        {6, 320, 1, 1}};
    const struct tensor *x = images(b, 3, 224);
    x = conv_norm(b, "stem", x, (struct window){.out = 32, .kernel = 3, .stride = 2, .pad = 1},
                  "Clip");
    for (int stage = 0; stage < 7; stage++)
        for (int64_t i = 0; x && i < BLOCKS[stage][2]; i++) {
            const struct tensor *in = x;
            int64_t hidden = in->shape[1] * BLOCKS[stage][0], stride = i ? 1 : BLOCKS[stage][3];
            const char *outer = enter(b, "block%d.%d", stage + 1, (int)i);
            if (BLOCKS[stage][0] > 1)
                x = conv_norm(b, "expand", x, (struct window){.out = hidden}, "Clip");
            x = conv_norm(
                b, "depthwise", x,
                (struct window){
                    .out = hidden, .kernel = 3, .stride = stride, .pad = 1, .group = hidden},
                "Clip");
            x = conv_norm(b, "project", x, (struct window){.out = BLOCKS[stage][1]}, NULL);
            if (stride == 1 && in->shape[1] == BLOCKS[stage][1])
                x = add(b, "add", x, in);
            leave(b, outer);
        }
    x = conv_norm(b, "head", x, (struct window){.out = 1280}, "Clip");
    classify(b, "fc", flatten(b, "flatten", global_pool(b, "average", x)));
}

/* Squeeze and excitation: channels weighed by what the whole image says. */
static const struct tensor *excite(struct builder *b, const struct tensor *x, int64_t squeezed)
{
    const struct tensor *s = global_pool(b, "squeeze", x);
    s = unary(b, "Swish", "swish",
              conv(b, "reduce", s, (struct window){.out = squeezed, .has_bias = true}));
    s = unary(
        b, "Sigmoid", "sigmoid",
        conv(b, "raise", s, (struct window){.out = x ? x->shape[1] : 1, .has_bias = true}));
    return mul(b, "excite", x, s);
}

/* Tan, Le, ICML 2019, table 1: expansion, channels, repeats, stride, kernel.
 * 5,288,548 parameters, 0.386 GMACs (torchvision 0.14: 0.39 GFLOPS in its unit). */
void build_efficientnet_b0(struct builder *b)
{
    static const int64_t BLOCKS[][5] = {{1, 16, 1, 1, 3}, {6, 24, 2, 2, 3},  {6, 40, 2, 2, 5},
                                        {6, 80, 3, 2, 3}, {6, 112, 3, 1, 5}, {6, 192, 4, 2, 5},
                                        {6, 320, 1, 1, 3}};
    const struct tensor *x = images(b, 3, 224);
    x = conv_norm(b, "stem", x, (struct window){.out = 32, .kernel = 3, .stride = 2, .pad = 1},
                  "Swish");
    for (int stage = 0; stage < 7; stage++)
        for (int64_t i = 0; x && i < BLOCKS[stage][2]; i++) {
            const struct tensor *in = x;
            int64_t hidden = in->shape[1] * BLOCKS[stage][0], stride = i ? 1 : BLOCKS[stage][3];
            int64_t kernel = BLOCKS[stage][4];
            const char *outer = enter(b, "block%d.%d", stage + 1, (int)i);
            if (BLOCKS[stage][0] > 1)
                x = conv_norm(b, "expand", x, (struct window){.out = hidden}, "Swish");
            x = conv_norm(b, "depthwise", x,
                          (struct window){.out = hidden,
                                          .kernel = kernel,
                                          .stride = stride,
                                          .pad = kernel / 2,
                                          .group = hidden},
                          "Swish");
            x = excite(b, x, in->shape[1] / 4);
            x = conv_norm(b, "project", x, (struct window){.out = BLOCKS[stage][1]}, NULL);
            if (stride == 1 && in->shape[1] == BLOCKS[stage][1])
                x = add(b, "add", x, in);
            leave(b, outer);
        }
    x = conv_norm(b, "head", x, (struct window){.out = 1280}, "Swish");
    classify(b, "fc", flatten(b, "flatten", global_pool(b, "average", x)));
}
