/*
 * A chat whose user shows pictures: they are read before anything is sent. That
 * a model reads none is said once: catalogues may be wrong about it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "host/allow.h"
#include "host/ask.h"
#include "host/catalog.h"
#include "host/host.h"
#include "host/picture.h"

/* What the ask had before, and the pictures. */
struct own {
    void *own;
    void (*free_own)(void *own);
    struct pictures *pictures;
};

static void
free_both(void *user)
{
    struct own *both = user;
    both->free_own(both->own);
    pictures_free(both->pictures);
    free(both);
}

static bool
any_image(const struct reply_request *request)
{
    for (size_t i = 0; i < request->message_count; i++)
        if (request->messages[i].image_count > 0)
            return true;
    return false;
}

/* False with *err if the model is known not to read any. */
static bool
check_model(struct host *host, const struct config *cfg, struct dc_error *err)
{
    char name[ALLOW_NAME];
    const char *model = config_model(cfg);
    if (host == NULL || host->catalog == NULL)
        return true;
    const struct model_info *info = catalog_find(host->catalog, cfg);
    bool again = host->blind != NULL && strcmp(host->blind, model) == 0;
    if (info == NULL || info->vision != 0 || again)
        return true;
    free(host->blind);
    host->blind = mem_str(model);
    return fail(err, DC_E_SYNTAX, "%s cannot read images; :DeepModel or resend",
                allow_name(model, name));
}

bool
ask_image(struct ask *ask, const struct value *args, struct dc_error *err)
{
    struct reply_request *request = &ask->request;
    if (!any_image(request))
        return true;
    if (!check_model(ask->host, request->cfg, err))
        return false;
    request->pictures =
        pictures_read(request->messages, request->message_count, args, err);
    if (request->pictures == NULL)
        return false;
    struct own *both = mem_alloc(sizeof *both);
    *both = (struct own){ask->own, ask->free_own, request->pictures};
    ask->own = both;
    ask->free_own = free_both;
    return true;
}
