/* The importers behind the table in import.c, two functions each: does the file look like mine,
 * and translate it. */
#ifndef TRACES_IMPORT_FORMATS_H
#define TRACES_IMPORT_FORMATS_H

#include "traces/import.h"

bool import_onnx_sniff(const char *head, size_t length);
bool import_onnx(struct import_context *context, struct error *err);
bool import_topology_sniff(const char *head, size_t length);
bool import_scalesim(struct import_context *context, struct error *err);
bool import_topology(struct import_context *context, struct error *err);
bool import_timeloop_sniff(const char *head, size_t length);
bool import_timeloop(struct import_context *context, struct error *err);
bool import_pytorch_sniff(const char *head, size_t length);
bool import_pytorch(struct import_context *context, struct error *err);
bool import_chakra_sniff(const char *head, size_t length);
bool import_chakra(struct import_context *context, struct error *err);

#endif
