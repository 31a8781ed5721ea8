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

void fetch_emit_address(struct fetch_list *list, uint64_t address)
{
    if (list->address_count == list->address_capacity) {
        size_t capacity = list->address_capacity ? 2 * list->address_capacity : 256;
        list->addresses = arena_grow(list->arena, list->addresses, list->address_count,
                                     capacity, sizeof *list->addresses);
        list->address_capacity = capacity;
    }
    list->addresses[list->address_count++] = address;
}

static uint64_t runs_of(const struct transfer *transfer)
{
    uint64_t runs = 1;
    for (int level = 0; level < TRANSFER_STRIDES; level++)
        if (transfer->strides[level].count > 1)
            runs *= transfer->strides[level].count;
    return runs;
}

uint64_t fetch_bursts(const struct fetch_list *list, uint64_t burst)
{
    uint64_t bursts = list->address_count * ((list->element_bytes + burst - 1) / burst);
    for (size_t i = 0; i < list->transfer_count; i++) {
        const struct transfer *transfer = &list->transfers[i];
        bursts += list->is_placed ? transfer_bursts(transfer, burst)
                                  : runs_of(transfer) * ((transfer->bytes + burst - 1) / burst);
    }
    return bursts;
}

uint64_t fetch_bytes(const struct fetch_list *list)
{
    uint64_t bytes = list->address_count * list->element_bytes;
    for (size_t i = 0; i < list->transfer_count; i++)
        bytes += runs_of(&list->transfers[i]) * list->transfers[i].bytes;
    return bytes;
}

static void begin(struct fetch_list *list)
{
    list->transfer_count = list->address_count = 0;
    list->element_bytes = 0;
    list->is_placed = false;
}

/* The next stretch of a tensor that streams through: tiles lie one behind the other. */
static void emit_next(struct held *held, uint64_t bytes, struct fetch_list *list)
{
    uint64_t offset = held->bytes ? held->loaded % held->bytes : 0;
    held->loaded += bytes;
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
    const struct operand_layout *known = &plan->site->layout[operand];
    if (known->form == FORM_NONE || !(entry->step.tiled >> operand & 1))
        return false;
    struct layout_box boxes[OPERAND_BOXES_MAX];
    int count = operand_boxes(&plan->primitive->contraction, &task->place, operand, known,
                              &entry->step.tile, boxes);
    if (count < 0)
        return false;
    struct layout layout = known->layout;
    layout.base = held->address;
    uint64_t burst = worker->player->chip->memories[held->memory].burst;
    for (int i = 0; i < count; i++)
        layout_region(&layout, &boxes[i], burst, &(struct transfer){0}, fetch_emit, list);
    list->is_placed = true;
    return true;
}

void fetch_load(const struct worker *worker, const struct ring_entry *entry, uint32_t load,
                struct held *held, struct fetch_list *list)
{
    begin(list);
    enum contraction_operand operand = load == STEP_PARTIAL ? OPERAND_OUTPUT
                                       : load == 1          ? OPERAND_WEIGHT
                                                            : OPERAND_INPUT;
    bool is_operand = load == STEP_PARTIAL || load < 2;
    if (!is_operand || !emit_tile(worker, entry, operand, held, list))
        emit_next(held, entry->step.load_bytes[load], list);
}

void fetch_store(const struct worker *worker, const struct ring_entry *entry, struct held *held,
                 struct fetch_list *list)
{
    begin(list);
    if (!emit_tile(worker, entry, OPERAND_OUTPUT, held, list))
        emit_next(held, entry->step.store_bytes, list);
}
