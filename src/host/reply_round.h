/*
 * What the requests of one reply bring together: the answer so far, the joint
 * of each round to it, the sums, and whether another round follows. Knows
 * nothing of sockets and time.
 */
#ifndef HOST_REPLY_ROUND_H
#define HOST_REPLY_ROUND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "deepchat.h"
#include "host/reply.h"
#include "host/reply_ask.h"

enum round_next {
    ROUND_LAST, /* the reply ends here */
    ROUND_ON,   /* the answer goes on */
    ROUND_ANEW, /* it is to be asked for anew, with more room */
};

struct rounds {
    const struct config *cfg;
    struct forms *forms;
    struct forms *own_forms; /* NULL if they were given */
    bool asked;              /* for an answer to be gone on with */
    bool structured;
    bool many;              /* answers have a place */
    struct buf instruction; /* how to go on, for the first request */

    struct buf kept; /* the answer so far, with the blanks at its end */
    size_t sent;     /* of it, what this round goes on behind */
    bool fixed;      /* the blanks after that stand somewhere already */
    bool loose;      /* they do not, and nobody else has them any more */

    int number, most;   /* automatic rounds: this one, and at most */
    int anew;           /* how often it was asked for anew */
    int mended;         /* how often this round was asked for otherwise */
    char told[128];     /* what the last of that was about; "": nothing new */
    char left_out[128]; /* what this server is not sent; "": nothing new */
    uint32_t left_bits; /* the same for form_said() */
    bool fresh;         /* what is kept is void as soon as something comes */
    int64_t max_tokens; /* 0: as the options say */
    int64_t room;       /* what the context leaves; 0: enough */

    struct dc_seam *seam; /* of this request; NULL if nothing is to be joined */
    struct reply_how how; /* how it is asked */
    bool gave;            /* this round has given something */
    bool counted;         /* more than blanks: it is a part */
    bool full;            /* the answer passed DC_REPLY_MAX */
    bool reasoned;
    int parts;      /* rounds that gave text */
    size_t pieces;  /* deltas that were given out */
    size_t waiting; /* deltas in the seam */
    struct dc_summary sum;
    double est; /* price of what servers gave none for; negative: unknown */
};

void rounds_init(struct rounds *rs, const struct reply_request *request);
void rounds_finish(struct rounds *rs);

/* How much of what is kept stays as it stands. */
size_t rounds_stands(const struct rounds *rs);
/* A request goes out: how it asks is in how. */
void rounds_ask(struct rounds *rs);
/* What is to be shown of a piece of the answer; borrowed. */
struct dc_str rounds_add(struct rounds *rs, struct dc_str text);
/* The same of what the seam holds, because nothing follows or it takes too
 * long. */
struct dc_str rounds_flush(struct rounds *rs);
struct dc_str rounds_decide(struct rounds *rs);
/* Text waits in doubt. */
bool rounds_pending(const struct rounds *rs);
/* A piece of reasoning has come. */
void rounds_reasoned(struct rounds *rs);

/* A request has ended. */
void rounds_sum(struct rounds *rs, const struct dc_summary *sum);
/* What its price is reckoned to be, if the server gave none. */
void rounds_sum_est(struct rounds *rs, double est);
/* It is whole: keep in mind how the server went on. */
void rounds_learn(struct rounds *rs);
/* The answer so far holds more than it did when the round began. */
bool rounds_gained(const struct rounds *rs);
/* The answer so far can be gone on with. */
bool rounds_can_go_on(const struct rounds *rs);
/* What follows an answer that is whole. */
enum round_next rounds_next(const struct rounds *rs);
/* The next round; held: blanks at the end of what is kept that were not
 * shown. */
void rounds_go_on(struct rounds *rs, size_t held);
void rounds_go_anew(struct rounds *rs);
/* What is kept is void: something of the new answer has come. */
void rounds_void(struct rounds *rs);

/* The request was refused: true if it is worth asking otherwise, which the
 * next rounds_ask() does; told is for the user then. */
bool rounds_mend(struct rounds *rs, const struct dc_failure *failure);

/* How far it is, for the user. */
struct reply_round rounds_round(const struct rounds *rs);
/* Blanks that belong to the end of the answer after all. */
struct dc_str rounds_loose(const struct rounds *rs);

#endif
