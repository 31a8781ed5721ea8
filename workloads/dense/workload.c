#include "workloads/dense/workload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/dense/build.h"

static const struct workload_key COMMON[] = {
    {"batch", 1, 1, 1 << 20, "inputs at a time", false, false},
    {"dtype", 0, 0, 0, "number format of weights and activations", true, false},
    {"train", 0, 0, 1, "add gradients and one optimiser step", false, true},
};

const struct workload *workload_find(const char *name)
{
    size_t count;
    const struct workload *table = workload_table(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

static const struct workload_key *find_key(const struct workload *workload, const char *name)
{
    for (const struct workload_key *k = workload->keys; k->name; k++)
        if (strcmp(k->name, name) == 0)
            return k;
    for (size_t i = workload->is_model ? 0 : 1; i < (workload->is_model ? 3 : 2); i++)
        if (strcmp(COMMON[i].name, name) == 0)
            return &COMMON[i];
    return NULL;
}

bool workload_key_known(const struct workload *workload, const char *key, bool *is_switch)
{
    const struct workload_key *found = find_key(workload, key);
    *is_switch = found && found->is_switch;
    return found != NULL;
}

static bool check_setting(const struct workload *workload, const struct workload_setting *s,
                          struct error *err)
{
    const struct workload_key *k = find_key(workload, s->key);
    if (!k)
        return error_set(err, "workload '%s' has no key '--%.60s'", workload->name, s->key);
    if (k->is_text)
        return s->value[0] ? true
                           : error_set(err, "workload '%s': --%s needs a value", workload->name,
                                       s->key);
    if (k->is_switch && !s->value[0])
        return true;
    char *end;
    errno = 0;
    long long value = strtoll(s->value, &end, 10);
    if (errno || *end || end == s->value || value < k->low || value > k->high)
        return error_set(err, "workload '%s': --%s is '%.60s', must be %lld to %lld",
                         workload->name, s->key, s->value, (long long)k->low,
                         (long long)k->high);
    return true;
}

static bool check_settings(const struct workload *workload,
                           const struct workload_setting *settings, size_t count,
                           struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!check_setting(workload, &settings[i], err))
            return false;
        for (size_t j = 0; j < i; j++)
            if (strcmp(settings[i].key, settings[j].key) == 0)
                return error_set(err, "workload '%s': --%s is given twice", workload->name,
                                 settings[i].key);
    }
    for (const struct workload_key *k = workload->keys; k->name; k++) {
        bool is_given = false;
        for (size_t i = 0; i < count; i++)
            is_given = is_given || strcmp(settings[i].key, k->name) == 0;
        if (k->fallback == WORKLOAD_NEEDED && !is_given)
            return error_set(err, "workload '%s' needs --%s (%s)", workload->name, k->name,
                             k->summary);
    }
    return true;
}

bool workload_build(const struct workload *workload, const struct workload_setting *settings,
                    size_t count, struct sink *sink, struct error *err)
{
    struct error local = {0};
    if (!check_settings(workload, settings, count, err))
        return false;
    struct arena arena = {0};
    struct builder b = {.sink = sink,
                        .arena = &arena,
                        .err = &local,
                        .workload = workload,
                        .settings = settings,
                        .setting_count = count,
                        .format = number_format_float(8, 23),
                        .batch = 1,
                        .scope = "",
                        .pass = ""};
    const char *type = key_text(&b, "dtype");
    if (type && !number_format_parse(type, &b.format))
        return error_set(err, "workload '%s': --dtype is '%.60s', which is no number format",
                         workload->name, type);
    if (workload->is_model) {
        b.batch = key_given(&b, "batch") ? key(&b, "batch") : 1;
        b.is_training = key_given(&b, "train") && key(&b, "train") != 0;
    }
    workload->build(&b);
    if (b.is_training && !local.is_set)
        build_backward(&b);
    arena_free(&arena);
    return !local.is_set || error_set(err, "%s", local.text);
}
