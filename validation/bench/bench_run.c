/* What whole runs cost: from a trace file to a result, in this process and as a program of its
 * own, with the memory that takes, and what is allocated while events play. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "benchmark.h"
#include "play_allocations.h"
#include "sim/config/table.h"
#include "sim/study/run.h"
#include "sim/study/sample.h"
#include "traces/import.h"
#include "traces/trace.h"
#include "workloads/dense/workload.h"

enum { LONG_TRACE = 1000000, ARGUMENTS = 16 };

/* A trace made at first use, in the system's temporary folder, until the process ends. */
static char paths[4][64];

static void remove_paths(void)
{
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (paths[i][0])
            remove(paths[i]);
}

static const char *made(int which, bool (*make)(const char *path, struct error *err))
{
    static bool is_registered;
    if (!is_registered)
        is_registered = atexit(remove_paths) == 0;
    if (paths[which][0])
        return paths[which];
    snprintf(paths[which], sizeof paths[which], "/tmp/cleave-bench-XXXXXX");
    int file = mkstemp(paths[which]);
    struct error err = {0};
    if (file >= 0 && close(file) == 0 && make(paths[which], &err))
        return paths[which];
    fprintf(stderr, "bench: %s\n", err.text);
    return NULL;
}

static bool import_resnet(const char *path, struct error *err)
{
    struct arena arena = {0};
    struct import_options options = {0};
    struct import_summary summary = {0};
    struct sink *sink = trace_writer_open(path, err);
    bool is_made = sink &&
                   import_file(CLEAVE_SOURCE_DIR "/traces/onnx/resnet50.onnx", &options, sink,
                               &arena, &summary, err) &&
                   sink->finish(sink, err);
    arena_free(&arena);
    return is_made;
}

/* One token of GPT-3 behind 2048 cached ones. */
static bool make_gpt3(const char *path, struct error *err)
{
    struct workload_setting settings[] = {{"seq", "1"}, {"past", "2048"}};
    struct sink *sink = trace_writer_open(path, err);
    return sink && workload_build(workload_find("gpt3"), settings, 2, sink, err) &&
           sink->finish(sink, err);
}

/* A chain of rectifiers over one small tensor after the other. */
static bool make_long(const char *path, struct error *err)
{
    struct sink *sink = trace_writer_open(path, err);
    if (!sink)
        return false;
    struct tensor declaration = {.name = "x",
                                 .rank = 2,
                                 .shape = {16, 16},
                                 .format = number_format_integer(true, 8),
                                 .role = ROLE_INPUT,
                                 .density = 1};
    const struct tensor *previous = sink->tensor(sink, &declaration);
    const struct operator_spec *spec = operator_find("Relu");
    for (int i = 0; i < LONG_TRACE; i++) {
        char name[32], own[32];
        snprintf(name, sizeof name, "relu%d", i);
        snprintf(own, sizeof own, "y%d", i);
        declaration.name = own;
        declaration.role = i == LONG_TRACE - 1 ? ROLE_OUTPUT : ROLE_TEMP;
        const struct tensor *result = sink->tensor(sink, &declaration);
        struct operator op = {.name = name,
                              .spec = spec,
                              .input_count = 1,
                              .output_count = 1,
                              .inputs = &previous,
                              .outputs = &result};
        sink->operator(sink, &op);
        previous = result;
    }
    return sink->finish(sink, err);
}

/* The products of the shared table, one after the other. */
static bool make_products(const char *path, struct error *err)
{
    struct arena arena = {0};
    struct number_format byte = number_format_integer(true, 8);
    struct sample_product products[64];
    size_t count = 0;
    struct table table;
    bool is_read = table_load(
        &arena, CLEAVE_SOURCE_DIR "/validation/cases/v2_gemm_dev_calc.csv", &table, err);
    for (size_t row = 0; is_read && row < table.row_count; row++) {
        int64_t m, n, k, rows;
        if (!table_count(&table, row, "gemm_M", &m, err) ||
            !table_count(&table, row, "gemm_N", &n, err) ||
            !table_count(&table, row, "gemm_K", &k, err) ||
            !table_count(&table, row, "array_h", &rows, err))
            break;
        if (rows == 16 && strcmp(table_text(&table, row, "dataflow"), "ws") == 0 && count < 64)
            products[count++] = (struct sample_product){m, k, n, byte, byte, byte};
    }
    const char *made_path = is_read ? sample_products(&arena, products, count, err) : NULL;
    bool is_made = made_path && rename(made_path, path) == 0;
    arena_free(&arena);
    return is_made;
}

