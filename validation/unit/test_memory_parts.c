/* Do layouts and buffers keep their laws? Every element once, banks as a cycle-by-cycle buffer
 * has them. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arch/memory/layout.h"
#include "arch/memory/sram_buffer.h"

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static uint64_t between(uint64_t *state, uint64_t low, uint64_t high)
{
    return low + next_random(state) % (high - low + 1);
}

/* ---- layouts ---- */

struct cover {
    unsigned char *times;
    uint64_t bytes;
};

static void mark(void *context, const struct transfer *transfer)
{
    struct cover *cover = context;
    struct transfer_walk walk = {0};
    uint64_t address;
    while (transfer_next_run(transfer, &walk, &address))
        for (uint64_t i = 0; i < transfer->bytes; i++) {
            ck_assert_uint_lt(address + i, cover->bytes);
            cover->times[address + i]++;
        }
}

static struct layout random_layout(uint64_t *state)
{
    int rank = (int)between(state, 2, 5);
    int64_t shape[LAYOUT_DIMENSIONS];
    for (int d = 0; d < rank; d++)
        shape[d] = (int64_t)between(state, 1, 6);
    uint32_t bits = 8u << between(state, 0, 2);
    switch (between(state, 0, 2)) {
    case 0:
        return layout_row_major(rank, shape, bits);
    case 1:
        return layout_tile_padded(rank, shape, bits, (int64_t)between(state, 1, 4),
                                  (int64_t)between(state, 1, 4));
    default:
        return layout_channel_packed(rank, shape, bits, (int)between(state, 0, 1),
                                     (int64_t)between(state, 1, 4));
    }
}

static struct layout_box random_box(uint64_t *state, const struct layout *layout, bool is_whole)
{
    struct layout_box box = {{0}, {0}, {0}};
    for (int d = 0; d < layout->rank; d++) {
        uint64_t size = (uint64_t)layout->shape[d];
        uint64_t start = is_whole ? 0 : between(state, 0, size - 1);
        uint64_t extent = is_whole ? size : between(state, 1, size - start);
        uint64_t step = is_whole ? 1 : between(state, 1, 3);
        box.start[d] = (int64_t)start;
        box.step[d] = (int64_t)step;
        box.extent[d] = (int64_t)((extent + step - 1) / step);
    }
    return box;
}

/* Moves to the next element of a box; `at` starts at box->start. */
static bool next_element(const struct layout *layout, const struct layout_box *box, int64_t *at)
{
    for (int d = layout->rank - 1; d >= 0; d--) {
        at[d] += box->step[d];
        if (at[d] < box->start[d] + box->extent[d] * box->step[d])
            return true;
        at[d] = box->start[d];
    }
    return false;
}

static bool has_blocks(const struct layout *layout)
{
    for (int d = 0; d < layout->rank; d++)
        if (layout->block[d] > 1)
            return true;
    return false;
}

START_TEST(a_region_covers_its_elements_and_no_byte_twice)
{
    uint64_t state = (uint64_t)_i + 1;
    struct layout layout = random_layout(&state);
    bool is_whole = between(&state, 0, 3) == 0;
    struct layout_box box = random_box(&state, &layout, is_whole);
    struct cover cover = {.bytes = layout_bytes(&layout)};
    cover.times = calloc(cover.bytes, 1);
    struct transfer like = {.stream = 3};
    layout_region(&layout, &box, 0, &like, mark, &cover);
    uint64_t bytes = layout.element_bits / 8, covered = 0, elements = 0;
    int64_t index[LAYOUT_DIMENSIONS];
    memcpy(index, box.start, sizeof index);
    do {
        uint64_t at = layout_offset_bits(&layout, index) / 8;
        for (uint64_t i = 0; i < bytes; i++)
            ck_assert_msg(cover.times[at + i] == 1, "seed %d", _i + 1);
        elements++;
    } while (next_element(&layout, &box, index));
    for (uint64_t i = 0; i < cover.bytes; i++) {
        ck_assert_uint_le(cover.times[i], 1);
        covered += cover.times[i];
    }
    if (!has_blocks(&layout))
        ck_assert_uint_eq(covered, elements * bytes);
    if (is_whole)
        ck_assert_uint_eq(covered, cover.bytes);
    free(cover.times);
}
END_TEST

