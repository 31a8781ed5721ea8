/* Generative language models: a prompt at once, or tokens one by one with a growing key/value
 * cache. Keys: `seq` tokens are run at once, behind `past` cached ones; with `decode` N the
 * prompt of `seq` tokens is in the cache already and N tokens follow one by one. */
#include "workloads/dense/models.h"

struct generator {
    int64_t vocabulary, layers, width, hidden;
    struct attention heads;
    int64_t positions;                 /* learned ones; 0: rotary */
    int64_t experts, experts_of_token; /* 0: one feed-forward layer */
    bool is_tied;                      /* the softmax uses the table of words */
};

static const struct tensor *normalize(struct builder *b, const char *name,
                                      const struct tensor *x, const struct generator *g)
{
    return g->positions ? layer_norm(b, name, x) : rms_norm(b, name, x);
}

/* Shazeer's gated layer of Llama: silu(gate x) * up x, back down. */
static const struct tensor *gated(struct builder *b, const struct tensor *x, int64_t hidden)
{
    if (!x)
        return NULL;
    int64_t width = x->shape[x->rank - 1];
    const struct tensor *gate = unary(b, "Swish", "swish", linear(b, "gate", x, hidden, false));
    x = mul(b, "gated", gate, linear(b, "up", x, hidden, false));
    return linear(b, "down", x, width, false);
}

/* Every token goes to its best experts. Tokens are spread evenly, as the balancing loss wants:
 * real routing is an irregular workload of its own. Experts without a token are not run. */
static const struct tensor *mixture(struct builder *b, const struct tensor *x,
                                    const struct generator *g)
{
    if (!x)
        return NULL;
    int64_t count = x->shape[0] * x->shape[1], routed = count * g->experts_of_token;
    struct number_format index = number_format_integer(true, 32);
    const struct tensor *flat = reshape(b, "tokens", x, SHAPE(count, g->width));
    const struct tensor *scores =
        softmax(b, "scores", linear(b, "router", flat, g->experts, false));
    struct attribute k = attribute_integer(b, "k", g->experts_of_token);
    const struct tensor *best[2] = {NULL, NULL};
    apply_many(b, "TopK", "best", &scores, 1, &k, 1, best, 2);
    const struct tensor *shares = reshape(b, "shares", best[0], SHAPE(routed));
    struct attribute shape = attribute_integers(b, "shape", 2, (int64_t[]){count, g->width});
    const struct tensor *sum = declare(b, arena_format(b->arena, "%s%ssum", b->pass, b->scope),
                                       ROLE_TEMP, b->format, SHAPE(count, g->width));
    apply_many(b, "ConstantOfShape", "zeros", NULL, 0, &shape, 1, &sum, 1);
    for (int64_t e = 0; e < g->experts && !b->err->is_set; e++) {
        int64_t mine = routed / g->experts + (e < routed % g->experts);
        if (mine == 0)
            continue;
        const char *outer = enter(b, "expert%d", (int)e);
        const struct tensor *ids =
            declare(b, arena_format(b->arena, "%s%sids", b->pass, b->scope), ROLE_TEMP, index,
                    SHAPE(mine, 1));
        apply_many(b, "NonZero", "ids", &best[1], 1, NULL, 0, &ids, 1);
        const struct tensor *flat_ids = reshape(b, "ids.flat", ids, SHAPE(mine));
        const struct tensor *y = gated(b, embedding(b, "gather", flat, flat_ids), g->hidden);
        const struct tensor *share = embedding(b, "share", shares, flat_ids);
        y = mul(b, "weigh", y, reshape(b, "share.column", share, SHAPE(mine, 1)));
        struct tensor view = *sum;
        view.view_of = sum;
        view.name = arena_format(b->arena, "%s%ssum", b->pass, b->scope);
        const struct tensor *next = b->sink->tensor(b->sink, &view);
        struct attribute adds = attribute_text("reduction", "add");
        const struct tensor *inputs[] = {sum, ids, y};
        apply_many(b, "ScatterND", "scatter", inputs, 3, &adds, 1, &next, 1);
        sum = next;
        leave(b, outer);
    }
    return reshape(b, "out", sum, x->rank, x->shape);
}

