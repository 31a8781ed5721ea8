/* Is every text either a config or a sentence, never a crash or silence? And does layout never
 * matter? Files are mutated at random, from their seed alone. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernel/random.h"
#include "validation/unit/config_example.h"

enum { SEEDS = 60, MUTANTS = 150, MOST_BYTES = 4096 };

static const char *const SEED_TEXTS[] = {
    "name = small\nprocess = \"generic-7nm\" # comment\n"
    "core mxu {\n    family = systolic\n    rows = 256 columns = 16\n    clock = \"700 MHz\"\n"
    "    formats = {i8, i16}\n    skewed = no\n    buffer = \"24 MiB\"\n}\n"
    "/* a\n   block */\ncore vpu { family = vector lanes = 8 }\nmemory { bandwidth = 34GB/s "
    "}\n",
    "core a{family=vector}core b{family=vector}core c{family=systolic rows=1 formats={}}",
    "memory {\n}\n",
    "",
};

/* Pieces that mean something to a config file, or to libconfuse. */
static const char *const PIECES[] = {
    "{",        "}",     "=",        "+=",      ",",         "\"",     "'",          "#",
    "//",       "/*",    "*/",       "\n",      "\r\n",      "\\",     "${HOME}",    "$",
    "include(", ")",     "core x {", "memory",  "rows = 1",  "nan",    "1e999",      "\001",
    "@",        "@=end", "|",        "formats", "= {a,b,}",  "-0",     "0x",         "\xff\xfe",
    "{{{{{{",   "}}}}",  "clock",    " MHz",    "__unknown", "root {", "=\"end\"\n", "\t\v\f",
};

struct text {
    char bytes[MOST_BYTES + 1];
    size_t length;
};

static void insert(struct text *text, size_t at, const char *piece, size_t length)
{
    if (text->length + length > MOST_BYTES)
        return;
    memmove(text->bytes + at + length, text->bytes + at, text->length - at);
    memcpy(text->bytes + at, piece, length);
    text->length += length;
}

static void erase(struct text *text, size_t at, size_t length)
{
    memmove(text->bytes + at, text->bytes + at + length, text->length - at - length);
    text->length -= length;
}

static void mutate(struct text *text, struct random *random)
{
    size_t at = (size_t)random_below(random, text->length + 1);
    size_t span = (size_t)random_below(random, text->length - at + 1);
    char copy[MOST_BYTES];
    const char *piece = PIECES[random_below(random, sizeof PIECES / sizeof PIECES[0])];
    switch (random_below(random, 6)) {
    case 0:
        if (at < text->length)
            text->bytes[at] = (char)random_below(random, 256);
        return;
    case 1:
        erase(text, at, span > 8 ? span % 8 : span);
        return;
    case 2:
        memcpy(copy, text->bytes + at, span);
        insert(text, (size_t)random_below(random, text->length + 1), copy, span);
        return;
    case 3:
        text->length = at;
        return;
    default:
        insert(text, at, piece, strlen(piece));
    }
}

static void check_sentence(const struct error *err, const char *start)
{
    ck_assert(err->is_set);
    ck_assert_msg(strncmp(err->text, start, strlen(start)) == 0, "%s", err->text);
    ck_assert_uint_gt(strlen(err->text), strlen(start) + 4);
}

/* Everything that is done with a config that was read. */
static void use(struct config *config, struct random *random)
{
    static const char *const SETS[] = {
        "core.rows=3", "core.a.lanes=0", "core.clock=1 GHz", "memory.x=1", "process=p",
        "core..=",     "core.a.b.c.d=1", "core.formats=,",   "=",          "core.mxu.rows=9"};
    struct core cores[64] = {0};
    struct error err = {0};
    int count = 0;
    for (struct config_section *core = config_find(&config->root, "core", NULL); core;
         core = config_next(core, "core"))
        count++;
    const char *set = SETS[random_below(random, sizeof SETS / sizeof SETS[0])];
    if (!config_set(config, config->root.schema, set, &err))
        check_sentence(&err, "--set ");
    err.is_set = false;
    if (count <= 64 && !fill(config, cores, &err))
        ck_assert_msg(strncmp(err.text, "tpu.conf:", 9) == 0 ||
                          strncmp(err.text, "--set ", 6) == 0,
                      "%s", err.text);
    char *dump = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&dump, &bytes);
    config_dump(config, out);
    fclose(out);
    free(dump);
    config_hash(config);
    config_paths(config, ORIGIN_FILE);
}

