/* Runs every suite, those named on the command line, or with `--part I/K` every K-th from the
 * I-th on; ends with the number of checks executed. */
#include <stdio.h>
#include <string.h>

#include "suites.h"

static int is_wanted(size_t index, const char *name, int count, char **names)
{
    unsigned part, parts;
    if (count == 3 && strcmp(names[1], "--part") == 0 &&
        sscanf(names[2], "%u/%u", &part, &parts) == 2 && parts > 0)
        return index % parts == part;
    for (int i = 1; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return 1;
    return count < 2;
}

int main(int argc, char **argv)
{
    SRunner *runner = srunner_create(NULL);
    for (size_t i = 0; i < sizeof SUITES / sizeof SUITES[0]; i++)
        if (is_wanted(i, SUITES[i].name, argc, argv))
            srunner_add_suite(runner, SUITES[i].make());
    srunner_run_all(runner, CK_NORMAL);
    int run = srunner_ntests_run(runner);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    printf("checks: %d\n", run);
    return failed || run == 0;
}
