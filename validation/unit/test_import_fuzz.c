/* Damaged files: whatever happens to a file, an importer either imports something that every
 * reader of the trace accepts or says one sentence; it never takes more memory than the file's
 * size justifies. The loop index is the seed. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory_sink.h"
#include "traces/import.h"

enum { FILE_MAX = 1 << 20, MUTANTS = 12, SEEDS = 40 };
/* Measured over 25,000 mutants: at most 11 bytes a byte of the file, plus a start. */
enum { BYTES_PER_BYTE = 32, BYTES_START = 2 << 20 };

static unsigned char original[FILE_MAX], mutant[FILE_MAX + 64];
static uint64_t state;

static uint32_t next_random(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33);
}

static size_t load(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/traces/onnx/%s", CLEAVE_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    size_t length = fread(original, 1, sizeof original, file);
    fclose(file);
    ck_assert_uint_lt(length, sizeof original);
    return length;
}

static size_t damage(size_t length)
{
    static const char *const NUMBERS[] = {"0", "-1", "99999999999", "9223372036854775807"};
    size_t at = next_random() % length, size = 1 + next_random() % 48;
    switch (next_random() % 7) {
    case 0:
        mutant[at] ^= (unsigned char)(1u << (next_random() % 8));
        return length;
    case 1:
        mutant[at] = (unsigned char)next_random();
        return length;
    case 2:
        return at + 1; /* cut off */
    case 3:
        if (at + size >= length)
            return length;
        memmove(mutant + at, mutant + at + size, length - at - size);
        return length - size;
    case 4: /* a number of ten bytes, all bits set */
        memset(mutant + at, 0xff, at + 9 < length ? 9 : length - at);
        return length;
    case 5: /* a piece from elsewhere */
        if (at + size < length)
            memmove(mutant + at, mutant + next_random() % (length - size), size);
        return length;
    default:
        for (; at < length && (mutant[at] < '0' || mutant[at] > '9'); at++)
            continue;
        const char *number = NUMBERS[next_random() % 4];
        size = strlen(number);
        if (at == length || length + size > FILE_MAX)
            return length;
        memmove(mutant + at + size, mutant + at + 1, length - at - 1);
        memcpy(mutant + at, number, size);
        return length + size - 1;
    }
}

static bool import_mutant(size_t length, const char *format, int64_t batch)
{
    char path[] = "/tmp/cleave-mutant-XXXXXX";
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(write(descriptor, mutant, length), (ssize_t)length);
    close(descriptor);
    struct arena arena = {0}, kept = {0};
    struct memory_sink memory;
    struct import_summary summary;
    struct error err = {0};
    struct import_options options = {.format = format, .batch = batch};
    memory_sink_init(&memory, &kept);
    bool is_done = import_file(path, &options, &memory.sink, &arena, &summary, &err);
    unlink(path);
    ck_assert(is_done == !err.is_set);
    ck_assert(is_done || (err.text[0] && !strchr(err.text, '\n')));
    ck_assert_msg(!memory.error.is_set, "%s", memory.error.text);
    ck_assert_uint_le(arena.bytes_used, BYTES_START + BYTES_PER_BYTE * length);
    arena_free(&arena);
    arena_free(&kept);
    return is_done;
}

static void import_mutants(size_t length, const char *format, int seed)
{
    state = (uint64_t)seed + 1;
    for (int i = 0; i < MUTANTS; i++) {
        memcpy(mutant, original, length);
        size_t damaged = length;
        for (uint32_t times = 1 + next_random() % 3; times > 0 && damaged > 8; times--)
            damaged = damage(damaged);
        bool is_graph = strcmp(format, "onnx") == 0;
        import_mutant(damaged, next_random() % 4 ? format : NULL,
                      is_graph && next_random() % 3 == 0 ? 1 + next_random() % 9 : 0);
    }
}

static const char *const GRAPHS[] = {"lstm.onnx", "alexnet.onnx", "transformer_encoder.onnx",
                                     "mobilenet_v2.onnx"};

START_TEST(damaged_graphs)
{
    import_mutants(load(GRAPHS[_i % 4]), "onnx", _i);
}
END_TEST

