/*
 * States and what leads on:
 *
 *   KEY     api_key_cmd runs         -> ASKING, or ENDED if it fails
 *   ASKING  request sent, no text    -> STREAM at the first text,
 *                                       WAIT if it may be tried again
 *   WAIT    until the next attempt   -> ASKING
 *   STREAM  text arrives             -> ENDED; never tried again
 *   ENDED   ended() was called, or will be by a timer
 *
 * Stop is allowed everywhere. A reply is complete only if a finish_reason was
 * seen; [DONE] or the end of the body alone is a cut reply (faults.md F4).
 */
#include "host/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "host/child.h"
#include "host/file.h"
#include "host/log.h"
#include "host/reply_ask.h"
#include "host/reply_end.h"
#include "host/reply_text.h"

enum {
    KEY_CMD_MS = 20000,
    KEY_CMD_OUT = 8192,
    TICK_MS = 1000,
    FRAME_MS = 33,
    GRACE_MS = 1000, /* behind [DONE] */
};

enum state { KEY, ASKING, WAIT, STREAM, ENDED };

struct reply {
    struct loop *lp;
    struct http *http;
    struct config *cfg;
    struct reply_events events;
    char *body;
    size_t body_len;
    const char *key_source;
    const char *key;

    struct journal *journal;
    struct http_call *call;
    struct child *child;
    struct dc_stream *stream;
    struct reply_text *text;
    struct buf error_body;
    struct dc_response response;

    enum state state;
    bool stopping;
    bool orphan;   /* freed, but libcurl or a child still has to let go */
    bool thinking; /* reasoning has come, no text yet */
    bool journal_failed;
    struct dc_error stream_error;
    bool stream_failed;
    int attempt;   /* 0 for the first */
    int64_t since; /* when this state began */
    int64_t retry_at;
    int64_t first_text;
    size_t pieces;
    char wait_line[256];
    uint64_t tick, timer;
};

static void
set_state(struct reply *r, enum state state)
{
    r->state = state;
    r->since = loop_now();
}

/* ---- the end ---- */

static void
stop_work(struct reply *r)
{
    loop_timer_stop(r->lp, r->tick);
    loop_timer_stop(r->lp, r->timer);
    if (r->child != NULL && r->orphan)
        child_kill(r->child);
    else if (r->child != NULL)
        child_cancel(r->child);
    if (r->call != NULL)
        http_cancel(r->call);
}

static void
end(struct reply *r, const char *finish, const char *line, bool refused)
{
    if (r->state == ENDED)
        return;
    set_state(r, ENDED);
    stop_work(r);
    struct dc_summary sum = reply_summary(r->stream);
    char pairs[512];
    reply_pairs(pairs, sizeof pairs, finish, &sum, config_model(r->cfg));
    if (r->journal != NULL)
        journal_end(r->journal, finish, pairs, NULL);
    struct reply_end e = {
        .finish = finish,
        .got_text = r->pieces > 0,
        .refused = refused,
        .line = line,
        .pairs = pairs,
        .summary = &sum,
        .seconds =
            r->pieces > 0 ? (double)(loop_now() - r->first_text) / 1000 : 0,
        .pieces = r->pieces,
    };
    log_line(LOG_INFO, "reply ended: %s %s", finish, line);
    r->events.ended(r->events.user, &e);
}

/* ---- text ---- */

static void
check_disk(struct reply *r, bool ok, const struct dc_error *err)
{
    if (ok || r->journal_failed)
        return;
    r->journal_failed = true;
    char line[300];
    snprintf(line, sizeof line, "not safe against a crash: %s", err->text);
    r->events.notice(r->events.user, line);
}

/* reply_text: on the disk before the editor is told. */
static void
keep(void *user, enum dc_delta_kind kind, struct dc_str raw)
{
    struct reply *r = user;
    struct dc_error err;
    if (r->journal == NULL)
        return;
    bool ok = kind == DC_DELTA_TEXT ? journal_text(r->journal, raw, &err)
                                    : journal_reasoning(r->journal, raw, &err);
    check_disk(r, ok, &err);
}

static void
show(void *user, enum dc_delta_kind kind, struct dc_str text)
{
    struct reply *r = user;
    r->events.text(r->events.user, kind, text);
}

