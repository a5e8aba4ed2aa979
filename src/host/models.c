/* The answer is cut where a channel could not carry it; who has so many models
 * finds one by its name, not in a menu. */
#include "host/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/ask.h"
#include "host/catalog.h"
#include "host/model_line.h"
#include "host/model_list.h"

enum { ANSWER_MAX = 3 << 20 }; /* a channel takes 4 MiB */

struct query {
    struct host *host;
    struct value *answer;
    struct config *cfg; /* the fetch has one of its own */
    bool list;
};

static struct value *
about(const struct model_info *info)
{
    struct buf line;
    buf_init(&line, 1024);
    model_line(&line, info);
    struct value *v = value_str(buf_str(&line));
    buf_finish(&line);
    return v;
}

static struct value *
names(const struct model_info *models, size_t count)
{
    struct value *list = value_list();
    size_t room = ANSWER_MAX;
    for (size_t i = 0; i < count; i++) {
        if (models[i].chat == 0)
            continue;
        struct value *text = about(&models[i]);
        size_t used = strlen(models[i].name) + text->str.len + 16;
        if (used > room) {
            value_free(text);
            break;
        }
        struct value *item = value_list();
        value_add(item, value_text(models[i].name));
        value_add(item, text);
        value_add(list, item);
        room -= used;
    }
    return list;
}

/* Takes q. */
static void
tell(struct query *q, const char *line)
{
    struct value *args = value_list();
    value_put(q->answer, "line", value_text(line));
    value_add(args, q->answer);
    if (q->host->editor != NULL)
        editor_call(q->host->editor, "deepchat#model#models", args, NULL, NULL);
    else
        value_free(args);
    config_free(q->cfg);
    free(q);
}

static void
say_near(const struct query *q, const struct model_info *models, size_t count)
{
    char line[256] = "";
    const char *name = config_model(q->cfg);
    if (!model_near_line(models, count, name, line, sizeof line) && count > 0 &&
        name[0] != '\0')
        snprintf(line, sizeof line, "%s lists no model %s", config_host(q->cfg),
                 name);
    value_put(q->answer, "near", value_text(line));
}

static void
on_models(void *user, const struct model_info *models, size_t count,
          const char *line)
{
    struct query *q = user;
    const struct model_info *info = catalog_find(q->host->catalog, q->cfg);
    if (info != NULL)
        value_put(q->answer, "about", about(info));
    else if (line[0] == '\0' && !model_name_special(config_model(q->cfg)))
        say_near(q, models, count);
    if (q->list)
        value_put(q->answer, "models", names(models, count));
    tell(q, line);
}

static struct value *
new_answer(const struct value *id)
{
    static const char *const texts[] = {"host", "model", "about", "near"};
    struct value *answer = value_map();
    value_put(answer, "id", id != NULL ? value_copy(id) : value_nil());
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        value_put(answer, texts[i], value_text(""));
    value_put(answer, "models", value_list());
    return answer;
}

void
models_ask(struct host *host, const struct value *args)
{
    struct dc_error err = {.text = ""};
    struct query *q = mem_alloc(sizeof *q);
    *q = (struct query){
        .host = host,
        .answer = new_answer(value_get(args, "id")),
        .cfg = ask_config_text(args, &err),
        .list = value_as_bool(value_get(args, "list"), false),
    };
    if (q->cfg == NULL) {
        tell(q, err.text);
        return;
    }
    value_put(q->answer, "host", value_text(config_host(q->cfg)));
    value_put(q->answer, "model", value_text(config_model(q->cfg)));
    catalog_fetch(host->catalog, config_copy(q->cfg),
                  value_as_bool(value_get(args, "fresh"), false), on_models, q);
}
