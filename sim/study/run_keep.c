#include "sim/study/run_keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_NAME_BYTES = 64, KEPT_AT_FIRST = 64 };

static void keep_ledger(struct arena *arena, struct run_operator *kept,
                        const struct operator_record *record)
{
    kept->record.ledger.counts =
        arena_array(arena, record->ledger.count, sizeof *record->ledger.counts);
    memcpy(kept->record.ledger.counts, record->ledger.counts,
           record->ledger.count * sizeof *record->ledger.counts);
    if (record->nest) {
        struct nest *nest = arena_alloc(arena, sizeof *nest);
        *nest = *record->nest;
        kept->record.nest = nest;
    }
    if (record->ranking) {
        struct plan_ranking *ranking = arena_alloc(arena, sizeof *ranking);
        *ranking = *record->ranking;
        for (uint32_t i = 0; i < ranking->count; i++)
            ranking->candidates[i].description =
                arena_copy_text(arena, ranking->candidates[i].description);
        kept->record.ranking = ranking;
    }
    if (record->loop_count) {
        struct plan_loop *loops = arena_array(arena, record->loop_count, sizeof *loops);
        memcpy(loops, record->loops, record->loop_count * sizeof *loops);
        kept->record.loops = loops;
    }
}

static bool is_power_of_two(size_t count)
{
    return (count & (count - 1)) == 0;
}

/* The array doubles when it has filled: at 64, 128, ... entries. */
static void keep(struct arena *arena, struct run_result *result,
                 const struct run_operator *operator)
{
    size_t count = result->operator_count;
    if (count == 0 || (count >= KEPT_AT_FIRST && is_power_of_two(count)))
        result->operators =
            arena_grow(arena, result->operators, count, count ? 2 * count : KEPT_AT_FIRST,
                       sizeof *result->operators);
    struct run_operator *kept = &result->operators[result->operator_count++];
    *kept = *operator;
    kept->record.name = arena_copy_text(arena, operator->record.name);
    kept->record.mapped_as = arena_copy_text(arena, operator->record.mapped_as);
    kept->record.mapping = arena_copy_text(arena, operator->record.mapping);
    keep_ledger(arena, kept, &operator->record);
}

/* The smallest of the largest stands first, as in any heap of what is kept. */
static void sift_down(struct run_operator *heap, size_t count, size_t at)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1].record.cycles < heap[child].record.cycles)
            child++;
        if (heap[at].record.cycles <= heap[child].record.cycles)
            return;
        struct run_operator swap = heap[at];
        heap[at] = heap[child];
        heap[child] = swap;
    }
}

static void keep_if_large(struct arena *arena, struct run_result *result,
                          const struct run_operator *operator)
{
    bool is_full = result->operator_count == RUN_LARGEST;
    if (is_full && operator->record.cycles <= result->operators[0].record.cycles)
        return;
    if (!result->operators)
        result->operators = arena_array(arena, RUN_LARGEST, sizeof *result->operators);
    size_t at = is_full ? 0 : result->operator_count++;
    struct run_operator *kept = &result->operators[at];
    char *texts = is_full ? (char *)(uintptr_t)kept->record.name
                          : arena_alloc(arena, 2 * KEPT_NAME_BYTES);
    *kept = *operator;
    snprintf(texts, KEPT_NAME_BYTES, "%s", operator->record.name);
    snprintf(texts + KEPT_NAME_BYTES, KEPT_NAME_BYTES, "%s", operator->record.mapped_as);
    kept->record.name = texts;
    kept->record.mapped_as = texts + KEPT_NAME_BYTES;
    kept->record.mapping = "";
    kept->record.ledger = (struct ledger){0};
    kept->record.nest = NULL;
    kept->record.ranking = NULL;
    kept->record.loops = NULL;
    kept->record.loop_count = 0;
    if (result->operator_count == RUN_LARGEST && !is_full)
        for (size_t i = RUN_LARGEST / 2; i-- > 0;)
            sift_down(result->operators, RUN_LARGEST, i);
    else if (is_full)
        sift_down(result->operators, RUN_LARGEST, 0);
}

static int by_index(const void *left, const void *right)
{
    uint64_t a = ((const struct run_operator *)left)->record.index;
    uint64_t b = ((const struct run_operator *)right)->record.index;
    return (a > b) - (a < b);
}

void run_keep(struct arena *arena, struct run_result *result, enum run_keep rule,
              const struct run_operator *operator)
{
    if (rule == RUN_KEEP_ALL)
        keep(arena, result, operator);
    else if (rule == RUN_KEEP_LARGEST && operator->record.cycles> 0)
        keep_if_large(arena, result, operator);
}

void run_keep_order(struct run_result *result)
{
    if (result->operator_count)
        qsort(result->operators, result->operator_count, sizeof *result->operators, by_index);
}
