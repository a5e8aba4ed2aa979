/* One line a fact, whatever fails, since those who ask have something that does
 * not work. */
#include "host/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"

struct check {
    struct loop *lp;
    struct http *http;
    struct config *cfg;
    check_fn *done;
    void *user;
    struct value *lines;
    const char *key;
};

static void
say(struct check *c, const char *level, const char *text)
{
    struct value *line = value_list();
    value_add(line, value_text(level));
    value_add(line, value_text(text));
    value_add(c->lines, line);
}

static void
say_two(struct check *c, const char *level, const char *what, const char *text)
{
    struct buf line;
    buf_init(&line, SIZE_MAX / 2);
    buf_addf(&line, "%s%s", what, text);
    say(c, level, line.ptr);
    buf_finish(&line);
}

/* The first two words are libcurl's and its TLS library's. */
static void
say_version(struct check *c)
{
    struct dc_str all = str_of(http_version());
    struct dc_str rest = all;
    str_cut(&rest, ' ');
    struct dc_str second = str_cut(&rest, ' ');
    char text[128];
    snprintf(text, sizeof text, "%.*s",
             (int)(second.ptr + second.len - all.ptr), all.ptr);
    say(c, "ok", text);
}

static void
finish(void *user)
{
    struct check *c = user;
    c->done(c->user, c->lines);
    value_free(c->lines);
    config_free(c->cfg);
    free(c);
}

static void
check_dir(struct check *c, const char *what, char *dir)
{
    if (dir == NULL)
        say_two(c, "error", what, "no home directory; set $HOME");
    else if (file_mkdir(dir, NULL) && access(dir, W_OK) == 0)
        say_two(c, "ok", what, dir);
    else
        say_two(c, "error", "cannot write to ", dir);
    free(dir);
}

static void
check_key(struct check *c)
{
    const char *source = "";
    struct dc_error err = {.text = ""};
    switch (config_key(c->cfg, &c->key, &source, &err)) {
    case KEY_FOUND:
        say_two(c, "ok", "key: ", source);
        return;
    case KEY_NONE:
        say(c, "info", "key: none, and this server is asked without one");
        return;
    case KEY_COMMAND:
        say(c, "info", "key: from api_key_cmd, run at the first request");
        return;
    case KEY_MISSING:
        say(c, "error", err.text);
        return;
    }
}

static void
on_done(void *user, const struct http_result *result)
{
    struct check *c = user;
    char text[300];
    if (result->status == 200)
        snprintf(text, sizeof text, "server: %s answers", config_host(c->cfg));
    else if (result->status > 0)
        snprintf(text, sizeof text, "server: %s answers with status %d",
                 config_host(c->cfg), result->status);
    else
        snprintf(text, sizeof text, "server: %s cannot be reached (%s)",
                 config_host(c->cfg),
                 result->detail[0] != '\0' ? result->detail : "refused");
    say(c,
        result->status == 200 ? "ok"
        : result->status > 0  ? "warn"
                              : "error",
        text);
    finish(c);
}

static void
on_data(void *user, struct dc_str bytes)
{
    (void)user; /* only whether it answers matters */
    (void)bytes;
}

static void
ask_server(struct check *c)
{
    const char *url = config_url(c->cfg);
    struct buf models;
    buf_init(&models, SIZE_MAX / 2);
    buf_add(&models, url, strlen(url) - strlen("chat/completions"));
    buf_add_text(&models, "models");
    struct http_request request = {
        .url = models.ptr,
        .key = c->key,
        .ca_file = config_text(c->cfg, "ca_file"),
        .proxy = config_text(c->cfg, "proxy"),
        .connect_ms = 5000,
        .first_byte_ms = 10000,
        .idle_ms = 10000,
    };
    http_send(c->http, &request, (struct http_sink){NULL, on_data, on_done, c});
    buf_finish(&models);
}

static void
check_model(struct check *c)
{
    const char *model = config_model(c->cfg);
    if (model[0] != '\0')
        say_two(c, "ok", "model: ", model);
    else
        say(c, "info", "model: not set; the server takes its own");
}

void
check_start(struct loop *lp, struct http *http, struct config *cfg,
            const char *why, check_fn *done, void *user)
{
    struct check *c = mem_alloc(sizeof *c);
    *c = (struct check){
        .lp = lp, .http = http, .cfg = cfg, .done = done, .user = user};
    c->lines = value_list();
    say(c, "ok", "host " DC_VERSION);
    say_two(c, "ok", "library ", dc_version());
    say_version(c);
    if (cfg == NULL) {
        say(c, "error", why);
        loop_timer(lp, 0, finish, c);
        return;
    }
    say(c, "ok", "settings are valid");
    check_dir(c, "chats: ", config_chat_dir(cfg));
    check_dir(c, "state: ", config_state_dir(cfg));
    check_model(c);
    check_key(c);
    ask_server(c);
}
