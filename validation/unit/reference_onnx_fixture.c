#include "onnx_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct onnx_fixture onnx;

void onnx_setup(void)
{
    arena_init(&onnx.arena);
    memory_sink_init(&onnx.memory, &onnx.arena);
    onnx.err = (struct error){0};
    strcpy(onnx.path, "/tmp/cleave-onnx-XXXXXX");
    int file = mkstemp(onnx.path);
    ck_assert_int_ge(file, 0);
    close(file);
    onnx_builder_init(&onnx.model, &onnx.arena, 13);
}

void onnx_teardown(void)
{
    unlink(onnx.path);
    arena_free(&onnx.arena);
}

bool onnx_import_with(const struct import_options *options)
{
    onnx_builder_write(&onnx.model, onnx.path);
    memory_sink_init(&onnx.memory, &onnx.arena);
    onnx.err = (struct error){0};
    bool is_done = import_file(onnx.path, options, &onnx.memory.sink, &onnx.arena,
                               &onnx.summary, &onnx.err);
    ck_assert_msg(!onnx.memory.error.is_set, "%s", onnx.memory.error.text);
    ck_assert(is_done == !onnx.err.is_set);
    return is_done;
}

void onnx_import(void)
{
    ck_assert_msg(onnx_import_with(NULL), "%s", onnx.err.text);
}

void onnx_expect_shape(const struct tensor *tensor, size_t count, const int64_t *shape)
{
    ck_assert_int_eq(tensor->rank, (int)count);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(tensor->shape[i], shape[i]);
}

const struct memory_operator *onnx_find(const char *op)
{
    const struct memory_operator *found = memory_sink_find(&onnx.memory, op);
    ck_assert_msg(found != NULL, "no single %s", op);
    return found;
}
