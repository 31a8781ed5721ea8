/* The fixture of the prices: what cannot be loaded or priced fails the test with the sentence
 * that a user would read. */
#include "technology_fixture.h"

#include <check.h>

#include "reference_inventory.h"

struct technology_fixture technology;

void technology_setup(void)
{
    arena_init(&technology.arena);
    technology.err = (struct error){0};
    ck_assert_msg(
        technology_tables_load(&technology.arena, &technology.tables, &technology.err), "%s",
        technology.err.text);
}

void technology_teardown(void)
{
    arena_free(&technology.arena);
}

struct process *technology_process(const char *name)
{
    struct process *process;
    ck_assert_msg(process_load(&technology.arena, name, NULL, &technology.tables, &process,
                               &technology.err),
                  "%s", technology.err.text);
    return process;
}

struct price_list *technology_list(const struct inventory *inventory,
                                   const struct process *process, enum price_scope scope)
{
    struct price_options options = price_options_default(REFERENCE_CLOCK);
    struct price_list *list;
    options.scope = scope;
    ck_assert_msg(price_list_make(&technology.arena, inventory, process, &options, &list,
                                  &technology.err),
                  "%s", technology.err.text);
    return list;
}
