/* A card: one measured system, as much of it as is known. Unknown numbers are NAN, unknown
 * texts "". A card refers to a chip of the database and to an MLPerf entry by key, or states
 * its figures itself. Everything lives in the arena that the card was read with. */
#ifndef SIM_STUDY_GAIN_CARD_H
#define SIM_STUDY_GAIN_CARD_H

#include "sim/study/gain_facts.h"
#include "sim/kernel/api.h"

struct gain_card {
    const char *name;   /* as printed */
    const char *result; /* key of the measurement: equal keys share one random draw */
    const char *metric; /* what `performance` counts: cards of unlike metrics do not compare */
    struct gain_chip chip;
    bool has_chip;       /* `chip` is of the database or stated */
    const char *silicon; /* equal texts: one and the same chip, whatever board it sits on */
    double chips, performance, performance_sigma; /* performance of the whole system */
    double work;          /* per task, in any unit that both cards share (epochs) */
    double scaling;       /* throughput per chip over that at the scale reference */
    double scaling_plain; /* the same in tasks, not work: holds the extra work at scale */
    double software;      /* relative speed of the software on one and the same chip */
    double intensity;     /* operations per byte of main memory */
    const char *round, *submitter, *system;
    const char *reference;        /* the scale reference in words */
    const char *reference_result; /* key of its measurement, "" where scaling is only stated */
    double reference_chips, reference_sigma;
    const char *source;
    const char *const *notes; /* NULL-terminated: alternatives not taken, doubts */
};

/* An empty card: one chip, nothing else known. */
CLEAVE_API void gain_card_init(struct gain_card *card, const char *name);

/* "mlperf:ROUND/NxCHIP[/SYSTEM]", closed division. Of several entries the one of `submitter`
 * (NULL: nobody in particular) is taken, else the fastest; the others are named in the notes.
 */
CLEAVE_API bool gain_card_mlperf(struct arena *arena, const struct gain_facts *facts,
                                 const char *key, const char *workload, const char *submitter,
                                 struct gain_card *card, struct error *err);
/* What software alone gave to a's chip by the latest round after a's and not after b's: the
 * rate of its submitter's entry there at the scale of a's reference, over a's. NAN when there
 * is none. */
double gain_card_software(struct arena *arena, const struct gain_facts *facts,
                          const struct gain_card *a, const struct gain_card *b,
                          const char *workload, const char **round);
/* "chip:KEY": the chip alone, its peak rate at the format it trains in as performance. */
CLEAVE_API bool gain_card_chip(struct arena *arena, const struct gain_facts *facts,
                               const char *key, struct gain_card *card, struct error *err);
/* Copies a row of the database into the card. */
void gain_card_use_chip(struct gain_card *card, const struct gain_chip *chip);
/* Whether both cards are of one chip. */
bool gain_cards_share_chip(const struct gain_card *a, const struct gain_card *b);

#endif
