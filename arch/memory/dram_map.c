#include "arch/memory/dram_map.h"

#include <string.h>

enum field {
    FIELD_CH,
    FIELD_PC,
    FIELD_RA,
    FIELD_BG,
    FIELD_BA,
    FIELD_RO,
    FIELD_CO,
    FIELD_COUNT
};

static const char FIELD_NAMES[FIELD_COUNT][3] = {"ch", "pc", "ra", "bg", "ba", "ro", "co"};

static int bits_of(uint64_t size)
{
    int bits = 0;
    while (size > 1) {
        size >>= 1;
        bits++;
    }
    return bits;
}

static int field_named(const char *text)
{
    for (int i = 0; i < FIELD_COUNT; i++)
        if (text[0] == FIELD_NAMES[i][0] && text[1] == FIELD_NAMES[i][1])
            return i;
    return -1;
}

/* Splits the text into parts, most significant first; width -1 where none is said. */
static bool split(const char *text, struct dram_map *map, int *widths, const char *owner,
                  struct error *err)
{
    const char *at = text;
    map->part_count = 0;
    for (;;) {
        while (*at == ' ' || *at == '_')
            at++;
        if (*at == '\0')
            return true;
        int field = at[1] != '\0' ? field_named(at) : -1;
        if (field < 0)
            return error_set(
                err,
                "%smapping '%s' has no field at '%.8s', must be of ch pc ra bg ba ro "
                "co",
                owner, text, at);
        if (map->part_count == DRAM_MAP_PARTS)
            return error_set(err, "%smapping '%s' has more than %d parts", owner, text,
                             DRAM_MAP_PARTS);
        at += 2;
        int width = -1;
        if (*at >= '0' && *at <= '9') {
            width = 0;
            while (*at >= '0' && *at <= '9' && width < 100)
                width = width * 10 + (*at++ - '0');
        }
        widths[map->part_count] = width;
        map->parts[map->part_count++].field = (uint8_t)field;
    }
}

/* Gives the part without a width what its field has left. */
static bool complete(const char *text, const struct dram_map *map, int *widths,
                     const int *field_bits, const char *owner, struct error *err)
{
    for (int field = 0; field < FIELD_COUNT; field++) {
        int open = -1, said = 0;
        for (int i = 0; i < map->part_count; i++) {
            if (map->parts[i].field != field)
                continue;
            if (widths[i] >= 0)
                said += widths[i];
            else if (open >= 0)
                return error_set(err, "%smapping '%s' names '%s' twice without bits", owner,
                                 text, FIELD_NAMES[field]);
            else
                open = i;
        }
        if (open >= 0 && said <= field_bits[field])
            widths[open] = field_bits[field] - said;
        else if (said != field_bits[field])
            return error_set(err, "%smapping '%s' gives '%s' %d bits, the memory has %d", owner,
                             text, FIELD_NAMES[field], said, field_bits[field]);
    }
    return true;
}

bool dram_map_parse(struct dram_map *map, const struct dram_config *config, const char *owner,
                    struct error *err)
{
    const int field_bits[FIELD_COUNT] = {
        bits_of((uint64_t)config->channels),        bits_of((uint64_t)config->pseudo_channels),
        bits_of((uint64_t)config->ranks),           bits_of((uint64_t)config->bank_groups),
        bits_of((uint64_t)config->banks_per_group), bits_of((uint64_t)config->rows),
        bits_of((uint64_t)config->bursts_per_row)};
    int widths[DRAM_MAP_PARTS];
    memset(map, 0, sizeof *map);
    if (!split(config->mapping, map, widths, owner, err) ||
        !complete(config->mapping, map, widths, field_bits, owner, err))
        return false;
    map->offset_bits = (uint8_t)bits_of(config->access_bytes);
    int position = map->offset_bits;
    int filled[FIELD_COUNT] = {0};
    int kept = 0;
    for (int i = map->part_count - 1; i >= 0; i--) {
        struct dram_map_part part = map->parts[i];
        part.from = (uint8_t)position;
        part.to = (uint8_t)filled[part.field];
        part.mask = ((uint64_t)1 << widths[i]) - 1;
        position += widths[i];
        filled[part.field] += widths[i];
        map->parts[i] = part;
    }
    for (int i = 0; i < map->part_count; i++)
        if (map->parts[i].mask != 0)
            map->parts[kept++] = map->parts[i];
    map->is_plain = true;
    for (int i = 0; i < kept; i++) {
        struct dram_map_part *field = &map->fields[map->parts[i].field];
        map->is_plain = map->is_plain && field->mask == 0;
        *field = map->parts[i];
    }
    map->part_count = kept;
    map->address_bits = (uint8_t)position;
    map->hashes_banks = config->bank_hash;
    map->groups = (uint32_t)config->bank_groups;
    map->banks_per_group = (uint32_t)config->banks_per_group;
    map->ranks = (uint32_t)config->ranks;
    map->bank_bits = (uint8_t)field_bits[FIELD_BA];
    map->group_bits = (uint8_t)field_bits[FIELD_BG];
    return true;
}

static uint32_t field_of(const struct dram_map_part *part, uint64_t address)
{
    return (uint32_t)(address >> part->from & part->mask);
}

struct dram_place dram_map_place(const struct dram_map *map, uint64_t address)
{
    if (map->is_plain && !map->hashes_banks) {
        const struct dram_map_part *f = map->fields;
        uint32_t rank =
            field_of(&f[FIELD_PC], address) * map->ranks + field_of(&f[FIELD_RA], address);
        uint32_t group = rank * map->groups + field_of(&f[FIELD_BG], address);
        return (struct dram_place){.channel = field_of(&f[FIELD_CH], address),
                                   .bank = group * map->banks_per_group +
                                           field_of(&f[FIELD_BA], address),
                                   .row = field_of(&f[FIELD_RO], address),
                                   .column = field_of(&f[FIELD_CO], address)};
    }
    uint32_t fields[FIELD_COUNT] = {0};
    for (int i = 0; i < map->part_count; i++) {
        const struct dram_map_part *part = &map->parts[i];
        fields[part->field] |= (uint32_t)((address >> part->from & part->mask) << part->to);
    }
    uint32_t group = fields[FIELD_BG], bank = fields[FIELD_BA], row = fields[FIELD_RO];
    if (map->hashes_banks) {
        group ^= row & (map->groups - 1);
        bank ^= row >> map->group_bits & (map->banks_per_group - 1);
    }
    uint32_t rank = fields[FIELD_PC] * map->ranks + fields[FIELD_RA];
    return (struct dram_place){.channel = fields[FIELD_CH],
                               .bank =
                                   (rank * map->groups + group) * map->banks_per_group + bank,
                               .row = row,
                               .column = fields[FIELD_CO]};
}

uint32_t dram_map_channel(const struct dram_map *map, uint64_t address)
{
    uint32_t channel = 0;
    for (int i = 0; i < map->part_count; i++)
        if (map->parts[i].field == FIELD_CH)
            channel |= (uint32_t)((address >> map->parts[i].from & map->parts[i].mask)
                                  << map->parts[i].to);
    return channel;
}
