/* Do networks keep their laws: no packet sooner than distance and width allow, no link used
 * twice at a time, a multicast once on every link? */
#include <check.h>

#include "arch/memory/network.h"

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

static struct network_config random_network(uint64_t *state)
{
    struct network_config config = {.topology = (enum network_topology)between(state, 0, 5),
                                    .columns = (uint32_t)between(state, 1, 6),
                                    .rows = 1,
                                    .link_bits = 1u << between(state, 3, 8),
                                    .hop_cycles = (uint32_t)between(state, 1, 4)};
    if (config.topology == NETWORK_MESH || config.topology == NETWORK_TORUS)
        config.rows = (uint32_t)between(state, 1, 6);
    if (config.topology == NETWORK_TREE)
        config.columns = 1u << between(state, 0, 5);
    return config;
}

START_TEST(packets_arrive_no_sooner_than_distance_and_width_allow)
{
    uint64_t state = (uint64_t)_i + 900, wide_last = 0, last = 0, bits_all = 0, hop_bits = 0;
    struct network_config config = random_network(&state), wide = config;
    struct arena arena = {0};
    struct error err = {0};
    wide.link_bits *= 2;
    struct network *network = network_make(&arena, &config, "noc", &err);
    struct network *wider = network_make(&arena, &wide, "noc", &err);
    ck_assert_msg(network && wider, "%s", err.text);
    uint32_t nodes = network_nodes(network);
    for (int i = 0; i < 200; i++) {
        uint32_t from = (uint32_t)between(&state, 0, nodes - 1);
        uint32_t to = (uint32_t)between(&state, 0, nodes - 1);
        uint64_t cycle = between(&state, 0, 50), bits = between(&state, 1, 4000);
        uint64_t hops = network_hops(network, from, to);
        uint64_t arrival = network_send(network, cycle, from, to, bits);
        uint64_t flits = (bits + config.link_bits - 1) / config.link_bits;
        uint64_t least = from == to ? 0 : hops * config.hop_cycles + flits - 1;
        ck_assert_uint_ge(arrival, cycle + least);
        if (i == 0)
            ck_assert_uint_eq(arrival, cycle + least); /* an idle network */
        last = arrival > last ? arrival : last;
        uint64_t fast = network_send(wider, cycle, from, to, bits);
        wide_last = fast > wide_last ? fast : wide_last;
        bits_all += bits;
        hop_bits += bits * hops;
    }
    ck_assert_uint_le(wide_last, last);
    ck_assert_uint_eq(network_actions(network).bit_hops, hop_bits);
    arena_free(&arena);
}
END_TEST

START_TEST(a_multicast_uses_shared_links_once)
{
    uint64_t state = (uint64_t)_i + 1300, arrivals[64], single = 0;
    struct network_config config = random_network(&state);
    struct arena arena = {0};
    struct network *network = network_make(&arena, &config, "noc", NULL);
    struct network *apart = network_make(&arena, &config, "noc", NULL);
    uint32_t nodes = network_nodes(network), destinations[64], count = nodes < 64 ? nodes : 64;
    uint32_t source = (uint32_t)between(&state, 0, nodes - 1);
    for (uint32_t i = 0; i < count; i++)
        destinations[i] = i;
    network_multicast(network, 5, source, destinations, count, 256, arrivals);
    for (uint32_t i = 0; i < count; i++) {
        struct network *idle = network_make(&arena, &config, "noc", NULL);
        ck_assert_uint_eq(arrivals[i], network_send(idle, 5, source, i, 256));
        single += network_actions(idle).bit_hops;
        network_send(apart, 5, source, i, 256);
    }
    ck_assert_uint_le(network_actions(network).bit_hops, single);
    ck_assert_uint_eq(network_actions(network).packets, 1);
    if (config.topology == NETWORK_BUS && count > 1)
        ck_assert_uint_eq(network_actions(network).bit_hops, 256);
    if (config.topology == NETWORK_MESH) /* a spanning tree has one link less than nodes */
        ck_assert_uint_eq(network_actions(network).bit_hops, 256ull * (nodes - 1));
    arena_free(&arena);
}
END_TEST

START_TEST(a_taken_link_makes_the_next_packet_wait)
{
    struct arena arena = {0};
    struct network_config config = {NETWORK_MESH, 4, 1, 32, 2};
    struct network *network = network_make(&arena, &config, "noc", NULL);
    ck_assert_uint_eq(network_send(network, 0, 0, 3, 320), 3 * 2 + 10 - 1);
    ck_assert_uint_eq(network_send(network, 0, 1, 3, 32), 2 + 10 + 2 * 2);
    ck_assert_uint_eq(network_send(network, 0, 2, 1, 32), 2);
    ck_assert_uint_eq(network_actions(network).wait_cycles, 12);
    struct error err = {0};
    config.topology = NETWORK_TREE;
    config.columns = 6;
    ck_assert_ptr_null(network_make(&arena, &config, "noc", &err));
    ck_assert_str_eq(err.text, "noc: an h-tree has 6 leaves, must be a power of two");
    arena_free(&arena);
}
END_TEST

/* Half of a ring of four is as far either way: such a packet goes clockwise, so that the next
 * one clockwise waits for it and one against the clock does not. */
START_TEST(ties_in_a_ring_go_clockwise)
{
    struct arena arena = {0};
    struct network_config config = {_i ? NETWORK_TORUS : NETWORK_RING, 4, 1, 32, 1};
    struct network *network = network_make(&arena, &config, "noc", NULL);
    ck_assert_uint_eq(network_send(network, 0, 0, 2, 320), 2 + 10 - 1);
    ck_assert_uint_eq(network_send(network, 0, 0, 3, 32), 1);
    ck_assert_uint_eq(network_send(network, 0, 0, 1, 32), 10 + 1);
    arena_free(&arena);
}
END_TEST

Suite *network_suite(void)
{
    Suite *suite = suite_create("network");
    TCase *cases = tcase_create("network");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, packets_arrive_no_sooner_than_distance_and_width_allow, 0, 60);
    tcase_add_loop_test(cases, a_multicast_uses_shared_links_once, 0, 40);
    tcase_add_test(cases, a_taken_link_makes_the_next_packet_wait);
    tcase_add_loop_test(cases, ties_in_a_ring_go_clockwise, 0, 2);
    suite_add_tcase(suite, cases);
    return suite;
}
