#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "sim/config/quantity.h"
#include "sim/study/dram_run.h"

static const char *const KINDS[] = {"seq",    "stride", "rand", "triad",
                                    "gather", "tile",   "mixed"};
enum { KIND_COUNT = sizeof KINDS / sizeof KINDS[0] };

static const struct {
    const char *name;
    size_t offset;
    bool is_size;
} KEYS[] = {{"n", offsetof(struct dram_pattern, n), false},
            {"granule", offsetof(struct dram_pattern, granule), true},
            {"footprint", offsetof(struct dram_pattern, footprint), true},
            {"write_pct", offsetof(struct dram_pattern, write_pct), false},
            {"gap_num", offsetof(struct dram_pattern, gap_num), false},
            {"gap_den", offsetof(struct dram_pattern, gap_den), false},
            {"seed", offsetof(struct dram_pattern, seed), false},
            {"stride", offsetof(struct dram_pattern, stride), true},
            {"record", offsetof(struct dram_pattern, record), true},
            {"width", offsetof(struct dram_pattern, width), true},
            {"pitch", offsetof(struct dram_pattern, pitch), true},
            {"height", offsetof(struct dram_pattern, height), false},
            {"percent", offsetof(struct dram_pattern, percent), false}};
enum { KEY_COUNT = sizeof KEYS / sizeof KEYS[0] };

static int kind_named(const char *text, size_t length)
{
    for (int i = 0; i < KIND_COUNT; i++)
        if (strlen(KINDS[i]) == length && strncmp(text, KINDS[i], length) == 0)
            return i;
    return -1;
}

bool dram_pattern_named(const char *text)
{
    size_t length = strcspn(text, ":");
    return kind_named(text, length) >= 0;
}

/* A plain integer, or for sizes an integer with a unit of bytes. */
static bool read_value(const char *key, const char *text, bool is_size, uint64_t *value,
                       struct error *err)
{
    struct error flaw = {0};
    struct quantity quantity;
    int64_t integer = 0;
    bool is_plain = strspn(text, "0123456789") == strlen(text);
    enum param_unit unit = is_size && !is_plain ? UNIT_BYTE : UNIT_NONE;
    if (!quantity_parse(text, unit, &quantity, &flaw) ||
        !quantity_integer(quantity, &integer) || integer < 0)
        return error_set(err, "pattern: %s is '%s', must be a whole number%s", key, text,
                         is_size ? " of bytes" : "");
    *value = (uint64_t)integer;
    return true;
}

static bool read_pair(char *pair, struct dram_pattern *pattern, uint32_t *seen,
                      struct error *err)
{
    char *equals = strchr(pair, '=');
    if (equals == NULL)
        return error_set(err, "pattern: '%s' is no key=value", pair);
    *equals = '\0';
    for (int i = 0; i < KEY_COUNT; i++) {
        if (strcmp(KEYS[i].name, pair) != 0)
            continue;
        if (*seen & 1u << i)
            return error_set(err, "pattern: %s is given twice", pair);
        *seen |= 1u << i;
        return read_value(pair, equals + 1, KEYS[i].is_size,
                          (uint64_t *)(void *)((char *)pattern + KEYS[i].offset), err);
    }
    return error_set(err,
                     "pattern: '%s' is no key, must be one of n granule footprint write_pct "
                     "gap_num gap_den seed stride record width pitch height percent",
                     pair);
}

bool dram_pattern_parse(const char *text, const struct dram_config *config,
                        struct dram_pattern *pattern, struct error *err)
{
    size_t length = strcspn(text, ":");
    int kind = kind_named(text, length);
    if (kind < 0)
        return error_set(
            err,
            "pattern '%s': its kind must be one of seq stride rand triad gather tile "
            "mixed",
            text);
    *pattern =
        (struct dram_pattern){.kind = kind,
                              .n = 60000,
                              .granule = config->access_bytes,
                              .footprint = config->bytes < 1u << 30 ? config->bytes : 1u << 30,
                              .gap_den = 1,
                              .seed = 1,
                              .stride = 4096,
                              .record = 256,
                              .width = 256,
                              .pitch = 16384,
                              .height = 16,
                              .percent = 20};
    if (text[length] == '\0')
        return dram_pattern_check(pattern, err);
    char pairs[1024];
    if (strlen(text + length + 1) >= sizeof pairs)
        return error_set(err, "pattern '%.40s...' is longer than %zu characters", text,
                         sizeof pairs);
    strcpy(pairs, text + length + 1);
    uint32_t seen = 0;
    for (char *at = pairs; *at != '\0';) {
        size_t span = strcspn(at, ",");
        bool is_last = at[span] == '\0';
        at[span] = '\0';
        if (!read_pair(at, pattern, &seen, err))
            return false;
        at += span + (is_last ? 0 : 1);
    }
    return dram_pattern_check(pattern, err);
}

