/* Arguments of recorded calls, as both PyTorch's recorder and the converter to Chakra list
 * them: values, shapes and types side by side. */
#ifndef TRACES_IMPORT_ATEN_JSON_H
#define TRACES_IMPORT_ATEN_JSON_H

#include <jansson.h>

#include "traces/import_aten.h"

/* In the arena; *count is at most ATEN_ARGUMENTS_MAX. */
const struct aten_argument *aten_read_arguments(struct arena *arena, const json_t *values,
                                                const json_t *shapes, const json_t *types,
                                                uint32_t *count);

#endif
