/* Do kernels wait as they must: for lines of caches, for tiles that come by DMA, for members
 * that they share memory with; and are they refused when nothing fits? */
#include <check.h>
#include <string.h>

#include "loop_fixture.h"

static struct loop_fixture f;

static void setup(void)
{
    loop_fixture_begin(&f);
}

static void teardown(void)
{
    loop_fixture_end(&f);
}

static const char SCALE[] = "kernel k array x[100] : i32\n"
                            "for i in 0 .. 100 unroll 1 { x[i] = x[i] * x[i] + 1 }";

static const char ADD[] = "kernel k size N = 16384\n"
                          "array x[N] : i16 array y[N] : i16 array z[N] : i16\n"
                          "for i in 0 .. N { z[i] = x[i] + y[i] }";

static const char XOR[] = "kernel k array x[160] : i32 scalar s : i32\n"
                          "for i in 0 .. 160 unroll 1 { s ^= x[i] }";

/* 640 bytes are ten lines. At 500 MHz a line comes 100 ns (50 cycles) and 64 B / 3.2 GB/s (10
 * cycles) after it is asked for; a load waits 3 cycles anyway. */
START_TEST(a_cold_cache_costs_every_line_once)
{
    static const char *const SETS[] = {"core.small.cache_ways=4", "core.small.data=cold"};
    struct loop_result flat, cold, warm;
    loop_fixture_run(&f, "vliw-teaching", XOR, SETS, 1, &flat);
    loop_fixture_run(&f, "vliw-teaching", XOR, SETS, 1, &warm);
    loop_fixture_run(&f, "vliw-teaching", XOR, SETS, 2, &cold);
    ck_assert_uint_eq(warm.cycles, flat.cycles);
    ck_assert_uint_eq(cold.cycles, flat.cycles + 10 * (60 - 3));
    ck_assert_uint_eq(cold.account.cycles[REASON_INPUT_WAIT], 10 * (60 - 3));
    ck_assert_uint_eq(cold.play.fills, 10);
    ck_assert_uint_eq(cold.run.totals.dram_read_bytes, 640);
    ck_assert_uint_eq(cold.run.totals.dram_write_bytes, 0);
    /* a line is 16 words of 32 bits */
    ck_assert_uint_eq(loop_fixture_count(&cold, "local.sram.write"), 160);
}
END_TEST

/* Four lines under way: the second to the fourth come while the first is waited for, if they
 * are asked for before its use. Here loads of one pass lie in four lines. */
START_TEST(misses_under_way_at_once_overlap)
{
    static const char TEXT[] =
        "kernel k array x[64] : i32 scalar s : i32\n"
        "for i in 0 .. 16 unroll 1 { s ^= x[i] + x[i + 16] + x[i + 32] + x[i + 48] }";
    const char *sets[] = {"core.small.cache_ways=4", "core.small.data=cold",
                          "core.small.cache_misses=1", "memory.dram.bandwidth=1000 GB/s"};
    struct loop_result one, four;
    loop_fixture_run(&f, "vliw-teaching", TEXT, sets, 4, &one);
    sets[2] = "core.small.cache_misses=4";
    loop_fixture_run(&f, "vliw-teaching", TEXT, sets, 4, &four);
    ck_assert_uint_eq(one.play.fills, 4);
    ck_assert_uint_eq(four.play.fills, 4);
    ck_assert_uint_ge(one.account.cycles[REASON_INPUT_WAIT], 4 * 47);
    ck_assert_uint_lt(four.account.cycles[REASON_INPUT_WAIT], 2 * 50);
}
END_TEST

/* What the next level holds comes next_cycles later than a hit would; what it does not, comes
 * from main memory as well. */
START_TEST(the_next_level_answers_what_it_holds)
{
    static const char TEXT[] = "kernel k array x[2048] : i32 scalar s : i32\n"
                               "for i in 0 .. 2048 unroll 1 { s ^= x[i] }";
    const char *sets[] = {"core.dsp.data=warm", "memory.l1d.capacity=4 KiB",
                          "core.dsp.next_cycles=17", "core.dsp.cache_misses=1"};
    struct loop_result warm;
    loop_fixture_run(&f, "c64x-plus", TEXT, sets, 4, &warm);
    /* 8 KiB in order through 4 KiB: all 128 lines miss every time, and hit behind. */
    ck_assert_uint_eq(warm.play.fills, 128);
    ck_assert_uint_eq(warm.account.cycles[REASON_INPUT_WAIT], 128 * 17);
    ck_assert_uint_eq(warm.run.totals.dram_read_bytes, 0);
    ck_assert_uint_eq(loop_fixture_count(&warm, "l2.sram.read"), 128 * 64 * 8 / 256);
}
END_TEST

