#include "arch/vliw/kernel_access.h"

#include <stdlib.h>

/* Where the first array may lie; a copy's look-ahead may reach in front of it. */
enum { ORIGIN_BYTES = 1 << 20 };

void data_layout_init(struct data_layout *layout, const struct loop_kernel *kernel,
                      const struct vliw_machine *machine, struct arena *arena)
{
    int64_t widest = machine->widest_access_bits / 8, end = ORIGIN_BYTES;
    layout->base = arena_array(arena, (size_t)kernel->symbol_count + 1, sizeof(int64_t));
    for (const struct loop_symbol *s = kernel->symbols; s; s = s->next) {
        if (s->kind != LOOP_ARRAY)
            continue;
        int64_t align = s->aligned_bytes ? s->aligned_bytes : widest > 0 ? widest : 1;
        end = (end + align - 1) / align * align;
        layout->base[s->id] = end;
        end += (int64_t)number_format_bytes(s->type, (uint64_t)s->elements);
    }
    layout->first = ORIGIN_BYTES;
    layout->end = end;
}

static struct kernel_access make_access(const struct loop_symbol *symbol,
                                        const struct affine *address, bool is_affine,
                                        const struct data_layout *layout)
{
    int64_t element = symbol->type.bits >= 8 ? symbol->type.bits / 8 : 1;
    int64_t base = layout->base[symbol->id];
    struct kernel_access access = {
        .symbol = symbol,
        .stage = 0,
        .is_affine = is_affine,
        .bytes = element,
        .element = element,
        .first = base + (is_affine ? address->constant * element : 0),
        .array_first = base,
        .array_end =
            base + (int64_t)number_format_bytes(symbol->type, (uint64_t)symbol->elements)};
    for (int level = 0; level < LOOP_LEVELS && is_affine; level++)
        access.index[level] = address->coefficient[level] * element;
    return access;
}

static int by_slot(const void *left, const void *right)
{
    const struct kernel_access *a = left, *b = right;
    if (a->slot != b->slot)
        return a->slot < b->slot ? -1 : 1;
    /* In one cycle the older pass comes first, then program order. */
    if (a->stage != b->stage)
        return a->stage > b->stage ? -1 : 1;
    return (a->salt > b->salt) - (a->salt < b->salt);
}

void access_list_init(struct access_list *list, const struct region_schedule *schedule,
                      const struct flow *flow, const struct data_layout *layout,
                      struct arena *arena)
{
    int ii = flow->is_loop ? schedule->schedule.ii : 0, count = 0;
    *list = (struct access_list){
        .ii = ii, .stages = 1, .level = flow->is_loop ? flow->level : NONE};
    const struct dependence_graph *graph = &schedule->graph;
    if (schedule->operations == 0)
        return;
    list->accesses =
        arena_array(arena, (size_t)graph->operation_count + 1, sizeof *list->accesses);
    for (int i = 0; i < graph->operation_count; i++) {
        const struct packed_operation *operation =
            &schedule->packed.operations[graph->operations[i].meaning];
        if (!operation->symbol)
            continue;
        struct kernel_access *access = &list->accesses[count++];
        *access =
            make_access(operation->symbol, &operation->address, operation->is_affine, layout);
        int time = schedule->schedule.time[i];
        access->slot = ii > 0 ? time % ii : time;
        access->stage = ii > 0 ? time / ii : 0;
        access->latency =
            graph->operations[i].alternatives[schedule->schedule.alternative[i]].latency_cycles;
        access->is_write =
            operation->meaning == MEANING_STORE || operation->meaning == MEANING_STOREU;
        access->bytes = operation->bytes;
        access->salt = (uint64_t)i;
        access->expression = operation->expression;
        access->copy = operation->copy;
        if (access->stage + 1 > list->stages)
            list->stages = access->stage + 1;
    }
    list->count = count;
    if (count > 1)
        qsort(list->accesses, (size_t)count, sizeof *list->accesses, by_slot);
}

void access_list_enter(struct access_list *list, const struct flow *flow, const int64_t *index,
                       int64_t first)
{
    for (int a = 0; a < list->count; a++) {
        struct kernel_access *access = &list->accesses[a];
        access->offset = access->first;
        access->step = 0;
        for (int level = 0; level < LOOP_LEVELS; level++)
            if (access->index[level] != 0 && level != list->level)
                access->offset += access->index[level] * index[level];
        if (list->level != NONE) {
            access->offset += access->index[list->level] * first;
            access->step = access->index[list->level] * flow->stride;
        }
    }
}

static uint64_t scramble(uint64_t value)
{
    value = (value ^ value >> 31) * UINT64_C(0x7fb5d329728ea185);
    return value ^ value >> 29;
}

int64_t access_address(const struct kernel_access *access, int64_t pass)
{
    int64_t byte = access->offset + access->step * pass;
    if (access->elements) {
        int32_t element = pass < access->element_passes
                              ? access->elements[pass * access->element_step]
                              : ACCESS_NOWHERE;
        return element < 0 ? ACCESS_NOWHERE : access->array_first + element * access->element;
    }
    if (!access->is_affine) {
        uint64_t elements =
            (uint64_t)((access->array_end - access->array_first) / access->element);
        uint64_t element =
            scramble(access->salt * 8191 + (uint64_t)pass * 977) % (elements ? elements : 1);
        byte = access->array_first + (int64_t)element * access->element;
    }
    return byte < 0 ? 0 : byte;
}
