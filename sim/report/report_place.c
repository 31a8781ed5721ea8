#include "sim/report/report_place.h"

#include <inttypes.h>
#include <string.h>

#include "sim/report/report_units.h"

struct tensor_line {
    struct placed_operand operand; /* as first seen */
    uint64_t first, last;          /* operators */
    uint64_t left;                 /* operator that found it in main memory alone */
    uint32_t reads, names;         /* names: renamed ones are counted when they are made */
};

struct core_line {
    uint64_t index;
    const char *name;
    struct placed_part part;
};

/* Of a product, its Pareto set. */
struct room_line {
    uint64_t index;
    const char *name;
    const struct placed_part *part;
};

struct place_page {
    struct arena *arena;
    struct tensor_line *tensors;
    size_t tensor_count, tensor_capacity;
    struct core_line *cores; /* parts that more than one core may take */
    size_t core_count, core_capacity;
    struct room_line *rooms;
    size_t room_count, room_capacity;
    uint64_t parts, fused;
    /* Open addressing: tensor id -> line number + 1. */
    size_t *slots, slot_count;
};

enum { FIRST_SLOTS = 256 };

struct place_page *place_page_make(struct arena *arena)
{
    struct place_page *page = arena_alloc(arena, sizeof *page);
    page->arena = arena;
    place_page_restart(page);
    return page;
}

void place_page_restart(void *context)
{
    struct place_page *page = context;
    *page = (struct place_page){.arena = page->arena, .slot_count = FIRST_SLOTS};
    page->slots = arena_array(page->arena, page->slot_count, sizeof *page->slots);
}

static size_t *find_slot(const struct place_page *page, uint64_t tensor)
{
    size_t mask = page->slot_count - 1;
    size_t at = (size_t)(tensor * 0x9E3779B97F4A7C15u >> 32) & mask;
    while (page->slots[at] && page->tensors[page->slots[at] - 1].operand.tensor != tensor)
        at = (at + 1) & mask;
    return &page->slots[at];
}

static void widen_slots(struct place_page *page)
{
    page->slot_count *= 2;
    page->slots = arena_array(page->arena, page->slot_count, sizeof *page->slots);
    for (size_t i = 0; i < page->tensor_count; i++)
        *find_slot(page, page->tensors[i].operand.tensor) = i + 1;
}

static struct tensor_line *find_line(struct place_page *page,
                                     const struct placed_operand *operand, uint64_t index)
{
    size_t *slot = find_slot(page, operand->tensor);
    if (*slot)
        return &page->tensors[*slot - 1];
    if (page->tensor_count == page->tensor_capacity) {
        size_t capacity = page->tensor_capacity ? 2 * page->tensor_capacity : 128;
        page->tensors = arena_grow(page->arena, page->tensors, page->tensor_count, capacity,
                                   sizeof *page->tensors);
        page->tensor_capacity = capacity;
    }
    struct tensor_line *line = &page->tensors[page->tensor_count++];
    *line =
        (struct tensor_line){.operand = *operand, .first = index, .last = index, .names = 1};
    line->operand.name = arena_copy_text(page->arena, operand->name);
    *slot = page->tensor_count;
    if (2 * page->tensor_count > page->slot_count)
        widen_slots(page);
    return line;
}

static void take_core(struct place_page *page, const struct place_record *record,
                      const struct placed_part *part)
{
    page->parts++;
    if (part->core_count < 2)
        return;
    if (page->core_count == page->core_capacity) {
        size_t capacity = page->core_capacity ? 2 * page->core_capacity : 64;
        page->cores = arena_grow(page->arena, page->cores, page->core_count, capacity,
                                 sizeof *page->cores);
        page->core_capacity = capacity;
    }
    page->cores[page->core_count++] =
        (struct core_line){record->index, arena_copy_text(page->arena, record->name), *part};
}

static bool is_room_equal(const struct placed_part *a, const struct placed_part *b)
{
    if (a->room_count != b->room_count || a->room_played != b->room_played)
        return false;
    for (int32_t i = 0; i < a->room_count; i++) {
        const struct placed_room *left = &a->rooms[i], *right = &b->rooms[i];
        if (left->needs_bytes != right->needs_bytes || left->bytes != right->bytes ||
            left->seconds != right->seconds || left->relative_cost != right->relative_cost)
            return false;
    }
    return true;
}

/* Products with equal sets are shown once, under the first of them. */
static void take_rooms(struct place_page *page, const struct place_record *record,
                       const struct placed_part *part)
{
    if (part->room_count < 2)
        return;
    for (size_t i = 0; i < page->room_count; i++)
        if (is_room_equal(page->rooms[i].part, part))
            return;
    if (page->room_count == page->room_capacity) {
        size_t capacity = page->room_capacity ? 2 * page->room_capacity : 64;
        page->rooms = arena_grow(page->arena, page->rooms, page->room_count, capacity,
                                 sizeof *page->rooms);
        page->room_capacity = capacity;
    }
    struct placed_part *kept = arena_alloc(page->arena, sizeof *kept);
    *kept = *part;
    page->rooms[page->room_count++] =
        (struct room_line){record->index, arena_copy_text(page->arena, record->name), kept};
}

