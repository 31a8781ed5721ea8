#include "sim/study/nvdla_parts.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* spec/defs/{nv_small,nv_small_256,nv_medium_512,nv_medium_1024_full,nv_large}.spec of
 * nvdla/hw@1a65f1f. The buffer's size is the caller's. */
static const struct nvdla_shape SHAPES[] = {
    {0, 32, 8, 8, 8, 64, 64, 1, 1, 1},        {0, 32, 32, 8, 8, 64, 64, 1, 1, 1},
    {0, 32, 32, 16, 16, 128, 256, 1, 4, 2},   {0, 32, 32, 32, 32, 256, 1024, 2, 8, 4},
    {0, 16, 64, 32, 32, 256, 1024, 2, 16, 8},
};
enum { SHAPE_COUNT = sizeof SHAPES / sizeof SHAPES[0], SMALL = 0, LARGE = SHAPE_COUNT - 1 };

static double macs_of(const struct nvdla_shape *shape)
{
    return shape->atomic_c * shape->atomic_k;
}

static double between(double low, double high, double share)
{
    return low * pow(high / low, share);
}

struct nvdla_shape nvdla_shape_of(double macs, double buffer_bytes)
{
    struct nvdla_shape shape = SHAPES[SMALL];
    if (macs <= macs_of(&shape)) {
        shape.atomic_k = macs / shape.atomic_c;
    } else if (macs >= macs_of(&SHAPES[LARGE])) {
        shape = SHAPES[LARGE];
        double growth = macs / macs_of(&shape);
        shape.atomic_c *= sqrt(growth);
        shape.atomic_k *= sqrt(growth);
        shape.sdp_throughput *= growth;
        shape.planar_throughput *= growth;
    } else {
        size_t i = 1;
        while (macs_of(&SHAPES[i]) < macs)
            i++;
        const struct nvdla_shape *a = &SHAPES[i - 1], *b = &SHAPES[i];
        double share = log(macs / macs_of(a)) / log(macs_of(b) / macs_of(a));
        shape = (struct nvdla_shape){
            .banks = between(a->banks, b->banks, share),
            .atomic_c = between(a->atomic_c, b->atomic_c, share),
            .atomic_k = between(a->atomic_k, b->atomic_k, share),
            .memory_atom = between(a->memory_atom, b->memory_atom, share),
            .memory_bits = between(a->memory_bits, b->memory_bits, share),
            .memory_latency = between(a->memory_latency, b->memory_latency, share),
            .buses = between(a->buses, b->buses, share),
            .sdp_throughput = between(a->sdp_throughput, b->sdp_throughput, share),
            .planar_throughput = between(a->planar_throughput, b->planar_throughput, share)};
    }
    shape.buffer_bytes = buffer_bytes;
    return shape;
}

/* What sets the width of a block. */
enum width {
    WIDTH_NONE,
    WIDTH_MACS,
    WIDTH_C,
    WIDTH_K,
    WIDTH_BANKS,
    WIDTH_ATOM,
    WIDTH_BUS,
    WIDTH_SDP,
    WIDTH_PLANAR
};

static double width_of(const struct nvdla_shape *shape, enum width width)
{
    switch (width) {
    case WIDTH_MACS:
        return macs_of(shape);
    case WIDTH_C:
        return shape->atomic_c;
    case WIDTH_K:
        return shape->atomic_k;
    case WIDTH_BANKS:
        return shape->banks * shape->atomic_c; /* bytes read from all banks at once */
    case WIDTH_ATOM:
        return shape->memory_atom;
    case WIDTH_BUS:
        return shape->memory_bits;
    case WIDTH_SDP:
        return shape->sdp_throughput;
    case WIDTH_PLANAR:
        return shape->planar_throughput;
    default:
        return 1;
    }
}

/* Counted with an open synthesiser's elaboration of the generated Verilog (USE_DESIGNWARE 0),
 * whole module trees: bits of registers clocked; arithmetic (a full adder 5 gates, a product
 * bit 1.33 and its adder, a carry-save tree); other logic word by word (2:1 multiplexers 2.33 a
 * bit, equality 2.33 and 1.2, ...). nv_small first, nv_large second. */
struct block {
    const char *name, *component;
    enum width width;
    double registers[2], arithmetic[2], logic[2];
};

