#include "workloads/tally.h"

static const struct tensor *add_tensor(struct sink *sink, const struct tensor *declaration)
{
    struct tally *tally = (struct tally *)sink;
    struct tensor *tensor = arena_alloc(&tally->arena, sizeof *tensor);
    *tensor = *declaration;
    tensor->id = tally->tensors++;
    tensor->name = arena_copy_text(&tally->arena, declaration->name);
    tensor->contents = NULL; /* would have to be copied; counts do not need them */
    return tensor;
}

static void add_operator(struct sink *sink, const struct operator* op)
{
    struct tally *tally = (struct tally *)sink;
    if (tally->error.is_set || !op->spec->check(op, &tally->error))
        return;
    tally->operators++;
    tally->macs += operator_macs(op, &tally->scratch);
    tally->ops += operator_ops(op, &tally->scratch);
}

static bool finish(struct sink *sink, struct error *err)
{
    struct tally *tally = (struct tally *)sink;
    arena_free(&tally->arena);
    arena_free(&tally->scratch);
    return !tally->error.is_set || error_set(err, "%s", tally->error.text);
}

void tally_init(struct tally *tally)
{
    *tally = (struct tally){.sink = {add_tensor, add_operator, finish}};
}
