/* A provider is one of the table, or one of the user's. */
#include "host/choose.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/ask.h"
#include "host/catalog.h"
#include "host/form.h"
#include "host/provider.h"
#include "host/reply_ask.h"

struct choice {
    struct host *host;
    struct value *args;
    char *provider;    /* the first part of the name; NULL: it names none */
    const char *model; /* the rest; the whole name with it */
};

static void
choice_free(struct choice *c)
{
    value_free(c->args);
    free(c->provider);
    free(c);
}

/* The options of the message, and those that follow from the choice. */
static struct config *
read_config(const struct value *args, const char *provider, const char *model,
            struct dc_error *err)
{
    struct value *all = value_copy(args), *list = value_list();
    const struct value *given = value_get(args, "arguments"), *item;
    for (size_t i = 0; (item = value_at(given, i)) != NULL; i++)
        value_add(list, value_copy(item));
    const char *const names[] = {"provider=", "model="};
    const char *const values[] = {provider, model};
    for (size_t i = 0; i < 2; i++) {
        struct buf argument;
        buf_init(&argument, DC_REQUEST_MAX);
        buf_addf(&argument, "%s%s", names[i],
                 values[i] != NULL ? values[i] : "");
        if (values[i] != NULL)
            value_add(list, value_str(buf_str(&argument)));
        buf_finish(&argument);
    }
    value_put(all, "arguments", list);
    struct config *cfg = ask_config_text(all, err);
    value_free(all);
    return cfg;
}

/* A key that is missing there comes first: without it nothing is sent. */
static void
put_line(struct value *answer, const struct choice *c, struct config *cfg)
{
    char line[128];
    const char *key, *source;
    struct dc_error err;
    struct members m;
    struct reply_how how = {.form = DC_FORM_NONE};
    if (c->provider != NULL &&
        config_key(cfg, &key, &source, &err) == KEY_MISSING) {
        value_put(answer, "line", value_text(err.text));
        return;
    }
    reply_members(&m, cfg, &how);
    form_said(c->host->forms, cfg,
              form_left_out(c->host->forms, cfg, &m, true, line, sizeof line));
    members_finish(&m);
    value_put(answer, "line", value_text(line));
}

/* Takes c. */
static void
answer(struct choice *c)
{
    struct dc_error err = {.text = ""};
    struct value *map = value_map(), *args = value_list();
    const struct value *id = value_get(c->args, "id");
    struct config *cfg = read_config(c->args, c->provider, c->model, &err);
    value_put(map, "id", id != NULL ? value_copy(id) : value_nil());
    value_put(map, "provider",
              value_text(c->provider != NULL ? c->provider : ""));
    value_put(map, "model", value_text(c->model));
    value_put(map, "line", value_text(""));
    value_put(map, "error", value_text(err.text));
    if (cfg != NULL)
        put_line(map, c, cfg);
    value_add(args, map);
    if (c->host->editor != NULL)
        editor_call(c->host->editor, "deepchat#model#chosen", args, NULL, NULL);
    else
        value_free(args);
    config_free(cfg);
    choice_free(c);
}

/* It stays one name. */
static void
keep_whole(struct choice *c)
{
    free(c->provider);
    c->provider = NULL;
    c->model = value_as_text(value_get(c->args, "name"), "");
}

static void
on_models(void *user, const struct model_info *models, size_t count,
          const char *line)
{
    struct choice *c = user;
    const char *name = value_as_text(value_get(c->args, "name"), "");
    (void)line; /* who has no list has no such model, as far as one knows */
    for (size_t i = 0; i < count && c->provider != NULL; i++)
        if (strcmp(models[i].name, name) == 0)
            keep_whole(c);
    answer(c);
}

static bool
is_provider(const struct value *args, const char *name)
{
    static const char *const levels[] = {"settings", "buffer"};
    if (provider_named(name) != NULL)
        return true;
    for (size_t i = 0; i < 2; i++) {
        const struct value *level = value_get(args, levels[i]);
        if (value_get(value_get(level, "providers"), name) != NULL)
            return true;
    }
    return false;
}

/* Cut the provider off, if the name begins with one. */
static void
split(struct choice *c)
{
    keep_whole(c);
    size_t len = strcspn(c->model, "/");
    if (len == 0 || c->model[len] == '\0' || c->model[len + 1] == '\0')
        return;
    c->provider = mem_copy(c->model, len);
    if (is_provider(c->args, c->provider))
        c->model += len + 1;
    else
        keep_whole(c);
}

void
choose_ask(struct host *host, const struct value *args)
{
    struct choice *c = mem_alloc(sizeof *c);
    *c = (struct choice){.host = host, .args = value_copy(args)};
    split(c);
    struct config *cfg =
        c->provider != NULL ? read_config(args, NULL, NULL, NULL) : NULL;
    if (cfg == NULL)
        answer(c);
    else
        catalog_fetch(host->catalog, cfg, false, on_models, c);
}