/* 96 KiB through a scratchpad of 32: at 25.6 GB/s and 1.25 GHz 20.48 bytes a cycle. */
START_TEST(tiles_overlap_work_and_transfers)
{
    const char *sets[] = {"core.tile.data=warm", "memory.dram.bandwidth=25.6 GB/s"};
    struct loop_result flat, warm, fast;
    const char *flat_sets[] = {"core.tile.data=flat"};
    loop_fixture_run(&f, "aie", ADD, flat_sets, 1, &flat);
    loop_fixture_run(&f, "aie", ADD, sets, 2, &warm);
    ck_assert_uint_eq(warm.run.totals.dram_read_bytes, 65536);
    ck_assert_uint_eq(warm.run.totals.dram_write_bytes, 32768);
    double least = (65536 + 32768) / 20.48;
    ck_assert_msg((double)warm.cycles >= least && (double)warm.cycles < 1.15 * least,
                  "%llu cycles, transfers take %.0f", (unsigned long long)warm.cycles, least);
    ck_assert_uint_gt(warm.play.tile_count, 3);
    /* A memory that is fast enough hides behind the work, but for the first tile and the last.
     */
    sets[1] = "memory.dram.bandwidth=1000 GB/s";
    loop_fixture_run(&f, "aie", ADD, sets, 2, &fast);
    ck_assert_msg(fast.cycles < flat.cycles + 900, "%llu cycles, without transfers %llu",
                  (unsigned long long)fast.cycles, (unsigned long long)flat.cycles);
    ck_assert_uint_gt(fast.cycles, flat.cycles + 125);
}
END_TEST

/* A matrix by columns moves as strided boxes; what all passes need is loaded once. */
START_TEST(boxes_move_what_passes_touch)
{
    static const char TEXT[] =
        "kernel k array a[64][512] : i16 array v[64] : i16 array r[512] : i32\n"
        "for j in 0 .. 512 unroll 1 { s : i32 = 0\n"
        "for i in 0 .. 64 { s += a[i][j] * v[i] }\nr[j] = s }";
    const char *sets[] = {"memory.data.capacity=16 KiB"};
    struct loop_result result;
    loop_fixture_run(&f, "aie", TEXT, sets, 1, &result);
    /* Runs of a row's part move whole bursts of 64 bytes. */
    ck_assert_uint_ge(result.run.totals.dram_read_bytes, 64 * 512 * 2 + 128);
    ck_assert_uint_eq(
        loop_fixture_count(&result, "data.sram.write") >= (64 * 512 * 2 + 128) * 8 / 256, 1);
    ck_assert_uint_eq(result.run.totals.dram_write_bytes, 2048);
}
END_TEST

static const struct {
    const char *text, *words;
} REFUSED[] = {
    /* every pass needs all of b */
    {"kernel k array a[64][256] : i16 array b[256][256] : i16 array c[64][256] : i32\n"
     "for i in 0 .. 64 { for j in 0 .. 256 { s : i32 = 0\n"
     "for k in 0 .. 256 { s += a[i][k] * b[k][j] }\nc[i][j] = s } }",
     "beside 131072 bytes that all passes need"},
    /* a pass reads what the one before wrote: it stays, and does not fit */
    {"kernel k array x[32769] : i16\n"
     "for i in 0 .. 32768 { x[i + 1] = x[i + 1] + x[i] }",
     "beside 65538 bytes"},
    {"kernel k array p[30000] : i32 = random 0 .. 99 scalar i : i32 scalar n : i32\n"
     "while n < 100 { i = p[i]\nn += 1 }",
     "cannot be tiled"},
};

START_TEST(what_neither_fits_nor_can_be_tiled_is_refused)
{
    struct error err = {0};
    struct loop_result result;
    FILE *file = fopen(f.path, "w");
    ck_assert(file != NULL);
    fputs(REFUSED[_i].text, file);
    fclose(file);
    ck_assert(!loop_run(&f.arena, "aie", f.path, NULL, 0, &result, &err));
    ck_assert_msg(strstr(err.text, REFUSED[_i].words) != NULL, "%s", err.text);
}
END_TEST

/* Passes shared by four members take as long as a quarter of them on one. */
START_TEST(members_share_independent_passes)
{
    const char *sets[] = {"core.tile.data=flat", "core.tile.count=1", "loop.N=4096"};
    struct loop_result quarter, four, chained;
    loop_fixture_run(&f, "aie", ADD, sets, 3, &quarter);
    sets[1] = "core.tile.count=4";
    loop_fixture_run(&f, "aie", ADD, sets, 2, &four);
    ck_assert_uint_eq(four.cycles, quarter.cycles);
    ck_assert_int_eq(four.play.members, 4);
    ck_assert_uint_eq(loop_fixture_count(&four, "data.sram.read"),
                      4 * loop_fixture_count(&quarter, "data.sram.read"));
    loop_fixture_run(&f, "aie", XOR, sets, 2, &chained);
    ck_assert_int_eq(chained.play.members, 1);
    ck_assert(strstr(chained.play.words, "depend on each other") != NULL);
}
END_TEST

