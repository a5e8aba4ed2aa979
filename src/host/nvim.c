/*
 * Neovim: msgpack-RPC. Calls go out as requests of nvim_call_function. Neovim
 * only notifies us, so its rule that answers must come in the order of its
 * call stack never matters.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/channel.h"
#include "host/editor.h"
#include "host/log.h"
#include "host/rpc.h"

struct nvim {
    struct editor base;
    struct channel ch;
    struct rpc *rpc;
};

static void
nvim_call(struct editor *ed, const char *function, struct value *args,
          editor_result_fn *result, void *user)
{
    struct nvim *nv = (struct nvim *)ed;
    struct value *params = value_list();
    value_add(params, value_text(function));
    value_add(params, args);
    struct buf bytes;
    buf_init(&bytes, RPC_OUT_MAX);
    uint32_t id = channel_remember(&nv->ch, result, user);
    if (rpc_request(&bytes, id, "nvim_call_function", params))
        channel_send(&nv->ch, buf_str(&bytes));
    else
        channel_fail(&nv->ch, id, function);
    buf_finish(&bytes);
    value_free(params);
}

/* Neovim notifies us; whoever else asks something gets an answer, too. */
static void
refuse(struct nvim *nv, uint32_t id)
{
    struct buf bytes;
    buf_init(&bytes, RPC_OUT_MAX);
    if (rpc_response(&bytes, id, "deepchat takes notifications only", NULL))
        channel_send(&nv->ch, buf_str(&bytes));
    buf_finish(&bytes);
}

static void
on_response(struct nvim *nv, const struct rpc_message *m)
{
    struct channel_call call = channel_take(&nv->ch, m->id);
    if (call.id == 0) {
        log_line(LOG_WARN, "answer to unknown request %u", (unsigned)m->id);
        return;
    }
    const char *error = NULL;
    if (!value_is(m->error, VALUE_NIL)) {
        error = value_as_text(value_at(m->error, 1), NULL);
        if (error == NULL)
            error = value_as_text(m->error, "unknown error");
        log_line(LOG_WARN, "editor: %s", error);
    }
    if (call.result != NULL)
        call.result(call.user, m->result, error);
}

static void
on_message(struct nvim *nv, const struct rpc_message *m)
{
    const char *method = value_as_text(m->method, "");
    if (m->type == RPC_RESPONSE) {
        on_response(nv, m);
    } else if (m->type == RPC_REQUEST) {
        refuse(nv, m->id);
    } else if (strcmp(method, "nvim_error_event") == 0) {
        log_line(LOG_WARN, "editor: %s",
                 value_as_text(value_at(m->params, 1), "error"));
    } else {
        nv->ch.events.message(nv->ch.events.user, method, m->params);
    }
}

static bool
on_bytes(void *user, struct dc_str bytes, struct dc_error *err)
{
    struct nvim *nv = user;
    struct rpc_message m;
    enum dc_step step = DC_MORE;
    if (!rpc_feed(nv->rpc, bytes, err))
        return false;
    while (!nv->ch.closed && (step = rpc_next(nv->rpc, &m, err)) == DC_ITEM) {
        on_message(nv, &m);
        rpc_message_finish(&m);
    }
    return step != DC_FAIL;
}

static void
nvim_free(struct editor *ed)
{
    struct nvim *nv = (struct nvim *)ed;
    channel_finish(&nv->ch);
    rpc_free(nv->rpc);
    free(nv);
}

/* Well under RPC_OUT_MAX, so that the text always fits with what surrounds
 * it. */
static const struct editor_ops nvim_ops = {nvim_call, nvim_free,
                                           RPC_OUT_MAX / 4};

struct editor *
nvim_new(struct loop *lp, int in, int out, struct editor_events events)
{
    struct nvim *nv = mem_alloc(sizeof *nv);
    nv->base.ops = &nvim_ops;
    nv->rpc = rpc_new(RPC_IN_MAX);
    nv->ch.bytes = on_bytes;
    nv->ch.user = nv;
    channel_init(&nv->ch, lp, in, out, events);
    return &nv->base;
}
