#include "sim/cli/command.h"

int command_run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return command_misused("run", "is being built");
}
