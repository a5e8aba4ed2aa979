/* The file is read each time: other editors write it, too. */
#include "host/usage_ask.h"

#include <stdlib.h>

#include "base/buf.h"
#include "host/ask.h"
#include "host/usage.h"

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
    char *dir = ask_state_dir(args);
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