static bool need(bool holds, const char *what, struct error *err)
{
    return holds || error_set(err, "pattern: %s", what);
}

bool dram_pattern_check(const struct dram_pattern *p, struct error *err)
{
    const uint64_t most = UINT64_C(1) << 40;
    if (p->kind == PATTERN_FILE)
        return true;
    if (!need(p->n >= 1 && p->n <= most, "n must be 1 to 2^40", err) ||
        !need(p->granule >= 1 && p->granule <= most, "granule must be 1 to 2^40 bytes", err) ||
        !need(p->footprint >= p->granule && p->footprint <= UINT64_C(1) << 60,
              "footprint must be at least one granule and at most 2^60 bytes", err) ||
        !need(p->gap_den >= 1 && p->gap_den <= most, "gap_den must be 1 to 2^40", err) ||
        !need(p->gap_num < most, "gap_num must be below 2^40", err) ||
        !need(p->write_pct <= 100, "write_pct must be 0 to 100", err) ||
        !need(p->n <= UINT64_C(1) << 50 && p->gap_num <= UINT64_MAX / p->n,
              "n x gap_num must fit 64 bits", err))
        return false;
    switch (p->kind) {
    case PATTERN_STRIDE:
        return need(p->stride >= 1 && p->stride <= UINT64_MAX / p->n,
                    "n x stride must fit 64 bits, stride must be above 0", err);
    case PATTERN_TRIAD:
        return need(p->footprint / 4 >= 1, "footprint must be at least 4 bytes", err);
    case PATTERN_GATHER:
        return need(p->record >= p->granule && p->record <= p->footprint,
                    "record must be from a granule to the footprint", err);
    case PATTERN_TILE:
        return need(p->width >= p->granule && p->width <= p->pitch && p->pitch <= most,
                    "width must be from a granule to the pitch", err) &&
               need(p->height >= 1 && p->height <= most, "height must be above 0", err);
    case PATTERN_MIXED:
        return need(p->percent <= 100, "percent must be 0 to 100", err) &&
               need(p->footprint / 2 >= p->granule, "footprint must hold two granules", err);
    default:
        return true;
    }
}

