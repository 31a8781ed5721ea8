/* The tensors of a trace that are alive: declared, and not yet used for the last time. Views
 * die with the tensor whose bytes they share. Records are reused, so that memory follows the
 * largest number alive at one time. */
#ifndef TRACES_TRACE_LIVE_H
#define TRACES_TRACE_LIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/kernel/arena.h"
#include "workloads/tensor.h"

struct live_tensor {
    struct tensor tensor; /* first: the address is the tensor's */
    struct tensor_contents contents;
    uint64_t number;               /* %N of the file */
    struct live_tensor *next;      /* of those that share the owner's bytes; free list */
    struct live_tensor *next_dead; /* of owners used up by the same operator */
    size_t name_room;
    void *mapped; /* contents spilled to a file, else NULL */
    size_t mapped_bytes;
    bool is_written, is_dying;
    char name[];
};

struct live_table {
    struct arena arena; /* of the records */
    struct live_tensor **slots;
    size_t slot_count, count, count_max; /* slots: a power of two */
    struct live_tensor *free_by_size[16];
};

enum { LIVE_TENSORS_MAX = 1 << 22 };

void live_init(struct live_table *table);
void live_free(struct live_table *table);
/* A fresh record with room for the name; the caller fills it before live_add. NULL: too many.
 */
struct live_tensor *live_new(struct live_table *table, size_t name_length);
void live_add(struct live_table *table, struct live_tensor *record);
struct live_tensor *live_find(const struct live_table *table, uint64_t number);
/* Forgets the owner of the bytes and all its views. */
void live_release(struct live_table *table, struct live_tensor *owner);
void live_clear(struct live_table *table);
struct live_tensor *live_any(const struct live_table *table); /* of the lowest number */

#endif
