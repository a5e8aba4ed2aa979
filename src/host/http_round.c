/*
 * What happens to the calls once a round, outside libcurl's callbacks: bytes
 * go to the sinks, late ones are given up, and those that are over leave. A
 * sink may start, cancel, pause and resume any call, its own included: that
 * only marks, or adds at the end of the list.
 */
#include <stdio.h>

#include "host/http_call.h"

void
http_cancel(struct http_call *call)
{
    call->cancelled = true;
    call->http->dirty = true;
}

void
http_pause(struct http_call *call)
{
    call->want_pause = true;
    call->http->dirty = true;
}

void
http_resume(struct http_call *call)
{
    if (!call->want_pause)
        return;
    call->want_pause = false;
    call->watch.since = loop_now();
    call->http->dirty = true;
}

void
http_pace(struct http_call *call, int frame_ms)
{
    call->frame_ms = frame_ms;
}

void
http_look_at(struct http *h, int64_t at_us)
{
    if (h->rest.paced)
        h->rest.look_at = (at_us + 999) / 1000;
}

static void
deliver(struct http_call *call)
{
    if (call->head.complete && !call->head_told && !call->cancelled) {
        call->head_told = true;
        if (call->sink.head != NULL)
            call->sink.head(call->sink.user, call->head.status,
                            buf_str(&call->head.content_type));
    }
    if (call->in.len > 0 && !call->cancelled) {
        if (call->sink.data != NULL)
            call->sink.data(call->sink.user, buf_str(&call->in));
        buf_reset(&call->in);
    }
    if (call->paused != call->want_pause)
        call->http->dirty = true;
}

static void
follow_phase(struct http_call *call, int64_t now)
{
    if (call->watch.phase == PACE_CONNECT && http_connected(call))
        pace_enter(&call->watch, PACE_FIRST_BYTE, now);
    /* interim answers are no sign of the real one */
    if (call->moved && call->head.status >= 200)
        pace_enter(&call->watch, PACE_IDLE, now);
    call->moved = false;
}

/* Milliseconds until the call is late; negative: never. */
static int
watch_time(struct http_call *call, int64_t now)
{
    follow_phase(call, now);
    int left = call->want_pause ? -1 : pace_left(&call->watch, now);
    if (left == 0) {
        verdict_late(&call->verdict, pace_fault(&call->watch),
                     call->watch.limit_ms[call->watch.phase]);
        call->http->dirty = true;
    }
    return left;
}

void
http_end_call(struct http_call *call)
{
    struct http_result result = {
        .net = call->cancelled ? DC_NET_OTHER : call->verdict.net,
        .status = call->head.status,
        .content_type = buf_str(&call->head.content_type),
        .location = buf_str(&call->head.location),
        .retry_after = http_retry_after(&call->head),
        .cancelled = call->cancelled,
    };
    snprintf(result.detail, sizeof result.detail, "%s",
             call->cancelled ? "cancelled" : call->verdict.detail);
    /* the socket goes first: the sink may take its time */
    http_close(call);
    call->sink.done(call->sink.user, &result);
    http_call_free(call);
}

static void
end_calls(struct http *h)
{
    struct http_call **link = &h->calls;
    while (*link != NULL) {
        struct http_call *call = *link;
        if (!call->verdict.given && !call->cancelled) {
            link = &call->next;
            continue;
        }
        *link = call->next;
        http_end_call(call);
    }
}

/* The shortest frame if every call is paced or paused, else 0. */
static int
frame_of(const struct http *h, size_t *count)
{
    int frame = 0;
    *count = 0;
    for (const struct http_call *c = h->calls; c != NULL; c = c->next) {
        if (c->want_pause)
            continue;
        if (*count == 0 || c->frame_ms < frame)
            frame = c->frame_ms;
        ++*count;
    }
    return frame;
}

static int
sooner(int a, int b)
{
    return b >= 0 && (a < 0 || b < a) ? b : a;
}

int
http_round(void *user)
{
    struct http *h = user;
    struct pace_rest *rest = &h->rest;
    int64_t now = loop_now();
    int wait = -1;
    if (h->calls == NULL) {
        pace_decide(rest, now, 0, 0);
        h->dirty = false;
        return wait;
    }
    if (h->dirty || !rest->resting || now >= rest->look_at) {
        h->dirty = false;
        http_transfer(h);
        for (struct http_call *c = h->calls; c != NULL; c = c->next)
            deliver(c);
        size_t count;
        int frame = frame_of(h, &count);
        pace_decide(rest, now, frame, count);
    }
    for (struct http_call *c = h->calls; c != NULL; c = c->next)
        wait = sooner(wait, watch_time(c, now));
    end_calls(h);
    if (rest->resting)
        wait = sooner(wait, (int)(rest->look_at - now));
    return h->dirty ? 0 : wait;
}
