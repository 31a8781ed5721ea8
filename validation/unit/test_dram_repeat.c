/* Do runs of row hits that are one event come out as command by command, whatever breaks them
 * off, and do they become one event at all? */
#include <check.h>
#include <stdlib.h>

#include "loops.h"
#include "arch/memory/dram_channel.h"
#include "random_dram.h"

enum { REQUESTS = 20000 };

struct player {
    struct dram_channel *channel;
    uint64_t clocks[REQUESTS];
    uint64_t told; /* answers so far */
};

static void keep(void *context, uint64_t tag, uint64_t clock)
{
    struct player *player = context;
    ck_assert_uint_eq(player->clocks[tag], 0);
    player->clocks[tag] = clock;
    player->told++;
}

/* Stretches of regular traffic and of none, with gaps, in turn. */
struct traffic {
    uint64_t left, address, step, gap, bytes;
    bool is_random, is_write;
};

static uint64_t next_address(struct traffic *traffic, uint64_t *state)
{
    static const uint64_t STEPS[] = {1, 1, 1, 2, 3, 16, 64, 0};
    if (traffic->left-- == 0) {
        traffic->left = random_dram_between(state, 1, 900);
        traffic->is_random = random_dram_between(state, 0, 5) == 0;
        traffic->is_write = random_dram_between(state, 0, 3) == 0;
        traffic->gap =
            random_dram_between(state, 0, 3) == 0 ? random_dram_between(state, 1, 60) : 0;
        traffic->address = random_dram_next(state) % (1u << 24);
        traffic->step = traffic->bytes * STEPS[random_dram_between(state, 0, 7)];
    }
    if (traffic->is_random)
        return random_dram_next(state) % (1u << 24);
    return traffic->address += traffic->step;
}

static void must_equal(struct player *quick, struct player *slow, int seed)
{
    ck_assert_msg(quick->told == slow->told, "seed %d: %lu answers told, not %lu", seed,
                  quick->told, slow->told);
    ck_assert_msg(dram_channel_now(quick->channel) == dram_channel_now(slow->channel),
                  "seed %d: clock %lu, not %lu", seed, dram_channel_now(quick->channel),
                  dram_channel_now(slow->channel));
}

static void must_count_equal(struct player *quick, struct player *slow, int seed)
{
    uint64_t clock = dram_channel_now(slow->channel);
    struct dram_actions a = dram_channel_actions(quick->channel, clock);
    struct dram_actions b = dram_channel_actions(slow->channel, clock);
    const struct dram_totals *c = dram_channel_totals(quick->channel);
    const struct dram_totals *d = dram_channel_totals(slow->channel);
    ck_assert_msg(a.activates == b.activates && a.precharges == b.precharges &&
                      a.reads == b.reads && a.writes == b.writes &&
                      a.refreshes == b.refreshes && a.bank_refreshes == b.bank_refreshes &&
                      a.active_clocks == b.active_clocks && a.idle_clocks == b.idle_clocks,
                  "seed %d: actions differ at clock %lu", seed, clock);
    ck_assert_msg(c->reads == d->reads && c->writes == d->writes && c->merged == d->merged &&
                      c->forwarded == d->forwarded && c->row_hits == d->row_hits &&
                      c->row_misses == d->row_misses && c->row_conflicts == d->row_conflicts &&
                      c->read_latency_clocks == d->read_latency_clocks &&
                      c->reads_done == d->reads_done && c->last_done == d->last_done,
                  "seed %d: totals differ at clock %lu", seed, clock);
}

static void run_both(struct player *quick, struct player *slow, uint64_t clock, uint64_t *state,
                     bool in_pieces)
{
    while (in_pieces && dram_channel_now(slow->channel) < clock) {
        uint64_t piece = dram_channel_now(slow->channel) + random_dram_between(state, 1, 9);
        dram_channel_run(quick->channel, piece < clock ? piece : clock);
        dram_channel_run(slow->channel, piece < clock ? piece : clock);
        ck_assert_uint_eq(quick->told, slow->told);
    }
    dram_channel_run(quick->channel, clock);
    dram_channel_run(slow->channel, clock);
}

/* Times within a bank group that outlast those of its banks, as no real part has them: then
 * nothing but the group says that a command must wait, long into the next run of hits. */
