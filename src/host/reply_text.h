/*
 * The text of a reply between the stream and those who keep it. A record in
 * the journal for each piece would be most of what a fast reply costs, so
 * pieces that came together are handed on together.
 */
#ifndef HOST_REPLY_TEXT_H
#define HOST_REPLY_TEXT_H

#include "deepchat.h"

struct reply_text;

struct reply_text_events {
    /* as it came: for the journal */
    void (*raw)(void *user, enum dc_delta_kind kind, struct dc_str text);
    /* the same, then, escaped for the chat file: for the buffer */
    void (*safe)(void *user, enum dc_delta_kind kind, struct dc_str text);
    void *user;
};

struct reply_text *reply_text_new(struct reply_text_events events);
/* Without handing anything on. NULL is ignored. */
void reply_text_free(struct reply_text *t);

void reply_text_add(struct reply_text *t, enum dc_delta_kind kind,
                    struct dc_str text);
/* Hand on what was added. */
void reply_text_flush(struct reply_text *t);
/* Nothing follows: what the escaping held back goes out as well. */
void reply_text_end(struct reply_text *t);

#endif
