#include "arch/mapping/nest.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char KEEP_LETTERS[] = "IWO";

/* The order a reader assumes: loops that run once first, the others as they are written. */
static void usual_order(const struct nest_level *level, const uint8_t *written, int count,
                        uint8_t order[DIM_COUNT])
{
    int place = 0;
    for (int d = 0; d < DIM_COUNT; d++)
        if (level->factor[d] == 1)
            order[place++] = (uint8_t)d;
    for (int k = 0; k < count; k++)
        order[place++] = written[k];
}

static void print_level(const struct nest_level *level, FILE *out)
{
    fprintf(out, "%s", level->name);
    if (!level->is_spatial) {
        fputc(':', out);
        for (int o = 0; o < OPERAND_COUNT; o++)
            if (level->keep >> o & 1)
                fputc(KEEP_LETTERS[o], out);
        if (!level->keep)
            fputc('-', out);
    }
    fputc(level->is_spatial ? '{' : '[', out);
    uint8_t written[DIM_COUNT], usual[DIM_COUNT];
    int count = 0;
    for (int k = 0; k < DIM_COUNT; k++) {
        int d = level->is_spatial ? k : level->order[k];
        if (level->factor[d] == 1)
            continue;
        fprintf(out, "%s%s%" PRId64, count ? " " : "", DIM_NAMES[d], level->factor[d]);
        written[count++] = (uint8_t)d;
    }
    usual_order(level, written, count, usual);
    if (!level->is_spatial && memcmp(usual, level->order, sizeof usual) != 0) {
        fprintf(out, "%s| ", count ? " " : "");
        for (int k = 0; k < DIM_COUNT; k++)
            fputs(DIM_NAMES[level->order[k]], out);
    }
    fputc(level->is_spatial ? '}' : ']', out);
}

char *nest_print_line(const struct nest *nest, struct arena *arena)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        arena_out_of_memory(arena);
    for (int i = 0; i < nest->level_count; i++) {
        if (i)
            fputc(' ', out);
        print_level(&nest->levels[i], out);
    }
    fclose(out);
    char *kept = arena_copy_text(arena, text);
    free(text);
    return kept;
}

struct scan {
    const char *text, *at;
    struct arena *arena;
    struct error *err;
};

static bool refuse(const struct scan *scan, const char *wanted)
{
    return error_set(scan->err, "mapping, column %d: found '%.12s', wanted %s",
                     (int)(scan->at - scan->text) + 1, scan->at, wanted);
}

static void skip_blanks(struct scan *scan)
{
    while (*scan->at == ' ' || *scan->at == '\t')
        scan->at++;
}

static int scan_dimension(struct scan *scan)
{
    for (int d = 0; d < DIM_COUNT; d++)
        if (*scan->at && *scan->at == DIM_NAMES[d][0]) {
            scan->at++;
            return d;
        }
    refuse(scan, "a dimension: one of G N K C Z P Q T R S");
    return -1;
}

static bool scan_name(struct scan *scan, struct nest_level *level)
{
    const char *start = scan->at;
    while (islower((unsigned char)*scan->at) || isdigit((unsigned char)*scan->at) ||
           *scan->at == '-' || *scan->at == '_')
        scan->at++;
    if (scan->at == start)
        return refuse(scan, "the name of a level in lower case");
    level->name = arena_format(scan->arena, "%.*s",
                               (int)(scan->at - start < 64 ? scan->at - start : 64), start);
    return true;
}

static bool scan_keep(struct scan *scan, struct nest_level *level)
{
    if (*scan->at != ':')
        return refuse(scan, "':' and the operands kept (I, W, O or '-'), or '{'");
    scan->at++;
    if (*scan->at == '-') {
        scan->at++;
        return true;
    }
    const char *start = scan->at;
    for (const char *letter; *scan->at && (letter = strchr(KEEP_LETTERS, *scan->at)) != NULL;
         scan->at++)
        level->keep |= (uint8_t)(1u << (letter - KEEP_LETTERS));
    return scan->at > start || refuse(scan, "the operands kept: I, W, O or '-'");
}

static bool scan_factor(struct scan *scan, struct nest_level *level, uint8_t written[DIM_COUNT],
                        int *count)
{
    const char *start = scan->at;
    int d = scan_dimension(scan);
    if (d < 0)
        return false;
    if (!isdigit((unsigned char)*scan->at))
        return refuse(scan, "the dimension's factor");
    char *end;
    errno = 0;
    long long factor = strtoll(scan->at, &end, 10);
    if (errno || factor < 2) {
        scan->at = start;
        return refuse(scan, "a factor of 2 to 2^63 - 1 (a loop that runs once is left out)");
    }
    if (level->factor[d] != 1) {
        scan->at = start;
        return refuse(scan, "every dimension once");
    }
    level->factor[d] = factor;
    written[(*count)++] = (uint8_t)d;
    scan->at = end;
    return true;
}