static const struct block BLOCKS[] = {
    /* cmac/NV_NVDLA_cmac.v, both instances */
    {"cmac", "cmac", WIDTH_MACS, {3992, 70672}, {28686, 969044}, {14518, 262198}},
    /* cacc/NV_NVDLA_cacc.v */
    {"cacc", "cacc", WIDTH_K, {2745, 8531}, {3192, 12507}, {19641, 60066}},
    /* csc/NV_NVDLA_csc.v */
    {"csc", "csc", WIDTH_C, {6128, 20015}, {13457, 71710}, {50182, 294017}},
    /* cbuf/NV_NVDLA_cbuf.v */
    {"cbuf", "cbuf", WIDTH_BANKS, {14151, 32148}, {0, 0}, {57561, 64398}},
    /* cdma/NV_NVDLA_cdma.v */
    {"cdma", "cdma", WIDTH_ATOM, {11982, 26136}, {36719, 82680}, {103872, 264388}},
    /* nocif/NV_NVDLA_mcif.v; a second one where there is a second bus */
    {"mcif", "mcif", WIDTH_BUS, {8756, 26187}, {7787, 10310}, {50581, 107935}},
    /* sdp/NV_NVDLA_SDP_{core,rdma,wdma}.v; table and element-wise unit in nv_large alone */
    {"sdp-core", "sdp", WIDTH_SDP, {2525, 49218}, {11951, 275870}, {22619, 636497}},
    {"sdp-rdma", "sdp", WIDTH_ATOM, {8961, 37862}, {7415, 12815}, {54312, 195720}},
    {"sdp-wdma", "sdp", WIDTH_ATOM, {1198, 3878}, {1515, 2265}, {8605, 26611}},
    /* pdp/NV_NVDLA_PDP_{core,rdma,wdma}.v */
    {"pdp-core", "pdp", WIDTH_PLANAR, {4168, 17227}, {9911, 37426}, {35586, 136075}},
    {"pdp-rdma", "pdp", WIDTH_ATOM, {8641, 16903}, {11622, 11352}, {41922, 68525}},
    {"pdp-wdma", "pdp", WIDTH_ATOM, {3076, 10326}, {3605, 3265}, {14776, 37557}},
    /* cdp/NV_NVDLA_CDP_{dp,rdma,wdma}.v */
    {"cdp-core", "cdp", WIDTH_PLANAR, {9633, 22507}, {18275, 102479}, {83707, 360154}},
    {"cdp-rdma", "cdp", WIDTH_ATOM, {5507, 13386}, {3707, 3437}, {28978, 54944}},
    {"cdp-wdma", "cdp", WIDTH_ATOM, {2925, 10179}, {2995, 2655}, {14168, 36811}},
    /* register files of sdp, pdp and cdp, csb_master, cfgrom, glb */
    {"control", "control", WIDTH_NONE, {6996, 6996}, {115, 115}, {54600, 54600}},
};

/* What synthesis makes of a description counted word by word: six blocks of nv_small (cmac,
 * cacc, csc, SDP_wdma, PDP_core, CDP_dp) mapped to gates by yosys 0.23 (abc -fast, enables as
 * clock gates; NAND 1, AND 1.33, XOR and MUX 2.33) keep 0.91 of their registers. Gates: least
 * squares over the six; four are met within 14 %, SDP_wdma and csc come out 42 and 58 % too
 * large. */
static const double KEPT_REGISTERS = 0.91, KEPT_ARITHMETIC = 1.39, KEPT_LOGIC = 0.48;

/* Cells that reach 1 GHz are larger than the smallest that compute the same: drive strengths,
 * buffers, clock gates, scan. Calibrated (least squares of logarithms) on the areas at 28 nm of
 * the two configurations counted (64 MACs with 128 KB, 2048 with 512 KB). */
static const double TIMING_MARGIN = 1.24;

static double count_at(const double counts[2], double share)
{
    return fmax(counts[0] + share * (counts[1] - counts[0]), 0);
}

static void add_gates(struct inventory *inventory, const struct block *block, const char *what,
                      double gates)
{
    struct part part = {.name = arena_format(inventory->arena, "%s.%s", block->name, what),
                        .component = block->component,
                        .kind = PART_LOGIC,
                        .count = gates >= 1,
                        .bits = (uint64_t)gates};
    inventory_add(inventory, &part);
}

