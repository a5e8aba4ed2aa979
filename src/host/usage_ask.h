/* What :DeepUsage asks for. */
#ifndef HOST_USAGE_ASK_H
#define HOST_USAGE_ASK_H

#include "base/value.h"
#include "host/host.h"

/* args has settings, buffer, days, and of a chat buf and file. Answered with
 * deepchat#usage#show(). */
void usage_ask(struct host *host, const struct value *args);

#endif
