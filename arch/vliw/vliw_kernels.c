/* Primitives as loop kernels: each is written in the loop language and scheduled once. */
#include <stdio.h>
#include <string.h>

#include "arch/vliw/vliw_state.h"

enum { PASSES = 64 };

static const struct vliw_unit *find_unit(const struct vliw_state *state, const char *key)
{
    for (const struct vliw_unit *unit = state->units; unit; unit = unit->next)
        if (strcmp(unit->key, key) == 0)
            return unit;
    return NULL;
}

struct vliw_work vliw_work_of(const struct region_schedule *loop)
{
    struct vliw_work work = {0};
    for (int i = 0; i < loop->graph.operation_count; i++) {
        const struct packed_operation *operation =
            &loop->packed.operations[loop->graph.operations[i].meaning];
        uint64_t lanes = (uint64_t)operation->lanes;
        work.operations++;
        work.operands += (uint64_t)(loop->graph.in_first[i + 1] - loop->graph.in_first[i]);
        work.results += loop->graph.operations[i].has_result;
        switch (operation->meaning) {
        case MEANING_LOAD:
        case MEANING_LOADU:
            work.loads++;
            break;
        case MEANING_STORE:
        case MEANING_STOREU:
            work.stores++;
            break;
        case MEANING_MUL:
        case MEANING_SMUL:
        case MEANING_MULHI:
        case MEANING_MAC:
        case MEANING_DOTP:
            work.macs += lanes * (uint64_t)operation->terms;
            break;
        case MEANING_DIV:
        case MEANING_SQRT:
        case MEANING_RSQRT:
        case MEANING_RECIP:
        case MEANING_EXP:
            work.special += lanes;
            break;
        default:
            work.simple += lanes;
        }
    }
    return work;
}

/* Code at each depth of nests, and the set-up of the loop as far as the block before it does
 * not hide it. */
static void collect_blocks(const struct region *list, int depth, uint64_t setup,
                           uint64_t levels[LOOP_LEVELS], uint64_t *setup_left)
{
    uint64_t before = 0;
    for (const struct region *r = list; r; r = r->next) {
        if (r->kind == REGION_BLOCK) {
            before = (uint64_t)r->schedule->tail_cycles;
            levels[depth] += before;
        }
        if (r->kind == REGION_LOOP)
            *setup_left = setup > before ? setup - before : 0;
        collect_blocks(r->body, depth + 1, setup, levels, setup_left);
    }
}

/* Schedules a text and keeps its last innermost loop; keeps failures, too. */
static struct vliw_unit *add_unit(struct vliw_state *state, const char *key, const char *text,
                                  bool keeps_loops)
{
    struct arena *arena = state->machine.arena;
    struct vliw_unit *unit = arena_alloc(arena, sizeof *unit);
    unit->key = arena_copy_text(arena, key);
    unit->next = state->units;
    state->units = unit;
    struct loop_kernel kernel;
    struct kernel_plan plan;
    struct error err = {0};
    struct kernel_limits limits = {.keeps_loops = keeps_loops};
    if (!loop_parse(arena, key, text, NULL, &kernel, &err) ||
        !kernel_plan(&kernel, &state->machine, limits, arena, &plan, &err) ||
        plan.loop_count == 0)
        return unit;
    const struct kernel_loop *loop = &plan.loops[plan.loop_count - 1];
    unit->loop = loop->main;
    unit->copies = loop->copies;
    uint64_t inside = region_loop_cycles(loop->main, (int64_t)loop->cost.passes);
    uint64_t outside = plan.cycles.total - plan.cycles.call;
    unit->entry_cycles = outside > inside ? (int64_t)(outside - inside) : 0;
    unit->work = vliw_work_of(loop->main);
    unit->rest = loop->remainder;
    if (loop->remainder)
        unit->rest_work = vliw_work_of(loop->remainder);
    uint64_t levels[LOOP_LEVELS] = {0};
    unit->loop_setup = (uint64_t)state->machine.params->loop_setup;
    collect_blocks(plan.lowered.regions, 0, unit->loop_setup, levels, &unit->setup_cycles);
    unit->row_cycles = levels[1];
    unit->item_cycles = levels[2];
    return unit;
}

