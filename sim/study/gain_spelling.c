#include "sim/study/gain_spelling.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const VENDOR_WORDS[] = {"NVIDIA", "TESLA", "GOOGLE", "GRAPHCORE", "HABANA",
                                           "HUAWEI", "INTEL", "NONE",   "R"};

static bool is_vendor(const char *word)
{
    for (size_t i = 0; i < sizeof VENDOR_WORDS / sizeof VENDOR_WORDS[0]; i++)
        if (strcmp(word, VENDOR_WORDS[i]) == 0)
            return true;
    return false;
}

/* 32GB, 450W: digits, then the unit. */
static bool is_measure(const char *word, const char *unit)
{
    size_t digits = strspn(word, "0123456789");
    return digits && strcmp(word + digits, unit) == 0;
}

static bool is_board(const char *word)
{
    return strncmp(word, "SXM", 3) == 0 || strncmp(word, "PCIE", 4) == 0 ||
           strcmp(word, "CPU") == 0 || is_measure(word, "GB") || is_measure(word, "W");
}

void gain_spell(const char *text, struct gain_spelling *spelling)
{
    memset(spelling, 0, sizeof *spelling);
    bool is_model = true;
    while (*text && spelling->count < 16) {
        char *word = spelling->words[spelling->count];
        size_t length = 0;
        while (*text && !isalnum((unsigned char)*text))
            text++;
        for (; isalnum((unsigned char)*text); text++)
            if (length + 1 < sizeof spelling->words[0])
                word[length++] = (char)toupper((unsigned char)*text);
        word[length] = '\0';
        if (!length || is_vendor(word))
            continue;
        spelling->count++;
        is_model = is_model && !is_board(word);
        if (is_model)
            spelling->model_count = spelling->count;
    }
}

void gain_spelling_model(const struct gain_spelling *spelling, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < spelling->model_count; i++)
        if (strlen(text) + strlen(spelling->words[i]) < size)
            strcat(text, spelling->words[i]);
}

static bool has_word(const struct gain_spelling *spelling, const char *word)
{
    for (size_t i = 0; i < spelling->count; i++)
        if (strcmp(spelling->words[i], word) == 0)
            return true;
    return false;
}

/* Whether the words from `first` on, written together, begin with exactly the whole of text at
 * the end of a word. */
static bool is_run(const struct gain_spelling *spelling, size_t first, const char *text)
{
    for (size_t i = first; i < spelling->model_count && *text; i++) {
        size_t length = strlen(spelling->words[i]);
        if (strncmp(text, spelling->words[i], length) != 0)
            return false;
        text += length;
    }
    return *text == '\0';
}

bool gain_spelling_matches(const struct gain_spelling *key,
                           const struct gain_spelling *accelerator)
{
    char model[200];
    gain_spelling_model(key, model, sizeof model);
    if (!*model)
        return false;
    for (size_t i = key->model_count; i < key->count; i++)
        if (!has_word(accelerator, key->words[i]))
            return false;
    for (size_t first = 0; first < accelerator->model_count; first++)
        if (is_run(accelerator, first, model))
            return true;
    /* "Xeon-8180" names words that do not stand side by side. */
    for (size_t i = 0; i < key->model_count; i++)
        if (!has_word(accelerator, key->words[i]))
            return false;
    return true;
}

double gain_spelling_watts(const struct gain_spelling *spelling)
{
    for (size_t i = 0; i < spelling->count; i++)
        if (is_measure(spelling->words[i], "W"))
            return strtod(spelling->words[i], NULL);
    return 0;
}