static const struct tensor *layer(struct builder *b, const struct tensor *x,
                                  const struct generator *g, int64_t past)
{
    struct attention self = g->heads;
    self.past = past;
    self.is_causal = true;
    const struct tensor *n = normalize(b, "norm1", x, g);
    const char *outer = enter(b, "self");
    n = attention(b, n, n, self);
    leave(b, outer);
    x = add(b, "add1", n, x);
    n = normalize(b, "norm2", x, g);
    if (g->experts)
        n = mixture(b, n, g);
    else if (g->positions)
        n = linear(b, "down", unary(b, "Gelu", "gelu", linear(b, "up", n, g->hidden, true)),
                   g->width, true);
    else
        n = gated(b, n, g->hidden);
    return add(b, "add2", n, x);
}

/* One pass over `count` tokens behind `past`. */
static void run(struct builder *b, const struct generator *g, int64_t count, int64_t past)
{
    const struct tensor *table = weight(b, "words", SHAPE(g->vocabulary, g->width));
    const char *name = arena_format(b->arena, "%stokens", b->pass);
    const struct tensor *ids = indices(b, name, SHAPE(b->batch, count));
    const struct tensor *x = embedding(b, "words.embed", table, ids);
    if (g->positions) {
        const struct tensor *place = weight(b, "positions", SHAPE(g->positions, g->width));
        name = arena_format(b->arena, "%splaces", b->pass);
        place = embedding(b, "positions.embed", place, indices(b, name, SHAPE(count)));
        x = add(b, "positions.add", x, place);
    }
    for (int64_t i = 0; i < g->layers && !b->err->is_set; i++) {
        const char *outer = enter(b, "layer%d", (int)i);
        x = layer(b, x, g, past);
        leave(b, outer);
    }
    x = normalize(b, "norm", x, g);
    result(b, arena_format(b->arena, "%slogits", b->pass));
    x = g->is_tied ? linear_tied(b, "softmax", x, table)
                   : linear(b, "softmax", x, g->vocabulary, false);
    if (b->is_training)
        loss(b, "loss", x, indices(b, "labels", SHAPE(b->batch, count)));
}

static void generate(struct builder *b, struct generator g)
{
    int64_t count = key(b, "seq"), past = key(b, "past"), decode = key(b, "decode");
    if (!decode) {
        run(b, &g, count, past);
        return;
    }
    b->is_training = false; /* tokens are generated with fixed weights */
    b->cache_length = past + count + decode;
    for (int64_t i = 0; i < decode && !b->err->is_set; i++) {
        if (decode > 1)
            b->pass = arena_format(b->arena, "token%lld.", (long long)i);
        run(b, &g, 1, past + count + i);
    }
}

/* Radford et al., 2019, the smallest: 124,439,808 parameters (the published weights). */
void build_gpt2(struct builder *b)
{
    generate(b, (struct generator){.vocabulary = 50257,
                                   .layers = 12,
                                   .width = 768,
                                   .hidden = 4 * 768,
                                   .positions = 1024,
                                   .is_tied = true,
                                   .heads = {.heads = 12, .has_bias = true}});
}

/* Brown et al., NeurIPS 2020, table 2.1: 175.0 B parameters; 174,604,259,328 by arithmetic.
 * (Its locally banded layers are counted as dense ones, as the paper's own table does.) */
void build_gpt3(struct builder *b)
{
    generate(b, (struct generator){.vocabulary = 50257,
                                   .layers = 96,
                                   .width = 12288,
                                   .hidden = 4 * 12288,
                                   .positions = 2048,
                                   .is_tied = true,
                                   .heads = {.heads = 96, .has_bias = true}});
}

/* Llama 3 8B (2024): grouped-query attention; 8,030,261,248 parameters (the published weights).
 */
void build_llama(struct builder *b)
{
    generate(b, (struct generator){.vocabulary = 128256,
                                   .layers = 32,
                                   .width = 4096,
                                   .hidden = 14336,
                                   .heads = {.heads = 32, .kv_heads = 8, .is_rotary = true}});
}

/* Jiang et al., 2024, Mixtral 8x7B: two of eight experts a token; 46,702,792,704 parameters
 * (the published weights). */
void build_moe(struct builder *b)
{
    generate(b, (struct generator){.vocabulary = 32000,
                                   .layers = 32,
                                   .width = 4096,
                                   .hidden = 14336,
                                   .experts = 8,
                                   .experts_of_token = 2,
                                   .heads = {.heads = 32, .kv_heads = 8, .is_rotary = true}});
}