/* Bursts that hold an element of the box, or of a block that does, one by one. */
static uint64_t touched_bursts(const struct layout *layout, const struct layout_box *box,
                               uint64_t burst)
{
    struct cover cover = {.bytes = layout_bytes(layout)};
    cover.times = calloc(cover.bytes, 1);
    layout_region(layout, box, 0, &(struct transfer){0}, mark, &cover);
    uint64_t bursts = 0;
    for (uint64_t at = 0; at < cover.bytes; at += burst) {
        bool is_touched = false;
        for (uint64_t i = at; i < at + burst && i < cover.bytes; i++)
            is_touched = is_touched || cover.times[i];
        bursts += is_touched;
    }
    free(cover.times);
    return bursts;
}

struct moved {
    uint64_t bursts, access_bytes;
};

static void count_bursts(void *context, const struct transfer *transfer)
{
    struct moved *moved = context;
    moved->bursts += transfer_bursts(transfer, moved->access_bytes);
}

START_TEST(a_region_moves_each_burst_that_it_touches_once)
{
    uint64_t state = (uint64_t)_i + 900;
    struct layout layout = random_layout(&state);
    struct layout_box box = random_box(&state, &layout, false);
    struct moved moved = {0, (uint64_t)4 << between(&state, 0, 4)};
    layout_region(&layout, &box, moved.access_bytes, &(struct transfer){0}, count_bursts,
                  &moved);
    uint64_t touched = touched_bursts(&layout, &box, moved.access_bytes);
    bool skips = false; /* then the last index of a row may neighbour the first of the next */
    for (int d = 0; d < layout.rank; d++)
        skips = skips || (box.step[d] > 1 && box.extent[d] > 1);
    ck_assert_msg(skips ? moved.bursts >= touched : moved.bursts == touched, "seed %d",
                  _i + 900);
}
END_TEST

/* Boxes of one size side by side along every dimension, as tiles are. Along one of them there
 * are so many that a box begins at every place of a burst equally often. */
START_TEST(the_mean_over_tiles_is_what_they_move)
{
    uint64_t state = (uint64_t)_i + 1700;
    uint64_t burst = (uint64_t)8 << between(&state, 0, 3);
    int cut = (int)between(&state, 1, 2);
    int64_t shape[3], tile[3];
    for (int d = 0; d < 3; d++) {
        tile[d] = (int64_t)between(&state, 1, 9);
        shape[d] = tile[d] * (d == cut  ? (int64_t)burst
                              : d < cut ? (int64_t)between(&state, 1, 4)
                                        : 1);
    }
    struct layout layout = layout_row_major(3, shape, 8u << between(&state, 0, 1));
    struct layout_boxes boxes = {{0}, {0}, {0}};
    for (int d = 0; d < 3; d++) {
        boxes.extent[d] = (double)tile[d];
        boxes.start[d] = shape[d] > tile[d] ? tile[d] : 0;
    }
    struct moved moved = {0, burst};
    uint64_t count = 0;
    struct layout_box box = {{0}, {tile[0], tile[1], tile[2]}, {1, 1, 1}};
    for (box.start[0] = 0; box.start[0] < shape[0]; box.start[0] += tile[0])
        for (box.start[1] = 0; box.start[1] < shape[1]; box.start[1] += tile[1])
            for (box.start[2] = 0; box.start[2] < shape[2]; box.start[2] += tile[2], count++)
                layout_region(&layout, &box, burst, &(struct transfer){0}, count_bursts,
                              &moved);
    double mean = layout_mean_bytes(&layout, &boxes, burst);
    double real = (double)(moved.bursts * burst) / (double)count;
    ck_assert_msg(fabs(mean - real) < 1e-6 * real, "seed %d: mean %.3f, moved %.3f", _i + 1700,
                  mean, real);
}
END_TEST

START_TEST(no_two_elements_share_an_address)
{
    uint64_t state = (uint64_t)_i + 300;
    struct layout layout = random_layout(&state);
    struct layout_box all = random_box(&state, &layout, true);
    int64_t index[LAYOUT_DIMENSIONS] = {0};
    unsigned char *seen = calloc(layout_bytes(&layout), 1);
    do {
        uint64_t at = layout_offset_bits(&layout, index) / 8;
        ck_assert_uint_lt(at, layout_bytes(&layout));
        ck_assert(!seen[at]);
        seen[at] = 1;
    } while (next_element(&layout, &all, index));
    free(seen);
}
END_TEST

