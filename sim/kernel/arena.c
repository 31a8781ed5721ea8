#include "sim/kernel/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 16, BLOCK_BYTES = 64 * 1024 };

struct arena_block {
    struct arena_block *older;
    size_t capacity, used;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

void arena_free(struct arena *arena)
{
    arena_release(arena, (struct arena_mark){0});
}

_Noreturn void arena_out_of_memory(struct arena *arena)
{
    if (arena->out_of_memory)
        arena->out_of_memory(arena->context);
    abort();
}

static struct arena_block *add_block(struct arena *arena, size_t bytes)
{
    size_t capacity = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    struct arena_block *block = malloc(sizeof *block + capacity);
    if (!block)
        arena_out_of_memory(arena);
    block->older = arena->newest;
    block->capacity = capacity;
    block->used = 0;
    arena->newest = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        arena_out_of_memory(arena);
    size_t padded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct arena_block *block = arena->newest;
    if (!block || block->capacity - block->used < padded)
        block = add_block(arena, padded);
    void *result = block->bytes + block->used;
    block->used += padded;
    arena->bytes_used += bytes;
    return memset(result, 0, padded);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / 2 / size)
        arena_out_of_memory(arena);
    return arena_alloc(arena, count * size);
}

char *arena_copy_text(struct arena *arena, const char *text)
{
    size_t bytes = strlen(text) + 1;
    return memcpy(arena_alloc(arena, bytes), text, bytes);
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void *arena_grow(struct arena *arena, void *old, size_t old_count, size_t new_count,
                 size_t size)
{
    assert(new_count >= old_count);
    void *grown = arena_array(arena, new_count, size);
    if (old_count)
        memcpy(grown, old, old_count * size);
    return grown;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    struct arena_block *block = arena->newest;
    return (struct arena_mark){block, block ? block->used : 0, arena->bytes_used};
}

void arena_release(struct arena *arena, struct arena_mark mark)
{
    while (arena->newest != mark.block) {
        struct arena_block *block = arena->newest;
        arena->newest = block->older;
        free(block);
    }
    if (mark.block)
        mark.block->used = mark.used;
    arena->bytes_used = mark.bytes_used;
}
