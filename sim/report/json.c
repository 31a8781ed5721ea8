#include "sim/report/json.h"

#include <assert.h>
#include <inttypes.h>

#include "sim/report/report_text.h"

struct json json_begin(FILE *out)
{
    return (struct json){.out = out};
}

static void start(struct json *json, const char *key)
{
    if (json->depth > 0) {
        if (json->has_members[json->depth])
            fputs(", ", json->out);
        json->has_members[json->depth] = true;
    }
    if (key) {
        report_json_text(key, json->out);
        fputs(": ", json->out);
    }
}

static void open_value(struct json *json, const char *key, char bracket)
{
    start(json, key);
    fputc(bracket, json->out);
    json->depth++;
    assert(json->depth < JSON_DEPTH_MAX);
    json->has_members[json->depth] = false;
}

void json_begin_object(struct json *json, const char *key)
{
    open_value(json, key, '{');
}

void json_begin_array(struct json *json, const char *key)
{
    open_value(json, key, '[');
}

void json_end_object(struct json *json)
{
    fputc('}', json->out);
    json->depth--;
}

void json_end_array(struct json *json)
{
    fputc(']', json->out);
    json->depth--;
}

void json_text(struct json *json, const char *key, const char *value)
{
    start(json, key);
    report_json_text(value, json->out);
}

void json_number(struct json *json, const char *key, double value)
{
    start(json, key);
    report_json_number(value, json->out);
}

void json_count(struct json *json, const char *key, uint64_t value)
{
    start(json, key);
    fprintf(json->out, "%" PRIu64, value);
}

void json_nothing(struct json *json, const char *key)
{
    start(json, key);
    fputs("null", json->out);
}

void json_scaled(struct json *json, const char *key, attojoules value, int decimals)
{
    /* Digits from the last one; the point stands before the last `decimals` of them. */
    enum { LONGEST = 64 };
    char text[LONGEST];
    int at = LONGEST;
    bool is_trailing = true;
    text[--at] = '\0';
    for (int digit = 0; value > 0 || digit <= decimals; digit++) {
        if (digit == decimals) {
            if (!is_trailing)
                text[--at] = '.';
            is_trailing = false;
        }
        char next = (char)('0' + (int)(value % 10));
        value /= 10;
        is_trailing &= next == '0';
        if (!is_trailing)
            text[--at] = next;
    }
    start(json, key);
    fputs(text + at, json->out);
}

void json_bool(struct json *json, const char *key, bool value)
{
    start(json, key);
    fputs(value ? "true" : "false", json->out);
}

void json_texts(struct json *json, const char *key, const char *const *values)
{
    json_begin_array(json, key);
    for (; *values; values++)
        json_text(json, NULL, *values);
    json_end_array(json);
}
