/* What the shared library shows: symbols are hidden unless their declaration says CLEAVE_API.
 * The static library shows everything. */
#ifndef SIM_KERNEL_API_H
#define SIM_KERNEL_API_H

#define CLEAVE_API __attribute__((visibility("default")))

#endif
