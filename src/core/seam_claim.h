/* Is it evidence that the start of a text is the end of the kept one? */
#ifndef CORE_SEAM_CLAIM_H
#define CORE_SEAM_CLAIM_H

#include "core/seam_kept.h"

struct seam_claim {
    const struct seam_kept *kept;
    struct dc_str lead; /* blanks in front of the text */
    struct dc_str text;
    size_t len;      /* so much of it is the end of kept; never 0 */
    bool all;        /* nothing follows */
    bool after_line; /* a whole line was left out before it */
};

/* Its last characters, words or lines. */
bool seam_is_overlap(const struct seam_claim *claim);
/* The line that was cut, from its first character on. */
bool seam_is_line(const struct seam_claim *claim);
/* All of it. */
bool seam_is_whole(const struct seam_claim *claim);
/* The last line of kept as a whole, and one in the text, too. */
bool seam_is_full_line(const struct seam_claim *claim);

#endif
