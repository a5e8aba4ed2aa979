/*
 * What the end of a request leads to: the same again, otherwise, another
 * round, or the end of the reply. What came always stays.
 */
#include <stdio.h>
#include <string.h>

#include "host/log.h"
#include "host/reply_end.h"
#include "host/reply_state.h"

/* ---- asking again ---- */

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

/* Another round, or this one in another way: at once. */
static void
ask_now(struct reply *r, const char *status)
{
    r->attempt = 0;
    snprintf(r->asking, sizeof r->asking, "%s", status);
    reply_ask(r);
}

void
reply_show_wait(struct reply *r)
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
    bool hurry =
        failure->fault == DC_FAULT_RATE && config_bool(r->cfg, "fail_fast");
    if (!failure->retry || hurry || r->came > 0 ||
        r->attempt >= (int)config_number(r->cfg, "retries"))
        return false;
    double random = (double)(loop_now_us() % 1000) / 1000;
    int ms = dc_retry_wait(r->attempt + 1, retry_after, random);
    if (ms < 0)
        return false;
    r->attempt++;
    reply_set_state(r, WAIT);
    r->retry_at = loop_now() + ms;
    snprintf(r->wait_line, sizeof r->wait_line, "%s", failure->line);
    r->timer = loop_timer(r->lp, ms, reply_ask, r);
    reply_show_wait(r);
    return true;
}

/* ---- the end ---- */

/* Text that is in no chat cannot be asked for again. */
static enum reply_offer
offer_of(const struct reply *r)
{
    if (rounds_can_go_on(&r->rounds))
        return OFFER_CONTINUE;
    return r->rounds.structured && !r->request.plain ? OFFER_RETRY
                                                     : OFFER_NOTHING;
}

/* The text that came stays; say how it ended. */
static void
end_cut(struct reply *r, const char *what)
{
    char line[256];
    size_t pieces = reply_pieces(r);
    if (pieces == 0)
        snprintf(line, sizeof line, "%s; nothing new came", what);
    else
        reply_cut_line(line, sizeof line, what, pieces, offer_of(r));
    reply_over(r, pieces > 0 ? "interrupted" : "error", line, false);
}

/* Nothing could be had any more. What earlier rounds brought stays. */
static void
end_failed(struct reply *r, const struct dc_failure *failure)
{
    struct dc_summary full = {.finish = DC_FINISH_CONTEXT};
    if (reply_pieces(r) == 0) {
        if (!reply_name_look(r, failure))
            reply_over(r, "error", failure->line, false);
    } else if (failure->fault == DC_FAULT_CONTEXT) {
        reply_over(r, reply_finish(&full), reply_finish_line(&full), false);
    } else {
        char what[256];
        reply_without_advice(what, sizeof what, failure->line);
        end_cut(r, what);
    }
}

static void
ask_otherwise(struct reply *r)
{
    if (r->rounds.told[0] != '\0')
        r->events.notice(r->events.user, r->rounds.told);
    ask_now(r, "waiting");
}

static void
fail_or_again(struct reply *r, const struct dc_failure *failure,
              double retry_after)
{
    if (r->came == 0 && rounds_mend(&r->rounds, failure))
        ask_otherwise(r);
    else if (!try_again(r, failure, retry_after))
        end_failed(r, failure);
}

void
reply_refuse(struct reply *r, const char *line)
{
    struct dc_failure failure = {.fault = DC_FAULT_OTHER};
    snprintf(failure.line, sizeof failure.line, "%s", line);
    if (r->started)
        end_failed(r, &failure);
    else
        reply_over(r, "error", line, true);
}

