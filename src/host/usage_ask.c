#include "host/usage_ask.h"

#include <stdlib.h>

#include "base/buf.h"
#include "host/config.h"
#include "host/usage.h"

/* Where the settings say it is; in its default place if they are wrong. */
static char *
state_dir(const struct value *args)
{
    struct config_sources sources = {.settings = value_get(args, "settings"),
                                     .buffer = value_get(args, "buffer")};
    struct config_sources none = {.settings = NULL};
    struct config *cfg = config_new(&sources, NULL);
    if (cfg == NULL)
        cfg = config_new(&none, NULL);
    char *dir = config_state_dir(cfg);
    config_free(cfg);
    return dir;
}

static int
days_of(const struct value *args)
{
    int64_t days = value_as_int(value_get(args, "days"), USAGE_DAYS);
    return days < 1 ? 1 : days > USAGE_DAYS_MAX ? USAGE_DAYS_MAX : (int)days;
}

void
usage_ask(struct host *host, const struct value *args)
{
    const char *file = value_as_text(value_get(args, "file"), "");
    int64_t buf = value_as_int(value_get(args, "buf"), 0);
    char named[USAGE_CHAT_MAX], unnamed[USAGE_CHAT_MAX];
    usage_chat(host->usage, file, 0, named);
    usage_chat(host->usage, "", buf, unnamed);
    char *dir = state_dir(args);
    struct buf text;
    usage_read(dir, &text);
    struct value *list = value_list();
    const char *const chats[2] = {named, unnamed};
    value_add(list,
              usage_view(buf_str(&text), time(NULL), days_of(args), chats));
    editor_call(host->editor, "deepchat#usage#show", list, NULL, NULL);
    buf_finish(&text);
    free(dir);
}
