/* Does a DRAM channel obey its rules under every policy, and do the shipped reference runs come
 * out to the cycle? */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loops.h"
#include "random_dram.h"
#include "sim/study/cases.h"
#include "sim/study/dram_run.h"

static struct dram_pattern random_pattern(uint64_t *state, const struct dram_config *config)
{
    static const char *const TEXTS[] = {"seq:n=3000",
                                        "rand:n=3000",
                                        "rand:n=3000,footprint=16384",
                                        "rand:n=3000,footprint=4194304",
                                        "triad:n=3000,footprint=1048576",
                                        "stride:n=3000,stride=8320",
                                        "gather:n=3000,record=1024",
                                        "mixed:n=3000,percent=30"};
    struct dram_pattern pattern;
    struct error err = {0};
    ck_assert(dram_pattern_parse(random_dram_word(state, TEXTS, 8), config, &pattern, &err));
    pattern.write_pct = random_dram_between(state, 0, 3) * 25;
    pattern.gap_num = random_dram_between(state, 0, 2) * random_dram_between(state, 0, 30);
    pattern.seed = random_dram_next(state) % 1000;
    return pattern;
}

START_TEST(every_request_is_answered_whatever_the_policy)
{
    uint64_t state = (uint64_t)_i + 1;
    struct arena arena = {0};
    struct dram_config config;
    struct dram_map map;
    random_dram_config(&arena, &state, &config, &map);
    struct dram_pattern pattern = random_pattern(&state, &config);
    struct dram_result result = dram_run(&arena, &config, &map, &pattern);
    const struct dram_totals *totals = &result.totals;
    const struct dram_actions *actions = &result.actions;
    ck_assert_uint_eq(result.requests, pattern.n);
    ck_assert_uint_eq(totals->reads_done, totals->reads);
    /* Reads took a command, rode with another or were found in a write. */
    ck_assert_uint_le(actions->reads, totals->reads);
    ck_assert_uint_ge(actions->reads + totals->merged + totals->forwarded, totals->reads);
    ck_assert_uint_le(actions->writes, totals->writes);
    ck_assert_uint_le(actions->precharges, actions->activates);
    uint64_t open = (uint64_t)(config.channels * config.banks_total);
    ck_assert_uint_le(actions->activates, actions->precharges + open);
    if (config.page == PAGE_CLOSED)
        ck_assert_uint_ge(actions->activates, actions->reads + actions->writes);
    /* Standby is every clock of every rank, and data never move faster than the buses. */
    uint64_t ranks = (uint64_t)(config.channels * config.ranks_total);
    ck_assert_uint_eq(actions->active_clocks + actions->idle_clocks, ranks * result.cycles);
    double data_clocks = (double)(actions->reads + actions->writes) *
                         (double)config.burst_clocks /
                         (double)(config.channels * config.pseudo_channels);
    ck_assert_msg(data_clocks <= (double)result.cycles, "seed %d", _i + 1);
    ck_assert_msg(result.bandwidth <= result.peak_bandwidth, "seed %d", _i + 1);
    ck_assert_uint_le(result.moved_bytes, pattern.n * (uint64_t)config.access_bytes);
    arena_free(&arena);
}
END_TEST

START_TEST(refresh_keeps_its_interval)
{
    static const char *const REFRESHES[] = {"refresh=rank-staggered",
                                            "refresh=rank-simultaneous", "refresh=per-bank"};
    struct arena arena = {0};
    struct dram_config config;
    struct dram_map map;
    struct dram_pattern pattern;
    random_dram_load(&arena, RANDOM_DRAM_NAMES[_i % RANDOM_DRAM_MEMORIES],
                     &REFRESHES[_i / RANDOM_DRAM_MEMORIES], 1, &config, &map);
    ck_assert(dram_pattern_parse("rand:n=4000,gap_num=50", &config, &pattern, NULL));
    struct dram_result result = dram_run(&arena, &config, &map, &pattern);
    double intervals = (double)result.cycles / (double)config.refresh_interval;
    double all = (double)(config.channels * config.ranks_total);
    double per_bank = (double)config.banks_total / (double)config.ranks_total;
    double got =
        (double)result.actions.refreshes + (double)result.actions.bank_refreshes / per_bank;
    ck_assert_msg(fabs(got - intervals * all) <= 1.5 * all, "%g of %g", got, intervals * all);
    arena_free(&arena);
}
END_TEST

struct answers {
    uint64_t clock[4096];
};

static void keep(void *context, uint64_t tag, uint64_t clock)
{
    ((struct answers *)context)->clock[tag] = clock;
}

/* Offers up to 3000 requests to one channel; between offers time passes at once, or in pieces.
 */
