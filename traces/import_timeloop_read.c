/* Dimensions, sizes and projections of a Timeloop problem. */
#include "traces/import_timeloop.h"

#include <stdlib.h>
#include <string.h>

static int find_dimension(const struct timeloop_problem *problem, const char *name)
{
    for (int i = 0; i < problem->dimension_count; i++)
        if (strcmp(problem->dimensions[i].name, name) == 0)
            return i;
    return -1;
}

static bool read_count(struct timeloop_problem *problem, yaml_node_t *node, const char *what,
                       int64_t *value, struct error *err)
{
    const char *text = import_yaml_text(node);
    char *end = NULL;
    if (text && *text >= '0' && *text <= '9' && strlen(text) <= 12)
        *value = strtoll(text, &end, 10);
    if (!end || *end || *value < 1)
        return import_yaml_error(&problem->yaml, node, err,
                                 "%.40s is '%.40s', must be a whole number of at least 1", what,
                                 text ? text : "no number");
    return true;
}

/* Coefficients stand in the instance, or have a default in the shape; 1 otherwise. */
static bool read_factor(struct timeloop_problem *problem, const char *name, int64_t *factor,
                        struct error *err)
{
    *factor = 1;
    yaml_node_t *node = import_yaml_get(&problem->yaml, problem->instance, name, NULL);
    yaml_node_t *list = import_yaml_get(&problem->yaml, problem->shape, "coefficients", NULL);
    for (size_t i = 0; !node; i++) {
        yaml_node_t *item = import_yaml_item(&problem->yaml, list, i);
        if (!item)
            return true;
        const char *found =
            import_yaml_text(import_yaml_get(&problem->yaml, item, "name", NULL));
        if (found && strcmp(found, name) == 0)
            node = import_yaml_get(&problem->yaml, item, "default", NULL);
    }
    return read_count(problem, node, name, factor, err);
}

static bool add_dimension(struct timeloop_problem *problem, const yaml_node_t *place,
                          const char *name, struct error *err)
{
    if (!name || !name[0] || strlen(name) > SPACE_NAME_MAX ||
        problem->dimension_count == DIMENSIONS_MAX || find_dimension(problem, name) >= 0)
        return import_yaml_error(&problem->yaml, place, err,
                                 "dimensions must be at most %d different names",
                                 DIMENSIONS_MAX);
    struct problem_dimension *dimension = &problem->dimensions[problem->dimension_count++];
    *dimension = (struct problem_dimension){.name = name};
    yaml_node_t *size = import_yaml_get(&problem->yaml, problem->instance, name, NULL);
    if (!size)
        return import_yaml_error(&problem->yaml, problem->instance, err,
                                 "dimension '%.40s' has no size in the instance", name);
    return read_count(problem, size, name, &dimension->size, err);
}

static bool read_term(struct timeloop_problem *problem, yaml_node_t *node,
                      struct problem_axis *axis, struct error *err)
{
    const char *name = import_yaml_text(node);
    const char *factor = NULL;
    if (!name) {
        name = import_yaml_text(import_yaml_item(&problem->yaml, node, 0));
        factor = import_yaml_text(import_yaml_item(&problem->yaml, node, 1));
    }
    int at = name ? find_dimension(problem, name) : -1;
    if (at < 0)
        return import_yaml_error(&problem->yaml, node, err,
                                 "'%.40s' in a projection is no dimension", name ? name : "?");
    if (axis->count == TERMS_MAX)
        return import_yaml_error(&problem->yaml, node, err,
                                 "an axis is a sum of more than %d dimensions", TERMS_MAX);
    struct problem_term *term = &axis->terms[axis->count++];
    term->dimension = at;
    term->factor = 1;
    return !factor || read_factor(problem, factor, &term->factor, err);
}

static bool read_projection(struct timeloop_problem *problem, struct problem_space *space,
                            yaml_node_t *node, struct error *err)
{
    if (!node || node->type != YAML_SEQUENCE_NODE)
        return import_yaml_error(&problem->yaml, node ? node : space->node, err,
                                 "the projection of '%.40s' must be a list of axes",
                                 space->name);
    for (size_t i = 0;; i++) {
        yaml_node_t *item = import_yaml_item(&problem->yaml, node, i);
        if (!item)
            return true;
        if (space->rank == TENSOR_RANK_MAX)
            return import_yaml_error(&problem->yaml, item, err, "'%.40s' has more than %d axes",
                                     space->name, TENSOR_RANK_MAX);
        struct problem_axis *axis = &space->axes[space->rank++];
        if (import_yaml_text(item)) {
            if (!read_term(problem, item, axis, err))
                return false;
            continue;
        }
        yaml_node_t *term;
        for (size_t k = 0; (term = import_yaml_item(&problem->yaml, item, k)); k++)
            if (!read_term(problem, term, axis, err))
                return false;
        if (axis->count == 0)
            return import_yaml_error(&problem->yaml, item, err, "an axis of '%.40s' is empty",
                                     space->name);
    }
}

static bool is_true(const char *text)
{
    return text && (strcmp(text, "True") == 0 || strcmp(text, "true") == 0 ||
                    strcmp(text, "TRUE") == 0 || strcmp(text, "1") == 0);
}

