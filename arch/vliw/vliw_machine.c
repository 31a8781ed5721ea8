#include "arch/vliw/vliw_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const MEANING_NAMES[MEANING_COUNT] = {
    [MEANING_LOAD] = "load",         [MEANING_LOADU] = "loadu", [MEANING_STORE] = "store",
    [MEANING_STOREU] = "storeu",     [MEANING_ADD] = "add",     [MEANING_SUB] = "sub",
    [MEANING_MUL] = "mul",           [MEANING_MAC] = "mac",     [MEANING_DOTP] = "dotp",
    [MEANING_MIN] = "min",           [MEANING_MAX] = "max",     [MEANING_ABS] = "abs",
    [MEANING_AND] = "and",           [MEANING_OR] = "or",       [MEANING_XOR] = "xor",
    [MEANING_SHL] = "shl",           [MEANING_SHR] = "shr",     [MEANING_CMP] = "cmp",
    [MEANING_SELECT] = "select",     [MEANING_SADD] = "sadd",   [MEANING_SSUB] = "ssub",
    [MEANING_SMUL] = "smul",         [MEANING_MULHI] = "mulhi", [MEANING_SUBC] = "subc",
    [MEANING_AVG] = "avg",           [MEANING_NORM] = "norm",   [MEANING_CLZ] = "clz",
    [MEANING_POPCOUNT] = "popcount", [MEANING_BSWAP] = "bswap", [MEANING_BITREV] = "bitrev",
    [MEANING_DIV] = "div",           [MEANING_REM] = "rem",     [MEANING_SQRT] = "sqrt",
    [MEANING_RSQRT] = "rsqrt",       [MEANING_RECIP] = "recip", [MEANING_EXP] = "exp",
    [MEANING_CONVERT] = "convert",   [MEANING_SAT] = "sat",     [MEANING_EXTEND] = "extend",
    [MEANING_PACK] = "pack",         [MEANING_MOVE] = "move",   [MEANING_BRANCH] = "branch",
};

enum { WORD_LENGTH = 47, UNIT_KINDS = 16, ROWS_MOST = 2048 };

struct builder {
    struct vliw_machine *machine;
    const char *place;
    struct error *err;
    int unit_count; /* kinds in one cluster */
    const char *unit_names[UNIT_KINDS];
};

static bool add_units(struct builder *builder)
{
    struct vliw_machine *machine = builder->machine;
    const struct vliw_params *params = machine->params;
    int counts[UNIT_KINDS] = {0};
    for (size_t u = 0; u < params->units.count; u++) {
        char name[WORD_LENGTH + 1];
        int count = 0, used = 0;
        if (sscanf(params->units.items[u], " %47[A-Za-z0-9_]:%4d %n", name, &count, &used) !=
                2 ||
            params->units.items[u][used] || count < 1 || count > 64)
            return error_set(builder->err,
                             "%sunit '%s' is malformed, must be NAME:COUNT with 1 to 64",
                             builder->place, params->units.items[u]);
        if (builder->unit_count == UNIT_KINDS)
            return error_set(builder->err, "%smore than %d kinds of units", builder->place,
                             UNIT_KINDS);
        for (int other = 0; other < builder->unit_count; other++)
            if (strcmp(builder->unit_names[other], name) == 0)
                return error_set(builder->err, "%sunit '%s' is listed twice", builder->place,
                                 name);
        counts[builder->unit_count] = count;
        builder->unit_names[builder->unit_count++] = arena_copy_text(machine->arena, name);
    }
    int clusters = (int)params->clusters;
    int total = clusters * (builder->unit_count + 1) + 1;
    if (builder->unit_count == 0 || total > RESOURCE_LIMIT)
        return error_set(builder->err, "%s%d unit kinds in %d clusters, must be 1 to %d in all",
                         builder->place, builder->unit_count, clusters,
                         (RESOURCE_LIMIT - 1) / clusters - 1);
    struct resource *resources = arena_array(machine->arena, (size_t)total, sizeof *resources);
    int count = 0;
    for (int c = 0; c < clusters; c++)
        for (int u = 0; u < builder->unit_count; u++)
            resources[count++] =
                (struct resource){builder->unit_names[u], counts[u], u, clusters > 1 ? c : -1};
    resources[count++] =
        (struct resource){"issue", (int)params->issue, builder->unit_count, -1};
    machine->rules = (struct cluster_rules){.cluster_count = clusters,
                                            .cross_delay_cycles = (int)params->cross_delay};
    for (int c = 0; c < clusters && clusters > 1; c++) {
        machine->rules.cross_resource[c] = count;
        resources[count++] =
            (struct resource){"X", (int)params->cross_paths, builder->unit_count + 1, c};
    }
    machine->resources = (struct resource_set){resources, count};
    return true;
}

