#include "traces/loop_value.h"

#include <math.h>

#include "traces/loop_check.h"
#include "traces/loop_operation.h"

enum { STEPS_MOST = 200000000 };

static struct loop_number integer(int64_t value, struct number_format type)
{
    return (struct loop_number){loop_wrap(value, type), 0};
}

static struct loop_number real(double value, struct number_format type)
{
    return (struct loop_number){0, type.bits <= 32 ? (double)(float)value : value};
}

static struct loop_number number_as(double value, struct number_format type)
{
    if (type.class == NUMBER_FLOAT)
        return real(value, type);
    double limit = 9.2e18;
    value = value > limit ? limit : value < -limit ? -limit : value;
    return integer(isnan(value) ? 0 : (int64_t)value, type);
}

static uint64_t scramble(uint64_t a)
{
    a = (a ^ (a >> 31)) * UINT64_C(0x7fb5d329728ea185);
    a = (a ^ (a >> 27)) * UINT64_C(0x81dadef4bc2dd44d);
    return a ^ (a >> 33);
}

static struct loop_number initial(const struct loop_symbol *symbol, int64_t index)
{
    if (symbol->initial == LOOP_INITIAL_LIST)
        return number_as(index < symbol->list_count ? symbol->list[index] : 0, symbol->type);
    if (symbol->initial == LOOP_INITIAL_RAMP)
        return number_as(symbol->low + symbol->high * (double)index, symbol->type);
    double part = (double)(scramble((uint64_t)index + ((uint64_t)symbol->id << 40) + 1) >> 11) /
                  9007199254740992.0;
    bool is_float = symbol->type.class == NUMBER_FLOAT;
    double span = symbol->high - symbol->low + (is_float ? 0 : 1);
    double value = symbol->low + part * span;
    return number_as(is_float ? value : floor(value), symbol->type);
}

bool loop_values_init(struct loop_values *values, const struct loop_kernel *kernel,
                      bool has_arrays, struct arena *arena, struct error *err)
{
    size_t count = (size_t)kernel->symbol_count + 1;
    *values = (struct loop_values){.kernel = kernel, .steps_left = STEPS_MOST, .err = err};
    values->arrays = arena_array(arena, count, sizeof *values->arrays);
    values->scalars = arena_array(arena, count, sizeof *values->scalars);
    int64_t total = 0;
    for (const struct loop_symbol *s = kernel->symbols; s; s = s->next) {
        if (s->kind == LOOP_SCALAR)
            values->scalars[s->id] = initial(s, 0);
        if (s->kind != LOOP_ARRAY || !has_arrays)
            continue;
        total += s->elements;
        if (total > LOOP_ELEMENTS_MOST)
            return error_set(err,
                             "%s:%d: the arrays up to '%s' have more than %d elements, too "
                             "many to run on values",
                             kernel->path, s->line, s->name, LOOP_ELEMENTS_MOST);
        values->arrays[s->id] =
            arena_array(arena, (size_t)s->elements, sizeof(struct loop_number));
        for (int64_t i = 0; i < s->elements; i++)
            values->arrays[s->id][i] = initial(s, i);
    }
    return true;
}

static bool element_index(struct loop_values *values, const struct loop_expression *element,
                          int64_t *index)
{
    *index = 0;
    for (int d = 0; d < element->argument_count; d++) {
        struct loop_number subscript;
        if (!loop_value_of(values, element->arguments[d], &subscript))
            return false;
        int64_t extent = element->symbol->extent[d];
        if (subscript.integer < 0 || subscript.integer >= extent)
            return error_set(values->err, "%s:%d: subscript of '%s' is %lld, must be 0 to %lld",
                             values->kernel->path, element->line, element->symbol->name,
                             (long long)subscript.integer, (long long)(extent - 1));
        *index = *index * extent + subscript.integer;
    }
    if (values->observer.element)
        values->observer.element(values->observer.context, element, *index);
    return true;
}

static bool operation(struct loop_values *values, const struct loop_expression *from,
                      struct loop_number *result)
{
    struct loop_number a[LOOP_ARGUMENTS] = {{0, 0}};
    struct number_format operands = from->arguments[0]->type;
    bool is_float = from->type.class == NUMBER_FLOAT,
         was_float = operands.class == NUMBER_FLOAT;
    if (from->operator_ == LOOP_SELECT) { /* as in C, only the arm that is chosen */
        if (!loop_value_of(values, from->arguments[0], &a[0]))
            return false;
        bool is_yes = was_float ? a[0].real < 0 || a[0].real > 0 : a[0].integer != 0;
        return loop_value_of(values, from->arguments[is_yes ? 1 : 2], result);
    }
    for (int k = 0; k < from->argument_count; k++) {
        if (!loop_value_of(values, from->arguments[k], &a[k]))
            return false;
        /* So do && and ||. */
        if (k == 0 && from->is_truth && (a[0].integer != 0) == (from->operator_ == LOOP_OR)) {
            *result = (struct loop_number){a[0].integer != 0, 0};
            return true;
        }
    }
    if (from->operator_ >= LOOP_LT && from->operator_ <= LOOP_NE) {
        *result = integer(loop_compares(from->operator_, a[0].real, a[1].real, a[0].integer,
                                        a[1].integer, was_float),
                          from->type);
        return true;
    }
    if (from->operator_ == LOOP_CAST || from->operator_ == LOOP_ROUND ||
        from->operator_ == LOOP_SAT) {
        double value = from->operator_ == LOOP_ROUND ? rint(a[0].real) : trunc(a[0].real);
        if (is_float)
            *result = real(was_float ? a[0].real : (double)a[0].integer, from->type);
        else if (was_float)
            *result = number_as(value, from->type);
        else
            *result =
                integer(from->operator_ == LOOP_SAT ? loop_saturate(a[0].integer, from->type)
                                                    : a[0].integer,
                        from->type);
        return true;
    }
    if (is_float) {
        *result = real(loop_float_operation(from->operator_, a[0].real, a[1].real, a[2].real),
                       from->type);
        return true;
    }
    if ((from->operator_ == LOOP_DIV || from->operator_ == LOOP_REM) && a[1].integer == 0)
        return error_set(values->err, "%s:%d: division by zero", values->kernel->path,
                         from->line);
    *result = integer(loop_integer_operation(from->operator_, a[0].integer, a[1].integer,
                                             a[2].integer, from->type, operands),
                      from->type);
    return true;
}

