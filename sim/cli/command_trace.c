#include "sim/cli/command.h"

int command_trace(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return command_misused("trace", "is being built");
}
