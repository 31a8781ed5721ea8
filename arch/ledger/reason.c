#include "arch/ledger/reason.h"

const struct reason_row REASONS[REASON_COUNT] = {
    [REASON_WORK] = {"work", CLASS_WORK, "operands arrive and results are produced"},
    [REASON_FILL] = {"fill", CLASS_SETUP, "pipeline or array fills"},
    [REASON_DRAIN] = {"drain", CLASS_SETUP, "last results leave the array or pipeline"},
    [REASON_WEIGHT_LOAD] = {"weight-load", CLASS_SETUP, "weights shift into the array"},
    [REASON_RECONFIGURE] = {"reconfigure", CLASS_SETUP, "configuration or kernel start"},
    [REASON_DEPENDENCY] = {"dependency", CLASS_DEPENDENCY, "waiting for an earlier result"},
    [REASON_IMBALANCE] = {"imbalance", CLASS_IMBALANCE, "waiting for the slowest member"},
    [REASON_BANK_CONFLICT] = {"bank-conflict", CLASS_ON_CHIP, "two accesses to one bank"},
    [REASON_PORT] = {"port", CLASS_ON_CHIP, "ports narrower than the demand"},
    [REASON_NETWORK] = {"network", CLASS_ON_CHIP, "on-chip network occupied"},
    [REASON_WEIGHT_WAIT] = {"weight-wait", CLASS_MEMORY, "weights on their way from memory"},
    [REASON_INPUT_WAIT] = {"input-wait", CLASS_MEMORY, "inputs on their way from memory"},
    [REASON_OUTPUT_WAIT] = {"output-wait", CLASS_MEMORY, "results on their way to memory"},
    [REASON_HOST] = {"host", CLASS_HOST, "host link or host execution"},
    [REASON_IDLE] = {"idle", CLASS_IDLE, "nothing to do"},
};

const char *const REASON_CLASS_NAMES[CLASS_COUNT] = {
    "work", "setup", "dependency", "imbalance", "on-chip", "memory", "host", "idle"};

uint64_t cycle_account_total(const struct cycle_account *account)
{
    uint64_t total = 0;
    for (int i = 0; i < REASON_COUNT; i++)
        total += account->cycles[i];
    return total;
}

uint64_t cycle_account_class(const struct cycle_account *account, enum reason_class class)
{
    uint64_t total = 0;
    for (int i = 0; i < REASON_COUNT; i++)
        if (REASONS[i].class == class)
            total += account->cycles[i];
    return total;
}

void cycle_account_add(struct cycle_account *sum, const struct cycle_account *more)
{
    for (int i = 0; i < REASON_COUNT; i++)
        sum->cycles[i] += more->cycles[i];
}
