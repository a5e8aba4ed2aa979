/* The pairs of an answer's marker: " finish=stop in=31 out=212 cost=0.0002". */
#ifndef HOST_PAIRS_H
#define HOST_PAIRS_H

#include "base/buf.h"
#include "deepchat.h"

void pairs_add(struct buf *b, const char *key, const char *value);
/* Without decimals. Numbers below zero are not known and left out. */
void pairs_add_count(struct buf *b, const char *key, double number);
void pairs_add_cost(struct buf *b, const char *key, double cost);

/* Pairs of an answer and those of what was added to it, as those of the whole:
 * the finish of what was added, sums, and what else the two have. Owned. */
char *pairs_sum(struct dc_str before, struct dc_str added);

#endif