static void drive(struct arena *arena, uint64_t seed, bool in_pieces, struct answers *answers)
{
    uint64_t state = seed, chop = seed ^ 99, clock = 0;
    struct dram_config config;
    struct dram_map map;
    random_dram_config(arena, &state, &config, &map);
    struct dram_channel *channel = dram_channel_make(arena, &config, keep, answers);
    for (uint64_t i = 0; i < 3000; i++) {
        uint64_t address = random_dram_between(&state, 0, 1 << 22);
        struct dram_place place = dram_map_place(&map, address);
        struct dram_offer offer = {address >> map.offset_bits, place.bank, place.row,
                                   random_dram_between(&state, 0, 3) == 0, i};
        clock +=
            random_dram_between(&state, 0, 4) == 0 ? random_dram_between(&state, 0, 300) : 0;
        while (in_pieces && dram_channel_now(channel) < clock) {
            uint64_t piece = dram_channel_now(channel) + random_dram_between(&chop, 1, 40);
            dram_channel_run(channel, piece < clock ? piece : clock);
        }
        dram_channel_run(channel, clock);
        while (!dram_channel_offer(channel, &offer)) {
            if (in_pieces) {
                dram_channel_run(channel, ++clock);
            } else {
                clock = dram_channel_step(channel);
            }
        }
    }
    dram_channel_run(channel, clock + 200000);
    ck_assert_uint_eq(dram_channel_totals(channel)->reads_done,
                      dram_channel_totals(channel)->reads);
}

START_TEST(jumping_equals_going_clock_by_clock)
{
    struct arena arena = {0};
    struct answers *jumps = calloc(1, sizeof *jumps), *pieces = calloc(1, sizeof *pieces);
    drive(&arena, (uint64_t)_i + 500, false, jumps);
    drive(&arena, (uint64_t)_i + 500, true, pieces);
    for (int i = 0; i < 3000; i++)
        ck_assert_msg(jumps->clock[i] == pieces->clock[i], "seed %d request %d: %lu %lu",
                      _i + 500, i, jumps->clock[i], pieces->clock[i]);
    free(jumps);
    free(pieces);
    arena_free(&arena);
}
END_TEST

/* Rests of many refresh intervals between requests, taken at once or one interval at a time. */
static struct dram_actions rest(struct arena *arena, uint64_t seed, bool in_pieces,
                                struct answers *answers)
{
    uint64_t state = seed, clock = 0;
    struct dram_config config;
    struct dram_map map;
    random_dram_config(arena, &state, &config, &map);
    struct dram_channel *channel = dram_channel_make(arena, &config, keep, answers);
    uint64_t piece = (uint64_t)(config.refresh_interval / config.banks_total);
    for (uint64_t i = 0; i < 60; i++) {
        uint64_t address = random_dram_between(&state, 0, 1 << 22);
        struct dram_place place = dram_map_place(&map, address);
        struct dram_offer offer = {address >> map.offset_bits, place.bank, place.row,
                                   random_dram_between(&state, 0, 3) == 0, i};
        clock += random_dram_between(&state, 0, 40 * (uint64_t)config.refresh_interval);
        while (in_pieces && dram_channel_now(channel) + piece < clock)
            dram_channel_run(channel, dram_channel_now(channel) + piece);
        dram_channel_run(channel, clock);
        while (!dram_channel_offer(channel, &offer))
            clock = dram_channel_step(channel);
    }
    dram_channel_run(channel, clock + 200000);
    return dram_channel_actions(channel, clock + 200000);
}

START_TEST(a_long_rest_equals_many_short_ones)
{
    struct arena arena = {0};
    struct answers *at_once = calloc(1, sizeof *at_once), *pieces = calloc(1, sizeof *pieces);
    struct dram_actions a = rest(&arena, (uint64_t)_i + 700, false, at_once);
    struct dram_actions b = rest(&arena, (uint64_t)_i + 700, true, pieces);
    for (int i = 0; i < 60; i++)
        ck_assert_msg(at_once->clock[i] == pieces->clock[i], "seed %d request %d: %lu %lu",
                      _i + 700, i, at_once->clock[i], pieces->clock[i]);
    ck_assert_msg(a.refreshes == b.refreshes && a.bank_refreshes == b.bank_refreshes &&
                      a.active_clocks == b.active_clocks && a.idle_clocks == b.idle_clocks &&
                      a.activates == b.activates && a.precharges == b.precharges,
                  "seed %d: %lu refreshes, %lu", _i + 700, a.refreshes + a.bank_refreshes,
                  b.refreshes + b.bank_refreshes);
    free(at_once);
    free(pieces);
    arena_free(&arena);
}
END_TEST

