/* A mapping file as the pins of a run. */
#ifndef SIM_STUDY_MAPPING_PINS_H
#define SIM_STUDY_MAPPING_PINS_H

#include "arch/chip/play.h"
#include "arch/mapping/mapping_file.h"
#include "sim/study/run.h"

struct mapping_pin;

struct mapping_pins {
    struct play_pins pins; /* first */
    struct mapping_file file;
    struct arena *arena;
    struct mapping_pin **made; /* per entry of the file; one nest per view */
};

bool mapping_pins_read(const char *path, struct arena *arena, struct mapping_pins *pins,
                       struct error *err);

/* After the run: a warning for every entry that named no contraction of the trace. */
void mapping_pins_warn(const struct mapping_pins *pins, struct arena *arena,
                       struct run_result *result);

#endif
