#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "random_run.h"

int64_t random_between(struct random *random, int64_t low, int64_t high)
{
    return low + (int64_t)random_below(random, (uint64_t)(high - low + 1));
}

void random_case_begin(struct random_case *c, uint64_t seed, const char *suite,
                       struct arena *arena)
{
    *c = (struct random_case){
        .seed = seed, .arena = arena, .random = random_make(seed, suite), .chip = "edge"};
}

static const char *one_of(struct random *random, const char *const *texts)
{
    uint64_t count = 0;
    while (texts[count])
        count++;
    return texts[random_below(random, count)];
}

static const char *const DATAFLOWS[] = {"ws", "os", "is", NULL};
static const char *const DRAINS[] = {"in-place", "serial", "overlapped", NULL};
static const char *const EDGES[] = {"full", "used", NULL};
static const char *const PRELOADS[] = {"single", "double", NULL};
static const char *const EPILOGUES[] = {"none", "simple", "any", NULL};
static const char *const RESIDENCIES[] = {"none", "activations", "all", NULL};

static void write_array(struct random_case *c, FILE *out)
{
    struct random *r = &c->random;
    const char *dataflow = one_of(r, DATAFLOWS);
    fprintf(out,
            "core array {\n family = \"systolic\"\n clock = \"%d MHz\"\n native = \"i8\"\n"
            " scratch = \"sram\"\n rows = %d\n cols = %d\n dataflow = \"%s\"\n drain = \"%s\"\n"
            " edges = \"%s\"\n preload = \"%s\"\n epilogue = \"%s\"\n",
            (int)random_between(r, 2, 10) * 100, (int)random_between(r, 1, 40),
            (int)random_between(r, 1, 40), dataflow, one_of(r, DRAINS), one_of(r, EDGES),
            one_of(r, PRELOADS), one_of(r, EPILOGUES));
    if (random_chance(r, 1, 2))
        fprintf(out, " accumulator_rows = %d\n", (int)random_between(r, 8, 1024));
    if (strcmp(dataflow, "ws") == 0 && random_chance(r, 1, 3))
        fprintf(out, " weight_fifo = %d\n", (int)random_between(r, 1, 6));
    if (strcmp(dataflow, "ws") == 0 && random_chance(r, 1, 3))
        fprintf(out, " groups = \"packed\"\n");
    if (random_chance(r, 1, 4))
        fprintf(out, " startup = %d\n command = %d\n", (int)random_between(r, 0, 500),
                (int)random_between(r, 0, 20));
    if (random_chance(r, 1, 4))
        fprintf(out, " weight_path = %d\n output_path = %d\n input_path = %d\n",
                (int)random_between(r, 1, 64), (int)random_between(r, 1, 64),
                (int)random_between(r, 1, 64));
    if (random_chance(r, 1, 3))
        fprintf(out, " formats = {\"u8*i8=1\", \"i8*i16=2\", \"i16*i16=4\", \"f32*f32=4\"}\n");
    if (random_chance(r, 1, 3))
        fprintf(out, " count = %d\n", (int)random_between(r, 2, 4));
    fprintf(out, "}\n");
}

void random_chip_file(struct random_case *c)
{
    struct random *r = &c->random;
    char *path = arena_copy_text(c->arena, "/tmp/cleave-law-XXXXXX");
    int file = mkstemp(path);
    FILE *out = file >= 0 ? fdopen(file, "w") : NULL;
    ck_assert_ptr_nonnull(out);
    c->chip = path;
    c->is_chip_file = true;
    fprintf(out, "process = \"tsmc-28\"\n");
    write_array(c, out);
    bool has_lanes = random_chance(r, 3, 4);
    if (has_lanes)
        fprintf(out,
                "core lanes {\n family = \"vector\"\n clock = \"%d MHz\"\n native = \"i8\"\n"
                " scratch = \"sram\"\n lanes = %d\n rate = %d\n special_cycles = %d\n"
                " latency = %d\n startup = %d\n takes = {\"sparse-contraction\", \"map\", "
                "\"reduce\", \"gather\", \"scatter\", \"merge\", \"chase\", \"stencil\", "
                "\"move\"}\n}\nlast_resort = \"lanes\"\n",
                (int)random_between(r, 2, 10) * 100, (int)random_between(r, 1, 64),
                (int)random_between(r, 1, 4), (int)random_between(r, 1, 8),
                (int)random_between(r, 1, 20), (int)random_between(r, 0, 50));
    fprintf(out,
            "memory sram {\n kind = \"sram\"\n capacity = \"%d KiB\"\n width = \"%d bit\"\n"
            " residency = \"%s\"\n}\n",
            4 << random_between(r, 0, 9), 8 << random_between(r, 0, 6), one_of(r, RESIDENCIES));
    fprintf(out,
            "memory dram {\n kind = \"dram\"\n capacity = \"1 GiB\"\n device = \"ddr4-3200\"\n"
            " bandwidth = \"%d MB/s\"\n latency = \"%d ns\"\n}\n",
            (int)random_between(r, 1, 250) * 100, (int)random_between(r, 1, 200));
    if (random_chance(r, 1, 2))
        fprintf(out, "host {\n bandwidth = \"%d MB/s\"\n overlap = \"%s\"\n}\n",
                (int)random_between(r, 1, 100) * 100, random_chance(r, 1, 2) ? "none" : "full");
    ck_assert_int_eq(fclose(out), 0);
}

