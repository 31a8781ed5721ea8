/* The bench on which the suites of lowerings try one operator. */
#include "operator_bench.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

uint32_t bench_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

int64_t bench_between(uint32_t *state, int64_t low, int64_t high)
{
    return low + (int64_t)(bench_random(state) % (uint32_t)(high - low + 1));
}

struct bench *bench_new(const char *kind)
{
    struct bench *b = calloc(1, sizeof *b);
    b->op = (struct operator){.name = "n",
                              .spec = operator_find(kind),
                              .inputs = b->inputs,
                              .outputs = b->outputs,
                              .output_count = 1,
                              .attributes = b->attributes};
    ck_assert_msg(b->op.spec != NULL, "%s", kind);
    b->list.arena = &b->arena;
    return b;
}

void bench_free(struct bench *b)
{
    arena_free(&b->arena);
    free(b);
}

void bench_give(struct bench *b, int32_t rank, const int64_t *shape)
{
    struct tensor *t = &b->in[b->op.input_count];
    *t = (struct tensor){.name = "i",
                         .id = b->op.input_count,
                         .rank = rank,
                         .format = number_format_float(8, 23),
                         .density = 1};
    memcpy(t->shape, shape, (size_t)rank * sizeof *shape);
    b->inputs[b->op.input_count++] = t;
}

void bench_set(struct bench *b, const char *name, uint32_t count, const int64_t *values)
{
    uint32_t at = b->op.attribute_count++;
    memcpy(b->integers[at], values, count * sizeof *values);
    b->attributes[at] = (struct attribute){
        .name = name, .kind = ATTRIBUTE_INTEGERS, .count = count, .integers = b->integers[at]};
}

bool bench_derive(struct bench *b, struct error *err)
{
    if (!operator_infer(&b->op, b->out, err))
        return false;
    for (uint32_t i = 0; i < b->op.output_count; i++) {
        b->out[i].name = "o";
        b->out[i].id = 100 + i;
        b->outputs[i] = &b->out[i];
    }
    ck_assert_msg(b->op.spec->check(&b->op, err), "%s", err->text);
    b->op.spec->lower(&b->op, &b->list);
    return true;
}

void bench_check_laws(const struct bench *b, uint32_t seed)
{
    uint64_t written[4] = {0};
    for (size_t i = 0; i < b->list.count; i++) {
        const struct primitive *p = &b->list.items[i];
        ck_assert_msg(p->kind < PRIMITIVE_KIND_COUNT && p->repeat >= 1, "seed %u", seed);
        if (p->kind == PRIMITIVE_CONTRACTION) {
            ck_assert_msg(p->macs == contraction_macs(&p->contraction), "seed %u", seed);
            ck_assert_msg(p->ops >= 2 * p->macs, "seed %u", seed);
            ck_assert_msg(p->input_count >= 2, "seed %u", seed);
        } else
            ck_assert_msg(p->macs == 0 || p->kind == PRIMITIVE_SPARSE_CONTRACTION, "seed %u",
                          seed);
        for (uint32_t j = 0; j < p->input_count; j++)
            if (p->inputs[j].tensor)
                ck_assert_msg(p->inputs[j].elements <= tensor_elements(p->inputs[j].tensor),
                              "seed %u %s input %u", seed, b->op.spec->name, j);
        for (uint32_t j = 0; j < b->op.output_count; j++)
            if (p->output.tensor == b->outputs[j])
                written[j] += p->repeat * p->output.elements;
    }
    for (uint32_t j = 0; j < b->op.output_count; j++)
        ck_assert_msg(written[j] >= tensor_elements(b->outputs[j]), "seed %u %s output %u",
                      seed, b->op.spec->name, j);
}

uint64_t bench_macs(struct bench *b)
{
    return operator_macs(&b->op, &b->arena);
}
