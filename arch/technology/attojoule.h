/* Energy in integers: attojoules, summed in 128 bits, so that components add up to their total
 * to the last digit whatever the order of the sums. 2^128 aJ is 3.4e20 J. */
#ifndef ARCH_TECHNOLOGY_ATTOJOULE_H
#define ARCH_TECHNOLOGY_ATTOJOULE_H

/* The one typedef of a number: the width has no standard name in C11. */
__extension__ typedef unsigned __int128 attojoules;

/* For printing; the conversion rounds to the nearest double. */
static inline double attojoules_in_joules(attojoules energy)
{
    return (double)energy * 1e-18;
}

#endif
