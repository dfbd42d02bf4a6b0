#include "cli/cli.h"
int cmd_audit(const command *self, int argc, char **argv) { (void)self; (void)argc; (void)argv; return 2; }
