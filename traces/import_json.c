#include "traces/import_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ELEMENT_BYTES_MAX = 64 << 20, KEY_MAX_BYTES = 64 };

/* Where the scan stands. Depth counts open brackets: 1 in the outermost object, 2 in the array.
 */
struct scan {
    struct import_source *source;
    const char *array;
    import_json_visit *visit;
    void *context;
    struct error *err;
    uint64_t depth, number;
    bool is_in_text, is_escaped, is_in_array, has_array, is_started;
    char key[KEY_MAX_BYTES]; /* the last text at depth 1 */
    size_t key_length;
    char *element;
    size_t length, capacity;
};

static bool keep(struct scan *scan, char byte)
{
    if (scan->length == scan->capacity) {
        size_t capacity = scan->capacity ? 2 * scan->capacity : 4096;
        char *bigger = capacity > ELEMENT_BYTES_MAX ? NULL : realloc(scan->element, capacity);
        if (!bigger)
            return error_set(scan->err, "%s: record %" PRIu64 " is longer than %d MiB",
                             scan->source->path, scan->number + 1, ELEMENT_BYTES_MAX >> 20);
        scan->element = bigger;
        scan->capacity = capacity;
    }
    scan->element[scan->length++] = byte;
    return true;
}

/* Recorders write what JSON does not have: NaN and infinities become 0. */
static void blank_numbers(char *text, size_t length)
{
    static const char *const WORDS[] = {"NaN", "nan", "-Infinity", "Infinity", "-inf", "inf"};
    bool is_in_text = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"' && (i == 0 || text[i - 1] != '\\'))
            is_in_text = !is_in_text;
        for (size_t w = 0; w < sizeof WORDS / sizeof WORDS[0] && !is_in_text; w++) {
            size_t size = strlen(WORDS[w]);
            if (size > length - i || memcmp(text + i, WORDS[w], size) != 0)
                continue;
            memset(text + i, ' ', size);
            text[i] = '0';
        }
    }
}

static bool deliver(struct scan *scan)
{
    json_error_t problem;
    scan->number++;
    blank_numbers(scan->element, scan->length);
    json_t *element = json_loadb(scan->element, scan->length, 0, &problem);
    scan->length = 0;
    if (!element)
        return error_set(
            scan->err, "%s: record %" PRIu64 ", which ends at byte %" PRIu64 ", is no JSON: %s",
            scan->source->path, scan->number, scan->source->position, problem.text);
    bool is_fine = scan->visit(scan->context, element, scan->number, scan->err);
    json_decref(element);
    return is_fine;
}

static void scan_text(struct scan *scan, char byte)
{
    if (scan->is_escaped)
        scan->is_escaped = false;
    else if (byte == '\\')
        scan->is_escaped = true;
    else if (byte == '"')
        scan->is_in_text = false;
    else if (scan->depth == 1 && scan->key_length + 1 < KEY_MAX_BYTES)
        scan->key[scan->key_length++] = byte;
    scan->key[scan->key_length] = 0;
}

static bool open_bracket(struct scan *scan, char byte)
{
    if (!scan->is_started && byte != '{')
        return error_set(scan->err, "%s: does not start with an object", scan->source->path);
    scan->is_started = true;
    if (byte == '[' && scan->depth == 1 && strcmp(scan->key, scan->array) == 0) {
        scan->is_in_array = true;
        scan->has_array = true;
    }
    scan->depth++;
    return true;
}

static bool step(struct scan *scan, char byte)
{
    bool is_element = scan->is_in_array && scan->depth >= 3;
    if (scan->is_in_text) {
        scan_text(scan, byte);
        return !is_element || keep(scan, byte);
    }
    if (byte == '"') {
        scan->is_in_text = true;
        if (scan->depth == 1)
            scan->key_length = 0;
    } else if (byte == '{' || byte == '[') {
        if (!open_bracket(scan, byte))
            return false;
        is_element = scan->is_in_array && scan->depth >= 3;
    } else if (byte == '}' || byte == ']') {
        if (scan->depth == 0)
            return error_set(scan->err,
                             "%s: closes a bracket at byte %" PRIu64 " that is not open",
                             scan->source->path, scan->source->position);
        scan->depth--;
        if (scan->is_in_array && scan->depth == 2)
            return keep(scan, byte) && deliver(scan);
        if (scan->depth < 2)
            scan->is_in_array = false;
    }
    return !is_element || keep(scan, byte);
}

bool import_json_each(struct import_source *source, const char *array, import_json_visit *visit,
                      void *context, struct error *err)
{
    struct scan scan = {
        .source = source, .array = array, .visit = visit, .context = context, .err = err};
    unsigned char bytes[8192];
    bool is_fine = true;
    for (size_t got = 1; is_fine && got > 0;) {
        is_fine = import_source_read(source, bytes, sizeof bytes, &got, err);
        for (size_t i = 0; i < got && is_fine; i++)
            is_fine = step(&scan, (char)bytes[i]);
    }
    free(scan.element);
    if (is_fine && (scan.depth > 0 || !scan.is_started))
        return error_set(err, "%s: ends at byte %" PRIu64 ", before its brackets are closed",
                         source->path, source->position);
    return is_fine &&
           (scan.has_array || error_set(err, "%s: has no list '%s'", source->path, array));
}
