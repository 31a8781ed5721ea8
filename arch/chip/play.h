/* Plays a trace on a chip. One direction: operators are read, placed, planned, played as
 * events, and handed to the observer in the order of the trace once they have retired. Only a
 * window of operators is in memory at a time; a second run of the same chip and trace gives the
 * same records to the bit. */
#ifndef ARCH_CHIP_PLAY_H
#define ARCH_CHIP_PLAY_H

#include "arch/chip/chip.h"
#include "arch/chip/place_record.h"
#include "traces/trace.h"

/* Plans given by the user: the nest of an operator's contraction over `view`, or NULL where it
 * is left to the mapper; `part` counts the operator's contractions. A nest must stay the same
 * one for the same name, part and view. err set: the run fails. */
struct play_pins {
    const struct nest *(*find)(const struct play_pins *pins, const char *operator, int32_t part,
                               const struct contraction *view, struct error *err);
    /* Puts the place of the operator's entry in front of why its nest does not fit; may be
     * NULL. */
    void (*blame)(const struct play_pins *pins, const char *operator, int32_t part,
                  struct error *err);
};

/* What became of one operator. Texts and arrays are borrowed, except those marked kept. */
struct operator_record {
    uint64_t index;
    const char *name;
    const char *op;        /* kept: the vocabulary's name */
    const char *core;      /* kept: of the part that finished last; "" where nothing ran */
    const char *mapped_as; /* primitive kinds, or "fused:NAME", or "view" */
    struct number_format precision;
    uint64_t start_cycle, cycles;  /* of the main clock */
    uint64_t start_time, end_time; /* ticks */
    struct cycle_account account;  /* adds up to cycles */
    uint64_t macs, ops;
    double peak_per_cycle; /* macs (ops where there are none) a main cycle, whole core */
    uint64_t dram_read_bytes, dram_write_bytes;
    struct ledger ledger;
    const char *mapping; /* kept by the plan cache */
    bool is_search_complete, is_fallback, is_converted;
    double search_gap;
    const struct nest *nest;            /* kept by the plan cache; NULL: no contraction */
    const struct plan_ranking *ranking; /* kept by the plan cache; NULL: nothing was played */
    double estimate_bytes;  /* to and from main memory by the same; 0: not all of it has one */
    double estimate_cycles; /* main cycles by the closed-form model, repetitions included; 0:
                               none */
    uint64_t active_elements;
    const struct plan_loop *loops;
    size_t loop_count;
    uint64_t code_bytes; /* of a loop file's kernel; else 0 */
};

struct play_observer {
    void (*operator)(struct play_observer *observer, const struct operator_record *record);
    /* Where an operator and its operands were placed, in program order, before it plays; NULL:
     * not wanted. */
    void (*placed)(struct play_observer *observer, const struct place_record *record);
    /* A span of one track, for timelines; NULL: not wanted. Times in ticks. */
    void (*span)(struct play_observer *observer, const char *track, const char *name,
                 uint64_t start, uint64_t end);
};

struct core_record {
    const char *name, *family;
    uint64_t count, busy_cycles;
    struct ratio clock;
    struct cycle_account account; /* idle included; adds up to the total's cycles */
};

/* Stretches of operators for which places were joined: in how many of them all ways were
 * weighed, how many left first come, first served, and what was lost at most. */
struct look_totals {
    uint64_t stretches, complete, changed;
    double worst_gap;
};

struct play_totals {
    uint64_t cycles, time; /* main clock; ticks */
    uint64_t operators, macs, ops;
    uint64_t contraction_macs; /* of which on cores that contract */
    uint64_t dram_read_bytes, dram_write_bytes;
    uint64_t fallback_cycles;
    uint64_t events;         /* fired by the kernel */
    double contraction_peak; /* macs a main cycle of all cores that contract */
    struct core_record cores[CHIP_CORES_MAX];
    int32_t core_count;
    struct ledger ledger; /* all operators, memories' background included; arena */
    const char *memory_mapping[CHIP_MEMORIES_MAX]; /* address mapping in force, "" */
    /* What each port moved, whole bursts; the operators' bytes add up to it unless an engine
     * cuts requests within bursts. */
    struct memory_traffic traffic[CHIP_MEMORIES_MAX];
    /* How tensors lie in each main memory: others than weights, weights; "" where none. */
    const char *layouts[CHIP_MEMORIES_MAX][2];
    uint64_t resident_peak[CHIP_MEMORIES_MAX]; /* bytes resting at most */
    struct look_totals look;
};

/* `pins` may be NULL. Totals and their texts live in `arena`. */
bool chip_play(struct chip *chip, struct trace_reader *trace, const struct play_pins *pins,
               struct play_observer *observer, struct arena *arena, struct play_totals *totals,
               struct error *err);

#endif