static bool read_density(struct timeloop_problem *problem, struct problem_space *space,
                         struct error *err)
{
    yaml_node_t *all = import_yaml_get(&problem->yaml, problem->instance, "densities", NULL);
    yaml_node_t *node = import_yaml_get(&problem->yaml, all, space->name, NULL);
    space->density = 1;
    if (!node)
        return true;
    if (node->type == YAML_MAPPING_NODE)
        node = import_yaml_get(&problem->yaml, node, "density", NULL);
    const char *text = import_yaml_text(node);
    char *end = NULL;
    if (text)
        space->density = strtod(text, &end);
    if (!text || end == text || *end || !(space->density > 0 && space->density <= 1))
        return import_yaml_error(&problem->yaml, node ? node : all, err,
                                 "the density of '%.40s' must be above 0 and at most 1",
                                 space->name);
    return true;
}

static bool read_spaces(struct timeloop_problem *problem, struct error *err)
{
    yaml_node_t *list =
        import_yaml_get(&problem->yaml, problem->shape, "data-spaces", "data_spaces");
    struct problem_space output = {0};
    int outputs = 0;
    for (size_t i = 0;; i++) {
        yaml_node_t *item = import_yaml_item(&problem->yaml, list, i);
        if (!item)
            break;
        struct problem_space space = {.node = item};
        space.name = import_yaml_text(import_yaml_get(&problem->yaml, item, "name", NULL));
        if (!space.name || strlen(space.name) > SPACE_NAME_MAX ||
            problem->space_count == SPACES_MAX - 1)
            return import_yaml_error(&problem->yaml, item, err,
                                     "there must be at most %d data spaces, each with a name",
                                     SPACES_MAX - 1);
        space.is_output = is_true(import_yaml_text(
            import_yaml_get(&problem->yaml, item, "read-write", "read_write")));
        if (!read_projection(problem, &space,
                             import_yaml_get(&problem->yaml, item, "projection", NULL), err) ||
            !read_density(problem, &space, err))
            return false;
        if (space.is_output) {
            output = space;
            outputs++;
        } else {
            problem->spaces[problem->space_count++] = space;
        }
    }
    if (outputs != 1 || problem->space_count < 1)
        return import_yaml_error(
            &problem->yaml, list ? list : problem->shape, err,
            "there must be one read-write data space and at least one other");
    problem->spaces[problem->space_count++] = output;
    return true;
}

/* The shape Timeloop has built in. */
static bool use_convolution(struct timeloop_problem *problem, const yaml_node_t *place,
                            struct error *err)
{
    static const char *const NAMES[] = {"N", "C", "M", "P", "Q", "R", "S"};
    enum { N, C, M, P, Q, R, S };
    int64_t factor[4];
    static const char *const FACTORS[] = {"Wstride", "Wdilation", "Hstride", "Hdilation"};
    for (int i = 0; i < 7; i++)
        if (!add_dimension(problem, place, NAMES[i], err))
            return false;
    for (int i = 0; i < 4; i++)
        if (!read_factor(problem, FACTORS[i], &factor[i], err))
            return false;
    problem->spaces[0] =
        (struct problem_space){.name = "Inputs",
                               .rank = 4,
                               .axes = {{{{N, 1}}, 1},
                                        {{{C, 1}}, 1},
                                        {{{R, factor[1]}, {P, factor[0]}}, 2},
                                        {{{S, factor[3]}, {Q, factor[2]}}, 2}}};
    problem->spaces[1] = (struct problem_space){
        .name = "Weights",
        .rank = 4,
        .axes = {{{{M, 1}}, 1}, {{{C, 1}}, 1}, {{{R, 1}}, 1}, {{{S, 1}}, 1}}};
    problem->spaces[2] = (struct problem_space){
        .name = "Outputs",
        .rank = 4,
        .axes = {{{{N, 1}}, 1}, {{{M, 1}}, 1}, {{{P, 1}}, 1}, {{{Q, 1}}, 1}},
        .is_output = true};
    problem->space_count = 3;
    for (int i = 0; i < 3; i++)
        if (!read_density(problem, &problem->spaces[i], err))
            return false;
    return true;
}

bool timeloop_read(struct timeloop_problem *problem, struct error *err)
{
    struct import_yaml *yaml = &problem->yaml;
    yaml_node_t *root = import_yaml_get(yaml, import_yaml_root(yaml), "problem", NULL);
    if (!root || root->type != YAML_MAPPING_NODE)
        return import_yaml_error(yaml, import_yaml_root(yaml), err,
                                 "there is no section 'problem'");
    problem->shape = import_yaml_get(yaml, root, "shape", NULL);
    problem->instance = import_yaml_get(yaml, root, "instance", NULL);
    if (!problem->instance)
        problem->instance = root; /* early files state sizes beside the shape */
    const char *built_in = import_yaml_text(problem->shape);
    const char *name = import_yaml_text(import_yaml_get(yaml, problem->shape, "name", NULL));
    problem->name = built_in ? built_in : name && name[0] ? name : "problem";
    if (built_in) {
        if (strcmp(built_in, "cnn-layer") != 0 && strcmp(built_in, "cnn_layer") != 0)
            return import_yaml_error(yaml, problem->shape, err,
                                     "shape '%.40s' is not known by name; state its dimensions "
                                     "and data spaces",
                                     built_in);
        return use_convolution(problem, problem->shape, err);
    }
    yaml_node_t *list = import_yaml_get(yaml, problem->shape, "dimensions", NULL);
    if (!list || list->type != YAML_SEQUENCE_NODE)
        return import_yaml_error(yaml, problem->shape ? problem->shape : root, err,
                                 "the shape has no list of dimensions");
    yaml_node_t *item;
    for (size_t i = 0; (item = import_yaml_item(yaml, list, i)); i++)
        if (!add_dimension(problem, item, import_yaml_text(item), err))
            return false;
    return read_spaces(problem, err);
}
