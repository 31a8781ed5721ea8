/* One arena per simulation: everything built or run lives in it and dies with it.
 * Memory is zeroed and aligned to 16 bytes. Nothing is freed singly; arena_mark and
 * arena_release give back everything allocated since the mark (scratch space).
 * Allocation never returns NULL: when the system has no memory, `out_of_memory` is called and
 * must not return; the default aborts. */
#ifndef SIM_KERNEL_ARENA_H
#define SIM_KERNEL_ARENA_H

#include <stddef.h>

#include "sim/kernel/api.h"

struct arena_block;

struct arena {
    struct arena_block *newest;
    size_t bytes_used; /* by callers; padding and block headers excluded */
    void (*out_of_memory)(void *context);
    void *context;
};

struct arena_mark {
    struct arena_block *block;
    size_t used, bytes_used;
};

/* A zeroed struct arena is a valid empty arena; arena_init is the same, spelled out. */
CLEAVE_API void arena_init(struct arena *arena);
CLEAVE_API void arena_free(struct arena *arena);

/* For who finds out elsewhere that there is no memory; does not return. */
_Noreturn void arena_out_of_memory(struct arena *arena);

void *arena_alloc(struct arena *arena, size_t bytes);
/* count elements of size bytes; out of memory too when the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);
char *arena_copy_text(struct arena *arena, const char *text);
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A bigger copy of an array (old may be NULL); the old one stays until the arena dies. */
void *arena_grow(struct arena *arena, void *old, size_t old_count, size_t new_count,
                 size_t size);

struct arena_mark arena_mark(const struct arena *arena);
void arena_release(struct arena *arena, struct arena_mark mark);

#endif
