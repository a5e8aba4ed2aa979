/*
 * Shared by the files of reviews: review.c is their life, review_ask.c what is
 * asked, review_reply.c what the reply brings, review_out.c what the editor is
 * told.
 *
 *   WAITING  for others to end  -> RUNNING
 *   RUNNING  the reply comes in -> ENDED
 *   ENDED    the editor is told -> TOLD if it may go on, else freed
 *   TOLD     was cut or stopped -> WAITING, to go on
 */
#ifndef HOST_REVIEW_STATE_H
#define HOST_REVIEW_STATE_H

#include <stdbool.h>

#include "base/value.h"
#include "deepchat.h"
#include "host/kept.h"
#include "host/proposal.h"
#include "host/reply.h"
#include "host/review.h"

enum review_state { WAITING, RUNNING, ENDED, TOLD };

struct review {
    struct reviews *all;
    int64_t id;
    enum review_state state;
    struct value *args;            /* what the editor asked */
    struct dc_selection selection; /* its texts are those of args */
    struct proposal *proposal;     /* NULL: it could not be asked */

    struct reply *reply;     /* while it runs */
    struct journal *journal; /* once it has ended */
    bool queued;             /* the editor was told that it waits */
    bool goes_on;            /* it is no new one */
    bool got_text;           /* this time */
    bool resumable;          /* it ended so that it may go on */
    struct value *about;     /* what #finish() is told */

    char *status;  /* the newest that the editor was not told; may be NULL */
    char *lost;    /* why the editor has no place for it any more */
    bool shown;    /* some update has gone out */
    int errors;    /* failed calls in a row */
    int retry_ms;  /* 0: the last call went well */
    int64_t at_us; /* no call before this */
    struct review *next;
};

struct reviews {
    struct host *host;
    struct review *first; /* those that wait, in their order */
    size_t count;
    struct kept *journals; /* of what the editor still shows */
    bool detached;

    /* One call of each kind is out at a time. */
    bool updating;
    int64_t *flight; /* ids of the update, in its order */
    size_t flight_count;
    int64_t sent_us, next_us;   /* of updates */
    int64_t finishing, telling; /* the id that it is about; 0: none */
};

/* ---- review.c ---- */

/* NULL if there is none. */
struct review *review_find(struct reviews *all, int64_t id);
void review_free(struct review *review);
/* Those that have waited long enough begin. */
void reviews_start(struct reviews *all);
/* The editor knows how it ended. */
void review_settle(struct review *review, bool told);

/* ---- review_ask.c ---- */

/* Read args into selection. NULL, or why there is nothing to ask. */
const char *review_read(struct review *review);
/* Ask. */
void review_ask(struct review *review);

/* ---- review_reply.c ---- */

struct reply_events review_events(struct review *review);
/* The editor has all hunks, and maybe none: texts can differ in no line. */
void review_count_hunks(struct review *review);
/* It ends before there was a reply. */
void review_refuse(struct review *review, const char *line);
/* It ends as stopped, without a reply. */
void review_stopped(struct review *review);

/* ---- review_out.c ---- */

/* A hook of the loop; user is the reviews. */
int review_calls(void *user);
void review_status(struct review *review, const char *text);

#endif
