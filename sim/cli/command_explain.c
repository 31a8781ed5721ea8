#include "sim/cli/command.h"

int command_explain(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return command_misused("explain", "is being built");
}
