#include "sim/cli/command.h"

int command_gain(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return command_misused("gain", "is being built");
}
