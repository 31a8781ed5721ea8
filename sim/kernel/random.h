/* Named streams of random numbers. A stream is made from a seed and a name, so that one part of
 * a model that draws more or less never changes what another part sees. The numbers are the
 * same on every host: xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", ACM TOMS 47(4), 2021), seeded by splitmix64. A stream is a value: a copy repeats
 * it. */
#ifndef SIM_KERNEL_RANDOM_H
#define SIM_KERNEL_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state[4];
};

struct random random_make(uint64_t seed, const char *name);
/* 64 random bits. */
uint64_t random_bits(struct random *random);
/* Evenly from 0 to bound - 1, without the bias of a remainder; bound >= 1. */
uint64_t random_below(struct random *random, uint64_t bound);
/* Evenly in [0, 1): a multiple of 2^-53. */
double random_unit(struct random *random);
/* True in `of` cases out of `all`. */
bool random_chance(struct random *random, uint64_t of, uint64_t all);
/* A random permutation of 0 to count - 1. */
void random_permutation(struct random *random, uint64_t *order, size_t count);

#endif
