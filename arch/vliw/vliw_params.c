#include "arch/vliw/vliw_machine.h"

#include <stddef.h>

#define AT(field) offsetof(struct vliw_params, field)

static const char *const DATA[] = {"warm", "cold", "flat", NULL};
static const char *const WRITES[] = {"allocate", "around", "through", NULL};

const struct param VLIW_PARAMS[] = {
    {"clusters", PARAM_COUNT, UNIT_NONE, AT(clusters), "1", 1, CLUSTER_LIMIT, NULL,
     "clusters, each with its units and its register file"},
    {"issue", PARAM_COUNT, UNIT_NONE, AT(issue), NULL, 1, 64, NULL,
     "operations issued in one cycle, over all clusters"},
    {"units", PARAM_LIST, UNIT_NONE, AT(units), NULL, 0, 0, NULL,
     "units of one cluster, NAME:COUNT each; memory paths are units, too"},
    {"operations", PARAM_LIST, UNIT_NONE, AT(operations), NULL, 0, 0, NULL,
     "NAME = DOES[|DOES] [lanes N] [depth N] [picks] on UNIT[|UNIT] [also UNIT[.all]] [latency "
     "N] "
     "[busy N]"},
    {"registers", PARAM_COUNT, UNIT_NONE, AT(registers), "32", 4, 4096, NULL,
     "registers of one cluster"},
    {"register_bits", PARAM_COUNT, UNIT_NONE, AT(register_bits), "32", 8, 4096, NULL,
     "bits of one register: the unit in which lanes are packed"},
    {"rotating", PARAM_BOOL, UNIT_NONE, AT(is_rotating), "no", 0, 0, NULL,
     "registers are renamed from iteration to iteration by hardware"},
    {"predication", PARAM_BOOL, UNIT_NONE, AT(is_predicated), "yes", 0, 0, NULL,
     "every operation can be made conditional"},
    {"free_shuffle", PARAM_BOOL, UNIT_NONE, AT(has_free_shuffle), "no", 0, 0, NULL,
     "lanes reach operations in any order without packing"},
    {"free_addressing", PARAM_BOOL, UNIT_NONE, AT(has_free_addressing), "yes", 0, 0, NULL,
     "loads and stores step their address or add an index themselves"},
    {"cross_paths", PARAM_COUNT, UNIT_NONE, AT(cross_paths), "1", 1, 16, NULL,
     "values that one cluster can read from others in a cycle"},
    {"cross_delay", PARAM_COUNT, UNIT_NONE, AT(cross_delay), "0", 0, 16, NULL,
     "cycles that a value takes longer to the other cluster"},
    {"loop_buffer", PARAM_COUNT, UNIT_NONE, AT(loop_buffer), "0", 0, 4096, NULL,
     "bundles of a loop that repeat without branch and fetch; 0: none"},
    {"loop_setup", PARAM_COUNT, UNIT_NONE, AT(loop_setup), "0", 0, 64, NULL,
     "cycles to load the loop counter before the first bundle of a loop"},
    {"call_cycles", PARAM_COUNT, UNIT_NONE, AT(call_cycles), "0", 0, 1024, NULL,
     "cycles of a kernel outside its code: call, return, saved registers"},
    {"instruction_bits", PARAM_COUNT, UNIT_NONE, AT(instruction_bits), "0", 0, 256, NULL,
     "bits of one operation in memory, empty slots taking none; 0: a bundle takes fetch_bits, "
     "full or not"},
    {"fetch_bits", PARAM_COUNT, UNIT_NONE, AT(fetch_bits), "256", 8, 4096, NULL,
     "bits fetched for one bundle, empty slots included"},
    {"memory_banks", PARAM_COUNT, UNIT_NONE, AT(memory_banks), "0", 0, 1024, NULL,
     "banks of the data memory: accesses of one bundle to the same bank stall the core; 0: as "
     "many "
     "ports as accesses"},
    {"bank_bytes", PARAM_COUNT, UNIT_NONE, AT(bank_bytes), "4", 1, 256, NULL,
     "bytes of one bank's word"},
    {"data", PARAM_CHOICE, UNIT_NONE, AT(data), "warm", 0, 0, DATA,
     "where a loop file's arrays are when it starts: warm (caches as an earlier call left "
     "them, "
     "scratchpads filled as far as they hold all), cold (main memory), flat (no access ever "
     "waits, whatever its size: how kernel libraries are measured)"},
    {"cache_ways", PARAM_COUNT, UNIT_NONE, AT(cache_ways), "0", 0, 64, NULL,
     "ways of the data cache that the scratch memory is, LRU; 0: a scratchpad, filled by DMA"},
    {"cache_line", PARAM_BYTES, UNIT_BYTE, AT(cache_line), "64 B", 1, 4096, NULL,
     "bytes of a line"},
    {"cache_writes", PARAM_CHOICE, UNIT_NONE, AT(cache_writes), "allocate", 0, 0, WRITES,
     "allocate: written lines are fetched and written back; around: writes that miss go on to "
     "the next level; through: every write does"},
    {"cache_misses", PARAM_COUNT, UNIT_NONE, AT(cache_misses), "1", 1, 64, NULL,
     "lines on their way at once; one more, or the use of one that is late, stops the core"},
    {"store_buffer", PARAM_COUNT, UNIT_NONE, AT(store_buffer), "4", 1, 64, NULL,
     "writes on their way to the next level at once; one more stops the core"},
    {"next_level", PARAM_TEXT, UNIT_NONE, AT(next_level), "", 0, 0, NULL,
     "SRAM that is the cache behind the cache, shared by all members; empty: main memory is"},
    {"next_ways", PARAM_COUNT, UNIT_NONE, AT(next_ways), "8", 1, 64, NULL,
     "ways of the next level, LRU, written back"},
    {"next_cycles", PARAM_COUNT, UNIT_NONE, AT(next_cycles), "10", 1, 10000, NULL,
     "cycles by which a line from the next level comes later than data of the cache"},
    {"next_write_cycles", PARAM_COUNT, UNIT_NONE, AT(next_write_cycles), "1", 1, 1000, NULL,
     "cycles from one write of a member to the next that the next level takes"},
    {"window_bandwidth", PARAM_RATIO, UNIT_BYTE_PER_SECOND, AT(window_bandwidth), "0 B/s", 0,
     1e15, NULL,
     "of one stream that fills or drains a kernel's array from outside; 0: no limit"},
    {"instruction_memory", PARAM_BYTES, UNIT_BYTE, AT(instruction_memory), "32 KiB", 0, 0, NULL,
     "memory for bundles beside the core"},
    {NULL, PARAM_COUNT, UNIT_NONE, 0, NULL, 0, 0, NULL, NULL},
};
