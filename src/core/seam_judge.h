/* Deciding about the head of a continuation. */
#ifndef CORE_SEAM_JUDGE_H
#define CORE_SEAM_JUDGE_H

#include "core/seam_kept.h"
#include "core/seam_match.h"

enum seam_how {
    SEAM_MORE,  /* more may come */
    SEAM_LATE,  /* more may come, but nobody waits for it */
    SEAM_FINAL, /* nothing follows */
};

struct seam_verdict {
    bool wait;     /* for more; nothing else is set but known */
    bool known;    /* a place where the server began again is recognised */
    bool skip;     /* go on with walk; it has seen all of the head */
    size_t drop;   /* bytes of the head, without skip */
    bool line;     /* these end in a fence line */
    bool new_turn; /* not counting what a walk finds out */
    enum dc_seam_rule rule;
    struct seam_walk walk;
};

/* The verdict depends on nothing else, so it does not matter how the stream
 * was cut. head is at most DC_SEAM_HOLD bytes; as many are not waited with. */
struct seam_verdict seam_judge(const struct seam_kept *kept, struct dc_str head,
                               enum seam_how how);

#endif
