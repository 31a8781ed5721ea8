/* Do the rules of where tensors rest hold: who waits for whom, how much lies on chip at most,
 * what may be done on results as they leave? */
#include <check.h>

#include "arch/chip/chip.h"
#include "arch/chip/held.h"
#include "arch/chip/place.h"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena);
}

static void teardown(void)
{
    arena_free(&arena);
}

static struct chip *edge(void)
{
    struct error err = {0};
    struct chip *chip = chip_load(&arena, "edge", NULL, 0, &err);
    ck_assert_msg(chip != NULL, "%s", err.text);
    return chip;
}

/* A chain of operators, each waiting for the one before: the last knows 64 of them. */
START_TEST(an_operator_waits_for_all_that_those_before_it_waited_for)
{
    struct lineage chain = {.index = 0};
    for (uint64_t i = 1; i <= 100; i++) {
        struct lineage next = {.index = i};
        lineage_add(&next, chain);
        chain = next;
    }
    for (uint64_t i = 0; i < 100; i++)
        ck_assert_msg(lineage_has(chain, i) == (i >= 36), "operator %d", (int)i);
    ck_assert(!lineage_has(chain, 100));
    ck_assert(!lineage_has(chain, 101));
    struct lineage far = {.index = 100}, near = {.index = 37, .before = 1};
    lineage_add(&far, near);
    ck_assert(lineage_has(far, 37) && lineage_has(far, 36) && !lineage_has(far, 35));
}
END_TEST

static struct tensor matrix(uint64_t id, int64_t rows)
{
    return (struct tensor){.id = id,
                           .rank = 2,
                           .shape = {rows, 64},
                           .format = number_format_integer(true, 8),
                           .role = ROLE_TEMP,
                           .density = 1};
}

START_TEST(the_peak_is_what_rested_at_once)
{
    struct chip *chip = edge();
    struct held_table table;
    held_table_init(&table, chip, &arena);
    int32_t buffer = chip_memory_find(chip, "buffer");
    struct rest_wish wish = {.memory = buffer};
    struct tensor tensors[] = {matrix(1, 16), matrix(2, 32), matrix(3, 8)};
    held_place(&table, &tensors[0], &wish);
    held_place(&table, &tensors[1], &wish);
    held_drop(&table, &tensors[0]);
    held_place(&table, &tensors[2], &wish);
    ck_assert_uint_eq(table.occupied[buffer], (32 + 8) * 64);
    ck_assert_uint_eq(table.peak[buffer], (16 + 32) * 64);
}
END_TEST

/* A second operand from memory of at most 4096 elements. */
START_TEST(a_small_second_operand_may_be_fused)
{
    struct chip *chip = edge();
    int32_t core = 0;
    while (chip->cores[core].epilogue == EPILOGUE_NONE)
        core++;
    struct primitive map = {.kind = PRIMITIVE_MAP};
    struct primitive_list list = {.items = &map, .count = 1};
    struct fuse_root root = {.core = core, .group_count = 1, .output_count = 1};
    for (uint64_t elements = 4095; elements <= 4097; elements++) {
        struct fuse_operand operands[] = {
            {.is_passed = true, .bytes = 512, .producer = core},
            {.producer = -1, .bytes = elements, .elements = elements}};
        ck_assert_msg(fuse_allows(chip, &root, &list, operands, 2, 512) == (elements <= 4096),
                      "%d elements", (int)elements);
        operands[1].is_resident = true;
        ck_assert(fuse_allows(chip, &root, &list, operands, 2, 512));
        ck_assert(!fuse_allows(chip, &root, &list, operands, 2, 1024));
    }
}
END_TEST

Suite *rest_suite(void)
{
    Suite *suite = suite_create("rest");
    TCase *cases = tcase_create("rest");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, an_operator_waits_for_all_that_those_before_it_waited_for);
    tcase_add_test(cases, the_peak_is_what_rested_at_once);
    tcase_add_test(cases, a_small_second_operand_may_be_fused);
    suite_add_tcase(suite, cases);
    return suite;
}
