#include "sim/cli/command.h"

int command_list(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return command_misused("list", "is being built");
}
