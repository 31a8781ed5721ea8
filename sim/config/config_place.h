/* Where shipped files live: $CLEAVE_DATA, else share/cleave beside the program's prefix, else
 * the source tree that the library was built from. */
#ifndef SIM_CONFIG_CONFIG_PLACE_H
#define SIM_CONFIG_CONFIG_PLACE_H

#include <stdbool.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"

/* The folder that holds configs/, traces/ and validation/. */
const char *place_root(struct arena *arena);
/* A name with a '/' or ending in ".conf" is a path and returned as it is; otherwise the shipped
 * configs/KIND/NAME.conf, e.g. place_config(arena, "chips", "tpu-v1", err); error lists near
 * names. */
const char *place_config(struct arena *arena, const char *kind, const char *name,
                         struct error *err);
/* Names (without .conf) of the shipped files of a kind, sorted, NULL-terminated. */
const char *const *place_list(struct arena *arena, const char *kind);

#endif
