/* A study file: which cards are compared and what is assumed, or a family of chips whose
 * history is fitted. configs/studies holds the shipped ones. */
#ifndef SIM_STUDY_GAIN_STUDY_H
#define SIM_STUDY_GAIN_STUDY_H

#include "sim/config/config.h"
#include "sim/study/compare.h"
#include "sim/kernel/api.h"

enum gain_study_kind { STUDY_PAIR, STUDY_HISTORY, STUDY_COMPARE };

/* A family of chips in a table of configs/studies/tables. */
struct gain_family {
    const char *table, *where;    /* rows wanted: "column=text", "" for all */
    const char *gain, *potential; /* expressions over its columns, and over the process's */
    const char *name;             /* column */
    const char *project;          /* process that the best chip is moved to */
    int hold;                     /* HOLD_AREA, HOLD_POWER */
};
enum gain_hold { HOLD_AREA, HOLD_POWER };

/* Chips side by side, as `cleave compare` takes them. */
struct gain_matrix {
    struct param_list chips, traces;
    struct compare_iso iso;
    const struct study_trace *found; /* the traces, in their order */
};

struct gain_study {
    int kind;
    const char *title, *workload;
    struct gain_card *cards; /* the first is what the others are compared with */
    struct gain_simulation
        *simulations; /* in place of the cards where they name chip configs */
    size_t card_count;
    const char *twin;           /* "" for none */
    int hold;                   /* enum move_hold */
    struct study_traces traces; /* made for the simulations; the caller removes them */
    struct gain_assumptions assume;
    struct gain_family family;
    struct gain_matrix matrix;
};

/* Reads and checks everything; arena. Temporary traces are in study->traces even on failure.
 * `workload`: overrules the file's, "" for none. */
CLEAVE_API bool gain_study_load(struct arena *arena, const struct gain_facts *facts,
                                const char *path, const char *workload,
                                struct gain_study *study, struct error *err);

/* The tables behind the file, for reference pages. */
extern const struct param GAIN_STUDY_PARAMS[], GAIN_CARD_PARAMS[], GAIN_ASSUME_PARAMS[],
    GAIN_HISTORY_PARAMS[], GAIN_COMPARE_PARAMS[];
extern const struct config_schema GAIN_STUDY_SCHEMA;

#endif
