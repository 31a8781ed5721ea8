/* Does looking ahead pay, and never cost? Are cores taken by who is done first? */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loops.h"
#include "random_run.h"
#include "sim/study/gain_trace.h"

enum { SEEDS = 60, OPERATORS = 24 };

/* Ways are priced by plans played alone: operators under way together may wait for one another
 * a little more or less. */
static const double TOGETHER = 1.02;

static struct arena arena;
static struct random_case c;

static void setup(void)
{
    arena_init(&arena);
    c = (struct random_case){.arena = &arena, .chip = "edge"};
}

static void teardown(void)
{
    random_case_end(&c);
    arena_free(&arena);
}

static FILE *begin_file(const char **path)
{
    char *name = arena_copy_text(&arena, "/tmp/cleave-look-XXXXXX");
    int file = mkstemp(name);
    FILE *out = file >= 0 ? fdopen(file, "w") : NULL;
    ck_assert_ptr_nonnull(out);
    *path = name;
    return out;
}

static uint64_t moved(const struct run_result *result)
{
    return result->totals.dram_read_bytes + result->totals.dram_write_bytes;
}

START_TEST(looking_ahead_costs_neither_bytes_nor_cycles)
{
    random_case_begin(&c, (uint64_t)_i, "look", &arena);
    random_chip_file(&c);
    random_trace_file(&c, RANDOM_NETWORK, OPERATORS);
    struct run_result blind, looking;
    const char *sets[] = {"mapper.look_ahead=0", NULL};
    if (!random_case_run(&c, sets, &blind))
        return;
    ck_assert(random_case_run(&c, NULL, &looking));
    ck_assert_msg(moved(&looking) <= moved(&blind), "%s: %llu bytes, %llu without",
                  random_case_text(&c), (unsigned long long)moved(&looking),
                  (unsigned long long)moved(&blind));
    ck_assert_msg((double)looking.totals.cycles <= TOGETHER * (double)blind.totals.cycles,
                  "%s: %llu cycles, %llu without", random_case_text(&c),
                  (unsigned long long)looking.totals.cycles,
                  (unsigned long long)blind.totals.cycles);
}
END_TEST

/* 200,704 bytes in, 401,408 between, 100,352 out, and 480 KiB for tensors. First come, first
 * served keeps the input, so that what follows it goes to main memory and back; looking ahead
 * leaves the input there and keeps what is written and read. */
START_TEST(a_small_input_makes_room_for_a_large_result)
{
    FILE *out = begin_file(&c.trace);
    fprintf(out, "cleave-trace 1\n"
                 "tensor %%0 \"x\" [1,64,56,56] i8 input\n"
                 "tensor %%1 \"w\" [128,64,1,1] i8 const\n"
                 "tensor %%2 \"y\" [1,128,56,56] i8 temp\n"
                 "op Conv \"widen\" %%0! %%1! -> %%2\n"
                 "tensor %%3 \"v\" [32,128,1,1] i8 const\n"
                 "tensor %%4 \"z\" [1,32,56,56] i8 output\n"
                 "op Conv \"narrow\" %%2! %%3! -> %%4!\n"
                 "end tensors=5 operators=2\n");
    ck_assert_int_eq(fclose(out), 0);
    struct run_result blind, looking;
    const char *sets[] = {"mapper.look_ahead=0", NULL};
    ck_assert(random_case_run(&c, sets, &blind) && random_case_run(&c, NULL, &looking));
    ck_assert_uint_ge(moved(&blind), 2 * 401408);
    ck_assert_uint_ge(moved(&looking), 200704 + 100352);
    ck_assert_uint_le(moved(&looking) + 401408, moved(&blind));
    ck_assert_uint_le(looking.totals.cycles, blind.totals.cycles);
}
END_TEST

static const char *const NETWORKS[] = {"resnet18", "mobilenet-v2", "bert-base", "resnet50"};

enum { NETWORK_COUNT = sizeof NETWORKS / sizeof NETWORKS[0] };

static struct run_result run_edge(const char *path, const char *room, const char *objective,
                                  const char *look_ahead)
{
    const char *sets[] = {arena_format(&arena, "memory.buffer.capacity=%s", room),
                          arena_format(&arena, "mapper.objective=%s", objective),
                          arena_format(&arena, "mapper.look_ahead=%s", look_ahead)};
    struct run_request request = {.chip = "edge", .trace = path, .sets = sets, .set_count = 3};
    struct run_result result;
    struct error err = {0};
    ck_assert_msg(study_run(&arena, &request, &result, &err), "%s", err.text);
    return result;
}

static void open_network(struct study_traces *traces, const char *name,
                         struct study_trace *network)
{
    struct error err = {0};
    ck_assert_msg(study_trace_find(&arena, traces, name, network, &err), "%s", err.text);
}

