/* State shared by the files that pack a flow (flow_*.c). */
#ifndef ARCH_VLIW_PACKER_H
#define ARCH_VLIW_PACKER_H

#include "arch/vliw/flow_pack.h"

/* An edge whose producer may come later in the flow (values from the previous pass). */
struct pending_edge {
    int node, to, operand, distance, latency;
};

struct memory_access {
    int operation, node;
};

/* One sum (or other fold): root = term + term + ...; `carried` closes the circle, or is NONE.
 */
struct fold {
    int root, carried;
    enum meaning meaning;
    int term_count;
    const int *terms;
    const bool *negative; /* per term: taken away from the sum */
    bool is_done;
};

/* One addend of a fold: an operation's result, or one node per lane. */
struct addend {
    int operation; /* or NONE */
    const int *nodes;
    bool is_negative;
};

struct packer {
    struct flow *flow;
    const struct vliw_machine *machine;
    struct packed_flow *packed;
    struct arena *arena;
    struct error *err;
    bool is_scalar;              /* nothing is packed */
    int *operation_of, *lane_of; /* per node: operation of the graph and lane; NONE: not yet */
    int *lane_bits, *lane_count; /* per operation */
    int *group_of;               /* per node: group of lanes that it is made with; NONE */
    int **groups;                /* nodes of each group */
    int *group_size, *group_lanes;
    int group_count;
    int64_t *access_start; /* per group of accesses: element where the access begins */
    int *access_bits;
    bool *is_absorbed; /* per node: part of a fold, makes no operation of its own */
    struct fold *folds;
    struct packed_part **parts; /* per node: accumulators that hold it */
    int *fold_of;               /* per node: fold of which it is the root; NONE */
    int fold_count;
    struct pending_edge *pending;
    int pending_count, pending_room;
    struct memory_access *accesses;
    int access_count, access_room;
    struct packs {
        int operation, count, nodes[32];
    } * packs;
    int pack_count, pack_room;
};

/* Follows values through previous passes and casts; *distance counts the passes. The result is
 * an input, an affine form, or a node that makes an operation. */
int packer_resolve(const struct packer *packer, int node, int *distance);
/* The operation that computes a node, made now if need be; NONE for inputs and after errors. */
int packer_operation(struct packer *packer, int node);
int packer_add(struct packer *packer, const struct vliw_variant *variant, enum meaning meaning,
               int lanes, int lane_bits, int line);
/* An operation of two values. Where the machine has no minimum or maximum it is a compare and a
 * choice; *compare is then the operation that reads the same operands first, else NONE. */
int packer_add_pair(struct packer *packer, enum meaning meaning, struct number_format type,
                    int lanes, int line, int *compare);
/* Operand number `operand` of an operation: `count` nodes, one per lane (and product). */
bool packer_operand(struct packer *packer, int to, const int *nodes, int count,
                    struct number_format type, int operand);
void packer_edge(struct packer *packer, int node, int to, int operand, int distance,
                 int latency);
const struct vliw_variant *packer_variant(struct packer *packer, enum meaning meaning,
                                          struct number_format type, int lanes, int depth,
                                          int line);
/* Type of a factor before it was widened to the other one's. */
struct number_format packer_factor_type(const struct packer *packer, int node);
/* The type by which the machine's table lists a node's work. */
struct number_format packer_table_type(const struct flow *flow, const struct flow_node *node);

void packer_find_folds(struct packer *packer);
bool packer_emit_fold(struct packer *packer, int fold);
void packer_group_loads(struct packer *packer);
void packer_group_stores(struct packer *packer);
void packer_group_lanes(struct packer *packer);
/* The lanes of an operand, to be filled: at first each comes from the operation that makes its
 * node. Operand 0 of WORK_LANES lists the result. */
struct lane_source *packer_lanes(struct packer *packer, int operation, int operand, int count,
                                 const int *nodes);
/* `count` lanes of another operation's result, as they stand. */
void packer_lanes_of(struct packer *packer, int operation, int operand, int count, int from,
                     int distance);
void packer_finish_lanes(struct packer *packer);

/* Whether no node needs another in the same pass, through values or memory. */
bool packer_are_independent(struct packer *packer, const int *nodes, int count);
/* Whether two accesses of one pass can touch the same element. */
bool packer_may_meet(const struct flow_node *a, const struct flow_node *b);
void packer_add_group(struct packer *packer, const int *nodes, int count, int lanes);
bool packer_emit_access(struct packer *packer, int node);
void packer_order_memory(struct packer *packer);

bool packer_makes_operation(const struct packer *packer, int node);
bool packer_link(struct packer *packer, int operation, int to, int operand, int distance);
/* One value: directly, or through an extraction where it shares its register with others. */
bool packer_single_operand(struct packer *packer, int to, int node, int operand);

bool packer_is_product(const struct packer *packer, int node);
/* A product that is made together with the sum it goes into. */
bool packer_joins_sum(const struct packer *packer, int node);
const struct vliw_variant *packer_product_variant(const struct packer *packer, int term,
                                                  enum meaning meaning, int lanes, int depth);
/* Equal folds of other copies and this one, in program order, at most `most`. */
int packer_matching_folds(struct packer *packer, int fold, int *list, int most);

struct fold_pack {
    const int *folds; /* one per lane */
    int lanes;
    struct addend *addends;
    int addend_count, late_count; /* the late ones stand last */
};

int fold_add_product(struct packer *packer, const struct fold_pack *pack,
                     const struct vliw_variant *variant, enum meaning meaning,
                     const int *products, int depth);
/* How many passes ago the sum was made that this term reads; 0: it reads none of them. */
int fold_late_by(const struct packer *packer, const struct fold *fold, int t);
/* Products become dot products, as deep as the machine and the hints allow. */
bool fold_add_dot_products(struct packer *packer, struct fold_pack *pack, bool *is_taken);

/* Edges whose producers exist by now. */
void packer_settle_pending(struct packer *packer);
/* Inputs that an earlier loop left in several accumulators are combined here. */
bool packer_combine_parts(struct packer *packer, int node);
bool packer_add_control(struct packer *packer, const struct pack_options *options);
/* Registers that hold values from outside: inputs in use and one pointer per stream. */
int packer_count_invariants(const struct packer *packer);
/* Cores that cannot step addresses spend an addition per stream and pass. */
bool packer_add_address_steps(struct packer *packer);

#endif
