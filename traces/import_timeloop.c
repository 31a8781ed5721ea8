/* Timeloop problems (YAML): dimensions with sizes, data spaces with projections. A projection
 * whose axes are single dimensions is a sum of products by letters (Einsum); one with axes of
 * the form filter x dilation + output x stride is a convolution. The multiply-accumulates are
 * the product of all sizes, as Timeloop counts them. Version 0.4 spells keys with underscores.
 */
#include "traces/import_timeloop.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "traces/import_formats.h"
#include "traces/import_source.h"

static bool refuse(const struct timeloop_problem *problem, struct error *err, const char *what,
                   const char *name)
{
    return import_yaml_error(&problem->yaml, NULL, err, "problem '%.40s': %s '%.40s'",
                             problem->name, what, name);
}

static void mark_uses(struct timeloop_problem *problem)
{
    for (int s = 0; s < problem->space_count; s++) {
        const struct problem_space *space = &problem->spaces[s];
        for (int a = 0; a < space->rank; a++) {
            for (int t = 0; t < space->axes[a].count; t++) {
                struct problem_dimension *dimension =
                    &problem->dimensions[space->axes[a].terms[t].dimension];
                if (space->is_output)
                    dimension->is_written = true;
                else
                    dimension->is_read[s] = true;
            }
        }
    }
}

static int count_sums(const struct problem_space *space)
{
    int sums = 0;
    for (int a = 0; a < space->rank; a++)
        sums += space->axes[a].count > 1;
    return sums;
}

static bool is_weight_name(const char *name)
{
    static const char *const WORDS[] = {"weight", "filter", "kernel"};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++)
        if (strncasecmp(name, WORDS[i], strlen(WORDS[i])) == 0)
            return true;
    return false;
}

/* --input decides; else what is called a weight is const; else all but the first. */
static enum tensor_role role_of(const struct timeloop_problem *problem, int at)
{
    const struct import_options *options = problem->context->options;
    const char *name = problem->spaces[at].name;
    for (size_t i = 0; i < options->input_count; i++)
        if (strcmp(options->inputs[i], name) == 0)
            return ROLE_INPUT;
    if (options->input_count > 0)
        return ROLE_CONST;
    bool has_weight = false;
    for (int s = 0; s + 1 < problem->space_count; s++)
        has_weight = has_weight || is_weight_name(problem->spaces[s].name);
    if (has_weight)
        return is_weight_name(name) ? ROLE_CONST : ROLE_INPUT;
    return at == 0 ? ROLE_INPUT : ROLE_CONST;
}

static const struct tensor *declare(struct timeloop_problem *problem, int at, int32_t rank,
                                    const int64_t *shape, struct error *err)
{
    struct import_context *context = problem->context;
    struct tensor tensor = {.name = problem->spaces[at].name,
                            .rank = rank,
                            .format = number_format_float(8, 23),
                            .role = role_of(problem, at),
                            .density = problem->spaces[at].density};
    memcpy(tensor.shape, shape, (size_t)rank * sizeof *shape);
    return import_declare(context, &tensor, context->source->path, err);
}

static bool emit(struct timeloop_problem *problem, struct import_draft *draft,
                 struct error *err)
{
    struct import_context *context = problem->context;
    const struct problem_space *output = &problem->spaces[problem->space_count - 1];
    draft->name = problem->name;
    draft->output_count = 1;
    draft->outputs[0] = (struct tensor){.name = output->name, .role = ROLE_OUTPUT};
    context->summary->nodes = 1;
    return import_build(context, draft, context->source->path, &context->summary->derived, NULL,
                        err);
}

