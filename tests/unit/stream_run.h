/*
 * Runs a body through dc_stream in pieces and writes all that came out as text,
 * so that one string comparison covers everything. Used by the stream tests
 * and by fuzz_stream.
 */
#ifndef STREAM_RUN_H
#define STREAM_RUN_H

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "core/stream.h"

/* Line breaks, controls and backslashes as in C; the rest as it is. */
static inline void
run_quote(struct buf *out, struct dc_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '\n')
            buf_add_text(out, "\\n");
        else if (c == '\\')
            buf_add_text(out, "\\\\");
        else if (c < 0x20 || c == 0x7f)
            buf_addf(out, "\\x%02x", c);
        else
            buf_add_byte(out, (char)c);
    }
}

struct run {
    struct dc_stream *st;
    struct buf *out;
    struct dc_delta last;
    size_t deltas;
    enum dc_step step;
    struct dc_error err;
};

/* Neighbours of one kind are one line: how text is cut is nobody's promise. */
static inline void
run_delta(struct run *run, const struct dc_delta *d)
{
    bool same = run->deltas > 0 && d->kind == run->last.kind &&
                d->choice == run->last.choice;
    if (!same)
        buf_addf(run->out, "%s%s %u: ", run->deltas > 0 ? "\n" : "",
                 d->kind == DC_DELTA_TEXT ? "text" : "reasoning", d->choice);
    run_quote(run->out, d->text);
    run->last = *d;
    run->deltas++;
}

static inline void
run_pull(struct run *run)
{
    struct dc_delta delta;
    while ((run->step = dc_stream_next(run->st, &delta, &run->err)) == DC_ITEM)
        run_delta(run, &delta);
}

static inline void
run_feed(struct run *run, const char *bytes, size_t len)
{
    struct dc_str piece = {bytes, len};
    dc_stream_feed(run->st, piece, &run->err);
    run_pull(run);
}

static inline void
run_call(struct buf *out, const struct dc_call *call)
{
    buf_add_text(out, "call: ");
    run_quote(out, call->id);
    buf_add_byte(out, ' ');
    run_quote(out, call->name);
    buf_add_byte(out, ' ');
    run_quote(out, call->arguments);
    buf_add_byte(out, '\n');
}

static const char *const run_names[] = {"none",   "stop",    "length", "calls",
                                        "filter", "context", "other"};

/* Of the choices behind the first that ended. */
static inline void
run_choices(struct run *run)
{
    struct dc_summary sum;
    for (unsigned i = 1; i < STREAM_CHOICES_MAX + 2; i++) {
        dc_stream_choice(run->st, i, &sum);
        if (sum.finish != DC_FINISH_NONE || sum.finish_text[0] != '\0')
            buf_addf(run->out, "finish %u: %s '%s' %zu\n", i,
                     run_names[sum.finish], sum.finish_text, sum.calls);
    }
}

static inline void
run_summary(struct run *run)
{
    const struct dc_summary *sum = dc_stream_summary(run->st);
    const struct dc_usage *u = &sum->usage;
    for (size_t i = 0; dc_stream_call(run->st, i) != NULL; i++)
        run_call(run->out, dc_stream_call(run->st, i));
    buf_addf(run->out, "finish: %s '%s'%s\n", run_names[sum->finish],
             sum->finish_text, sum->done_mark ? " done" : "");
    run_choices(run);
    if (u->tokens_in >= 0 || u->tokens_out >= 0 || u->cost >= 0)
        buf_addf(run->out, "usage: in %g out %g cached %g reasoning %g $%g\n",
                 u->tokens_in, u->tokens_out, u->cached, u->reasoning, u->cost);
    if (sum->model[0] != '\0' || sum->service_tier[0] != '\0')
        buf_addf(run->out, "model: %s %s\n", sum->model, sum->service_tier);
    if (sum->malformed > 0)
        buf_addf(run->out, "malformed: %zu\n", sum->malformed);
    if (run->step == DC_FAIL)
        buf_addf(run->out, "fail: %d %d %s\n", run->err.code,
                 run->err.http_status, run->err.text);
    else if (run->step != DC_END)
        buf_add_text(run->out, "not at its end\n");
}

static inline void
run_start(struct run *run, struct buf *out)
{
    *run = (struct run){.st = dc_stream_new(), .out = out};
    buf_reset(out);
}

static inline void
run_finish(struct run *run)
{
    dc_stream_end(run->st);
    run_pull(run);
    if (run->deltas > 0)
        buf_add_byte(run->out, '\n');
    run_summary(run);
    dc_stream_free(run->st);
}

/* first bytes, then pieces of size piece. */
static inline void
run_cut(struct buf *out, struct dc_str body, size_t first, size_t piece)
{
    struct run run;
    run_start(&run, out);
    size_t at = first < body.len ? first : body.len;
    run_feed(&run, body.ptr, at);
    while (at < body.len) {
        size_t n = body.len - at < piece ? body.len - at : piece;
        run_feed(&run, body.ptr + at, n);
        at += n;
    }
    run_finish(&run);
}

/* In one piece; slow: without the scanner. Returns the events that the scanner
 * dealt with. */
static inline size_t
run_whole(struct buf *out, struct dc_str body, bool slow)
{
    struct run run;
    run_start(&run, out);
    run.st->scan_off = slow;
    run_feed(&run, body.ptr, body.len);
    size_t scanned = run.st->scanned;
    run_finish(&run);
    return scanned;
}

#endif
