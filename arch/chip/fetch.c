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

uint64_t fetch_bursts(const struct fetch_list *list, uint64_t burst)
{
    uint64_t bursts = list->address_count * ((list->element_bytes + burst - 1) / burst);
    for (size_t i = 0; i < list->transfer_count; i++) {
        const struct transfer *transfer = &list->transfers[i];
        uint64_t runs = 1;
        for (int level = 0; level < TRANSFER_STRIDES; level++)
            if (transfer->strides[level].count > 1)
                runs *= transfer->strides[level].count;
        bursts += runs * ((transfer->bytes + burst - 1) / burst);
    }
    return bursts;
}

static void begin(struct fetch_list *list)
{
    list->transfer_count = list->address_count = 0;
    list->element_bytes = 0;
}

/* The next stretch of a tensor that streams through: tiles lie one behind the other. */
static void emit_next(struct held *held, uint64_t bytes, struct fetch_list *list)
{
    uint64_t offset = held->bytes ? held->loaded % held->bytes : 0;
    held->loaded += bytes;
    struct transfer transfer = {.address = held->address + offset, .bytes = bytes};
    fetch_emit(list, &transfer);
}

void fetch_load(const struct worker *worker, const struct ring_entry *entry, uint32_t load,
                struct held *held, struct fetch_list *list)
{
    (void)worker;
    begin(list);
    emit_next(held, entry->step.load_bytes[load], list);
}

void fetch_store(const struct worker *worker, const struct ring_entry *entry, struct held *held,
                 struct fetch_list *list)
{
    (void)worker;
    begin(list);
    emit_next(held, entry->step.store_bytes, list);
}
