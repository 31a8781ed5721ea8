/* A loop kernel executed on values, statement by statement, as it is written: for trip counts
 * and paths that depend on data, and as the plain meaning of the language. */
#ifndef TRACES_LOOP_VALUE_H
#define TRACES_LOOP_VALUE_H

#include "traces/loop.h"

struct loop_number {
    int64_t integer; /* integer types, wrapped to their bits */
    double real;     /* float types, rounded to f32 where they are no wider */
};

/* What the caller wants to know while the kernel runs; all may be NULL. */
struct loop_observer {
    void *context;
    void (*loop_done)(void *context, const struct loop_statement *loop, int64_t trips);
    void (*path_taken)(void *context, const struct loop_statement *statement, bool is_body);
    /* Before each pass of a loop's body; and every element read or written, row-major. */
    void (*pass_begun)(void *context, const struct loop_statement *loop, int64_t pass);
    void (*element)(void *context, const struct loop_expression *element, int64_t index);
};

struct loop_values {
    const struct loop_kernel *kernel;
    struct loop_number **arrays; /* by symbol id: elements, row-major */
    struct loop_number *scalars; /* by symbol id: scalars, locals, indices */
    struct loop_observer observer;
    int64_t steps_left; /* statements that may still run */
    struct error *err;
};

enum { LOOP_ELEMENTS_MOST = 1 << 24 };

/* Sets arrays and scalars to their initial values; false when the arrays are too large. */
bool loop_values_init(struct loop_values *values, const struct loop_kernel *kernel,
                      bool has_arrays, struct arena *arena, struct error *err);
/* Runs the whole kernel. Errors: a subscript outside its array, too many steps, division by 0.
 */
bool loop_values_run(struct loop_values *values);
/* An expression now. Without arrays only numbers, scalars and indices may occur in it. */
bool loop_value_of(struct loop_values *values, const struct loop_expression *expression,
                   struct loop_number *result);

#endif