/* One bank of 32 bits: two members that do nothing but load a word a cycle take turns; with two
 * banks that never meet they do not. One member meets itself as often alone as in company. */
START_TEST(members_meet_in_the_banks_they_share)
{
    static const char TEXT[] = "kernel k array x[512] : i32 array y[2] : i32\n"
                               "for r in 0 .. 2 unroll 1 { s : i32 = 0\n"
                               "for i in 0 .. 256 unroll 1 { s ^= x[256 * r + i] }\ny[r] = s }";
    const char *sets[] = {"core.small.count=2", "core.small.memory_banks=1"};
    struct loop_result one, two, alone;
    loop_fixture_play(&f, "vliw-teaching", TEXT, sets, 2, &one);
    const char *none[] = {"core.small.count=2"};
    loop_fixture_play(&f, "vliw-teaching", TEXT, none, 1, &two);
    uint64_t ii = (uint64_t)one.plan.loops[0].main->schedule.ii;
    ck_assert_uint_eq(two.account.cycles[REASON_BANK_CONFLICT], 0);
    /* Where a pass takes two cycles or more, one wait puts the members out of step for good. */
    if (ii == 1)
        ck_assert_uint_ge(one.account.cycles[REASON_BANK_CONFLICT], 255);
    else
        ck_assert_uint_ge(one.account.cycles[REASON_BANK_CONFLICT], 1);
    ck_assert_uint_eq(cycle_account_total(&one.account), one.cycles);
    const char *chained[] = {"core.small.count=2", "core.small.memory_banks=2"};
    const char *single[] = {"core.small.count=1", "core.small.memory_banks=2"};
    loop_fixture_play(&f, "vliw-teaching", XOR, chained, 2, &two);
    loop_fixture_play(&f, "vliw-teaching", XOR, single, 2, &alone);
    ck_assert_uint_eq(two.cycles, alone.cycles);
}
END_TEST

/* On two-port machines a lone member of many has the stalls that the closed form counts. */
START_TEST(a_lone_member_meets_itself_as_often_in_company)
{
    static const char TEXT[] = "kernel k array x[777] : i16 array y[777] : i16 scalar s : i32\n"
                               "for i in 0 .. 250 { s += x[3 * i] * y[2 * i + 1] }";
    for (int banks = 1; banks < 10; banks++) {
        const char *sets[] = {arena_format(&f.arena, "core.tile.memory_banks=%d", banks),
                              "core.tile.bank_bytes=4", "core.tile.count=1"};
        struct loop_result alone, company;
        loop_fixture_play(&f, "aie", TEXT, sets, 3, &alone);
        sets[2] = "core.tile.count=3";
        loop_fixture_play(&f, "aie", TEXT, sets, 3, &company);
        ck_assert_int_eq(company.play.members, 1);
        ck_assert_uint_eq(company.cycles, alone.cycles);
    }
}
END_TEST

/* Copies of the outermost loop that speed up one member do not keep others from working. */
START_TEST(every_member_works_where_there_are_passes_enough)
{
    static const char TEXT[] =
        "kernel k array a[16][64] : i16 array b[64][16] : i16 array c[16][16] : i32\n"
        "for i in 0 .. 16 { for j in 0 .. 16 { s : i32 = 0\n"
        "for k in 0 .. 64 { s += a[i][k] * b[k][j] }\nc[i][j] = s } }";
    uint64_t before = UINT64_MAX;
    for (int members = 1; members <= 16; members *= 2) {
        const char *sets[] = {arena_format(&f.arena, "core.tile.count=%d", members),
                              "core.tile.data=flat"};
        struct loop_result result;
        loop_fixture_play(&f, "aie", TEXT, sets, 2, &result);
        ck_assert_int_eq(result.play.members, members);
        ck_assert_uint_lt(result.cycles, before);
        before = result.cycles;
    }
}
END_TEST

/* More members are faster until they wait for the memory that they share. */
START_TEST(members_scale_until_memory_binds)
{
    uint64_t before = UINT64_MAX;
    for (int members = 1; members <= 16; members *= 2) {
        const char *sets[] = {arena_format(&f.arena, "core.tile.count=%d", members),
                              "core.tile.data=cold", "memory.data.capacity=512 KiB"};
        struct loop_result result;
        loop_fixture_run(&f, "aie", ADD, sets, 3, &result);
        ck_assert_msg(result.cycles <= before + before / 50, "%d members take %llu, half %llu",
                      members, (unsigned long long)result.cycles, (unsigned long long)before);
        ck_assert_msg((double)result.cycles >= 98304 / 20.48, "faster than the memory");
        before = result.cycles;
    }
}
END_TEST

