/*
 * A tier that a server does not have for a model is served as the standard
 * one, without an error: only the answer says which it was. Sessions are paths
 * of chats, so the server is told a hash.
 */
#include "host/service.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "host/provider.h"

bool
service_has_model(const struct config *cfg)
{
    const struct value *extra = config_get(cfg, "extra_body");
    return !config_provider(cfg)->hosted || config_model(cfg)[0] != '\0' ||
           value_get(extra, "model") != NULL;
}

bool
service_is_flex(const struct config *cfg, const struct reply_how *how)
{
    char *tier = reply_carried(cfg, how, "service_tier");
    bool flex = tier != NULL && strcmp(tier, "\"flex\"") == 0;
    free(tier);
    return flex;
}

/* Servers have names of their own for what is nothing special. */
static bool
is_standard(const char *tier)
{
    static const char *const names[] = {"", "auto", "default", "standard",
                                        "on_demand"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(tier, names[i]) == 0)
            return true;
    return false;
}

const char *
service_news(const struct config *cfg, const char *used)
{
    const struct value *extra = config_get(cfg, "extra_body");
    const struct value *asked = value_get(extra, "service_tier");
    if (asked == NULL)
        asked = config_get(cfg, "service_tier");
    const char *tier = value_as_text(asked, "");
    bool same =
        strcmp(tier, used) == 0 || (is_standard(tier) && is_standard(used));
    return same ? "" : used;
}

void
service_session(struct config *cfg, const char *session)
{
    char key[32];
    if (session[0] == '\0' || !config_provider(cfg)->cache_key)
        return;
    snprintf(key, sizeof key, "deepchat-%016" PRIx64,
             str_hash(str_of(session)));
    config_add_extra(cfg, "prompt_cache_key", value_text(key));
}
