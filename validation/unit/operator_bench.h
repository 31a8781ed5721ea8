/* One operator under test, for the suites of lowerings: a bench holds the operator with its
 * tensors and attributes, derives the outputs, lowers it into a list, and asserts what every
 * lowering keeps. A bench owns all it holds; whoever makes one frees it. Random shapes come
 * from a small linear congruential generator whose state starts at the test's seed. */
#ifndef VALIDATION_UNIT_OPERATOR_BENCH_H
#define VALIDATION_UNIT_OPERATOR_BENCH_H

#include "workloads/operator.h"

uint32_t bench_random(uint32_t *state);
/* low .. high, both included. */
int64_t bench_between(uint32_t *state, int64_t low, int64_t high);

/* One operator under test: fill in, then derive its outputs and lower it. */
struct bench {
    struct operator op;
    struct tensor in[8], out[4];
    const struct tensor *inputs[8], *outputs[4];
    struct attribute attributes[8];
    int64_t integers[8][8];
    struct arena arena;
    struct primitive_list list;
};

/* `kind` is a name of the operator table; one output until the caller says otherwise. */
struct bench *bench_new(const char *kind);
void bench_free(struct bench *b);
/* One more input, in fp32. */
void bench_give(struct bench *b, int32_t rank, const int64_t *shape);
/* One more attribute, a list of integers. */
void bench_set(struct bench *b, const char *name, uint32_t count, const int64_t *values);
/* Infers the outputs, checks the operator and lowers it. False: no shape could be inferred. */
bool bench_derive(struct bench *b, struct error *err);
/* What every lowering keeps: kinds are in range, repetition at least once, macs equal the
 * contraction's product, operands with a tensor are not larger than it (gathers may read a
 * record again), and every output is written. */
void bench_check_laws(const struct bench *b, uint32_t seed);
uint64_t bench_macs(struct bench *b);

#endif