/* An error object inside the stream, or a limit. */
static void
failed_stream(struct reply *r, double retry_after)
{
    struct dc_failure failure;
    if (r->stream_error.code == DC_E_TOO_BIG && reply_pieces(r) > 0) {
        end_cut(r, reply_cut_reason(DC_NET_TOO_BIG));
    } else if (r->stream_error.code == DC_E_SERVER) {
        r->response.net = DC_NET_OK;
        r->response.status =
            r->stream_error.http_status > 0 ? r->stream_error.http_status : 200;
        r->response.body = dc_stream_error_event(r->stream);
        if (r->response.body.len == 0)
            r->response.body = str_of(r->stream_error.text);
        read_failure(r, &failure);
        fail_or_again(r, &failure, retry_after);
    } else {
        failure = (struct dc_failure){.fault = DC_FAULT_OTHER};
        snprintf(failure.line, sizeof failure.line, "%s", r->stream_error.text);
        fail_or_again(r, &failure, retry_after);
    }
}

/* Nothing that could be a reply came. */
static void
no_answer(struct reply *r, double retry_after)
{
    struct dc_failure failure;
    r->response.body = buf_str(&r->error_body);
    read_failure(r, &failure);
    fail_or_again(r, &failure, retry_after);
}

/* ---- rounds ---- */

static void
go_on(struct reply *r, const char *status)
{
    size_t held = reply_text_held(r->text);
    rounds_go_on(&r->rounds, held);
    if (r->rounds.fixed)
        reply_text_release(r->text);
    else
        reply_text_drop(r->text);
    ask_now(r, status);
}

static void
go_anew(struct reply *r)
{
    char status[64];
    rounds_go_anew(&r->rounds);
    snprintf(status, sizeof status, "cut, asking for up to %lld tokens",
             (long long)r->rounds.max_tokens);
    ask_now(r, status);
}

/* The answer is over, but some of it may be missing. */
static void
whole(struct reply *r)
{
    struct rounds *rs = &r->rounds;
    rounds_learn(rs);
    enum round_next next = rounds_next(rs);
    if (next == ROUND_ANEW && r->events.anew == NULL)
        next = ROUND_LAST;
    if (next == ROUND_ON) {
        go_on(r, "going on");
    } else if (next == ROUND_ANEW) {
        go_anew(r);
    } else if (rs->asked && rs->parts == 0 &&
               rs->sum.finish == DC_FINISH_STOP) {
        reply_over(r, "stop", "the answer was complete; nothing to add", false);
    } else if (rs->pieces > 0) {
        char line[256];
        reply_last_line(line, sizeof line, rs);
        if (line[0] == '\0')
            reply_choices_line(r, line, sizeof line);
        reply_over(r, reply_finish(&rs->sum), line, false);
    } else if (reply_pieces(r) > 0) {
        reply_over(r, reply_finish(&rs->sum),
                   "the first answer is empty; :DeepAlt has the others", false);
    } else {
        reply_over(r, "error", reply_empty_line(&rs->sum, rs->asked), false);
    }
}

/* Lost in the middle of the answer. */
static void
broken(struct reply *r)
{
    enum dc_net net =
        dc_stream_summary(r->stream)->done_mark ? DC_NET_OK : r->response.net;
    bool lost = net != DC_NET_OK && net != DC_NET_TOO_BIG;
    if (lost && !r->broke && config_bool(r->cfg, "continue_on_disconnect") &&
        rounds_can_go_on(&r->rounds)) {
        r->broke = true;
        r->rounds.most++;
        go_on(r, "connection lost, going on");
    } else {
        end_cut(r, reply_cut_reason(net));
    }
}

/* With a finish_reason nothing is missing, however the connection ended. */
static bool
is_whole(const struct reply *r)
{
    return r->response.status == 200 &&
           dc_stream_summary(r->stream)->finish != DC_FINISH_NONE;
}

void
reply_done(struct reply *r, double retry_after)
{
    if (r->stopping)
        reply_over(r, "stopped", "", false);
    else if (r->stream_failed)
        failed_stream(r, retry_after);
    else if (is_whole(r))
        whole(r);
    else if (r->came > 0)
        broken(r);
    else
        no_answer(r, retry_after);
}
