/* The fixture of the importers: a temporary file, and a memory that is emptied before every
 * import so that one test may import several times. */
#include "import_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct import_fixture imported;

void import_setup(void)
{
    arena_init(&imported.arena);
    memory_sink_init(&imported.memory, &imported.arena);
    imported.err = (struct error){0};
    strcpy(imported.path, "/tmp/cleave-import-XXXXXX");
    int file = mkstemp(imported.path);
    ck_assert_int_ge(file, 0);
    close(file);
}

void import_teardown(void)
{
    unlink(imported.path);
    arena_free(&imported.arena);
}

bool import_written(const char *format)
{
    struct import_options options = {.format = format};
    memory_sink_init(&imported.memory, &imported.arena);
    imported.err = (struct error){0};
    bool is_done = import_file(imported.path, &options, &imported.memory.sink, &imported.arena,
                               &imported.summary, &imported.err);
    ck_assert_msg(!imported.memory.error.is_set, "%s", imported.memory.error.text);
    return is_done;
}

bool import_text(const char *text, const char *format)
{
    FILE *file = fopen(imported.path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    return import_written(format);
}
