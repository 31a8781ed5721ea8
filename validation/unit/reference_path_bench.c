#include "path_bench.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "workloads/dense/workload.h"

const struct path_chip PATH_CHIP[PATH_CHIPS] = {{"edge", "dram", "buffer", "array"},
                                                {"gemmini", "dram", "scratchpad", "mesh"},
                                                {"onnxim", "hbm", "spad", "mxu"},
                                                {"tpu-v1", "weights", "ub", "mxu"},
                                                {"scalesim", "dram", "sram", "array"},
                                                {"aie", "dram", "data", "tile"},
                                                {"aie-ml", "dram", "data", "tile"},
                                                {"c64x-plus", "dram", "l1d", "dsp"},
                                                {"c674x", "dram", "l1d", "dsp"},
                                                {"hvx", "dram", "l2", "hvx"},
                                                {"vliw-teaching", "dram", "local", "small"},
                                                {"mesh-teaching", "dram", "buffer", "array"}};

/* A layer of each kind that a chip meets: dense, convolved, depthwise, attention, recurrent,
 * irregular. */
static const struct {
    const char *workload;
    struct workload_setting settings[7];
    size_t count;
} TRACES[PATH_TRACES] = {
    {"gemm", {{"m", "96"}, {"n", "112"}, {"k", "200"}}, 3},
    {"conv", {{"c", "64"}, {"h", "14"}, {"k", "48"}, {"stride", "2"}}, 4},
    {"conv", {{"c", "32"}, {"h", "14"}, {"k", "32"}, {"group", "32"}}, 4},
    {"attention", {{NULL, NULL}}, 0},
    {"gru-lm", {{"seq", "2"}, {"hidden", "40"}, {"layers", "1"}, {"vocabulary", "100"}}, 4},
    {"gemm", {{"m", "512"}, {"n", "16"}, {"k", "256"}}, 3},
    {"bfs", {{"graph", "rmat"}, {"scale", "8"}, {"seed", "3"}}, 3},
};
struct arena path_arena;
static char path[64];

void path_setup(void)
{
    arena_init(&path_arena);
}

void path_teardown(void)
{
    remove(path);
    arena_free(&path_arena);
}

const struct tensor *path_tensor(struct sink *sink, const char *name, enum tensor_role role,
                                 int64_t rows, int64_t columns)
{
    struct tensor declaration = {.name = name,
                                 .rank = 2,
                                 .shape = {rows, columns},
                                 .format = number_format_float(8, 23),
                                 .role = role,
                                 .density = 1};
    return sink->tensor(sink, &declaration);
}

/* softmax(Q K) V of one head: 48 queries, 64 wide, over 80 keys. */
static bool build_attention(struct sink *sink)
{
    const struct tensor *query = path_tensor(sink, "q", ROLE_INPUT, 48, 64);
    const struct tensor *keys = path_tensor(sink, "k", ROLE_CONST, 64, 80);
    const struct tensor *values = path_tensor(sink, "v", ROLE_CONST, 80, 64);
    const struct tensor *scores = path_tensor(sink, "s", ROLE_TEMP, 48, 80);
    const struct tensor *shares = path_tensor(sink, "p", ROLE_TEMP, 48, 80);
    const struct tensor *result = path_tensor(sink, "y", ROLE_OUTPUT, 48, 64);
    const struct {
        const char *op;
        const struct tensor *in[2], *out;
    } OPERATORS[] = {{"MatMul", {query, keys}, scores},
                     {"Softmax", {scores}, shares},
                     {"MatMul", {shares, values}, result}};
    for (size_t i = 0; i < 3; i++) {
        struct operator op = {.name = OPERATORS[i].out->name,
                              .spec = operator_find(OPERATORS[i].op),
                              .input_count = OPERATORS[i].in[1] ? 2 : 1,
                              .output_count = 1};
        op.inputs = (const struct tensor **)OPERATORS[i].in;
        op.outputs = (const struct tensor **)&OPERATORS[i].out;
        sink->operator(sink, &op);
    }
    return true;
}

struct sink *path_open_trace(void)
{
    remove(path);
    snprintf(path, sizeof path, "/tmp/cleave-path-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    struct error err = {0};
    struct sink *sink = trace_writer_open(path, &err);
    ck_assert_msg(sink != NULL, "%s", err.text);
    return sink;
}

const char *path_trace_file(void)
{
    return path;
}

const char *path_trace_name(enum path_trace trace)
{
    return TRACES[trace].workload;
}

void path_make_trace(enum path_trace trace)
{
    struct error err = {0};
    struct sink *sink = path_open_trace();
    bool is_built =
        TRACES[trace].count == 0
            ? build_attention(sink)
            : workload_build(workload_find(TRACES[trace].workload), TRACES[trace].settings,
                             TRACES[trace].count, sink, &err);
    ck_assert_msg(is_built && sink->finish(sink, &err), "%s", err.text);
}

struct run_result path_run(int chip, const char *const *sets)
{
    const char *made[PATH_SETS_MOST];
    size_t count = 0;
    for (; sets && sets[count]; count++) {
        ck_assert_uint_lt(count, PATH_SETS_MOST);
        const char *which = strncmp(sets[count], "memory.D", 8) == 0   ? PATH_CHIP[chip].dram
                            : strncmp(sets[count], "memory.S", 8) == 0 ? PATH_CHIP[chip].sram
                                                                       : PATH_CHIP[chip].core;
        const char *key = strchr(sets[count], '!');
        made[count] = key ? arena_format(&path_arena, "%.*s.%s.%s",
                                         (int)(strchr(sets[count], '.') - sets[count]),
                                         sets[count], which, key + 1)
                          : sets[count];
    }
    struct run_request request = {
        .chip = PATH_CHIP[chip].name, .trace = path, .sets = made, .set_count = count};
    struct run_result result;
    struct error err = {0};
    ck_assert_msg(study_run(&path_arena, &request, &result, &err), "%s %s: %s",
                  PATH_CHIP[chip].name, count ? made[count - 1] : "", err.text);
    return result;
}

void path_check_accounts(const struct run_result *result, const char *what)
{
    for (size_t i = 0; i < result->operator_count; i++)
        ck_assert_msg(cycle_account_total(&result->operators[i].record.account) ==
                          result->operators[i].record.cycles,
                      "%s: operator %zu", what, i);
    for (int32_t i = 0; i < result->totals.core_count; i++)
        ck_assert_msg(cycle_account_total(&result->totals.cores[i].account) ==
                          result->totals.cycles,
                      "%s: core %d", what, i);
}

uint64_t path_count(const struct run_result *result, const char *meter)
{
    uint64_t count = 0;
    const struct inventory *inventory = &result->chip->inventory;
    for (size_t i = 0; i < inventory->meter_count; i++)
        if (strcmp(inventory_meter_name(inventory, (int32_t)i), meter) == 0)
            count += result->totals.ledger.counts[i];
    return count;
}
