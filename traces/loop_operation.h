/* What single operations of the loop language compute. Integers are exact in 64 bits; the
 * caller wraps them to their type. */
#ifndef TRACES_LOOP_OPERATION_H
#define TRACES_LOOP_OPERATION_H

#include "traces/loop.h"

/* The low bits of a value as one of an integer type. */
int64_t loop_wrap(int64_t value, struct number_format type);
int64_t loop_saturate(int64_t value, struct number_format type);
double loop_float_operation(enum loop_operator operator_, double a, double b, double c);
bool loop_compares(enum loop_operator operator_, double a, double b, int64_t i, int64_t j,
                   bool is_float);
int64_t loop_integer_operation(enum loop_operator operator_, int64_t a, int64_t b, int64_t c,
                               struct number_format type, struct number_format operands);

#endif
