/* Transformers. x is batch x tokens x width. */
#include "workloads/dense/models.h"

static const struct tensor *feed_forward(struct builder *b, const struct tensor *x,
                                         int64_t hidden, const char *activation)
{
    if (!x)
        return NULL;
    int64_t width = x->shape[x->rank - 1];
    x = unary(b, activation, "act", linear(b, "up", x, hidden, true));
    return linear(b, "down", x, width, true);
}

static const struct tensor *tokens(struct builder *b, const char *name,
                                   const struct tensor *table, int64_t count)
{
    return embedding(b, arena_format(b->arena, "%s.embed", name), table,
                     indices(b, name, SHAPE(b->batch, count)));
}

/* Sub-layers of Vaswani et al.: normalised after the residual sum. */
static const struct tensor *after(struct builder *b, const char *name, const struct tensor *x,
                                  const struct tensor *y)
{
    return layer_norm(b, name, add(b, arena_format(b->arena, "%s.add", name), x, y));
}

static const struct tensor *attend(struct builder *b, const char *name, const struct tensor *x,
                                   const struct tensor *memory, struct attention a)
{
    const char *outer = enter(b, "%s", name);
    x = attention(b, x, memory, a);
    leave(b, outer);
    return x;
}

static const struct tensor *positions(struct builder *b, const char *name,
                                      const struct tensor *x)
{
    return x ? add(b, arena_format(b->arena, "%s.add", name), x,
                   constant(b, name, SHAPE(x->shape[1], x->shape[2])))
             : NULL;
}

/* Vaswani et al., NIPS 2017, table 3: N = 6, one table of 37,000 words for both sides and the
 * softmax. The paper says 65 M (base) and 213 M (big); with this vocabulary the arithmetic
 * gives 63,045,632 and 214,171,648 parameters. */
static void translate(struct builder *b, int64_t width, int64_t hidden, int64_t heads)
{
    int64_t length = key(b, "seq");
    struct attention self = {.heads = heads}, masked = {.heads = heads, .is_causal = true};
    const struct tensor *table = weight(b, "words", SHAPE(37000, width));
    const struct tensor *x =
        positions(b, "source.positions", tokens(b, "source", table, length));
    const struct tensor *y =
        positions(b, "target.positions", tokens(b, "target", table, length));
    for (int i = 0; i < 6; i++) {
        const char *outer = enter(b, "encoder%d", i);
        x = after(b, "norm1", x, attend(b, "self", x, x, self));
        x = after(b, "norm2", x, feed_forward(b, x, hidden, "Relu"));
        leave(b, outer);
    }
    for (int i = 0; i < 6; i++) {
        const char *outer = enter(b, "decoder%d", i);
        y = after(b, "norm1", y, attend(b, "self", y, y, masked));
        y = after(b, "norm2", y, attend(b, "cross", y, x, self));
        y = after(b, "norm3", y, feed_forward(b, y, hidden, "Relu"));
        leave(b, outer);
    }
    result(b, "logits");
    y = linear_tied(b, "softmax", y, table);
    loss(b, "loss", y, indices(b, "labels", SHAPE(b->batch, length)));
}

void build_transformer_base(struct builder *b)
{
    translate(b, 512, 2048, 8);
}

void build_transformer_big(struct builder *b)
{
    translate(b, 1024, 4096, 16);
}

/* Devlin et al., NAACL 2019. 109,482,240 (base) and 335,141,888 (large) parameters: the
 * published uncased weights with their pooler. */
static void bert(struct builder *b, int64_t layers, int64_t width, int64_t heads)
{
    int64_t length = key(b, "seq");
    struct attention self = {.heads = heads, .has_bias = true};
    const struct tensor *x =
        tokens(b, "words", weight(b, "words.table", SHAPE(30522, width)), length);
    const struct tensor *place = weight(b, "positions.table", SHAPE(512, width));
    place = embedding(b, "positions.embed", place, indices(b, "positions", SHAPE(length)));
    const struct tensor *type =
        tokens(b, "types", weight(b, "types.table", SHAPE(2, width)), length);
    x = layer_norm(b, "norm", add(b, "add.types", add(b, "add.positions", x, place), type));
    for (int64_t i = 0; i < layers; i++) {
        const char *outer = enter(b, "layer%d", (int)i);
        x = after(b, "norm1", x, attend(b, "self", x, x, self));
        x = after(b, "norm2", x, feed_forward(b, x, 4 * width, "Gelu"));
        leave(b, outer);
    }
    struct attribute first[] = {attribute_integer(b, "starts", 0),
                                attribute_integer(b, "ends", 1),
                                attribute_integer(b, "axes", 1)};
    const struct tensor *pooled = apply(b, "Slice", "first", &x, 1, first, 3);
    pooled = reshape(b, "first.flat", pooled, SHAPE(b->batch, width));
    pooled = linear(b, "pooler", pooled, width, true);
    result(b, "pooled");
    pooled = unary(b, "Tanh", "pooler.tanh", pooled);
    loss(b, "loss", pooled, indices(b, "labels", SHAPE(b->batch)));
}

void build_bert_base(struct builder *b)
{
    bert(b, 12, 768, 12);
}

void build_bert_large(struct builder *b)
{
    bert(b, 24, 1024, 16);
}

/* Normalised before each sub-layer: what vision and generative transformers do. */
static const struct tensor *before_layer(struct builder *b, const struct tensor *x,
                                         struct attention self, int64_t hidden)
{
    const struct tensor *n = layer_norm(b, "norm1", x);
    x = add(b, "add1", attend(b, "self", n, n, self), x);
    n = layer_norm(b, "norm2", x);
    return add(b, "add2", feed_forward(b, n, hidden, "Gelu"), x);
}

/* Dosovitskiy et al., ICLR 2021. 86,567,656 parameters, 17.56 GMACs (torchvision 0.14's
 * vit_b_16). */
void build_vit_b_16(struct builder *b)
{
    int64_t width = 768, size = key(b, "size"), side = size / 16, patches = side * side;
    struct attention self = {.heads = 12, .has_bias = true};
    const struct tensor *x = input(b, "image", SHAPE(b->batch, 3, size, size));
    x = conv(b, "patches", x,
             (struct window){.out = width, .kernel = 16, .stride = 16, .has_bias = true});
    x = reshape(b, "patches.flat", x, SHAPE(b->batch, width, patches));
    x = transpose(b, "patches.turn", x, 3, (int64_t[]){0, 2, 1});
    const struct tensor *class = weight(b, "class", SHAPE(1, 1, width));
    struct attribute shape = attribute_integers(b, "shape", 3, (int64_t[]){b->batch, 1, width});
    class = apply(b, "Expand", "class.each", &class, 1, &shape, 1);
    x = class && x ? concat(b, "tokens", (const struct tensor *[]){class, x}, 2, 1) : NULL;
    x = add(b, "positions.add", x, weight(b, "positions", SHAPE(patches + 1, width)));
    for (int i = 0; i < 12; i++) {
        const char *outer = enter(b, "layer%d", i);
        x = before_layer(b, x, self, 4 * width);
        leave(b, outer);
    }
    struct attribute first[] = {attribute_integer(b, "starts", 0),
                                attribute_integer(b, "ends", 1),
                                attribute_integer(b, "axes", 1)};
    x = apply(b, "Slice", "first", (const struct tensor *[]){layer_norm(b, "norm", x)}, 1,
              first, 3);
    x = reshape(b, "first.flat", x, SHAPE(b->batch, width));
    result(b, "logits");
    x = linear(b, "head", x, 1000, true);
    loss(b, "loss", x, indices(b, "labels", SHAPE(b->batch)));
}
