#include "sim/kernel/random.h"

__extension__ typedef unsigned __int128 uint128;

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

static uint64_t splitmix(uint64_t *state)
{
    uint64_t value = *state += 0x9e3779b97f4a7c15u;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

struct random random_make(uint64_t seed, const char *name)
{
    struct random random;
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a of the name */
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    /* Both go through the mixer, so that (1, "b") and (2, "a") have nothing in common. */
    uint64_t state = splitmix(&seed) ^ hash;
    for (int i = 0; i < 4; i++)
        random.state[i] = splitmix(&state);
    return random;
}

uint64_t random_bits(struct random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9, shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 45);
    return result;
}

/* Lemire, "Fast random integer generation in an interval", ACM TOMACS 29(1), 2019: the high
 * half of a product, drawn again where the low half falls into the uneven rest. */
uint64_t random_below(struct random *random, uint64_t bound)
{
    uint128 product = (uint128)random_bits(random) * bound;
    if ((uint64_t)product < bound) {
        uint64_t uneven = (0 - bound) % bound;
        while ((uint64_t)product < uneven)
            product = (uint128)random_bits(random) * bound;
    }
    return (uint64_t)(product >> 64);
}

double random_unit(struct random *random)
{
    return (double)(random_bits(random) >> 11) * 0x1p-53;
}

bool random_chance(struct random *random, uint64_t of, uint64_t all)
{
    return random_below(random, all) < of;
}

void random_permutation(struct random *random, uint64_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t j = (size_t)random_below(random, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}