const struct vliw_unit *vliw_nested_unit(struct vliw_state *state, const char *key,
                                         const char *text)
{
    const struct vliw_unit *found = find_unit(state, key);
    return found ? found : add_unit(state, key, text, true);
}

struct number_format vliw_sum_format(struct number_format format)
{
    if (format.class == NUMBER_FLOAT)
        return format;
    return number_format_integer(format.class == NUMBER_SIGNED, 32);
}

/* The columns' terms of one operation lie side by side, where `depth` is above 1: weights are
 * stored as the kernel reads them. Otherwise they lie with the output channels side by side. */
static void write_product(char *text, size_t room, const struct product_shape *shape,
                          const char *type, const char *sum, const char *result)
{
    long long rows = shape->rows, columns = shape->columns, depth = shape->depth;
    long long steps = PASSES * shape->copies / depth, copies = shape->copies / depth;
    int at = snprintf(text, room,
                      "kernel product array a[%lld][%lld] : %s array b[%lld][%lld][%lld] : %s "
                      "array c[%lld][%lld] : %s\n"
                      "for i in 0 .. %lld unroll %lld { for j in 0 .. %lld unroll %lld {\n"
                      " s : %s = 0 for k in 0 .. %lld unroll %lld {\n",
                      rows, steps * depth, type, steps, columns, depth, type, rows, columns,
                      sum, rows, rows, columns, columns, sum, steps, copies);
    text += at;
    room -= (size_t)at;
    if (depth > 1)
        snprintf(text, room,
                 " for d in 0 .. %lld unroll %lld { s += a[i][k * %lld + d] * b[k][j][d] } }\n"
                 " c[i][j] = %s(s) } }\n",
                 depth, depth, depth, result);
    else
        snprintf(text, room, " s += a[i][k] * b[k][j][0] }\n c[i][j] = %s(s) } }\n", result);
}

const struct vliw_unit *vliw_product_unit(struct vliw_state *state, struct number_format format,
                                          const struct product_shape *shape)
{
    char key[96], text[768], type[16], sum[16];
    number_format_name(format, type);
    snprintf(key, sizeof key, "%sproduct %s %lldx%lldx%lld", shape->depth > 1 ? "packed " : "",
             type, (long long)shape->rows, (long long)shape->columns, (long long)shape->copies);
    const struct vliw_unit *found = find_unit(state, key);
    if (found)
        return found;
    number_format_name(vliw_sum_format(format), sum);
    write_product(text, sizeof text, shape, type, sum,
                  format.class == NUMBER_FLOAT ? sum
                  : format.bits < 32           ? type
                                               : sum);
    struct vliw_unit *unit = add_unit(state, key, text, false);
    unit->copies *= shape->depth;
    unit->rows = shape->rows;
    unit->columns = shape->columns;
    return unit;
}

const struct vliw_unit *vliw_depthwise_unit(struct vliw_state *state,
                                            struct number_format format, int64_t groups,
                                            int64_t taps)
{
    char key[96], text[768], type[16], sum[16];
    number_format_name(format, type);
    snprintf(key, sizeof key, "depthwise %s %lld groups %lld taps", type, (long long)groups,
             (long long)taps);
    const struct vliw_unit *found = find_unit(state, key);
    if (found)
        return found;
    number_format_name(vliw_sum_format(format), sum);
    long long g = groups, t = taps;
    /* Channels lie side by side; the weights of all taps stay in registers. */
    snprintf(text, sizeof text,
             "kernel depthwise array a[%lld][%lld] : %s array b[%lld][%lld] : %s "
             "array c[%d][%lld] : %s\n"
             "for i in 0 .. %d unroll 1 { for j in 0 .. %lld unroll %lld { s : %s = 0\n"
             " for k in 0 .. %lld unroll %lld { s += a[i + k][j] * b[k][j] }\n"
             " c[i][j] = %s(s) } }\n",
             t + PASSES, g, type, t, g, type, PASSES, g, type, PASSES, g, g, sum, t, t, type);
    return add_unit(state, key, text, false);
}

