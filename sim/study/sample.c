#include "sim/study/sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/trace.h"

const char *sample_path(struct arena *arena, struct error *err)
{
    const char *folder = getenv("TMPDIR");
    char *path = arena_format(arena, "%s/cleave-XXXXXX", folder && *folder ? folder : "/tmp");
    int file = mkstemp(path);
    if (file < 0) {
        error_set(err, "%s: cannot be made: %s", path, strerror(errno));
        return NULL;
    }
    close(file);
    return path;
}

static const struct tensor *declare(struct sink *sink, const char *name, int64_t rows,
                                    int64_t columns, struct number_format format,
                                    enum tensor_role role)
{
    struct tensor tensor = {.name = name,
                            .rank = 2,
                            .shape = {rows, columns},
                            .format = format,
                            .role = role,
                            .density = 1};
    return sink->tensor(sink, &tensor);
}

const char *sample_products(struct arena *arena, const struct sample_product *products,
                            size_t count, struct error *err)
{
    const char *path = sample_path(arena, err);
    struct sink *sink = path ? trace_writer_open(path, err) : NULL;
    if (!sink)
        return NULL;
    const struct tensor *previous = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct sample_product *p = &products[i];
        bool is_chained = previous && previous->shape[0] == p->m && previous->shape[1] == p->k;
        const struct tensor *a = is_chained ? previous
                                            : declare(sink, arena_format(arena, "x%zu", i),
                                                      p->m, p->k, p->input, ROLE_INPUT);
        const struct tensor *b =
            declare(sink, arena_format(arena, "w%zu", i), p->k, p->n, p->weight, ROLE_CONST);
        const struct tensor *c = declare(sink, arena_format(arena, "y%zu", i), p->m, p->n,
                                         p->output, i + 1 < count ? ROLE_TEMP : ROLE_OUTPUT);
        const struct tensor *inputs[] = {a, b}, *outputs[] = {c};
        struct operator op = {.name = arena_format(arena, "product%zu", i),
                              .spec = operator_find("MatMul"),
                              .input_count = 2,
                              .output_count = 1,
                              .inputs = inputs,
                              .outputs = outputs};
        sink->operator(sink, &op);
        previous = c;
    }
    if (sink->finish(sink, err))
        return path;
    sample_remove(path);
    return NULL;
}

void sample_remove(const char *path)
{
    if (path)
        remove(path);
}