static const char *const MANY[] = {
    ADD, XOR, SCALE,
    "kernel k array a[24][40] : i16 array b[40][16] : i16 array c[24][16] : i32\n"
    "for i in 0 .. 24 { for j in 0 .. 16 { s : i32 = 0\n"
    "for k in 0 .. 40 { s += a[i][k] * b[k][j] }\nc[i][j] = s } }\n"
    "for i in 0 .. 24 { for j in i .. 16 { c[i][j] = c[i][j] + 1 } }"};

/* Accounts add up, waiting is never faster, and a run repeats to the bit. */
START_TEST(accounts_add_up_whatever_waits)
{
    static const char *const CHIP_NAMES[] = {"c64x-plus", "aie", "hvx", "vliw-teaching"};
    static const char *const FIDELITIES[] = {"ideal", "bank", "command"};
    static const char *const WRITES[] = {"allocate", "around", "through"};
    const char *chip = CHIP_NAMES[_i % 4];
    for (int t = _i % 2; t < 4; t += 2) {
        uint64_t flat_cycles = 0;
        for (int d = 0; d < 3; d++) {
            static const char *const DATA[] = {"flat", "warm", "cold"};
            const char *sets[] = {
                arena_format(&f.arena, "core.data=%s", DATA[d]),
                arena_format(&f.arena, "core.count=%d", 1 + _i % 3),
                arena_format(&f.arena, "core.cache_ways=%d", _i % 5),
                arena_format(&f.arena, "core.cache_writes=%s", WRITES[_i / 3 % 3]),
                arena_format(&f.arena, "core.cache_misses=%d", 1 + _i % 7),
                arena_format(&f.arena, "core.memory_banks=%d", _i % 3 == 1 ? 4 : 0),
                arena_format(&f.arena, "memory.dram.fidelity=%s", FIDELITIES[_i / 2 % 3]),
                "core.next_level="};
            struct loop_result first;
            loop_fixture_play(&f, chip, MANY[t], sets, 8, &first);
            ck_assert_uint_eq(cycle_account_total(&first.account), first.cycles);
            if (d == 0)
                flat_cycles = first.cycles;
            ck_assert_msg(first.cycles >= flat_cycles,
                          "case %d on %s, kernel %d: %llu, flat %llu", _i, chip, t,
                          (unsigned long long)first.cycles, (unsigned long long)flat_cycles);
        }
    }
}
END_TEST

/* More bandwidth is never slower, for lines and for tiles. */
START_TEST(more_bandwidth_is_never_slower)
{
    static const char *const WAYS[] = {"core.cache_ways=0", "core.cache_ways=4"};
    uint64_t before = UINT64_MAX;
    for (int gigabytes = 1; gigabytes <= 64; gigabytes *= 2) {
        const char *sets[] = {
            WAYS[_i], "core.data=cold",
            arena_format(&f.arena, "memory.dram.bandwidth=%d GB/s", gigabytes)};
        struct loop_result result;
        loop_fixture_play(&f, "aie", ADD, sets, 3, &result);
        ck_assert_msg(result.cycles <= before, "%d GB/s: %llu cycles, half of it %llu",
                      gigabytes, (unsigned long long)result.cycles, (unsigned long long)before);
        before = result.cycles;
    }
}
END_TEST

Suite *kernel_play_suite(void)
{
    Suite *suite = suite_create("kernel_play");
    TCase *cases = tcase_create("kernel_play");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, more_bandwidth_is_never_slower, 0, 2);
    tcase_add_test(cases, a_cold_cache_costs_every_line_once);
    tcase_add_test(cases, misses_under_way_at_once_overlap);
    tcase_add_test(cases, the_next_level_answers_what_it_holds);
    tcase_add_test(cases, tiles_overlap_work_and_transfers);
    tcase_add_test(cases, boxes_move_what_passes_touch);
    tcase_add_loop_test(cases, what_neither_fits_nor_can_be_tiled_is_refused, 0,
                        (int)(sizeof REFUSED / sizeof REFUSED[0]));
    tcase_add_test(cases, members_share_independent_passes);
    tcase_add_test(cases, members_meet_in_the_banks_they_share);
    tcase_add_test(cases, a_lone_member_meets_itself_as_often_in_company);
    tcase_add_test(cases, every_member_works_where_there_are_passes_enough);
    tcase_add_test(cases, members_scale_until_memory_binds);
    tcase_add_loop_test(cases, accounts_add_up_whatever_waits, 0, 12);
    suite_add_tcase(suite, cases);
    return suite;
}
