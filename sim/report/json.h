/* Writes one JSON value in order: objects, arrays and members with commas where they belong.
 * Keys are NULL inside arrays. Numbers are in the shortest form that reads back equal; NAN is
 * null. */
#ifndef SIM_REPORT_JSON_H
#define SIM_REPORT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "arch/technology/attojoule.h"

enum { JSON_DEPTH_MAX = 16 };

struct json {
    FILE *out;
    int depth;
    bool has_members[JSON_DEPTH_MAX];
};

struct json json_begin(FILE *out);
void json_begin_object(struct json *json, const char *key);
void json_begin_array(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_end_array(struct json *json);
void json_text(struct json *json, const char *key, const char *value);
void json_number(struct json *json, const char *key, double value);
void json_count(struct json *json, const char *key, uint64_t value);
/* An integer times 10^-decimals, exactly: sums of such members add up to the last digit. */
void json_scaled(struct json *json, const char *key, attojoules value, int decimals);
void json_nothing(struct json *json, const char *key);
void json_bool(struct json *json, const char *key, bool value);
/* NULL-terminated texts as an array. */
void json_texts(struct json *json, const char *key, const char *const *values);

#endif
