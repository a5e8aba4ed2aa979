/* How a transfer ended, in our terms instead of libcurl's. */
#ifndef HOST_VERDICT_H
#define HOST_VERDICT_H

#include <stdbool.h>

#include "deepchat.h"

struct verdict {
    bool given;
    enum dc_net net;
    char detail[200]; /* one printable line */
};

/* The first verdict stands; later ones are ignored. */
void verdict_give(struct verdict *v, enum dc_net net, const char *words);

/* The detail is limit_ms in seconds. */
void verdict_late(struct verdict *v, enum dc_net net, int limit_ms);

/* The name was not found: libcurl does not say whether there is none, or nobody
 * to ask. */
void verdict_unresolved(struct verdict *v, const char *words);

/* No connection; number is errno or 0. */
void verdict_unconnected(struct verdict *v, int number, const char *words);

/* Reading failed: libcurl has one code for a connection that broke and for
 * HTTP that is broken; only its words tell them apart. */
void verdict_unread(struct verdict *v, const char *words);

/* The TLS handshake failed. */
void verdict_unsafe(struct verdict *v, const char *words);

#endif
