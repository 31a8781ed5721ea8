/* Why a core's cycles pass. Every cycle of a core is charged to exactly one reason; every
 * reason belongs to one class. Families name the reasons they use; the table is shared by all.
 */
#ifndef ARCH_LEDGER_REASON_H
#define ARCH_LEDGER_REASON_H

#include <stdint.h>

enum reason_class {
    CLASS_WORK,
    CLASS_SETUP,
    CLASS_DEPENDENCY,
    CLASS_IMBALANCE,
    CLASS_ON_CHIP,
    CLASS_MEMORY,
    CLASS_HOST,
    CLASS_IDLE,
    CLASS_COUNT
};

enum reason {
    REASON_WORK,          /* operands arrive and results are produced */
    REASON_FILL,          /* pipeline or array fills: skew of the first operands */
    REASON_DRAIN,         /* last results leave the array or pipeline */
    REASON_WEIGHT_LOAD,   /* weights shift into the array from on-chip storage */
    REASON_RECONFIGURE,   /* configuration, mode switch, kernel start */
    REASON_DEPENDENCY,    /* recurrence or latency between dependent operations */
    REASON_IMBALANCE,     /* waiting for the slowest of equal members */
    REASON_BANK_CONFLICT, /* two accesses to one SRAM bank */
    REASON_PORT,          /* buffer or register ports narrower than the demand */
    REASON_NETWORK,       /* on-chip network occupied */
    REASON_WEIGHT_WAIT,   /* weights still on their way from memory */
    REASON_INPUT_WAIT,    /* inputs still on their way from memory */
    REASON_OUTPUT_WAIT,   /* results still on their way to memory */
    REASON_HOST,          /* host link or host execution */
    REASON_IDLE,          /* nothing to do */
    REASON_COUNT
};

struct reason_row {
    const char *name;
    enum reason_class class;
    const char *meaning;
};

extern const struct reason_row REASONS[REASON_COUNT];
extern const char *const REASON_CLASS_NAMES[CLASS_COUNT];

/* Cycles by reason; adds up to the cycles of the operator or core it belongs to. */
struct cycle_account {
    uint64_t cycles[REASON_COUNT];
};

uint64_t cycle_account_total(const struct cycle_account *account);
uint64_t cycle_account_class(const struct cycle_account *account, enum reason_class class);
void cycle_account_add(struct cycle_account *sum, const struct cycle_account *more);

#endif
