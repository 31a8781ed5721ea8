#include "arch/memory/sram_buffer.h"

#include "sim/kernel/ratio.h"

enum { REGISTER_FILE_BYTES_MOST = 4096 };

struct bank {
    uint64_t free[2]; /* cycle from which reads, and writes, may use it; one where ports are
                         shared */
    bool was_write;
};

/* Most accesses fall on all banks alike, so what they reserve is kept once. */
struct sram_buffer {
    struct sram_buffer_config config;
    struct bank all, *banks; /* reserved in every bank, and in single ones */
    struct bank newest;      /* the latest of the single ones */
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

static struct bank later_of(const struct bank *a, const struct bank *b)
{
    struct bank bank = a->free[0] > b->free[0] ? *a : *b;
    for (int i = 0; i < 2; i++)
        bank.free[i] = a->free[i] > b->free[i] ? a->free[i] : b->free[i];
    return bank;
}

/* Until when a bank is at its words, from the cycle in which it is free; `alike` banks do so.
 */
static uint64_t use_bank(struct sram_buffer *sram, struct bank *bank, uint64_t alike,
                         uint64_t cycle, uint64_t words, bool is_write)
{
    const struct sram_buffer_config *config = &sram->config;
    bool is_shared = config->write_ports == 0;
    uint32_t ports = is_write && !is_shared ? config->write_ports : config->read_ports;
    uint64_t *free = &bank->free[is_write && !is_shared];
    uint64_t start = *free;
    if (is_shared && bank->was_write != is_write && start > 0) {
        start += config->turnaround_cycles;
        sram->actions.turnaround_cycles += alike * config->turnaround_cycles;
    }
    bank->was_write = is_write;
    start = start > cycle ? start : cycle;
    *free = start + (words + ports - 1) / ports;
    return *free;
}

/* An access that leaves no bank out. */
static uint64_t use_all(struct sram_buffer *sram, uint64_t cycle, uint64_t words, bool is_write)
{
    sram->all = later_of(&sram->all, &sram->newest);
    uint64_t banks = sram->config.banks;
    return use_bank(sram, &sram->all, banks, cycle, (words + banks - 1) / banks, is_write);
}

static uint64_t use_one(struct sram_buffer *sram, uint32_t number, uint64_t cycle,
                        uint64_t words, bool is_write)
{
    struct bank *bank = &sram->banks[number];
    *bank = later_of(&sram->all, bank);
    uint64_t done = use_bank(sram, bank, 1, cycle, words, is_write);
    sram->newest = later_of(&sram->newest, bank);
    return done;
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
    if (visited == config->banks && words >= config->banks)
        end = use_all(sram, cycle, words, is_write);
    else
        for (uint64_t i = 0; i < visited && i < words; i++) {
            uint32_t bank = (uint32_t)((first + i * step) % config->banks);
            uint64_t load = (words - i + visited - 1) / visited;
            uint64_t done = use_one(sram, bank, cycle, load, is_write);
            end = done > end ? done : end;
        }
    end = end > lanes_end ? end : lanes_end;
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
