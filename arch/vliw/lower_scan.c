/* What statements do to scalars, without lowering them. */
#include "arch/vliw/lower_state.h"

enum first_use { NOTHING, WRITES, READS };

static bool reads(const struct loop_expression *from, const struct loop_symbol *symbol)
{
    if (from->kind == LOOP_NAME && from->symbol == symbol)
        return true;
    for (int a = 0; a < from->argument_count; a++)
        if (reads(from->arguments[a], symbol))
            return true;
    return false;
}

static enum first_use scan(const struct loop_statement *list, const struct loop_symbol *symbol)
{
    bool is_maybe_written = false;
    for (const struct loop_statement *s = list; s; s = s->next) {
        enum first_use use = NOTHING;
        if (s->kind == LOOP_FOR && (reads(s->from, symbol) || reads(s->to, symbol)))
            return READS;
        if (s->kind != LOOP_FOR && reads(s->value, symbol))
            return READS;
        if (s->kind == LOOP_ASSIGN) {
            for (int a = 0; a < s->target->argument_count; a++)
                if (reads(s->target->arguments[a], symbol))
                    return READS;
            use =
                s->target->kind == LOOP_NAME && s->target->symbol == symbol ? WRITES : NOTHING;
        } else if (s->kind == LOOP_IF) {
            enum first_use yes = scan(s->body, symbol), no = scan(s->other, symbol);
            if (yes == READS || no == READS)
                return READS;
            if (yes == WRITES && no == WRITES)
                return WRITES;
            is_maybe_written = is_maybe_written || yes == WRITES || no == WRITES;
        } else {
            use = scan(s->body, symbol);
        }
        if (use != NOTHING)
            return use == READS || is_maybe_written ? READS : WRITES;
    }
    /* A local of an inner block is gone when the block ends; another scalar keeps its old value
     * on the path that does not write it. */
    return !is_maybe_written ? NOTHING : symbol->kind == LOOP_LOCAL ? WRITES : READS;
}

bool loop_lower_writes_first(const struct loop_statement *list,
                             const struct loop_symbol *symbol)
{
    return scan(list, symbol) == WRITES;
}

bool loop_lower_uses(const struct loop_statement *s, const struct loop_symbol *symbol)
{
    const struct loop_expression *parts[4] = {s->target, s->value, s->from, s->to};
    for (int p = 0; p < 4; p++)
        if (parts[p] && reads(parts[p], symbol))
            return true;
    for (int path = 0; path < 2; path++)
        for (const struct loop_statement *b = path ? s->other : s->body; b; b = b->next)
            if (loop_lower_uses(b, symbol))
                return true;
    return false;
}

bool loop_lower_stores(const struct loop_statement *list, const struct loop_symbol *array)
{
    for (const struct loop_statement *s = list; s; s = s->next)
        if ((s->kind == LOOP_ASSIGN && s->target->symbol == array) ||
            loop_lower_stores(s->body, array) || loop_lower_stores(s->other, array))
            return true;
    return false;
}

bool loop_lower_assigns(const struct loop_statement *list, const struct loop_symbol *symbol)
{
    for (const struct loop_statement *s = list; s; s = s->next) {
        if (s->kind == LOOP_ASSIGN && s->target->kind == LOOP_NAME &&
            s->target->symbol == symbol)
            return true;
        if (loop_lower_assigns(s->body, symbol) || loop_lower_assigns(s->other, symbol))
            return true;
    }
    return false;
}

int64_t loop_lower_constant_trips(const struct loop_statement *loop)
{
    if (loop->kind != LOOP_FOR || loop->from->kind != LOOP_NUMBER ||
        loop->to->kind != LOOP_NUMBER)
        return -1;
    int64_t span = loop->to->integer - loop->from->integer;
    return span <= 0 ? 0 : (span + loop->step - 1) / loop->step;
}

bool loop_lower_expands(const struct loop_statement *loop, int64_t expand)
{
    int64_t trips = loop_lower_constant_trips(loop);
    if (trips <= 0 || trips > EXPANDED_MOST || loop_lower_has_loop(loop->body, expand))
        return false;
    if (loop->unroll)
        return loop->unroll >= trips;
    return trips <= expand && !loop->is_sequential &&
           trips * loop_lower_expansion(loop->body, expand) <= EXPANDED_MOST;
}

int64_t loop_lower_expansion(const struct loop_statement *list, int64_t expand)
{
    int64_t most = 1;
    for (const struct loop_statement *s = list; s; s = s->next) {
        int64_t inner = loop_lower_expansion(s->body, expand),
                other = loop_lower_expansion(s->other, expand);
        inner = inner > other ? inner : other;
        if (s->kind == LOOP_FOR && loop_lower_expands(s, expand))
            inner *= loop_lower_constant_trips(s);
        most = inner > most ? inner : most;
    }
    return most;
}

bool loop_lower_has_loop(const struct loop_statement *list, int64_t expand)
{
    for (const struct loop_statement *s = list; s; s = s->next) {
        bool is_loop =
            s->kind == LOOP_WHILE || (s->kind == LOOP_FOR && !loop_lower_expands(s, expand));
        if (is_loop || loop_lower_has_loop(s->body, expand) ||
            loop_lower_has_loop(s->other, expand))
            return true;
    }
    return false;
}
