#include "sim/cli/news.h"

#include <stdio.h>
#include <unistd.h>

static void show(void *context, uint64_t done, uint64_t total, double seconds)
{
    struct news *news = context;
    char line[120];
    int width = 0;
    if (total > 0 && done > 0 && done <= total)
        width = snprintf(line, sizeof line, "%llu of %llu %s, %.0f s to go",
                         (unsigned long long)done, (unsigned long long)total, news->unit,
                         seconds * (double)(total - done) / (double)done);
    else
        width = snprintf(line, sizeof line, "%llu %s, %.0f s", (unsigned long long)done,
                         news->unit, seconds);
    fprintf(stderr, "\r%-*s", news->width, line);
    news->width = width;
}

void news_begin(struct news *news, const char *unit)
{
    *news = (struct news){.unit = unit};
    news->progress.context = news;
    if (isatty(STDERR_FILENO))
        news->progress.report = show;
}

void news_end(struct news *news)
{
    if (news->width > 0)
        fprintf(stderr, "\r%*s\r", news->width, "");
    news->width = 0;
}
