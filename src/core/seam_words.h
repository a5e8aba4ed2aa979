/* Lines with which a new turn begins: "Sure, here is the rest:". */
#ifndef CORE_SEAM_WORDS_H
#define CORE_SEAM_WORDS_H

#include "deepchat.h"

enum seam_words {
    SEAM_WORDS_NONE,
    SEAM_WORDS_MAYBE,  /* so far; the line is not complete */
    SEAM_WORDS_BARE,   /* "Right", which may be the end of "Copyright" */
    SEAM_WORDS_WEAK,   /* "Certainly!" */
    SEAM_WORDS_STRONG, /* it speaks of going on, or of what follows */
    SEAM_WORDS_SURE,   /* of going on, and leads on to it: "... left off:" */
};

/* line: without its newline if complete, else what is there of it. */
enum seam_words seam_words(struct dc_str line, bool complete);

#endif
