/* The elements of one array in a JSON file, one at a time, so that memory follows the largest
 * element and not the file: the array is the value of a key of the outermost object. */
#ifndef TRACES_IMPORT_JSON_H
#define TRACES_IMPORT_JSON_H

#include <jansson.h>

#include "traces/import_source.h"

/* The element is borrowed; `number` counts from 1. False ends the walk: err holds the reason.
 */
typedef bool import_json_visit(void *context, json_t *element, uint64_t number,
                               struct error *err);

bool import_json_each(struct import_source *source, const char *array, import_json_visit *visit,
                      void *context, struct error *err);

#endif
