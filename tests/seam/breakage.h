/*
 * The ways in which servers go on with an answer that was cut: the table of
 * breakages, each of which makes a round from a joint.
 */
#ifndef SEAM_BREAKAGE_H
#define SEAM_BREAKAGE_H

#include "base/buf.h"
#include "seam/draw.h"
#include "seam/joint.h"

/* What one round of a server looks like. */
struct seam_round {
    struct buf kept; /* as received, with what is wrong with its end */
    struct buf then;
    enum dc_form form;
    bool twin; /* the end of what is kept stands before it, too */
    bool weak; /* too little came again to be sure */
};

struct breakage {
    const char *name;
    size_t share; /* how often it is taken */
    bool weak;    /* the row for those with too little to be sure */
    bool must;    /* each of them has to be healed */
    /* False if this joint cannot be broken so. It may move the cut or the
     * end. */
    bool (*make)(struct draw *d, struct joint *j, struct seam_round *r);
};

extern const struct breakage seam_breakages[];
extern const size_t seam_breakage_count;

/* The rows of the table that are made in breakage_head.c. */
bool break_fence(struct draw *d, struct joint *j, struct seam_round *r);
bool break_bare_fence(struct draw *d, struct joint *j, struct seam_round *r);
bool break_preamble(struct draw *d, struct joint *j, struct seam_round *r);
bool break_preamble_fence(struct draw *d, struct joint *j,
                          struct seam_round *r);
bool break_preamble_overlap(struct draw *d, struct joint *j,
                            struct seam_round *r);

/* Add the end of what was sent, from a position on, and say in r what may be
 * expected. False if that is over DC_SEAM_HOLD, so that nobody sees its end. */
bool break_again(struct seam_round *r, const struct joint *j, size_t from);
/* True if what is behind the cut can be added to what was kept without
 * anybody having to guess blanks. */
bool break_clean(const struct joint *j);
/* A preamble, with the lines behind it. */
void break_add_preamble(struct draw *d, struct buf *then);

#endif
