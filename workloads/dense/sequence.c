/* Recurrent language models, and translation with attention. x is steps x batch x width. */
#include "workloads/dense/models.h"

static const struct tensor *words(struct builder *b, const char *name, int64_t vocabulary,
                                  int64_t width, int64_t steps)
{
    const char *outer = enter(b, "%s", name);
    const struct tensor *table = weight(b, "table", SHAPE(vocabulary, width));
    const struct tensor *ids = indices(b, name, SHAPE(steps, b->batch));
    const struct tensor *x = embedding(b, "embed", table, ids);
    leave(b, outer);
    return x;
}

static void predict(struct builder *b, const struct tensor *x, int64_t vocabulary,
                    bool has_bias)
{
    result(b, "logits");
    const struct tensor *scores = linear(b, "softmax", x, vocabulary, has_bias);
    if (b->is_training && scores)
        loss(b, "loss", scores, indices(b, "labels", SHAPE(x->shape[0], x->shape[1])));
}

static void language_model(struct builder *b, const char *cell)
{
    int64_t vocabulary = key(b, "vocabulary"), hidden = key(b, "hidden");
    const struct tensor *x = words(b, "words", vocabulary, hidden, key(b, "seq"));
    for (int64_t i = 0; i < key(b, "layers"); i++)
        x = recurrent(b, cell, arena_format(b->arena, "layer%d", (int)i), x, hidden);
    predict(b, x, vocabulary, true);
}

/* Zaremba, Sutskever, Vinyals, 2014, the large one: 2 x 1500, 35 steps, 10,000 words.
 * 66 M parameters (the paper); 66,034,000 with both biases of ONNX. */
void build_lstm_lm(struct builder *b)
{
    language_model(b, "LSTM");
}

/* The same with gated recurrent units (Cho et al., 2014): 57,028,000 parameters. */
void build_gru_lm(struct builder *b)
{
    language_model(b, "GRU");
}

/* Luong, Pham, Manning, EMNLP 2015: 4 layers of 1000, 50,000 words a side, global attention
 * with the general score; without input feeding, so that all target steps run at once.
 * 217,064,000 parameters (arithmetic on section 4.1). */
void build_seq2seq(struct builder *b)
{
    int64_t vocabulary = 50000, width = 1000, steps = key(b, "seq");
    const struct tensor *source = words(b, "source", vocabulary, width, steps);
    const struct tensor *target = words(b, "target", vocabulary, width, steps);
    for (int i = 0; i < 4; i++)
        source = recurrent(b, "LSTM", arena_format(b->arena, "encoder%d", i), source, width);
    for (int i = 0; i < 4; i++)
        target = recurrent(b, "LSTM", arena_format(b->arena, "decoder%d", i), target, width);
    const char *outer = enter(b, "attention");
    const struct tensor *keys = linear(b, "general", source, width, false);
    keys = transpose(b, "keys", keys, 3, (int64_t[]){1, 2, 0});
    const struct tensor *values = transpose(b, "values", source, 3, (int64_t[]){1, 0, 2});
    const struct tensor *queries = transpose(b, "queries", target, 3, (int64_t[]){1, 0, 2});
    const struct tensor *scores = softmax(b, "softmax", matmul(b, "scores", queries, keys));
    const struct tensor *context = matmul(b, "context", scores, values);
    const struct tensor *parts[] = {context, queries};
    const struct tensor *x = context && queries ? concat(b, "concat", parts, 2, 2) : NULL;
    x = unary(b, "Tanh", "tanh", linear(b, "combine", x, width, false));
    leave(b, outer);
    predict(b, x, vocabulary, false);
}