static bool emit_products(struct timeloop_problem *problem, struct error *err)
{
    struct import_draft draft = {.op = "Einsum"};
    char equation[SPACES_MAX * (TENSOR_RANK_MAX + 2) + 1];
    size_t length = 0;
    for (int s = 0; s < problem->space_count; s++) {
        const struct problem_space *space = &problem->spaces[s];
        int64_t shape[TENSOR_RANK_MAX];
        if (space->is_output)
            equation[length++] = '-', equation[length++] = '>';
        else if (s > 0)
            equation[length++] = ',';
        for (int a = 0; a < space->rank; a++) {
            const struct problem_term *term = &space->axes[a].terms[0];
            if (term->factor != 1)
                return refuse(problem, err, "an axis alone has a factor in", space->name);
            shape[a] = problem->dimensions[term->dimension].size;
            equation[length++] = (char)('a' + term->dimension);
        }
        if (space->is_output)
            continue;
        draft.inputs[draft.input_count] = declare(problem, s, space->rank, shape, err);
        if (!draft.inputs[draft.input_count++])
            return false;
    }
    equation[length] = 0;
    draft_text(&draft, "equation", equation);
    return emit(problem, &draft, err);
}

/* A convolution in the making: sizes of its groups, batch, filters and channels; up to three
 * spatial axes. */
struct window {
    int64_t groups, batch, filters, channels;
    int axes;
    int64_t in[3], kernel[3], stride[3], dilation[3];
    bool is_spatial[DIMENSIONS_MAX];
};

static bool add_axis(const struct timeloop_problem *problem, const struct problem_axis *axis,
                     int weight, struct window *window, struct error *err)
{
    const struct problem_term *filter = NULL, *output = NULL;
    for (int t = 0; t < 2; t++) {
        const struct problem_term *term = &axis->terms[t];
        const struct problem_dimension *dimension = &problem->dimensions[term->dimension];
        if (dimension->is_read[weight] && !dimension->is_written)
            filter = term;
        else if (dimension->is_written && !dimension->is_read[weight])
            output = term;
    }
    if (!filter || !output || window->axes == 3 || filter->factor > INT32_MAX ||
        output->factor > INT32_MAX)
        return refuse(
            problem, err,
            "a summed axis must be of one filter and one output dimension, in at most "
            "three axes, near",
            problem->dimensions[axis->terms[0].dimension].name);
    int at = window->axes++;
    int64_t kernel = problem->dimensions[filter->dimension].size;
    int64_t size = problem->dimensions[output->dimension].size, in;
    window->kernel[at] = kernel;
    window->stride[at] = output->factor;
    window->dilation[at] = filter->factor;
    window->is_spatial[filter->dimension] = window->is_spatial[output->dimension] = true;
    int64_t span;
    if (__builtin_mul_overflow(size - 1, output->factor, &in) ||
        __builtin_mul_overflow(kernel - 1, filter->factor, &span) ||
        __builtin_add_overflow(in, span + 1, &window->in[at]))
        return refuse(problem, err, "sizes are out of range near",
                      problem->dimensions[filter->dimension].name);
    return true;
}

static bool sort_dimension(const struct timeloop_problem *problem, int at, int input,
                           int weight, struct window *window, struct error *err)
{
    const struct problem_dimension *dimension = &problem->dimensions[at];
    bool is_in = dimension->is_read[input], is_weight = dimension->is_read[weight];
    bool is_out = dimension->is_written;
    int64_t *factor = is_in && is_weight && is_out ? &window->groups
                      : is_in && is_out            ? &window->batch
                      : is_in && is_weight         ? &window->channels
                      : is_weight && is_out        ? &window->filters
                                                   : NULL;
    if (!factor)
        return refuse(problem, err, "nothing or only one data space has dimension",
                      dimension->name);
    return !__builtin_mul_overflow(*factor, dimension->size, factor) ||
           refuse(problem, err, "sizes are out of range at", dimension->name);
}

