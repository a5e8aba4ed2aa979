/* The head of a continuation: what may stand before it goes on. */
#ifndef CORE_SEAM_HEAD_H
#define CORE_SEAM_HEAD_H

#include "core/seam_kept.h"

enum { SEAM_STAGES = 8 };

/* A place from which the text may go on. */
struct seam_stage {
    size_t begin;           /* what is before it is left out */
    enum dc_seam_rule rule; /* by this one; EXACT: there is nothing to drop */
    bool doubtful;          /* only if what follows shows that it is right */
};

struct seam_head {
    struct seam_stage stages[SEAM_STAGES];
    size_t count;
    bool open;     /* a line has to be completed to tell */
    bool new_turn; /* starts like one, healed or not */
};

/* text is what came so far; all: nothing follows. */
struct seam_head seam_head(const struct seam_kept *kept, struct dc_str text,
                           bool all);

#endif
