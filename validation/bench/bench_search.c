/* How fast the mapper is: model evaluations a second, and time per operator for the shapes of
 * ResNet-50, BERT and GPT on a systolic core and on a spatial one with register files. */
#include "arch/mapping/search.h"
#include "benchmark.h"
#include "validation/unit/reference_space.h"

/* Output channels, input channels, output size, filter size, stride: ResNet-50's distinct
 * convolutions (stride on the 3 x 3), the last with output size 1: its classifier. */
static const int64_t RESNET[][5] = {
    {64, 3, 112, 7, 2},    {64, 64, 56, 1, 1},    {64, 64, 56, 3, 1},    {256, 64, 56, 1, 1},
    {64, 256, 56, 1, 1},   {128, 256, 56, 1, 1},  {128, 128, 28, 3, 2},  {512, 128, 28, 1, 1},
    {512, 256, 28, 1, 2},  {128, 512, 28, 1, 1},  {128, 128, 28, 3, 1},  {256, 512, 28, 1, 1},
    {256, 256, 14, 3, 2},  {1024, 256, 14, 1, 1}, {1024, 512, 14, 1, 2}, {256, 1024, 14, 1, 1},
    {256, 256, 14, 3, 1},  {512, 1024, 14, 1, 1}, {512, 512, 7, 3, 2},   {2048, 512, 7, 1, 1},
    {2048, 1024, 7, 1, 2}, {512, 2048, 7, 1, 1},  {512, 512, 7, 3, 1},   {1000, 2048, 1, 1, 1}};

/* Groups, m, k, n: BERT base at 384 tokens, a 6.7 B GPT at 2048 tokens and decoding one. */
static const int64_t TRANSFORMER[][4] = {
    {1, 384, 768, 768},     {1, 384, 768, 3072},    {1, 384, 3072, 768},
    {12, 384, 64, 384},     {12, 384, 384, 64},     {1, 2048, 4096, 12288},
    {1, 2048, 4096, 16384}, {1, 2048, 4096, 50257}, {32, 2048, 128, 2048},
    {1, 1, 4096, 16384},    {32, 1, 128, 2048}};

enum {
    RESNET_SHAPES = sizeof RESNET / sizeof RESNET[0],
    TRANSFORMER_SHAPES = sizeof TRANSFORMER / sizeof TRANSFORMER[0]
};

static struct contraction shape(int index)
{
    if (index >= RESNET_SHAPES) {
        const int64_t *t = TRANSFORMER[index - RESNET_SHAPES];
        return contraction_product(t[0], t[1], t[2], t[3]);
    }
    const int64_t *r = RESNET[index];
    return square_convolution(1, r[0], r[1], r[2], r[3], (int32_t)r[4]);
}

struct sum {
    double seconds, longest, worst_gap;
    uint64_t evaluations;
    int complete, count;
};

static struct sum search_shapes(const struct space *space, enum search_objective objective,
                                int first, int end)
{
    struct sum sum = {0};
    struct search_options options = {.objective = objective};
    for (int i = first; i < end; i++) {
        struct contraction c = shape(i);
        struct search_result result;
        double start = bench_cpu_seconds();
        bool is_found = search_best(space, &c, &options, &result, NULL);
        double seconds = bench_cpu_seconds() - start;
        sum.seconds += seconds;
        sum.longest = seconds > sum.longest ? seconds : sum.longest;
        sum.evaluations += is_found ? result.evaluations : 0;
        sum.worst_gap = result.gap > sum.worst_gap ? result.gap : sum.worst_gap;
        sum.complete += is_found && result.is_complete;
        sum.count++;
    }
    return sum;
}

static struct space space_of(int is_spatial)
{
    static const int64_t rows = 256;
    return is_spatial ? spatial_space() : systolic_space(&rows);
}

static double million_evaluations(int is_spatial)
{
    struct space space = space_of(is_spatial);
    struct sum sum =
        search_shapes(&space, SEARCH_CYCLES, 0, RESNET_SHAPES + TRANSFORMER_SHAPES);
    return (double)sum.evaluations / sum.seconds * 1e-6;
}

static double longest_milliseconds(int is_spatial)
{
    struct space space = space_of(is_spatial);
    return search_shapes(&space, SEARCH_CYCLES, 0, RESNET_SHAPES + TRANSFORMER_SHAPES).longest *
           1e3;
}

static double resnet_milliseconds(int is_spatial)
{
    struct space space = space_of(is_spatial);
    return search_shapes(&space, SEARCH_CYCLES, 0, RESNET_SHAPES).seconds * 1e3;
}

/* Rows of the register-file core are numbered 1 + objective. */
static enum search_objective objective_of(int row)
{
    return (enum search_objective)(row > 1 ? row - 1 : SEARCH_CYCLES);
}

static struct sum search_row(int row)
{
    struct space space = space_of(row > 0);
    return search_shapes(&space, objective_of(row), 0, RESNET_SHAPES + TRANSFORMER_SHAPES);
}

static double complete_share(int row)
{
    struct sum sum = search_row(row);
    return 100.0 * sum.complete / sum.count;
}

static double worst_gap(int row)
{
    return 100 * search_row(row).worst_gap;
}

static double longest_of_row(int row)
{
    return search_row(row).longest * 1e3;
}

const struct bench_row search_rows[] = {
    {"mapper, systolic core", "M eval/s", million_evaluations, 0, BAR_AT_LEAST, 1},
    {"mapper, register files", "M eval/s", million_evaluations, 1, BAR_AT_LEAST, 1},
    {"slowest operator, systolic core", "ms", longest_milliseconds, 0, BAR_AT_MOST, 100},
    {"slowest operator, register files", "ms", longest_milliseconds, 1, BAR_AT_MOST, 100},
    {"ResNet-50's 24 shapes, systolic core", "ms", resnet_milliseconds, 0, BAR_AT_MOST, 150},
    {"ResNet-50's 24 shapes, register files", "ms", resnet_milliseconds, 1, BAR_NONE, 0},
    {"searches complete, systolic core", "%", complete_share, 0, BAR_AT_LEAST, 100},
    {"searches complete, register files", "%", complete_share, 1, BAR_AT_LEAST, 100},
    {"the same by cost", "%", complete_share, 2, BAR_AT_LEAST, 100},
    {"the same by product", "%", complete_share, 3, BAR_AT_LEAST, 100},
    {"slowest operator, register files by cost", "ms", longest_of_row, 2, BAR_AT_MOST, 100},
    {"the same by product", "ms", longest_of_row, 3, BAR_AT_MOST, 100},
    {"worst bound gap, register files", "%", worst_gap, 1, BAR_AT_MOST, 5},
    {"the same by cost", "%", worst_gap, 2, BAR_AT_MOST, 5},
    {"the same by product", "%", worst_gap, 3, BAR_AT_MOST, 5},
    {0},
};
