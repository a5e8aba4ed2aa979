/*
 * What an editor knows of a rewrite: it merges the updates of
 * deepchat#review#update(), and fails the test if one makes no sense.
 */
#ifndef TEST_HUNK_MODEL_H
#define TEST_HUNK_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/value.h"

struct hunk_model {
    struct value *old;   /* lines of the selection */
    struct value *hunks; /* each as in the update, with all of its new lines */
    int64_t covered, seq;
    size_t updates;
};

/* old is kept: whole lines, each with its end. */
void hunk_model_init(struct hunk_model *m, const char *old);
void hunk_model_finish(struct hunk_model *m);

/* One item of the batch. */
void hunk_model_merge(struct hunk_model *m, const struct value *update);

/* The old lines before covered (negative: all) with the hunks taken that begin
 * there; owned (free). */
char *hunk_model_text(const struct hunk_model *m, int64_t covered);
/* All old lines with those hunks taken that nothing can change any more, though
 * the reply is not whole; owned (free). */
char *hunk_model_settled(const struct hunk_model *m);

#endif
