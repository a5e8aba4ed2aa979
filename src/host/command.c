/* A handler takes the message apart; what it starts answers by itself, later.
 */
#include "host/command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/ask.h"
#include "host/chat.h"
#include "host/check.h"
#include "host/choose.h"
#include "host/clipboard.h"
#include "host/config.h"
#include "host/context.h"
#include "host/file.h"
#include "host/inspect.h"
#include "host/journal.h"
#include "host/lock.h"
#include "host/log.h"
#include "host/models.h"
#include "host/options.h"
#include "host/resume.h"
#include "host/review.h"
#include "host/usage.h"
#include "host/usage_ask.h"

static struct value *
one(struct value *item)
{
    struct value *args = value_list();
    value_add(args, item);
    return args;
}

static void
start_log(const char *state_dir)
{
    if (state_dir == NULL)
        return;
    char *path = file_join(state_dir, "deepchat.log");
    log_open(path, LOG_INFO);
    free(path);
}

/* What a send would refuse: said when the first chat is opened. */
static void
add_missing_key(struct value *about, const struct value *args)
{
    const char *key, *source;
    struct dc_error err;
    struct config *cfg = ask_config(args, NULL, &err);
    if (cfg != NULL && config_key(cfg, &key, &source, &err) == KEY_MISSING)
        value_put(about, "no_key", value_text(err.text));
    config_free(cfg);
}

static void
hello(struct host *host, const struct value *args)
{
    host->foreign = value_as_int(value_get(args, "protocol"), 0) != DC_PROTOCOL;
    char *state = ask_state_dir(args);
    start_log(state);
    locks_set_pid(host->locks,
                  (long)value_as_int(value_get(args, "pid"), getpid()));
    log_line(LOG_INFO, "host %s, pid %ld, for %s", DC_VERSION, (long)getpid(),
             value_as_text(value_get(args, "editor"), "?"));
    struct value *about = value_map();
    value_put(about, "protocol", value_int(DC_PROTOCOL));
    value_put(about, "version", value_text(DC_VERSION));
    value_put(about, "pid", value_int(getpid()));
    value_put(about, "log", value_text(log_path()));
    value_put(about, "options", options_about());
    add_missing_key(about, args);
    editor_call(host->editor, "deepchat#host#ready", one(about), NULL, NULL);
    resume_count(host->resume, state);
    free(state);
}

static int64_t
id_of(const struct value *args)
{
    return value_as_int(value_get(args, "id"), 0);
}

static void
send_chat(struct host *host, const struct value *args)
{
    chats_ask(host->chats, args, ask_send);
}

static void
continue_chat(struct host *host, const struct value *args)
{
    chats_ask(host->chats, args, ask_continue);
}

static void
continue_text(struct host *host, const struct value *args)
{
    chats_ask(host->chats, args, ask_inline);
}

static void
rewrite(struct host *host, const struct value *args)
{
    reviews_ask(host->reviews, args);
}

static void
rewrite_go_on(struct host *host, const struct value *args)
{
    reviews_go_on(host->reviews, id_of(args));
}

static void
rewrite_closed(struct host *host, const struct value *args)
{
    reviews_closed(host->reviews, id_of(args));
}

static void
gather(struct host *host, const struct value *args)
{
    contexts_gather(host->contexts, args);
}

static void
stop(struct host *host, const struct value *args)
{
    host_stop(host, id_of(args));
}

static void
saved(struct host *host, const struct value *args)
{
    chats_saved(host->chats, id_of(args));
}

/* A chat file was loaded into a buffer. */
static void
attach(struct host *host, const struct value *args)
{
    int holder;
    char *state = ask_state_dir(args);
    const char *file = value_as_text(value_get(args, "file"), "");
    if (!locks_take(host->locks, state, file, &holder)) {
        struct value *reply = value_list();
        value_add(reply, value_copy(value_get(args, "buf")));
        value_add(reply, value_int(holder));
        editor_call(host->editor, "deepchat#buf#locked", reply, NULL, NULL);
    }
    usage_named(host->usage, state, value_as_int(value_get(args, "buf"), 0),
                file);
    usage_renamed(host->usage, state, value_as_text(value_get(args, "was"), ""),
                  file);
    free(state);
}

static void
detach(struct host *host, const struct value *args)
{
    locks_drop(host->locks, value_as_text(value_get(args, "file"), ""));
}

/* A buffer with finished replies was closed without saving them. */
static void
closed(struct host *host, const struct value *args)
{
    const struct value *id, *ids = value_get(args, "ids");
    for (size_t i = 0; (id = value_at(ids, i)) != NULL; i++)
        chats_closed(host->chats, value_as_int(id, 0));
}

static void
resume(struct host *host, const struct value *args)
{
    char *state = ask_state_dir(args);
    resume_list(host->resume, state);
    free(state);
}

/* One entry of that list is wanted whole. */
static void
restore(struct host *host, const struct value *args)
{
    resume_fetch(host->resume, value_as_text(value_get(args, "file"), ""));
}

/* The editor has restored the entry of this file and saved the chat, or the
 * user does not want it. */
static void
forget(struct host *host, const struct value *args)
{
    (void)host;
    journal_forget(value_as_text(value_get(args, "file"), ""));
}

static void
paste(struct host *host, const struct value *args)
{
    clipboard_paste(host->clipboard, args);
}

static void
look(struct host *host, const struct value *args)
{
    inspect_ask(host->inspect, args);
}

static void
on_checked(void *user, const struct value *lines)
{
    struct host *host = user;
    if (host->editor != NULL)
        editor_call(host->editor, "deepchat#health#show",
                    one(value_copy(lines)), NULL, NULL);
}

static void
check(struct host *host, const struct value *args)
{
    struct dc_error err = {.text = ""};
    struct config *cfg = ask_config(args, NULL, &err);
    check_start(host->lp, host->http, cfg, err.text, on_checked, host);
}

static const struct {
    const char *op;
    void (*run)(struct host *host, const struct value *args);
} commands[] = {
    {"hello", hello},
    {"send", send_chat},
    {"continue", continue_chat},
    {"inline", continue_text},
    {"context", gather},
    {"stop", stop},
    {"saved", saved},
    {"closed", closed},
    {"attach", attach},
    {"detach", detach},
    {"resume", resume},
    {"restore", restore},
    {"forget", forget},
    {"paste", paste},
    {"check", check},
    {"models", models_ask},
    {"choose", choose_ask},
    {"usage", usage_ask},
    {"inspect", look},
    {"rewrite", rewrite},
    {"rewrite_go_on", rewrite_go_on},
    {"rewrite_closed", rewrite_closed},
};

void
command_run(struct host *host, const char *op, const struct value *args)
{
    const struct value *first = value_at(args, 0);
    if (host->editor == NULL)
        return;
    if (host->foreign && strcmp(op, "hello") != 0) {
        log_line(LOG_WARN, "ignored without a hello: %.40s", op);
        return;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].op, op) == 0 && value_is(first, VALUE_MAP)) {
            commands[i].run(host, first);
            return;
        }
    log_line(LOG_WARN, "unknown or malformed message: %.40s", op);
}
