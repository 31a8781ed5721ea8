/* What placing decided about one operator, for people: which cores could have taken its parts,
 * where its operands rest, and why one of them rests in main memory. */
#ifndef ARCH_CHIP_PLACE_RECORD_H
#define ARCH_CHIP_PLACE_RECORD_H

#include "arch/family/operand_layout.h"
#include "workloads/tensor.h"

enum { PLACED_CORES_MAX = 16, PLACED_ROOMS_MAX = 20 };

enum rest_reason {
    REST_ON_CHIP,
    REST_BACKED,      /* and in main memory as well, for when its room is taken back */
    REST_FOR_OTHERS,  /* had room; the look-ahead left it to others */
    REST_NOT_ALLOWED, /* no on-chip memory takes its role, or keeps anything between operators
                       */
    REST_NO_ROOM      /* the nearest on-chip memory that takes its role was too full */
};

/* One operand. Views and results of fused operators lie where another tensor lay. */
struct placed_operand {
    uint64_t tensor; /* id of the one whose place it was at first */
    const char *name;
    bool is_renamed;    /* it is not that one */
    const char *memory; /* kept */
    enum tensor_role role;
    enum rest_reason reason;
    bool is_output, is_last_use;
    uint64_t bytes;
    uint64_t address;       /* in main memory, where is_addressed */
    struct storage storage; /* how it lies, where is_laid_out: a contraction used it */
    bool is_addressed, is_laid_out;
    const char *refused_by;            /* kept: the memory without room */
    uint64_t needed_bytes, room_bytes; /* of REST_NO_ROOM: staging apart */
};

struct placed_core {
    const char *core;                     /* kept */
    double bound_seconds, finish_seconds; /* alone; behind the work it has already */
};

/* A point of the Pareto set of a product's plans where its operands rest, or the plan played:
 * what it takes of the core's scratch, and what it comes to by itself. */
struct placed_room {
    uint64_t needs_bytes;
    double seconds, relative_cost;
    uint64_t bytes; /* of main memory */
};

struct placed_part {
    const char *kind; /* kept: the primitive's */
    struct placed_core
        cores[PLACED_CORES_MAX]; /* those that may take it, in the chip's order */
    int32_t core_count, chosen;  /* chosen -1: the host, as nobody takes it */
    struct placed_room rooms[PLACED_ROOMS_MAX]; /* of products, most scratch first */
    int32_t room_count, room_played;            /* -1: a nest that the user pinned */
};

/* Borrowed, in program order. */
struct place_record {
    uint64_t index;
    const char *name, *op;
    const char *fused_into; /* NULL: works by itself */
    const struct placed_operand *operands;
    uint32_t operand_count;
    const struct placed_part *parts;
    uint32_t part_count;
};

#endif
