/* Do gathers fetch the records that their index names, in its order? */
#include <check.h>

#include "arch/chip/gather.h"
#include "workloads/tensor.h"

enum { RECORD_BYTES = 4, BASE = 1024 };

/* Starts where the gather puts its pieces of one record each. */
static void must_fetch(const int64_t *index, uint64_t places, uint64_t count, uint64_t universe,
                       const uint64_t *wanted)
{
    struct arena arena = {0};
    struct tensor_contents contents = {places, index};
    struct tensor positions = {.contents = &contents};
    struct number_format byte = number_format_integer(true, 8);
    struct primitive whole = {
        .kind = PRIMITIVE_GATHER,
        .streams = {&positions},
        .gather = {.count = count, .record = RECORD_BYTES, .universe = universe}};
    whole.inputs[0] = (struct primitive_operand){NULL, count * RECORD_BYTES, byte};
    struct gather gather = gather_make(&whole, &whole, 0, &arena);
    struct fetch_list list = {.arena = &arena};
    for (uint64_t i = 0; i < count; i++) {
        list.transfer_count = 0;
        gather_emit(&gather, BASE, RECORD_BYTES, &list);
        ck_assert_uint_eq(list.transfer_count, 1);
        ck_assert_uint_eq(list.transfers[0].bytes, RECORD_BYTES);
        ck_assert_msg(list.transfers[0].address == BASE + RECORD_BYTES * wanted[i],
                      "record %llu at %llu, wanted %llu", (unsigned long long)i,
                      (unsigned long long)(list.transfers[0].address - BASE) / RECORD_BYTES,
                      (unsigned long long)wanted[i]);
    }
    arena_free(&arena);
}

START_TEST(positions_below_nought_count_from_the_end)
{
    must_fetch((const int64_t[]){-1, 0, -8, 3}, 4, 4, 8, (const uint64_t[]){7, 0, 0, 3});
}
END_TEST

/* The index of an inner axis, for two outer ones of four records. */
START_TEST(an_index_is_used_again_for_every_outer_position)
{
    must_fetch((const int64_t[]){-1, 1}, 2, 4, 8, (const uint64_t[]){3, 1, 7, 5});
}
END_TEST

START_TEST(neighbours_become_one_transfer)
{
    static const int64_t INDEX[] = {2, 3, 4, 9};
    struct arena arena = {0};
    struct gather gather = {
        .index = INDEX, .count = 4, .places = 4, .universe = 16, .record_bytes = RECORD_BYTES};
    struct fetch_list list = {.arena = &arena};
    gather_emit(&gather, 0, 4 * RECORD_BYTES, &list);
    ck_assert_uint_eq(list.transfer_count, 2);
    ck_assert_uint_eq(list.transfers[0].address, 2 * RECORD_BYTES);
    ck_assert_uint_eq(list.transfers[0].bytes, 3 * RECORD_BYTES);
    ck_assert_uint_eq(list.transfers[1].address, 9 * RECORD_BYTES);
    arena_free(&arena);
}
END_TEST

Suite *gather_suite(void)
{
    Suite *suite = suite_create("gather");
    TCase *cases = tcase_create("gather");
    tcase_add_test(cases, positions_below_nought_count_from_the_end);
    tcase_add_test(cases, an_index_is_used_again_for_every_outer_position);
    tcase_add_test(cases, neighbours_become_one_transfer);
    suite_add_tcase(suite, cases);
    return suite;
}
