#include "arch/scheduling/bundle_interpret.h"

#include <assert.h>

enum { OPERAND_LIMIT = 1024 };

/* Producers before consumers, over dependences of distance 0. */
static void order_operations(const struct dependence_graph *graph, int *order)
{
    int n = graph->operation_count, queued = 0;
    int *left = arena_array(graph->arena, (size_t)n + 1, sizeof *left);
    for (int e = 0; e < graph->dependence_count; e++)
        if (graph->dependences[e].distance == 0)
            left[graph->dependences[e].to]++;
    for (int i = 0; i < n; i++)
        if (left[i] == 0)
            order[queued++] = i;
    for (int head = 0; head < queued; head++)
        for (int k = graph->out_first[order[head]]; k < graph->out_first[order[head] + 1];
             k++) {
            const struct dependence *edge = &graph->dependences[graph->out_edges[k]];
            if (edge->distance == 0 && --left[edge->to] == 0)
                order[queued++] = edge->to;
        }
    assert(queued == n);
}

void loop_interpret(const struct dependence_graph *graph, const struct loop_meaning *meaning,
                    int64_t iterations, uint64_t *result)
{
    int n = graph->operation_count, farthest = 0;
    struct arena_mark mark = arena_mark(graph->arena);
    int *order = arena_array(graph->arena, (size_t)n + 1, sizeof *order);
    order_operations(graph, order);
    for (int e = 0; e < graph->dependence_count; e++)
        if (graph->dependences[e].distance > farthest)
            farthest = graph->dependences[e].distance;
    size_t window = (size_t)farthest + 1;
    uint64_t *history = arena_array(graph->arena, window * (size_t)n + 1, sizeof *history);
    for (int64_t k = 0; k < iterations; k++)
        for (int o = 0; o < n; o++) {
            int i = order[o], count = 0;
            uint64_t operands[OPERAND_LIMIT];
            for (int e = graph->in_first[i]; e < graph->in_first[i + 1]; e++) {
                const struct dependence *edge = &graph->dependences[graph->in_edges[e]];
                if (!edge->is_value)
                    continue;
                int64_t from = k - edge->distance;
                assert(count < OPERAND_LIMIT);
                operands[count++] =
                    from < 0 ? meaning->initial(meaning->context, edge->from, from)
                             : history[(size_t)from % window * (size_t)n + (size_t)edge->from];
            }
            uint64_t value = meaning->compute(meaning->context, i, k, operands);
            history[(size_t)k % window * (size_t)n + (size_t)i] = value;
            if (meaning->commit)
                meaning->commit(meaning->context, i, k, value);
            result[i] = value;
        }
    arena_release(graph->arena, mark);
}

/* A result on its way to a register. */
struct flight {
    int64_t cycle;
    int destination;
    uint64_t value;
};

struct machine {
    const struct dependence_graph *graph;
    const struct bundle_code *code;
    const struct loop_meaning *meaning;
    uint64_t *registers, *result;
    int64_t *runs; /* per operation: iterations done */
    struct flight *flights;
    int flight_count, flight_room;
    int64_t cycle;
};

static void launch(struct machine *machine, int64_t cycle, int destination, uint64_t value)
{
    if (machine->flight_count == machine->flight_room) {
        int room = machine->flight_room ? 2 * machine->flight_room : 64;
        machine->flights =
            arena_grow(machine->graph->arena, machine->flights, (size_t)machine->flight_count,
                       (size_t)room, sizeof *machine->flights);
        machine->flight_room = room;
    }
    machine->flights[machine->flight_count++] = (struct flight){cycle, destination, value};
}

/* Results due by now are written, in the order in which they were launched. */
static void land(struct machine *machine, int64_t cycle)
{
    int kept = 0;
    for (int f = 0; f < machine->flight_count; f++) {
        struct flight flight = machine->flights[f];
        if (flight.cycle > cycle)
            machine->flights[kept++] = flight;
        else
            machine->registers[flight.destination] = flight.value;
    }
    machine->flight_count = kept;
}

/* A value on its way that a unit passes on before it is written (to an accumulation of its own
 * kind), or what the register holds. */
static uint64_t read_source(const struct machine *machine, const struct dependence *edge,
                            int source)
{
    uint64_t value = machine->registers[source];
    if (edge->latency_cycles == LATENCY_OF_PRODUCER)
        return value;
    int64_t latest = -1;
    for (int f = 0; f < machine->flight_count; f++)
        if (machine->flights[f].destination == source && machine->flights[f].cycle > latest) {
            latest = machine->flights[f].cycle;
            value = machine->flights[f].value;
        }
    return value;
}

