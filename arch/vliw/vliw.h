/* The VLIW family: issue slots and units from the config, loops of micro-operations packed by
 * the list and modulo schedulers, lock-step execution. */
#ifndef ARCH_VLIW_VLIW_H
#define ARCH_VLIW_VLIW_H

#include "arch/family/family.h"
#include "arch/vliw/vliw_machine.h"

extern const struct family VLIW_FAMILY;

/* The machine of a core whose family is VLIW_FAMILY. */
const struct vliw_machine *vliw_core_machine(const struct core *core);

#endif
