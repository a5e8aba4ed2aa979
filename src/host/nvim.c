/*
 * Neovim: msgpack-RPC on two descriptors. Calls go out as requests of
 * nvim_call_function and their answers are matched by number, never by
 * pointer, so that an answer may come late or not at all. Nothing is ever
 * answered in first-in-first-out nesting trouble: Neovim only notifies us.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/editor.h"
#include "host/log.h"
#include "host/rpc.h"

/* What may wait for a Neovim that does not read, before we give it up. */
#define OUT_MAX ((size_t)64 << 20)
#define READ_SIZE ((size_t)64 << 10)
/* Bytes taken per round, so that a flood cannot starve the rest. */
#define READ_ROUND ((size_t)1 << 20)

struct pending {
    uint32_t id; /* 0: free slot */
    editor_result_fn *result;
    void *user;
};

struct nvim {
    struct editor base;
    struct loop *lp;
    int in, out;
    struct editor_events events;

    struct rpc *rpc;
    struct buf queue; /* bytes on their way to Neovim */

    struct pending *pending;
    size_t pending_count;
    uint32_t last_id;
    bool closed;
};

static void
close_channel(struct nvim *nv, const char *why)
{
    if (nv->closed)
        return;
    nv->closed = true;
    loop_unwatch(nv->lp, nv->in);
    loop_unwatch(nv->lp, nv->out);
    nv->events.closed(nv->events.user, why);
}

/* ---- out ---- */

static loop_fd_fn on_ready;

static void
watch_fds(struct nvim *nv)
{
    unsigned write = nv->queue.len > 0 ? LOOP_WRITE : 0;
    if (nv->in == nv->out) {
        loop_watch(nv->lp, nv->in, LOOP_READ | write, on_ready, nv);
        return;
    }
    loop_watch(nv->lp, nv->in, LOOP_READ, on_ready, nv);
    if (write != 0)
        loop_watch(nv->lp, nv->out, write, on_ready, nv);
    else
        loop_unwatch(nv->lp, nv->out);
}

static void
flush(struct nvim *nv)
{
    size_t done = 0;
    while (done < nv->queue.len) {
        ssize_t n = write(nv->out, nv->queue.ptr + done, nv->queue.len - done);
        if (n > 0) {
            done += (size_t)n;
        } else if (errno != EINTR) {
            if (errno != EAGAIN && errno != EWOULDBLOCK) {
                close_channel(nv, NULL);
                return;
            }
            break;
        }
    }
    buf_drop(&nv->queue, done);
    watch_fds(nv);
}

static uint32_t
remember(struct nvim *nv, editor_result_fn *result, void *user)
{
    uint32_t id = ++nv->last_id != 0 ? nv->last_id : ++nv->last_id;
    size_t i = 0;
    while (i < nv->pending_count && nv->pending[i].id != 0)
        i++;
    if (i == nv->pending_count) {
        nv->pending =
            mem_resize(nv->pending, ++nv->pending_count, sizeof *nv->pending);
    }
    nv->pending[i] = (struct pending){id, result, user};
    return id;
}

static struct pending
take_pending(struct nvim *nv, uint32_t id)
{
    struct pending found = {0, NULL, NULL};
    for (size_t i = 0; i < nv->pending_count; i++)
        if (nv->pending[i].id == id && id != 0) {
            found = nv->pending[i];
            nv->pending[i].id = 0;
        }
    return found;
}

static void
nvim_call(struct editor *ed, const char *function, struct value *args,
          editor_result_fn *result, void *user)
{
    struct nvim *nv = (struct nvim *)ed;
    struct value *params = value_list();
    value_add(params, value_text(function));
    value_add(params, args);
    uint32_t id = remember(nv, result, user);
    bool sent = !nv->closed &&
                rpc_request(&nv->queue, id, "nvim_call_function", params);
    value_free(params);
    if (sent) {
        flush(nv);
        return;
    }
    take_pending(nv, id);
    log_line(LOG_ERROR, "%s not sent: channel closed or message too large",
             function);
    if (result != NULL)
        result(user, NULL, "not sent");
}

/* ---- in ---- */

static void
on_response(struct nvim *nv, const struct rpc_message *m)
{
    struct pending p = take_pending(nv, m->id);
    if (p.id == 0) {
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
    if (p.result != NULL)
        p.result(p.user, m->result, error);
}

static void
on_message(struct nvim *nv, const struct rpc_message *m)
{
    const char *method = value_as_text(m->method, "");
    if (m->type == RPC_RESPONSE) {
        on_response(nv, m);
    } else if (m->type == RPC_REQUEST) {
        rpc_response(&nv->queue, m->id, "deepchat takes notifications only",
                     NULL);
        flush(nv);
    } else if (strcmp(method, "nvim_error_event") == 0) {
        log_line(LOG_WARN, "editor: %s",
                 value_as_text(value_at(m->params, 1), "error"));
    } else {
        nv->events.message(nv->events.user, method, m->params);
    }
}

/* Hand on what is complete. False if the channel is closed by now. */
static bool
drain(struct nvim *nv)
{
    struct rpc_message m;
    struct dc_error err = {.text = ""};
    enum dc_step step = DC_MORE;
    while (!nv->closed && (step = rpc_next(nv->rpc, &m, &err)) == DC_ITEM) {
        on_message(nv, &m);
        rpc_message_finish(&m);
    }
    if (step == DC_FAIL)
        close_channel(nv, err.text);
    return !nv->closed;
}

static void
read_some(struct nvim *nv)
{
    char bytes[READ_SIZE];
    struct dc_error err;
    for (size_t taken = 0; taken < READ_ROUND;) {
        ssize_t n = read(nv->in, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n <= 0) {
            close_channel(nv, NULL);
            return;
        }
        taken += (size_t)n;
        if (!rpc_feed(nv->rpc, (struct dc_str){bytes, (size_t)n}, &err)) {
            close_channel(nv, err.text);
            return;
        }
        if (!drain(nv))
            return;
    }
}

static void
on_ready(void *user, int fd, unsigned ready)
{
    struct nvim *nv = user;
    if (ready & LOOP_WRITE)
        flush(nv);
    if ((ready & LOOP_READ) && fd == nv->in && !nv->closed)
        read_some(nv);
}

/* ---- life ---- */

static void
nvim_free(struct editor *ed)
{
    struct nvim *nv = (struct nvim *)ed;
    loop_unwatch(nv->lp, nv->in);
    loop_unwatch(nv->lp, nv->out);
    close(nv->in);
    if (nv->out != nv->in)
        close(nv->out);
    rpc_free(nv->rpc);
    buf_finish(&nv->queue);
    free(nv->pending);
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
    nv->lp = lp;
    nv->in = in;
    nv->out = out;
    nv->events = events;
    nv->rpc = rpc_new(RPC_IN_MAX);
    buf_init(&nv->queue, OUT_MAX);
    fcntl(in, F_SETFL, fcntl(in, F_GETFL) | O_NONBLOCK);
    fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_NONBLOCK);
    watch_fds(nv);
    return &nv->base;
}
