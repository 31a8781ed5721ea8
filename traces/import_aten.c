#include "traces/import_aten.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/import_aten_storage.h"
#include "traces/import_source.h"

/* What has become of a call: whoever is below one that stands for its subtree is dropped. */
struct fate {
    bool is_work;            /* by itself */
    bool has_work;           /* below it */
    uint64_t *coverage;      /* not NULL: it stands for what is below it */
    double *coverage_micros; /* of the same kind */
};

struct walk {
    struct aten_calls *calls;
    struct import_context *context;
    struct fate *fates;
    struct aten_storage storage;
};

void aten_add(struct aten_calls *calls, const struct aten_call *call)
{
    if (calls->count == calls->capacity) {
        size_t capacity = calls->capacity ? 2 * calls->capacity : 256;
        calls->items = arena_grow(calls->context->arena, calls->items, calls->count, capacity,
                                  sizeof *calls->items);
        calls->capacity = capacity;
    }
    calls->items[calls->count++] = *call;
}

bool aten_format(const char *type, struct number_format *format)
{
    static const struct {
        const char *word, *name;
    } WORDS[] = {
        {"bfloat16", "bf16"},     {"half", "f16"},          {"double", "f64"},
        {"float8_e4m3", "f4e3m"}, {"float8_e5m2", "f5e2m"}, {"float16", "f16"},
        {"float64", "f64"},       {"float", "f32"},         {"unsigned char", "u8"},
        {"signed char", "i8"},    {"char", "i8"},           {"bool", "u8"},
        {"short", "i16"},         {"long", "i64"},          {"uint8", "u8"},
        {"int8", "i8"},           {"int16", "i16"},         {"int32", "i32"},
        {"int64", "i64"},         {"int", "i32"},
    };
    char lower[64];
    size_t length = 0;
    for (; type[length] && length + 1 < sizeof lower; length++)
        lower[length] = (char)(type[length] >= 'A' && type[length] <= 'Z' ? type[length] + 32
                                                                          : type[length]);
    lower[length] = 0;
    if (strncmp(lower, "tensor", 6) != 0)
        return false;
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++)
        if (strstr(lower, WORDS[i].word))
            return number_format_parse(WORDS[i].name, format);
    return false;
}

static const char *place_of(const struct walk *walk, const struct aten_call *call)
{
    return arena_format(walk->context->arena, "%s: record %" PRIu64 " '%.80s'",
                        walk->context->source->path, call->line, call->name);
}

static bool collect(struct walk *walk, struct import_draft *draft,
                    const struct aten_argument *argument, const char *place, struct error *err)
{
    if (argument->kind == ATEN_TENSORS) {
        for (uint32_t i = 0; i < argument->count; i++)
            if (!collect(walk, draft, &argument->items[i], place, err))
                return false;
        return true;
    }
    if (argument->kind != ATEN_TENSOR || argument->rank < 0 ||
        argument->format.class == NUMBER_NONE || draft->input_count == OPERATOR_TENSORS_MAX)
        return true;
    const struct tensor *tensor = aten_read_tensor(&walk->storage, argument, place, err);
    draft->inputs[draft->input_count++] = tensor;
    return tensor != NULL;
}

/* All that is known is which tensors went in and came out. */
static bool emit_opaque(struct walk *walk, const struct aten_call *call, const char *why,
                        struct error *err)
{
    struct import_draft draft = {.op = "opaque", .name = call->name};
    const struct aten_argument *written[OPERATOR_TENSORS_MAX];
    const struct tensor *declared[OPERATOR_TENSORS_MAX] = {0};
    const char *place = place_of(walk, call);
    for (uint32_t i = 0; i < call->input_count; i++)
        if (!collect(walk, &draft, &call->inputs[i], place, err))
            return false;
    for (uint32_t i = 0; i < call->output_count && i < OPERATOR_TENSORS_MAX; i++) {
        const struct aten_argument *out = &call->outputs[i];
        if (out->kind != ATEN_TENSOR || out->rank < 0 || out->format.class == NUMBER_NONE)
            continue;
        written[draft.output_count] = out;
        draft.outputs[draft.output_count++] = aten_tensor_of(&walk->storage, out, ROLE_TEMP);
    }
    import_warn(walk->context, call->name,
                "%s is an operator without a rule: only its bytes "
                "are moved%s%.200s",
                place, why[0] ? "; " : "", why);
    if (!import_build(walk->context, &draft, place, &walk->context->summary->unknown, declared,
                      err))
        return false;
    for (uint32_t i = 0; i < draft.output_count; i++)
        aten_write_tensor(&walk->storage, written[i], declared[i]);
    return true;
}