START_TEST(a_mapping_gives_every_burst_a_place_of_its_own)
{
    static const char *const MAPPINGS[] = {
        "mapping=rochrababgco", "mapping=ro co3 ra ba bg ch co", "mapping=ch_ra_ro_ba_bg_co",
        "mapping=ro4 co2 ba ch bg ra ro co"};
    const char *sets[] = {MAPPINGS[_i % 4], "channels=4", "ranks=2", "rows=64",
                          _i < 4 ? "bank_hash=yes" : "bank_hash=no"};
    struct arena arena = {0};
    struct dram_config config;
    struct dram_map map;
    random_dram_load(&arena, "ddr4-3200", sets, 5, &config, &map);
    uint64_t bursts = config.bytes / config.access_bytes;
    char *seen = arena_alloc(&arena, bursts);
    for (uint64_t i = 0; i < bursts; i++) {
        struct dram_place p = dram_map_place(&map, i * 64 + i % 64);
        ck_assert(p.channel < 4 && p.bank < 32 && p.row < 64 && p.column < 128);
        ck_assert_uint_eq(p.channel, dram_map_channel(&map, i * 64));
        uint64_t index = ((p.channel * 32ull + p.bank) * 64 + p.row) * 128 + p.column;
        ck_assert(!seen[index]);
        seen[index] = 1;
    }
    arena_free(&arena);
}
END_TEST

START_TEST(a_false_memory_is_refused_in_a_sentence)
{
    static const struct {
        const char *set, *sentence;
    } CASES[] = {
        {"mapping=rochraba",
         "memory 'ddr4-3200': mapping 'rochraba' gives 'bg' 0 bits, the memory "
         "has 2"},
        {"mapping=rochraba bg co co",
         "memory 'ddr4-3200': mapping 'rochraba bg co co' names 'co' "
         "twice without bits"},
        {"mapping=roxxraba", "memory 'ddr4-3200': mapping 'roxxraba' has no field at 'xxraba', "
                             "must be of ch pc ra bg ba ro co"},
        {"rows=1000", "memory 'ddr4-3200': rows is 1000, must be a power of two"},
        {"tREFI=100", "memory 'ddr4-3200': tREFI is 100, must be above tRFC (560)"},
        {"row_bytes=32 B",
         "memory 'ddr4-3200': row_bytes is 32, must be at least one burst of 64"},
    };
    struct arena arena = {0};
    struct dram_config config = {0};
    struct dram_map map;
    struct error err = {0};
    ck_assert(
        !dram_file_load(&arena, "ddr4-3200", &CASES[_i].set, 1, &config, &map, NULL, &err));
    ck_assert_str_eq(err.text, CASES[_i].sentence);
    arena_free(&arena);
}
END_TEST

START_TEST(pattern_addresses_follow_their_formulas)
{
    struct arena arena = {0};
    struct dram_config config;
    struct dram_map map;
    struct dram_pattern p;
    random_dram_load(&arena, "ddr4-3200", NULL, 0, &config, &map);
    ck_assert(dram_pattern_parse("tile:width=256,pitch=1024,height=2,footprint=4096", &config,
                                 &p, NULL));
    /* Four lines of four bursts a tile: two rows of it, then the next tile to the right. */
    const uint64_t tile[] = {0, 64, 128, 192, 1024, 1088, 1152, 1216, 256, 320};
    for (uint64_t i = 0; i < 10; i++)
        ck_assert_uint_eq(dram_pattern_line(&p, i).address, tile[i]);
    ck_assert_uint_eq(dram_pattern_line(&p, 32).address, 2048);
    ck_assert(
        dram_pattern_parse("triad:footprint=4 KiB,gap_num=7,gap_den=2", &config, &p, NULL));
    ck_assert_uint_eq(dram_pattern_line(&p, 5).address, 2048 + 64);
    ck_assert(dram_pattern_line(&p, 5).is_write);
    ck_assert(!dram_pattern_line(&p, 4).is_write);
    ck_assert_uint_eq(dram_pattern_line(&p, 5).arrival, 17);
    ck_assert(dram_pattern_parse("stride:stride=4160,footprint=8192", &config, &p, NULL));
    ck_assert_uint_eq(dram_pattern_line(&p, 3).address, 3 * 4160 % 8192);
    arena_free(&arena);
}
END_TEST