void place_page_take(void *context, const struct place_record *record)
{
    struct place_page *page = context;
    for (uint32_t i = 0; i < record->operand_count; i++) {
        const struct placed_operand *operand = &record->operands[i];
        struct tensor_line *line = find_line(page, operand, record->index);
        line->last = record->index;
        if (line->operand.reason == REST_BACKED && operand->reason != REST_BACKED &&
            !line->left)
            line->left = record->index;
        line->reads += !operand->is_output;
        line->names += operand->is_output && operand->is_renamed;
    }
    for (uint32_t i = 0; i < record->part_count; i++) {
        take_core(page, record, &record->parts[i]);
        take_rooms(page, record, &record->parts[i]);
    }
    page->fused += record->fused_into != NULL;
}

static void print_memories(const struct run_result *result, FILE *out)
{
    char capacity[UNIT_TEXT_BYTES], peak[UNIT_TEXT_BYTES];
    for (int32_t i = 0; i < result->chip->memory_count; i++) {
        const struct chip_memory *memory = &result->chip->memories[i];
        const char *const *layouts = result->totals.layouts[i];
        if (memory->kind == MEMORY_DRAM && (layouts[0][0] || layouts[1][0]))
            fprintf(out, "# %s: weights lie %s, others %s\n", memory->name,
                    layouts[1][0] ? layouts[1] : "nowhere",
                    layouts[0][0] ? layouts[0] : "nowhere");
        if (memory->kind != MEMORY_SRAM)
            continue;
        if (memory->residency == RESIDENCY_NONE)
            fprintf(out, "# %s: nothing rests between operators (residency = none)\n",
                    memory->name);
        else
            fprintf(out, "# %s: at most %s of %s at rest, the rest is for tiles\n",
                    memory->name, bytes_text(result->totals.resident_peak[i], peak),
                    bytes_text(memory->capacity, capacity));
    }
}

/* Where in main memory, and how. */
static void print_address(const struct placed_operand *operand, FILE *out)
{
    char text[STORAGE_TEXT_BYTES];
    if (operand->is_addressed)
        fprintf(out, "; at 0x%" PRIx64 "%s%s", operand->address,
                operand->is_laid_out ? ", " : "",
                operand->is_laid_out ? storage_text(operand->storage, text) : "");
}

static void print_reason(const struct tensor_line *line, FILE *out)
{
    const struct placed_operand *operand = &line->operand;
    char needed[UNIT_TEXT_BYTES], room[UNIT_TEXT_BYTES];
    if (operand->reason == REST_NO_ROOM)
        fprintf(out, "%s has no room: needs %s, %s free", operand->refused_by,
                bytes_text(operand->needed_bytes, needed),
                bytes_text(operand->room_bytes, room));
    else if (operand->reason == REST_FOR_OTHERS)
        fprintf(out, "its room is worth more to others");
    else if (operand->reason == REST_BACKED && line->left)
        fprintf(out, "written to main memory as well, operator %" PRIu64 " reads it there",
                line->left);
    else if (operand->reason == REST_BACKED)
        fprintf(out, "written to main memory as well");
    else if (operand->reason == REST_NOT_ALLOWED)
        fprintf(out, "no on-chip memory takes it");
}

/* Weights that no on-chip memory takes are one line together. */
static bool is_plain_weight(const struct tensor_line *line)
{
    return line->operand.role == ROLE_CONST && line->operand.reason == REST_NOT_ALLOWED;
}

static void print_tensors(const struct place_page *page, FILE *out)
{
    char text[UNIT_TEXT_BYTES];
    uint64_t weights = 0, weight_bytes = 0, on_chip = 0, spilled = 0;
    fprintf(out, "#   %-28s %-7s %-10s %10s %6s %6s %6s %6s  %s\n", "tensor", "role", "memory",
            "bytes", "from", "to", "names", "reads", "why not on chip");
    for (size_t i = 0; i < page->tensor_count; i++) {
        const struct tensor_line *line = &page->tensors[i];
        const struct placed_operand *operand = &line->operand;
        if (is_plain_weight(line)) {
            weights++;
            weight_bytes += operand->bytes;
            continue;
        }
        fprintf(out,
                "#   %-28.28s %-7s %-10s %10s %6" PRIu64 " %6" PRIu64 " %6" PRIu32 " %6" PRIu32
                "  ",
                operand->name, tensor_role_name(operand->role), operand->memory,
                bytes_text(operand->bytes, text), line->first, line->last, line->names,
                line->reads);
        print_reason(line, out);
        print_address(operand, out);
        fputc('\n', out);
        bool is_on_chip = operand->reason == REST_ON_CHIP || operand->reason == REST_BACKED;
        on_chip += is_on_chip;
        spilled += !is_on_chip;
    }
    fprintf(out, "# %" PRIu64 " tensors rest on chip, %" PRIu64 " in main memory", on_chip,
            spilled);
    if (weights)
        fprintf(out, ", and %" PRIu64 " weights of %s together", weights,
                bytes_text(weight_bytes, text));
    fprintf(out, "; %" PRIu64 " operators are fused into the one before\n", page->fused);
}

