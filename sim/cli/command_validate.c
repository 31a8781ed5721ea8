#include "sim/cli/command.h"

int command_validate(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return command_misused("validate", "is being built");
}
