#include <string.h>

#include "sim/report/json.h"
#include "sim/report/report_gain.h"

/* Sources stand in one text, separated by "; ". */
static void put_sources(struct json *json, const char *joined)
{
    char item[1024];
    json_begin_array(json, "sources");
    while (*joined) {
        const char *end = strstr(joined, "; ");
        size_t length = end ? (size_t)(end - joined) : strlen(joined);
        if (length >= sizeof item)
            length = sizeof item - 1;
        memcpy(item, joined, length);
        item[length] = '\0';
        json_text(json, NULL, item);
        joined = end ? end + 2 : "";
    }
    json_end_array(json);
}

static void put_factor(struct json *json, const struct gain_factor *factor)
{
    json_begin_object(json, NULL);
    json_text(json, "group", gain_group_name(factor->group));
    json_text(json, "name", factor->name);
    json_number(json, "value", factor->value);
    json_number(json, "low", factor->low);
    json_number(json, "high", factor->high);
    json_number(json, "order_low", factor->order_low);
    json_number(json, "order_high", factor->order_high);
    put_sources(json, factor->sources);
    json_end_object(json);
}

static void put_level(struct json *json, const struct gain_level *level)
{
    json_begin_object(json, NULL);
    json_text(json, "level", gain_level_name(level->kind));
    json_text(json, "lens", gain_lens_name(level->lens));
    json_text(json, "normaliser", level->normaliser);
    json_number(json, "probability_above_1", level->probability_above_one);
    json_number(json, "active_share_a", level->active_a);
    json_number(json, "active_share_b", level->active_b);
    json_begin_array(json, "factors");
    for (size_t i = 0; i < level->factor_count; i++)
        put_factor(json, &level->factors[i]);
    json_end_array(json);
    json_end_object(json);
}

/* What only simulated pairs have. */
static void put_simulated(struct json *json, const struct gain_report *report)
{
    if (!report->runs)
        return;
    json_text(json, "rule", report->rule);
    json_count(json, "simulations", report->runs);
    json_begin_array(json, "interactions");
    for (size_t i = 0; i < report->interaction_count; i++) {
        json_begin_object(json, NULL);
        json_text(json, "first", report->interactions[i].first);
        json_text(json, "second", report->interactions[i].second);
        json_number(json, "value", report->interactions[i].value);
        json_end_object(json);
    }
    json_end_array(json);
    json_begin_object(json, "energy");
    json_number(json, "a_j", report->energy.a_joules);
    json_number(json, "b_j", report->energy.b_joules);
    json_number(json, "total", report->energy.total);
    json_number(json, "architecture", report->energy.architecture);
    json_number(json, "technology", report->energy.technology);
    json_end_object(json);
}

static void put_lines(struct json *json, const char *key, const char *const *lines,
                      size_t count)
{
    json_begin_array(json, key);
    for (size_t i = 0; i < count; i++)
        json_text(json, NULL, lines[i]);
    json_end_array(json);
}

void report_gain_json(const struct gain_report *report, const char *version, FILE *out)
{
    struct json json = json_begin(out);
    json_begin_object(&json, NULL);
    json_text(&json, "cleave", version);
    json_text(&json, "a", report->a);
    json_text(&json, "b", report->b);
    json_text(&json, "metric", report->metric);
    json_text(&json, "workload", report->workload);
    json_number(&json, "total", report->total);
    json_number(&json, "low", report->low);
    json_number(&json, "high", report->high);
    json_begin_array(&json, "levels");
    for (size_t i = 0; i < report->level_count; i++)
        put_level(&json, &report->levels[i]);
    json_end_array(&json);
    put_simulated(&json, report);
    put_lines(&json, "assumptions", report->assumptions, report->assumption_count);
    put_lines(&json, "notes", report->notes, report->note_count);
    json_end_object(&json);
    fputc('\n', out);
}