/* ---- buffers ---- */

/* Words handed to their banks one by one, each bank `ports` a cycle. */
static uint64_t slow_access(const struct sram_buffer_config *config, uint64_t first,
                            uint64_t stride, uint64_t words)
{
    uint64_t load[64] = {0}, most = 0;
    for (uint64_t i = 0; i < words; i++) {
        uint64_t bank = (first + i * stride) % config->banks;
        load[bank]++;
        most = load[bank] > most ? load[bank] : most;
    }
    uint64_t banks = (most + config->read_ports - 1) / config->read_ports;
    uint64_t lanes = (words + config->lanes - 1) / config->lanes;
    return banks > lanes ? banks : lanes;
}

START_TEST(strided_accesses_meet_the_banks_they_meet_one_by_one)
{
    uint64_t state = (uint64_t)_i + 700;
    for (int i = 0; i < 50; i++) {
        struct sram_buffer_config config = {.bytes = 65536,
                                            .banks = (uint32_t)between(&state, 1, 64),
                                            .width_bits = 64,
                                            .read_ports = (uint32_t)between(&state, 1, 3),
                                            .lanes = (uint32_t)between(&state, 1, 64)};
        struct arena arena = {0};
        struct sram_buffer *sram = sram_buffer_make(&arena, &config);
        uint64_t first = between(&state, 0, 1000), stride = between(&state, 0, 100);
        uint64_t words = between(&state, 1, 500), begin = between(&state, 0, 99);
        ck_assert_uint_eq(sram_buffer_access(sram, begin, first, stride, words, false),
                          begin + slow_access(&config, first, stride, words));
        ck_assert_uint_eq(sram_buffer_actions(sram).reads, words);
        arena_free(&arena);
    }
}
END_TEST

START_TEST(shared_ports_wait_and_turn_around_and_separate_ports_do_not)
{
    struct arena arena = {0};
    struct sram_buffer_config shared = {
        .bytes = 4096, .banks = 4, .width_bits = 64, .read_ports = 1, .turnaround_cycles = 2};
    struct sram_buffer_config two = shared;
    two.write_ports = 1;
    struct sram_buffer *one_port = sram_buffer_make(&arena, &shared);
    struct sram_buffer *two_ports = sram_buffer_make(&arena, &two);
    ck_assert_uint_eq(sram_buffer_access(one_port, 0, 0, 1, 40, false), 10);
    ck_assert_uint_eq(sram_buffer_access(one_port, 0, 0, 1, 40, true), 22);
    ck_assert_uint_eq(sram_buffer_actions(one_port).turnaround_cycles, 8);
    ck_assert_uint_eq(sram_buffer_access(two_ports, 0, 0, 1, 40, false), 10);
    ck_assert_uint_eq(sram_buffer_access(two_ports, 0, 0, 1, 40, true), 10);
    ck_assert_ptr_null(sram_register_file_warning(&arena, "core 'a'", 4096));
    ck_assert_str_eq(sram_register_file_warning(&arena, "core 'a'", 8192),
                     "core 'a': a register file of 8192 bytes is larger than 4096, it would be "
                     "built as SRAM");
    arena_free(&arena);
}
END_TEST

Suite *memory_parts_suite(void)
{
    Suite *suite = suite_create("memory_parts");
    TCase *cases = tcase_create("parts");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, a_region_covers_its_elements_and_no_byte_twice, 0, 200);
    tcase_add_loop_test(cases, a_region_moves_each_burst_that_it_touches_once, 0, 200);
    tcase_add_loop_test(cases, the_mean_over_tiles_is_what_they_move, 0, 100);
    tcase_add_loop_test(cases, no_two_elements_share_an_address, 0, 60);
    tcase_add_loop_test(cases, strided_accesses_meet_the_banks_they_meet_one_by_one, 0, 20);
    tcase_add_test(cases, shared_ports_wait_and_turn_around_and_separate_ports_do_not);
    suite_add_tcase(suite, cases);
    return suite;
}
