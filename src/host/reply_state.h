/*
 * Shared by the files of a reply: reply.c is its life, reply_key.c the key,
 * reply_run.c one request, reply_choice.c what it brings of other answers,
 * reply_count.c what it uses, reply_done.c what its end leads to, reply_name.c
 * a model that the server does not have.
 *
 *   KEY     api_key_cmd runs         -> ASKING, or ENDED if it fails
 *   ASKING  request sent, no text    -> STREAM at the first text,
 *                                       WAIT if it may be tried again
 *   WAIT    until the next attempt   -> ASKING
 *   STREAM  text arrives             -> ASKING for another round, or ENDED;
 *                                       never tried again
 *   NAME    the server knows no such model: its list is fetched -> ENDED
 *   ENDED   ended() was called, or is
 *
 * Stop is allowed everywhere. An answer is complete only if a finish_reason
 * was seen; [DONE] or the end of the body alone is a cut answer.
 */
#ifndef HOST_REPLY_STATE_H
#define HOST_REPLY_STATE_H

#include "base/buf.h"
#include "host/budget.h"
#include "host/child.h"
#include "host/reply.h"
#include "host/reply_round.h"
#include "host/reply_text.h"

/* The answers besides the first. */
struct reply_choices {
    unsigned asked; /* answers that the first round asks for, the first too */
    struct reply_choice **items; /* by number, from 1; NULL: nothing has come */
    const char **pairs;          /* of their markers; NULL before their end */
    size_t pieces;
};

enum reply_state { KEY, ASKING, WAIT, STREAM, NAME, ENDED };

struct reply {
    struct loop *lp;
    struct http *http;
    struct config *cfg;
    struct reply_events events;
    struct reply_request request; /* its messages are ours */
    char *body;                   /* of the next request; NULL: not made yet */
    size_t body_len;
    const char *key_source;
    const char *key;

    struct journal *journal;
    struct http_call *call;
    struct child *child;
    struct dc_stream *stream;
    struct rounds rounds;
    struct budget_ask asked; /* the messages, measured */
    double size;             /* of this request; 0: not known */
    struct reply_text *text;
    struct reply_choices choices;
    size_t back;
    struct buf error_body;
    struct dc_response response;

    enum reply_state state;
    bool started; /* the first request has gone out */
    bool stopping;
    bool paused;
    bool orphan;   /* freed, but libcurl still has to let go */
    bool thinking; /* reasoning has come, no text yet */
    bool told;     /* that this request has brought text */
    bool shown;    /* something was handed on */
    bool broke;    /* the connection was lost once and it went on */
    bool journal_failed;
    struct dc_error stream_error;
    bool stream_failed;
    size_t came;   /* deltas of this request */
    int attempt;   /* 0 for the first of a round */
    int64_t since; /* when this state began */
    int64_t retry_at;
    int64_t first_text;
    char asking[64]; /* status of the next request, until its first second */
    char wait_line[256];
    uint64_t tick, timer, seam_timer;
};

/* ---- reply.c ---- */

/* As reply_start(), but nothing is asked. */
struct reply *reply_make(struct loop *lp, struct http *http,
                         const struct reply_request *request,
                         struct reply_events events);

void reply_set_state(struct reply *r, enum reply_state state);
/* An empty text: what came before is void. */
void reply_new_text(struct reply *r);
void reply_check_disk(struct reply *r, bool ok, const struct dc_error *err);
void reply_over(struct reply *r, const char *finish, const char *line,
                bool refused);
void reply_let_go(struct reply *r);

/* Deltas of all answers. */
size_t reply_pieces(const struct reply *r);

/* ---- reply_choice.c ---- */

/* How many answers are asked for; false with *err if that cannot be. */
bool reply_choices_ask(struct reply *r, struct dc_error *err);
/* A piece of one that is not the first. */
void reply_choices_add(struct reply *r, const struct dc_delta *delta);
void reply_choices_flush(struct reply *r);
/* Their request has ended. */
void reply_choices_end(struct reply *r);
/* What the user should hear of them when all is well; "" for nothing. */
void reply_choices_line(const struct reply *r, char *out, size_t size);
void reply_choices_finish(struct reply *r);

/* ---- reply_key.c ---- */

/* Ask, once the key is there. */
loop_timer_fn reply_ask;

/* ---- reply_run.c ---- */

/* Make the body; false with *err if there can be none. */
bool reply_prepare(struct reply *r, struct dc_error *err);
/* The request goes out. */
void reply_post(struct reply *r);

/* ---- reply_name.c ---- */

/* The server is known not to have the model; *err says which one may have been
 * meant. */
bool reply_name_refused(struct reply *r, struct dc_error *err);
/* True if it ends once the list of models has come, because the server refused
 * the model. */
bool reply_name_look(struct reply *r, const struct dc_failure *failure);
/* In case that it waits for the list. */
void reply_name_forget(struct reply *r);

/* ---- reply_count.c ---- */

/* Whether the request that is to be made fits into the model's context, and how
 * long its answer may be then. Only a reply of which nothing was asked yet is
 * refused, with *err, and once: catalogues may be wrong, or of yesterday. */
bool reply_fits(struct reply *r, struct dc_error *err);
/* A request has ended: what it used. */
void reply_count(struct reply *r, const struct dc_summary *sum);

/* ---- reply_done.c ---- */

/* The request has ended. */
void reply_done(struct reply *r, double retry_after);
/* It cannot be asked, for want of a key or a body. */
void reply_refuse(struct reply *r, const char *line);
void reply_show_wait(struct reply *r);

#endif