static bool scan_order(struct scan *scan, struct nest_level *level)
{
    scan->at++;
    skip_blanks(scan);
    for (int k = 0; k < DIM_COUNT; k++) {
        int d = scan_dimension(scan);
        if (d < 0)
            return false;
        level->order[k] = (uint8_t)d;
    }
    skip_blanks(scan);
    return true;
}

static bool scan_level(struct scan *scan, struct nest_level *level)
{
    *level = (struct nest_level){0};
    uint8_t written[DIM_COUNT];
    int count = 0;
    for (int d = 0; d < DIM_COUNT; d++)
        level->factor[d] = 1;
    if (!scan_name(scan, level))
        return false;
    level->is_spatial = *scan->at == '{';
    if (!level->is_spatial && !scan_keep(scan, level))
        return false;
    if (!level->is_spatial && *scan->at != '[')
        return refuse(scan, "'['");
    scan->at++;
    char close = level->is_spatial ? '}' : ']';
    for (skip_blanks(scan); *scan->at != close && *scan->at != '|'; skip_blanks(scan))
        if (!scan_factor(scan, level, written, &count))
            return false;
    usual_order(level, written, count, level->order);
    if (*scan->at == '|' && (level->is_spatial || !scan_order(scan, level)))
        return refuse(scan, "no order on an axis");
    if (*scan->at != close)
        return refuse(scan, "']' after the order");
    scan->at++;
    if (level->is_spatial)
        for (int d = 0; d < DIM_COUNT; d++)
            level->order[d] = (uint8_t)d;
    return true;
}

bool nest_parse_line(const char *text, const struct contraction *c, struct arena *arena,
                     struct nest *nest, struct error *err)
{
    struct scan scan = {text, text, arena, err};
    *nest = (struct nest){.contraction = *c};
    for (skip_blanks(&scan); *scan.at; skip_blanks(&scan)) {
        if (nest->level_count == NEST_LEVELS_MAX)
            return refuse(&scan, "at most 10 levels");
        if (!scan_level(&scan, &nest->levels[nest->level_count]))
            return false;
        nest->level_count++;
    }
    return nest_check(nest, err);
}

static void indent(FILE *out, int depth)
{
    for (int i = 0; i < depth; i++)
        fputs("  ", out);
}

/* The next level inside `level` that holds the operand; level_count: the multipliers. */
static int child_of(const struct nest *nest, int level, enum contraction_operand operand)
{
    int i = level + 1;
    while (i < nest->level_count && !(nest->levels[i].keep >> operand & 1))
        i++;
    return i;
}

static void print_holdings(const struct nest *nest, int level, int depth, FILE *out)
{
    int64_t tile[DIM_COUNT];
    nest_tile(nest, level, tile);
    for (int d = 0; d < DIM_COUNT; d++)
        if (tile[d] > nest->contraction.size[d])
            tile[d] = nest->contraction.size[d];
    for (int o = 0; o < OPERAND_COUNT; o++) {
        if (!(nest->levels[level].keep >> o & 1))
            continue;
        uint64_t fills = nest_fills(nest, level, o);
        double reuse = (double)nest_fills(nest, child_of(nest, level, o), o) / (double)fills;
        indent(out, depth);
        fprintf(out, "  %-6s holds %" PRIu64 ", receives %" PRIu64 ", uses each %.3g times\n",
                OPERAND_NAMES[o],
                level ? contraction_tile_elements(&nest->contraction, o, tile)
                      : contraction_elements(&nest->contraction, o),
                fills, reuse);
    }
}

static void print_loops(const struct nest *nest, int level, int *depth, FILE *out)
{
    const struct nest_level *l = &nest->levels[level];
    int64_t inner[DIM_COUNT];
    nest_tile(nest, level + 1, inner);
    for (int k = 0; k < DIM_COUNT; k++) {
        int d = l->is_spatial ? k : l->order[k];
        if (l->factor[d] == 1)
            continue;
        indent(out, (*depth)++);
        if (l->is_spatial)
            fprintf(out, "parallel %s in %" PRId64 " along %s", DIM_NAMES[d], l->factor[d],
                    l->name);
        else
            fprintf(out, "for %s in %" PRId64, DIM_NAMES[d], l->factor[d]);
        if (inner[d] > 1)
            fprintf(out, ", %" PRId64 " each", inner[d]);
        fputc('\n', out);
    }
}

void nest_print(const struct nest *nest, FILE *out)
{
    int depth = 0;
    for (int i = 0; i < nest->level_count; i++) {
        if (!nest->levels[i].is_spatial) {
            indent(out, depth);
            fprintf(out, "%s\n", nest->levels[i].name);
            print_holdings(nest, i, depth, out);
        }
        print_loops(nest, i, &depth, out);
    }
    indent(out, depth);
    fputs("output += input * weight\n", out);
}
