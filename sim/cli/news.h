/* News of a long command on one line of the terminal: how much is done, and how long the rest
 * may take. Silent where stderr is no terminal. */
#ifndef SIM_CLI_NEWS_H
#define SIM_CLI_NEWS_H

#include "sim/kernel/progress.h"

struct news {
    struct progress progress; /* handed to whoever counts */
    const char *unit;         /* "operators"; kept */
    int width;                /* of the line as it stands, 0: none */
};

/* The news itself must stay where it is until it ends. */
void news_begin(struct news *news, const char *unit);
/* Wipes the line, so that a result may be printed. */
void news_end(struct news *news);

#endif
