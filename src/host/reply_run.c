/* One request: what is sent, and what is made of the bytes that come. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "host/reply_end.h"
#include "host/reply_state.h"

enum {
    FRAME_MS = 33,
    GRACE_MS = 1000, /* behind [DONE] */
};

/* ---- status ---- */

static bool
goes_on(const struct reply *r)
{
    return r->rounds.number > 0 && r->rounds.seam != NULL;
}

/* While text comes. */
static void
show_text(struct reply *r, const struct reply_round *round)
{
    char line[64] = "";
    if (goes_on(r))
        reply_round_status(line, sizeof line, round, r->rounds.pieces);
    else if (r->request.held)
        reply_held_status(line, sizeof line, reply_pieces(r));
    r->events.status(r->events.user, line);
}

/* ---- text ---- */

static void
tell_text(struct reply *r)
{
    struct reply_round round = rounds_round(&r->rounds);
    bool first = !r->told && r->rounds.counted;
    r->told = r->told || first;
    if (first && goes_on(r) && r->events.round != NULL)
        r->events.round(r->events.user, &round);
    if (first || r->thinking)
        show_text(r, &round);
    r->thinking = false;
}

static void
give(struct reply *r, struct dc_str text)
{
    if (r->rounds.full)
        r->stream_failed =
            !fail(&r->stream_error, DC_E_TOO_BIG, "the reply is too large");
    if (text.len == 0)
        return;
    if (!r->told || r->thinking)
        tell_text(r);
    reply_text_add(r->text, DC_DELTA_TEXT, text);
}

/* What stands there is no part of the answer that comes now. */
static void
forget_answer(struct reply *r)
{
    struct dc_error err;
    rounds_void(&r->rounds);
    reply_new_text(r);
    if (r->journal != NULL)
        reply_check_disk(r, journal_anew(r->journal, &err), &err);
    r->events.anew(r->events.user);
}

static void
on_delta(struct reply *r, const struct dc_delta *delta)
{
    if (r->state == ASKING)
        reply_set_state(r, STREAM);
    if (r->first_text == 0)
        r->first_text = loop_now();
    r->came++;
    if (delta->choice > 0) {
        reply_choices_add(r, delta);
        return;
    }
    if (r->rounds.fresh)
        forget_answer(r);
    if (delta->kind == DC_DELTA_TEXT) {
        give(r, rounds_add(&r->rounds, delta->text));
        return;
    }
    r->thinking = true;
    rounds_reasoned(&r->rounds);
    reply_text_add(r->text, DC_DELTA_REASONING, delta->text);
}

static void
pull(struct reply *r)
{
    struct dc_delta delta;
    enum dc_step step = DC_MORE;
    while (!r->stream_failed &&
           (step = dc_stream_next(r->stream, &delta, &r->stream_error)) ==
               DC_ITEM)
        on_delta(r, &delta);
    reply_text_flush(r->text);
    reply_choices_flush(r);
    if (step == DC_FAIL)
        r->stream_failed = true;
}

static void
on_seam_time(void *user)
{
    struct reply *r = user;
    r->seam_timer = 0;
    give(r, rounds_decide(&r->rounds));
    reply_text_flush(r->text);
}

static void
watch_seam(struct reply *r)
{
    bool pending = rounds_pending(&r->rounds);
    if (pending && r->seam_timer == 0) {
        r->seam_timer = loop_timer(r->lp, DC_SEAM_HOLD_MS, on_seam_time, r);
    } else if (!pending) {
        loop_timer_stop(r->lp, r->seam_timer);
        r->seam_timer = 0;
    }
}

/* ---- what libcurl brings ---- */

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
keep_error(struct reply *r, struct dc_str bytes)
{
    if (r->error_body.len >= DC_ERROR_BODY_MAX || r->came > 0)
        return;
    size_t room = DC_ERROR_BODY_MAX - r->error_body.len;
    buf_add(&r->error_body, bytes.ptr, bytes.len < room ? bytes.len : room);
}

static void
on_data(void *user, struct dc_str bytes)
{
    struct reply *r = user;
    keep_error(r, bytes);
    if (r->response.status != 200 || r->stream_failed)
        return;
    /* what came before a limit is still to be had: pull() meets the failure */
    dc_stream_feed(r->stream, bytes, NULL);
    pull(r);
    watch_seam(r);
    /* an error object or a passed limit ends it, whatever still comes */
    if (r->stream_failed && r->call != NULL)
        http_cancel(r->call);
    else if (dc_stream_summary(r->stream)->done_mark && r->timer == 0)
        r->timer = loop_timer(r->lp, GRACE_MS, cut_off, r);
    /* what has not been seen yet is not made to wait */
    if (r->call != NULL && (r->told || r->thinking))
        http_pace(r->call, FRAME_MS);
}

static void
on_done(void *user, const struct http_result *result)
{
    struct reply *r = user;
    r->call = NULL;
    loop_timer_stop(r->lp, r->timer);
    loop_timer_stop(r->lp, r->seam_timer);
    r->timer = r->seam_timer = 0;
    if (r->orphan) {
        reply_let_go(r);
        return;
    }
    if (r->state == ENDED)
        return;
    r->response.net = result->net;
    r->response.status = result->status;
    r->response.detail = str_of(result->detail);
    r->response.content_type = result->content_type;
    r->response.location = result->location;
    if (r->response.status == 200) {
        dc_stream_end(r->stream);
        pull(r);
        give(r, rounds_flush(&r->rounds));
        reply_choices_end(r);
    }
    struct dc_summary sum = reply_summary(r->stream);
    reply_count(r, &sum);
    reply_done(r, result->retry_after);
}

/* ---- asking ---- */

static void
fresh_stream(struct reply *r)
{
    dc_stream_free(r->stream);
    r->stream = dc_stream_new();
    r->stream_failed = false;
    r->stream_error = (struct dc_error){.code = DC_OK};
    r->response = (struct dc_response){.status = 0};
    r->came = 0;
    r->told = r->thinking = false;
    buf_reset(&r->error_body);
}

bool
reply_prepare(struct reply *r, struct dc_error *err)
{
    if (!reply_fits(r, err))
        return false;
    rounds_ask(&r->rounds);
    if (!reply_choices_ask(r, err))
        return false;
    r->body = reply_body(&r->request, &r->rounds.how, &r->body_len, err);
    return r->body != NULL;
}

/* Once for a server and model. */
static void
tell_left_out(struct reply *r)
{
    if (r->rounds.left_out[0] != '\0')
        r->events.notice(r->events.user, r->rounds.left_out);
    form_said(r->rounds.forms, r->cfg, r->rounds.left_bits);
    r->rounds.left_out[0] = '\0';
    r->rounds.left_bits = 0;
}

void
reply_post(struct reply *r)
{
    struct dc_error err;
    if (r->body == NULL && !reply_prepare(r, &err)) {
        reply_refuse(r, err.text);
        return;
    }
    if (!r->started)
        r->events.started(r->events.user);
    r->started = true;
    tell_left_out(r);
    fresh_stream(r);
    reply_set_state(r, ASKING);
    r->events.status(r->events.user, r->asking);
    snprintf(r->asking, sizeof r->asking, "waiting");
    struct dc_str body = {r->body, r->body_len};
    struct http_request request =
        reply_http(r->cfg, &r->rounds.how, r->key, body);
    request.own = r->body; /* pictures make it large */
    r->body = NULL;
    struct http_sink sink = {on_head, on_data, on_done, r};
    r->call = http_send(r->http, &request, sink);
    if (r->paused)
        http_pause(r->call);
    if (r->stopping)
        http_cancel(r->call);
}
