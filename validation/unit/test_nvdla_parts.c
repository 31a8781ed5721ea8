/* Does the part list of an NVDLA follow its parameters? */
#include <check.h>
#include <math.h>
#include <string.h>

#include "sim/kernel/random.h"
#include "sim/study/nvdla_parts.h"
#include "technology_fixture.h"

enum { SEEDS = 100 };

static double area_of(double macs, double buffer_bytes)
{
    struct inventory inventory;
    struct nvdla_shape shape = nvdla_shape_of(macs, buffer_bytes);
    inventory_init(&inventory, &technology.arena);
    nvdla_parts(&shape, &inventory);
    struct price_list *list =
        technology_list(&inventory, technology_process("tsmc-28"), SCOPE_CHIP);
    double area = 0;
    for (size_t i = 0; i < list->component_count; i++)
        area += (double)list->area_nm2[i];
    return area;
}

static void draw(uint64_t seed, double *macs, double *buffer_bytes)
{
    struct random random = random_make(seed, "nvdla");
    *macs = exp(log(8) + random_unit(&random) * log(16384.0 / 8));
    *buffer_bytes = exp(log(16384) + random_unit(&random) * log(256));
}

START_TEST(atomic_sizes_multiply_to_the_macs_asked_for)
{
    double macs, bytes;
    draw((uint64_t)_i, &macs, &bytes);
    struct nvdla_shape shape = nvdla_shape_of(macs, bytes);
    ck_assert_msg(fabs(shape.atomic_c * shape.atomic_k / macs - 1) < 1e-9, "seed %d: %g", _i,
                  macs);
    ck_assert(shape.buffer_bytes == bytes);
}
END_TEST

START_TEST(more_macs_or_more_buffer_are_never_smaller)
{
    double macs, bytes;
    draw((uint64_t)_i, &macs, &bytes);
    double area = area_of(macs, bytes);
    ck_assert_msg(area_of(macs * 1.25, bytes) > area, "seed %d: %g macs, %g bytes", _i, macs,
                  bytes);
    ck_assert_msg(area_of(macs, bytes * 1.5) > area, "seed %d: %g macs, %g bytes", _i, macs,
                  bytes);
}
END_TEST

/* spec/defs of nvdla/hw: ATOMIC_C, ATOMIC_K, MEMIF_WIDTH, SDP_BS_THROUGHPUT. */
START_TEST(published_configurations_keep_their_published_shape)
{
    static const double PUBLISHED[][5] = {{64, 8, 8, 64, 1},
                                          {256, 32, 8, 64, 1},
                                          {512, 32, 16, 128, 4},
                                          {1024, 32, 32, 256, 8},
                                          {2048, 64, 32, 256, 16}};
    const double *row = PUBLISHED[_i];
    struct nvdla_shape shape = nvdla_shape_of(row[0], 131072);
    ck_assert_double_eq_tol(shape.atomic_c, row[1], 1e-9);
    ck_assert_double_eq_tol(shape.atomic_k, row[2], 1e-9);
    ck_assert_double_eq_tol(shape.memory_bits, row[3], 1e-9);
    ck_assert_double_eq_tol(shape.sdp_throughput, row[4], 1e-9);
}
END_TEST

START_TEST(the_buffer_has_every_bit_asked_for)
{
    double macs, bytes;
    draw((uint64_t)_i, &macs, &bytes);
    struct inventory inventory;
    struct nvdla_shape shape = nvdla_shape_of(macs, bytes);
    inventory_init(&inventory, &technology.arena);
    nvdla_parts(&shape, &inventory);
    double held = 0;
    for (size_t i = 0; i < inventory.part_count; i++)
        if (strcmp(inventory.parts[i].name, "cbuf.banks") == 0)
            held += (double)inventory.parts[i].count * (double)inventory.parts[i].bytes;
    ck_assert_msg(fabs(held / bytes - 1) < 0.02, "seed %d: %g of %g bytes", _i, held, bytes);
}
END_TEST

Suite *nvdla_parts_suite(void)
{
    Suite *suite = suite_create("nvdla_parts");
    TCase *tests = tcase_create("laws");
    tcase_add_checked_fixture(tests, technology_setup, technology_teardown);
    tcase_add_loop_test(tests, atomic_sizes_multiply_to_the_macs_asked_for, 0, SEEDS);
    tcase_add_loop_test(tests, more_macs_or_more_buffer_are_never_smaller, 0, SEEDS);
    tcase_add_loop_test(tests, published_configurations_keep_their_published_shape, 0, 5);
    tcase_add_loop_test(tests, the_buffer_has_every_bit_asked_for, 0, SEEDS);
    suite_add_tcase(suite, tests);
    return suite;
}
