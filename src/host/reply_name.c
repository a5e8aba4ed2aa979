/* A model that the server does not know: which one may have been meant is
 * looked up in its list, and said instead. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "host/catalog.h"
#include "host/model_list.h"
#include "host/reply_state.h"

bool
reply_name_refused(struct reply *r, struct dc_error *err)
{
    char line[sizeof err->text];
    struct catalog *c = r->request.catalog;
    if (c == NULL || !catalog_refuse(c, r->cfg, line, sizeof line))
        return false;
    fail(err, DC_E_SYNTAX, "%s", line);
    return true;
}

static bool
is_listed(const struct model_info *models, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(models[i].name, name) == 0)
            return true;
    return false;
}

static void
on_models(void *user, const struct model_info *models, size_t count,
          const char *line)
{
    struct reply *r = user;
    char near[sizeof r->wait_line];
    const char *name = config_model(r->cfg);
    if (line[0] == '\0' && !is_listed(models, count, name) &&
        model_near_line(models, count, name, near, sizeof near))
        reply_over(r, "error", near, false);
    else
        reply_over(r, "error", r->wait_line, false);
}

bool
reply_name_look(struct reply *r, const struct dc_failure *failure)
{
    struct catalog *c = r->request.catalog;
    if (c == NULL || failure->fault != DC_FAULT_MODEL)
        return false;
    snprintf(r->wait_line, sizeof r->wait_line, "%s", failure->line);
    reply_set_state(r, NAME);
    catalog_fetch(c, config_copy(r->cfg), true, on_models, r);
    /* who is told may stop it, and then it is gone */
    r->events.status(r->events.user, "no such model; looking for its name");
    return true;
}

void
reply_name_forget(struct reply *r)
{
    if (r->state == NAME)
        catalog_forget(r->request.catalog, r);
}
