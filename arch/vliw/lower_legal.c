/* Whether passes of an outer loop may run side by side with their inner loops fused, judged
 * cautiously: every scalar of a pass is its own, and every array that is written is only used
 * at one address, which differs from pass to pass. */
#include "arch/vliw/lower_state.h"

static bool is_equal(const struct loop_expression *a, const struct loop_expression *b)
{
    if (a->kind != b->kind || a->argument_count != b->argument_count ||
        a->integer != b->integer || a->symbol != b->symbol || a->operator_ != b->operator_)
        return false;
    for (int k = 0; k < a->argument_count; k++)
        if (!is_equal(a->arguments[k], b->arguments[k]))
            return false;
    return true;
}

static bool uses_index(const struct loop_expression *from, const struct loop_symbol *index)
{
    if (from->kind == LOOP_NAME && from->symbol == index)
        return true;
    for (int a = 0; a < from->argument_count; a++)
        if (uses_index(from->arguments[a], index))
            return true;
    return false;
}

/* Every use of the array below `from` is the element `only`. */
static bool is_only(const struct loop_expression *from, const struct loop_expression *only)
{
    if (!from)
        return true;
    if (from->kind == LOOP_ELEMENT && from->symbol == only->symbol && !is_equal(from, only))
        return false;
    for (int a = 0; a < from->argument_count; a++)
        if (!is_only(from->arguments[a], only))
            return false;
    return true;
}

static bool is_only_in(const struct loop_statement *list, const struct loop_expression *only)
{
    for (const struct loop_statement *s = list; s; s = s->next)
        if (!is_only(s->target, only) || !is_only(s->value, only) || !is_only(s->from, only) ||
            !is_only(s->to, only) || !is_only_in(s->body, only) || !is_only_in(s->other, only))
            return false;
    return true;
}

static bool stores_are_apart(const struct loop_statement *list,
                             const struct loop_statement *loop, int64_t expand)
{
    for (const struct loop_statement *s = list; s; s = s->next) {
        if (s->kind == LOOP_WHILE || (s->kind == LOOP_IF && loop_lower_has_loop(s, expand)))
            return false;
        if (s->kind == LOOP_FOR &&
            (uses_index(s->from, loop->index) || uses_index(s->to, loop->index)))
            return false;
        if (s->kind == LOOP_ASSIGN && s->target->kind == LOOP_ELEMENT &&
            (!uses_index(s->target, loop->index) || !is_only_in(loop->body, s->target)))
            return false;
        if (!stores_are_apart(s->body, loop, expand) ||
            !stores_are_apart(s->other, loop, expand))
            return false;
    }
    return true;
}

bool loop_lower_can_jam(const struct loop_kernel *kernel, const struct loop_statement *loop,
                        int64_t expand)
{
    if (loop->kind != LOOP_FOR || !stores_are_apart(loop->body, loop, expand))
        return false;
    for (const struct loop_symbol *s = kernel->symbols; s; s = s->next)
        if ((s->kind == LOOP_SCALAR || s->kind == LOOP_LOCAL) &&
            loop_lower_assigns(loop->body, s) && !loop_lower_writes_first(loop->body, s))
            return false;
    return true;
}