static const char *resnet(void)
{
    return made(0, import_resnet);
}

static bool run(const char *chip, const char *trace, const char *const *sets, size_t set_count)
{
    struct arena arena = {0};
    struct error err = {0};
    struct run_result result;
    struct run_request request = {
        .chip = chip, .trace = trace, .sets = sets, .set_count = set_count};
    bool is_done = trace && study_run(&arena, &request, &result, &err);
    if (!is_done)
        fprintf(stderr, "bench: %s\n", err.text);
    arena_free(&arena);
    return is_done;
}

static double milliseconds(const char *chip, const char *trace, const char *set)
{
    double start = bench_cpu_seconds();
    bool is_done = run(chip, trace, &set, set ? 1 : 0);
    return is_done ? (bench_cpu_seconds() - start) * 1e3 : -1;
}

static double resnet_milliseconds(int is_command)
{
    return milliseconds("tpu-v1", resnet(), is_command ? "memory.fidelity=command" : NULL);
}

static double gpt3_seconds(int unused)
{
    (void)unused;
    return milliseconds("tpu-v1", made(1, make_gpt3), NULL) * 1e-3;
}

static const char *const DATAFLOWS[] = {"ws", "os", "is"};
static const int SIDES[] = {16, 32, 128};

static double products_milliseconds(int unused)
{
    (void)unused;
    const char *trace = made(3, make_products);
    double start = bench_cpu_seconds();
    for (int i = 0; i < 9; i++) {
        char rows[32], cols[32], dataflow[32];
        snprintf(rows, sizeof rows, "core.rows=%d", SIDES[i / 3]);
        snprintf(cols, sizeof cols, "core.cols=%d", SIDES[i / 3]);
        snprintf(dataflow, sizeof dataflow, "core.dataflow=%s", DATAFLOWS[i % 3]);
        const char *sets[] = {rows, cols, dataflow};
        if (!run("scalesim", trace, sets, 3))
            return -1;
    }
    return (bench_cpu_seconds() - start) * 1e3;
}

/* CPU time and largest resident set of programs. */
struct usage {
    double cpu_seconds, peak_mib;
};

static bool spawn(char *const *arguments)
{
    pid_t child = fork();
    if (child == 0) {
        int sink = open("/dev/null", O_WRONLY);
        dup2(sink, STDOUT_FILENO);
        execv(CLEAVE_PROGRAM, arguments);
        _exit(127);
    }
    int status;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* Usage of children is kept per process for all of them: a process in between sees these alone.
 */
static bool measure(char *const *const *programs, int count, struct usage *usage)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    pid_t between = fork();
    if (between == 0) {
        bool is_done = true;
        for (int i = 0; i < count; i++)
            is_done = spawn(programs[i]) && is_done;
        struct rusage used;
        getrusage(RUSAGE_CHILDREN, &used);
        struct usage seen = {(double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                                 1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec),
                             (double)used.ru_maxrss / 1024};
        ssize_t written = write(ends[1], &seen, sizeof seen);
        _exit(is_done && written == sizeof seen ? 0 : 1);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], usage, sizeof *usage);
    close(ends[0]);
    int status = 1;
    return between > 0 && waitpid(between, &status, 0) == between && status == 0 &&
           got == sizeof *usage;
}

static bool measure_run(const char *chip, const char *trace, const char *format,
                        struct usage *usage)
{
    char *arguments[] = {"cleave",   "run",          (char *)chip, (char *)trace,
                         "--format", (char *)format, NULL};
    char *const *programs[] = {arguments};
    return trace && measure(programs, 1, usage);
}

static double program_milliseconds(int unused)
{
    (void)unused;
    struct usage usage;
    return measure_run("tpu-v1", resnet(), "json", &usage) ? usage.cpu_seconds * 1e3 : -1;
}

static double program_peak(int is_long)
{
    struct usage usage;
    bool is_done = is_long ? measure_run("edge", made(2, make_long), "table", &usage)
                           : measure_run("tpu-v1", resnet(), "json", &usage);
    return is_done ? usage.peak_mib : -1;
}

static double json_peak(int unused)
{
    (void)unused;
    struct usage usage;
    return measure_run("edge", made(2, make_long), "json", &usage) ? usage.peak_mib : -1;
}