/* The next word of an operation's text; `=` and `|` stand alone. */
static const char *next_word(const char *at, char word[WORD_LENGTH + 1])
{
    while (*at == ' ' || *at == '\t')
        at++;
    size_t length = strcspn(at, " \t=|");
    if (length == 0 && *at)
        length = 1;
    if (length > WORD_LENGTH)
        length = WORD_LENGTH;
    memcpy(word, at, length);
    word[length] = '\0';
    return at + length;
}

static bool wrong(const struct builder *builder, const char *text, const char *word,
                  const char *wanted)
{
    return error_set(builder->err, "%soperation '%s': got '%s', wanted %s", builder->place,
                     text, word, wanted);
}

static int find_unit(const struct builder *builder, const char *name)
{
    for (int u = 0; u < builder->unit_count; u++)
        if (strcmp(builder->unit_names[u], name) == 0)
            return u;
    return -1;
}

/* DOES: meaning.type, meaning.bits for memory, or a meaning alone. */
static bool read_does(struct builder *builder, const char *text, const char *word,
                      struct vliw_row *row)
{
    *row = (struct vliw_row){.meaning = MEANING_COUNT};
    const char *dot = strchr(word, '.');
    size_t length = dot ? (size_t)(dot - word) : strlen(word);
    for (int m = 0; m < MEANING_COUNT; m++)
        if (strlen(MEANING_NAMES[m]) == length && strncmp(MEANING_NAMES[m], word, length) == 0)
            row->meaning = (enum meaning)m;
    if (row->meaning == MEANING_COUNT)
        return wrong(builder, text, word, "a meaning such as add.i16 or load.64");
    if (row->meaning <= MEANING_STOREU) {
        char *end = NULL;
        long bits = dot ? strtol(dot + 1, &end, 10) : 0;
        if (!dot || end == dot + 1 || *end || bits < 8 || bits > 4096 || (bits & (bits - 1)))
            return wrong(builder, text, word, "an access width in bits, a power of two");
        row->access_bits = (int)bits;
        if (row->access_bits > builder->machine->widest_access_bits)
            builder->machine->widest_access_bits = row->access_bits;
        return true;
    }
    char first[WORD_LENGTH + 1] = "";
    const char *second = dot ? strchr(dot + 1, '.') : NULL;
    if (dot) {
        size_t type_length = second ? (size_t)(second - dot - 1) : strlen(dot + 1);
        memcpy(first, dot + 1, type_length);
        first[type_length] = '\0';
    }
    if (second && !number_format_parse(second + 1, &row->narrow))
        return wrong(builder, text, word, "a type such as i16 after the second point");
    return !dot || number_format_parse(first, &row->type) ||
           wrong(builder, text, word, "a type such as i16 or f32 after the point");
}

struct draft {
    int units[UNIT_KINDS], unit_count;
    int also[UNIT_KINDS], also_count;
    bool is_also_all[UNIT_KINDS];
};

static bool read_number(struct builder *builder, const char *text, const char **at, int low,
                        int high, int *value)
{
    char word[WORD_LENGTH + 1];
    char *end = NULL;
    *at = next_word(*at, word);
    long number = strtol(word, &end, 10);
    if (end == word || *end || number < low || number > high)
        return wrong(builder, text, word, "a number in range");
    *value = (int)number;
    return true;
}

static bool read_unit(struct builder *builder, const char *text, char *word, int *unit,
                      bool *is_all)
{
    char *dot = strstr(word, ".all");
    *is_all = dot && !dot[4];
    if (*is_all)
        *dot = '\0';
    *unit = find_unit(builder, word);
    return *unit >= 0 || wrong(builder, text, word, "a unit of the `units` list");
}

static bool read_clauses(struct builder *builder, const char *text, const char *at,
                         struct vliw_variant *variant, struct draft *draft)
{
    char word[WORD_LENGTH + 1];
    for (at = next_word(at, word); *word; at = next_word(at, word)) {
        bool is_read = true;
        if (strcmp(word, "lanes") == 0) {
            is_read = read_number(builder, text, &at, 1, 1024, &variant->lanes);
        } else if (strcmp(word, "depth") == 0) {
            is_read = read_number(builder, text, &at, 1, 1024, &variant->depth);
        } else if (strcmp(word, "latency") == 0) {
            is_read = read_number(builder, text, &at, 1, 200, &variant->latency_cycles);
        } else if (strcmp(word, "accumulate") == 0) {
            is_read = read_number(builder, text, &at, 1, 200, &variant->accumulate_cycles);
        } else if (strcmp(word, "busy") == 0) {
            is_read = read_number(builder, text, &at, 1, 200, &variant->busy_cycles);
        } else if (strcmp(word, "picks") == 0) {
            variant->picks_lanes = true;
        } else if (strcmp(word, "also") == 0 && draft->also_count < UNIT_KINDS) {
            at = next_word(at, word);
            int k = draft->also_count++;
            is_read = read_unit(builder, text, word, &draft->also[k], &draft->is_also_all[k]);
        } else if (strcmp(word, "on") == 0 ||
                   (strcmp(word, "|") == 0 && draft->unit_count > 0)) {
            bool is_all = false;
            at = next_word(at, word);
            if (draft->unit_count == UNIT_KINDS)
                return wrong(builder, text, word, "fewer units");
            is_read =
                read_unit(builder, text, word, &draft->units[draft->unit_count++], &is_all);
        } else {
            is_read = wrong(builder, text, word,
                            "lanes, depth, picks, on, also, latency, accumulate or busy");
        }
        if (!is_read)
            return false;
    }
    return draft->unit_count > 0 || wrong(builder, text, "nothing", "'on' and a unit");
}