/* Near equals are re-ranked, and with a little more room first come, first served keeps other
 * tensors, from which every way starts: bytes and cycles may differ a little. */
START_TEST(more_room_on_chip_moves_no_more_bytes_and_takes_no_longer)
{
    static const char *const ROOMS[] = {"64 KiB",  "128 KiB", "192 KiB",
                                        "512 KiB", "1 MiB",   "2 MiB"};
    const char *name = NETWORKS[_i % NETWORK_COUNT];
    bool is_cost = _i >= NETWORK_COUNT;
    struct study_traces traces = {0};
    struct study_trace network;
    open_network(&traces, name, &network);
    uint64_t bytes = UINT64_MAX / 2, cycles = UINT64_MAX / 2;
    for (size_t i = 0; i < sizeof ROOMS / sizeof ROOMS[0]; i++) {
        struct run_result result =
            run_edge(network.path, ROOMS[i], is_cost ? "cost" : "cycles", "64");
        ck_assert_msg((double)moved(&result) <= (is_cost ? 1.03 : 1.005) * (double)bytes,
                      "%s: %llu bytes with %s, %llu with less", name,
                      (unsigned long long)moved(&result), ROOMS[i], (unsigned long long)bytes);
        ck_assert_msg(is_cost || (double)result.totals.cycles <= 1.005 * (double)cycles,
                      "%s: %llu cycles with %s, %llu with less", name,
                      (unsigned long long)result.totals.cycles, ROOMS[i],
                      (unsigned long long)cycles);
        bytes = moved(&result);
        cycles = result.totals.cycles;
    }
    study_traces_remove(&traces);
}
END_TEST

START_TEST(looking_ahead_costs_networks_neither_bytes_nor_cycles)
{
    static const char *const ROOMS[] = {"64 KiB", "96 KiB", "384 KiB", "512 KiB"};
    struct study_traces traces = {0};
    struct study_trace network;
    open_network(&traces, NETWORKS[_i], &network);
    for (size_t i = 0; i < sizeof ROOMS / sizeof ROOMS[0]; i++) {
        struct run_result looking = run_edge(network.path, ROOMS[i], "cycles", "64");
        struct run_result blind = run_edge(network.path, ROOMS[i], "cycles", "0");
        ck_assert_msg((double)moved(&looking) <= 1.005 * (double)moved(&blind),
                      "%s: %llu bytes with %s, %llu without looking", NETWORKS[_i],
                      (unsigned long long)moved(&looking), ROOMS[i],
                      (unsigned long long)moved(&blind));
        ck_assert_msg((double)looking.totals.cycles <= 1.005 * (double)blind.totals.cycles,
                      "%s: %llu cycles with %s, %llu without looking", NETWORKS[_i],
                      (unsigned long long)looking.totals.cycles, ROOMS[i],
                      (unsigned long long)blind.totals.cycles);
    }
    study_traces_remove(&traces);
}
END_TEST

/* Where every operand of every operator rests, as text. */
static void note_places(void *context, const struct place_record *record)
{
    for (uint32_t i = 0; i < record->operand_count; i++)
        fprintf(context, "%s %s %s\n", record->name, record->operands[i].name,
                record->operands[i].memory);
}

static char *list_places(const char *window)
{
    char *text = NULL;
    size_t size = 0;
    struct error err = {0};
    struct run_result result;
    const char *sets[RANDOM_SETS_MAX + 1] = {window};
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    struct run_request request = {.chip = c.chip,
                                  .trace = c.trace,
                                  .sets = sets,
                                  .set_count = 1,
                                  .placed = note_places,
                                  .context = out};
    for (size_t i = 0; i < c.set_count; i++)
        sets[request.set_count++] = c.sets[i];
    bool is_run = study_run(&arena, &request, &result, &err);
    fclose(out);
    if (is_run)
        return text;
    free(text);
    return NULL;
}

START_TEST(the_window_of_events_changes_no_choice)
{
    random_case_begin(&c, (uint64_t)_i, "look-window", &arena);
    random_chip_file(&c);
    random_trace_file(&c, RANDOM_NETWORK, OPERATORS);
    char *narrow = list_places("window=2"), *wide = list_places("window=64");
    if (narrow && wide)
        ck_assert_msg(strcmp(narrow, wide) == 0, "%s: other places", random_case_text(&c));
    ck_assert(!narrow == !wide);
    free(narrow);
    free(wide);
}
END_TEST

