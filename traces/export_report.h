/* What exporters share. Private to traces/export*.c. */
#ifndef TRACES_EXPORT_REPORT_H
#define TRACES_EXPORT_REPORT_H

#include "traces/export.h"

bool export_scalesim(struct export_context *context, struct error *err);
bool export_chakra(struct export_context *context, struct error *err);

/* The first warnings are kept. */
void export_warn(struct export_context *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
