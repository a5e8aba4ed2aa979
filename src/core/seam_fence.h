/* Code fences, as CommonMark has them, in lists and quotes too. */
#ifndef CORE_SEAM_FENCE_H
#define CORE_SEAM_FENCE_H

#include "deepchat.h"

struct seam_fence {
    size_t len;         /* how many marks; 0: no fence is open */
    size_t indent;      /* cells before it, behind quote marks */
    char mark;          /* '`' or '~' */
    size_t line;        /* where its line begins in the text */
    size_t body;        /* and the line behind it; past the end if none */
    struct dc_str info; /* borrowed from the text */
};

/* The fence that is open at the end of text. */
struct seam_fence seam_fence_open(struct dc_str text);

/* The fence that a line opens or closes, by itself; len 0 if none. The line is
 * without newline; spaces before it do not matter. */
struct seam_fence seam_fence_line(struct dc_str line);

#endif
