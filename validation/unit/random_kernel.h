/* Random kernels in the loop language: the seed is the whole description. They read and write
 * inside their arrays, divide by constants only, and stay small enough to run on values. */
#ifndef VALIDATION_UNIT_RANDOM_KERNEL_H
#define VALIDATION_UNIT_RANDOM_KERNEL_H

#include "random_loop.h"

enum { RANDOM_KERNEL_BYTES = 6000 };

void random_kernel_make(char text[RANDOM_KERNEL_BYTES], uint64_t seed, bool has_floats);

#endif
