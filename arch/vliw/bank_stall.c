#include "arch/vliw/bank_stall.h"

#include <string.h>

enum { REMEMBERED = 256, WORDS_FIRST = 64 };

struct bank_word {
    int64_t word;
    bool is_write;
};

/* What an entry's stalls hang on: where its streams lie in the banks, and how far streams that
 * may share words lie apart. */
struct bank_memory {
    const struct access_list *list;
    int64_t *keys; /* [slot][2 x count + 1] */
    uint64_t *stalls;
    bool *is_set;
    struct bank_memory *next;
};

struct bank_count {
    struct arena *arena;
    int64_t banks, word, span; /* span: bytes of one word of every bank */
    struct bank_word *words;   /* of one bundle */
    int word_room;
    int64_t *key;
    int key_room;
    struct bank_memory *memories;
};

struct bank_count *bank_count_make(const struct vliw_machine *machine, struct arena *arena)
{
    struct bank_count *count = arena_alloc(arena, sizeof *count);
    *count = (struct bank_count){.arena = arena,
                                 .banks = machine->params->memory_banks,
                                 .word = machine->params->bank_bytes};
    count->span = count->banks * count->word;
    return count;
}

static int64_t floor_of(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t residue(int64_t a, int64_t b)
{
    return a - floor_of(a, b) * b;
}

static int add_words(struct bank_count *count, int held, const struct kernel_access *access,
                     int64_t pass)
{
    int64_t byte = access_address(access, pass);
    if (byte == ACCESS_NOWHERE)
        return held;
    int64_t last = (byte + access->bytes - 1) / count->word;
    for (int64_t w = byte / count->word; w <= last; w++) {
        bool is_there = false;
        for (int h = 0; h < held && !is_there; h++)
            is_there =
                count->words[h].word == w && !count->words[h].is_write && !access->is_write;
        if (is_there)
            continue;
        if (held == count->word_room) {
            int room = held ? 2 * held : WORDS_FIRST;
            count->words = arena_grow(count->arena, count->words, (size_t)held, (size_t)room,
                                      sizeof *count->words);
            count->word_room = room;
        }
        count->words[held++] = (struct bank_word){w, access->is_write};
    }
    return held;
}

/* Cycles beyond the first that accesses [from, to) need in kernel iteration k. */
static int64_t bundle_stalls(struct bank_count *count, const struct access_list *list, int from,
                             int to, int64_t k, int64_t passes)
{
    int held = 0;
    for (int a = from; a < to; a++) {
        int64_t pass = k - list->accesses[a].stage;
        if (pass >= 0 && pass < passes)
            held = add_words(count, held, &list->accesses[a], pass);
    }
    int64_t most = 1;
    for (int h = 0; h < held; h++) {
        int64_t here = 1;
        for (int g = 0; g < h; g++)
            here += (count->words[g].word - count->words[h].word) % count->banks == 0;
        most = here > most ? here : most;
    }
    return most - 1;
}

static bool may_share(const struct bank_count *count, const struct kernel_access *a,
                      const struct kernel_access *b)
{
    return a->symbol == b->symbol ||
           (a->array_first / count->word <= (b->array_end - 1) / count->word &&
            b->array_first / count->word <= (a->array_end - 1) / count->word);
}

/* Passes after which accesses [from, to) lie in the banks as before; 0: never. */
static int64_t period_of(const struct bank_count *count, const struct access_list *list,
                         int from, int to)
{
    int64_t period = 1;
    for (int a = from; a < to; a++) {
        const struct kernel_access *access = &list->accesses[a];
        if (!access->is_affine)
            return 0;
        for (int b = from; b < a; b++)
            if (list->accesses[b].step != access->step &&
                may_share(count, access, &list->accesses[b]))
                return 0;
        uint64_t step = (uint64_t)residue(access->step, count->span);
        uint64_t own =
            step ? (uint64_t)count->span / greatest_common_divisor(step, (uint64_t)count->span)
                 : 1;
        uint64_t common = greatest_common_divisor((uint64_t)period, own);
        period = period / (int64_t)common * (int64_t)own;
    }
    return period;
}

static uint64_t group_stalls(struct bank_count *count, const struct access_list *list, int from,
                             int to, int64_t passes)
{
    int64_t first = list->accesses[from].stage, last = first;
    for (int a = from; a < to; a++) {
        int64_t stage = list->accesses[a].stage;
        first = stage < first ? stage : first;
        last = stage > last ? stage : last;
    }
    int64_t period = period_of(count, list, from, to), end = passes + last;
    int64_t steady = passes - (last - first); /* iterations in which all of them work */
    int64_t whole = period > 0 && steady > period ? steady / period : 0, sum = 0;
    for (int64_t k = first; k < end; k++) {
        if (k == last && whole > 1) {
            int64_t once = 0;
            for (int64_t p = 0; p < period; p++)
                once += bundle_stalls(count, list, from, to, k + p, passes);
            sum += once * whole;
            k += whole * period;
            if (k >= end)
                break;
        }
        sum += bundle_stalls(count, list, from, to, k, passes);
    }
    return (uint64_t)sum;
}

static uint64_t entry_stalls(struct bank_count *count, const struct access_list *list,
                             int64_t passes)
{
    uint64_t sum = 0;
    for (int from = 0, to = 0; from < list->count; from = to) {
        while (to < list->count && list->accesses[to].slot == list->accesses[from].slot)
            to++;
        if (to - from > 1 || list->accesses[from].bytes > count->word)
            sum += group_stalls(count, list, from, to, passes);
    }
    return sum;
}

static struct bank_memory *memory_of(struct bank_count *count, const struct access_list *list)
{
    struct bank_memory *memory = count->memories;
    while (memory && memory->list != list)
        memory = memory->next;
    if (memory)
        return memory;
    size_t words = 2 * (size_t)list->count + 1;
    memory = arena_alloc(count->arena, sizeof *memory);
    *memory = (struct bank_memory){
        .list = list,
        .keys = arena_array(count->arena, REMEMBERED * words, sizeof(int64_t)),
        .stalls = arena_array(count->arena, REMEMBERED, sizeof(uint64_t)),
        .is_set = arena_array(count->arena, REMEMBERED, sizeof(bool)),
        .next = count->memories};
    count->memories = memory;
    return memory;
}

static uint64_t fill_key(struct bank_count *count, const struct access_list *list,
                         int64_t passes)
{
    int words = 2 * list->count + 1;
    if (words > count->key_room) {
        count->key = arena_array(count->arena, (size_t)words, sizeof(int64_t));
        count->key_room = words;
    }
    count->key[0] = passes;
    uint64_t hash = (uint64_t)passes;
    for (int a = 0; a < list->count; a++) {
        const struct kernel_access *access = &list->accesses[a];
        int leader = 0;
        while (leader < a && !may_share(count, access, &list->accesses[leader]))
            leader++;
        count->key[2 * a + 1] = access->is_affine ? residue(access->offset, count->span) : 0;
        count->key[2 * a + 2] =
            access->is_affine ? access->offset - list->accesses[leader].offset : 0;
        hash = (hash ^ (uint64_t)count->key[2 * a + 1]) * UINT64_C(0x9e3779b97f4a7c15);
        hash = (hash ^ hash >> 29 ^ (uint64_t)count->key[2 * a + 2]) *
               UINT64_C(0xbf58476d1ce4e5b9);
    }
    return (hash ^ hash >> 32) % REMEMBERED;
}

uint64_t bank_count_entry(struct bank_count *count, const struct access_list *list,
                          int64_t passes)
{
    if (count->banks == 0 || list->count == 0 || passes <= 0)
        return 0;
    for (int a = 0; a < list->count; a++)
        if (list->accesses[a].elements)
            return entry_stalls(count, list, passes);
    struct bank_memory *memory = memory_of(count, list);
    size_t words = 2 * (size_t)list->count + 1;
    uint64_t slot = fill_key(count, list, passes);
    int64_t *key = memory->keys + slot * words;
    if (memory->is_set[slot] && memcmp(key, count->key, words * sizeof *key) == 0)
        return memory->stalls[slot];
    memcpy(key, count->key, words * sizeof *key);
    memory->is_set[slot] = true;
    return memory->stalls[slot] = entry_stalls(count, list, passes);
}

int64_t bank_stalls(const struct region_schedule *loop, const struct flow *flow,
                    const struct loop_kernel *kernel, const struct vliw_machine *machine)
{
    static const int64_t ORIGIN[LOOP_LEVELS] = {0};
    struct data_layout layout;
    struct access_list list;
    if (machine->params->memory_banks == 0 || loop->operations == 0)
        return 0;
    data_layout_init(&layout, kernel, machine, flow->arena);
    access_list_init(&list, loop, flow, &layout, flow->arena);
    access_list_enter(&list, flow, ORIGIN, 0);
    struct bank_count *count = bank_count_make(machine, flow->arena);
    return (int64_t)entry_stalls(count, &list, BANK_PASSES);
}