static bool emit_convolution(struct timeloop_problem *problem, struct error *err)
{
    struct window window = {.groups = 1, .batch = 1, .filters = 1, .channels = 1};
    int input = count_sums(&problem->spaces[0]) > 0 ? 0 : 1, weight = 1 - input;
    const struct problem_space *space = &problem->spaces[input];
    if (problem->space_count != 3 || count_sums(&problem->spaces[weight]) > 0 ||
        count_sums(&problem->spaces[2]) > 0)
        return refuse(problem, err,
                      "sums of dimensions may stand in one of two operands, not in",
                      problem->spaces[weight].name);
    for (int a = 0; a < space->rank; a++)
        if (space->axes[a].count > 1 &&
            !add_axis(problem, &space->axes[a], weight, &window, err))
            return false;
    for (int i = 0; i < problem->dimension_count; i++)
        if (!window.is_spatial[i] && !sort_dimension(problem, i, input, weight, &window, err))
            return false;
    int64_t in[5] = {window.batch, 0}, weights[5] = {0, window.channels};
    if (__builtin_mul_overflow(window.groups, window.channels, &in[1]) ||
        __builtin_mul_overflow(window.groups, window.filters, &weights[0]))
        return refuse(problem, err, "sizes are out of range in", space->name);
    memcpy(&in[2], window.in, (size_t)window.axes * sizeof *in);
    memcpy(&weights[2], window.kernel, (size_t)window.axes * sizeof *in);
    struct import_draft draft = {.op = "Conv"};
    draft.inputs[0] = declare(problem, input, 2 + window.axes, in, err);
    draft.inputs[1] = declare(problem, weight, 2 + window.axes, weights, err);
    draft.input_count = 2;
    if (!draft.inputs[0] || !draft.inputs[1])
        return false;
    draft_integers(&draft, "kernel_shape", window.kernel, (uint32_t)window.axes);
    draft_integers(&draft, "strides", window.stride, (uint32_t)window.axes);
    draft_integers(&draft, "dilations", window.dilation, (uint32_t)window.axes);
    if (window.groups > 1)
        draft_integers(&draft, "group", &window.groups, 1);
    return emit(problem, &draft, err);
}

/* The batch is the dimension called N. */
static bool set_batch(struct timeloop_problem *problem, struct error *err)
{
    int64_t batch = problem->context->options->batch;
    for (int i = 0; i < problem->dimension_count && batch > 0; i++) {
        if (strcmp(problem->dimensions[i].name, "N") == 0) {
            problem->dimensions[i].size = batch;
            return true;
        }
    }
    return batch == 0 || refuse(problem, err, "there is no batch dimension", "N");
}

static bool check_names(const struct timeloop_problem *problem, struct error *err)
{
    const struct import_options *options = problem->context->options;
    for (size_t i = 0; i < options->input_count; i++) {
        bool is_found = false;
        for (int s = 0; s + 1 < problem->space_count; s++)
            is_found = is_found || strcmp(problem->spaces[s].name, options->inputs[i]) == 0;
        if (!is_found)
            return refuse(problem, err, "there is no data space to read", options->inputs[i]);
    }
    for (int s = 0; s < problem->space_count; s++)
        for (int t = 0; t < s; t++)
            if (strcmp(problem->spaces[s].name, problem->spaces[t].name) == 0)
                return refuse(problem, err, "two data spaces are called",
                              problem->spaces[s].name);
    return true;
}

bool import_timeloop(struct import_context *context, struct error *err)
{
    struct timeloop_problem problem = {.context = context};
    if (!import_yaml_open(&problem.yaml, context->source, err))
        return false;
    bool is_done =
        timeloop_read(&problem, err) && set_batch(&problem, err) && check_names(&problem, err);
    if (is_done) {
        int sums = 0;
        mark_uses(&problem);
        for (int s = 0; s < problem.space_count; s++)
            sums += count_sums(&problem.spaces[s]);
        is_done = sums > 0 ? emit_convolution(&problem, err) : emit_products(&problem, err);
    }
    import_yaml_close(&problem.yaml);
    return is_done;
}

/* A line that starts with "problem:". */
bool import_timeloop_sniff(const char *head, size_t length)
{
    static const char KEY[] = "problem:";
    for (size_t i = 0; i + sizeof KEY <= length; i++)
        if ((i == 0 || head[i - 1] == '\n') && memcmp(head + i, KEY, sizeof KEY - 1) == 0)
            return true;
    return false;
}