/* A chain of additions and products, then transcendental steps, on value v. */
static int write_work(char *text, size_t room, const struct element_work *work,
                      const char *type, bool is_float)
{
    int length = 0;
    for (int s = 0; s < work->simple && s < 24; s++)
        length += snprintf(text + length, room - (size_t)length, "v = v %s c\n",
                           s % 2 && is_float ? "*" : "+");
    for (int t = 0; t < work->transcendental && t < 8; t++)
        length += snprintf(text + length, room - (size_t)length,
                           is_float ? "v = exp(v)\n" : "v = %s(v * c) + c v = %s(v * c) + c\n",
                           type, type);
    return length;
}

/* Maps and folds: an element's work as a chain of operations. */
static void write_element_text(char *text, size_t room, const struct primitive *p,
                               const char *type, bool is_float, int64_t trips)
{
    char work[1024] = "";
    int inputs = p->input_count > 2 ? 3 : p->input_count > 1 ? 2 : 1;
    const char *second = inputs > 1 ? "v = v + y[i] " : "";
    const char *third = inputs > 2 ? "v = v + z[i] " : "";
    switch (p->kind) {
    case PRIMITIVE_MAP: {
        /* One addition or product has been written for each further input. */
        struct element_work rest = p->map.work;
        rest.simple = rest.simple >= inputs - 1 ? (uint16_t)(rest.simple - (inputs - 1)) : 0;
        write_work(work, sizeof work, &rest, type, is_float);
        snprintf(text, room,
                 "kernel map size N = %lld array x[N] : %s array y[N] : %s array z[N] : %s "
                 "array r[N] : %s scalar c : %s = 3\n"
                 "for i in 0 .. N { v : %s = x[i] %s%s\n%s r[i] = v }\n",
                 (long long)trips, type, type, type, type, type, type, second, third, work);
        return;
    }
    case PRIMITIVE_REDUCE:
        write_work(work, sizeof work,
                   &(struct element_work){
                       p->reduce.work.simple ? (uint16_t)(p->reduce.work.simple - 1) : 0,
                       p->reduce.work.transcendental},
                   type, is_float);
        snprintf(text, room,
                 "kernel fold size N = %lld array x[N] : %s scalar s : %s scalar c : %s = 3\n"
                 "for i in 0 .. N { v : %s = x[i]\n%s s = max(s, v) }\n",
                 (long long)trips, type, type, type, type, work);
        return;
    default:
        return;
    }
}

/* Texts of the other primitives; N is the loop's trip count. */
static void write_text(char *text, size_t room, const struct primitive *p, const char *type,
                       bool is_float, int64_t trips)
{
    switch (p->kind) {
    case PRIMITIVE_MAP:
    case PRIMITIVE_REDUCE:
        write_element_text(text, room, p, type, is_float, trips);
        return;
    case PRIMITIVE_GATHER:
        snprintf(
            text, room,
            "kernel gather size N = %lld array x[N] : %s array n[N] : i32 array r[N] : %s\n"
            "for i in 0 .. N { r[i] = x[n[i]] }\n",
            (long long)trips, type, type);
        return;
    case PRIMITIVE_SCATTER:
        snprintf(
            text, room,
            "kernel scatter size N = %lld array x[N] : %s array n[N] : i32 array r[N] : %s\n"
            "for i in 0 .. N { r[n[i]] += x[i] }\n",
            (long long)trips, type, type);
        return;
    case PRIMITIVE_CHASE:
        snprintf(text, room,
                 "kernel chase size N = %lld array x[N] : i32 scalar p : i32\n"
                 "for i in 0 .. N unroll 1 { p = x[p] }\n",
                 (long long)trips);
        return;
    case PRIMITIVE_STENCIL:
        if (p->stencil.is_wavefront)
            snprintf(
                text, room,
                "kernel wave size N = %lld array x[N] : %s array r[N + 1] : %s scalar v : %s\n"
                "for i in 0 .. N unroll 1 { v = max(v + x[i], r[i + 1]) r[i] = v }\n",
                (long long)trips, type, type, type);
        else
            snprintf(text, room,
                     "kernel stencil size N = %lld array x[N + 2] : %s array r[N] : %s\n"
                     "for i in 0 .. N { r[i] = x[i] + x[i + 1] + x[i + 2] }\n",
                     (long long)trips, type, type);
        return;
    default:
        snprintf(text, room,
                 "kernel move size N = %lld array x[N] : %s array r[N] : %s\n"
                 "for i in 0 .. N { r[i] = x[i] }\n",
                 (long long)trips, type, type);
    }
}

