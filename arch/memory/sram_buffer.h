/* A buffer of SRAM banks, words interleaved over them. An access is a run of words at a stride;
 * banks work side by side, each with as many words a cycle as it has ports. Nothing ticks: a
 * bank is a reservation, held in one piece by an access, and the words of a strided access fall
 * on banks by a closed form. Time is in cycles of the buffer's clock. The buffer lives in the
 * arena. */
#ifndef ARCH_MEMORY_SRAM_BUFFER_H
#define ARCH_MEMORY_SRAM_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"

struct sram_buffer_config {
    uint64_t bytes;
    uint32_t banks, width_bits;       /* of a word */
    uint32_t read_ports, write_ports; /* of a bank; write_ports 0: both share read_ports */
    uint32_t turnaround_cycles;       /* of a shared port between a read and a write */
    uint32_t lanes; /* words that the requester moves in a cycle; 0: one a bank */
};

struct sram_buffer_actions {
    uint64_t reads, writes;   /* words */
    uint64_t conflict_cycles; /* beyond what the lanes alone would take */
    uint64_t turnaround_cycles;
};

struct sram_buffer;

struct sram_buffer *sram_buffer_make(struct arena *arena,
                                     const struct sram_buffer_config *config);
/* First and last cycle of the access: it may begin at `cycle`, and its last word has moved in
 * the cycle before the one returned. Words lie at word addresses first, first + stride, ... */
uint64_t sram_buffer_access(struct sram_buffer *sram, uint64_t cycle, uint64_t first,
                            uint64_t stride, uint64_t words, bool is_write);
struct sram_buffer_actions sram_buffer_actions(const struct sram_buffer *sram);

/* A sentence for register files that are too large to be built as such (above 4 KiB), or NULL.
 * `owner` starts it. */
const char *sram_register_file_warning(struct arena *arena, const char *owner, uint64_t bytes);

#endif
