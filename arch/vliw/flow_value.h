/* What single nodes of a flow compute, on values: the meaning against which packing and
 * scheduling are proven. */
#ifndef ARCH_VLIW_FLOW_VALUE_H
#define ARCH_VLIW_FLOW_VALUE_H

#include "arch/vliw/flow.h"
#include "traces/loop_value.h"

/* A value as one of another type: integers wrap, floats are rounded to it. */
struct loop_number flow_value_as(struct loop_number value, struct number_format from,
                                 struct number_format to);
/* Result of an OPERATION whose predicate holds; `arguments` hold values of the types of its
 * argument nodes. */
struct loop_number flow_value_of(const struct flow *flow, const struct flow_node *node,
                                 const struct loop_number *arguments);
/* Whether a predicate holds, taken as bit `bit` of `negated` says. */
bool flow_value_holds(struct loop_number value, struct number_format type, uint8_t negated,
                      int bit);
/* Two values joined by a fold: sums, minima, ... */
struct loop_number flow_value_join(enum meaning meaning, struct number_format type,
                                   struct loop_number a, struct loop_number b);
/* What leaves the other value of a fold as it is. */
struct loop_number flow_value_identity(enum meaning meaning, struct number_format type);

#endif
