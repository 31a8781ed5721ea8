/* The parts of `cleave trace`: each gets the words after its own and returns an exit status. */
#ifndef SIM_CLI_TRACE_COMMAND_H
#define SIM_CLI_TRACE_COMMAND_H

int trace_new(int argc, char **argv);
int trace_import(int argc, char **argv);
int trace_show(int argc, char **argv);
int trace_export(int argc, char **argv);

#endif