static void add_block(const struct nvdla_shape *shape, const struct block *block,
                      struct inventory *inventory)
{
    double low = width_of(&SHAPES[SMALL], block->width);
    double high = width_of(&SHAPES[LARGE], block->width);
    double at = width_of(shape, block->width);
    double share = high > low ? (at - low) / (high - low) : 0;
    double copies = block->width == WIDTH_BUS ? shape->buses : 1;
    struct part registers = {
        .name = arena_format(inventory->arena, "%s.registers", block->name),
        .component = block->component,
        .kind = PART_REGISTER,
        .count = 1,
        .bits = (uint64_t)(copies * KEPT_REGISTERS * count_at(block->registers, share))};
    inventory_add(inventory, &registers);
    add_gates(inventory, block, "arithmetic",
              copies * TIMING_MARGIN * KEPT_ARITHMETIC * count_at(block->arithmetic, share));
    add_gates(inventory, block, "logic",
              copies * TIMING_MARGIN * KEPT_LOGIC * count_at(block->logic, share));
}

/* A memory of `words` x `bits`. rams/synth names the macros: RAMDP with two real ports where
 * words are few or narrow, RAMPDP with one port used twice a cycle otherwise and in cbuf. */
struct ram {
    const char *name, *component;
    double count, words, bits;
};

static void add_ram(struct inventory *inventory, struct ram ram)
{
    enum { MACRO_BITS = 288 }; /* the widest macro of rams/synth */
    double slices = ceil(ram.bits / MACRO_BITS), bytes = ram.words * ram.bits / 8;
    bool is_dual = (ram.words <= 20 || ram.bits <= 16) && strcmp(ram.component, "cbuf") != 0;
    struct part part = {.name = ram.name,
                        .component = ram.component,
                        .kind = PART_SRAM,
                        .count = (uint64_t)fmax(1, floor(ram.count * slices + 0.5)),
                        .bytes = (uint64_t)fmax(1, bytes / slices),
                        .width_bits = (uint32_t)fmax(1, ram.bits / slices),
                        .banks = 1,
                        .read_ports = 1,
                        .write_ports = is_dual};
    inventory_add(inventory, &part);
}

static void add_rams(const struct nvdla_shape *shape, struct inventory *inventory)
{
    double k = shape->atomic_k, atom = 8 * shape->memory_atom, p = shape->planar_throughput;
    double queue = shape->memory_latency / 4;
    /* Entries below 32 bytes are kept in two halves, so that rows can be skipped. */
    double entry = 8 * shape->atomic_c, halves = entry < 256 ? 2 : 1;
    double macro = fmin(entry, 72);
    double words = fmax(shape->buffer_bytes / (shape->banks * shape->atomic_c) / halves, 1);
    const struct ram rams[] = {
        {"cbuf.banks", "cbuf", 8 * shape->buffer_bytes / (words * macro), words, macro},
        {"cacc.assembly", "cacc", 1, 2 * k, 34 * k},
        {"cacc.delivery", "cacc", 1, 2 * k, 32 * k},
        {"cdma.shared", "cdma", 16, 16, atom},
        {"cdma.requests", "cdma", 3, 128, 8},
        {"cdma.queue", "cdma", 1, 8, atom + 1},
        {"mcif.queue", "mcif", shape->buses, 256, 11},
        {"sdp.tags", "sdp", 3 + (shape->buses > 1), queue, 16},
        {"sdp.queues", "sdp", 3 + (shape->buses > 1), queue, atom + 1},
        {"pdp.lines", "pdp", 8, fmin(128, 512 / p), 14 * p + 4},
        {"pdp.queue", "pdp", 1, queue, atom + 1},
        {"cdp.queue", "cdp", 1, queue, atom + 1},
        {"cdp.fifos", "cdp", 1, 80, 34 * p + 17},
    };
    for (size_t i = 0; i < sizeof rams / sizeof rams[0]; i++)
        add_ram(inventory, rams[i]);
}

void nvdla_parts(const struct nvdla_shape *shape, struct inventory *inventory)
{
    for (size_t i = 0; i < sizeof BLOCKS / sizeof BLOCKS[0]; i++)
        add_block(shape, &BLOCKS[i], inventory);
    add_rams(shape, inventory);
}
