/* What the editor may ask: one table from operation to handler. */
#ifndef HOST_COMMAND_H
#define HOST_COMMAND_H

#include "base/value.h"
#include "host/host.h"

/* Carry out op; args is the borrowed list that came with it, its first item a
 * map. Unknown operations, and all before a "hello" that fits, are logged and
 * otherwise ignored. */
void command_run(struct host *host, const char *op, const struct value *args);

#endif
