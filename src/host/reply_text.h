/*
 * The text of a reply between the stream and those who keep it. A record in
 * the journal for each piece would be most of what a fast reply costs, so
 * pieces that came together are handed on together. Blanks at the end of the
 * answer wait for what follows them: a continuation brings its own.
 */
#ifndef HOST_REPLY_TEXT_H
#define HOST_REPLY_TEXT_H

#include <stdbool.h>

#include "deepchat.h"

struct reply_text;

struct reply_text_events {
    /* as it came: for the journal */
    void (*raw)(void *user, enum dc_delta_kind kind, struct dc_str text);
    /* the same, then, escaped for the chat file: for the buffer */
    void (*safe)(void *user, enum dc_delta_kind kind, struct dc_str text);
    void *user;
};

/* plain: nothing is escaped. */
struct reply_text *reply_text_new(struct reply_text_events events, bool plain);
/* Without handing anything on. NULL is ignored. */
void reply_text_free(struct reply_text *t);

/* The first text follows the first sent bytes of kept, which stand somewhere
 * already. Returns how many bytes at the end of kept, escaped as a whole, it
 * brings again. */
size_t reply_text_prime(struct reply_text *t, struct dc_str kept, size_t sent);

void reply_text_add(struct reply_text *t, enum dc_delta_kind kind,
                    struct dc_str text);
/* Hand on what was added, all but the blanks at its end. */
void reply_text_flush(struct reply_text *t);
/* Flush; how many bytes of blanks are held back. */
size_t reply_text_held(struct reply_text *t);
/* Forget them, or hand them on. */
void reply_text_drop(struct reply_text *t);
void reply_text_release(struct reply_text *t);
/* Nothing follows: all that is held back goes out. */
void reply_text_end(struct reply_text *t);

#endif
