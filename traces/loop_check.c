/* What can be seen to go wrong before a kernel runs: subscripts beyond their arrays, and trip
 * counts that break a promise. Only what certainly happens is refused: the extreme element of
 * every affine subscript is evaluated where the loops around it really come by, under the
 * conditions that hold there; what depends on data is found when the kernel runs on values. */
#include "traces/loop_check.h"

#include <string.h>

#include "traces/loop_value.h"

enum { AROUND_MOST = 64 };

/* A loop or a condition around the statement being looked at. */
struct around {
    const struct loop_statement *statement;
    bool is_other; /* the else path of an if */
};

struct checker {
    const struct loop_kernel *kernel;
    struct loop_values values; /* of loop indices; nothing else is read */
    struct around around[AROUND_MOST];
    int count;
    struct error *err;
};

/* constant + sum of coefficient x index of the loop at that place in `around`. */
struct form {
    int64_t constant, coefficient[AROUND_MOST];
};

static bool add_scaled(struct form *sum, const struct form *more, int64_t factor)
{
    int64_t product = 0;
    bool is_over = __builtin_mul_overflow(more->constant, factor, &product) ||
                   __builtin_add_overflow(sum->constant, product, &sum->constant);
    for (int a = 0; a < AROUND_MOST; a++)
        is_over = is_over || __builtin_mul_overflow(more->coefficient[a], factor, &product) ||
                  __builtin_add_overflow(sum->coefficient[a], product, &sum->coefficient[a]);
    return !is_over;
}

static bool is_constant(const struct form *form)
{
    for (int a = 0; a < AROUND_MOST; a++)
        if (form->coefficient[a])
            return false;
    return true;
}

static int place_of(const struct checker *checker, const struct loop_symbol *index)
{
    for (int a = checker->count - 1; a >= 0; a--)
        if (checker->around[a].statement->kind == LOOP_FOR &&
            checker->around[a].statement->index == index)
            return a;
    return -1;
}

/* False where the expression is not affine in the indices. */
static bool form_of(const struct checker *checker, const struct loop_expression *from,
                    struct form *form)
{
    *form = (struct form){0};
    if (from->type.class == NUMBER_FLOAT || from->type.bits < 32)
        return false;
    if (from->kind == LOOP_NUMBER) {
        form->constant = from->integer;
        return true;
    }
    if (from->kind == LOOP_NAME) {
        int place = place_of(checker, from->symbol);
        if (place >= 0)
            form->coefficient[place] = 1;
        return place >= 0;
    }
    if (from->kind != LOOP_OPERATION)
        return false;
    struct form a, b;
    if (!form_of(checker, from->arguments[0], &a) ||
        (from->argument_count > 1 && !form_of(checker, from->arguments[1], &b)))
        return false;
    switch (from->operator_) {
    case LOOP_CAST:
        *form = a;
        return true;
    case LOOP_NEG:
        return add_scaled(form, &a, -1);
    case LOOP_ADD:
    case LOOP_SUB:
        *form = a;
        return add_scaled(form, &b, from->operator_ == LOOP_ADD ? 1 : -1);
    case LOOP_MUL:
        return is_constant(&b)   ? add_scaled(form, &a, b.constant)
               : is_constant(&a) ? add_scaled(form, &b, a.constant)
                                 : false;
    default:
        return false;
    }
}

/* Which end of each loop makes the form largest (or smallest): bounds of inner loops are put in
 * place of their indices, from the inside out. */
static bool choose_ends(const struct checker *checker, struct form form, bool wants_largest,
                        bool *takes_last)
{
    for (int a = checker->count - 1; a >= 0; a--) {
        const struct loop_statement *loop = checker->around[a].statement;
        takes_last[a] = false;
        int64_t coefficient = form.coefficient[a];
        if (loop->kind != LOOP_FOR || coefficient == 0)
            continue;
        takes_last[a] = (coefficient > 0) == wants_largest;
        struct form end;
        if (!form_of(checker, takes_last[a] ? loop->to : loop->from, &end))
            return false;
        form.coefficient[a] = 0;
        if (!add_scaled(&form, &end, coefficient))
            return false;
    }
    return true;
}

/* Whether only numbers and indices of loops around occur. */
static bool is_plain(const struct checker *checker, const struct loop_expression *from)
{
    if (from->kind == LOOP_ELEMENT ||
        (from->kind == LOOP_NAME && place_of(checker, from->symbol) < 0))
        return false;
    for (int a = 0; a < from->argument_count; a++)
        if (!is_plain(checker, from->arguments[a]))
            return false;
    return true;
}

