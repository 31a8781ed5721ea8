/* Parameters are described once, in a table next to the struct they fill.
 * From the table come parsing, checking, `explain`, the reference page, --set, sweep axes and
 * the config hash. A table ends with a row whose key is NULL. Defaults are text in the same
 * notation as in a file, so there is one parser. */
#ifndef SIM_CONFIG_PARAM_H
#define SIM_CONFIG_PARAM_H

#include <stddef.h>

/* What the field at `offset` is. Values carry units ("700 MHz", "24 MiB", "34 GB/s", "0.63
 * ns"); a value without unit is refused where one is due, and the other way round. */
enum param_type {
    PARAM_COUNT,  /* int64_t, plain integer */
    PARAM_REAL,   /* double in SI units of `unit` (UNIT_NONE: plain number) */
    PARAM_RATIO,  /* struct ratio, exact: UNIT_HERTZ, UNIT_SECOND or UNIT_BYTE_PER_SECOND */
    PARAM_BYTES,  /* uint64_t, bytes */
    PARAM_BOOL,   /* bool: yes | no */
    PARAM_CHOICE, /* int: index into choices */
    PARAM_TEXT,   /* const char *, kept in the config's arena */
    PARAM_LIST    /* struct param_list of texts: {a, b, c} */
};

enum param_unit {
    UNIT_NONE,
    UNIT_HERTZ,            /* Hz kHz MHz GHz */
    UNIT_SECOND,           /* s ms us ns ps fs */
    UNIT_BYTE,             /* B kB MB GB TB KiB MiB GiB TiB */
    UNIT_BYTE_PER_SECOND,  /* B/s kB/s MB/s GB/s TB/s KiB/s MiB/s GiB/s */
    UNIT_JOULE,            /* J mJ uJ nJ pJ fJ aJ */
    UNIT_WATT,             /* W mW uW nW pW */
    UNIT_VOLT,             /* V mV */
    UNIT_AMPERE,           /* A mA uA */
    UNIT_SQUARE_METRE,     /* m2 mm2 um2 */
    UNIT_METRE,            /* m mm um nm */
    UNIT_DOLLAR,           /* USD */
    UNIT_PER_SQUARE_METRE, /* /m2 /cm2 /mm2 */
    UNIT_BIT               /* bit (also "bits") */
};

struct param_list {
    const char *const *items; /* arena */
    size_t count;
};

struct param {
    const char *key;
    enum param_type type;
    enum param_unit unit;
    size_t offset;
    const char *fallback; /* default as text; NULL: required; "" for an absent text or list */
    double low, high;     /* inclusive, in SI units; both 0: no bounds */
    const char *const *choices; /* PARAM_CHOICE: NULL-terminated names */
    const char *meaning;        /* one line for people */
};

#endif
