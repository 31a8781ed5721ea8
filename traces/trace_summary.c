#include "traces/trace_summary.h"

#include <stdlib.h>
#include <string.h>

/* Owners of bytes that are alive: id -> when they were born. Open addressing, no tombstones. */
struct alive {
    uint64_t id, born;
    bool is_used;
};

struct survey {
    struct trace_summary *summary;
    struct arena *arena;
    struct alive *slots;
    size_t slot_count, alive_count;
    uint64_t live_bytes;
    uint64_t stepped, stepped_bytes; /* weights an optimiser changes: then they are all */
    struct summary_kind *kinds;      /* by row of the operator table */
    char (*names)[128];              /* of the largest operators */
};

static size_t find(const struct survey *s, uint64_t id)
{
    size_t slot = (size_t)(id * 0x9e3779b97f4a7c15u >> 32) & (s->slot_count - 1);
    while (s->slots[slot].is_used && s->slots[slot].id != id)
        slot = (slot + 1) & (s->slot_count - 1);
    return slot;
}

/* True where the owner was not alive yet. */
static bool add(struct survey *s, uint64_t id, uint64_t born)
{
    if (s->alive_count * 2 >= s->slot_count) {
        struct alive *old = s->slots;
        size_t count = s->slot_count;
        s->slot_count = count ? count * 2 : 1024;
        s->slots = arena_array(s->arena, s->slot_count, sizeof *s->slots);
        for (size_t i = 0; i < count; i++)
            if (old[i].is_used)
                s->slots[find(s, old[i].id)] = old[i];
    }
    size_t slot = find(s, id);
    if (s->slots[slot].is_used)
        return false;
    s->slots[slot] = (struct alive){id, born, true};
    s->alive_count++;
    return true;
}

static bool take(struct survey *s, uint64_t id, uint64_t *born)
{
    size_t hole = s->slot_count ? find(s, id) : 0, mask = s->slot_count - 1;
    if (!s->slot_count || !s->slots[hole].is_used)
        return false;
    *born = s->slots[hole].born;
    s->alive_count--;
    for (size_t i = (hole + 1) & mask; s->slots[i].is_used; i = (i + 1) & mask) {
        size_t wanted = (size_t)(s->slots[i].id * 0x9e3779b97f4a7c15u >> 32) & mask;
        if (((i - wanted) & mask) >= ((i - hole) & mask)) {
            s->slots[hole] = s->slots[i];
            hole = i;
        }
    }
    s->slots[hole].is_used = false;
    return true;
}

static bool seen_before(const struct tensor *const *tensors, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++)
        if (tensors[i] == tensors[at])
            return true;
    return false;
}

struct operator_work operator_work(const struct operator* op, struct arena *scratch)
{
    struct operator_work work = {.macs = operator_macs(op, scratch),
                                 .ops = operator_ops(op, scratch)};
    struct arena_mark mark = arena_mark(scratch);
    struct primitive_list list = {.arena = scratch};
    op->spec->lower(op, &list);
    bool moves = list.count > 0;
    arena_release(scratch, mark);
    for (uint32_t i = 0; moves && i < op->input_count; i++)
        if (op->inputs[i] && !seen_before(op->inputs, i))
            work.read_bytes += tensor_bytes(op->inputs[i]);
    for (uint32_t i = 0; moves && i < op->output_count; i++)
        if (op->outputs[i])
            work.written_bytes += tensor_bytes(op->outputs[i]);
    return work;
}

double summary_intensity_limit(int bin)
{
    double limit = 0.25;
    for (int i = 0; i < bin; i++)
        limit *= 2;
    return bin == SUMMARY_INTENSITIES - 1 ? 0 : limit;
}

static void count_intensity(struct survey *s, struct operator_work work)
{
    uint64_t bytes = work.read_bytes + work.written_bytes;
    double intensity = bytes ? (double)work.ops / (double)bytes : 0;
    int bin = 0;
    while (bin < SUMMARY_INTENSITIES - 1 && intensity >= summary_intensity_limit(bin))
        bin++;
    struct summary_bin *b = &s->summary->intensity[bin];
    b->count++;
    b->ops += work.ops;
    b->bytes += bytes;
}

static void sum_work(struct operator_work *sum, struct operator_work work)
{
    sum->macs += work.macs;
    sum->ops += work.ops;
    sum->read_bytes += work.read_bytes;
    sum->written_bytes += work.written_bytes;
}

/* The list stays sorted; the name of the one that falls out makes room for the new one's. */
static void count_largest(struct survey *s, const struct operator* op,
                          struct operator_work work)
{
    struct trace_summary *t = s->summary;
    if (work.ops == 0 || (t->largest_count == SUMMARY_LARGEST &&
                          work.ops <= t->largest[SUMMARY_LARGEST - 1].work.ops))
        return;
    char *room;
    if (t->largest_count < SUMMARY_LARGEST)
        room = s->names[t->largest_count++];
    else
        room = (char *)(uintptr_t)t->largest[SUMMARY_LARGEST - 1].name;
    strncpy(room, op->name, sizeof s->names[0] - 1);
    size_t at = t->largest_count - 1;
    for (; at > 0 && t->largest[at - 1].work.ops < work.ops; at--)
        t->largest[at] = t->largest[at - 1];
    t->largest[at] = (struct summary_operator){room, op->spec, op->index, work};
}

/* The statistics of a batch normalisation are no parameters; nor are single numbers and
 * indices. */
