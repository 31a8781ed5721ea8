#include "arch/vliw/index_stall.h"

enum { ACCESSES_MOST = 32 };

/* A memory operation of the loop's kernel. */
struct access {
    int slot, stage, copy;
    int64_t element_bytes, bytes, constant, step; /* step: elements a pass, of affine ones */
    bool is_indexed;
};

static int find_accesses(const struct region_schedule *loop, int64_t copies,
                         struct access *list)
{
    int count = 0;
    for (int i = 0; i < loop->graph.operation_count && count < ACCESSES_MOST; i++) {
        const struct packed_operation *operation =
            &loop->packed.operations[loop->graph.operations[i].meaning];
        if (!operation->symbol)
            continue;
        int bits = operation->symbol->type.bits;
        int64_t step = 0;
        for (int level = 0; level < LOOP_LEVELS; level++)
            if (operation->address.coefficient[level])
                step = operation->address.coefficient[level] * copies;
        list[count++] = (struct access){.slot = loop->schedule.time[i] % loop->schedule.ii,
                                        .stage = loop->schedule.time[i] / loop->schedule.ii,
                                        .copy = loop->graph.operations[i].strand,
                                        .element_bytes = bits / 8 ? bits / 8 : 1,
                                        .bytes = operation->bytes,
                                        .constant = operation->address.constant,
                                        .step = step,
                                        .is_indexed = !operation->is_affine};
    }
    return count;
}

static const struct tensor_contents *index_of(const struct primitive *p, uint64_t *first,
                                              uint64_t *count)
{
    int stream = p->kind == PRIMITIVE_SPARSE_CONTRACTION ? 1 : 0;
    bool is_indexed =
        (p->kind == PRIMITIVE_SPARSE_CONTRACTION && p->sparse.columns == 1 && !p->streams[2]) ||
        ((p->kind == PRIMITIVE_GATHER || p->kind == PRIMITIVE_SCATTER) && !p->streams[1] &&
         p->gather.record == 1);
    if (!is_indexed || !p->streams[stream])
        return NULL;
    *count = p->gather.count;
    if (stream == 1) {
        const struct tensor_contents *pointers = p->streams[0]->contents;
        if (!pointers || *first + p->sparse.rows >= pointers->count)
            return NULL;
        const int64_t *row = &pointers->values[*first];
        *count = (uint64_t)(row[p->sparse.rows] - row[0]);
        *first = (uint64_t)row[0];
    }
    return p->streams[stream]->contents;
}

/* Extra cycles of one kernel cycle: the fullest bank serves one word a cycle; two accesses to
 * one word are one. */
static int64_t extra(const int64_t *words, int count, int64_t banks)
{
    int64_t most = 1;
    for (int a = 0; a < count; a++) {
        int64_t here = 1;
        for (int b = 0; b < a; b++)
            here += words[b] % banks == words[a] % banks && words[b] != words[a];
        most = here > most ? here : most;
    }
    return most - 1;
}

uint64_t index_stalls(const struct region_schedule *loop, int64_t copies,
                      const struct vliw_machine *machine, const struct primitive *primitive,
                      uint64_t first, uint64_t step_count, struct cycle_account *steps)
{
    int64_t banks = machine->params->memory_banks, word = machine->params->bank_bytes;
    uint64_t count = 0, total = 0;
    const struct tensor_contents *index = index_of(primitive, &first, &count);
    if (banks < 2 || word < 1 || !index || !loop->is_pipelined)
        return 0;
    struct access list[ACCESSES_MOST];
    int accesses = find_accesses(loop, copies, list);
    uint64_t passes = count / (uint64_t)copies;
    for (uint64_t pass = 0; pass < passes; pass++)
        for (int slot = 0; slot < loop->schedule.ii; slot++) {
            int64_t words[ACCESSES_MOST];
            int together = 0;
            for (int a = 0; a < accesses; a++) {
                const struct access *access = &list[a];
                int64_t own = (int64_t)pass - access->stage;
                if (access->slot != slot || own < 0)
                    continue;
                uint64_t at = first + (uint64_t)(own * copies + access->copy % copies);
                int64_t element = access->constant + access->step * own;
                if (access->is_indexed)
                    element =
                        at < index->count && index->values[at] > 0 ? index->values[at] : 0;
                words[together++] = element * access->element_bytes / word;
            }
            int64_t waits = extra(words, together, banks);
            total += (uint64_t)waits;
            uint64_t step = pass * step_count / (passes ? passes : 1);
            steps[step].cycles[REASON_BANK_CONFLICT] += (uint64_t)waits;
        }
    return total;
}
