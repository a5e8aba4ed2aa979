/*
 * One reply without an editor: what it is asked, what it tells, and the
 * scripted server that answers it.
 */
#ifndef TEST_REPLY_RIG_H
#define TEST_REPLY_RIG_H

#include "base/buf.h"
#include "host/form.h"
#include "host/reply.h"
#include "host_rig.h"

enum { RIG_OTHERS = 3 };

struct reply_rig {
    struct host_rig base;
    struct forms *forms;
    struct catalog *catalog; /* of the test; NULL: none */
    struct reply *reply;     /* NULL after its end */
    const char *stop_at;     /* stop it when this word is in its status */
    const char *pause_at;    /* pause it when its text begins with this */
    const char *key_cmd;     /* api_key_cmd, JSON; NULL: none */

    struct buf text[2];               /* by dc_delta_kind; emptied by "anew" */
    struct buf others[RIG_OTHERS][2]; /* the same of choice 1 and so on */
    struct buf statuses;              /* one a line */
    struct buf rounds;                /* "1/8 12 0.5;" */
    struct buf notices;               /* one a line */
    bool noticing;                    /* else one is a mistake */
    size_t back;
    int started, anew, ended;
    struct value *end; /* finish line pairs got_text refused rounds pieces in
                          out cost choices, with "/" between them */
};

/* What is asked; the rest as reply_request. */
struct reply_ask {
    const char *script;         /* of the server */
    const char *const *options; /* "name=value", NULL at the end; may be NULL */
    const char *kept;           /* NULL: a new answer */
    size_t kept_len;            /* 0: as long as it is */
    const char *instruction;    /* NULL: none */
    bool fixed, plain;
    bool many;           /* answers have a place */
    bool no_anew;        /* there is nobody to take text back */
    struct usage *usage; /* NULL: nothing is written down */
};

void reply_rig_start(struct reply_rig *rig);
void reply_rig_stop(struct reply_rig *rig);

/* Give the server the script "t", from its start, and ask. */
void reply_rig_ask(struct reply_rig *rig, const struct reply_ask *ask);
/* Until it has ended. */
void reply_rig_wait(struct reply_rig *rig);
/* Both; afterwards what it told is there. */
void reply_rig_run(struct reply_rig *rig, const struct reply_ask *ask);

const char *reply_rig_text(const struct reply_rig *rig);
const char *reply_rig_end(const struct reply_rig *rig, const char *what);
double reply_rig_number(const struct reply_rig *rig, const char *what);
/* The body of a request, from 1; owned (free). */
char *reply_rig_body(struct reply_rig *rig, size_t request);

#endif