const struct vliw_unit *vliw_fold_unit(struct vliw_state *state, struct number_format format,
                                       const struct element_work *work, int64_t outputs)
{
    char key[96], text[2048], chain[1024] = "", type[16];
    number_format_name(format, type);
    snprintf(key, sizeof key, "fold %s %lld side by side %u + %u", type, (long long)outputs,
             work->simple, work->transcendental);
    const struct vliw_unit *found = find_unit(state, key);
    if (found)
        return found;
    write_work(chain, sizeof chain,
               &(struct element_work){work->simple ? (uint16_t)(work->simple - 1) : 0,
                                      work->transcendental},
               type, format.class == NUMBER_FLOAT);
    snprintf(text, sizeof text,
             "kernel fold array x[%d][%lld] : %s array r[%lld] : %s scalar c : %s = 3\n"
             "for i in 0 .. %lld unroll %lld { s : %s = 0 for l in 0 .. %d { v : %s = x[l][i]\n"
             "%s s = max(s, v) }\n r[i] = s }\n",
             PASSES, (long long)outputs, type, (long long)outputs, type, type,
             (long long)outputs, (long long)outputs, type, PASSES, type, chain);
    struct vliw_unit *unit = add_unit(state, key, text, false);
    unit->rows = outputs;
    return unit;
}

static void count_steps(const struct primitive *p, uint64_t *steps, uint64_t *entries)
{
    *entries = 1;
    switch (p->kind) {
    case PRIMITIVE_MAP:
        *steps = p->map.elements;
        break;
    case PRIMITIVE_REDUCE:
        *steps = p->reduce.outputs * p->reduce.length;
        *entries = p->reduce.outputs;
        break;
    case PRIMITIVE_GATHER:
    case PRIMITIVE_SCATTER:
        /* Records are looked up once and moved whole. */
        *steps = p->gather.count * p->gather.record;
        *entries = p->gather.record > 8 ? p->gather.count : 1;
        break;
    case PRIMITIVE_CHASE:
        *steps = p->chase.chains * p->chase.depth;
        *entries = p->chase.chains;
        break;
    case PRIMITIVE_STENCIL:
        /* The kernel reads three neighbours a step. */
        *steps = p->stencil.points * p->stencil.sweeps *
                 (p->stencil.is_wavefront ? 1 : (p->stencil.neighbours + 2) / 3);
        break;
    case PRIMITIVE_MOVE:
        *steps = p->move.elements;
        *entries = p->move.run ? p->move.elements / p->move.run : 1;
        break;
    default:
        *steps = p->output.elements;
    }
    *entries = *entries ? *entries : 1;
}

const struct vliw_unit *vliw_loop_unit(struct vliw_state *state, const struct primitive *p,
                                       struct number_format format, uint64_t *steps,
                                       uint64_t *entries)
{
    enum { TRIPS = 1024 };
    char key[160], text[2048], type[16];
    number_format_name(format, type);
    count_steps(p, steps, entries);
    struct element_work work = p->kind == PRIMITIVE_MAP      ? p->map.work
                               : p->kind == PRIMITIVE_REDUCE ? p->reduce.work
                                                             : (struct element_work){0, 0};
    snprintf(key, sizeof key, "%s %s %u inputs %u + %u %d", PRIMITIVE_NAMES[p->kind], type,
             p->input_count, work.simple, work.transcendental,
             p->kind == PRIMITIVE_STENCIL && p->stencil.is_wavefront);
    const struct vliw_unit *found = find_unit(state, key);
    if (found)
        return found;
    write_text(text, sizeof text, p, type, format.class == NUMBER_FLOAT, TRIPS);
    return add_unit(state, key, text, false);
}
