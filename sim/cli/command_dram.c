#include "sim/cli/command.h"

int command_dram(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return command_misused("dram", "is being built");
}
