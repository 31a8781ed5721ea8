/* Ports of the SRAM that feeds a core: what arrives from memory, what leaves for it, and what
 * the core itself reads and writes meet in its banks. Words are spread evenly over the banks;
 * an access holds them in one piece, so where two units want the ports the later one waits. */
#include "arch/chip/play_state.h"

__extension__ typedef unsigned __int128 uint128;

struct port_buffer {
    struct sram_buffer *sram;
    struct clock clock;                /* of the first core that it feeds */
    uint64_t word_bits, reads, writes; /* words a cycle through all ports of a kind */
    bool is_shared;
};

void buffers_make(struct player *player)
{
    const struct chip *chip = player->chip;
    for (int32_t i = 0; i < chip->core_count; i++) {
        int32_t memory = chip->cores[i].scratch_memory;
        if (memory < 0 || chip->memories[memory].read_ports == 0 || player->buffers[memory])
            continue;
        const struct chip_memory *sram = &chip->memories[memory];
        struct sram_buffer_config config = {.bytes = sram->capacity,
                                            .banks = (uint32_t)sram->banks,
                                            .width_bits = (uint32_t)sram->width_bits,
                                            .read_ports = (uint32_t)sram->read_ports,
                                            .write_ports = (uint32_t)sram->write_ports,
                                            .turnaround_cycles = (uint32_t)sram->turnaround,
                                            .lanes = UINT32_MAX};
        struct port_buffer *buffer = arena_alloc(player->arena, sizeof *buffer);
        *buffer = (struct port_buffer){
            .sram = sram_buffer_make(player->arena, &config),
            .clock = clock_make(&chip->timebase, chip->cores[i].core.clock),
            .word_bits = config.width_bits,
            .reads = (uint64_t)config.banks * config.read_ports,
            .is_shared = config.write_ports == 0};
        buffer->writes =
            buffer->is_shared ? buffer->reads : (uint64_t)config.banks * config.write_ports;
        player->buffers[memory] = buffer;
    }
}

static struct port_buffer *buffer_of(const struct worker *worker)
{
    int32_t memory = worker->player->chip->cores[worker->core].scratch_memory;
    return memory < 0 ? NULL : worker->player->buffers[memory];
}

static uint64_t divide_up(uint64_t a, uint64_t b)
{
    return (a + b - 1) / b;
}

/* Words pass as they arrive: all but the last have been written by then where ports were free.
 */
uint64_t buffer_fill(struct worker *worker, const struct plan *plan, uint32_t load,
                     uint64_t bytes, uint64_t time)
{
    struct port_buffer *buffer = buffer_of(worker);
    if (!buffer || plan->bypasses_scratch[load])
        return time;
    uint64_t words = divide_up(8 * bytes, buffer->word_bits);
    uint64_t cycles = divide_up(words, buffer->writes);
    uint64_t cycle = clock_next(&buffer->clock, time);
    uint64_t begin = cycle > cycles ? cycle - cycles : 0;
    uint64_t end = sram_buffer_access(buffer->sram, begin, 0, 1, words, true);
    return end > cycle ? clock_edge(&buffer->clock, end) : time;
}

void buffer_drain(struct worker *worker, uint64_t bytes)
{
    struct port_buffer *buffer = buffer_of(worker);
    if (!buffer)
        return;
    uint64_t cycle = clock_next(&buffer->clock, worker->player->kernel.now);
    sram_buffer_access(buffer->sram, cycle, 0, 1, divide_up(8 * bytes, buffer->word_bits),
                       false);
}

/* The step's part of what the plan moves, by its cycles. */
static uint64_t part_of(uint64_t words, uint64_t cycles, const struct plan *plan)
{
    if (plan->scratch_cycles == 0)
        return 0;
    return (uint64_t)((uint128)words * cycles / plan->scratch_cycles);
}

static uint64_t beyond(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

struct port_wait buffer_use(struct worker *worker, const struct ring_entry *entry,
                            uint64_t edge, uint64_t total)
{
    struct port_buffer *buffer = buffer_of(worker);
    struct port_wait wait = {0};
    const struct plan *plan = entry->task->plan;
    if (!buffer || plan->scratch_reads + plan->scratch_writes == 0)
        return wait;
    uint64_t cycles = step_scratch_cycles(&entry->step);
    uint64_t reads = part_of(plan->scratch_reads, cycles, plan);
    uint64_t writes = part_of(plan->scratch_writes, cycles, plan);
    uint64_t alone = divide_up(reads, buffer->reads), more = divide_up(writes, buffer->writes);
    alone = buffer->is_shared ? alone + more : alone > more ? alone : more;
    wait.port = beyond(alone, total);
    uint64_t start = clock_next(&buffer->clock, clock_edge(&worker->clock, edge));
    uint64_t end = sram_buffer_access(buffer->sram, start, 0, 1, reads, false);
    uint64_t end_writes = sram_buffer_access(buffer->sram, start, 0, 1, writes, true);
    end = end > end_writes ? end : end_writes;
    uint64_t extra =
        beyond(clock_next(&worker->clock, clock_edge(&buffer->clock, end)), edge + total);
    wait.port = wait.port < extra ? wait.port : extra;
    wait.conflict = extra - wait.port;
    return wait;
}
