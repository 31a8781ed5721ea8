/* A core with exposed parallelism, as its config describes it: clusters with units and register
 * files, a table of operations (what they do, on which units, how long), memory accesses,
 * branch and loop buffer. The table is text in the core's section, one operation an item:
 *
 *     NAME = DOES[|DOES...] [lanes N] [depth N] [picks] on UNIT[|UNIT...] [also UNIT[.all]]...
 *            [latency N] [accumulate N] [busy N]
 *
 * DOES is a meaning and a type: add.i16, mac.i32.i16 (factors of two widths), load.64 (bits,
 * aligned), loadu.64 (any address), branch. `lanes` results at once; `depth` products summed
 * into each (dot products); `picks` takes any lane of a register as operand; `on` the units
 * that can do it, of any cluster; `also` what is held besides, of the same cluster or of all. A
 * machine is built once and then only read. */
#ifndef ARCH_VLIW_VLIW_MACHINE_H
#define ARCH_VLIW_VLIW_MACHINE_H

#include "arch/scheduling/cluster_assign.h"
#include "sim/config/param.h"
#include "sim/kernel/error.h"
#include "sim/kernel/ratio.h"
#include "workloads/number_format.h"

enum meaning {
    MEANING_LOAD,
    MEANING_LOADU, /* at any address */
    MEANING_STORE,
    MEANING_STOREU,
    MEANING_ADD,
    MEANING_SUB,
    MEANING_MUL,
    MEANING_MAC,  /* accumulator + sum over depth of products */
    MEANING_DOTP, /* sum over depth of products */
    MEANING_MIN,
    MEANING_MAX,
    MEANING_ABS,
    MEANING_AND,
    MEANING_OR,
    MEANING_XOR,
    MEANING_SHL,
    MEANING_SHR,
    MEANING_CMP,
    MEANING_SELECT,
    MEANING_SADD,
    MEANING_SSUB,
    MEANING_SMUL,
    MEANING_MULHI,
    MEANING_SUBC,
    MEANING_AVG,
    MEANING_NORM,
    MEANING_CLZ,
    MEANING_POPCOUNT,
    MEANING_BSWAP,
    MEANING_BITREV,
    MEANING_DIV,
    MEANING_REM,
    MEANING_SQRT,
    MEANING_RSQRT,
    MEANING_RECIP,
    MEANING_EXP,
    MEANING_CONVERT, /* between integer and float; the type is the float's */
    MEANING_SAT,     /* saturate to a narrower type; the type is the result's */
    MEANING_EXTEND,  /* one lane of a register into a register of its own */
    MEANING_PACK,    /* a register from lanes of others */
    MEANING_MOVE,
    MEANING_BRANCH,
    MEANING_COUNT
};

extern const char *const MEANING_NAMES[MEANING_COUNT];

/* What the config says, filled by VLIW_PARAMS. */
struct vliw_params {
    int64_t clusters, issue, registers, register_bits;
    struct param_list units, operations;
    int64_t cross_paths, cross_delay;
    bool is_rotating, is_predicated, has_free_shuffle, has_free_addressing;
    int64_t loop_buffer, loop_setup, call_cycles;
    int64_t instruction_bits, fetch_bits;
    struct ratio window_bandwidth;
    int64_t memory_banks, bank_bytes;
    int data, cache_writes; /* enum vliw_data, enum cache_writes */
    int64_t cache_ways, cache_misses, store_buffer, next_ways, next_cycles, next_write_cycles;
    uint64_t cache_line;
    const char *next_level;
    uint64_t instruction_memory;
};

/* Where a loop file's arrays are when it starts. */
enum vliw_data { VLIW_DATA_WARM, VLIW_DATA_COLD, VLIW_DATA_FLAT };

extern const struct param VLIW_PARAMS[];

struct vliw_variant {
    const char *name;
    int lanes, depth, latency_cycles, busy_cycles;
    int accumulate_cycles; /* until the result is accepted as accumulator of its own kind */
    bool picks_lanes;
    int alternative_count;
    const struct alternative *alternatives; /* over all clusters */
};

/* One meaning of one variant. */
struct vliw_row {
    enum meaning meaning;
    struct number_format type; /* NUMBER_NONE and bits 0: any, or none */
    struct number_format
        narrow;      /* products of two widths: the other factor; else NUMBER_NONE */
    int access_bits; /* loads and stores */
    const struct vliw_variant *variant;
};

struct vliw_machine {
    const struct vliw_params *params;
    struct resource_set resources;
    struct cluster_rules rules;
    struct vliw_variant *variants;
    int variant_count;
    struct vliw_row *rows;
    int row_count;
    int widest_access_bits;
    struct arena *arena;
};

/* `place` starts every sentence ("file.conf:12: core 'dsp': "). */
bool vliw_machine_build(struct vliw_machine *machine, const struct vliw_params *params,
                        const char *place, struct arena *arena, struct error *err);

/* Which variants may be taken: names in `avoid` never, names in `use` before others. */
struct vliw_choice {
    const char *const *use, *const *avoid;
    int use_count, avoid_count;
};

/* The variant for a meaning and type with at most `lanes` lanes and `depth` products: a wanted
 * one first, then the most lanes x depth. Integers without their own operation use that of a
 * wider integer; where sign does not matter, the other sign's. NULL: there is none. */
const struct vliw_variant *vliw_machine_find(const struct vliw_machine *machine,
                                             enum meaning meaning, struct number_format type,
                                             int lanes, int depth,
                                             const struct vliw_choice *choice);
/* The same for products whose factors may differ in width; `other` is the narrower factor. */
const struct vliw_variant *
vliw_machine_find_product(const struct vliw_machine *machine, enum meaning meaning,
                          struct number_format type, struct number_format other, int lanes,
                          int depth, const struct vliw_choice *choice);
/* Loads and stores: exactly this width, or NULL. */
const struct vliw_variant *vliw_machine_access(const struct vliw_machine *machine,
                                               enum meaning meaning, int bits,
                                               const struct vliw_choice *choice);
bool vliw_machine_has_variant(const struct vliw_machine *machine, const char *name);

#endif
