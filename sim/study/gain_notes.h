/* What a reader must know beside the factors: choices made, doubts, and every assumption that
 * moves a last factor by more than 10 %. */
#ifndef SIM_STUDY_GAIN_NOTES_H
#define SIM_STUDY_GAIN_NOTES_H

#include "sim/study/gain_model.h"

enum { NOTE_MAX = 120 };

/* Adds a line once. */
void gain_note(struct gain_report *report, const char *text);
void gain_note_cards(const struct gain_model *model, struct arena *arena,
                     struct gain_report *report);
/* Uncertain figures at their 5 and 95 %, figures that another source contradicts, and software
 * that is not told apart. `chains`: the entries of the report. */
bool gain_note_assumptions(const struct gain_model *model, const struct gain_chain *chains,
                           size_t count, struct arena *arena, struct gain_report *report,
                           struct error *err);

#endif