static void
first_text(struct reply *r)
{
    set_state(r, STREAM);
    r->first_text = loop_now();
    if (r->call != NULL) /* an answer in one piece: it has ended by now */
        http_pace(r->call, FRAME_MS);
}

static void
on_delta(struct reply *r, const struct dc_delta *delta)
{
    if (delta->choice != 0)
        return; /* n > 1: the first is the reply */
    if (r->state == ASKING)
        first_text(r);
    if (delta->kind == DC_DELTA_TEXT && (r->thinking || r->pieces == 0))
        r->events.status(r->events.user, "");
    r->thinking = delta->kind == DC_DELTA_REASONING;
    r->pieces++;
    reply_text_add(r->text, delta->kind, delta->text);
}

static void
pull(struct reply *r)
{
    struct dc_delta delta;
    enum dc_step step;
    if (r->stream_failed)
        return;
    while ((step = dc_stream_next(r->stream, &delta, &r->stream_error)) ==
           DC_ITEM)
        on_delta(r, &delta);
    reply_text_flush(r->text);
    if (step == DC_FAIL)
        r->stream_failed = true;
}

static void
on_head(void *user, int status, struct dc_str content_type)
{
    struct reply *r = user;
    (void)content_type; /* servers lie about it: the bytes decide */
    r->response.status = status;
}

/* All has come, but the server does not end its answer. */
static void
cut_off(void *user)
{
    struct reply *r = user;
    if (r->call != NULL)
        http_cancel(r->call);
}

static void
on_data(void *user, struct dc_str bytes)
{
    struct reply *r = user;
    if (r->error_body.len < DC_ERROR_BODY_MAX && r->pieces == 0) {
        size_t room = DC_ERROR_BODY_MAX - r->error_body.len;
        buf_add(&r->error_body, bytes.ptr, bytes.len < room ? bytes.len : room);
    }
    if (r->response.status != 200 || r->stream_failed)
        return;
    /* what came before a limit is still to be had: pull() meets the failure */
    dc_stream_feed(r->stream, bytes, NULL);
    pull(r);
    /* an error object or a passed limit ends it, whatever still comes */
    if (r->stream_failed && r->call != NULL)
        http_cancel(r->call);
    else if (dc_stream_summary(r->stream)->done_mark && r->timer == 0)
        r->timer = loop_timer(r->lp, GRACE_MS, cut_off, r);
}

/* ---- asking and asking again ---- */

static loop_timer_fn ask;
static void let_go(struct reply *r);

static void
read_failure(struct reply *r, struct dc_failure *out)
{
    struct dc_asked asked = {
        .host = config_host(r->cfg),
        .model = config_model(r->cfg),
        .key_source = r->key_source,
        .key = r->key,
        .loopback = config_loopback(r->cfg),
    };
    dc_failure_read(out, &r->response, &asked);
    if (out->fault == DC_FAULT_KEY)
        config_forget_key(r->cfg);
    log_line(LOG_WARN, "%s: %s (%s)", asked.host, out->line, out->server);
}

static void
show_wait(struct reply *r)
{
    char line[320];
    reply_wait_line(line, sizeof line, r->wait_line, r->attempt + 1,
                    (int)config_number(r->cfg, "retries") + 1,
                    r->retry_at - loop_now());
    r->events.status(r->events.user, line);
}

/* True if another attempt is on its way. */
static bool
try_again(struct reply *r, const struct dc_failure *failure, double retry_after)
{
    if (!failure->retry || r->pieces > 0 || r->stopping ||
        r->attempt >= (int)config_number(r->cfg, "retries"))
        return false;
    double random = (double)(loop_now_us() % 1000) / 1000;
    int ms = dc_retry_wait(r->attempt + 1, retry_after, random);
    if (ms < 0)
        return false;
    r->attempt++;
    set_state(r, WAIT);
    r->retry_at = loop_now() + ms;
    snprintf(r->wait_line, sizeof r->wait_line, "%s", failure->line);
    r->timer = loop_timer(r->lp, ms, ask, r);
    show_wait(r);
    return true;
}

/* The text that came stays; say how it ended. */
static void
end_cut(struct reply *r, const char *what)
{
    char line[256];
    reply_cut_line(line, sizeof line, what, r->pieces);
    end(r, "interrupted", line, false);
}

