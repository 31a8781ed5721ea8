/* A program that embeds the library: runs a trace on a chip and prints the cycles. Built by
 * validation/examples.sh against an installed copy. */
#include <inttypes.h>
#include <stdio.h>

#include "sim/study/run.h"

int main(int argc, char **argv)
{
    struct arena arena;
    struct error err = {0};
    struct run_result result;
    if (argc != 3)
        return 2;
    arena_init(&arena);
    struct run_request request = {.chip = argv[1], .trace = argv[2]};
    bool is_done = study_run(&arena, &request, &result, &err);
    if (is_done)
        printf("%" PRIu64 " cycles\n", result.totals.cycles);
    else
        fprintf(stderr, "%s\n", err.text);
    arena_free(&arena);
    return !is_done;
}
