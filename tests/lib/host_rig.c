/* Settings are those of g:deepchat: a key is not asked for on this machine. */
#include "host_rig.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "host/command.h"
#include "host/file.h"
#include "tmpdir.h"

void
host_rig_start(struct host_rig *rig)
{
    signal(SIGPIPE, SIG_IGN);
    *rig = (struct host_rig){.lp = loop_new(), .dir = tmpdir_new()};
    rig->http = http_new(rig->lp);
    rig->sv = server_start(NULL);
}

void
host_rig_stop(struct host_rig *rig)
{
    http_free(rig->http);
    loop_free(rig->lp);
    server_stop(rig->sv);
    tmpdir_free(rig->dir);
}

void
host_rig_op(struct host_rig *rig, const char *op, struct value *args)
{
    struct value *list = value_list();
    value_add(list, args);
    command_run(&rig->host, op, list);
    value_free(list);
}

static struct value *
settings(const struct host_rig *rig)
{
    struct value *map = value_map();
    value_put(map, "state_dir", value_text(rig->dir));
    value_put(map, "model", value_text("m"));
    value_put(map, "retries", value_int(0));
    return map;
}

struct value *
host_rig_hello(const struct host_rig *rig, int protocol)
{
    struct value *about = value_map();
    value_put(about, "protocol", value_int(protocol));
    value_put(about, "settings", settings(rig));
    return about;
}

struct value *
host_rig_send(struct host_rig *rig, int64_t id, const char *script,
              const char *text)
{
    struct value *map = settings(rig), *about = value_map();
    value_put(map, "base_url", value_text(server_url(rig->sv, script)));
    value_put(about, "settings", map);
    value_put(about, "id", value_int(id));
    value_put(about, "text",
              value_text(text != NULL ? text : "%% user\n\nhi\n"));
    value_put(about, "file", value_text(""));
    return about;
}

struct value *
host_rig_answer(const char *function, const struct value *args, bool saved)
{
    struct value *answer;
    if (strcmp(function, "deepchat#buf#append") == 0) {
        answer = value_list();
        for (size_t i = 0; i < value_at(args, 0)->count; i++)
            value_add(answer, value_text("ok"));
        return answer;
    }
    answer = value_map();
    if (strcmp(function, "deepchat#buf#begin") == 0) {
        value_put(answer, "file", value_text(""));
    } else {
        value_put(answer, "saved", value_bool(saved));
        value_put(answer, "alive", value_bool(true));
    }
    return answer;
}

size_t
host_rig_journals(const struct host_rig *rig)
{
    char *dir = file_join(rig->dir, "journal");
    size_t n = tmpdir_count(dir, ".journal");
    free(dir);
    return n;
}