START_TEST(a_mutant_is_a_config_or_a_sentence)
{
    struct random random = random_make((uint64_t)_i, "mutants");
    struct text text = {.length = 0};
    for (int i = 0; i < MUTANTS; i++) {
        if (i % 10 == 0) {
            text.length = 0;
            const char *seed = SEED_TEXTS[random_below(&random, 4)];
            insert(&text, 0, seed, strlen(seed));
        }
        mutate(&text, &random);
        text.bytes[text.length] = '\0';
        struct arena arena = {0};
        struct error err = {0};
        struct config *config = config_parse(&arena, "tpu.conf", text.bytes, &SCHEMA, &err);
        if (config)
            use(config, &random);
        else
            check_sentence(&err, "tpu.conf:");
        ck_assert(!config || !err.is_set);
        arena_free(&arena);
    }
}
END_TEST

/* Blanks, lines and comments between the words of a file, drawn anew each time. */
static void lay_out(struct text *text, struct random *random)
{
    static const char *const WORDS[] = {
        "core",  "a",       "{",         "family", "=",    "systolic", "rows", "=",
        "4",     "formats", "=",         "{",      "i8",   ",",        "i16",  "}",
        "clock", "=",       "\"1 GHz\"", "}",      "name", "=",        "x"};
    static const char *const GAPS[] = {
        " ", "\n", "\t", "\r\n", " # a = {\n", " // \" '\n", " /* } \" \n */ ", " /**/ "};
    text->length = 0;
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        insert(text, text->length, WORDS[i], strlen(WORDS[i]));
        for (uint64_t gaps = 1 + random_below(random, 2); gaps > 0; gaps--) {
            const char *gap = GAPS[random_below(random, sizeof GAPS / sizeof GAPS[0])];
            insert(text, text->length, gap, strlen(gap));
        }
    }
    text->bytes[text->length] = '\0';
}

START_TEST(layout_never_matters)
{
    struct random random = random_make((uint64_t)_i, "layout");
    uint64_t first = 0;
    for (int i = 0; i < 20; i++) {
        struct arena arena = {0};
        struct error err = {0};
        struct core cores[1] = {0};
        struct text text;
        lay_out(&text, &random);
        struct config *config = config_parse(&arena, "tpu.conf", text.bytes, &SCHEMA, &err);
        ck_assert_msg(config && fill(config, cores, &err), "seed %d: %s", _i, err.text);
        ck_assert_int_eq(cores[0].rows, 4);
        uint64_t hash = config_hash(config);
        ck_assert_msg(i == 0 || hash == first, "seed %d", _i);
        first = hash;
        int lines = 1;
        for (const char *at = text.bytes; at < strstr(text.bytes, "clock"); at++)
            lines += *at == '\n';
        ck_assert_int_eq(
            config_entry(config_find(&config->root, "core", "a"), "clock")->line >= lines, 1);
        arena_free(&arena);
    }
}
END_TEST

Suite *config_mutations_suite(void)
{
    Suite *suite = suite_create("config_mutations");
    TCase *tests = tcase_create("mutants");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_mutant_is_a_config_or_a_sentence, 0, SEEDS);
    tcase_add_loop_test(tests, layout_never_matters, 0, SEEDS);
    suite_add_tcase(suite, tests);
    return suite;
}
