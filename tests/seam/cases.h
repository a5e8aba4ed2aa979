/*
 * The corpus in tests/data/seams: what is kept, what came then, and what a
 * reader wants to see. See tests/data/seams/README for the files.
 */
#ifndef SEAM_CASES_H
#define SEAM_CASES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "deepchat.h"

struct seam_case {
    char *place; /* FILE:LINE: TITLE */
    char *rules; /* "echo|restart"; "kept" stands for exact or both */
    bool near;   /* a near miss */
    bool fixed;
    enum dc_form form;
    struct buf kept, then, gives;
};

struct seam_cases {
    struct seam_case *items;
    size_t count;
    size_t near;
    char *trouble; /* NULL, or what is wrong in which file */
};

/* All of them, by file and line; seam_cases_free(). */
struct seam_cases seam_cases_read(const char *folder);
void seam_cases_free(struct seam_cases *cases);

/* True if the case allows that the seam reports this rule. */
bool seam_case_allows(const struct seam_case *c, enum dc_seam_rule rule);
/* True if what the reader has is what the case wants. */
bool seam_case_right(const struct seam_case *c, struct dc_str joined);

#endif