static uint64_t mix64(uint64_t x)
{
    uint64_t z = x * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* Most sizes are powers of two, for which a division is a shift. */
static uint64_t quotient(uint64_t value, uint64_t size)
{
    return (size & (size - 1)) == 0 ? value >> __builtin_ctzll(size) : value / size;
}

static uint64_t remainder_of(uint64_t value, uint64_t size)
{
    return (size & (size - 1)) == 0 ? value & (size - 1) : value % size;
}

static uint64_t tile_address(const struct dram_pattern *p, uint64_t i)
{
    uint64_t per_line = p->width / p->granule, per_tile = per_line * p->height;
    uint64_t tile = i / per_tile, within = i % per_tile, tiles = p->pitch / p->width;
    uint64_t line = tile / tiles * p->height + within / per_line;
    return (line * p->pitch + tile % tiles * p->width + within % per_line * p->granule) %
           p->footprint;
}

struct dram_request_line dram_pattern_line(const struct dram_pattern *p, uint64_t i)
{
    if (p->kind == PATTERN_FILE)
        return (struct dram_request_line){p->addresses[i], p->arrivals[i], p->writes[i]};
    struct dram_request_line line = {0};
    uint64_t g = p->granule, f = p->footprint, salt = p->seed << 40;
    if (p->gap_num > 0)
        line.arrival = i * p->gap_num / p->gap_den;
    if (p->write_pct > 0)
        line.is_write = mix64((i + 1) ^ p->seed << 32 ^ 0xABCDEF) % 100 < p->write_pct;
    switch (p->kind) {
    case PATTERN_STRIDE:
        line.address = remainder_of(i * p->stride, f);
        break;
    case PATTERN_RAND:
        line.address = remainder_of(mix64(i + 1 + salt), quotient(f, g)) * g;
        break;
    case PATTERN_TRIAD:
        line.address = i % 3 * (f / 4) + i / 3 * g % (f / 4);
        line.is_write = i % 3 == 2;
        break;
    case PATTERN_GATHER: {
        uint64_t per_record = quotient(p->record, g);
        uint64_t seed = mix64(quotient(i, per_record) + 1 + salt);
        uint64_t record = remainder_of(seed, quotient(f, p->record));
        line.address = record * p->record + remainder_of(i, per_record) * g;
        break;
    }
    case PATTERN_TILE:
        line.address = tile_address(p, i);
        break;
    case PATTERN_MIXED:
        if (mix64((i + 1) ^ 0x77777) % 100 < p->percent)
            line.address = f / 2 + remainder_of(mix64(i + 1 + salt), quotient(f / 2, g)) * g;
        else
            line.address = remainder_of(i * g, f / 2);
        break;
    default:
        line.address = remainder_of(i * g, f);
        break;
    }
    return line;
}

/* ---- files ---- */

struct growing {
    struct arena *arena;
    uint64_t *addresses, *arrivals;
    bool *writes;
    size_t count, room;
};

static void append(struct growing *lines, const struct dram_request_line *line)
{
    if (lines->count == lines->room) {
        size_t room = lines->room == 0 ? 1024 : 2 * lines->room;
        lines->addresses = arena_grow(lines->arena, lines->addresses, lines->count, room, 8);
        lines->arrivals = arena_grow(lines->arena, lines->arrivals, lines->count, room, 8);
        lines->writes =
            arena_grow(lines->arena, lines->writes, lines->count, room, sizeof *lines->writes);
        lines->room = room;
    }
    lines->addresses[lines->count] = line->address;
    lines->arrivals[lines->count] = line->arrival;
    lines->writes[lines->count++] = line->is_write;
}

/* Empty lines and lines that start with '#' say nothing. */
static bool read_line(char *text, const char *path, uint64_t number, struct growing *lines,
                      struct error *err)
{
    char *words[4];
    int count = 0;
    char *rest = NULL;
    for (char *word = strtok_r(text, " \t\r\n", &rest); word != NULL && count < 4;
         word = strtok_r(NULL, " \t\r\n", &rest))
        words[count++] = word;
    if (count == 0 || words[0][0] == '#')
        return true;
    if (count != 3)
        return error_set(err,
                         "%s:%llu: a line has %d words, must be 0xADDRESS READ|WRITE CYCLE",
                         path, (unsigned long long)number, count);
    struct dram_request_line line = {0};
    char *end = NULL;
    errno = 0;
    line.address = strtoull(words[0], &end, 16);
    if (strncmp(words[0], "0x", 2) != 0 || *end != '\0' || end == words[0] + 2 || errno != 0)
        return error_set(err, "%s:%llu: address is '%.40s', must be 0x and hexadecimal digits",
                         path, (unsigned long long)number, words[0]);
    line.is_write = strcmp(words[1], "WRITE") == 0;
    if (!line.is_write && strcmp(words[1], "READ") != 0)
        return error_set(err, "%s:%llu: operation is '%.40s', must be READ or WRITE", path,
                         (unsigned long long)number, words[1]);
    line.arrival = strtoull(words[2], &end, 10);
    if (strspn(words[2], "0123456789") != strlen(words[2]) || errno != 0 ||
        line.arrival > UINT64_C(1) << 60)
        return error_set(err, "%s:%llu: cycle is '%.40s', must be 0 to 2^60", path,
                         (unsigned long long)number, words[2]);
    if (lines->count > 0 && line.arrival < lines->arrivals[lines->count - 1])
        return error_set(err, "%s:%llu: cycle %llu is before the line above, must not fall",
                         path, (unsigned long long)number, (unsigned long long)line.arrival);
    append(lines, &line);
    return true;
}

static bool read_lines(gzFile file, const char *path, struct growing *lines, struct error *err)
{
    char text[512];
    for (uint64_t number = 1; gzgets(file, text, sizeof text) != NULL; number++) {
        if (strlen(text) == sizeof text - 1)
            return error_set(err, "%s:%llu: the line is longer than %zu characters", path,
                             (unsigned long long)number, sizeof text - 2);
        if (!read_line(text, path, number, lines, err))
            return false;
    }
    int status;
    const char *message = gzerror(file, &status);
    if (status != Z_OK && status != Z_STREAM_END)
        return error_set(err, "%s: cannot be read: %s", path,
                         status == Z_ERRNO ? strerror(errno) : message);
    if (lines->count == 0)
        return error_set(err, "%s: holds no request, must be lines 0xADDRESS READ|WRITE CYCLE",
                         path);
    return true;
}

bool dram_pattern_load(struct arena *arena, const char *path, struct dram_pattern *pattern,
                       struct error *err)
{
    struct growing lines = {.arena = arena};
    gzFile file = gzopen(path, "rb");
    if (file == NULL)
        return error_set(err, "%s: cannot be opened: %s", path, strerror(errno));
    gzbuffer(file, 1 << 17);
    bool ok = read_lines(file, path, &lines, err);
    int closed = gzclose(file);
    if (ok && closed != Z_OK)
        return error_set(err, "%s: the compressed data end too early", path);
    *pattern = (struct dram_pattern){.kind = PATTERN_FILE,
                                     .n = lines.count,
                                     .gap_den = 1,
                                     .addresses = lines.addresses,
                                     .arrivals = lines.arrivals,
                                     .writes = lines.writes};
    return ok;
}