/* Products without dependences on two arrays of which one is four times as fast. */
static void make_pair(const char *takes)
{
    FILE *out = begin_file(&c.chip);
    c.is_chip_file = true;
    fprintf(out, "process = \"tsmc-28\"\n");
    for (int i = 0; i < 2; i++)
        fprintf(out,
                "core %s {\n family = \"systolic\"\n clock = \"500 MHz\"\n native = \"i8\"\n"
                " scratch = \"sram\"\n rows = %d\n cols = %d\n dataflow = \"ws\"\n%s}\n",
                i ? "small" : "large", i ? 8 : 16, i ? 8 : 16, i ? takes : "");
    fprintf(out, "core lanes {\n family = \"vector\"\n clock = \"500 MHz\"\n lanes = 8\n"
                 " scratch = \"sram\"\n takes = {\"map\", \"reduce\", \"move\"}\n}\n"
                 "last_resort = \"lanes\"\n"
                 "memory sram {\n kind = \"sram\"\n capacity = \"64 KiB\"\n}\n"
                 "memory dram {\n kind = \"dram\"\n capacity = \"1 GiB\"\n"
                 " device = \"ddr4-3200\"\n bandwidth = \"10 GB/s\"\n}\n");
    ck_assert_int_eq(fclose(out), 0);
    out = begin_file(&c.trace);
    fprintf(out, "cleave-trace 1\n");
    for (int i = 0; i < 20; i++)
        fprintf(out,
                "tensor %%%d \"x%d\" [64,64] i8 input\ntensor %%%d \"w%d\" [64,64] i8 const\n"
                "tensor %%%d \"y%d\" [64,64] i32 output\nop MatMul \"p%d\" %%%d! %%%d! -> "
                "%%%d!\n",
                3 * i, i, 3 * i + 1, i, 3 * i + 2, i, i, 3 * i, 3 * i + 1, 3 * i + 2);
    fprintf(out, "end tensors=60 operators=20\n");
    ck_assert_int_eq(fclose(out), 0);
}

struct taken {
    int large, small;
    double behind[2]; /* seconds of work given out, reckoned here */
};

static void note_core(void *context, const struct place_record *record)
{
    struct taken *taken = context;
    ck_assert_uint_eq(record->part_count, 1);
    const struct placed_part *part = &record->parts[0];
    for (int32_t i = 0; i < part->core_count; i++) {
        const struct placed_core *core = &part->cores[i];
        double finish = taken->behind[i] + core->bound_seconds;
        const struct placed_core *chosen = &part->cores[part->chosen];
        ck_assert_double_eq_tol(core->finish_seconds, finish, 1e-12);
        ck_assert_msg(chosen->finish_seconds < finish ||
                          (chosen->finish_seconds == finish && part->chosen <= i),
                      "%s: %s would be done first", record->name, core->core);
    }
    taken->behind[part->chosen] += part->cores[part->chosen].bound_seconds;
    bool is_large = strcmp(part->cores[part->chosen].core, "large") == 0;
    taken->large += is_large;
    taken->small += !is_large;
}

static struct taken take_cores(const char *takes)
{
    struct taken taken = {0};
    struct error err = {0};
    struct run_result result;
    make_pair(takes);
    struct run_request request = {
        .chip = c.chip, .trace = c.trace, .placed = note_core, .context = &taken};
    ck_assert_msg(study_run(&arena, &request, &result, &err), "%s", err.text);
    return taken;
}

START_TEST(the_core_that_would_finish_first_takes_the_work)
{
    struct taken taken = take_cores("");
    ck_assert_int_eq(taken.large + taken.small, 20);
    ck_assert_int_ge(taken.small, 3); /* a quarter of the speed: about a fifth of the work */
    ck_assert_int_le(taken.small, 5);
}
END_TEST

START_TEST(a_core_takes_only_what_its_section_lets_it)
{
    struct taken taken = take_cores(" takes = {\"map\"}\n");
    ck_assert_int_eq(taken.small, 0);
    ck_assert_int_eq(taken.large, 20);
}
END_TEST

Suite *look_ahead_suite(void)
{
    Suite *suite = suite_create("look_ahead");
    TCase *tests = tcase_create("laws");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, looking_ahead_costs_neither_bytes_nor_cycles, 0, LOOPS(SEEDS));
    tcase_add_loop_test(tests, the_window_of_events_changes_no_choice, 0, LOOPS(SEEDS));
    tcase_add_loop_test(tests, more_room_on_chip_moves_no_more_bytes_and_takes_no_longer, 0,
                        LOOPS(2 * NETWORK_COUNT));
    tcase_add_loop_test(tests, looking_ahead_costs_networks_neither_bytes_nor_cycles, 0,
                        LOOPS(NETWORK_COUNT));
    tcase_add_test(tests, a_small_input_makes_room_for_a_large_result);
    tcase_add_test(tests, the_core_that_would_finish_first_takes_the_work);
    tcase_add_test(tests, a_core_takes_only_what_its_section_lets_it);
    suite_add_tcase(suite, tests);
    return suite;
}
