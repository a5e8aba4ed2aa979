/* The life of a reply: how it begins, how it is stopped, how it ends. */
#include "host/reply.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/log.h"
#include "host/reply_end.h"
#include "host/reply_state.h"
#include "host/service.h"

enum { TICK_MS = 1000 };

void
reply_set_state(struct reply *r, enum reply_state state)
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
    loop_timer_stop(r->lp, r->seam_timer);
    if (r->child != NULL)
        child_cancel(r->child);
    if (r->call != NULL)
        http_cancel(r->call);
}

void
reply_over(struct reply *r, const char *finish, const char *line, bool refused)
{
    if (r->state == ENDED)
        return;
    reply_name_forget(r);
    reply_set_state(r, ENDED);
    stop_work(r);
    reply_text_add(r->text, DC_DELTA_TEXT, rounds_loose(&r->rounds));
    reply_text_end(r->text);
    char pairs[512];
    reply_pairs(pairs, sizeof pairs, finish, &r->rounds);
    if (r->journal != NULL)
        journal_end(r->journal, finish, pairs, NULL);
    struct reply_end e = {
        .finish = finish,
        .got_text = r->shown,
        .once = r->rounds.structured,
        .refused = refused,
        .line = line,
        .pairs = pairs,
        .summary = &r->rounds.sum,
        .seconds = r->shown ? (double)(loop_now() - r->first_text) / 1000 : 0,
        .pieces = reply_pieces(r),
        .rounds = r->rounds.parts > 0 ? r->rounds.parts : 1,
        .choices = r->choices.pairs,
        .choice_count = r->choices.pairs != NULL ? r->choices.asked - 1 : 0,
    };
    log_line(LOG_INFO, "reply ended: %s %s", finish, line);
    r->events.ended(r->events.user, &e);
}

size_t
reply_pieces(const struct reply *r)
{
    return r->rounds.pieces + r->choices.pieces;
}

/* ---- text ---- */

void
reply_check_disk(struct reply *r, bool ok, const struct dc_error *err)
{
    if (ok || r->journal_failed)
        return;
    r->journal_failed = true;
    char line[300];
    log_line(LOG_WARN, "journal: %s", err->text);
    snprintf(line, sizeof line, "not safe against a crash: %s", file_why(err));
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
    reply_check_disk(r, ok, &err);
}

static void
show(void *user, enum dc_delta_kind kind, struct dc_str text)
{
    struct reply *r = user;
    r->shown = true;
    r->events.text(r->events.user, kind, text);
}

void
reply_new_text(struct reply *r)
{
    reply_text_free(r->text);
    r->text = reply_text_new((struct reply_text_events){keep, show, r},
                             r->request.plain);
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
        reply_show_wait(r);
    } else if (r->state == ASKING && seconds > 0) {
        bool flex = service_is_flex(r->cfg, &r->rounds.how);
        snprintf(line, sizeof line, "waiting %lld s%s", seconds,
                 flex ? " for a flex slot" : "");
        r->events.status(r->events.user, line);
    } else if (r->state == STREAM && r->thinking) {
        snprintf(line, sizeof line, "thinking %lld s", seconds);
        r->events.status(r->events.user, line);
    } else if (r->state == STREAM && r->request.held) {
        reply_held_status(line, sizeof line, reply_pieces(r));
        r->events.status(r->events.user, line);
    }
}

/* ---- life ---- */

static void
begin(void *user)
{
    struct reply *r = user;
    r->timer = 0;
    if (r->stopping)
        reply_over(r, "stopped", "", true);
    else if (r->body == NULL)
        reply_refuse(r, r->stream_error.text);
    else
        reply_ask(r);
}

/* False if there is nothing that could be sent. */
static bool
prepare(struct reply *r)
{
    struct dc_error *err = &r->stream_error;
    if (r->rounds.full)
        return fail(err, DC_E_TOO_BIG, "the answer is too large to go on with");
    if (r->rounds.asked && r->rounds.structured)
        return fail(err, DC_E_SYNTAX,
                    "cut JSON cannot go on; :DeepRetry, or raise max_tokens");
    if (!service_has_model(r->cfg))
        return fail(err, DC_E_SYNTAX,
                    "no model is set for %.20s; :DeepModel sets one",
                    form_server(r->cfg));
    return !reply_name_refused(r, err) && reply_prepare(r, err);
}

/* An answer to go on with is a turn of a chat, and that is one reply. */
static void
start_journal(struct reply *r, const struct journal_head *head)
{
    struct dc_error err;
    struct dc_str kept = {r->rounds.kept.ptr, rounds_stands(&r->rounds)};
    r->journal = reply_journal(r->cfg, head, &err);
    reply_check_disk(r, r->journal != NULL, &err);
    if (r->journal != NULL && !r->request.plain)
        reply_check_disk(r, journal_text(r->journal, kept, &err), &err);
}

struct reply *
reply_make(struct loop *lp, struct http *http,
           const struct reply_request *request, struct reply_events events)
{
    struct reply *r = mem_alloc(sizeof *r);
    r->lp = lp;
    r->http = http;
    r->cfg = request->cfg;
    r->events = events;
    r->request = *request;
    r->request.messages = reply_messages(request);
    pictures_hold(request->pictures);
    snprintf(r->asking, sizeof r->asking, "waiting");
    buf_init(&r->error_body, DC_ERROR_BODY_MAX);
    r->stream = dc_stream_new();
    rounds_init(&r->rounds, request);
    reply_new_text(r);
    r->back = reply_text_prime(r->text, buf_str(&r->rounds.kept),
                               rounds_stands(&r->rounds));
    return r;
}

struct reply *
reply_start(struct loop *lp, struct http *http,
            const struct reply_request *request, struct reply_events events)
{
    struct reply *r = reply_make(lp, http, request, events);
    if (prepare(r))
        start_journal(r, &request->journal);
    reply_set_state(r, KEY);
    r->tick = loop_timer(lp, TICK_MS, on_tick, r);
    r->timer = loop_timer(lp, 0, begin, r);
    return r;
}

void
reply_free(struct reply *r)
{
    if (r == NULL)
        return;
    reply_name_forget(r);
    r->state = ENDED;
    r->orphan = true;
    if (r->child != NULL)
        child_drop(r->child);
    r->child = NULL;
    stop_work(r);
    reply_let_go(r);
}

void
reply_let_go(struct reply *r)
{
    if (r->call != NULL)
        return;
    dc_stream_free(r->stream);
    reply_text_free(r->text);
    reply_choices_finish(r);
    rounds_finish(&r->rounds);
    buf_finish(&r->error_body);
    journal_close(r->journal);
    config_free(r->cfg);
    dc_free(r->body);
    free((void *)(uintptr_t)r->request.messages);
    pictures_free(r->request.pictures);
    free(r);
}

size_t
reply_back(const struct reply *r)
{
    return r->back;
}

void
reply_stop(struct reply *r)
{
    if (r->state == ENDED || r->stopping)
        return;
    r->stopping = true;
    if (r->state == WAIT || r->state == NAME)
        reply_over(r, "stopped", "", false);
    else if (r->call != NULL)
        http_cancel(r->call);
    else if (r->child != NULL)
        child_cancel(r->child);
}

void
reply_pause(struct reply *r, bool paused)
{
    r->paused = paused;
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
        reply_check_disk(r, journal_chat(r->journal, path, &err), &err);
}

void
reply_detached(struct reply *r)
{
    if (r->journal != NULL)
        journal_detached(r->journal, NULL);
}
