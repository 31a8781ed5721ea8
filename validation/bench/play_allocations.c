#include "play_allocations.h"

#include <stdbool.h>
#include <stddef.h>

struct kernel;
struct operator;
struct player;
struct job;

/* The names that --wrap gives to the originals and to what is called instead. */
void *__real_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
bool __real_kernel_run(struct kernel *kernel);
bool __wrap_kernel_run(struct kernel *kernel);
bool __real_place_operator(struct player *player, const struct operator* op, struct job *job);
bool __wrap_place_operator(struct player *player, const struct operator* op, struct job *job);

static uint64_t counted, counted_placing;
static int playing, placing;

static void count(void)
{
    counted += playing > 0 && placing == 0;
    counted_placing += placing > 0;
}

void play_allocations_reset(void)
{
    counted = counted_placing = 0;
}

uint64_t play_allocations(void)
{
    return counted;
}

uint64_t play_allocations_placing(void)
{
    return counted_placing;
}

void *__wrap_malloc(size_t bytes)
{
    count();
    return __real_malloc(bytes);
}

void *__wrap_calloc(size_t number, size_t size)
{
    count();
    return __real_calloc(number, size);
}

void *__wrap_realloc(void *old, size_t bytes)
{
    count();
    return __real_realloc(old, bytes);
}

bool __wrap_kernel_run(struct kernel *kernel)
{
    playing++;
    bool is_done = __real_kernel_run(kernel);
    playing--;
    return is_done;
}

bool __wrap_place_operator(struct player *player, const struct operator* op, struct job *job)
{
    placing++;
    bool is_done = __real_place_operator(player, op, job);
    placing--;
    return is_done;
}
