/* Workloads that Cleave makes itself: single operators, and models from their papers' hyper-
 * parameters. Each is one row: its name, where its shape comes from, the keys it takes
 * (`--KEY VALUE`), and a short description in the language of build.h. */
#ifndef WORKLOADS_DENSE_WORKLOAD_H
#define WORKLOADS_DENSE_WORKLOAD_H

#include "sim/kernel/arena.h"
#include "sim/kernel/error.h"
#include "workloads/sink.h"

struct builder;

enum { WORKLOAD_KEYS_MAX = 16 };

struct workload_key {
    const char *name;
    int64_t fallback; /* WORKLOAD_NEEDED: no default */
    int64_t low, high;
    const char *summary;
    bool is_text;   /* a file or a word instead of a number; fallback 0: optional */
    bool is_switch; /* may stand without a value, which is 1 then */
};

#define WORKLOAD_NEEDED INT64_MIN

struct workload {
    const char *name, *summary, *source;
    struct workload_key keys[WORKLOAD_KEYS_MAX]; /* ends with a NULL name */
    void (*build)(struct builder *builder);
    bool is_model; /* takes --batch, --dtype, --train too */
};

/* One `--KEY VALUE` of the user; a flag such as --train has an empty value. */
struct workload_setting {
    const char *key, *value;
};

/* All rows in alphabetical order. */
const struct workload *workload_table(size_t *count);
const struct workload *workload_find(const char *name);
/* Keys every workload has in addition to its own: batch (models), dtype, train. */
bool workload_key_known(const struct workload *workload, const char *key, bool *is_switch);

/* Writes the workload into the sink (which the caller finishes). False: a key is unknown, given
 * twice, missing or out of range, and err says which. */
bool workload_build(const struct workload *workload, const struct workload_setting *settings,
                    size_t count, struct sink *sink, struct error *err);

#endif