/* *is_fit is false where the rule does not give what was recorded. */
static bool emit_work(struct walk *walk, const struct aten_call *call, struct aten_draft *work,
                      bool *is_fit, char why[256], struct error *err)
{
    struct import_draft *draft = &work->draft;
    const char *place = place_of(walk, call);
    struct error reason = {0};
    struct tensor inferred[OPERATOR_TENSORS_MAX] = {0};
    draft->name = call->name;
    draft->output_count = 1;
    for (uint32_t i = 0; i < draft->input_count; i++) {
        const struct aten_argument *argument = work->inputs[i];
        struct tensor scalar = {.name = aten_name(&walk->storage),
                                .format = number_format_float(8, 23),
                                .role = ROLE_CONST};
        bool is_tensor = argument->kind == ATEN_TENSOR;
        if (is_tensor && (argument->rank < 0 || argument->format.class == NUMBER_NONE))
            return *is_fit = false, true;
        draft->inputs[i] = is_tensor ? aten_read_tensor(&walk->storage, argument, place, err)
                                     : import_declare(walk->context, &scalar, place, err);
        if (!draft->inputs[i])
            return false;
    }
    const struct aten_argument *out =
        work->output < call->output_count ? &call->outputs[work->output] : NULL;
    bool is_recorded = out && out->kind == ATEN_TENSOR && out->rank >= 0;
    *is_fit = import_infer(draft, inferred, &reason);
    snprintf(why, 256, "%.255s", reason.text);
    if (*is_fit && is_recorded && inferred[0].rank >= 0) {
        struct tensor wanted = aten_tensor_of(&walk->storage, out, ROLE_TEMP);
        wanted.format = inferred[0].format;
        *is_fit = aten_is_same(&inferred[0], &wanted);
        snprintf(why, 256, "the recorded shape of its result is another");
    }
    if (!*is_fit)
        return true;
    draft->outputs[0] = (struct tensor){.name = aten_name(&walk->storage), .role = ROLE_TEMP};
    if (is_recorded)
        draft->outputs[0].format = out->format;
    if (is_recorded && inferred[0].rank < 0)
        draft->outputs[0] = aten_tensor_of(&walk->storage, out, ROLE_TEMP);
    const struct tensor *declared[1];
    if (!import_build(walk->context, draft, place, &walk->context->summary->derived, declared,
                      err))
        return false;
    if (is_recorded)
        aten_write_tensor(&walk->storage, out, declared[0]);
    return true;
}

static bool emit_bytes(struct walk *walk, const struct aten_call *call, struct error *err)
{
    struct import_draft draft = {.op = "opaque", .name = call->name};
    const char *place = place_of(walk, call);
    struct aten_argument bytes = {
        .kind = ATEN_TENSOR, .rank = 1, .format = number_format_integer(false, 8)};
    if (call->read_bytes > INT64_MAX || call->written_bytes > INT64_MAX)
        return error_set(err, "%s: its byte count is out of range", place);
    int64_t size = (int64_t)call->read_bytes;
    bytes.integers = &size;
    struct tensor in = aten_tensor_of(&walk->storage, &bytes, ROLE_INPUT);
    size = (int64_t)call->written_bytes;
    if (call->read_bytes > 0) {
        draft.inputs[draft.input_count++] = import_declare(walk->context, &in, place, err);
        if (!draft.inputs[0])
            return false;
    }
    draft.outputs[draft.output_count++] = aten_tensor_of(&walk->storage, &bytes, ROLE_OUTPUT);
    return import_build(walk->context, &draft, place, &walk->context->summary->recorded, NULL,
                        err);
}