static bool value_of(struct checker *checker, const struct loop_expression *from,
                     int64_t *value)
{
    struct error own = {0};
    struct loop_number number = {0, 0};
    checker->values.err = &own; /* a division by zero here is not ours to report */
    bool is_known = from->type.class != NUMBER_FLOAT && is_plain(checker, from) &&
                    loop_value_of(&checker->values, from, &number);
    *value = number.integer;
    return is_known;
}

/* Sets the indices to the chosen ends; false where the code does not come by there, or that is
 * not known. */
static bool go_there(struct checker *checker, const bool *takes_last)
{
    for (int a = 0; a < checker->count; a++) {
        const struct loop_statement *s = checker->around[a].statement;
        int64_t from = 0, to = 0, condition = 0;
        if (s->kind == LOOP_FOR) {
            if (!value_of(checker, s->from, &from) || !value_of(checker, s->to, &to) ||
                from >= to)
                return false;
            int64_t last = from + (to - 1 - from) / s->step * s->step;
            checker->values.scalars[s->index->id].integer = takes_last[a] ? last : from;
        } else if (s->kind == LOOP_WHILE || !value_of(checker, s->value, &condition) ||
                   (condition != 0) == checker->around[a].is_other) {
            return false;
        }
    }
    return true;
}

static bool check_subscript(struct checker *checker, const struct loop_expression *element,
                            int dimension)
{
    const struct loop_expression *subscript = element->arguments[dimension];
    int64_t extent = element->symbol->extent[dimension], value = 0;
    struct form form;
    if (!form_of(checker, subscript, &form))
        return true;
    for (int side = 0; side < 2; side++) {
        bool takes_last[AROUND_MOST] = {false};
        if (!choose_ends(checker, form, side == 1, takes_last) ||
            !go_there(checker, takes_last) || !value_of(checker, subscript, &value))
            continue;
        if (value < 0 || value >= extent)
            return error_set(checker->err,
                             "%s:%d: subscript of '%s' becomes %lld, must be 0 to %lld",
                             checker->kernel->path, element->line, element->symbol->name,
                             (long long)value, (long long)(extent - 1));
    }
    return true;
}

/* The arms of a choice, and what && and || may skip, are left out: whether they are evaluated
 * may depend on the subscript. */
static bool check_expression(struct checker *checker, const struct loop_expression *from)
{
    if (!from)
        return true;
    for (int d = 0; from->kind == LOOP_ELEMENT && d < from->argument_count; d++)
        if (!check_subscript(checker, from, d))
            return false;
    bool is_choice = from->kind == LOOP_OPERATION && from->operator_ == LOOP_SELECT;
    for (int a = 0; a < (is_choice || from->is_truth ? 1 : from->argument_count); a++)
        if (!check_expression(checker, from->arguments[a]))
            return false;
    return true;
}

bool loop_check_promise(const struct loop_kernel *kernel, const struct loop_statement *loop,
                        int64_t trips, struct error *err)
{
    if (trips <= 0 || trips % loop->multiple == 0)
        return true;
    return error_set(err,
                     "%s:%d: the loop runs %lld times, which is not the multiple of %lld that "
                     "is promised",
                     kernel->path, loop->line, (long long)trips, (long long)loop->multiple);
}

static bool check_list(struct checker *checker, const struct loop_statement *list);

static bool check_inside(struct checker *checker, const struct loop_statement *statement,
                         const struct loop_statement *body, bool is_other)
{
    if (checker->count == AROUND_MOST)
        return true;
    checker->around[checker->count++] = (struct around){statement, is_other};
    bool is_good = check_list(checker, body);
    checker->count--;
    return is_good;
}

static bool check_list(struct checker *checker, const struct loop_statement *list)
{
    for (const struct loop_statement *s = list; s; s = s->next) {
        if (!check_expression(checker, s->target) || !check_expression(checker, s->value) ||
            !check_expression(checker, s->from) || !check_expression(checker, s->to))
            return false;
        int64_t from = 0, to = 0;
        if (s->kind == LOOP_FOR && s->from->kind == LOOP_NUMBER && s->to->kind == LOOP_NUMBER) {
            from = s->from->integer;
            to = s->to->integer;
        }
        if (!loop_check_promise(checker->kernel, s, (to - from + s->step - 1) / s->step,
                                checker->err) ||
            !check_inside(checker, s, s->body, false) ||
            !check_inside(checker, s, s->other, true))
            return false;
    }
    return true;
}

bool loop_check(const struct loop_kernel *kernel, struct arena *arena, struct error *err)
{
    struct checker checker = {.kernel = kernel, .err = err};
    struct error own = {0};
    return loop_values_init(&checker.values, kernel, false, arena, &own) &&
           check_list(&checker, kernel->body);
}