static void stretch_groups(struct dram_config *config, uint64_t *state)
{
    config->rrd_long = (int64_t)random_dram_between(state, 1, 600);
    config->wtr_long = (int64_t)random_dram_between(state, 1, 600);
    config->wr = 1;
}

START_TEST(a_run_as_one_event_equals_its_commands)
{
    uint64_t state = (uint64_t)_i + 9000, clock = 0;
    struct arena arena = {0};
    struct dram_config config;
    struct dram_map map;
    random_dram_config(&arena, &state, &config, &map);
    if (_i % 5 == 0)
        stretch_groups(&config, &state);
    struct player *quick = calloc(1, sizeof *quick), *slow = calloc(1, sizeof *slow);
    quick->channel = dram_channel_make(&arena, &config, keep, quick);
    slow->channel = dram_channel_make(&arena, &config, keep, slow);
    dram_channel_play_all(slow->channel);
    struct traffic traffic = {.bytes = config.access_bytes};
    for (uint64_t i = 0; i < REQUESTS; i++) {
        uint64_t address = next_address(&traffic, &state);
        struct dram_place place = dram_map_place(&map, address);
        struct dram_offer offer = {address >> map.offset_bits, place.bank, place.row,
                                   traffic.is_write, i};
        if (random_dram_between(&state, 0, 999) == 0) /* a stranger comes between */
            offer.is_write = !offer.is_write;
        if (random_dram_between(&state, 0, 1999) == 0)
            clock += random_dram_between(&state, 1, 20000);
        clock += traffic.gap;
        run_both(quick, slow, clock, &state, _i % 3 == 0);
        for (;;) {
            bool is_taken = dram_channel_offer(slow->channel, &offer);
            ck_assert_msg(dram_channel_offer(quick->channel, &offer) == is_taken,
                          "seed %d: request %lu at clock %lu", _i, i, clock);
            if (is_taken)
                break;
            clock = _i % 2 == 0 ? clock + 1 : dram_channel_step(slow->channel);
            run_both(quick, slow, clock, &state, false);
        }
        must_equal(quick, slow, _i);
        if (random_dram_between(&state, 0, 1499) == 0)
            must_count_equal(quick, slow, _i);
    }
    run_both(quick, slow, clock + 100000, &state, false);
    for (int i = 0; i < REQUESTS; i++)
        ck_assert_msg(quick->clocks[i] == slow->clocks[i], "seed %d: request %d: %lu, not %lu",
                      _i, i, quick->clocks[i], slow->clocks[i]);
    must_count_equal(quick, slow, _i);
    free(quick);
    free(slow);
    arena_free(&arena);
}
END_TEST

/* Within a row, nothing is left to do but to compare offers: the clock moves on the channel's
 * outside only. */
START_TEST(a_long_run_stands_still)
{
    static const char *const QUEUES[] = {"queue=per-bank", "queue=shared"};
    static const char *const MAPPINGS[] = {"mapping=rochrababgco", "mapping=rochracobabg"};
    const char *sets[] = {QUEUES[_i % 2], MAPPINGS[_i / 2]};
    struct arena arena = {0};
    struct dram_config config;
    struct dram_map map;
    random_dram_load(&arena, "ddr4-3200", sets, 2, &config, &map);
    struct dram_channel *channel = dram_channel_make(&arena, &config, NULL, NULL);
    uint64_t still = 0, last = UINT64_MAX;
    for (uint64_t i = 0; i < 1600; i++) {
        struct dram_place place = dram_map_place(&map, i * 64);
        struct dram_offer offer = {i, place.bank, place.row, false, 0};
        while (!dram_channel_offer(channel, &offer))
            dram_channel_step(channel);
        still += dram_channel_is_still(channel);
        last = dram_channel_now(channel);
    }
    ck_assert_uint_lt(last, UINT64_MAX);
    /* Rows one after the other: the queues hold a third of a row at its begin and its end. */
    ck_assert_msg(still > (_i < 2 ? 400 : 1000), "%lu of 1600", still);
    arena_free(&arena);
}
END_TEST

Suite *dram_repeat_suite(void)
{
    Suite *suite = suite_create("dram_repeat");
    TCase *cases = tcase_create("equality");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, a_run_as_one_event_equals_its_commands, 0, LOOPS(90));
    tcase_add_loop_test(cases, a_long_run_stands_still, 0, 4);
    suite_add_tcase(suite, cases);
    return suite;
}
