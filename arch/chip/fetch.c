#include "arch/chip/fetch.h"

#include "arch/chip/play_state.h"

void fetch_emit(void *context, const struct transfer *transfer)
{
    struct fetch_list *list = context;
    if (list->transfer_count == list->transfer_capacity) {
        size_t capacity = list->transfer_capacity ? 2 * list->transfer_capacity : 16;
        list->transfers = arena_grow(list->arena, list->transfers, list->transfer_count,
                                     capacity, sizeof *list->transfers);
        list->transfer_capacity = capacity;
    }
    list->transfers[list->transfer_count++] = *transfer;
}

uint64_t fetch_bursts(const struct fetch_list *list, uint64_t burst)
{
    uint64_t bursts = 0;
    for (size_t i = 0; i < list->transfer_count; i++)
        bursts += transfer_bursts(&list->transfers[i], burst);
    return bursts;
}

static uint64_t runs_of(const struct transfer *transfer)
{
    uint64_t runs = 1;
    for (int level = 0; level < TRANSFER_STRIDES; level++)
        if (transfer->strides[level].count > 1)
            runs *= transfer->strides[level].count;
    return runs;
}

uint64_t fetch_bytes(const struct fetch_list *list)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < list->transfer_count; i++)
        bytes += runs_of(&list->transfers[i]) * list->transfers[i].bytes;
    return bytes;
}

static uint64_t burst_of(const struct worker *worker, const struct held *held)
{
    uint64_t burst = worker->player->chip->memories[held->memory].burst;
    return burst ? burst : 1;
}

static uint64_t round_up(uint64_t bytes, uint64_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

/* The next stretch of a tensor that streams through: tiles lie one behind the other, each at
 * the beginning of a burst. */
static void emit_next(const struct worker *worker, struct held *held, uint64_t bytes,
                      struct fetch_list *list)
{
    uint64_t burst = burst_of(worker, held);
    uint64_t whole = held->bytes < UINT64_MAX - burst ? round_up(held->bytes, burst) : 0;
    uint64_t offset = whole ? held->loaded % whole : held->loaded;
    held->loaded += round_up(bytes, burst);
    struct transfer transfer = {.address = held->address + offset, .bytes = bytes};
    fetch_emit(list, &transfer);
}

/* The tile's part of an operand as it lies in memory; false where nobody knows that. */
static bool emit_tile(const struct worker *worker, const struct ring_entry *entry,
                      enum contraction_operand operand, const struct held *held,
                      struct fetch_list *list)
{
    const struct task *task = entry->task;
    const struct plan *plan = task->plan;
    if (!(entry->step.tiled >> operand & 1))
        return false;
    const struct operand_layout *known = &plan->site->layout[operand];
    if (known->form == FORM_NONE)
        return false;
    struct layout_box boxes[OPERAND_BOXES_MAX];
    int count = operand_boxes(&plan->primitive->contraction, &task->place, operand, known,
                              &entry->step.tile, boxes);
    if (count < 0)
        return false;
    struct transfer base = {.address = held->address};
    uint64_t burst = burst_of(worker, held);
    for (int i = 0; i < count; i++)
        layout_region(&known->layout, &boxes[i], burst, &base, fetch_emit, list);
    return true;
}

void fetch_load(const struct worker *worker, const struct ring_entry *entry, uint32_t load,
                struct held *held, struct fetch_list *list)
{
    list->transfer_count = 0;
    struct gather *gather = &entry->task->gather;
    if (gather->record_bytes && load == 0 &&
        entry->task->plan->primitive->kind == PRIMITIVE_GATHER) {
        gather_emit(gather, held->address, entry->step.load_bytes[0], list);
        return;
    }
    enum contraction_operand operand = load == STEP_PARTIAL ? OPERAND_OUTPUT
                                       : load == 1          ? OPERAND_WEIGHT
                                                            : OPERAND_INPUT;
    bool is_operand = load == STEP_PARTIAL || load < 2;
    if (!is_operand || !emit_tile(worker, entry, operand, held, list))
        emit_next(worker, held, entry->step.load_bytes[load], list);
}

void fetch_store(const struct worker *worker, const struct ring_entry *entry, struct held *held,
                 struct fetch_list *list)
{
    list->transfer_count = 0;
    struct gather *gather = &entry->task->gather;
    if (gather->record_bytes && entry->task->plan->primitive->kind == PRIMITIVE_SCATTER)
        gather_emit(gather, held->address, entry->step.store_bytes, list);
    else if (!emit_tile(worker, entry, OPERAND_OUTPUT, held, list))
        emit_next(worker, held, entry->step.store_bytes, list);
}