/* A register as rotated: the one that the operation's run number `run` writes. */
static int rotated(const struct machine *machine, int operation, int64_t run)
{
    int base = machine->code->register_base[operation];
    int64_t copies = machine->code->register_base[operation + 1] - base;
    int64_t rest = run % copies;
    return base + (int)(rest < 0 ? rest + copies : rest);
}

static void run_bundle(struct machine *machine, int first, int end)
{
    const struct bundle_code *code = machine->code;
    land(machine, machine->cycle);
    for (int s = first; s < end; s++) {
        const struct code_slot *slot = &code->slots[s];
        uint64_t operands[OPERAND_LIMIT];
        assert(slot->source_count <= OPERAND_LIMIT);
        const struct dependence_graph *graph = machine->graph;
        int count = 0;
        for (int k = graph->in_first[slot->operation]; k < graph->in_first[slot->operation + 1];
             k++) {
            const struct dependence *edge = &graph->dependences[graph->in_edges[k]];
            if (!edge->is_value)
                continue;
            int source = code->is_rotating
                             ? rotated(machine, edge->from,
                                       machine->runs[slot->operation] - edge->distance)
                             : code->sources[slot->source_first + count];
            operands[count++] = read_source(machine, edge, source);
        }
        machine->result[slot->operation] =
            machine->meaning->compute(machine->meaning->context, slot->operation,
                                      machine->runs[slot->operation], operands);
    }
    for (int s = first; s < end; s++) {
        const struct code_slot *slot = &code->slots[s];
        int i = slot->operation;
        if (machine->meaning->commit)
            machine->meaning->commit(machine->meaning->context, i, machine->runs[i],
                                     machine->result[i]);
        int destination = slot->destination >= 0 && code->is_rotating
                              ? rotated(machine, i, machine->runs[i])
                              : slot->destination;
        machine->runs[i]++;
        if (destination >= 0)
            launch(machine,
                   machine->cycle + machine->graph->operations[i]
                                        .alternatives[slot->alternative]
                                        .latency_cycles,
                   destination, machine->result[i]);
    }
    machine->cycle++;
}

static void run_part(struct machine *machine, const struct code_part *part, int first, int end)
{
    for (int b = first; b < end; b++)
        run_bundle(machine, part->slot_first[b], part->slot_first[b + 1]);
}

/* Carried values arrive as if the iterations before the first had run. */
static void launch_initial(struct machine *machine, const struct schedule *schedule,
                           int operation, int farthest)
{
    const struct bundle_code *code = machine->code;
    int base = code->register_base[operation];
    int copies = code->register_base[operation + 1] - base;
    if (copies == 0)
        return;
    int latency = machine->graph->operations[operation]
                      .alternatives[schedule->alternative[operation]]
                      .latency_cycles;
    for (int64_t k = -farthest; k < 0; k++) {
        int64_t due = schedule->time[operation] + latency + k * schedule->ii;
        int rest = (int)(k % copies);
        launch(machine, due > 0 ? due : 0, base + (rest < 0 ? rest + copies : rest),
               machine->meaning->initial(machine->meaning->context, operation, k));
    }
}

int64_t bundle_interpret(const struct dependence_graph *graph, const struct schedule *schedule,
                         const struct bundle_code *code, const struct loop_meaning *meaning,
                         int64_t iterations, uint64_t *result)
{
    assert(iterations >= code->stage_count);
    size_t n = (size_t)graph->operation_count;
    struct machine machine = {
        .graph = graph,
        .code = code,
        .meaning = meaning,
        .registers = arena_array(graph->arena, (size_t)code->register_count + 1, 8),
        .result = result,
        .runs = arena_array(graph->arena, n + 1, sizeof(int64_t))};
    int farthest = 0;
    for (int e = 0; e < graph->dependence_count; e++)
        if (graph->dependences[e].distance > farthest)
            farthest = graph->dependences[e].distance;
    for (int i = 0; i < graph->operation_count; i++)
        launch_initial(&machine, schedule, i, farthest);
    run_part(&machine, &code->prologue, 0, code->prologue.bundle_count);
    int copy = -1;
    for (int64_t k = code->stage_count - 1; k < iterations; k++) {
        copy = (copy + 1) % code->copies;
        run_part(&machine, &code->kernel, copy * code->ii, (copy + 1) * code->ii);
    }
    run_part(&machine, &code->epilogues[copy], 0, code->epilogues[copy].bundle_count);
    return machine.cycle;
}
