/* What stands between a config file and libconfuse, which lets too much through.
 * The text comes back without comments (libconfuse miscounts lines behind block comments and
 * does not mind an open one) and with marks that prove what it understood: behind the `{` of a
 * section   @ = "LINE"   the line where it was opened behind the `{` of a list      "\1LINE",
 * so that an empty list leaves a trace at the end                    @ = "end"    missing when
 * the end was swallowed Refused with file and line: open strings, comments and sections;
 * backslashes, control characters, `+=`, calls such as include(), environment expansion; more
 * than 4096 sections. */
#ifndef SIM_CONFIG_CONFIG_SCAN_H
#define SIM_CONFIG_CONFIG_SCAN_H

#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"

#define CONFIG_MARK "@" /* the key of a mark; no key of a file can hold this character */
#define CONFIG_LIST_MARK '\001' /* first character of a list's mark; refused in files */

/* `text` has `length` bytes and ends with NUL; the result is in the arena, NULL on error. */
char *config_scan(struct arena *arena, const char *path, const char *text, size_t length,
                  struct error *err);

#endif