static bool is_parameter(const struct operator* op, uint32_t input)
{
    const struct tensor *t = op->inputs[input];
    if (t->role == ROLE_STATE)
        return input == 0 &&
               (strcmp(op->spec->name, "adam") == 0 || strcmp(op->spec->name, "sgd") == 0);
    bool is_number = tensor_elements(t) <= 1 && !op->spec->is_contraction;
    return t->role == ROLE_CONST && !is_number && !t->contents &&
           !(strcmp(op->spec->name, "BatchNormalization") == 0 && input > 2);
}

static void meet(struct survey *s, const struct operator* op, const struct tensor *tensor,
                 bool is_parameter_use)
{
    const struct tensor *owner = tensor_owner(tensor);
    if (!add(s, owner->id, op->index))
        return;
    struct trace_summary *t = s->summary;
    uint64_t bytes = tensor_bytes(owner);
    switch (owner->role) {
    case ROLE_CONST:
        t->parameter_bytes += is_parameter_use ? bytes : 0;
        t->parameters += is_parameter_use ? tensor_elements(owner) : 0;
        return;
    case ROLE_STATE:
        t->state_bytes += bytes;
        return;
    case ROLE_INPUT:
        t->input_bytes += bytes;
        break;
    case ROLE_OUTPUT:
        t->output_bytes += bytes;
        break;
    case ROLE_TEMP:
        break;
    }
    s->live_bytes += bytes;
}

static void part(struct survey *s, const struct operator* op, const struct tensor *tensor)
{
    const struct tensor *owner = tensor_owner(tensor);
    uint64_t born;
    if (!take(s, owner->id, &born) || owner->role == ROLE_CONST || owner->role == ROLE_STATE)
        return;
    uint64_t bytes = tensor_bytes(owner), age = op->index - born;
    s->live_bytes -= bytes;
    if (owner->role != ROLE_TEMP)
        return;
    int bin = 0;
    while (bin < SUMMARY_LIFETIMES - 1 && age > (uint64_t)1 << bin)
        bin++;
    s->summary->lifetime[bin].count++;
    s->summary->lifetime[bin].bytes += bytes;
}

static void survey_operator(struct survey *s, const struct operator* op, char peak_name[128])
{
    size_t row_count;
    struct trace_summary *t = s->summary;
    struct operator_work work = operator_work(op, s->arena);
    struct summary_kind *kind = &s->kinds[op->spec - operator_table(&row_count)];
    kind->spec = op->spec;
    kind->count++;
    sum_work(&kind->work, work);
    sum_work(&t->total, work);
    count_intensity(s, work);
    count_largest(s, op, work);
    for (uint32_t i = 0; i < op->input_count; i++) {
        const struct tensor *in = op->inputs[i];
        if (!in)
            continue;
        bool is_one = is_parameter(op, i);
        if (is_one && in->role == ROLE_STATE) { /* an optimiser step: once a weight */
            s->stepped += tensor_elements(in);
            s->stepped_bytes += tensor_bytes(in);
        }
        meet(s, op, in, is_one);
    }
    for (uint32_t i = 0; i < op->output_count; i++)
        if (op->outputs[i])
            meet(s, op, op->outputs[i], false);
    if (s->live_bytes > t->peak_bytes) {
        t->peak_bytes = s->live_bytes;
        t->peak_index = op->index;
        strncpy(peak_name, op->name, 127);
    }
    for (uint32_t i = 0; i < op->input_count; i++)
        if (op->inputs[i] && op->is_last_use[i])
            part(s, op, op->inputs[i]);
    for (uint32_t i = 0; i < op->output_count; i++) /* results nobody reads: the caller's */
        if (op->outputs[i] && op->outputs[i]->role == ROLE_TEMP &&
            trace_is_last_use(op->outputs[i]))
            part(s, op, op->outputs[i]);
}

static int compare_kinds(const void *left, const void *right)
{
    const struct summary_kind *a = left, *b = right;
    if (a->work.ops != b->work.ops)
        return a->work.ops < b->work.ops ? 1 : -1;
    uint64_t x = a->work.read_bytes + a->work.written_bytes;
    uint64_t y = b->work.read_bytes + b->work.written_bytes;
    if (x != y)
        return x < y ? 1 : -1;
    return strcmp(a->spec->name, b->spec->name);
}

bool trace_summarize(struct trace_reader *reader, struct arena *arena,
                     struct trace_summary *summary, struct error *err)
{
    size_t rows;
    struct operator op;
    operator_table(&rows);
    *summary = (struct trace_summary){.counts = *trace_counts(reader)};
    struct survey s = {.summary = summary,
                       .arena = arena,
                       .kinds = arena_array(arena, rows, sizeof *s.kinds),
                       .names = arena_array(arena, SUMMARY_LARGEST, sizeof *s.names)};
    char *peak_name = arena_alloc(arena, 128);
    while (trace_next(reader, &op, err))
        survey_operator(&s, &op, peak_name);
    if (err->is_set)
        return false;
    if (s.stepped) {
        summary->parameters = s.stepped;
        summary->parameter_bytes = s.stepped_bytes;
    }
    for (size_t i = 0; i < rows; i++)
        if (s.kinds[i].count)
            s.kinds[summary->kind_count++] = s.kinds[i];
    qsort(s.kinds, summary->kind_count, sizeof *s.kinds, compare_kinds);
    summary->kinds = s.kinds;
    summary->peak_name = peak_name;
    return true;
}
