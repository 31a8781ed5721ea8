/* What the suites of prices share: the technology's tables, read once a test, and processes and
 * price lists made from them. One test runs at a time, in a process of its own, so that one
 * fixture serves all; everything lives in its arena until teardown. */
#ifndef VALIDATION_UNIT_TECHNOLOGY_FIXTURE_H
#define VALIDATION_UNIT_TECHNOLOGY_FIXTURE_H

#include "arch/technology/price.h"

struct technology_fixture {
    struct arena arena;
    struct technology_tables tables;
    struct error err;
};

extern struct technology_fixture technology; /* of the running test */

void technology_setup(void);
void technology_teardown(void);
/* A shipped process with its own tables of operations. */
struct process *technology_process(const char *name);
/* The default options at REFERENCE_CLOCK, but for the scope. */
struct price_list *technology_list(const struct inventory *inventory,
                                   const struct process *process, enum price_scope scope);

#endif