static void add_alternatives(struct builder *builder, struct vliw_variant *variant,
                             const struct draft *draft)
{
    struct vliw_machine *machine = builder->machine;
    int clusters = (int)machine->params->clusters;
    struct alternative *alternatives = arena_array(
        machine->arena, (size_t)(clusters * draft->unit_count), sizeof *alternatives);
    for (int c = 0; c < clusters; c++)
        for (int u = 0; u < draft->unit_count; u++) {
            struct reservation *reservations =
                arena_array(machine->arena, (size_t)(2 + draft->also_count * clusters),
                            sizeof *reservations);
            int count = 0, base = c * builder->unit_count;
            reservations[count++] =
                (struct reservation){base + draft->units[u], 0, variant->busy_cycles};
            reservations[count++] = (struct reservation){clusters * builder->unit_count, 0, 1};
            for (int k = 0; k < draft->also_count; k++)
                for (int other = 0; other < clusters; other++)
                    if (other == c || draft->is_also_all[k])
                        reservations[count++] = (struct reservation){
                            other * builder->unit_count + draft->also[k], 0, 1};
            const char *unit = builder->unit_names[draft->units[u]];
            alternatives[variant->alternative_count++] = (struct alternative){
                .name = clusters > 1 ? arena_format(machine->arena, "%s%d", unit, c + 1) : unit,
                .cluster = clusters > 1 ? c : -1,
                .latency_cycles = variant->latency_cycles,
                .reservation_count = count,
                .reservations = reservations};
        }
    variant->alternatives = alternatives;
}

static bool add_operation(struct builder *builder, const char *text)
{
    struct vliw_machine *machine = builder->machine;
    char name[WORD_LENGTH + 1], word[WORD_LENGTH + 1];
    struct vliw_variant *variant = &machine->variants[machine->variant_count];
    *variant =
        (struct vliw_variant){.lanes = 1, .depth = 1, .latency_cycles = 1, .busy_cycles = 1};
    const char *at = next_word(text, name);
    at = next_word(at, word);
    if (!*name || strcmp(word, "=") != 0)
        return wrong(builder, text, word, "'=' after the operation's name");
    if (vliw_machine_has_variant(machine, name))
        return error_set(builder->err, "%soperation '%s' is listed twice", builder->place,
                         name);
    variant->name = arena_copy_text(machine->arena, name);
    const char *rest = at;
    do {
        if (machine->row_count == ROWS_MOST)
            return error_set(builder->err, "%smore than %d meanings of operations",
                             builder->place, ROWS_MOST);
        at = next_word(rest, word);
        struct vliw_row *row = &machine->rows[machine->row_count++];
        if (!read_does(builder, text, word, row))
            return false;
        row->variant = variant;
        rest = next_word(at, word);
    } while (strcmp(word, "|") == 0);
    struct draft draft = {.unit_count = 0};
    if (!read_clauses(builder, text, at, variant, &draft))
        return false;
    if (variant->accumulate_cycles == 0)
        variant->accumulate_cycles = variant->latency_cycles;
    add_alternatives(builder, variant, &draft);
    machine->variant_count++;
    return true;
}

bool vliw_machine_build(struct vliw_machine *machine, const struct vliw_params *params,
                        const char *place, struct arena *arena, struct error *err)
{
    *machine = (struct vliw_machine){.params = params, .arena = arena};
    struct builder builder = {.machine = machine, .place = place, .err = err};
    machine->variants =
        arena_array(arena, params->operations.count + 1, sizeof *machine->variants);
    machine->rows = arena_array(arena, ROWS_MOST, sizeof *machine->rows);
    if (!add_units(&builder))
        return false;
    for (size_t o = 0; o < params->operations.count; o++)
        if (!add_operation(&builder, params->operations.items[o]))
            return false;
    return true;
}

bool vliw_machine_has_variant(const struct vliw_machine *machine, const char *name)
{
    for (int v = 0; v < machine->variant_count; v++)
        if (strcmp(machine->variants[v].name, name) == 0)
            return true;
    return false;
}
