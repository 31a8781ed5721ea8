/* What the tests of the importers of text and recordings share: a file in the making, its
 * import into memory, what was reported. One test runs at a time, in a process of its own, so
 * that one fixture serves all; it owns its arena and its file between setup and teardown. */
#ifndef VALIDATION_UNIT_IMPORT_FIXTURE_H
#define VALIDATION_UNIT_IMPORT_FIXTURE_H

#include "memory_sink.h"
#include "traces/import.h"

struct import_fixture {
    struct arena arena;
    struct memory_sink memory;
    struct import_summary summary;
    struct error err;
    char path[64];
};

extern struct import_fixture imported; /* of the running test */

void import_setup(void);
void import_teardown(void);
/* Imports the file as it is into an empty memory; every operator must pass the vocabulary's
 * check. format: NULL lets the importer find out. */
bool import_written(const char *format);
/* Writes the text to the file first. */
bool import_text(const char *text, const char *format);

#endif
