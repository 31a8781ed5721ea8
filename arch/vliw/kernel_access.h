/* The addresses of a scheduled kernel's accesses. Arrays lie one behind the other in the order
 * of declaration, each at a multiple of its alignment. An access of a loop is a stream: its
 * first byte in pass p is offset + step x p, for offsets that follow from the indices of the
 * loops around it. Addresses computed from data fall anywhere in their array, by a fixed random
 * stream, unless the kernel was run on values (kernel_record). */
#ifndef ARCH_VLIW_KERNEL_ACCESS_H
#define ARCH_VLIW_KERNEL_ACCESS_H

#include "arch/vliw/kernel_plan.h"

enum { ACCESS_NOWHERE = -1 };

struct data_layout {
    int64_t *base;      /* per symbol id; bytes */
    int64_t first, end; /* of all arrays */
};

void data_layout_init(struct data_layout *layout, const struct loop_kernel *kernel,
                      const struct vliw_machine *machine, struct arena *arena);

struct kernel_access {
    const struct loop_symbol *symbol;
    int slot, stage, latency; /* of the schedule; straight-line code is one stage */
    bool is_write, is_affine;
    int64_t bytes, element;     /* of the access; of an element */
    int64_t first;              /* byte at which it starts with all indices 0 */
    int64_t index[LOOP_LEVELS]; /* bytes a step of each loop's index */
    int64_t offset, step;       /* bytes: pass 0 of the entry at hand, and from pass to pass */
    int64_t array_first, array_end;
    uint64_t salt; /* of its random stream */
    /* Computed from data and recorded: the element of pass p at elements[p x element_step], for
     * so many passes; -1: none. */
    int expression, copy;
    const int32_t *elements;
    int64_t element_step, element_passes;
};

/* The accesses of one block or loop, in the order in which a pass issues them. */
struct access_list {
    struct kernel_access *accesses;
    int count;
    int ii, stages; /* blocks: 0 and 1 */
    int level;      /* of the loop's index; NONE for blocks */
};

void access_list_init(struct access_list *list, const struct region_schedule *schedule,
                      const struct flow *flow, const struct data_layout *layout,
                      struct arena *arena);
/* Sets the offsets for an entry: indices of the loops around, and the loop's own first index.
 */
void access_list_enter(struct access_list *list, const struct flow *flow, const int64_t *index,
                       int64_t first);
/* First byte of an access in a pass; ACCESS_NOWHERE where it does not happen. */
int64_t access_address(const struct kernel_access *access, int64_t pass);

#endif
