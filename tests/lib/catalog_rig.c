#include "catalog_rig.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/json.h"
#include "host/model_line.h"
#include "tmpdir.h"

enum { MS = 20000 };

void
catalog_rig_start(struct catalog_rig *rig)
{
    signal(SIGPIPE, SIG_IGN);
    *rig = (struct catalog_rig){.lp = loop_new(), .dir = tmpdir_new()};
    rig->http = http_new(rig->lp);
    rig->catalog = catalog_new(rig->lp, rig->http);
    rig->sv = server_start(NULL);
    rig->url = server_url(rig->sv, "t");
}

void
catalog_rig_stop(struct catalog_rig *rig)
{
    catalog_free(rig->catalog);
    /* who is cancelled ends before the loop would wait */
    loop_turn(rig->lp, 0);
    http_free(rig->http);
    loop_free(rig->lp);
    server_stop(rig->sv);
    tmpdir_free(rig->dir);
}

void
catalog_rig_reopen(struct catalog_rig *rig)
{
    catalog_free(rig->catalog);
    rig->catalog = catalog_new(rig->lp, rig->http);
}

void
catalog_rig_anew(struct catalog_rig *rig)
{
    catalog_rig_reopen(rig);
    tmpdir_free(rig->dir);
    rig->dir = tmpdir_new();
    server_reset(rig->sv);
}

void
catalog_rig_scripts(struct catalog_rig *rig, const char *models,
                    const char *props, const char *show)
{
    static const char none[] = "status 404\njson {}\n";
    server_script(rig->sv, "t.models", models != NULL ? models : none);
    server_script(rig->sv, "t.props", props != NULL ? props : none);
    server_script(rig->sv, "t.show", show != NULL ? show : none);
}

/* ---- asking ---- */

struct config *
catalog_rig_config(struct catalog_rig *rig, const char *model)
{
    struct value *map = value_map();
    struct dc_error err = {.text = ""};
    value_put(map, "state_dir", value_text(rig->dir));
    value_put(map, "base_url", value_text(rig->url));
    if (model[0] != '\0')
        value_put(map, "model", value_text(model));
    for (const char *const *s = rig->settings; s != NULL && *s != NULL; s += 2)
        value_put(map, s[0], json_parse(str_of(s[1])));
    struct config_sources sources = {.settings = map};
    struct config *cfg = config_new(&sources, &err);
    cr_assert_not_null(cfg, "%s", err.text);
    value_free(map);
    return cfg;
}

static void
on_models(void *user, const struct model_info *models, size_t count,
          const char *line)
{
    struct catalog_rig *rig = user;
    rig->told++;
    rig->count = count;
    snprintf(rig->line, sizeof rig->line, "%s", line);
    for (size_t i = 1; i < count; i++)
        cr_expect_lt(strcmp(models[i - 1].name, models[i].name), 0);
}

void
catalog_rig_ask(struct catalog_rig *rig, const char *model, bool fresh)
{
    int told = rig->told;
    catalog_fetch(rig->catalog, catalog_rig_config(rig, model), fresh,
                  on_models, rig);
    cr_expect_eq(rig->told, told, "told at once");
}

void
catalog_rig_wait(struct catalog_rig *rig, int told)
{
    for (int64_t end = loop_now() + MS; rig->told < told && loop_now() < end;)
        loop_turn(rig->lp, 100);
    cr_expect_eq(rig->told, told);
}

void
catalog_rig_fetch(struct catalog_rig *rig, const char *model, bool fresh)
{
    int told = rig->told;
    catalog_rig_ask(rig, model, fresh);
    catalog_rig_wait(rig, told + 1);
}

/* ---- what is known ---- */

bool
catalog_rig_has(struct catalog_rig *rig, const char *model)
{
    struct config *cfg = catalog_rig_config(rig, model);
    const struct model_info *info = catalog_find(rig->catalog, cfg);
    bool has = info != NULL && strcmp(info->name, model) == 0;
    config_free(cfg);
    return has;
}

char *
catalog_rig_about(struct catalog_rig *rig, const char *model)
{
    struct config *cfg = catalog_rig_config(rig, model);
    const struct model_info *info = catalog_find(rig->catalog, cfg);
    struct buf text;
    buf_init(&text, 1024);
    if (info != NULL)
        model_line(&text, info);
    config_free(cfg);
    if (info == NULL)
        return NULL;
    return buf_take(&text, NULL);
}

char *
catalog_rig_asked(struct catalog_rig *rig)
{
    struct buf out;
    char *log = server_get(rig->sv, "/others", NULL);
    buf_init(&out, 1 << 16);
    buf_add_text(&out, "");
    for (char *at = log; (at = strstr(at, "path=")) != NULL; at++) {
        char *path = strstr(at, "/t/");
        size_t len = path != NULL ? strcspn(path + 2, " \n") : 0;
        buf_addf(&out, " %.*s", (int)len, path != NULL ? path + 2 : "");
    }
    free(log);
    return buf_take(&out, NULL);
}

size_t
catalog_rig_requests(struct catalog_rig *rig)
{
    char *asked = catalog_rig_asked(rig);
    size_t n = 0;
    for (const char *at = asked; (at = strchr(at, ' ')) != NULL; at++)
        n++;
    free(asked);
    return n;
}

char *
catalog_rig_endpoint(struct catalog_rig *rig)
{
    struct config *cfg = catalog_rig_config(rig, "m");
    char *url = strdup(config_url(cfg));
    config_free(cfg);
    return url;
}

void
catalog_rig_line(struct catalog_rig *rig, const char *line, char *out,
                 size_t size)
{
    const char *host = strstr(line, "HOST");
    size_t before = host != NULL ? (size_t)(host - line) : strlen(line);
    char name[32] = "";
    if (host != NULL)
        snprintf(name, sizeof name, "127.0.0.1:%u", server_port(rig->sv));
    snprintf(out, size, "%.*s%s%s", (int)before, line, name,
             host != NULL ? host + 4 : "");
}
