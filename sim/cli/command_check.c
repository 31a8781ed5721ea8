#include "sim/cli/command.h"

int command_check(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return command_misused("check", "is being built");
}