bool loop_value_of(struct loop_values *values, const struct loop_expression *from,
                   struct loop_number *result)
{
    int64_t index = 0;
    switch (from->kind) {
    case LOOP_NUMBER:
        *result = from->type.class == NUMBER_FLOAT
                      ? real(from->real, from->type)
                      : (struct loop_number){from->integer, (double)from->integer};
        return true;
    case LOOP_NAME:
        *result = values->scalars[from->symbol->id];
        return true;
    case LOOP_ELEMENT:
        if (!values->arrays[from->symbol->id])
            return error_set(values->err,
                             "%s:%d: '%s' would be needed to know how often a loop "
                             "runs",
                             values->kernel->path, from->line, from->symbol->name);
        if (!element_index(values, from, &index))
            return false;
        *result = values->arrays[from->symbol->id][index];
        return true;
    default:
        return operation(values, from, result);
    }
}

static bool run_list(struct loop_values *values, const struct loop_statement *list);

static bool is_true(const struct loop_expression *condition, struct loop_number number)
{
    return condition->type.class == NUMBER_FLOAT ? number.real < 0 || number.real > 0
                                                 : number.integer != 0;
}

static bool run_pass(struct loop_values *values, const struct loop_statement *loop,
                     int64_t pass)
{
    if (values->observer.pass_begun)
        values->observer.pass_begun(values->observer.context, loop, pass);
    return run_list(values, loop->body);
}

static bool run_loop(struct loop_values *values, const struct loop_statement *loop)
{
    struct loop_number from = {0, 0}, to = {0, 0}, condition;
    int64_t trips = 0;
    if (loop->kind == LOOP_FOR) {
        if (!loop_value_of(values, loop->from, &from) || !loop_value_of(values, loop->to, &to))
            return false;
        for (int64_t i = from.integer; i < to.integer; i += loop->step, trips++) {
            values->scalars[loop->index->id] = (struct loop_number){i, 0};
            if (!run_pass(values, loop, trips))
                return false;
        }
    } else {
        for (;; trips++) {
            if (!loop_value_of(values, loop->value, &condition))
                return false;
            if (!is_true(loop->value, condition))
                break;
            if (!run_pass(values, loop, trips))
                return false;
        }
    }
    if (!loop_check_promise(values->kernel, loop, trips, values->err))
        return false;
    if (values->observer.loop_done)
        values->observer.loop_done(values->observer.context, loop, trips);
    return true;
}

static bool run_if(struct loop_values *values, const struct loop_statement *statement)
{
    struct loop_number condition;
    if (!loop_value_of(values, statement->value, &condition))
        return false;
    bool is_body = is_true(statement->value, condition);
    if (values->observer.path_taken)
        values->observer.path_taken(values->observer.context, statement, is_body);
    return run_list(values, is_body ? statement->body : statement->other);
}

static bool run_assign(struct loop_values *values, const struct loop_statement *statement)
{
    struct loop_number value;
    if (!loop_value_of(values, statement->value, &value))
        return false;
    const struct loop_symbol *symbol = statement->target->symbol;
    if (statement->target->kind == LOOP_NAME) {
        values->scalars[symbol->id] = value;
        return true;
    }
    int64_t index = 0;
    if (!element_index(values, statement->target, &index))
        return false;
    values->arrays[symbol->id][index] = value;
    return true;
}

static bool run_list(struct loop_values *values, const struct loop_statement *list)
{
    if (values->steps_left-- <= 0)
        return error_set(values->err, "%s: the kernel runs for more than %d steps on values",
                         values->kernel->path, STEPS_MOST);
    for (const struct loop_statement *s = list; s; s = s->next) {
        bool is_run = s->kind == LOOP_ASSIGN ? run_assign(values, s)
                      : s->kind == LOOP_IF   ? run_if(values, s)
                                             : run_loop(values, s);
        if (!is_run)
            return false;
    }
    return true;
}

bool loop_values_run(struct loop_values *values)
{
    return run_list(values, values->kernel->body);
}
