#include "arch/memory/sram_buffer.h"

#include "sim/kernel/ratio.h"

enum { REGISTER_FILE_BYTES_MOST = 4096 };

struct bank {
    uint64_t free[2]; /* cycle from which reads, and writes, may use it; one where ports are
                         shared */
    bool was_write;
};

struct sram_buffer {
    struct sram_buffer_config config;
    struct bank *banks;
    struct sram_buffer_actions actions;
};

struct sram_buffer *sram_buffer_make(struct arena *arena,
                                     const struct sram_buffer_config *config)
{
    struct sram_buffer *sram = arena_alloc(arena, sizeof *sram);
    sram->config = *config;
    sram->banks = arena_array(arena, config->banks, sizeof *sram->banks);
    if (sram->config.lanes == 0)
        sram->config.lanes = config->banks;
    return sram;
}

uint64_t sram_buffer_bank_load(uint64_t banks, uint64_t stride, uint64_t words)
{
    uint64_t visited =
        banks / greatest_common_divisor(stride % banks == 0 ? banks : stride, banks);
    return (words + visited - 1) / visited;
}

/* Cycles that one bank needs for its words, from the cycle in which it is free. */
static uint64_t use_bank(struct sram_buffer *sram, uint32_t number, uint64_t cycle,
                         uint64_t words, bool is_write)
{
    const struct sram_buffer_config *config = &sram->config;
    struct bank *bank = &sram->banks[number];
    bool is_shared = config->write_ports == 0;
    uint32_t ports = is_write && !is_shared ? config->write_ports : config->read_ports;
    uint64_t *free = &bank->free[is_write && !is_shared];
    uint64_t start = *free;
    if (is_shared && bank->was_write != is_write && start > 0) {
        start += config->turnaround_cycles;
        sram->actions.turnaround_cycles += config->turnaround_cycles;
    }
    bank->was_write = is_write;
    start = start > cycle ? start : cycle;
    *free = start + (words + ports - 1) / ports;
    return *free;
}

uint64_t sram_buffer_access(struct sram_buffer *sram, uint64_t cycle, uint64_t first,
                            uint64_t stride, uint64_t words, bool is_write)
{
    const struct sram_buffer_config *config = &sram->config;
    if (words == 0)
        return cycle;
    uint64_t step = stride % config->banks;
    uint64_t visited = config->banks /
                       greatest_common_divisor(step == 0 ? config->banks : step, config->banks);
    uint64_t lanes_end = cycle + (words + config->lanes - 1) / config->lanes, end = lanes_end;
    for (uint64_t i = 0; i < visited && i < words; i++) {
        uint32_t bank = (uint32_t)((first + i * step) % config->banks);
        uint64_t load = (words - i + visited - 1) / visited;
        uint64_t done = use_bank(sram, bank, cycle, load, is_write);
        end = done > end ? done : end;
    }
    *(is_write ? &sram->actions.writes : &sram->actions.reads) += words;
    sram->actions.conflict_cycles += end - lanes_end;
    return end;
}

struct sram_buffer_actions sram_buffer_actions(const struct sram_buffer *sram)
{
    return sram->actions;
}

const char *sram_register_file_warning(struct arena *arena, const char *owner, uint64_t bytes)
{
    if (bytes <= REGISTER_FILE_BYTES_MOST)
        return NULL;
    return arena_format(arena,
                        "%s: a register file of %llu bytes is larger than %d, it would be "
                        "built as SRAM",
                        owner, (unsigned long long)bytes, REGISTER_FILE_BYTES_MOST);
}