static double saved_percent(uint64_t with, uint64_t without)
{
    return without ? 100 - 100 * (double)with / (double)without : 0;
}

static void print_saved(const struct run_result *result, const struct run_result *none,
                        FILE *out)
{
    const struct play_totals *with = &result->totals, *without = &none->totals;
    char a[UNIT_TEXT_BYTES + 8], b[UNIT_TEXT_BYTES + 8];
    uint64_t bytes = with->dram_read_bytes + with->dram_write_bytes;
    uint64_t bytes_none = without->dram_read_bytes + without->dram_write_bytes;
    fprintf(out, "# main memory moves %s bytes, %s with residency = none: %.1f %% saved\n",
            count_text(bytes, a), count_text(bytes_none, b), saved_percent(bytes, bytes_none));
    fprintf(out, "# the run takes %s cycles, %s with residency = none: %.1f %% saved\n",
            count_text(with->cycles, a), count_text(without->cycles, b),
            saved_percent(with->cycles, without->cycles));
}

static void print_cores(const struct place_page *page, FILE *out)
{
    char seconds[UNIT_TEXT_BYTES];
    if (page->core_count == 0) {
        fprintf(out, "\n# which core: each of the %" PRIu64 " parts has one that takes it\n",
                page->parts);
        return;
    }
    fprintf(out, "\n# which core: lower bound of each alone, and behind the work it has; the "
                 "earliest finish\n");
    for (size_t i = 0; i < page->core_count; i++) {
        const struct core_line *line = &page->cores[i];
        fprintf(out, "# %5" PRIu64 "  %-28.28s %-18s", line->index, line->name,
                line->part.kind);
        for (int32_t k = 0; k < line->part.core_count; k++) {
            const struct placed_core *core = &line->part.cores[k];
            fprintf(out, " %c%s %s", k == line->part.chosen ? '*' : ' ', core->core,
                    unit_text(core->bound_seconds, "s", seconds));
            fprintf(out, " -> %s", unit_text(core->finish_seconds, "s", seconds));
        }
        fputc('\n', out);
    }
}

static void print_rooms(const struct place_page *page, FILE *out)
{
    char needs[UNIT_TEXT_BYTES], seconds[UNIT_TEXT_BYTES], cost[UNIT_TEXT_BYTES],
        bytes[UNIT_TEXT_BYTES];
    if (page->room_count == 0)
        return;
    fprintf(out, "\n# what room on chip is worth: plans of each product that no other beats in "
                 "time, relative\n# cost and scratch alike, and the one that is played (*); "
                 "equal sets are shown once\n");
    fprintf(out, "#   %5s  %-32s %2s%10s %10s %12s %12s\n", "index", "operator", "", "scratch",
            "time", "cost", "memory");
    for (size_t i = 0; i < page->room_count; i++) {
        const struct room_line *line = &page->rooms[i];
        for (int32_t k = 0; k < line->part->room_count; k++) {
            const struct placed_room *room = &line->part->rooms[k];
            if (k == 0)
                fprintf(out, "#   %5" PRIu64 "  %-32.32s", line->index, line->name);
            else
                fprintf(out, "#   %5s  %-32s", "", "");
            fprintf(out, " %s%10s %10s %12s %12s\n", k == line->part->room_played ? "*" : " ",
                    bytes_text(room->needs_bytes, needs),
                    unit_text(room->seconds, "s", seconds),
                    unit_text(room->relative_cost, "", cost), bytes_text(room->bytes, bytes));
        }
    }
}

/* Whether all ways to place tensors were weighed. */
static void print_join(const struct look_totals *look, FILE *out)
{
    if (look->stretches == 0)
        return;
    fprintf(out,
            "# places joined over %" PRIu64
            " stretches of operators: all ways weighed in %" PRIu64
            ", others taken than first come, first served in %" PRIu64,
            look->stretches, look->complete, look->changed);
    if (look->complete < look->stretches)
        fprintf(out, "; bound gap at most %.1f %%", 100 * look->worst_gap);
    fputc('\n', out);
}

void place_page_print(const struct place_page *page, const struct run_result *result,
                      const struct run_result *none, FILE *out)
{
    fprintf(out, "\n# where operands rest");
    if (result->chip->look_ahead > 1)
        fprintf(out, ", looking %lld operators ahead", (long long)result->chip->look_ahead);
    fputc('\n', out);
    print_memories(result, out);
    print_tensors(page, out);
    print_join(&result->totals.look, out);
    print_saved(result, none, out);
    print_rooms(page, out);
    print_cores(page, out);
}
