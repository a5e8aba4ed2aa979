/*
 * What a rewrite proposes: the reply so far, made a text by dc_rewrite, as
 * hunks against the selection, and how much of that the editor has been told.
 * Lines are those of the buffer: what stands beside the selection in its first
 * and last line belongs to them.
 */
#ifndef HOST_PROPOSAL_H
#define HOST_PROPOSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/value.h"
#include "deepchat.h"

/* With more lines on one side than this the hunks wait for the end. */
enum { PROPOSAL_OLD_MAX = 500, PROPOSAL_NEW_MAX = 1000 };

struct proposal;

/* selection and its texts are borrowed for the life of the proposal. */
struct proposal *proposal_new(const struct dc_selection *selection);
/* NULL is ignored. */
void proposal_free(struct proposal *p);

/* More of the reply. */
void proposal_add(struct proposal *p, struct dc_str reply);
/* The reply begins anew, after the first kept bytes of what came. */
void proposal_again(struct proposal *p, size_t kept);
/* The editor may have dropped hunks: it is told all of them. */
void proposal_retell(struct proposal *p);
/* Nothing follows. whole: the reply is complete; else it was cut, and goes on
 * with proposal_again(). */
void proposal_end(struct proposal *p, bool whole);

/* The reply so far; borrowed. */
struct dc_str proposal_raw(const struct proposal *p);
/* Complete after proposal_end(p, true). */
struct dc_rewrite_report proposal_report(const struct proposal *p);
/* Hunks that the editor knows. */
size_t proposal_hunks(const struct proposal *p);

/* There may be something that the editor does not know yet. */
bool proposal_news(const struct proposal *p);
/* What it is told of it: [id, seq, from, keep, hunks, covered], of about room
 * bytes (not 0), and the same again until proposal_told(). NULL if there is
 * nothing. Owned. Its size is added to used. */
struct value *proposal_update(struct proposal *p, int64_t id, size_t room,
                              size_t *used);
/* The editor knows that now. */
void proposal_told(struct proposal *p);
/* The last update could not hold all there was. */
bool proposal_more(const struct proposal *p);

#endif
