#include "arch/scheduling/bundle_code.h"

#include <assert.h>

struct emitter {
    const struct dependence_graph *graph;
    const struct schedule *schedule;
    const struct register_use *use;
    struct bundle_code *code;
    int slot_room, source_room;
};

static int register_of(const struct emitter *emitter, int operation, int64_t iteration)
{
    int copies = emitter->use->copies[operation];
    int64_t rest = iteration % copies;
    return emitter->code->register_base[operation] + (int)(rest < 0 ? rest + copies : rest);
}

static void emit_slot(struct emitter *emitter, int operation, int64_t iteration)
{
    const struct dependence_graph *graph = emitter->graph;
    struct bundle_code *code = emitter->code;
    if (code->slot_count == emitter->slot_room) {
        int room = emitter->slot_room ? 2 * emitter->slot_room : 64;
        code->slots = arena_grow(graph->arena, code->slots, (size_t)code->slot_count,
                                 (size_t)room, sizeof *code->slots);
        emitter->slot_room = room;
    }
    struct code_slot *slot = &code->slots[code->slot_count++];
    *slot = (struct code_slot){.operation = operation,
                               .alternative = emitter->schedule->alternative[operation],
                               .destination = -1,
                               .source_first = code->source_count};
    if (graph->operations[operation].has_result)
        slot->destination = register_of(emitter, operation, iteration);
    for (int k = graph->in_first[operation]; k < graph->in_first[operation + 1]; k++) {
        const struct dependence *edge = &graph->dependences[graph->in_edges[k]];
        if (!edge->is_value)
            continue;
        if (code->source_count == emitter->source_room) {
            int room = emitter->source_room ? 2 * emitter->source_room : 128;
            code->sources = arena_grow(graph->arena, code->sources, (size_t)code->source_count,
                                       (size_t)room, sizeof *code->sources);
            emitter->source_room = room;
        }
        code->sources[code->source_count++] =
            register_of(emitter, edge->from, iteration - edge->distance);
        slot->source_count++;
    }
}

/* Bundles of `blocks` x II cycles. In block b an operation of stage s works for iteration
 * first + b - s, when that lies in [least, most]. */
static struct code_part emit_part(struct emitter *emitter, int blocks, int64_t first,
                                  int64_t least, int64_t most)
{
    int ii = emitter->schedule->ii;
    struct code_part part = {.bundle_count = blocks * ii};
    part.slot_first = arena_array(emitter->graph->arena, (size_t)part.bundle_count + 1,
                                  sizeof *part.slot_first);
    for (int cycle = 0; cycle < part.bundle_count; cycle++) {
        part.slot_first[cycle] = emitter->code->slot_count;
        for (int i = 0; i < emitter->graph->operation_count; i++) {
            int time = emitter->schedule->time[i];
            int64_t iteration = first + cycle / ii - time / ii;
            if (time % ii == cycle % ii && iteration >= least && iteration <= most)
                emit_slot(emitter, i, iteration);
        }
    }
    part.slot_first[part.bundle_count] = emitter->code->slot_count;
    return part;
}

struct bundle_code bundle_code(const struct dependence_graph *graph,
                               const struct schedule *schedule, const struct register_use *use)
{
    assert(schedule->ii > 0);
    struct bundle_code code = {.is_rotating = use->is_rotating,
                               .ii = schedule->ii,
                               .stage_count = schedule->stage_count,
                               .copies = use->kernel_copies};
    struct emitter emitter = {graph, schedule, use, &code, 0, 0};
    code.register_base =
        arena_array(graph->arena, (size_t)graph->operation_count + 1, sizeof(int));
    for (int i = 0; i < graph->operation_count; i++) {
        code.register_base[i] = code.register_count;
        code.register_count += use->copies[i];
    }
    code.register_base[graph->operation_count] = code.register_count;
    int stages = code.stage_count;
    /* Iterations are named modulo the number of copies; large bounds stand for "any". */
    code.prologue = emit_part(&emitter, stages - 1, 0, 0, INT32_MAX);
    code.kernel = emit_part(&emitter, code.copies, stages - 1, INT32_MIN, INT32_MAX);
    code.epilogues = arena_array(graph->arena, (size_t)code.copies, sizeof *code.epilogues);
    for (int copy = 0; copy < code.copies; copy++) {
        int64_t last = stages - 1 + copy;
        code.epilogues[copy] = emit_part(&emitter, stages - 1, last + 1, INT32_MIN, last);
    }
    return code;
}
