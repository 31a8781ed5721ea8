#include "sim/study/dram_case.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arch/memory/dram_file.h"
#include "sim/study/dram_run.h"

enum { SETS_MOST = 32 };

struct sets {
    const char *texts[SETS_MOST];
    size_t count;
};

static void add_set(struct sets *sets, const char *text)
{
    if (sets->count < SETS_MOST)
        sets->texts[sets->count++] = text;
}

/* A, B, C: page-sequential, bank groups interleaved, channels interleaved; RoBaRaCoCh:
 * Ramulator's stock mapper of one channel, column lowest, then rank or pseudo channel, bank
 * group, bank, row. */
static const char *mapping_of(const char *suffix)
{
    static const char *const MAPPINGS[][2] = {{"_A", "mapping=rochrababgco"},
                                              {"_B", "mapping=rochracobabg"},
                                              {"_C", "mapping=rorabacobgch"},
                                              {"_RoBaRaCoCh", "mapping=robabgrapccoch"}};
    for (size_t i = 0; i < sizeof MAPPINGS / sizeof MAPPINGS[0]; i++)
        if (strcmp(suffix, MAPPINGS[i][0]) == 0)
            return MAPPINGS[i][1];
    return NULL;
}

static const char *choose_memory(const char *name, const struct dram_case_config *configs,
                                 struct sets *sets)
{
    for (; configs->name != NULL; configs++) {
        size_t length = strlen(configs->name);
        const char *mapping = mapping_of(name + length * (strlen(name) >= length));
        if (strncmp(name, configs->name, length) != 0 || (name[length] != '\0' && !mapping))
            continue;
        for (size_t i = 0; i < DRAM_CASE_SETS && configs->sets[i] != NULL; i++)
            add_set(sets, configs->sets[i]);
        if (mapping)
            add_set(sets, mapping);
        return configs->memory;
    }
    return name;
}

static bool add_text(struct arena *arena, const char *text, struct sets *sets)
{
    for (char *at = arena_copy_text(arena, text); *at != '\0';) {
        size_t span = strcspn(at, ";");
        char *next = at + span + (at[span] == ';');
        at[span] = '\0';
        at += strspn(at, " ");
        if (*at != '\0')
            add_set(sets, at);
        at = next;
    }
    return true;
}

/* "tile:256,16384,16" in our words. */
static bool pattern_text(const struct table *table, size_t row, struct arena *arena,
                         const char **text, struct error *err)
{
    static const struct {
        const char *kind, *keys[3];
    } KINDS[] = {{"seq", {NULL}},
                 {"rand", {NULL}},
                 {"triad", {NULL}},
                 {"stride", {"stride", NULL}},
                 {"gather", {"record", NULL}},
                 {"tile", {"width", "pitch", "height"}},
                 {"mixed", {"percent", NULL}}};
    const char *pattern = table_text(table, row, "pattern");
    size_t length = strcspn(pattern, ":");
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        if (strlen(KINDS[i].kind) != length || strncmp(pattern, KINDS[i].kind, length) != 0)
            continue;
        *text = arena_format(arena, "%s:", KINDS[i].kind);
        const char *at = pattern + length;
        for (int k = 0; k < 3 && KINDS[i].keys[k] != NULL; k++) {
            if (*at == '\0')
                break;
            size_t digits = strspn(++at, "0123456789");
            *text = arena_format(arena, "%s%s=%.*s,", *text, KINDS[i].keys[k], (int)digits, at);
            at += digits;
        }
        if (*at == '\0')
            return true;
    }
    return error_set(err,
                     "%s:%d: pattern is '%s', must be one such as seq, stride:128, rand, "
                     "triad, gather:256, tile:256,16384,16 or mixed:20",
                     table->path, table->lines[row], pattern);
}

static bool add_columns(const struct table *table, size_t row, struct arena *arena,
                        const char **text, struct error *err)
{
    static const struct {
        const char *column, *key;
    } COLUMNS[] = {{"n_requests", "n"},
                   {"granule_bytes", "granule"},
                   {"footprint_bytes", "footprint"},
                   {"write_pct", "write_pct"},
                   {"gap_cycles_num", "gap_num"},
                   {"gap_cycles_den", "gap_den"},
                   {"seed", "seed"}};
    for (size_t i = 0; i < sizeof COLUMNS / sizeof COLUMNS[0]; i++) {
        int64_t value;
        if (!table_count(table, row, COLUMNS[i].column, &value, err))
            return false;
        *text = arena_format(arena, "%s%s=%lld%s", *text, COLUMNS[i].key, (long long)value,
                             i + 1 < sizeof COLUMNS / sizeof COLUMNS[0] ? "," : "");
    }
    return true;
}

static double wanted(const struct table *table, size_t row, const char *column)
{
    double value;
    return table_real(table, row, column, &value, NULL) ? value : NAN;
}

bool dram_case_run(const struct table *table, size_t row, struct arena *arena,
                   const struct dram_case_config *configs, const char *const *policy,
                   struct validation_sink *sink, struct error *err)
{
    struct sets sets = {0};
    const char *name = table_text(table, row, "config"), *text = "";
    const char *memory = choose_memory(name, configs, &sets);
    for (; *policy != NULL; policy++)
        add_set(&sets, *policy);
    struct dram_config config = {0};
    struct dram_map map;
    struct dram_pattern pattern;
    if (!add_text(arena, table_text(table, row, "set"), &sets) ||
        !pattern_text(table, row, arena, &text, err) ||
        !add_columns(table, row, arena, &text, err) ||
        !dram_file_load(arena, memory, sets.texts, sets.count, &config, &map, NULL, err) ||
        !dram_pattern_parse(text, &config, &pattern, err))
        return false;
    struct dram_result result = dram_run(arena, &config, &map, &pattern);
    const char *key = arena_format(arena, "%s %s", name, text);
    sink->emit(sink, &(struct validation_value){.key = arena_format(arena, "%s cycles", key),
                                                .got = (double)result.cycles,
                                                .want = wanted(table, row, "cycles"),
                                                .unit = "cycles"});
    if (result.reads > 0)
        sink->emit(sink,
                   &(struct validation_value){.key = arena_format(arena, "%s latency", key),
                                              .got = result.mean_read_latency,
                                              .want = wanted(table, row, "avg_read_lat_cyc"),
                                              .unit = "cycles"});
    return true;
}
