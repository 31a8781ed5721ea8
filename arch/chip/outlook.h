/* The operators to come as the look-ahead sees them: tensors by small numbers in the order in
 * which they are met, so that equal stretches of a trace look equal. Private to arch/chip. */
#ifndef ARCH_CHIP_OUTLOOK_H
#define ARCH_CHIP_OUTLOOK_H

#include "arch/chip/digest.h"
#include "arch/chip/place.h"

enum { OUTLOOK_OPERATORS = 64, OUTLOOK_TENSORS = 255, OUTLOOK_PARTS = 256, OUTLOOK_NONE = 255 };

struct outlook_tensor {
    uint64_t id, bytes;
    uint64_t place_bytes; /* of the place named after it */
    uint32_t role;        /* enum memory_role */
    bool is_laid_out;
    struct storage storage; /* how it lies in main memory, if so */
    bool is_made;           /* by an operator, in front of the stretch or in it */
    struct lineage lineage;
    int32_t last; /* operator that reads it or what is fused onto it last; beyond the stretch:
                     their number */
};

/* Operands of a primitive: tensors, or OUTLOOK_NONE for a value between two primitives. */
struct outlook_part {
    uint8_t inputs[PRIMITIVE_INPUTS_MAX], output;
};

struct outlook_operator {
    const struct ahead_operator *ahead;
    uint8_t inputs[OPERATOR_TENSORS_MAX], outputs[OPERATOR_TENSORS_MAX];
    const struct outlook_part *parts;
    struct lineage lineage;
    /* What it takes at least, wherever its operands rest. */
    double least_seconds;
    uint64_t least_bytes; /* of main memory */
};

struct outlook {
    struct outlook_operator operators[OUTLOOK_OPERATORS];
    struct outlook_part parts[OUTLOOK_PARTS];
    struct outlook_tensor tensors[OUTLOOK_TENSORS];
    int32_t operator_count, tensor_count, part_count;
    bool is_end; /* of the trace: there is nothing behind */
    struct outlook_slot {
        uint64_t id; /* + 1 */
        uint8_t tensor;
    } slots[1024];
};

/* Of the operators waiting in the ring, at most `limit`; fewer where there would be too many
 * tensors. */
void outlook_make(struct outlook *outlook, struct player *player, int32_t limit);

/* Everything that a decision depends on but where tensors are now. */
void outlook_digest(const struct outlook *outlook, struct digest *digest);

#endif
