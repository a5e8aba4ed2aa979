/* Comparing a continuation with the kept text, in linear time. */
#ifndef CORE_SEAM_MATCH_H
#define CORE_SEAM_MATCH_H

#include "base/str.h"
#include "deepchat.h"

bool seam_blank(char c);
/* The first position from at on that is no blank, or the end. */
size_t seam_skip(struct dc_str s, size_t at);
bool seam_has_newline(struct dc_str s);

/*
 * A walk along kept, from a place in it, with a text that may be the same.
 * A run of blanks equals every other run of blanks.
 */
struct seam_walk {
    size_t start;
    size_t at;    /* in kept: up to here it was the same */
    size_t solid; /* bytes that were the same and no blanks */
    size_t run;   /* where the run of blanks begins in kept */
    size_t blanks;
    bool blank;  /* inside a run of blanks */
    bool folded; /* blanks differed */
    bool dead;   /* the text is another one */
    bool done;   /* came to the end of kept */
};

/* kept ends in no blank. */
struct seam_walk seam_walk_from(struct dc_str kept, size_t start);
/* Bytes of text that were the same: all while neither dead nor done. */
size_t seam_walk_step(struct seam_walk *walk, struct dc_str kept,
                      struct dc_str text);

/* Up to where in kept it was the same, not counting blanks to come. */
size_t seam_walk_place(const struct seam_walk *walk);

struct seam_overlap {
    size_t len;    /* the longest start of head that kept ends in */
    size_t places; /* where all of head stands in kept and kept goes on */
    size_t place;  /* the last of them */
};

/* head is at most DC_SEAM_HOLD bytes. */
struct seam_overlap seam_overlap(struct dc_str kept, struct dc_str head);

/* What a piece of text is worth as evidence. */
struct seam_weight {
    size_t chars;
    size_t solid;    /* of them no blanks */
    size_t letters;  /* letters, digits, ideographs: no emoji, no marks */
    size_t alphas;   /* of them no digits */
    size_t distinct; /* different bytes in them */
    size_t bytes;    /* different bytes in all */
    size_t lines;    /* newlines */
    bool words;      /* there is a blank in it */
    bool repeats;    /* but for blanks, one thing twice or more often */
};

/* piece is at most DC_SEAM_HOLD bytes. */
struct seam_weight seam_weigh(struct dc_str piece);

#endif
