/*
 * What the seam goes by: the limits, each with its reason; the names of the
 * rules and their reasons are the table in seam_rules.c.
 */
#ifndef CORE_SEAM_RULES_H
#define CORE_SEAM_RULES_H

#include "deepchat.h"

enum {
    /* As many bytes that are no blanks, equal to a place where a server starts
     * again, are no accident: what is skipped from there on is not in doubt. */
    SEAM_KNOWN = 40,
    /* Shorter ends come again in honest text: "}", "the", "that that". */
    SEAM_OVERLAP_BYTES = 12,
    /* ...and so do four ideographs, which are twelve bytes. */
    SEAM_OVERLAP_CHARS = 6,
    /* Rules, braces, zeros and emoji are repeated for their own sake. */
    SEAM_LETTERS = 4,
    SEAM_DISTINCT = 3,
    /* ...unless there is a letter among other things. */
    SEAM_BYTES = 3,
    /* No word is so long that it could be the same one twice. */
    SEAM_WORD_MAX = 24,
    /* One complete line that is shorter than an overlap. */
    SEAM_LINE_LETTERS = 3,
    /* The start of the line that was cut: nothing else begins like that right
     * behind it, so little is enough. */
    SEAM_LINE_CHARS = 4,
    /* How far back the head is looked for while it may become an overlap. */
    SEAM_WINDOW = 4096,
    /* How far back it must not occur a second time. */
    SEAM_UNIQUE = 65536,
    /* As much of the start of an answer, once more, is the same answer, even if
     * it then takes another turn. */
    SEAM_AGAIN = 4096,
    /* Nobody announces what comes in a longer line. */
    SEAM_PREAMBLE_MAX = 160,
    SEAM_PREAMBLES = 3,
    /* A longer info string is prose. */
    SEAM_FENCE_MAX = 100,
};

struct seam_rule {
    const char *name;
    const char *why;
};

/* Never NULL; an unknown rule is "undecided". */
const struct seam_rule *seam_rule(enum dc_seam_rule rule);

#endif