static void set(struct random_case *c, const char *format, ...)
{
    char text[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ck_assert_uint_lt(c->set_count, RANDOM_SETS_MAX);
    c->sets[c->set_count++] = arena_copy_text(c->arena, text);
}

void random_chip_sets(struct random_case *c)
{
    static const struct {
        const char *chip, *array, *sram, *dram;
    } SHIPPED[] = {{"edge", "array", "buffer", "dram"},
                   {"gemmini", "mesh", "scratchpad", "dram"},
                   {"onnxim", "mxu", "spad", "hbm"},
                   {"tpu-v1", "mxu", "ub", "weights"},
                   {"scalesim", "array", "sram", "dram"}};
    struct random *r = &c->random;
    size_t i = (size_t)random_below(r, sizeof SHIPPED / sizeof SHIPPED[0]);
    c->chip = SHIPPED[i].chip;
    if (random_chance(r, 1, 2))
        set(c, "core.%s.rows=%d", SHIPPED[i].array, (int)random_between(r, 4, 64));
    if (random_chance(r, 1, 2))
        set(c, "core.%s.cols=%d", SHIPPED[i].array, (int)random_between(r, 4, 64));
    if (random_chance(r, 1, 3))
        set(c, "core.%s.drain=%s", SHIPPED[i].array, one_of(r, DRAINS));
    if (random_chance(r, 1, 3))
        set(c, "memory.%s.capacity=%d KiB", SHIPPED[i].sram, 64 << random_between(r, 0, 8));
    if (random_chance(r, 1, 3))
        set(c, "memory.%s.residency=%s", SHIPPED[i].sram, one_of(r, RESIDENCIES));
    if (random_chance(r, 1, 3))
        set(c, "memory.%s.bandwidth=%d MB/s", SHIPPED[i].dram,
            (int)random_between(r, 5, 500) * 100);
    if (random_chance(r, 1, 4))
        set(c, "core.%s.count=%d", SHIPPED[i].array, (int)random_between(r, 2, 4));
    if (random_chance(r, 1, 4))
        set(c, "precision=traced");
    if (random_chance(r, 1, 4))
        set(c, "host.overlap=none");
}

void random_path_sets(struct random_case *c)
{
    static const char *const TOPOLOGIES[] = {"bus",   "crossbar", "ring", "mesh",
                                             "torus", "h-tree",   NULL};
    static const char *const PRIORITIES[] = {"step", "weights", "inputs", NULL};
    struct random own = random_make(c->seed, "path"), *r = &own;
    if (random_chance(r, 1, 2)) {
        set(c, "network.topology=%s", one_of(r, TOPOLOGIES));
        set(c, "network.link_width=%d bit", 8 << random_between(r, 0, 6));
        set(c, "network.hop_cycles=%d", (int)random_between(r, 1, 9));
        set(c, "network.multicast=%s", random_chance(r, 1, 2) ? "yes" : "no");
    }
    if (random_chance(r, 1, 2)) {
        set(c, "memory.read_ports=%d", (int)random_between(r, 1, 2));
        set(c, "memory.write_ports=%d", (int)random_between(r, 0, 2));
        set(c, "memory.turnaround=%d", (int)random_between(r, 0, 4));
        set(c, "memory.banks=%d", (int)random_between(r, 1, 8));
    }
    if (random_chance(r, 1, 2)) {
        set(c, "core.dma_request=%d B", 64 << random_between(r, 0, 4));
        set(c, "core.dma_outstanding=%d", (int)random_between(r, 0, 8));
        set(c, "core.dma_prefetch=%d", (int)random_between(r, 0, 3));
        set(c, "core.dma_priority=%s", one_of(r, PRIORITIES));
        set(c, "core.dma_engines=%s", random_chance(r, 1, 2) ? "member" : "core");
    }
}

void random_case_end(struct random_case *c)
{
    if (c->trace)
        remove(c->trace);
    if (c->is_chip_file)
        remove(c->chip);
}

const char *random_case_text(const struct random_case *c)
{
    const char *text =
        arena_format(c->arena, "seed %llu, %s", (unsigned long long)c->seed, c->chip);
    for (size_t i = 0; i < c->set_count; i++)
        text = arena_format(c->arena, "%s --set %s", text, c->sets[i]);
    return text;
}

bool random_case_run(const struct random_case *c, const char *const *more,
                     struct run_result *result)
{
    const char *sets[2 * RANDOM_SETS_MAX];
    size_t count = c->set_count;
    memcpy(sets, c->sets, count * sizeof *sets);
    for (; more && *more; more++)
        sets[count++] = *more;
    struct error err = {0};
    struct run_request request = {
        .chip = c->chip, .trace = c->trace, .sets = sets, .set_count = count};
    if (study_run(c->arena, &request, result, &err))
        return true;
    ck_assert_msg(strstr(err.text, "bytes of scratch") != NULL, "%s: %s", random_case_text(c),
                  err.text);
    return false;
}
