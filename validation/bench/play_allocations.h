/* Counts allocations that happen while events play: inside kernel_run, but not while the next
 * operator is read and placed. The linker redirects the calls (--wrap). */
#ifndef VALIDATION_BENCH_PLAY_ALLOCATIONS_H
#define VALIDATION_BENCH_PLAY_ALLOCATIONS_H

#include <stdint.h>

void play_allocations_reset(void);
uint64_t play_allocations(void);
/* Those while operators are placed: they show that the counter counts. */
uint64_t play_allocations_placing(void);

#endif
