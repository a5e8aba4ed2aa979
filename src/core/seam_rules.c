/*
 * The rules by which a continuation is joined, and why each of them is safe:
 * a rule may only leave out what stands in the kept text already. The limits
 * are in seam_rules.h.
 */
#include "core/seam_rules.h"

static const struct seam_rule rules[DC_SEAM_RULES] = {
    [DC_SEAM_UNDECIDED] = {"undecided", "nothing has come yet"},
    [DC_SEAM_EXACT] = {"exact", "no other rule fits, so nothing is left out"},
    [DC_SEAM_ECHO] = {"echo", "all of the kept text comes again, to its very "
                              "end; some servers repeat the prefix"},
    [DC_SEAM_RESTART] = {"restart", "the answer comes again from its start, "
                                    "with other blanks or behind a preamble; "
                                    "skipped while it is the same"},
    [DC_SEAM_OVERLAP] = {"overlap", "the end comes again: long enough, with "
                                    "letters in it, and nowhere else in the "
                                    "kept text"},
    [DC_SEAM_LINE] = {"line", "the line that was cut comes again; no line "
                              "holds its own start a second time"},
    [DC_SEAM_FENCE] = {"fence", "an open fence cannot be opened; a fence with "
                                "an info string does not close one either"},
    [DC_SEAM_PREAMBLE] = {"preamble", "a line of its own that speaks of going "
                                      "on, where a sentence was to go on"},
    [DC_SEAM_BOTH] = {"both", "equal, but repeated in the kept text, or not "
                              "to its end: losing is worse than repeating"},
    [DC_SEAM_EMPTY] = {"empty", "nothing that we did not have"},
};

const struct seam_rule *
seam_rule(enum dc_seam_rule rule)
{
    unsigned at = (unsigned)rule;
    return &rules[at < DC_SEAM_RULES ? at : DC_SEAM_UNDECIDED];
}

const char *
dc_seam_rule_name(enum dc_seam_rule rule)
{
    return seam_rule(rule)->name;
}
