/* Can every shipped chip be priced wherever it should be, and is it refused where it must be?
 */
#include <check.h>
#include <string.h>

#include "arch/chip/chip.h"
#include "sim/config/config_place.h"
#include "technology_fixture.h"

/* Above 45 nm and below 7 nm the default table of operations has no anchors. */
static const char *const WITHIN[] = {"generic-45", "tsmc-40",  "generic-32", "tsmc-28",
                                     "intel-22",   "tsmc-20",  "tsmc-16",    "intel-14",
                                     "samsung-14", "tsmc-n10", "samsung-8",  "tsmc-n7"};
static const char *const BEYOND[] = {"generic-180", "generic-130", "tsmc-90",
                                     "tsmc-65",     "tsmc-n5",     "tsmc-n3"};

static bool price_chip(const char *name, const char *process_name, struct price_list **list)
{
    struct arena *arena = &technology.arena;
    struct chip *chip = chip_load(arena, name, NULL, 0, &technology.err);
    ck_assert_msg(chip != NULL, "%s: %s", name, technology.err.text);
    struct price_options options = price_options_default(chip->main_clock.hz);
    return price_list_make(arena, &chip->inventory, technology_process(process_name), &options,
                           list, &technology.err);
}

START_TEST(every_shipped_chip_is_priced_from_45_to_7_nm_without_leave)
{
    const char *const *names = place_list(&technology.arena, "chips");
    int count = 0;
    for (; names[count]; count++) {
        struct price_list *list;
        ck_assert_msg(price_chip(names[count], WITHIN[_i], &list), "%s at %s: %s", names[count],
                      WITHIN[_i], technology.err.text);
        double area = 0;
        for (size_t i = 0; i < list->component_count; i++) {
            ck_assert_msg(list->area_known[i], "%s at %s: %s", names[count], WITHIN[_i],
                          list->components[i]);
            area += (double)list->area_nm2[i];
        }
        ck_assert_msg(area > 0, "%s at %s", names[count], WITHIN[_i]);
    }
    ck_assert_int_ge(count, 11);
}
END_TEST

START_TEST(every_shipped_chip_is_refused_beyond_the_anchors)
{
    const char *const *names = place_list(&technology.arena, "chips");
    for (; *names; names++) {
        struct price_list *list;
        technology.err = (struct error){0};
        ck_assert_msg(!price_chip(*names, BEYOND[_i], &list), "%s at %s", *names, BEYOND[_i]);
        ck_assert_ptr_nonnull(strstr(technology.err.text, BEYOND[_i]));
    }
}
END_TEST

Suite *technology_chips_suite(void)
{
    Suite *suite = suite_create("technology_chips");
    TCase *tests = tcase_create("chips");
    tcase_add_checked_fixture(tests, technology_setup, technology_teardown);
    tcase_add_loop_test(tests, every_shipped_chip_is_priced_from_45_to_7_nm_without_leave, 0,
                        (int)(sizeof WITHIN / sizeof *WITHIN));
    tcase_add_loop_test(tests, every_shipped_chip_is_refused_beyond_the_anchors, 0,
                        (int)(sizeof BEYOND / sizeof *BEYOND));
    suite_add_tcase(suite, tests);
    return suite;
}