/* An error object inside the stream, or a limit. */
static void
end_failed_stream(struct reply *r, double retry_after)
{
    struct dc_failure failure;
    if (r->stream_error.code == DC_E_SERVER) {
        r->response.net = DC_NET_OK;
        r->response.status =
            r->stream_error.http_status > 0 ? r->stream_error.http_status : 200;
        r->response.body = dc_stream_error_event(r->stream);
        if (r->response.body.len == 0)
            r->response.body = str_of(r->stream_error.text);
        read_failure(r, &failure);
    } else {
        failure = (struct dc_failure){.fault = DC_FAULT_OTHER};
        snprintf(failure.line, sizeof failure.line, "%s", r->stream_error.text);
    }
    if (r->pieces > 0 && r->stream_error.code == DC_E_TOO_BIG)
        end_cut(r, reply_cut_reason(DC_NET_TOO_BIG));
    else if (r->pieces > 0)
        end_cut(r, failure.line);
    else if (!try_again(r, &failure, retry_after))
        end(r, "error", failure.line, false);
}

static void
end_whole(struct reply *r)
{
    struct dc_summary sum = reply_summary(r->stream);
    if (r->pieces == 0) {
        end(r, "error", reply_empty_line(&sum), false);
        return;
    }
    end(r, reply_finish(&sum), reply_finish_line(&sum), false);
}

/* Nothing that could be a reply came. */
static void
end_without_text(struct reply *r, double retry_after)
{
    struct dc_failure failure;
    r->response.body = buf_str(&r->error_body);
    read_failure(r, &failure);
    if (!try_again(r, &failure, retry_after))
        end(r, "error", failure.line, false);
}

static void
flush_stream(struct reply *r)
{
    dc_stream_end(r->stream);
    pull(r);
    reply_text_end(r->text);
}

/* With a finish_reason nothing is missing, however the connection ended. */
static bool
is_whole(const struct reply *r)
{
    return r->response.status == 200 &&
           dc_stream_summary(r->stream)->finish != DC_FINISH_NONE;
}

static void
on_done(void *user, const struct http_result *result)
{
    struct reply *r = user;
    r->call = NULL;
    loop_timer_stop(r->lp, r->timer);
    r->timer = 0;
    if (r->orphan) {
        let_go(r);
        return;
    }
    if (r->state == ENDED)
        return;
    r->response.net = result->net;
    r->response.status = result->status;
    r->response.detail = str_of(result->detail);
    r->response.content_type = result->content_type;
    r->response.location = result->location;
    if (r->response.status == 200)
        flush_stream(r);
    if (r->stopping)
        end(r, "stopped", "", false);
    else if (r->stream_failed)
        end_failed_stream(r, result->retry_after);
    else if (is_whole(r))
        end_whole(r);
    else if (r->pieces > 0)
        end_cut(r, reply_cut_reason(dc_stream_summary(r->stream)->done_mark
                                        ? DC_NET_OK
                                        : r->response.net));
    else
        end_without_text(r, result->retry_after);
}

static void
fresh_stream(struct reply *r)
{
    dc_stream_free(r->stream);
    r->stream = dc_stream_new();
    r->stream_failed = false;
    r->stream_error = (struct dc_error){.code = DC_OK};
    r->response = (struct dc_response){.status = 0};
    buf_reset(&r->error_body);
}

static void
ask(void *user)
{
    struct reply *r = user;
    r->timer = 0;
    fresh_stream(r);
    set_state(r, ASKING);
    r->events.status(r->events.user, "waiting");
    struct dc_str body = {r->body, r->body_len};
    struct http_request request = reply_http(r->cfg, r->key, body);
    struct http_sink sink = {on_head, on_data, on_done, r};
    r->call = http_send(r->http, &request, sink);
}

/* ---- the status line ---- */

static void
on_tick(void *user)
{
    struct reply *r = user;
    r->tick = loop_timer(r->lp, TICK_MS, on_tick, r);
    char line[64];
    long long seconds = (loop_now() - r->since) / 1000;
    if (r->state == WAIT) {
        show_wait(r);
    } else if (r->state == ASKING && seconds > 0) {
        snprintf(line, sizeof line, "waiting %lld s", seconds);
        r->events.status(r->events.user, line);
    } else if (r->state == STREAM && r->thinking) {
        snprintf(line, sizeof line, "thinking %lld s", seconds);
        r->events.status(r->events.user, line);
    }
}

