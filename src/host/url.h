/* base_url, whichever way users paste it -> the address to post to. */
#ifndef HOST_URL_H
#define HOST_URL_H

#include <stdbool.h>

#include "deepchat.h"

struct url {
    char *endpoint; /* ".../chat/completions" */
    char *host;     /* "host" or "host:port", for messages */
    bool secure;    /* https */
    bool loopback;
    bool deepinfra; /* where DeepInfra's defaults apply */
    char *name;     /* the host without its port, for provider_of() */
    char *prefix;   /* the endpoint for DC_FORM_PREFIX, if it is another one */
};

/* False with *err if text is no address that a key may be sent to; the text
 * never shows more of it than the scheme. */
bool url_read(struct url *out, struct dc_str text, struct dc_error *err);
void url_finish(struct url *url);

#endif