START_TEST(a_false_pattern_or_file_is_refused_in_a_sentence)
{
    static const struct {
        const char *text, *sentence;
    } CASES[] = {
        {"seq:n=0", "pattern: n must be 1 to 2^40"},
        {"seq:n=5,n=6", "pattern: n is given twice"},
        {"seq:m", "pattern: 'm' is no key=value"},
        {"seq:n=-4", "pattern: n is '-4', must be a whole number"},
        {"rand:footprint=32",
         "pattern: footprint must be at least one granule and at most 2^60 "
         "bytes"},
        {"tile:width=512,pitch=256", "pattern: width must be from a granule to the pitch"},
        {"0x40 READ 5\n0x80 READ 4\n", ":2: cycle 4 is before the line above, must not fall"},
        {"0x40 LOAD 5\n", ":1: operation is 'LOAD', must be READ or WRITE"},
        {"40 READ 5\n", ":1: address is '40', must be 0x and hexadecimal digits"},
        {"# nothing\n", ": holds no request, must be lines 0xADDRESS READ|WRITE CYCLE"},
        {"0x40 READ\n", ":1: a line has 2 words, must be 0xADDRESS READ|WRITE CYCLE"},
        {"0x40 READ 1x\n", ":1: cycle is '1x', must be 0 to 2^60"},
    };
    struct arena arena = {0};
    struct dram_config config;
    struct dram_map map;
    struct dram_pattern pattern;
    struct error err = {0};
    random_dram_load(&arena, "ddr4-3200", NULL, 0, &config, &map);
    if (dram_pattern_named(CASES[_i].text)) {
        ck_assert(!dram_pattern_parse(CASES[_i].text, &config, &pattern, &err));
        ck_assert_str_eq(err.text, CASES[_i].sentence);
    } else {
        char path[] = "dram-XXXXXX";
        int handle = mkstemp(path);
        FILE *file = fdopen(handle, "w");
        fputs(CASES[_i].text, file);
        fclose(file);
        ck_assert(!dram_pattern_load(&arena, path, &pattern, &err));
        ck_assert_str_eq(err.text, arena_format(&arena, "%s%s", path, CASES[_i].sentence));
        unlink(path);
    }
    arena_free(&arena);
}
END_TEST

struct exact {
    struct validation_sink sink;
    int count;
};

/* Latencies are published with three decimals. */
static void must_equal(struct validation_sink *sink, const struct validation_value *value)
{
    double room = strstr(value->key, "latency") != NULL ? 0.0006 : 0;
    ck_assert_msg(fabs(value->got - value->want) <= room, "%s: got %.3f, want %.3f", value->key,
                  value->got, value->want);
    ((struct exact *)(void *)sink)->count++;
}

static void check_rows(const struct validation_case *reference, const char *name, size_t first,
                       size_t step)
{
    struct arena arena = {0};
    struct table table;
    struct error err = {0};
    struct exact exact = {.sink = {must_equal}};
    const char *path = arena_format(&arena, "%s/validation/cases/%s", CLEAVE_SOURCE_DIR, name);
    ck_assert_msg(table_load(&arena, path, &table, &err), "%s", err.text);
    for (size_t row = first; row < table.row_count; row += step)
        ck_assert_msg(reference->run(&table, row, &arena, &exact.sink, &err), "%s", err.text);
    ck_assert_int_ge(exact.count, 5);
    arena_free(&arena);
}

START_TEST(runs_of_dramsim3_come_out_to_the_cycle)
{
    check_rows(&CASE_DRAMSIM3, "dramsim3.csv", (size_t)_i, 6);
    check_rows(&CASE_DRAMSIM3, "dramsim3_standards.csv", (size_t)_i, 6);
}
END_TEST

START_TEST(runs_of_ramulator_come_out_to_the_cycle)
{
    check_rows(&CASE_RAMULATOR, "ramulator.csv", (size_t)_i, 6);
    check_rows(&CASE_RAMULATOR, "ramulator_standards.csv", (size_t)_i, 6);
}
END_TEST

Suite *dram_suite(void)
{
    Suite *suite = suite_create("dram");
    TCase *rules = tcase_create("rules"), *reference = tcase_create("reference");
    tcase_set_timeout(rules, 120);
    tcase_set_timeout(reference, 300);
    tcase_add_loop_test(rules, every_request_is_answered_whatever_the_policy, 0, LOOPS(150));
    tcase_add_loop_test(rules, refresh_keeps_its_interval, 0, 3 * RANDOM_DRAM_MEMORIES);
    tcase_add_loop_test(rules, jumping_equals_going_clock_by_clock, 0, LOOPS(60));
    tcase_add_loop_test(rules, a_long_rest_equals_many_short_ones, 0, 40);
    tcase_add_loop_test(rules, a_mapping_gives_every_burst_a_place_of_its_own, 0, 8);
    tcase_add_loop_test(rules, a_false_memory_is_refused_in_a_sentence, 0, 6);
    tcase_add_test(rules, pattern_addresses_follow_their_formulas);
    tcase_add_loop_test(rules, a_false_pattern_or_file_is_refused_in_a_sentence, 0, 12);
    tcase_add_loop_test(reference, runs_of_dramsim3_come_out_to_the_cycle, 0, 6);
    tcase_add_loop_test(reference, runs_of_ramulator_come_out_to_the_cycle, 0, 6);
    suite_add_tcase(suite, rules);
    suite_add_tcase(suite, reference);
    return suite;
}