/* ---- the key ---- */

static child_done_fn on_key;

static void
refuse(struct reply *r, const char *line)
{
    end(r, "error", line, true);
}

static void
find_key(struct reply *r)
{
    struct dc_error err;
    switch (config_key(r->cfg, &r->key, &r->key_source, &err)) {
    case KEY_MISSING:
        refuse(r, err.text);
        return;
    case KEY_COMMAND:
        set_state(r, KEY);
        r->events.status(r->events.user, "waiting for api_key_cmd");
        r->child = child_start(r->lp,
                               &(struct child_options){
                                   .argv = config_key_command(r->cfg),
                                   .out_max = KEY_CMD_OUT,
                                   .timeout_ms = KEY_CMD_MS,
                               },
                               on_key, r);
        return;
    case KEY_NONE:
        r->key = NULL;
        break;
    case KEY_FOUND:
        break;
    }
    r->events.started(r->events.user);
    ask(r);
}

static void
on_key(void *user, const struct child_result *result)
{
    struct reply *r = user;
    struct dc_error err;
    const char *trouble;
    r->child = NULL;
    if (r->orphan)
        let_go(r);
    else if (r->state == ENDED)
        return;
    else if (r->stopping)
        end(r, "stopped", "", true);
    else if ((trouble = reply_key_trouble(result)) != NULL)
        refuse(r, trouble);
    else if (!config_set_key(r->cfg, result->out, &err))
        refuse(r, err.text);
    else
        find_key(r);
}

/* ---- life ---- */

static void
begin(void *user)
{
    struct reply *r = user;
    r->timer = 0;
    if (r->stopping)
        end(r, "stopped", "", true);
    else if (r->body == NULL)
        refuse(r, r->stream_error.text);
    else
        find_key(r);
}

struct reply *
reply_start(struct loop *lp, struct http *http,
            const struct reply_request *request, struct reply_events events)
{
    struct reply *r = mem_alloc(sizeof *r);
    r->lp = lp;
    r->http = http;
    r->cfg = request->cfg;
    r->events = events;
    buf_init(&r->error_body, DC_ERROR_BODY_MAX);
    r->text = reply_text_new((struct reply_text_events){keep, show, r});
    fresh_stream(r);
    r->body = reply_body(request, &r->body_len, &r->stream_error);
    if (r->body != NULL) {
        struct dc_error err;
        r->journal = reply_journal(r->cfg, &request->journal, &err);
        check_disk(r, r->journal != NULL, &err);
    }
    set_state(r, KEY);
    r->tick = loop_timer(lp, TICK_MS, on_tick, r);
    r->timer = loop_timer(lp, 0, begin, r);
    return r;
}

void
reply_free(struct reply *r)
{
    if (r == NULL)
        return;
    r->state = ENDED;
    r->orphan = true;
    stop_work(r);
    let_go(r);
}

static void
let_go(struct reply *r)
{
    if (r->call != NULL || r->child != NULL)
        return;
    dc_stream_free(r->stream);
    reply_text_free(r->text);
    buf_finish(&r->error_body);
    journal_close(r->journal);
    config_free(r->cfg);
    dc_free(r->body);
    free(r);
}

void
reply_stop(struct reply *r)
{
    if (r->state == ENDED || r->stopping)
        return;
    r->stopping = true;
    if (r->state == WAIT)
        end(r, "stopped", "", false);
    else if (r->call != NULL)
        http_cancel(r->call);
    else if (r->child != NULL)
        child_cancel(r->child);
}

void
reply_pause(struct reply *r, bool paused)
{
    if (r->call != NULL)
        (paused ? http_pause : http_resume)(r->call);
}

struct journal *
reply_take_journal(struct reply *r)
{
    struct journal *j = r->journal;
    r->journal = NULL;
    return j;
}

void
reply_set_chat(struct reply *r, const char *path)
{
    struct dc_error err;
    if (r->journal != NULL)
        check_disk(r, journal_chat(r->journal, path, &err), &err);
}

void
reply_detached(struct reply *r)
{
    if (r->journal != NULL)
        journal_detached(r->journal, NULL);
}