static int by_id(const void *a, const void *b)
{
    const struct aten_call *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

/* The call above, which must have begun earlier; NULL: none is recorded. */
static struct fate *fate_above(struct walk *walk, const struct aten_call *call)
{
    struct aten_call key = {.id = call->parent};
    if (call->parent == call->id)
        return NULL;
    size_t low = 0, high = (size_t)(call - walk->calls->items);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (walk->calls->items[middle].id < key.id)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_found = walk->calls->items + low < call && walk->calls->items[low].id == key.id;
    return is_found ? &walk->fates[low] : NULL;
}

static void stand_for(struct walk *walk, struct fate *fate, uint64_t *coverage, double micros)
{
    struct import_summary *summary = walk->context->summary;
    fate->coverage = coverage;
    fate->coverage_micros = coverage == &summary->derived    ? &summary->derived_us
                            : coverage == &summary->recorded ? &summary->recorded_us
                                                             : &summary->unknown_us;
    *fate->coverage_micros += micros;
}

/* A leaf that gives its input back: the same storage, not changed in place. */
static bool is_passing(const struct aten_call *call)
{
    size_t length = strlen(call->name);
    uint64_t storage = call->output_count > 0 ? call->outputs[0].storage : 0;
    if (call->role != ATEN_CALL || storage == 0 ||
        (length > 0 && call->name[length - 1] == '_'))
        return false;
    for (uint32_t i = 0; i < call->input_count; i++)
        if (call->inputs[i].kind == ATEN_TENSOR && call->inputs[i].storage == storage)
            return true;
    return false;
}

static bool has_result(const struct aten_call *call)
{
    for (uint32_t i = 0; i < call->output_count; i++)
        if (call->outputs[i].kind == ATEN_TENSOR && call->outputs[i].rank >= 0 &&
            call->outputs[i].format.class != NUMBER_NONE)
            return true;
    return false;
}

static bool visit(struct walk *walk, const struct aten_call *call, struct fate *fate,
                  const struct fate *above, struct error *err)
{
    struct import_summary *summary = walk->context->summary;
    if (above && above->coverage) {
        *fate = *above;
        summary->ignored++;
        if (call->role == ATEN_KERNEL)
            *above->coverage_micros += call->micros;
        return true;
    }
    if (call->role == ATEN_LABEL)
        return summary->ignored++, true;
    if (call->role == ATEN_BYTES) {
        stand_for(walk, fate, &summary->recorded, call->micros);
        return emit_bytes(walk, call, err);
    }
    char why[256] = "";
    bool is_fit = false;
    enum aten_meaning meaning = ATEN_NO_WORK;
    for (int part = 0; part < ATEN_PARTS_MAX; part++) {
        struct aten_draft draft = {0};
        enum aten_meaning next = aten_map(call, part, &draft);
        if (part == 0)
            meaning = next;
        if (next != ATEN_WORK)
            break;
        if (!emit_work(walk, call, &draft, &is_fit, why, err))
            return false;
        if (!is_fit)
            break;
    }
    if (meaning == ATEN_NO_WORK || is_fit) {
        stand_for(walk, fate, &summary->derived, call->micros);
        summary->ignored += meaning == ATEN_NO_WORK;
        return true;
    }
    /* What it consists of follows, or there is nothing to be done. */
    if (fate->has_work || is_passing(call) || (!has_result(call) && call->role == ATEN_CALL))
        return summary->ignored++, true;
    stand_for(walk, fate, &summary->unknown, call->micros);
    return emit_opaque(walk, call, why, err);
}

/* Composites are entered only where something below them works; a kernel that merely allocates
 * its result is a leaf. */
static void find_work(struct walk *walk)
{
    for (size_t i = walk->calls->count; i-- > 0;) {
        const struct aten_call *call = &walk->calls->items[i];
        struct aten_draft draft = {0};
        enum aten_meaning meaning = aten_map(call, 0, &draft);
        struct fate *fate = &walk->fates[i], *above = fate_above(walk, call);
        if (call->role == ATEN_CALL)
            fate->is_work = meaning == ATEN_WORK ||
                            (meaning == ATEN_UNKNOWN && has_result(call) && !is_passing(call));
        if (above && meaning != ATEN_NO_WORK && call->role != ATEN_KERNEL)
            above->has_work = above->has_work || fate->is_work || fate->has_work;
    }
}

bool aten_emit(struct aten_calls *calls, struct error *err)
{
    struct import_context *context = calls->context;
    struct walk walk = {.calls = calls, .context = context, .storage = {.context = context}};
    if (context->options->input_count > 0 || context->options->batch > 0)
        return error_set(err, "%s: is a recording; --batch and --input do not apply to it",
                         context->source->path);
    if (calls->count > 0)
        qsort(calls->items, calls->count, sizeof *calls->items, by_id);
    walk.fates = arena_array(context->arena, calls->count, sizeof *walk.fates);
    find_work(&walk);
    context->summary->nodes = calls->count;
    for (size_t i = 0; i < calls->count; i++)
        if (!visit(&walk, &calls->items[i], &walk.fates[i], fate_above(&walk, &calls->items[i]),
                   err))
            return false;
    return true;
}
