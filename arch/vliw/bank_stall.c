#include "arch/vliw/bank_stall.h"

enum { ACCESSES_MOST = 64 };

struct bank_access {
    int64_t first, end; /* words of a bank, counted through memory */
};

/* First byte of an array. */
static int64_t array_base(const struct loop_kernel *kernel, const struct loop_symbol *array,
                          int64_t widest)
{
    int64_t base = 0;
    for (const struct loop_symbol *s = kernel->symbols; s; s = s->next) {
        if (s->kind != LOOP_ARRAY)
            continue;
        int64_t align = s->aligned_bytes ? s->aligned_bytes : widest;
        base = (base + align - 1) / align * align;
        if (s == array)
            return base;
        base += (int64_t)number_format_bytes(s->type, (uint64_t)s->elements);
    }
    return base;
}

static uint64_t scramble(uint64_t value)
{
    value = (value ^ value >> 31) * UINT64_C(0x7fb5d329728ea185);
    return value ^ value >> 29;
}

static struct bank_access access_at(const struct packed_operation *operation, int64_t base,
                                    int64_t pass, const struct flow *flow, uint64_t salt,
                                    int64_t word)
{
    int64_t element = operation->symbol->type.bits / 8 ? operation->symbol->type.bits / 8 : 1;
    int64_t index = operation->address.constant;
    if (operation->is_affine)
        index += operation->address.coefficient[flow->level] * flow->stride * pass;
    else
        index = (int64_t)(scramble(salt + (uint64_t)pass * 977) %
                          (uint64_t)operation->symbol->elements);
    int64_t byte = base + index * element;
    byte = byte < 0 ? 0 : byte;
    return (struct bank_access){byte / word, (byte + operation->bytes - 1) / word + 1};
}

/* Extra cycles that the fullest bank needs; two reads of one word are one access. */
static int64_t extra_cycles(const struct bank_access *accesses, int count, int64_t banks)
{
    int64_t most = 1;
    for (int a = 0; a < count; a++)
        for (int64_t w = accesses[a].first; w < accesses[a].end; w++) {
            int64_t here = 1;
            for (int b = 0; b < a; b++)
                for (int64_t v = accesses[b].first; v < accesses[b].end; v++)
                    here += v % banks == w % banks && v != w;
            most = here > most ? here : most;
        }
    return most - 1;
}

int64_t bank_stalls(const struct region_schedule *loop, const struct flow *flow,
                    const struct loop_kernel *kernel, const struct vliw_machine *machine)
{
    int64_t banks = machine->params->memory_banks, word = machine->params->bank_bytes;
    int ii = loop->schedule.ii;
    int64_t stalls = 0;
    if (banks == 0 || loop->operations == 0 || ii <= 0)
        return 0;
    for (int slot = 0; slot < ii; slot++) {
        int members[ACCESSES_MOST], count = 0;
        int64_t bases[ACCESSES_MOST];
        for (int i = 0; i < loop->graph.operation_count && count < ACCESSES_MOST; i++) {
            const struct packed_operation *operation =
                &loop->packed.operations[loop->graph.operations[i].meaning];
            if (loop->schedule.time[i] % ii != slot || !operation->symbol)
                continue;
            bases[count] =
                array_base(kernel, operation->symbol, machine->widest_access_bits / 8);
            members[count++] = i;
        }
        for (int64_t pass = 0; count > 1 && pass < BANK_PASSES; pass++) {
            struct bank_access accesses[ACCESSES_MOST];
            for (int m = 0; m < count; m++) {
                int i = members[m];
                /* Operations of later stages work for passes begun before. */
                int64_t own = pass - loop->schedule.time[i] / ii + loop->schedule.stage_count;
                accesses[m] =
                    access_at(&loop->packed.operations[loop->graph.operations[i].meaning],
                              bases[m], own, flow, (uint64_t)i, word);
            }
            stalls += extra_cycles(accesses, count, banks);
        }
    }
    return stalls;
}
