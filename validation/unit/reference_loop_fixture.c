#define _POSIX_C_SOURCE 200809L
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loop_fixture.h"

void loop_fixture_begin(struct loop_fixture *fixture)
{
    arena_init(&fixture->arena);
    snprintf(fixture->path, sizeof fixture->path, "/tmp/cleave-loop-%d.loop", (int)getpid());
}

void loop_fixture_end(struct loop_fixture *fixture)
{
    remove(fixture->path);
    arena_free(&fixture->arena);
}

void loop_fixture_play(struct loop_fixture *fixture, const char *chip, const char *text,
                       const char *const *sets, size_t set_count, struct loop_result *result)
{
    struct error err = {0};
    FILE *file = fopen(fixture->path, "w");
    ck_assert(file != NULL);
    fputs(text, file);
    fclose(file);
    ck_assert_msg(loop_run(&fixture->arena, chip, fixture->path, sets, set_count, result, &err),
                  "%s", err.text);
}

void loop_fixture_run(struct loop_fixture *fixture, const char *chip, const char *text,
                      const char *const *sets, size_t set_count, struct loop_result *result)
{
    struct error err = {0};
    loop_fixture_play(fixture, chip, text, sets, set_count, result);
    ck_assert_msg(loop_price(&fixture->arena, result, &err), "%s", err.text);
}

uint64_t loop_fixture_count(const struct loop_result *result, const char *name)
{
    const struct inventory *inventory = &result->chip->inventory;
    const struct ledger *ledger = &result->run.totals.ledger;
    for (size_t m = 0; m < ledger->count; m++)
        if (strcmp(inventory_meter_name(inventory, (int32_t)m), name) == 0)
            return ledger->counts[m];
    return 0;
}
