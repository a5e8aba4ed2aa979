/* The key is asked for before each request: the one of api_key_cmd may have
 * been refused and forgotten since the last. */
#include "host/reply_end.h"
#include "host/reply_state.h"

enum {
    KEY_CMD_MS = 20000,
    KEY_CMD_OUT = 8192,
};

static child_done_fn on_key;

static void
run_command(struct reply *r)
{
    reply_set_state(r, KEY);
    r->events.status(r->events.user, "waiting for api_key_cmd");
    r->child = child_start(r->lp,
                           &(struct child_options){
                               .argv = config_key_command(r->cfg),
                               .out_max = KEY_CMD_OUT,
                               .timeout_ms = KEY_CMD_MS,
                           },
                           on_key, r);
}

void
reply_ask(void *user)
{
    struct reply *r = user;
    struct dc_error err;
    r->timer = 0;
    switch (config_key(r->cfg, &r->key, &r->key_source, &err)) {
    case KEY_MISSING:
        reply_refuse(r, err.text);
        return;
    case KEY_COMMAND:
        run_command(r);
        return;
    case KEY_NONE:
        r->key = NULL;
        break;
    case KEY_FOUND:
        break;
    }
    reply_post(r);
}

static void
on_key(void *user, const struct child_result *result)
{
    struct reply *r = user;
    struct dc_error err;
    const char *trouble;
    r->child = NULL;
    if (r->state == ENDED)
        return;
    else if (r->stopping)
        reply_over(r, "stopped", "", !r->started);
    else if ((trouble = reply_key_trouble(result)) != NULL)
        reply_refuse(r, trouble);
    else if (!config_set_key(r->cfg, result->out, &err))
        reply_refuse(r, err.text);
    else
        reply_ask(r);
}
