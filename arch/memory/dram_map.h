/* From a byte address to channel, bank and row. A mapping is a text of two-letter fields from
 * the most to the least significant bit above the burst offset: ch channel, pc pseudo channel,
 * ra rank, bg bank group, ba bank, ro row, co column; underscores and spaces are ignored. A
 * field may appear in parts (`ro ba co4 ch co2`): all but one of its parts then say their bits.
 */
#ifndef ARCH_MEMORY_DRAM_MAP_H
#define ARCH_MEMORY_DRAM_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/memory/dram_config.h"

enum { DRAM_MAP_PARTS = 16, DRAM_MAP_FIELDS = 7, DRAM_FIELD_CHANNEL = 0 };

struct dram_map_part {
    uint64_t mask;           /* of the field's bits after shifting */
    uint8_t field, from, to; /* address bit `from` becomes bit `to` of the field */
};

struct dram_map {
    struct dram_map_part parts[DRAM_MAP_PARTS];
    int part_count;
    uint8_t offset_bits, address_bits; /* of a burst; of the whole memory */
    bool hashes_banks, is_plain;       /* plain: every field in one part */
    struct dram_map_part fields[DRAM_MAP_FIELDS];
    uint32_t groups, banks_per_group, ranks;
    uint8_t bank_bits, group_bits;
};

struct dram_place {
    uint32_t channel;
    uint32_t
        bank; /* ((pseudo channel x ranks + rank) x groups + group) x banks_per_group + bank */
    uint32_t row;
    uint32_t column; /* in bursts */
};

bool dram_map_parse(struct dram_map *map, const struct dram_config *config, const char *owner,
                    struct error *err);
/* Addresses beyond the memory wrap round. */
struct dram_place dram_map_place(const struct dram_map *map, uint64_t address);
uint32_t dram_map_channel(const struct dram_map *map, uint64_t address);

#endif
