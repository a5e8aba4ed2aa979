/* What a server does besides answering: tiers of service, and its cache of the
 * beginnings of requests. */
#ifndef HOST_SERVICE_H
#define HOST_SERVICE_H

#include <stdbool.h>

#include "host/config.h"
#include "host/reply_ask.h"

/* Milliseconds that a request of the cheap and slow tier may wait in line. It
 * is a little more than the ten minutes after which it is refused. */
enum { SERVICE_FLEX_MS = 630 * 1000 };

/* A model is named, or the server takes its own. */
bool service_has_model(const struct config *cfg);
/* A request that is asked so may wait that long. */
bool service_is_flex(const struct config *cfg, const struct reply_how *how);
/* The tier that was used, if it is none that was asked for; else "". */
const char *service_news(const struct config *cfg, const char *used);

/* Ask for the requests of one session, a text that stays the same through a
 * chat, to share the server's cache: where it knows how, and unless the user
 * has a prompt_cache_key of his own. "" asks for nothing. */
void service_session(struct config *cfg, const char *session);

#endif
