/* What the tests of the ONNX importer share: a model in the making, its import, questions about
 * what came of it. */
#ifndef VALIDATION_UNIT_ONNX_FIXTURE_H
#define VALIDATION_UNIT_ONNX_FIXTURE_H

#include "memory_sink.h"
#include "onnx_builder.h"
#include "traces/import.h"

enum { F32 = 1, U8 = 2, I8 = 3, I32 = 6, I64 = 7 }; /* TensorProto.DataType */
#define LIST(...)                                                                              \
    sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (int64_t[])                            \
    {                                                                                          \
        __VA_ARGS__                                                                            \
    }

struct onnx_fixture {
    struct arena arena;
    struct memory_sink memory;
    struct import_summary summary;
    struct error err;
    struct onnx_builder model;
    char path[64];
};

extern struct onnx_fixture onnx; /* of the running test */

void onnx_setup(void);
void onnx_teardown(void);
/* Writes the model and imports it; every operator must pass the vocabulary's check. */
bool onnx_import_with(const struct import_options *options);
void onnx_import(void);
void onnx_expect_shape(const struct tensor *tensor, size_t count, const int64_t *shape);
/* The only operator of that kind. */
const struct memory_operator *onnx_find(const char *op);

#endif