static double nine_programs_milliseconds(int unused)
{
    (void)unused;
    char texts[9][3][32], *arguments[9][ARGUMENTS], *const *programs[9];
    const char *trace = made(3, make_products);
    for (int i = 0; i < 9; i++) {
        snprintf(texts[i][0], 32, "core.rows=%d", SIDES[i / 3]);
        snprintf(texts[i][1], 32, "core.cols=%d", SIDES[i / 3]);
        snprintf(texts[i][2], 32, "core.dataflow=%s", DATAFLOWS[i % 3]);
        char *list[] = {"cleave", "run",       "scalesim",  (char *)trace, "--format",
                        "csv",    "--set",     texts[i][0], "--set",       texts[i][1],
                        "--set",  texts[i][2], NULL};
        memcpy(arguments[i], list, sizeof list);
        programs[i] = arguments[i];
    }
    struct usage usage;
    return trace && measure(programs, 9, &usage) ? usage.cpu_seconds * 1e3 : -1;
}

static double million_operators_a_second(int is_check)
{
    struct error err = {0};
    const char *path = made(2, make_long);
    double start = bench_cpu_seconds();
    struct trace_reader *trace = path ? trace_open(path, &err) : NULL;
    if (!trace)
        return -1;
    double opened = bench_cpu_seconds();
    struct operator op;
    uint64_t count = 0;
    while (trace_next(trace, &op, &err))
        count++;
    double read = bench_cpu_seconds();
    trace_close(trace);
    double seconds = is_check ? opened - start : read - opened;
    return count == LONG_TRACE ? 1e-6 * LONG_TRACE / seconds : -1;
}

static double run_operators_a_second(int unused)
{
    (void)unused;
    struct arena arena = {0};
    struct error err = {0};
    struct run_result result;
    struct run_request request = {
        .chip = "edge", .trace = made(2, make_long), .keep = RUN_KEEP_NONE};
    double start = bench_cpu_seconds();
    bool is_done = request.trace && study_run(&arena, &request, &result, &err);
    double seconds = bench_cpu_seconds() - start;
    arena_free(&arena);
    return is_done ? 1e-6 * LONG_TRACE / seconds : -1;
}

enum { WHILE_PLAYING, WHILE_PLAYING_COMMAND, WHILE_PLACING };

static double allocations(int when)
{
    struct arena arena = {0};
    struct error err = {0};
    struct run_result result;
    const char *set = "memory.fidelity=command";
    struct run_request request = {.chip = "tpu-v1",
                                  .trace = resnet(),
                                  .sets = &set,
                                  .set_count = when == WHILE_PLAYING_COMMAND ? 1 : 0,
                                  .keep = RUN_KEEP_NONE};
    play_allocations_reset();
    bool is_done = request.trace && study_run(&arena, &request, &result, &err);
    arena_free(&arena);
    if (!is_done)
        return -1;
    return (double)(when == WHILE_PLACING ? play_allocations_placing() : play_allocations());
}

const struct bench_row run_rows[] = {
    {"ResNet-50 on tpu-v1, trace to result", "ms", resnet_milliseconds, 0, BAR_AT_MOST, 20},
    {"the same, fidelity command", "ms", resnet_milliseconds, 1, BAR_AT_MOST, 60},
    {"the same as a program", "ms", program_milliseconds, 0, BAR_AT_MOST, 20},
    {"its peak resident set", "MiB", program_peak, 0, BAR_AT_MOST, 64},
    {"GPT-3 decoding a token on tpu-v1", "s", gpt3_seconds, 0, BAR_AT_MOST, 1},
    {"19 products, 3 dataflows, 3 arrays", "ms", products_milliseconds, 0, BAR_AT_MOST, 50},
    {"the same in nine programs", "ms", nine_programs_milliseconds, 0, BAR_AT_MOST, 50},
    {"allocations while events play", "", allocations, WHILE_PLAYING, BAR_AT_MOST, 0},
    {"the same, fidelity command", "", allocations, WHILE_PLAYING_COMMAND, BAR_AT_MOST, 0},
    {"allocations while operators are placed", "", allocations, WHILE_PLACING, BAR_NONE, 0},
    {"trace of 1,000,000 operators, check", "M op/s", million_operators_a_second, 1, BAR_NONE,
     0},
    {"trace of 1,000,000 operators, parse", "M op/s", million_operators_a_second, 0,
     BAR_AT_LEAST, 1},
    {"running them on edge", "M op/s", run_operators_a_second, 0, BAR_NONE, 0},
    {"the same as a program, peak resident set", "MiB", program_peak, 1, BAR_AT_MOST, 64},
    {"the same with every operator as JSON", "MiB", json_peak, 0, BAR_AT_MOST, 64},
    {0},
};