static const struct {
    const char *format, *text;
} TEXTS[] = {
    {"scalesim", "h\nConv1,224,224,11,11,3,96,4,\nDP2,27,27,5,5,16,2,1,1,2:4,\n"},
    {"topology", "Layer,M,N,K,\nsq64,64,64,64,\nodd1,100,70,129\n"},
    {"timeloop", "problem:\n  shape:\n    name: layer\n    dimensions: [C, M, R, N, P]\n"
                 "    coefficients:\n    - {name: S, default: 2}\n    data-spaces:\n"
                 "    - {name: W, projection: [[[C]], [[M]], [[R]]]}\n"
                 "    - {name: I, projection: [[[N]], [[C]], [[R], [P, S]]]}\n"
                 "    - {name: O, projection: [[[N]], [[M]], [[P]]], read-write: True}\n"
                 "  instance: {C: 3, M: 8, R: 5, N: 2, P: 7, densities: {W: 0.5}}\n"},
    {"pytorch",
     "{\"nodes\": [{\"id\": 3, \"name\": \"aten::conv2d\", \"ctrl_deps\": 1, \"inputs\": "
     "{\"values\": [[1,2,0,192,4,\"cpu\"], [3,4,0,216,4,\"cpu\"], \"<None>\", [2,2], [1,1], "
     "[1,1], 1], \"shapes\": [[1,3,8,8], [8,3,3,3], [], [[],[]], [[],[]], [[],[]], []], "
     "\"types\": [\"Tensor(float)\", \"Tensor(float)\", \"None\", \"GenericList[Int,Int]\", "
     "\"GenericList[Int,Int]\", \"GenericList[Int,Int]\", \"Int\"]}, \"outputs\": {\"values\": "
     "[[5,6,0,128,4,\"cpu\"]], \"shapes\": [[1,8,4,4]], \"types\": [\"Tensor(float)\"]}},\n"
     "{\"id\": 4, \"name\": \"aten::sum\", \"ctrl_deps\": 3, \"inputs\": {\"values\": "
     "[[5,6,0,128,4,\"cpu\"], [1, 2], false], \"shapes\": [[1,8,4,4], [[],[]], []], \"types\": "
     "[\"Tensor(float)\", \"GenericList[Int,Int]\", \"Bool\"]}, \"outputs\": {\"values\": "
     "[[7,8,0,4,4,\"cpu\"]], \"shapes\": [[1,4]], \"types\": [\"Tensor(float)\"]}}]}\n"},
    /* A header, a call with arguments as text, a collective with its size. */
    {"chakra", "\x07\x0a\x05"
               "0.0.4"
               "\x49\x08\x01\x12\x08"
               "aten::mm"
               "\x18\x04\x42\x26\x12\x10"
               "[[2, 3], [3, 4]]"
               "\x1a\x12"
               "['Tensor(f)', 'x']"
               "\x4a\x11\x12\x08"
               "[[2, 4]]"
               "\x1a\x05"
               "['T']"
               "\x17\x08\x02\x12\x02"
               "ar"
               "\x18\x07\x52\x0d\x0a\x09"
               "comm_size"
               "\x68\x40"},
};
enum { TEXT_COUNT = sizeof TEXTS / sizeof TEXTS[0] };

START_TEST(damaged_texts)
{
    const char *text = TEXTS[_i % TEXT_COUNT].text;
    size_t length = strlen(text);
    memcpy(original, text, length);
    import_mutants(length, TEXTS[_i % TEXT_COUNT].format, _i);
}
END_TEST

START_TEST(undamaged_texts_are_imported)
{
    size_t length = strlen(TEXTS[_i].text);
    memcpy(mutant, TEXTS[_i].text, length);
    ck_assert(import_mutant(length, NULL, 0));
}
END_TEST

/* The smallest file that would need much memory if it were believed. */
START_TEST(a_short_file_cannot_claim_memory)
{
    static const char *const CLAIMS[] = {
        /* a graph of 2^60 bytes, a node of 2^31 bytes in it */
        "\x08\x08\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x0f\x0a\xff\xff\xff\xff\x07",
        /* a header of 2^40 bytes */
        "\xff\xff\xff\xff\xff\x1f\x0a\x05",
    };
    size_t length = strlen(CLAIMS[_i]);
    memcpy(mutant, CLAIMS[_i], length);
    import_mutant(length, _i == 0 ? "onnx" : "chakra", 0);
}
END_TEST

Suite *import_fuzz_suite(void)
{
    Suite *suite = suite_create("import_fuzz");
    TCase *damaged = tcase_create("damaged");
    tcase_add_loop_test(damaged, damaged_graphs, 0, SEEDS);
    tcase_add_loop_test(damaged, damaged_texts, 0, SEEDS);
    tcase_add_loop_test(damaged, undamaged_texts_are_imported, 0, TEXT_COUNT);
    tcase_add_loop_test(damaged, a_short_file_cannot_claim_memory, 0, 2);
    suite_add_tcase(suite, damaged);
    return suite;
}
